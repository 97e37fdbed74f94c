// Remarks beside the text. The list and the text know each other: a remark leads to its
// words, and the words to their remark. Whoever may not write may still remark.
import { Extension } from "@tiptap/core";
import { TextSelection } from "@tiptap/pm/state";
import { newId } from "../ids.js";
import { anchorsPlugin, blockWith, key, wireOf } from "../remarks/anchors.js";
import { doorsOf } from "../remarks/doors.js";
import { composer, element, threadCard } from "../remarks/panel.js";

const EVERY = 20_000;

export function extensions(body) {
  if (!body.item.urls.remarks) return [];
  return [Extension.create({
    name: "remarks",
    addProseMirrorPlugins: () => [anchorsPlugin({ clicked: (id) => body.remarks?.show(id) })],
    addKeyboardShortcuts: () => ({ "Mod-Alt-m": () => Boolean(body.remarks?.begin()) }),
  })];
}

export function install(body) {
  const panel = document.querySelector("[data-remarks]");
  if (!body.item.urls.remarks || !panel) return;
  body.remarks = new Remarks(body, panel);
  body.remarks.start();
}

class Remarks {
  constructor(body, panel) {
    Object.assign(this, { body, panel, threads: [], active: null, shows: "open", mayRemark: false });
    this.doors = doorsOf(body.item.urls.remarks);
    this.names = body.item.urls.named;
  }

