// Small comforts of the desk. Every page works without them.

// Times in the reader's own zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const toLocal = () => {
  for (const time of document.querySelectorAll("time[data-local]:not([title])")) {
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    time.title = time.textContent;
    time.textContent = when.toLocaleString("en-GB", {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    });
  }
};
toLocal();
document.addEventListener("times:new", toLocal);
for (const input of document.querySelectorAll('[data-fill="time-zone"]')) input.value = zone;
for (const name of document.querySelectorAll("[data-zone]")) name.textContent = zone;

// Menus close when one clicks elsewhere, or presses Escape.
const menus = () => document.querySelectorAll("details.menu[open], details.verb[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A text that is not saved: the workflow's buttons wait, and leaving asks.
const page = document.querySelector("body.item-page form[id$=_form]");
if (page) {
  let changed = false;
  const show = () => {
    for (const note of document.querySelectorAll("[data-unsaved]")) note.hidden = !changed;
    for (const part of document.querySelectorAll("[data-verbs] button"))
      part.disabled = changed;
  };
  page.addEventListener("input", ({ target }) => {
    // The editor saves these as one types, and guards them itself.
    if (changed || target.closest("[data-saved-as-typed]")) return;
    changed = true;
    show();
  });
  page.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  // Ctrl+S saves the draft.
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    page.querySelector("[name=_save]")?.click();
  });
}

// One-line titles and standfirsts grow with their text.
const grow = (area) => {
  if (CSS.supports("field-sizing", "content")) return;
  area.rows = Math.max(Number(area.dataset.rows), area.value.split("\n").length);
};
for (const area of document.querySelectorAll("textarea.title-text")) {
  area.dataset.rows = area.rows;
  area.addEventListener("input", () => grow(area));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// Fields with suggestions (Select2) are read out by the name of their label.
const nameSuggestions = () => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = select.labels?.[0];
    const box = select.nextElementSibling;
    const name = label?.textContent.trim() ?? select.getAttribute("aria-label");
    if (!name || !box || box.dataset.named) continue;
    box.dataset.named = "";
    if (label) label.id ||= `${select.id}_label`;
    for (const field of box.querySelectorAll("[role=combobox], .select2-search__field")) {
      const of = field.getAttribute("aria-labelledby");
      if (label && of) field.setAttribute("aria-labelledby", `${label.id} ${of}`);
      else field.setAttribute("aria-label", name);
    }
  }
};
window.addEventListener("load", () => {
  // After the admin's own, which wait in jQuery's line.
  if (window.django?.jQuery) window.django.jQuery(nameSuggestions);
});
document.addEventListener("formset:added", () => setTimeout(nameSuggestions));
