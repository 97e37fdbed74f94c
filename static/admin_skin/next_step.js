// The verbs: their question as a dialog, the button in the words of its effect, and the
// receipt afterwards. Without this script each question is a page of its own.

const dialog = document.createElement("dialog");
dialog.className = "do-dialog";
dialog.setAttribute("aria-labelledby", "do-title");
let opener = null;

// --- What is typed is saved first ----------------------------------------------------

const text = () =>
  (document.querySelector(".body-editor") ?? document.querySelector(".workspace-form"))?.body ?? null;

// A sentence about what is not saved yet; nothing when all is.
async function unsaved() {
  const saving = text()?.saving;
  if (saving && !(await saving.flush()))
    return "What you wrote is not saved yet; this acts on what is saved. Try again in a moment.";
  if (document.querySelector("[data-unsaved]:not([hidden])"))
    return document.querySelector("[data-next-step]").dataset.unsavedSays;
  return "";
}

function say(sentence) {
  const box = document.querySelector("[data-next-step]");
  if (!box) return;
  let note = box.querySelector(".next-note");
  if (!note && !sentence) return;
  if (!note) {
    note = document.createElement("p");
    note.className = "next-note is-urgent";
    note.setAttribute("role", "status");
    box.prepend(note);
  }
  note.textContent = sentence;
}

// --- The dialog ----------------------------------------------------------------------

async function open(link) {
  say("");
  const problem = await unsaved();
  if (problem) {
    say(problem);
    document.querySelector("[name=_save]")?.focus();
    return;
  }
  let answer;
  try {
    answer = await fetch(link.href, { credentials: "same-origin" });
  } catch {
    say("The newsroom does not answer. Look at your connection, then try again.");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const sheet = page.querySelector("[data-do-sheet]");
  if (!answer.ok || !sheet || answer.redirected) {
    location.assign(link.href); // signed out, or not allowed: the page says so
    return;
  }
  const title = document.createElement("h2");
  title.id = "do-title";
  title.className = "do-title";
  title.textContent = page.querySelector("[data-do]")?.dataset.label ?? link.textContent.trim();
  dialog.replaceChildren(title, document.importNode(sheet, true));
  if (!dialog.isConnected) document.body.append(dialog);
  opener = link;
  // The decision is about the text in this page: if another is kept by now, it waits.
  const revision = text()?.item.revision;
  const seen = dialog.querySelector("input[name=seen_revision]");
  if (seen && revision) seen.value = revision;
  prepare(dialog);
  dialog.showModal();
  const first = dialog.querySelector(
    "form :is(select, input:not([type=hidden]), textarea), form button, [data-close]",
  );
  first?.focus();
}

dialog.addEventListener("close", () => {
  const menu = opener?.closest("details:not([open])");
  (menu ? menu.querySelector("summary") : opener)?.focus();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-verb]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  link.closest("details.menu")?.removeAttribute("open");
  open(link);
});

// --- The button says when ------------------------------------------------------------

// What a wall clock in `zone` shows, as an instant. Twice, because the offset itself
// depends on the instant.
function instantOf(text, zone) {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return null;
  let instant = wanted;
  for (let turn = 0; turn < 2; turn++) instant = wanted - (wallOf(instant, zone) - instant);
  return new Date(instant);
}

function wallOf(instant, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(instant);
  const at = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
}

function inWords(instant, zone) {
  const year = instant.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  const day = instant.toLocaleDateString("en-GB", { timeZone: zone, day: "numeric", month: "short", year });
  const time = instant.toLocaleTimeString("en-GB", {
    timeZone: zone, hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  return `${day} ${time}`;
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-do]")) {
    const button = form.querySelector("button[type=submit]");
    const label = button.textContent;
    for (const input of form.querySelectorAll("input[type=datetime-local]")) {
      const clock = input.closest(".field")?.querySelector("[data-clock]");
      if (!clock) continue;
      const zone = clock.dataset.clock;
      const yours = clock.querySelector("[data-your-clock]");
      const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const show = () => {
        const instant = input.value ? instantOf(input.value, zone) : null;
        const differs = instant && wallOf(instant, zone) !== wallOf(instant, own);
        yours.textContent = differs ? `: ${inWords(instant, own)} by yours` : "";
        if (input.name === "publish_at")
          button.textContent = instant ? `Schedule for ${inWords(instant, zone)}` : label;
        if (input.name === "unpublish_at")
          button.textContent = instant ? `Take down on ${inWords(instant, zone)}` : label;
      };
      input.addEventListener("input", show);
      show();
    }
    form.addEventListener("submit", () => setTimeout(() => { button.disabled = true; }));
  }
}
prepare(document);
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-do] button[disabled]")) button.disabled = false;
});

// --- Afterwards: how far it has come -------------------------------------------------

const PATIENCE = 60_000;

async function follow(line) {
  const end = Date.now() + PATIENCE;
  let wait = 150;
  while (Date.now() < end) {
    try {
      const answer = await fetch(line.dataset.receipt, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (line.textContent !== told.sentence) line.textContent = told.sentence;
      line.classList.toggle("is-done", told.done);
      if (told.done) return;
    } catch {
      // The next round may find it.
    }
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 1.5, 5000);
  }
}
for (const line of document.querySelectorAll("[data-receipt]")) follow(line);