  start() {
    const { panel, body } = this;
    this.head = element("div", { class: "remarks-head" });
    this.place = element("div", { class: "remarks-new" });
    this.problem = element("p", { class: "remark-problem", role: "alert" });
    this.list = element("div", { class: "remarks-list" });
    panel.replaceChildren(this.head, this.place, this.problem, this.list);
    this.floating = element("button", {
      type: "button", class: "remark-float", hidden: true, title: "Remark on this (Ctrl+Alt+M)",
      on: { mousedown: (event) => event.preventDefault(), click: () => this.begin() },
    }, "Remark");
    body.element.append(this.floating);
    body.tools?.push({
      name: "Remark on this", icon: "Remark", key: "Ctrl+Alt+M",
      fits: () => this.mayRemark, run: () => this.begin(),
    });
    body.on("selection", () => this.offer());
    body.on("change", () => this.follow());
    document.addEventListener("keydown", (event) => {
      // In a text that one may only read, the editor hears no keys.
      if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || !event.altKey) return;
      if (event.code === "KeyM" && this.begin()) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    panel.closest("[data-panel]")?.addEventListener("panel:shown", () => this.refresh());
    setInterval(() => document.hidden || this.refresh(), EVERY);
    window.addEventListener("hashchange", () => this.byHash());
    this.refresh().then(() => this.byHash());
  }

  // The workspace makes the tabs, perhaps later than this.
  get tab() {
    return document.querySelector(`#tab-${this.panel.closest("[data-panel]")?.id}`);
  }

  byHash() {
    const id = location.hash.match(/^#remark-([0-9a-f-]{36})$/)?.[1];
    const found = this.threads.find((one) => one.id === id || one.answers.some((answer) => answer.id === id));
    if (found) this.show(found.id, { jump: true });
  }

  // --- What there is ----------------------------------------------------------------

  async refresh() {
    // Nobody's half-written words are drawn over.
    if (this.panel.querySelector("textarea")) return;
    try {
      const { threads, may_remark: mayRemark } = await this.doors.read();
      if (this.panel.querySelector("textarea")) return;
      this.mayRemark = mayRemark;
      this.take(threads);
      this.problem.textContent = "";
    } catch (refusal) {
      if (!this.threads.length) this.problem.textContent = refusal.message;
    }
  }

  take(threads) {
    this.threads = threads;
    this.tell({ remarks: threads.filter((one) => one.block) });
    this.draw();
  }

  tell(said) {
    const { view, state } = this.body.editor;
    view.dispatch(state.tr.setMeta(key, said).setMeta("addToHistory", false).setMeta("program", true));
  }

  get anchors() {
    return key.getState(this.body.editor.state);
  }

  // Where a thread stands now, for the order of the list; those without a place come last.
  position(thread) {
    if (!thread.block) return -1;
    const place = this.anchors.places.get(thread.id);
    if (place) return place.from;
    const block = thread.start === null && blockWith(this.body.editor.state.doc, thread.block);
    return block ? block.pos : Infinity;
  }

  // --- The list ---------------------------------------------------------------------

  draw() {
    const { doc } = this.body.editor.state;
    const found = this.threads.map((thread) => {
      const at = this.position(thread);
      const place = this.anchors.places.get(thread.id);
      const quote = place ? doc.textBetween(place.from, place.to, "\n", "\ufffc") : thread.quote;
      return { at, thread: { ...thread, quote, orphan: at === Infinity } };
    });
    found.sort((one, other) => (one.at === other.at ? 0 : one.at - other.at));
    const open = found.filter(({ thread }) => !thread.resolved);
    const done = found.length - open.length;
    this.head.replaceChildren(
      element("button", {
        type: "button", class: "button small", hidden: !this.mayRemark,
        on: { click: () => this.begin() },
      }, "Remark"),
      element("p", { class: "quiet" }, `${open.length} open${done ? `, ${done} resolved` : ""}`),
      ...(done ? [element("button", {
        type: "button", class: "remark-act", "aria-pressed": String(this.shows === "all"),
        on: { click: () => {
          this.shows = this.shows === "all" ? "open" : "all";
          this.draw();
        } },
      }, this.shows === "all" ? "Hide what is resolved" : "Show what is resolved")] : []),
    );
    if (this.tab) this.tab.textContent = open.length ? `Remarks (${open.length})` : "Remarks";
    const shown = this.shows === "all" ? found : found.filter(({ thread }) => !thread.resolved || thread.id === this.active);
    this.list.replaceChildren(
      ...(shown.length
        ? shown.map(({ thread }) => threadCard(thread, this.tools()))
        : [element("p", { class: "quiet" }, this.mayRemark
          ? "Select words in the text and press Ctrl+Alt+M, or remark on the whole."
          : "Nobody has remarked on it.")]),
    );
  }

  tools() {
    const { doors, names, active, mayRemark } = this;
    return {
      doors, names, active, mayRemark,
      jump: (thread) => this.jump(thread),
      changed: (thread, gone) => this.changed(thread, gone),
      redraw: () => queueMicrotask(() => this.draw()),
      fail: (sentence) => { this.problem.textContent = sentence; },
    };
  }

  changed(thread, gone) {
    this.problem.textContent = "";
    if (gone)
      this.threads = this.threads
        .filter((one) => one.id !== gone)
        .map((one) => ({ ...one, answers: one.answers.filter((answer) => answer.id !== gone) }));
    if (thread) {
      const known = this.threads.findIndex((one) => one.id === thread.id);
      if (known < 0) this.threads.push(thread);
      else this.threads[known] = thread;
    }
    this.take(this.threads);
  }

  // --- Both ways --------------------------------------------------------------------

  openTab() {
    if (this.tab && this.panel.closest("[data-panel]").hidden) this.tab.click();
  }

  show(id, { jump = false } = {}) {
    const thread = this.threads.find((one) => one.id === id);
    if (!thread) return;
    this.openTab();
    this.activate(id);
    const card = this.panel.querySelector(`#remark-${CSS.escape(id)}`);
    card?.scrollIntoView({ block: "nearest" });
    if (jump) this.jump(thread);
    else card?.focus({ preventScroll: true });
  }

  activate(id) {
    this.active = id;
    this.tell({ active: id });
    if (!this.panel.querySelector("textarea")) this.draw();
  }

  jump(thread) {
    this.activate(thread.id);
    const { view, state } = this.body.editor;
    const place = this.anchors.places.get(thread.id);
    if (!place) {
      this.body.focusBlock(thread.block);
      return;
    }
    view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, place.from, place.to)).setMeta("program", true));
    if (view.editable) view.focus();
    const mark = view.dom.querySelector(`[data-remark="${CSS.escape(thread.id)}"]`);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mark?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }

  // Words were typed: quotes in the list, and its order, follow when one pauses.
  follow() {
    this.offer();
    clearTimeout(this.following);
    this.following = setTimeout(() => {
      if (!this.panel.querySelector("textarea") && this.threads.some((one) => one.block)) this.draw();
    }, 500);
  }

  // --- A new one --------------------------------------------------------------------

  offer() {
    const { view, state } = this.body.editor;
    const { from, to, empty } = state.selection;
    // Who writes has the toolbar over the words.
    const known = this.anchors.places.get(this.active);
    const isKnown = known?.from === from && known?.to === to;
    const can = this.mayRemark && !isKnown && !view.editable && !empty && state.selection instanceof TextSelection;
    this.floating.hidden = !can;
    if (!can) return;
    const here = this.body.element.getBoundingClientRect();
    const end = view.coordsAtPos(to);
    const start = view.coordsAtPos(from);
    this.floating.style.insetBlockStart = `${Math.max(start.top, end.top - 400) - here.top - 36}px`;
  }

  // On what is selected; on the whole if nothing is. False where one may not.
  begin() {
    if (!this.mayRemark) return false;
    const { doc, selection } = this.body.editor.state;
    const words = selection.empty ? null : wireOf(doc, selection.from, selection.to);
    this.openTab();
    this.floating.hidden = true;
    const id = newId();
    const done = () => {
      this.place.replaceChildren();
      this.draw();
    };
    this.place.replaceChildren(
      ...(words ? [element("p", { class: "remark-quoted", dir: "auto" }, words.quote)] : []),
      composer({
        label: words ? "Remark on these words" : "Remark on the whole",
        verb: "Say it", names: this.names, done,
        send: async (comment) => {
          const { thread } = await this.doors.say({ id, comment, ...words });
          // Not saved yet: the server has not seen these words, the editor has.
          if (words && thread.start === null) Object.assign(thread, { start: words.start });
          this.active = thread.id;
          this.changed(thread);
          this.body.announce("Your remark is there.");
        },
      }),
    );
    this.place.scrollIntoView({ block: "nearest" });
    return true;
  }
}
