// Who else is here, and who writes. The page says every few seconds that it is open; the
// answer tells who is there, whose the lease is and what others have written.
import { button, part } from "../saving/parts.js";
import { signInAgain, token } from "../saving/sign_in.js";

const BEAT = 3_500;
const BEAT_IN_COMPANY = 1_800;
const HIDDEN_BEAT = 20_000;
const TYPING = 6_000;
const IDLE = 60_000;

export function install(body) {
  body.saving?.onBegun(() => new Presence(body).start());
}

class Presence {
  #timer = null;
  #state = "";
  #isAsking = false;
  #isFresh = true;

  constructor(body) {
    this.body = body;
    this.saving = body.saving;
    this.told = body.saving.told;
    this.faces = document.querySelector("[data-faces]");
    this.notes = document.querySelector("[data-saving-notes]");
    this.note = null;
    this.lastActive = Date.now();
    this.wants = this.told.may_write ? "write" : "read";
    this.isReading = false;
    this.isAlone = true;
  }

  start() {
    const active = () => {
      const wasIdle = this.#stateNow() === "idle";
      this.lastActive = Date.now();
      if (wasIdle) this.#soon();
    };
    for (const name of ["keydown", "pointerdown", "pointermove", "scroll"])
      document.addEventListener(name, active, { passive: true, capture: true });
    this.body.element.addEventListener("input", () => this.#soon());
    document.addEventListener("visibilitychange", () => this.#soon());
    window.addEventListener("online", () => this.#soon());
    window.addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      this.#isFresh = true;
      this.#beat();
    });
    window.addEventListener("pagehide", () => this.#leave());
    this.saving.onSaved(({ status }) => { this.status = status; });
    if (!this.told.may_write) this.#read(null);
    else if (this.told.holder) this.#read({ holder: this.told.holder });
    this.#beat();
  }

  #stateNow() {
    const now = Date.now();
    if (now - this.saving.lastTyped < TYPING) return "typing";
    return document.hidden || now - this.lastActive > IDLE ? "idle" : "here";
  }

  // At once, when something changed that others want to see.
  #soon() {
    if (this.#stateNow() !== this.#state) this.#beat();
  }

  async #beat() {
    clearTimeout(this.#timer);
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#state = this.#stateNow();
    const asked = this.wants;
    try {
      const answer = await this.saving.post(this.told.here, {
        tab: this.saving.tab, state: this.#state, wants: asked, revision: this.saving.base.revision,
        fresh: this.#isFresh,
      });
      if (answer.ok) {
        this.#isFresh = false;
        this.#hear(await answer.json(), asked);
      }
      if (answer.status === 401) signInAgain(this.saving).then(() => this.#beat());
    } catch {
      // Offline: the saved state says so as soon as there is something to save.
      this.#showFaces([]);
    }
    this.#isAsking = false;
    const pause = this.isAlone ? BEAT : BEAT_IN_COMPANY;
    this.#timer = setTimeout(() => this.#beat(), document.hidden ? HIDDEN_BEAT : pause);
  }

  #hear(told, asked) {
    this.saving.hear(told);
    this.isAlone = !told.people.some(({ you }) => !you);
    this.#showFaces(told.people);
    if (asked !== this.wants) return this.#againSoon();
    const { lease } = told;
    if (!this.told.may_write) return; // the page has no form
    if (!told.may_write) {
      if (!this.isReading || this.wants !== "read") this.#lostTheRight();
    } else if (lease.yours) {
      this.wants = "write";
      if (this.isReading) this.#write("You can write now.");
    } else if (this.wants === "read") {
      this.wants = "write";
      this.#againSoon();
    } else if (this.wants !== "too" && lease.holder) {
      this.#read(lease);
    }
  }

  #againSoon() {
    setTimeout(() => this.#beat(), 0);
  }

  // --- Reading along, and writing ------------------------------------------------------

  async #lostTheRight() {
    this.wants = "read";
    await this.saving.flush();
    this.#setWritable(false);
    this.#say("You read along: in its present state you cannot change this.");
  }

  async #read(lease) {
    const { holder, same_person: isOwn, taken } = lease ?? {};
    const key = `${holder} ${isOwn} ${taken}`;
    if (this.isReading && this.key === key) return;
    this.key = key;
    if (!holder) {
      this.#setWritable(false);
      return;
    }
    this.wants = "wait";
    this.#setWritable(false);
    if (taken) await this.saving.flush();
    const sentence = isOwn
      ? "You went on in another window. Here you read along."
      : taken
        ? `${holder} has taken over. You read along now; what you wrote is kept.`
        : `${holder} is writing here. You read along.`;
    this.#say(sentence,
      ...(isOwn ? [] : [button("Write too", () => this.#choose("too"), { title: "Both can write; the same paragraph, written by both, is kept twice." })]),
      button(isOwn ? "Write here" : "Take over", () => this.#choose("take"), {
        title: isOwn ? "" : `${holder} is told, and keeps what they wrote.`,
      }));
  }

  #choose(wants) {
    this.wants = wants;
    this.key = null;
    this.#write(wants === "too" ? "You both write now." : "You write now.");
    this.#beat();
    this.body.focus();
  }

  #write(sentence) {
    this.key = null;
    this.#setWritable(true);
    this.#say("");
    this.body.announce(sentence);
  }

  #setWritable(isWritable) {
    this.isReading = !isWritable;
    this.body.setEditable(isWritable);
    for (const input of this.saving.inputs.values()) input.readOnly = !isWritable;
    for (const save of document.querySelectorAll(".save-bar button[type=submit]"))
      save.disabled = !isWritable;
  }

  #say(sentence, ...buttons) {
    this.note?.remove();
    this.note = null;
    if (!sentence) return;
    this.note = part("section", { className: "lease-note", "aria-label": "Who writes" },
      part("p", { text: sentence }), part("p", { className: "lease-buttons" }, ...buttons));
    this.notes?.append(this.note);
    this.body.announce(sentence);
  }

  // --- Faces -----------------------------------------------------------------------------

  #showFaces(people) {
    if (!this.faces) return;
    const others = people.filter(({ you }) => !you);
    const key = JSON.stringify(others);
    if (this.faces.dataset.key === key) return;
    this.faces.dataset.key = key;
    this.faces.replaceChildren(...others.map(({ id, name, state }) => part("li",
      { className: `face-here face-${parseInt(id.slice(-2), 16) % 6} is-${state}`, title: `${name} is ${state}` },
      part("span", { className: "face", text: initials(name), "aria-hidden": "true" }),
      part("span", { className: "face-name", text: name }),
      part("span", { className: "face-state", text: state === "here" ? "is here" : state }),
    )));
  }

  #leave() {
    if (this.saving.isLeaving) return;
    const words = new URLSearchParams({ csrfmiddlewaretoken: token(), tab: this.saving.tab });
    navigator.sendBeacon(this.told.here, words);
  }
}

const initials = (name) =>
  name.split(/\s+/).filter(Boolean).map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();
