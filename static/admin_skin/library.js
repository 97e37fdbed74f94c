// The library: uploads with progress, choosing by keys, dragging into folders.
// Without it everything is a plain form.

const library = document.querySelector(".library");
const many = library.querySelector("[data-many]");
const cards = library.querySelector("[data-cards]");
const said = library.querySelector("[data-said]");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
library.classList.add("scripted");

const sizeOf = (bytes) =>
  bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

// --- Search ------------------------------------------------------------------------

// Chosen with the pointer, a filter is asked at once; with keys one goes past others.
for (const select of library.querySelectorAll(".library-search select")) {
  let byPointer = false;
  select.addEventListener("pointerdown", () => { byPointer = true; });
  select.addEventListener("keydown", () => { byPointer = false; });
  select.addEventListener("change", () => { if (byPointer) select.form.requestSubmit(); });
}

// --- Choosing ----------------------------------------------------------------------

const all = () => [...cards.querySelectorAll(".medium")];
const tickOf = (card) => card.querySelector(".medium-tick");
const chosen = () => all().filter((card) => tickOf(card).checked);
const count = library.querySelector("[data-count]");
let last = null;

function recount() {
  const found = chosen().length;
  count.textContent = found === 0 ? "Nothing chosen"
    : found === 1 ? "1 file chosen" : `${found} files chosen`;
  if (found === 0)
    for (const sheet of many.querySelectorAll("details[open]")) sheet.open = false;
}

function choose(card, on = true) {
  tickOf(card).checked = on;
  last = card;
}

function between(one, other) {
  const list = all();
  const [from, to] = [list.indexOf(one), list.indexOf(other)].sort((a, b) => a - b);
  return list.slice(Math.max(0, from), to + 1);
}

cards.addEventListener("click", (event) => {
  const card = event.target.closest(".medium");
  if (!card) return;
  if (event.target.matches(".medium-tick")) {
    if (event.shiftKey && last)
      for (const one of between(last, card)) tickOf(one).checked = event.target.checked;
    last = card;
    recount();
  } else if (event.ctrlKey || event.metaKey || event.shiftKey) {
    event.preventDefault();
    if (event.shiftKey && last) between(last, card).forEach((one) => choose(one));
    else choose(card, !tickOf(card).checked);
    recount();
  }
});

library.querySelector("[data-none]").addEventListener("click", () => none());

function none() {
  const first = chosen()[0];
  chosen().forEach((card) => choose(card, false));
  recount();
  (first ?? all()[0])?.querySelector(".medium-link").focus();
}

// How many cards stand in the row of the first one.
function columns() {
  const list = all();
  const top = list[0]?.offsetTop;
  const next = list.findIndex((card) => card.offsetTop !== top);
  return next < 0 ? list.length : next;
}

cards.addEventListener("keydown", (event) => {
  const card = event.target.closest(".medium");
  if (!card || event.altKey) return;
  const list = all();
  const here = list.indexOf(card);
  const steps = {
    ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns(),
    Home: -here, End: list.length - 1 - here,
  };
  const onLink = event.target.matches(".medium-link");
  if (event.key in steps && (onLink || event.key.startsWith("Arrow"))) {
    event.preventDefault();
    const to = list[Math.min(list.length - 1, Math.max(0, here + steps[event.key]))];
    if (event.shiftKey) between(card, to).forEach((one) => choose(one));
    to.querySelector(".medium-link").focus();
    recount();
  } else if (event.key === " " && onLink) {
    event.preventDefault();
    choose(card, !tickOf(card).checked);
    recount();
  } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    list.forEach((one) => choose(one));
    recount();
  } else if (event.key === "Escape" && chosen().length) {
    none();
  }
});
recount();

// --- Dragging into a folder --------------------------------------------------------

const KIND = "application/x-masthead-media";
const FOLDER = "application/x-masthead-folder";

cards.addEventListener("dragstart", (event) => {
  const card = event.target.closest(".medium");
  if (!card) return;
  if (!tickOf(card).checked) {
    chosen().forEach((one) => choose(one, false));
    choose(card);
    recount();
  }
  chosen().forEach((one) => one.classList.add("dragged"));
  event.dataTransfer.setData(KIND, card.dataset.medium);
  event.dataTransfer.effectAllowed = "move";
});
cards.addEventListener("dragend", () => {
  for (const card of cards.querySelectorAll(".dragged")) card.classList.remove("dragged");
});

