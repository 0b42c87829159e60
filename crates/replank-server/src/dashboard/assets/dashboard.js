// Keeps a page of the dashboard current. Everything it shows was written by the server: it reads the page again and
// puts the parts that changed (data-live) in place of the old ones, and it adds the lines that an update tells.
// Without this script the pages say the same when they are loaded again.
"use strict";

const main = document.querySelector("main");
const connection = document.querySelector("#connection");
const log = document.querySelector("#log");
/** Least time between two readings of the page, in milliseconds. */
const REST = 500;

const say = (text) => {
  connection.textContent = text;
  connection.hidden = text === "";
};

// The page is read again.

let isReading = false;
let isDue = false;

const put = (part, fresh) => {
  if (part.innerHTML === fresh.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...part.querySelectorAll("details[open]")].map((details) => details.id);
  part.replaceChildren(...fresh.childNodes);
  for (const id of opened) part.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const read = async () => {
  if (isReading || document.hidden) {
    isDue = true;
    return;
  }
  isReading = true;
  isDue = false;
  try {
    const answer = await fetch(location.href, { headers: { "x-part": "live" }, cache: "no-store" });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(part.id);
        if (fresh) put(part, fresh);
      }
      say("");
    } else {
      say(answer.status === 401 ? "You are signed out: open a new link." : `The server answers ${answer.status}.`);
    }
  } catch {
    say("The server does not answer. What stands here is from before; it is tried again.");
  }
  setTimeout(() => {
    isReading = false;
    if (isDue) read();
  }, REST);
};

if (main.dataset.every) {
  setInterval(read, Number(main.dataset.every) * 1000);
  document.addEventListener("visibilitychange", () => isDue && read());
}

// Lines are added as they come, all those of a moment at once.

let coming = [];
let begun = log?.dataset.begun ? Date.parse(log.dataset.begun) : NaN;

const since = (at) => {
  const seconds = Math.max(0, Math.floor((Date.parse(at) - begun) / 1000)) || 0;
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
};

const row = (line) => {
  const item = document.createElement("li");
  item.dataset.about = line.type;
  const time = document.createElement("time");
  time.textContent = since(line.at);
  const word = document.createElement("span");
  word.className = "about-word";
  word.textContent = line.type;
  item.append(time, " ", word, ` ${line.text}`);
  item.hidden = !isWanted(item);
  return item;
};

const add = () => {
  const lines = coming.slice(-Number(log.dataset.most));
  coming = [];
  log.prepend(...lines.map(row).reverse());
  while (log.children.length > Number(log.dataset.most)) log.lastElementChild.remove();
};

const take = (line) => {
  if (coming.push(line) === 1) requestAnimationFrame(add);
};

if (main.dataset.events) {
  const events = new EventSource(main.dataset.events);
  events.addEventListener("run", (event) => {
    const told = JSON.parse(event.data).begun;
    if (told) begun = Date.parse(told);
  });
  events.addEventListener("line", (event) => {
    take(JSON.parse(event.data));
    read();
  });
  events.addEventListener("lost", read);
  events.addEventListener("over", () => {
    events.close();
    read();
  });
}

// Lines are filtered by their words and by what they are about.

const filter = document.querySelector("#filter");
const words = document.querySelector("#words");
/** What is asked for: texts in lower case, and what lines may be about. */
let asked = { words: "", about: null };

const isWanted = (item) =>
  (asked.about === null || asked.about.has(item.dataset.about)) && item.textContent.toLowerCase().includes(asked.words);

if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", () => {
    const boxes = filter.querySelectorAll("input[name=about]:checked");
    asked = { words: words.value.trim().toLowerCase(), about: new Set([...boxes].map((box) => box.value)) };
    for (const item of log.children) item.hidden = !isWanted(item);
  });
  // Browsers keep what was filled in when a page is loaded again.
  filter.dispatchEvent(new Event("input"));
}
