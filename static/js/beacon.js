// Counts one view of the item on this page, and how far it was read, for readers who
// do not mind. Nothing is stored in the browser.

const minds = navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true;
const item = document.querySelector("[data-view]");
const view = uuid();

// crypto.randomUUID is missing on plain http; the digits are the same.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function send(facts) {
  const said = { kind: item.dataset.view, id: item.dataset.id, view, ...facts };
  const body = new Blob([JSON.stringify(said)], { type: "application/json" });
  navigator.sendBeacon("/engagement/views/", body);
}

function count() {
  const asked = new URLSearchParams(location.search);
  const facts = { referrer: document.referrer };
  for (const name of ["utm_source", "utm_medium", "utm_campaign"]) {
    if (asked.has(name)) facts[name] = asked.get(name);
  }
  send(facts);
  watchReading();
}

// Seconds in view, and the farthest point of the text that was on the screen.
function watchReading() {
  let seconds = 0;
  let scroll = 0;
  let isSaid = false;

  function look() {
    if (document.visibilityState !== "visible") return;
    seconds += 1;
    const { top, height } = item.getBoundingClientRect();
    const seen = height ? ((innerHeight - top) / height) * 100 : 100;
    scroll = Math.max(scroll, Math.min(100, Math.round(seen)));
  }

  look();
  setInterval(look, 1000);
  addEventListener("pagehide", () => {
    if (isSaid) return;
    isSaid = true;
    send({ event: "read", seconds, scroll });
  });
}

// A page opened in the background, or prerendered, is not read yet.
function countWhenSeen() {
  if (document.prerendering || document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", countWhenSeen);
  document.removeEventListener("prerenderingchange", countWhenSeen);
  count();
}

if (item && !minds) {
  document.addEventListener("visibilitychange", countWhenSeen);
  document.addEventListener("prerenderingchange", countWhenSeen);
  countWhenSeen();
}
