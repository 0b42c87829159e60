// The dashboard of an operator in a real browser: somebody signs in with a token, opens the first update that is there, and
// reads some words. What goes wrong leaves a picture.
//
// Arguments: the address of the dashboard, the token, the words to wait for, the folder for pictures.
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { chromium } = require("playwright-core");

const [address, token, words, pictures] = process.argv.slice(2);
/** How long anything here may take, in milliseconds. */
const PATIENCE = 120_000;
// Debian's browser, as root, in a place without a display and without the internet.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const run = async () => {
  const browser = await chromium.launch({ executablePath: process.env.REPLANK_BROWSER, args: FLAGS });
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  try {
    const met = await page.goto(address);
    assert.equal(met.status(), 401, "nobody is in yet");
    await page.getByLabel("Bearer token of the cluster").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("You may look and act.").waitFor();
    assert.ok(!page.url().includes(token), "no secret stands in an address");
    await page.locator('a[href^="/dashboard/updates/"]').first().click();
    await page.getByText(words).first().waitFor();
  } catch (error) {
    await page.screenshot({ path: path.join(pictures, "operator.png"), fullPage: true }).catch(() => {});
    throw error;
  } finally {
    await browser.close();
  }
};

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
