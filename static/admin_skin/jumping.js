// From a sentence about the text to its place: the tab and the folds around the field are
// opened, the caret is put there, and the sentence stays beside it until it is changed.

const form = document.querySelector("body.item-page .workspace-form");
const text = () => document.querySelector(".body-editor")?.body ?? null;

// --- Where it is ----------------------------------------------------------------------

// What a link's anchor means in this page: a block, a field, a part of the form.
function placeOf(hash) {
  if (!form || hash.length < 2) return null;
  const id = decodeURIComponent(hash.slice(1));
  if (id.startsWith("block-")) return { block: id.slice(6) };
  const name = id.replace(/^id_/, "");
  if (id.startsWith("id_") && (name === "body" || fieldOf(name))) return { field: name };
  const group = document.getElementById(id);
  return group && form.contains(group) && id.endsWith("-group") ? { group } : null;
}

const fieldOf = (name) => {
  const field = form.elements.namedItem(name);
  return field instanceof RadioNodeList ? field[0] : field;
};

// --- The way there --------------------------------------------------------------------

// True when the page has the place. `sentence` is then said beside it.
export function jump({ block, field, group, sentence }) {
  if (!form) return false;
  const body = text();
  if (block) {
    if (!body?.focusBlock(block)) return false;
    const id = CSS.escape(block);
    const element = body.element.querySelector(`[data-id="${id}"], [data-block-id="${id}"]`);
    flash(element);
    return true;
  }
  if (group) {
    const target = group.querySelector("a[href*='/lesson/'], .add-row a, input:not([type=hidden])");
    open(group);
    group.scrollIntoView({ block: "center" });
    target?.focus();
    flash(group);
    return true;
  }
  if (field === "body" && body) {
    if (body.element.querySelector(".ProseMirror")?.isContentEditable === false) return false;
    body.focus();
    const words = body.element.querySelector(".ProseMirror");
    say(words, body.element, "body", sentence, (done) => body.on("change", done));
    words?.scrollIntoView({ block: "nearest" });
    return true;
  }
  const input = fieldOf(field);
  if (!input) return false;
  open(input);
  const chooser = input.parentElement?.querySelector(".select2-selection");
  const seen = input.offsetParent && !input.classList.contains("select2-hidden-accessible") ? input : chooser ?? input;
  seen.scrollIntoView({ block: "center" });
  seen.focus();
  const row = input.closest(".form-row") ?? input.parentElement;
  say(seen, row, field, sentence, (done) => {
    input.addEventListener("input", done);
    input.addEventListener("change", done);
    // The admin's choosers set a field without an event of the field's own.
    window.django?.jQuery?.(input).on("change", done);
  });
  flash(row);
  return true;
}

function open(element) {
  const sheet = element.closest("[data-panel]");
  if (sheet?.hidden) document.getElementById(`tab-${sheet.id}`)?.click();
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

export function flash(element) {
  if (!element) return;
  element.classList.add("is-meant");
  setTimeout(() => element.classList.remove("is-meant"), 1600);
}

// --- What is wrong with it --------------------------------------------------------------

function say(field, row, name, sentence, whenChanged) {
  const words = sentence ?? known(name);
  const id = `says-${name}`;
  if (!field || !row || !words) return;
  // Django's own sentence stands there already.
  if (row.querySelector(".errorlist")) return void field.setAttribute("aria-invalid", "true");
  let note = document.getElementById(id);
  const isNew = !note;
  note ??= Object.assign(document.createElement("p"), { id, className: "field-says", dir: "auto" });
  note.textContent = words;
  if (!isNew) return;
  if (name === "body") row.before(note);
  else row.append(note);
  const described = field.getAttribute("aria-describedby");
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", described ? `${described} ${id}` : id);
  row.classList.add("is-wanting");
  whenChanged(() => {
    note.remove();
    row.classList.remove("is-wanting");
    field.removeAttribute("aria-invalid");
    if (described) field.setAttribute("aria-describedby", described);
    else field.removeAttribute("aria-describedby");
  });
}

// What the page was told about a field when it was opened: a link from elsewhere brings
// no sentence along.
function known(name) {
  const told = document.getElementById("gaps-told");
  const gaps = told ? JSON.parse(told.textContent) : [];
  return gaps.find((gap) => gap.field === name)?.sentence;
}

// --- Links ----------------------------------------------------------------------------

function follow(link) {
  const there = new URL(link.href);
  if (there.pathname !== location.pathname) return false;
  const place = placeOf(there.hash);
  if (!place) return false;
  const dialog = link.closest("dialog");
  if (!dialog) return jump({ ...place, sentence: link.dataset.says });
  // Closing gives the focus back to where it came from; the place has it after that.
  dialog.addEventListener("close", () => setTimeout(() => jump({ ...place, sentence: link.dataset.says })), { once: true });
  dialog.close();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-jump]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (follow(link)) event.preventDefault();
});

function arrive() {
  const place = placeOf(location.hash);
  if (!place) return;
  const needsText = place.block || place.field === "body";
  if (needsText && document.querySelector(".body-editor") && !text())
    document.addEventListener("body:ready", () => jump(place), { once: true });
  else jump(place);
}
window.addEventListener("hashchange", arrive);
if (location.hash) arrive();
