// Counts one view of the item on this page, for readers who do not mind.

const mind = navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true;
const item = document.querySelector("[data-view]");

// crypto.randomUUID is missing on plain http; the digits are the same.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function count() {
  const view = { kind: item.dataset.view, id: item.dataset.id, view: uuid() };
  const body = new Blob([JSON.stringify(view)], { type: "application/json" });
  navigator.sendBeacon("/engagement/views/", body);
}

// A page opened in the background, or prerendered, is not read yet.
if (item && !mind) {
  if (document.visibilityState === "visible" && !document.prerendering) {
    count();
  } else {
    document.addEventListener("visibilitychange", count, { once: true });
  }
}
