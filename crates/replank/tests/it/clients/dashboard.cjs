// The dashboard in a real browser: an update is planned, started, watched, paused and let go on; every page is judged for
// keyboards, narrow screens, both colour schemes and people who cannot see it. What goes wrong leaves a picture.
//
// Arguments: the link that opens once, the folder for pictures, the name of the group as "group of cluster".
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");

const [link, pictures, group] = process.argv.slice(2);
const origin = new URL(link).origin;
/** How long anything here may take, in milliseconds. */
const PATIENCE = 120_000;
// Debian's browser, as root, in a place without a display and without the internet.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** What the browser complained of: a broken script, or something that the pages' policy forbids. */
const complaints = [];

/** Judges the page by the rules of axe-core. They are put into a world of their own, which the pages' policy lets alone. */
const judged = async (page, name) => {
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const session = await page.context().newCDPSession(page);
  const told = "axe.run().then(({ violations }) => JSON.stringify(violations.map((found) => " +
    "`${found.id}: ${found.help}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`)))";
  const answer = await session.send("Runtime.evaluate", { expression: `${axe};${told}`, awaitPromise: true });
  await session.detach();
  assert.deepEqual(JSON.parse(answer.result.value), [], `${name} (axe-core)`);
};

/** A page as it should be in the light and in the dark, on a wide screen and on a narrow one. */
const sound = async (page, name) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await judged(page, `${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(beyond <= 0, `${name}: it is ${beyond} px wider than a narrow screen`);
  await judged(page, `${name}, narrow`);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  console.log(`ok ${name}`);
};

const goOn = async (page) => {
  await page.getByRole("link", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForURL(/updates\/[^/]+$/);
};

/** Plans with the keyboard alone, and starts the second of two plans. */
const started = async (page) => {
  await page.goto(`${origin}/dashboard`);
  await sound(page, "fleet");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "To the content");
  await page.getByRole("link", { name: "Plan", exact: false }).last().focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Node group").selectOption({ label: group });
  const changes = page.locator("form .columns fieldset");
  await changes.nth(1).getByLabel("try this as well").check();
  await changes.nth(1).getByLabel("Nodes at a time, or a percentage").fill("2");
  await page.getByRole("button", { name: "Plan" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What would happen" }).waitFor({ timeout: PATIENCE });
  await sound(page, "plan");
  const second = page.getByRole("region", { name: "What if 1: 2 at a time" });
  await second.getByRole("button", { name: "Start this update" }).click();
  assert.match(page.url(), /\/plan\?/, "it starts nothing without the approval");
  await second.getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/updates\//);
};

/** Watches an update without loading its page again: what is there changes by itself. */
const watched = async (page) => {
  await page.evaluate(() => { window.isStillThisPage = true; });
  const tile = (place) => page.locator(`.tile.${place}`);
  await tile("old").first().waitFor({ timeout: PATIENCE });
  await page.locator("#log li[data-about=update]", { hasText: 'phase "Upgrade" begins' }).waitFor({ timeout: PATIENCE });
  await page.locator(".tile.draining, .tile.drained, .tile.terminating").first().waitFor({ timeout: PATIENCE });
  assert.match(await page.locator("#phases").innerText(), /Upgrade\s+under way/);
  assert.doesNotMatch(await page.locator("#phases").innerText(), /There is no forecast/);
  assert.ok(await page.locator("#budgets meter").count() > 0);
  await page.locator("#log li[data-about=pod]", { hasText: "leaves" }).first().waitFor({ timeout: PATIENCE });
  await sound(page, "update");
  assert.equal(await page.evaluate(() => window.isStillThisPage), true, "the page was not loaded again");
};

/** The lines that are seen are those that were asked for. */
const filtered = async (page) => {
  const seen = () => page.locator("#log li:visible").evaluateAll((lines) => lines.map((line) => line.dataset.about));
  for (const about of ["pod", "act", "wait", "sizes", "problem"]) await page.getByLabel(about, { exact: true }).uncheck();
  assert.deepEqual([...new Set(await seen())], ["update"]);
  await page.getByLabel("Only lines with").fill("phase");
  const words = await page.locator("#log li:visible").allInnerTexts();
  assert.ok(words.length > 0 && words.every((line) => line.includes("phase")), words.join("\n"));
  await page.getByLabel("Only lines with").fill("");
  for (const about of ["pod", "act", "wait", "sizes", "problem"]) await page.getByLabel(about, { exact: true }).check();
};

/** A pause says what it will do, does it, and can be taken back. */
const paused = async (page) => {
  await page.getByRole("link", { name: "Pause" }).click();
  await page.getByText("No further node is picked.").waitFor();
  await sound(page, "confirmation");
  await page.getByRole("link", { name: "Leave it as it is" }).click();
  await page.getByRole("link", { name: "Pause" }).click();
  await page.getByRole("button", { name: /^Pause/ }).click();
  await page.locator("#state", { hasText: "Paused." }).waitFor({ timeout: PATIENCE });
  await page.locator("#waits", { hasText: "the update is paused" }).waitFor({ timeout: PATIENCE });
  await sound(page, "paused");
  await goOn(page);
};

/** The world goes as fast as it is told, and breaks where it is told. */
const broken = async (page) => {
  await page.getByRole("link", { name: "The embedded world" }).click();
  await sound(page, "world");
  const zone = page.getByRole("group", { name: "A zone has room for so many more instances" });
  await zone.getByLabel("Instances").fill("7");
  await zone.getByRole("button").click();
  await page.getByRole("status").filter({ hasText: "Done: " }).waitFor();
  await page.getByLabel("Times as fast").fill("600");
  await page.getByRole("button", { name: "Set the pace" }).click();
  await page.locator("#time", { hasText: "600 times as fast" }).waitFor({ timeout: PATIENCE });
};

/** The plan of a whole cluster's upgrade, started and cancelled. */
const upgraded = async (page) => {
  await page.getByRole("link", { name: "Whole clusters" }).click();
  await page.getByLabel("It waits for you").selectOption("each");
  await page.getByRole("button", { name: "Plan" }).click();
  await page.getByRole("heading", { name: "Steps" }).waitFor({ timeout: PATIENCE });
  await sound(page, "plan of a cluster");
  await page.getByLabel("I have read this plan; upgrade the cluster").check();
  await page.getByRole("button", { name: "Start this upgrade" }).click();
  await page.waitForURL(/\/upgrades\/[^?]/);
  await page.getByRole("link", { name: "Cancel" }).waitFor({ timeout: PATIENCE });
  await sound(page, "upgrade");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator("#record", { hasText: "cancel" }).waitFor({ timeout: PATIENCE });
};

const all = async (page) => {
  await page.goto(link);
  assert.equal(page.url(), `${origin}/dashboard`, "no secret stays in the address");
  await started(page);
  const update = page.url();
  await watched(page);
  await filtered(page);
  await paused(page);
  await broken(page);
  await page.goto(update);
  await page.locator("#state", { hasText: "It succeeded after" }).waitFor({ timeout: PATIENCE });
  await sound(page, "the end of an update");
  await upgraded(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You have signed out.").waitFor();
  await sound(page, "signed out");
  assert.equal((await page.goto(`${origin}/dashboard`)).status(), 401);
};

const run = async () => {
  const browser = await chromium.launch({ executablePath: process.env.REPLANK_BROWSER, args: FLAGS });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  try {
    await all(page);
    const signedOut = (complaint) => /status of 401/.test(complaint);
    assert.deepEqual(complaints.filter((complaint) => !signedOut(complaint)), []);
  } catch (error) {
    fs.mkdirSync(pictures, { recursive: true });
    const picture = path.join(pictures, "dashboard.png");
    await page.screenshot({ path: picture, fullPage: true }).catch(() => {});
    console.log(`at ${page.url()}, complaints: ${complaints.join("; ")}\na picture of it: ${picture}`);
    throw error;
  } finally {
    await browser.close();
  }
};

run().catch((error) => {
  console.log(error.stack);
  process.exitCode = 1;
});
