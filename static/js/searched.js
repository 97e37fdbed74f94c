// Tells what was searched here and which result was opened, for readers who do not
// mind. No cookie, nothing stored; the search itself never waits for it.

const minds = navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true;
const results = document.querySelector("[data-search]");
const id = uuid();

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
  const body = new Blob([JSON.stringify({ id, ...facts })], { type: "application/json" });
  navigator.sendBeacon("/engagement/searches/", body);
}

function tell() {
  const said = results.dataset;
  const filters = {};
  for (const name of ["kind", "category", "tag", "author", "year"]) {
    if (said[name]) filters[name] = said[name];
  }
  const [visit] = performance.getEntriesByType("navigation");
  send({
    query: said.search,
    outcome: said.outcome,
    corrected: said.corrected ?? "",
    results: Number(said.results),
    page: Number(said.page),
    sort: said.sort === "newest" ? "newest" : "",
    filters,
    milliseconds: visit ? Math.round(visit.responseEnd - visit.requestStart) : null,
  });
  results.addEventListener("click", tellOpened);
  results.addEventListener("auxclick", tellOpened);
}

function tellOpened(event) {
  const hit = event.target.closest("a") && event.target.closest("[data-position]");
  if (!hit || event.button > 1) return;
  const { kind, id: item, position } = hit.dataset;
  send({ event: "click", kind, item, position: Number(position) });
}

// A page opened in the background, or prerendered, is not looked at yet.
function tellWhenSeen() {
  if (document.prerendering || document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", tellWhenSeen);
  document.removeEventListener("prerenderingchange", tellWhenSeen);
  tell();
}

if (results && !minds) {
  document.addEventListener("visibilitychange", tellWhenSeen);
  document.addEventListener("prerenderingchange", tellWhenSeen);
  tellWhenSeen();
}
