// Saving as one types. What is unsaved is known by comparing the page with what the
// desk last said; it is kept in this browser until the desk has it. One request is on
// its way at a time, and one whose answer was lost is sent again as it was.
import { newId } from "../ids.js";
import * as kept from "../saving/kept.js";
import { button, clock, counted, part } from "../saving/parts.js";
import { put, rename } from "../saving/putting.js";
import { ask, remind, signInAgain, token, useToken } from "../saving/sign_in.js";
import { byId, lines, mergeOrder, same, wordsOf } from "../saving/texts.js";
import { showClashes } from "../saving/clashes.js";
export { extensions } from "../saving/clashes.js";

const PAUSE = 1_000;
const LONGEST = 2_500;
const FIRST_RETRY = 2_000;
const LAST_RETRY = 30_000;

export function install(body) {
  const data = document.getElementById("saving-told");
  if (data) body.saving = new Saving(body, JSON.parse(data.textContent)).start();
}

class Saving {
  #timer = null;
  #since = 0;
  #retry = FIRST_RETRY;
  #flight = null;
  #frozen = null;
  #refused = null;
  #passing = null;
  #isReceiving = false;
  #keeping = null;
  #listeners = new Set();
  #begun = new Set();
  #line = { kind: "saved", sentence: "Saved" };

  constructor(body, told) {
    this.body = body;
    this.told = told;
    this.visit = newId();
    this.tab = tabOf();
    this.mayEnd = false;
    this.settled = [];
    this.clashes = [];
    this.unkept = {};
    this.lastTyped = 0;
    this.otherFields = false;
    this.bar = document.querySelector("[data-saved-state]");
    this.act = document.querySelector("[data-saved-act]");
    this.notes = document.querySelector("[data-saving-notes]");
    this.inputs = new Map();
    for (const name of Object.keys(told.fields)) {
      const input = body.form?.elements.namedItem(name);
      if (input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)
        this.inputs.set(name, input);
    }
    if (told.begin) this.#line = { kind: "saved", sentence: "Nothing to save yet" };
    const blocks = told.blocks ?? body.blocks();
    this.base = {
      blocks: byId(blocks),
      order: blocks.map(({ id }) => id),
      fields: { ...told.fields },
      revision: told.revision,
    };
  }