for (const shelf of library.querySelectorAll("[data-shelf]")) {
  const takes = (event) =>
    event.dataTransfer.types.includes(KIND) ||
    (event.dataTransfer.types.includes(FOLDER) && shelf.dataset.shelf !== dragged?.dataset.shelf);
  shelf.addEventListener("dragstart", (event) => {
    dragged = shelf;
    event.dataTransfer.setData(FOLDER, shelf.dataset.shelf);
    event.dataTransfer.effectAllowed = "move";
  });
  shelf.addEventListener("dragover", (event) => {
    if (!takes(event)) return;
    event.preventDefault();
    shelf.classList.add("drop-here");
  });
  shelf.addEventListener("dragleave", () => shelf.classList.remove("drop-here"));
  shelf.addEventListener("drop", (event) => {
    shelf.classList.remove("drop-here");
    if (!takes(event)) return;
    event.preventDefault();
    if (event.dataTransfer.types.includes(KIND)) return moveTo(shelf.dataset.shelf);
    const parent = shelf.dataset.shelf === "none" ? "" : shelf.dataset.shelf;
    send(dragged.dataset.shelfChange, { name: dragged.dataset.shelfName, parent });
  });
}
let dragged = null;

function moveTo(folder) {
  const field = many.querySelector("[name=folder]");
  if (![...field.options].some((one) => one.value === folder)) return;
  field.value = folder;
  many.requestSubmit(many.querySelector("[value=move]"));
}

function send(address, words) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  for (const [name, value] of Object.entries({ ...words, csrfmiddlewaretoken: token() })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

// --- Uploads -----------------------------------------------------------------------

const panel = library.querySelector("[data-uploads]");
const chooser = library.querySelector("#library-file");
const AT_A_TIME = 2;
const uploads = [];

class Upload {
  constructor(file) {
    this.file = file;
    this.state = "waiting";
    this.row = document.createElement("li");
    const name = document.createElement("span");
    name.className = "upload-name";
    name.textContent = `${file.name} `;
    const size = document.createElement("span");
    size.className = "quiet";
    size.textContent = sizeOf(file.size);
    name.append(size);
    this.bar = document.createElement("progress");
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.verbs = document.createElement("span");
    this.verbs.className = "upload-verbs";
    this.line = document.createElement("p");
    this.line.className = "upload-said";
    this.row.append(name, this.bar, this.verbs, this.line);
    this.become("waiting", "Waits for its turn.");
  }

  become(state, sentence) {
    this.state = state;
    this.row.className = state;
    this.line.textContent = sentence;
    const offers = {
      waiting: [["Cancel", () => this.cancel()]],
      sending: [["Cancel", () => this.cancel()]],
      failed: [["Retry", () => this.retry()]],
      cancelled: [["Retry", () => this.retry()]],
      unmade: [["Retry", () => this.makeAgain()]],
    }[state] ?? [];
    const held = this.verbs.contains(document.activeElement);
    this.verbs.replaceChildren(...offers.map(([label, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button small";
      button.textContent = label;
      button.setAttribute("aria-label", `${label}: ${this.file.name}`);
      button.addEventListener("click", act);
      return button;
    }));
    if (held) this.verbs.querySelector("button")?.focus();
    this.bar.hidden = ["failed", "cancelled", "done", "unmade"].includes(state);
    report();
  }

  cancel() {
    this.request?.abort();
    this.become("cancelled", "Cancelled. Nothing of it was kept.");
    next();
  }

  retry() {
    this.bar.value = 0;
    this.become("waiting", "Waits for its turn.");
    next();
  }

  tooLarge() {
    const { largestImage, largestFile } = library.dataset;
    const limit = Number(this.file.type.startsWith("image/") ? largestImage : largestFile);
    if (this.file.size <= limit) return "";
    return `It has ${sizeOf(this.file.size)}; at most ${sizeOf(limit)} can be kept. ` +
      "Make it smaller and choose it again.";
  }

  start() {
    const problem = this.tooLarge();
    if (problem) return this.become("failed", problem), next();
    this.become("sending", "Is being sent…");
    const body = new FormData();
    body.append("file", this.file);
    if (library.dataset.folder) body.append("folder", library.dataset.folder);
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", library.dataset.upload);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      this.bar.value = event.loaded / event.total;
      if (event.loaded === event.total) this.line.textContent = "Is being looked at…";
    });
    request.addEventListener("load", () => this.answered(request));
    request.addEventListener("error", () => {
      this.become("failed", "The connection was lost. Nothing was kept; try again.");
      next();
    });
    request.send(body);
  }

  answered(request) {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
    if (request.status === 201 && answer) {
      this.medium = answer.image;
      show(answer.card);
      this.arrived(answer.twin);
    } else if (answer?.error) {
      this.become("failed", answer.error);
    } else if (request.responseURL && !request.responseURL.endsWith(library.dataset.upload)) {
      this.become("failed", "You are signed out. Sign in again in another tab, then retry.");
    } else {
      this.become("failed", `The server did not take it (${request.status}). Try again in a minute.`);
    }
    next();
  }

  arrived(twin) {
    const already = twin ? ` The same file is here already as “${twin.name}”.` : "";
    if (this.medium.processing === "pending") {
      this.become("making", `In the library. Its sizes are being made…${already}`);
      this.bar.removeAttribute("value");
      watch();
    } else {
      this.become("done", `In the library.${already}`);
    }
    this.already = already;
  }

  made(medium) {
    if (medium.processing === "done")
      this.become("done", `Ready.${this.already ?? ""}`);
    else if (medium.processing !== "pending")
      this.become("unmade", medium.note || "Its sizes could not be made. Try again.");
  }

  makeAgain() {
    const body = new FormData();
    body.append("ids", this.medium.id);
    body.append("do", "retry");
    fetch(many.action, { method: "POST", body, headers: { "X-CSRFToken": token() } })
      .then(() => {
        this.medium.processing = "pending";
        this.arrived(null);
      })
      .catch(() => this.become("unmade", "The connection was lost. Try again."));
  }
}

