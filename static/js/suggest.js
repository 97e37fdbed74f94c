// Suggestions below the search boxes while somebody types. Each is a link's worth:
// choosing one goes there; Enter with none chosen searches, as without this module.

const WAIT = 150;
const SHORTEST = 2;
let count = 0;

for (const input of document.querySelectorAll("[data-suggest]")) suggestBelow(input);

function suggestBelow(input) {
  const number = (count += 1);
  const list = document.createElement("ul");
  const said = document.createElement("p");
  const known = new Map();
  let chosen = -1;
  let waiting = 0;
  let asking = null;

  list.id = `suggestions-${number}`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  input.parentElement.classList.add("suggests");
  input.after(list, said);

  // A search field may not be a combobox; a text field may.
  input.type = "text";
  input.autocomplete = "off";
  input.setAttribute("enterkeyhint", "search");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    chosen = -1;
    list.hidden = true;
    said.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    const options = list.children;
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const option = options[chosen];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function show(suggestions) {
    close();
    if (!suggestions.length || document.activeElement !== input) return;
    list.replaceChildren(
      ...suggestions.map(({ name, kind, url }, place) => {
        const option = document.createElement("li");
        const title = document.createElement("span");
        const what = document.createElement("small");
        option.id = `${list.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.url = url;
        title.dir = "auto";
        title.textContent = name;
        what.textContent = kind;
        option.append(title, " ", what);
        return option;
      }),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    const many = suggestions.length === 1 ? "1 suggestion" : `${suggestions.length} suggestions`;
    said.textContent = `${many}, use the arrow keys.`;
  }

  async function ask() {
    const typed = input.value.trim().toLowerCase();
    asking?.abort();
    if (typed.length < SHORTEST) return close();
    if (!known.has(typed)) {
      asking = new AbortController();
      try {
        const address = `/search/suggestions/?q=${encodeURIComponent(typed.slice(0, 60))}`;
        const answer = await fetch(address, { signal: asking.signal });
        if (!answer.ok) return close();
        known.set(typed, (await answer.json()).suggestions);
      } catch {
        return; // typed on, or offline: the form still searches
      }
    }
    if (typed === input.value.trim().toLowerCase()) show(known.get(typed));
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return void ask();
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = chosen + step;
      choose(next > last ? -1 : next < -1 ? last : next);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      event.preventDefault();
      location.assign(list.children[chosen].dataset.url);
    } else if (event.key === "Tab") {
      close();
    }
  });
  input.addEventListener("blur", close);
  // Before the field loses its focus, and the list with it.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}
