// What could not be sent yet is kept in this browser, so that closing the tab, a crash
// or a dead network loses nothing. One record for each open page with something unsaved.
const BASE = "masthead-kept";
const STORE = "kept";
const PREFIX = `${BASE}:`;

function database() {
  return new Promise((done, fail) => {
    const asking = indexedDB.open(BASE, 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore(STORE, { keyPath: "visit" });
    asking.onsuccess = () => done(asking.result);
    asking.onerror = () => fail(asking.error);
  });
}

let opened;
async function inStore(mode, work) {
  opened ??= database();
  const base = await opened;
  return new Promise((done, fail) => {
    const tx = base.transaction(STORE, mode);
    const asking = work(tx.objectStore(STORE));
    tx.oncomplete = () => done(asking?.result);
    tx.onerror = tx.onabort = () => fail(tx.error);
  });
}

// Where IndexedDB is shut (some private windows), localStorage has to do.
export async function keep(record) {
  try {
    await inStore("readwrite", (store) => store.put(record));
  } catch {
    localStorage.setItem(PREFIX + record.visit, JSON.stringify(record));
  }
}

export async function forget(visit) {
  localStorage.removeItem(PREFIX + visit);
  await inStore("readwrite", (store) => store.delete(visit)).catch(() => {});
}

async function all() {
  const found = await inStore("readonly", (store) => store.getAll()).catch(() => []);
  for (const key of Object.keys(localStorage))
    if (key.startsWith(PREFIX)) found.push(JSON.parse(localStorage.getItem(key)));
  return found;
}

// A page holds the lock of its visit for as long as it lives.
export function begin(visit) {
  navigator.locks?.request(PREFIX + visit, () => new Promise(() => {}));
}

// Calls `offer(record)` for whatever pages that are gone have left for this person and
// this text; for a page that is about to go, when it is gone. Only one page offers it at
// a time: it holds the lock until what `offer` answers is settled.
export async function leftBehind({ person, kind, id, visit }, offer) {
  const found = await all();
  const left = found
    .filter((one) => one.person === person && one.kind === kind && one.id === id && one.visit !== visit)
    .sort((one, other) => one.at - other.at);
  for (const { visit: name, at } of left) {
    const again = async () => {
      const record = (await all()).find((one) => one.visit === name);
      if (record) await offer(record);
    };
    if (navigator.locks) navigator.locks.request(PREFIX + name, again);
    else if (Date.now() - at > 15_000) again();
  }
}
