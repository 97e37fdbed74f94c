// The bell counts on a page that stays open, and fields that are there to be copied
// are selected by a click.

const EVERY = 60_000;
const bell = document.querySelector("[data-bell]");

const count = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(bell.dataset.bell, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { unread } = await answer.json();
    const shown = unread > 99 ? "99+" : unread ? String(unread) : "";
    bell.querySelector(".bell-count").textContent = shown;
    bell.querySelector("[data-bell-words]").textContent =
      unread === 1 ? "1 notice not read" : unread ? `${shown} notices not read` : "Notices";
  } catch {
    // Away, or offline: it is asked again.
  }
};
if (bell) setInterval(count, EVERY);

for (const field of document.querySelectorAll("[data-select-all]"))
  field.addEventListener("focus", () => field.select());