function report() {
  const of = (...states) => uploads.filter((one) => states.includes(one.state)).length;
  const parts = [];
  const running = of("waiting", "sending");
  if (running) parts.push(`${running} on the way`);
  const here = of("making", "done", "unmade");
  if (here) parts.push(`${here} in the library`);
  if (of("failed")) parts.push(`${of("failed")} failed`);
  library.querySelector("[data-uploads-said]").textContent = parts.join(", ");
}

function next() {
  const sending = uploads.filter((one) => one.state === "sending").length;
  const waiting = uploads.filter((one) => one.state === "waiting");
  waiting.slice(0, Math.max(0, AT_A_TIME - sending)).forEach((one) => one.start());
}

function take(files) {
  for (const file of files) {
    const upload = new Upload(file);
    uploads.push(upload);
    panel.querySelector("ul").prepend(upload.row);
  }
  if (uploads.length) panel.hidden = false;
  report();
  next();
}

// A card made by the server, put in front of the others.
function show(html) {
  const card = document.createRange().createContextualFragment(html).querySelector(".medium");
  const known = cards.querySelector(`[data-medium="${card.dataset.medium}"]`);
  if (known) known.replaceWith(card);
  else cards.prepend(card);
  library.querySelector("[data-empty]")?.remove();
}

// Asks how far the pending ones are: seldom, and ever more seldom.
let asking = null;
let pause = 700;
function watch() {
  pause = 700;
  asking ??= setTimeout(ask, pause);
}
const pending = () => [
  ...cards.querySelectorAll('.medium[data-processing="pending"]:has(.badge-busy)'),
];
async function ask() {
  asking = null;
  const ids = pending().map((card) => card.dataset.medium).slice(0, 100);
  if (!ids.length) return;
  try {
    const answer = await fetch(`${library.dataset.library}?ids=${ids.join(",")}`, {
      headers: { Accept: "application/json" },
    });
    const { images } = await answer.json();
    images.filter((one) => one.processing !== "pending").forEach(settled);
  } catch { /* the next round asks again */ }
  pause = Math.min(pause * 1.5, 10000);
  if (pending().length) asking ??= setTimeout(ask, pause);
}

function settled(medium) {
  const card = cards.querySelector(`[data-medium="${medium.id}"]`);
  if (card) {
    card.dataset.processing = medium.processing;
    const badge = card.querySelector(".badge-busy");
    if (medium.processing === "done") badge.remove();
    else {
      badge.className = "badge badge-bad";
      badge.textContent = medium.processing === "failed" ? "Failed" : "File is missing";
      badge.title = medium.note;
    }
    const picture = card.querySelector("img");
    if (picture && medium.small) picture.src = medium.small;
  }
  uploads.find((one) => one.medium?.id === medium.id)?.made(medium);
}
if (pending().length) watch();

if (chooser) {
  chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  });
  panel.querySelector("[data-uploads-close]").addEventListener("click", () => {
    panel.hidden = true;
    chooser.focus();
  });
  const place = library.querySelector("[data-drop]");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  window.addEventListener("dragenter", (event) => {
    if (hasFiles(event) && ++depth) place.classList.add("dropping");
  });
  window.addEventListener("dragleave", (event) => {
    if (hasFiles(event) && --depth <= 0) { depth = 0; place.classList.remove("dropping"); }
  });
  window.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    place.classList.remove("dropping");
    take(event.dataTransfer.files);
  });
  window.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea") || !event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  window.addEventListener("beforeunload", (event) => {
    if (uploads.some((one) => ["waiting", "sending"].includes(one.state))) event.preventDefault();
  });
}
said.textContent = "";
