// The board: a card dropped on a column asks for the step that leads there. A step that
// is refused lets the card spring back, and says why. By keyboard: the card's menu.
import { dragging, post, tell } from "./moving.js";

const board = document.querySelector(".board");
const line = document.getElementById("board-said");
const dialog = document.querySelector(".board-ask");

const columnOf = (status) => board.querySelector(`.column[data-status="${status}"]`);
const count = (column, by) => {
  if (!column) return;
  const number = column.querySelector("[data-count]");
  number.textContent = String(Number(number.textContent) + by);
  column.querySelector(".column-none").hidden = Boolean(column.querySelector(".card"));
};

/** The card as the desk drew it anew, in its column; returns the new one. */
function redraw(card, answer, focus) {
  const from = card.closest(".column");
  const holder = document.createElement("template");
  holder.innerHTML = answer.card ?? "";
  const fresh = holder.content.querySelector(".card");
  const to = answer.status_now ? columnOf(answer.status_now) : null;
  if (!fresh || !to) {
    card.remove();
    count(from, -1);
    return;
  }
  for (const time of fresh.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.dateTime).toLocaleString("en-GB", {
      day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
    });
  }
  card.remove();
  to.querySelector(".cards").prepend(fresh);
  if (from !== to) {
    count(from, -1);
    count(to, 1);
  }
  fresh.classList.add("is-new");
  if (focus) fresh.querySelector("a").focus();
}

async function move(card, fields, focus = true) {
  card.classList.add("is-waiting");
  const answer = await post(board.dataset.move, {
    item: card.dataset.item,
    seen_revision: card.dataset.revision,
    ...fields,
  });
  card.classList.remove("is-waiting");
  settle(card, answer, focus);
}

function settle(card, answer, focus) {
  if (answer.ask) {
    question(card, answer);
    return;
  }
  const done = answer.status === 200;
  tell(line, answer.said, !done, answer.ways);
  if (done) {
    redraw(card, { card: answer.card, status_now: answer.state }, focus);
  } else {
    card.classList.add("is-back");
    card.addEventListener("animationend", () => card.classList.remove("is-back"), {
      once: true,
    });
    if (focus) card.querySelector("a").focus();
  }
}

function question(card, answer) {
  dialog.querySelector("h2").textContent = answer.title;
  const place = dialog.querySelector("[data-question]");
  place.innerHTML = answer.ask;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const input of place.querySelectorAll('[data-fill="time-zone"]')) input.value = zone;
  place.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  const form = place.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const next = await post(board.dataset.move, new FormData(form));
    button.disabled = false;
    if (!next.ask) dialog.close();
    settle(card, next, true);
  });
  if (!dialog.open) dialog.showModal();
  (place.querySelector(":is(input, select, textarea):not([type=hidden])") ??
    place.querySelector("[type=submit]")).focus();
}

dragging({
  root: board,
  thing: ".card",
  place: ".column",
  dropped(card, column) {
    if (card.closest(".column") === column) return;
    move(card, { to: column.dataset.status }, false);
  },
});

board.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-verb]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const card = link.closest(".card");
  link.closest("details").open = false;
  move(card, { verb: link.dataset.verb });
});
board.addEventListener("submit", (event) => {
  const card = event.target.closest(".card");
  if (!card) return;
  event.preventDefault();
  event.target.closest("details").open = false;
  move(card, { verb: event.target.elements.verb.value });
});
