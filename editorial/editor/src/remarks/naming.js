// The list that opens after an @ in a remark: colleagues who may read this text.
const AFTER_AT = /(?:^|[^\w@/.])@([\w-]{0,60})$/;
let count = 0;

export function offerNames(area, address) {
  const list = document.createElement("ul");
  list.id = `remark-names-${++count}`;
  list.className = "remark-names";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Colleagues");
  list.hidden = true;
  area.after(list);
  area.setAttribute("role", "combobox");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("aria-expanded", "false");

  let asked = 0;
  let chosen = 0;
  const close = () => {
    asked += 1;
    list.hidden = true;
    area.setAttribute("aria-expanded", "false");
    area.removeAttribute("aria-activedescendant");
  };
  const typed = () => area.value.slice(0, area.selectionStart).match(AFTER_AT)?.[1];
  const put = (handle) => {
    const end = area.selectionStart;
    const start = end - typed().length;
    area.setRangeText(`${handle} `, start, end, "end");
    close();
    area.focus();
  };
  const mark = () => {
    [...list.children].forEach((line, index) =>
      line.setAttribute("aria-selected", String(index === chosen)));
    area.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const ask = async () => {
    const words = typed();
    if (words === undefined) return close();
    const turn = ++asked;
    let people = [];
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(words)}`, {
        headers: { Accept: "application/json" },
      });
      if (answer.ok) ({ people } = await answer.json());
    } catch {
      // Offline: one may still write the name by hand.
    }
    if (turn !== asked) return undefined;
    if (!people.length) return close();
    list.replaceChildren(...people.map(({ handle, name }, index) => {
      const line = document.createElement("li");
      line.id = `${list.id}-${index}`;
      line.setAttribute("role", "option");
      line.dataset.handle = handle;
      line.textContent = name;
      const small = document.createElement("small");
      small.textContent = `@${handle}`;
      line.append(" ", small);
      line.addEventListener("mousedown", (event) => {
        event.preventDefault();
        put(handle);
      });
      return line;
    }));
    chosen = 0;
    list.hidden = false;
    area.setAttribute("aria-expanded", "true");
    return mark();
  };
  area.addEventListener("input", ask);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const many = list.children.length;
    const step = { ArrowDown: 1, ArrowUp: many - 1 }[event.key];
    if (step) {
      chosen = (chosen + step) % many;
      mark();
    } else if (event.key === "Enter" || event.key === "Tab") {
      put(list.children[chosen].dataset.handle);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
