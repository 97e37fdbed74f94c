// One box that goes anywhere, and the sheet of keys. Without it, the header's search
// is a page of its own.

const palette = document.getElementById("palette");
const sheet = document.getElementById("shortcuts");
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const mod = (event) => (isMac ? event.metaKey : event.ctrlKey);
const PATIENCE = 120;
const REMEMBERED = 12;

// --- Where one was lately: ids only, in this browser --------------------------------

const shelf = `masthead-lately-${palette?.dataset.person}`;
const lately = () => {
  try {
    return JSON.parse(localStorage.getItem(shelf)) ?? [];
  } catch {
    return [];
  }
};
const here = location.pathname.match(
  /\/editorial\/(article|course)\/([0-9a-f-]{36})\//,
);
const item = here ? `${here[1]}:${here[2]}` : "";
if (item && palette) {
  const list = [item, ...lately().filter((one) => one !== item)];
  try {
    localStorage.setItem(shelf, JSON.stringify(list.slice(0, REMEMBERED)));
  } catch {
    // A full or forbidden store: then nothing is remembered.
  }
}

// --- The palette --------------------------------------------------------------------

const box = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
const said = palette?.querySelector("[role=status]");
let options = [];
let chosen = -1;
let asking = null;
let waiting = 0;

const choose = (at) => {
  if (!options.length) {
    chosen = -1;
    box.removeAttribute("aria-activedescendant");
    return;
  }
  chosen = (at + options.length) % options.length;
  options.forEach((one, number) => {
    one.setAttribute("aria-selected", String(number === chosen));
  });
  box.setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
};

const draw = (groups) => {
  list.replaceChildren();
  options = [];
  groups.forEach((group, number) => {
    const part = document.createElement("div");
    part.setAttribute("role", "group");
    const name = document.createElement("div");
    name.className = "palette-group";
    name.id = `palette-group-${number}`;
    name.textContent = group.title;
    part.setAttribute("aria-labelledby", name.id);
    part.append(name);
    for (const row of group.rows) {
      const option = document.createElement("a");
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.id = `palette-option-${options.length}`;
      option.tabIndex = -1;
      option.href = row.words ? row.url + encodeURIComponent(box.value.trim()) : row.url;
      const title = document.createElement("span");
      title.textContent = row.title;
      title.dir = "auto";
      option.append(title);
      if (row.hint) {
        const hint = document.createElement("span");
        hint.className = "palette-hint";
        hint.textContent = row.hint;
        option.append(hint);
      }
      options.push(option);
      part.append(option);
    }
    list.append(part);
  });
  choose(0);
  said.textContent = options.length === 1 ? "One fits." : `${options.length} fit.`;
};

const ask = async () => {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams({ q: box.value });
  if (item) query.set("item", item);
  if (!box.value.trim()) query.set("recent", lately().filter((one) => one !== item).join(","));
  try {
    const answer = await fetch(`${palette.dataset.url}?${query}`, {
      signal: asking.signal,
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    draw((await answer.json()).groups);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    list.replaceChildren();
    options = [];
    choose(0);
    said.textContent = "";
    const sorry = document.createElement("p");
    sorry.className = "quiet palette-sorry";
    sorry.textContent =
      "The desk does not answer. Press Enter to search, or reload the page to sign in.";
    list.append(sorry);
  }
};

const open = () => {
  if (!palette || palette.open) return;
  sheet?.close();
  palette.showModal();
  box.value = "";
  box.focus();
  ask();
};

box?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PATIENCE);
});
box?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(chosen + step);
  } else if (event.key === "Enter" && options[chosen]) {
    event.preventDefault();
    if (mod(event)) window.open(options[chosen].href, "_blank", "noopener");
    else options[chosen].click();
  }
});
list?.addEventListener("mousemove", (event) => {
  const at = options.indexOf(event.target.closest("[role=option]"));
  if (at >= 0 && at !== chosen) choose(at);
});
for (const dialog of [palette, sheet]) {
  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
for (const button of document.querySelectorAll("[data-palette]")) {
  button.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
}
for (const button of document.querySelectorAll("[data-shortcuts]")) {
  button.addEventListener("click", () => sheet.showModal());
}
if (isMac) for (const key of document.querySelectorAll("kbd[data-mod]")) key.textContent = "⌘";

// --- Keys ---------------------------------------------------------------------------

const isWriting = (target) =>
  target instanceof Element &&
  (target.isContentEditable ||
    target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [role=textbox]"));
const PLACES = { d: "desk", b: "board", c: "calendar", a: "articles", t: "tasks" };
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (mod(event) && event.shiftKey && event.key.toLowerCase() === "p") {
    event.preventDefault();
    open();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isWriting(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "/") {
    event.preventDefault();
    open();
  } else if (event.key === "?") {
    event.preventDefault();
    sheet?.showModal();
  } else if (event.key === "g") {
    going = Date.now();
  } else if (PLACES[event.key] && Date.now() - going < 1500) {
    going = 0;
    document.querySelector(`[data-go="${PLACES[event.key]}"]`)?.click();
  } else {
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (link && event.key.length === 1) link.click();
  }
});
