// The text of one item in the page. Features are built on this object.
//
//   body.editor        TipTap's editor
//   body.blocks()      the text as the server knows it: [{id, type, content}]
//   body.setBlocks(b)  put another text there; blocks that are the same are not touched
//   body.on(name, fn)  "change" ({by: "person"|"program"}), "selection", "focus", "blur";
//                      answers a function that ends it
//   body.announce(s)   say a sentence to those who listen
//   body.item          {kind, id, revision, urls, mayRaw}
//   body.media         what is known of the images: Map of id → {url, alt, width, height}
import { Editor } from "@tiptap/core";
import { NodeSelection, TextSelection } from "@tiptap/pm/state";
import { blockOf, isEmptyParagraph, nodeOf } from "./reading.js";

export class Body {
  hasText = true;
  #listeners = { change: new Set(), selection: new Set(), focus: new Set(), blur: new Set() };
  #originals = new Map();

  constructor(root) {
    this.element = root;
    this.area = root.querySelector("textarea");
    this.form = this.area?.form ?? root.closest("form");
    this.media = new Map(Object.entries(this.#data("media") ?? {}));
    this.surface = root.querySelector(".body-surface");
    this.live = root.querySelector(".body-live");
    const urls = {};
    for (const [name, value] of Object.entries(root.dataset))
      if (name.startsWith("url")) urls[name.slice(3).toLowerCase()] = value;
    this.item = {
      kind: root.dataset.kind,
      id: root.dataset.item,
      revision: Number(root.dataset.revision) || 0,
      mayRaw: "mayRaw" in root.dataset,
      urls,
    };
  }

  #data(name) {
    const found = document.getElementById(`${this.area.id}-${name}`);
    return found ? JSON.parse(found.textContent) : null;
  }

  start({ extensions, attributes, editable }) {
    const blocks = this.#data("blocks") ?? [];
    this.editor = new Editor({
      element: this.surface,
      extensions,
      injectCSS: false,
      editable,
      editorProps: { attributes },
      onFocus: () => this.#tell("focus"),
      onBlur: () => this.#tell("blur"),
      onSelectionUpdate: () => this.#tell("selection"),
      onUpdate: ({ transaction }) => {
        const by = transaction.getMeta("program") ? "program" : "person";
        this.#tell("change", { by });
        if (by === "person") this.element.dispatchEvent(new Event("input", { bubbles: true }));
      },
    });
    mendCapture(this.editor);
    if (blocks.length) this.setBlocks(blocks, { undoable: false });
    this.#noteOriginals();
    return this;
  }

  // --- The text ---------------------------------------------------------------------

  blocks() {
    const nodes = [];
    this.editor.state.doc.forEach((node) => nodes.push(node));
    // The empty line one writes in next is no block yet.
    while (nodes.length && isEmptyParagraph(nodes.at(-1)) && !this.#originals.has(nodes.at(-1).attrs.id))
      nodes.pop();
    return nodes.map((node) => {
      const known = this.#originals.get(node.attrs.id);
      if (known?.node.eq(node)) return known.block;
      return blockOf(node);
    });
  }

  setBlocks(blocks, { undoable = false } = {}) {
    const { state, view } = this.editor;
    const { schema } = state;
    const fresh = blocks.map((block) => {
      const known = this.#originals.get(block?.id);
      const same = known && JSON.stringify(known.block) === JSON.stringify(block);
      const node = same ? known.node : nodeOf(schema, block);
      this.#originals.set(node.attrs.id, { node, block });
      return node;
    });
    if (!fresh.length) fresh.push(schema.nodes.paragraph.create());
    const { tr } = state;
    replaceTops(tr, fresh);
    if (!tr.docChanged) return;
    tr.setMeta("program", true).setMeta("addToHistory", undoable);
    view.dispatch(tr);
  }

  // Plugins may have changed what was read (a table's missing cells): what stands there
  // before anybody typed is what came, too.
  #noteOriginals() {
    this.editor.state.doc.forEach((node) => {
      const known = this.#originals.get(node.attrs.id);
      if (known) known.node = node;
    });
  }

  get isEmpty() {
    return this.blocks().length === 0;
  }

  // --- Blocks -----------------------------------------------------------------------

  // The block around a position: {node, pos, index}.
  blockAt(pos = this.editor.state.selection.from) {
    const { doc } = this.editor.state;
    const index = Math.min(doc.resolve(Math.min(pos, doc.content.size)).index(0), doc.childCount - 1);
    let start = 0;
    for (let before = 0; before < index; before++) start += doc.child(before).nodeSize;
    return { node: doc.child(index), pos: start, index };
  }

  blockById(id) {
    let found = null;
    this.editor.state.doc.forEach((node, pos, index) => {
      if (!found && node.attrs.id === id) found = { node, pos, index };
    });
    return found;
  }

  focusBlock(id) {
    const found = this.blockById(id);
    if (!found) return false;
    const { state, view } = this.editor;
    const { tr } = state;
    tr.setSelection(
      found.node.isAtom
        ? NodeSelection.create(tr.doc, found.pos)
        : TextSelection.near(tr.doc.resolve(found.pos + 1)),
    );
    view.dispatch(tr);
    view.focus();
    const element = view.nodeDOM(found.pos);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
    return true;
  }

  // --- The page ---------------------------------------------------------------------

  setEditable(editable) {
    // Without the second argument TipTap calls this a change of the text.
    this.editor.setEditable(editable, false);
    this.element.classList.toggle("is-read-only", !editable);
  }

  announce(sentence) {
    // The same sentence twice is said twice only if it changes.
    this.live.textContent = this.live.textContent === sentence ? `${sentence}\u00a0` : sentence;
  }

  focus() {
    // At once, and with the selection: a dialog that closes gives back the focus alone.
    this.editor.view.focus();
  }

  on(name, listener) {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  #tell(name, about) {
    for (const listener of this.#listeners[name]) listener(about);
  }
}

// Replace only what differs at the top, so that a cursor elsewhere stays where it is.
function replaceTops(tr, fresh) {
  const { doc } = tr;
  const sameIds =
    doc.childCount === fresh.length &&
    fresh.every((node, index) => node.attrs.id && node.attrs.id === doc.child(index).attrs.id);
  if (sameIds) {
    let pos = doc.content.size;
    for (let index = fresh.length - 1; index >= 0; index--) {
      const old = doc.child(index);
      pos -= old.nodeSize;
      if (!old.eq(fresh[index])) tr.replaceWith(pos, pos + old.nodeSize, fresh[index]);
    }
    return;
  }
  let head = 0;
  let from = 0;
  while (head < doc.childCount && head < fresh.length && doc.child(head).eq(fresh[head]))
    from += doc.child(head++).nodeSize;
  let tail = 0;
  let to = doc.content.size;
  while (
    tail < doc.childCount - head && tail < fresh.length - head &&
    doc.child(doc.childCount - 1 - tail).eq(fresh[fresh.length - 1 - tail])
  )
    to -= doc.child(doc.childCount - 1 - tail++).nodeSize;
  const middle = fresh.slice(head, fresh.length - tail);
  if (from !== to || middle.length) tr.replaceWith(from, to, middle);
}

// In 3.31.3 captureTransaction has no try/finally: one key handler that throws, and the
// editor would swallow every later edit.
function mendCapture(editor) {
  const capture = editor.captureTransaction.bind(editor);
  editor.captureTransaction = (work) => {
    try {
      return capture(work);
    } catch (problem) {
      editor.isCapturingTransaction = false;
      editor.capturedTransaction = null;
      throw problem;
    }
  };
}
