// Comparing versions by keyboard: n and p go from change to change. The views are links
// with a key each (data-key), which the desk knows on every page.

let at = -1;

const changes = () =>
  [...document.querySelectorAll("[data-change]")].filter((one) => one.offsetParent);

const go = (by) => {
  const found = changes();
  if (!found.length) return;
  at = Math.min(Math.max(at + by, 0), found.length - 1);
  const one = found[at];
  one.scrollIntoView({ block: "center" });
  one.focus({ preventScroll: true });
  const place = document.querySelector("[data-place]");
  const what = one.querySelector(".diff-what").textContent.replace(/\s+/g, " ").trim();
  place.textContent = `${at + 1} of ${found.length}`;
  const spoken = document.createElement("span");
  spoken.className = "visually-hidden";
  spoken.textContent = `: ${what}`;
  place.append(spoken);
};

const begin = () => {
  at = -1;
  const found = changes();
  const steps = document.querySelector("[data-steps]");
  if (!steps) return;
  steps.hidden = found.length === 0;
  steps.querySelector("[data-place]").textContent =
    `${found.length} change${found.length === 1 ? "" : "s"}`;
  for (const button of steps.querySelectorAll("[data-step]"))
    button.addEventListener("click", () => go(Number(button.dataset.step)));
};
begin();

document.addEventListener("focusin", (event) => {
  const one = event.target.closest?.("[data-change]");
  if (one) at = changes().indexOf(one);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key !== "n" && event.key !== "p") return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  go(event.key === "n" ? 1 : -1);
});

// The slider: every version against the chosen one, without leaving the page.
const chooser = document.querySelector("[data-choose]");
const compared = document.querySelector("[data-compared]");
if (chooser && compared) {
  const to = chooser.querySelector("[name=to]");
  const stops = [...to.options].map((one) => one.value).filter((one) => one !== "live");
  const order = [...new Set(stops)].sort((one, other) =>
    (one === "draft" ? Infinity : Number(one)) - (other === "draft" ? Infinity : Number(other)));
  const name = (value) => (value === "draft" ? "the draft" : `v${value}`);

  let asked = 0;
  const show = async () => {
    const turn = ++asked;
    const query = new URLSearchParams(new FormData(chooser));
    const address = `${chooser.action}?${query}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== asked) return;
      const fresh = page.querySelector("[data-compared]");
      if (!fresh) throw new Error("no comparison");
      compared.replaceChildren(...fresh.childNodes);
      history.replaceState(null, "", address);
      begin();
    } catch {
      if (turn === asked) chooser.submit();
    }
  };

  if (order.length > 2) {
    const line = document.createElement("p");
    line.className = "scrubber";
    const label = document.createElement("label");
    label.htmlFor = "scrub";
    label.textContent = "Through time";
    const range = document.createElement("input");
    range.type = "range";
    range.id = "scrub";
    range.min = 0;
    range.max = order.length - 1;
    const place = document.createElement("output");
    place.htmlFor = "scrub";
    const say = () => {
      place.textContent = name(order[range.value]);
      range.setAttribute("aria-valuetext", name(order[range.value]));
    };
    range.value = Math.max(order.indexOf(to.value), 0);
    say();
    let waiting;
    range.addEventListener("input", () => {
      to.value = order[range.value];
      say();
      clearTimeout(waiting);
      waiting = setTimeout(show, 150);
    });
    to.addEventListener("change", () => {
      range.value = Math.max(order.indexOf(to.value), 0);
      say();
    });
    line.append(label, range, place);
    chooser.append(line);
  }
  for (const select of chooser.querySelectorAll("select"))
    select.addEventListener("change", show);
}