  start() {
    const { body } = this;
    kept.begin(this.visit);
    if (!this.told.blocks) this.#forgetWhatTheBrowserRemembers();
    for (const input of [...this.inputs.values(), body.element]) input.dataset.savedAsTyped = "";
    body.on("change", ({ by }) => {
      if (by === "person") this.touch();
      else if (!this.#isReceiving) this.#later(PAUSE);
    });
    for (const input of this.inputs.values()) input.addEventListener("input", () => this.touch());
    body.form?.addEventListener("input", ({ target }) => {
      if (!target.closest("[data-saved-as-typed]")) this.otherFields = true;
    });
    window.addEventListener("online", () => this.flush());
    window.addEventListener("beforeunload", (event) => {
      if (this.isUnsaved && !this.#passing) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.flush();
    });
    document.addEventListener("submit", (event) => this.#beforeSubmit(event), true);
    document.addEventListener("keydown", (event) => this.#onKey(event), true);
    this.#show();
    this.#offerWhatWasKept();
    if (this.isUnsaved) this.touch();
    return this;
  }

  // A browser that goes back, or reloads, puts old words into the fields: they are not
  // what somebody typed now, and must not be saved over what is newer.
  #forgetWhatTheBrowserRemembers() {
    const undo = () => {
      if (this.lastTyped) return;
      for (const [name, input] of this.inputs)
        if (!this.#alike(name, input.value, this.base.fields[name]))
          input.value = this.base.fields[name];
    };
    undo();
    window.addEventListener("pageshow", undo);
  }

  // --- What is there, and what is new ------------------------------------------------

  #alike(name, one, other) {
    const isLine = this.inputs.get(name)?.matches("input, .title-text");
    const plain = (text) => isLine ? (text ?? "").split(/\s+/).join(" ").trim() : lines(text);
    return plain(one) === plain(other);
  }

  #now() {
    const fields = {};
    for (const [name, input] of this.inputs) fields[name] = lines(input.value);
    return { blocks: this.body.blocks(), fields };
  }

  #changes() {
    const { base } = this;
    const now = this.#now();
    const ids = new Set(now.blocks.map(({ id }) => id));
    const order = [...ids];
    const payload = { revision: base.revision, order, changed: [], removed: [], fields: {} };
    for (const block of now.blocks) {
      const was = base.blocks.get(block.id);
      if (!same(was, block)) payload.changed.push({ was: was ?? null, now: block });
    }
    for (const [id, was] of base.blocks)
      if (!ids.has(id)) payload.removed.push({ was });
    const isMoved = order.length !== base.order.length || order.some((id, index) => id !== base.order[index]);
    if (isMoved) payload.was_order = base.order;
    for (const [name, value] of Object.entries(now.fields))
      if (!this.#alike(name, value, base.fields[name]) && this.unkept[name] !== value)
        payload.fields[name] = { was: base.fields[name], now: value };
    const settled = this.settled.filter((id) => this.clashes.some((one) => one.id === id));
    if (settled.length) payload.settled = settled;
    payload.count = payload.changed.length + payload.removed.length +
      Object.keys(payload.fields).length || (isMoved ? 1 : 0);
    return payload.count || settled.length ? { payload, now } : null;
  }

  get isUnsaved() {
    return Boolean(this.#frozen || this.#changes() || Object.keys(this.unkept).length);
  }

  // --- When ---------------------------------------------------------------------------

  touch() {
    if (this.#isReceiving) return;
    this.lastTyped = Date.now();
    this.#since ||= this.lastTyped;
    for (const [name, input] of this.inputs)
      if (name in this.unkept && this.unkept[name] !== lines(input.value)) delete this.unkept[name];
    this.#later(Math.max(0, Math.min(PAUSE, this.#since + LONGEST - this.lastTyped)));
    this.#keepSoon();
    if (this.#line.kind === "saved") this.#say("saving", "Saving…");
  }

  #later(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), pause);
  }

  // Saves until nothing is left to be saved; false when it could not be.
  async flush() {
    clearTimeout(this.#timer);
    if (this.#flight) {
      await this.#flight;
      return this.flush();
    }
    if (this.told.begin && this.#changes()) {
      this.#say("saving", "Saving…");
      this.#flight = this.#begin().finally(() => { this.#flight = null; });
      return (await this.#flight) ? this.flush() : false;
    }
    const sent = this.#frozen ?? this.#changes();
    this.#since = 0;
    if (!sent) {
      if (this.#line.kind === "saving") this.#saved();
      return true;
    }
    const key = JSON.stringify([sent.payload.changed, sent.payload.fields, this.mayEnd]);
    if (this.#refused === key) return false;
    if (this.#line.kind !== "offline") this.#say("saving", "Saving…");
    this.#flight = this.#send(sent, key).finally(() => { this.#flight = null; });
    return (await this.#flight) ? this.flush() : false;
  }

  async #send(sent, key) {
    sent.payload.save_id ??= newId();
    sent.payload.tab = this.tab;
    sent.payload.may_end = this.mayEnd;
    this.#frozen = sent;
    const told = await this.#ask(this.told.autosave, sent.payload, key);
    if (!told) return false;
    await this.#calm();
    this.#take(told, sent);
    return true;
  }

  // The first words of a new item: from now on it is on the desk.
  async #begin() {
    this.beginning ??= newId();
    const title = this.inputs.get("title")?.value ?? "";
    const told = await this.#ask(this.told.begin, { tab: this.tab, save_id: this.beginning, title }, "begin");
    if (!told) return false;
    const { form, item } = this.body;
    delete this.told.begin;
    Object.assign(this.told, told);
    this.base.fields = { ...told.fields };
    Object.assign(item, { id: told.id, kind: told.kind });
    this.#know(told.revision);
    history.replaceState(history.state, "", told.change);
    form.action = told.change;
    form.append(part("input", { type: "hidden", name: "_begun", value: "1" }));
    this.#keepNow();
    for (const listener of this.#begun) listener();
    return true;
  }

  onBegun(listener) {
    if (this.told.begin) this.#begun.add(listener);
    else listener();
  }

  // What the desk answers, or nothing when it did not do it; then that is said.
  async #ask(address, data, key) {
    let answer;
    try {
      answer = await this.post(address, data);
    } catch {
      return this.#tryLater();
    }
    if (answer.status === 401 || answer.type === "opaqueredirect") {
      const count = this.#changes()?.payload.count ?? 0;
      this.#say("out", `Signed out, ${counted(count, "change")} kept here`, "Sign in", remind);
      signInAgain(this).then(() => this.flush());
      return null;
    }
    if (answer.status === 429 || answer.status >= 500) return this.#tryLater();
    this.#frozen = null;
    this.#retry = FIRST_RETRY;
    const told = await answer.json().catch(() => null);
    if (answer.ok && told) return told;
    this.#refused = key;
    const sentence = told?.sentence ?? "The desk refused it. Copy what you wrote and reload the page.";
    if (told?.ends) this.#askToEnd(sentence);
    else this.#say("refused", `Not saved: ${sentence}`);
    return null;
  }

  async post(address, data) {
    const post = () => fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify(data),
      redirect: "manual",
    });
    const answer = await post();
    const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (answer.status !== 403 || isOurs) return answer;
    // Somebody signed in anew in another tab: the page's token is old.
    const told = await ask(this.told.again);
    if (told?.person !== this.told.person) return new Response("{}", { status: 401 });
    useToken(told.token);
    return post();
  }

  #tryLater() {
    const payload = (this.#changes() ?? this.#frozen)?.payload ?? { count: 0 };
    this.#say("offline", `Offline, ${counted(payload.count, "change")} kept here`, "Try now", () => this.flush());
    this.#keepNow();
    this.#later(this.#retry);
    this.#retry = Math.min(LAST_RETRY, this.#retry * 2);
    return null;
  }

  #askToEnd(sentence) {
    this.#say("asks", `${sentence} ${counted(this.#changes()?.payload.count ?? 0, "change")} kept here`,
      "Save anyway", () => {
        this.mayEnd = true;
        this.#refused = null;
        this.flush();
      });
  }

  // An input method in the middle of a word must not be disturbed.
  async #calm() {
    while (this.body.editor?.view.composing) await new Promise((done) => setTimeout(done, 100));
  }

  // --- What comes back ------------------------------------------------------------------

  #take(told, { payload, now }) {
    const remap = told.remap ?? {};
    if (Object.keys(remap).length) {
      this.#quietly(() => rename(this.body, remap));
      now.blocks = now.blocks.map((block) => ({ ...block, id: remap[block.id] ?? block.id }));
    }
    const fields = { ...this.base.fields };
    for (const [name, value] of Object.entries(now.fields))
      if (name in payload.fields && !(name in told.unkept)) fields[name] = value;
    for (const name of Object.keys(told.unkept)) this.unkept[name] = payload.fields[name]?.now;
    this.mayEnd = false;
    this.#refused = null;
    this.settled = this.settled.filter((id) => !payload.settled?.includes(id));
    if (told.text) {
      this.#receive(told.text, { blocks: byId(now.blocks), order: now.blocks.map(({ id }) => id), fields }, told.clashes);
    } else {
      this.base.blocks = byId(now.blocks);
      this.base.order = now.blocks.map(({ id }) => id);
      this.base.fields = fields;
    }
    this.#know(told.revision, Boolean(told.text));
    this.#setClashes(told.clashes);
    this.#nameIt(told.slug);
    this.savedAt = told.saved_at;
    this.status = told.status;
    this.#saved(told.unkept);
    for (const listener of this.#listeners) listener(told);
    this.body.element.dispatchEvent(new CustomEvent("body:saved", { bubbles: true, detail: told }));
  }

  // The address was made of the first title.
  #nameIt(slug) {
    const input = this.body.form?.elements.namedItem("slug");
    if (input && input.value === this.told.slug) input.value = slug;
    this.told.slug = slug;
  }

  onSaved(listener) {
    this.#listeners.add(listener);
  }

  // What others wrote, told by the heartbeat. A save on its way has the newer news.
  hear(told) {
    if (this.#flight || this.#frozen || told.revision < this.base.revision) return false;
    if (told.text && told.revision > this.base.revision) {
      if (this.body.editor?.view.composing) return false;
      this.#receive(told.text, this.base, told.clashes);
      this.#know(told.revision, true);
    }
    this.#setClashes(told.clashes);
    return true;
  }

  // `text` is the desk's; `ref` what it knew of ours when it made it. What was typed
  // since stays, and is compared with `ref` until the desk has seen it.
  #receive(text, ref, clashes) {
    const mine = this.#now();
    const here = byId(mine.blocks);
    const there = byId(text.blocks);
    const base = new Map();
    const wanted = new Map();
    const renamed = new Map();
    for (const { id, block } of clashes.filter((one) => one.block)) {
      const isNew = there.has(id) && there.has(block) && here.has(block) && !here.has(id);
      // Both copies are there now: ours goes on under its own id, with the cursor in it.
      if (isNew && same(ref.blocks.get(block), there.get(id))) renamed.set(block, id);
    }
    for (const [id, theirs] of there) {
      const ours = here.get(id);
      const before = ref.blocks.get(id);
      base.set(id, theirs);
      if (renamed.has(id)) {
        wanted.set(id, theirs);
        wanted.set(renamed.get(id), { ...ours, id: renamed.get(id) });
      } else if (wanted.has(id)) {
        continue;
      } else if (!ours) {
        if (before) base.set(id, same(theirs, before) ? theirs : before);
        else wanted.set(id, theirs);
      } else if (same(ours, before) || same(ours, theirs)) {
        wanted.set(id, same(ours, theirs) ? undefined : theirs);
      } else {
        wanted.set(id, undefined);
        if (!same(theirs, before)) before ? base.set(id, before) : base.delete(id);
      }
    }
    for (const [id, ours] of here) {
      if (there.has(id)) continue;
      const before = ref.blocks.get(id);
      if (before && same(ours, before)) continue;
      wanted.set(id, undefined);
      if (before) base.set(id, before);
    }
    const serverOrder = text.blocks.map(({ id }) => id);
    const order = mergeOrder(serverOrder, ref.order, mine.blocks.map(({ id }) => id), new Set(wanted.keys()));
    this.#quietly(() => {
      put(this.body, order.map((id) => ({ id, block: wanted.get(id) })), renamed);
      this.#receiveFields(text.fields, ref.fields, mine.fields);
    });
    this.base.blocks = base;
    this.base.order = serverOrder;
  }

