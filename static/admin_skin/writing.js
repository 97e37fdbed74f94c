// The workspace: the panels beside the text become tabs.
const workspace = document.querySelector("[data-workspace]");
const panels = [...(workspace?.querySelectorAll("[data-panel]") ?? [])];

// What sticks below the bar on top must know how high it is.
const bar = document.querySelector(".item-bar");
if (bar) {
  const measure = () => {
    const sticks = getComputedStyle(bar).position === "sticky";
    const height = sticks ? bar.getBoundingClientRect().height : 0;
    document.documentElement.style.setProperty("--bar-height", `${height}px`);
  };
  new ResizeObserver(measure).observe(bar);
  measure();
}

if (panels.length > 1) {
  const list = document.createElement("div");
  list.className = "panel-tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Beside the text");
  const tabs = panels.map((panel) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${panel.id}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    tab.textContent = panel.dataset.panel;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.removeAttribute("aria-label");
    list.append(tab);
    return tab;
  });
  workspace.prepend(list);
  workspace.classList.add("has-tabs");

  const show = (chosen, { focus = false } = {}) => {
    panels.forEach((panel, index) => {
      const isChosen = index === chosen;
      panel.hidden = !isChosen;
      tabs[index].setAttribute("aria-selected", String(isChosen));
      tabs[index].tabIndex = isChosen ? 0 : -1;
    });
    if (focus) tabs[chosen].focus();
    panels[chosen].dispatchEvent(new CustomEvent("panel:shown", { bubbles: true }));
  };
  tabs.forEach((tab, index) => tab.addEventListener("click", () => show(index)));
  list.addEventListener("keydown", (event) => {
    const now = tabs.indexOf(document.activeElement);
    const next = {
      ArrowRight: (now + 1) % tabs.length,
      ArrowLeft: (now - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next, { focus: true });
  });
  // A link to #panel-remarks opens that tab, from anywhere in the page.
  const byHash = () => panels.findIndex((panel) => `#${panel.id}` === location.hash);
  window.addEventListener("hashchange", () => byHash() >= 0 && show(byHash()));
  const faulty = panels.findIndex((panel) => panel.querySelector(".errorlist"));
  show(Math.max(byHash(), faulty, 0));
}

// The choosers of Django's admin have no name of their own; their label gives it. They
// come by and by, when jQuery is ready.
for (const select of document.querySelectorAll("select.admin-autocomplete")) {
  const name = select.labels?.[0]?.textContent.trim();
  const told = () => {
    const box = select.nextElementSibling;
    if (!name || !box?.matches(".select2")) return false;
    for (const part of box.querySelectorAll("[role=combobox], [role=textbox], input"))
      part.setAttribute("aria-label", name);
    return true;
  };
  if (told()) continue;
  const watching = new MutationObserver(() => told() && watching.disconnect());
  watching.observe(select.parentElement, { childList: true });
}
