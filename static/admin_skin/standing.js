// After a save the bar and the panel say anew what is live and what is not.

const PAUSE = 1500; // one look for several saves in a row
let waiting;

const look = async (address) => {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) return; // the next save asks again
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const bar = fresh.querySelector("[data-standing]");
    const line = document.querySelector(".item-bar .state-line");
    const panel = document.querySelector("#panel-versions");
    const versions = fresh.querySelector("[data-versions]");
    if (!bar || !versions) return;
    if (line) {
      const state = line.querySelector(".state");
      if (state) {
        state.className = `state state-${bar.dataset.state}`;
        state.textContent = bar.dataset.stateLabel;
      }
      line.querySelector(".whats-live")?.replaceWith(...bar.childNodes);
    }
    // Not under somebody's hands.
    if (panel && !panel.contains(document.activeElement))
      panel.replaceChildren(...versions.childNodes);
    document.dispatchEvent(new CustomEvent("times:new"));
  } catch {
    // Away for a moment: what was said stays until the next save.
  }
};

document.addEventListener("body:saved", () => {
  const address = document.querySelector("[data-standing-url]")?.dataset.standingUrl;
  if (!address) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => look(address), PAUSE);
});
