// The calendar: an entry dropped on a day goes there, at its own hour. What is refused
// stays where it was, and says why. By keyboard: the entry's own "Move".
import { dragging, post, tell } from "./moving.js";

const page = document.querySelector("[data-calendar]");

async function move(fields, key) {
  const answer = await post(page.querySelector("[data-move]").dataset.move, fields);
  const done = answer.status === 200;
  if (done) await anew();
  tell(document.getElementById("calendar-said"), answer.said, !done);
  const what = key.slice(key.indexOf(":"));
  const entry = [...page.querySelectorAll("[data-entry]")].find((one) =>
    one.dataset.entry.endsWith(what),
  );
  if (!entry) return;
  entry.closest("details:not([open])")?.setAttribute("open", "");
  entry.classList.add(done ? "is-new" : "is-back");
  if (done) entry.querySelector("a").focus();
}

/** The page as the desk has it now: order and counts are its business. */
async function anew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = fresh.querySelector("[data-calendar]");
  if (part) page.replaceChildren(...part.childNodes);
}

dragging({
  root: page,
  thing: ".entry",
  place: ".day",
  dropped(entry, day) {
    if (entry.closest(".day") === day) return;
    move({ entry: entry.dataset.entry, day: day.dataset.day }, entry.dataset.entry);
  },
});

page.addEventListener("submit", (event) => {
  const form = event.target.closest(".entry-moves form");
  if (!form) return;
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  form.closest("details").open = false;
  move(fields, fields.entry);
});