  #receiveFields(theirs, before, ours) {
    const fields = { ...this.base.fields };
    for (const [name, value] of Object.entries(theirs)) {
      const input = this.inputs.get(name);
      if (!input || this.#alike(name, ours[name], before[name])) {
        fields[name] = value;
        if (input && !this.#alike(name, input.value, value)) {
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
      } else if (this.#alike(name, value, before[name]) || this.#alike(name, ours[name], value)) {
        fields[name] = value;
      } else {
        fields[name] = before[name];
      }
    }
    this.base.fields = fields;
  }

  #quietly(work) {
    this.#isReceiving = true;
    try {
      work();
    } finally {
      this.#isReceiving = false;
    }
  }

  #know(revision, byOthers = false) {
    this.base.revision = revision;
    this.body.item.revision = revision;
    // The sections and lessons of a course stand in its form as they were: after somebody
    // else changed them, saving the form must be refused, and the two compared.
    this.isBehind ||= byOthers && !this.body.hasText;
    const seen = this.isBehind ? [] : document.querySelectorAll("input[name$=seen_revision]");
    for (const input of seen) input.value = revision;
    for (const [name, value] of Object.entries(this.base.fields)) {
      const opened = this.body.form?.elements.namedItem(`initial-${name}`);
      if (opened) opened.value = value;
    }
  }

  #setClashes(clashes) {
    const open = clashes.filter(({ id }) => !this.settled.includes(id));
    if (JSON.stringify(open) === JSON.stringify(this.clashes)) return;
    const isNew = open.some(({ id }) => !this.clashes.some((one) => one.id === id));
    this.clashes = open;
    showClashes(this);
    if (isNew) this.body.announce("Somebody else changed the same words. Both copies are in the text.");
  }

  // Somebody decided: the desk hears it with the next save.
  settle(id) {
    this.settled.push(id);
    this.touch();
  }

  // --- What is kept here ---------------------------------------------------------------

  #keepSoon() {
    this.#keeping ??= setTimeout(() => {
      this.#keeping = null;
      this.#keepNow();
    }, 300);
  }

  async #keepNow() {
    const found = this.#changes() ?? this.#frozen;
    if (!found) return kept.forget(this.visit);
    const { person, kind, id } = this.told;
    const words = [
      ...Object.values(found.payload.fields).map(({ now }) => now),
      ...found.payload.changed.map(({ now }) => wordsOf(now)),
    ].filter(Boolean);
    const record = { visit: this.visit, person, kind, id, at: Date.now(), payload: found.payload, words };
    await kept.keep(record).catch(() => {
      this.body.announce("This browser keeps nothing. Do not close the page before it says “Saved”.");
    });
  }

  #offerWhatWasKept() {
    kept.leftBehind({ ...this.told, visit: this.visit }, (one) => this.#offer(one)).catch(() => {});
  }

  // Settled when the person has decided.
  #offer(one) {
    return new Promise((decided) => {
      const when = new Date(one.at).toLocaleString("en-GB", {
        day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
      });
      const away = async () => {
        await kept.forget(one.visit);
        note.remove();
        decided();
      };
      const back = async () => {
        if (await this.#bringBack(one)) away();
      };
      const drop = () => {
        if (window.confirm("Throw away what was kept?")) away();
      };
      const note = part("section", { className: "kept-note", "aria-label": "Kept in this browser" },
        part("p", { text: `${counted(one.payload.count, "change")} of ${when} never reached the desk. This browser kept what you wrote.` }),
        part("details", {}, part("summary", { text: "Look at it" }),
          ...one.words.map((text) => part("p", { className: "kept-words", text, dir: "auto" }))),
        part("p", { className: "kept-buttons" },
          button("Bring it back", back, { className: "button small default" }),
          button("Throw it away", drop)),
      );
      this.notes?.append(note);
    });
  }

  // What was kept is merged like any other save, beside what others wrote since.
  async #bringBack(one) {
    if (!(await this.flush())) return false;
    if (this.told.begin && !(await this.#begin())) return false;
    const { order, was_order: was, ...rest } = one.payload;
    const sent = {
      payload: { ...rest, order, was_order: was ?? order, revision: -1, settled: undefined },
      now: { blocks: [...this.base.blocks.values()], fields: {} },
    };
    sent.now.blocks = this.base.order.map((id) => this.base.blocks.get(id));
    this.#flight = this.#send(sent, "").finally(() => { this.#flight = null; });
    return this.#flight;
  }

  // --- Leaving -------------------------------------------------------------------------

  async #beforeSubmit(event) {
    const form = event.target;
    const isOurs = form === this.body.form || form.querySelector("input[name$=seen_revision]");
    if (!isOurs || form.method !== "post") return;
    if (this.#passing === form || !(this.#flight || this.isUnsaved)) {
      this.isLeaving = form === this.body.form;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const isSaved = await this.flush();
    const mayGo = isSaved || (form === this.body.form && ["refused", "asks"].includes(this.#line.kind));
    if (!mayGo) {
      this.body.announce(`This waits until your text is saved. ${this.#line.sentence}`);
      return;
    }
    this.#passing = form;
    this.isLeaving = true;
    form.requestSubmit(event.submitter);
  }

  #onKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    if (this.otherFields) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.flush().then((isSaved) => isSaved && this.body.announce("Saved."));
  }

  // --- What is said ----------------------------------------------------------------------

  #saved(unkept = {}) {
    const [problem] = Object.entries(unkept);
    if (problem) {
      const label = this.inputs.get(problem[0])?.labels?.[0]?.textContent.trim() ?? problem[0];
      this.#say("refused", `Saved but for “${label}”: ${problem[1]}`);
      return;
    }
    if (this.#changes()) return;
    this.#keepNow();
    this.#say("saved", this.savedAt ? `Saved ${clock(this.savedAt)}` : "Saved");
  }

  #say(kind, sentence, label, act) {
    const isNew = kind !== this.#line.kind;
    this.#line = { kind, sentence, label, act };
    this.#show();
    if (isNew && !["saving", "saved"].includes(kind)) this.body.announce(sentence);
  }

  #show() {
    const { kind, sentence, label, act } = this.#line;
    if (this.bar) {
      this.bar.textContent = sentence;
      this.bar.className = `saved-state is-${kind}`;
    }
    if (!this.act) return;
    this.act.hidden = !act;
    this.act.textContent = label ?? "";
    this.act.onclick = act ?? null;
  }
}

// The same for as long as the tab is open, whatever is loaded in it.
function tabOf() {
  try {
    const known = sessionStorage.getItem("masthead-tab") ?? newId();
    sessionStorage.setItem("masthead-tab", known);
    return known;
  } catch {
    return newId();
  }
}
