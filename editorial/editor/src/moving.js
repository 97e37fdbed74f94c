// What is done to whole blocks: move, duplicate, delete, turn into another kind. Each
// is a step of its own when it is undone.
import { Extension } from "@tiptap/core";
import { closeHistory } from "@tiptap/pm/history";
import { Fragment } from "@tiptap/pm/model";
import { NodeSelection, TextSelection } from "@tiptap/pm/state";

// The blocks that the selection touches: {from, to} positions, {first, last} indexes.
export function selectedBlocks(state) {
  const { doc, selection } = state;
  const first = Math.min(selection.$from.index(0), doc.childCount - 1);
  // A selection that ends at the very start of a block does not touch it.
  const end = Math.max(selection.from, selection.to - (selection.empty ? 0 : 1));
  const last = Math.max(first, Math.min(doc.resolve(end).index(0), doc.childCount - 1));
  let from = 0;
  for (let index = 0; index < first; index++) from += doc.child(index).nodeSize;
  let to = from;
  for (let index = first; index <= last; index++) to += doc.child(index).nodeSize;
  return { from, to, first, last };
}

export const moveBlocks = (direction) => (state, dispatch) => {
  const { doc } = state;
  const { from, to, first, last } = selectedBlocks(state);
  const other = direction < 0 ? first - 1 : last + 1;
  if (other < 0 || other >= doc.childCount) return false;
  if (dispatch) {
    // The neighbour goes to the other side: what is selected is not even touched.
    const neighbour = doc.child(other);
    const tr = closeHistory(state.tr);
    if (direction < 0) {
      tr.insert(to, neighbour);
      tr.delete(from - neighbour.nodeSize, from);
    } else {
      tr.delete(to, to + neighbour.nodeSize);
      tr.insert(from, neighbour);
    }
    dispatch(tr.scrollIntoView());
  }
  return true;
};

export const duplicateBlocks = (state, dispatch) => {
  const { from, to } = selectedBlocks(state);
  if (dispatch) {
    const { content } = state.doc.slice(from, to);
    const copies = [];
    content.forEach((node) => copies.push(node.type.create({ ...node.attrs, id: null }, node.content, node.marks)));
    const tr = closeHistory(state.tr);
    tr.insert(to, copies);
    tr.setSelection(near(tr.doc, to));
    dispatch(tr.scrollIntoView());
  }
  return true;
};

export const deleteBlocks = (state, dispatch) => {
  const { from, to } = selectedBlocks(state);
  if (dispatch) {
    const tr = closeHistory(state.tr);
    if (from === 0 && to === state.doc.content.size)
      tr.replaceWith(from, to, state.schema.nodes.paragraph.create());
    else tr.delete(from, to);
    tr.setSelection(near(tr.doc, Math.min(from, tr.doc.content.size)));
    dispatch(tr.scrollIntoView());
  }
  return true;
};

function near(doc, pos) {
  const node = doc.nodeAt(pos);
  if (node?.isAtom && node.type.spec.selectable !== false) return NodeSelection.create(doc, pos);
  return TextSelection.near(doc.resolve(pos), 1);
}

// --- Turn into ---------------------------------------------------------------------------

const TEXTUAL = new Set(["paragraph", "heading", "bulletList", "orderedList", "blockquote", "callout", "codeBlock"]);

export const canTurn = (node) => TEXTUAL.has(node.type.name);

// The parts of a block as nodes that can stand by themselves.
function partsOf(node, schema) {
  const { name } = node.type;
  const found = [];
  if (name === "bulletList" || name === "orderedList") {
    node.forEach((item) => item.forEach((part) => found.push(...partsOf(part, schema))));
    return found;
  }
  if (name === "blockquote" || name === "callout") {
    node.forEach((part) => {
      if (part.type.name !== "citation") found.push(part);
      else if (part.content.size) found.push(schema.nodes.paragraph.create(null, part.content));
    });
    return found;
  }
  return [node];
}

const isWords = (node) => node.type.name === "paragraph" || node.type.name === "heading";

function linesOfCode(node, schema) {
  return node.textContent.split("\n").map((line) =>
    schema.nodes.paragraph.create(null, line ? schema.text(line) : null));
}

function turned(node, type, attrs, schema) {
  const { name } = node.type;
  const isList = (one) => one === "bulletList" || one === "orderedList";
  if (isList(name) && isList(type.name)) return [type.create(attrs, node.content)];
  if (type.name === "codeBlock") {
    const text = partsOf(node, schema).map((part) => part.textBetween(0, part.content.size, "\n", "\n")).join("\n");
    return [type.create(attrs, text ? schema.text(text) : null)];
  }
  let parts = partsOf(node, schema);
  if (name === "codeBlock") parts = linesOfCode(node, schema);
  if (type.name === "paragraph" || type.name === "heading")
    return parts.map((part) => (isWords(part) ? type.create(attrs, part.content) : part));
  if (isList(type.name)) {
    const { listItem, paragraph } = schema.nodes;
    return [type.create(attrs, parts.map((part) =>
      listItem.create(null, isWords(part) ? paragraph.create(null, part.content) : part)))];
  }
  // Into a quote or a callout: lists stay lists in it, headings become its words.
  const inside = isList(name) ? [node.type.create({ ...node.attrs, id: null }, node.content)] : parts;
  const { paragraph } = schema.nodes;
  return [type.create(attrs, inside.map((part) =>
    part.type.name === "heading" && name === "heading" ? paragraph.create(null, part.content) : part))];
}

// What a block holds that words cannot: then it cannot become code.
const isOnlyWords = (node) => {
  let found = true;
  node.descendants((child) => {
    if (child.isBlock && !child.isTextblock && !["listItem", "bulletList", "orderedList"].includes(child.type.name)) found = false;
    if (["image", "embed"].includes(child.type.name)) found = false;
  });
  return found;
};

export const turnInto = (name, attrs = null) => (state, dispatch) => {
  const type = state.schema.nodes[name];
  const { from, to, first, last } = selectedBlocks(state);
  const fresh = [];
  for (let index = first; index <= last; index++) {
    const node = state.doc.child(index);
    if (!canTurn(node) || (name === "codeBlock" && !isOnlyWords(node))) return false;
    const nodes = turned(node, type, attrs, state.schema);
    const [head, ...rest] = nodes;
    fresh.push(head.type.create({ ...head.attrs, id: node.attrs.id }, head.content), ...rest.map(
      (one) => ("id" in one.attrs ? one.type.create({ ...one.attrs, id: null }, one.content) : one)));
  }
  const merged = mergedLists(fresh, type);
  if (dispatch) {
    const tr = closeHistory(state.tr);
    const { anchor } = state.selection;
    const offset = anchor - from;
    tr.replaceWith(from, to, Fragment.from(merged));
    tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(from + offset, tr.doc.content.size)), 1));
    dispatch(tr.scrollIntoView());
  }
  return true;
};

// Three paragraphs turned into a list are one list.
function mergedLists(nodes, type) {
  if (type.name !== "bulletList" && type.name !== "orderedList") return nodes;
  return nodes.reduce((found, node) => {
    const before = found.at(-1);
    if (before?.type === type && node.type === type)
      found[found.length - 1] = before.type.create(before.attrs, before.content.append(node.content));
    else found.push(node);
    return found;
  }, []);
}

export const addCitation = (state, dispatch) => {
  const { from, first } = selectedBlocks(state);
  const quote = state.doc.child(first);
  if (quote.type.name !== "blockquote") return false;
  const has = quote.lastChild.type.name === "citation";
  if (dispatch) {
    const tr = closeHistory(state.tr);
    const end = from + quote.nodeSize - 1;
    if (!has) tr.insert(end, state.schema.nodes.citation.create({ asked: true }));
    tr.setSelection(TextSelection.near(tr.doc.resolve(has ? end - 1 : end + 1), -1));
    dispatch(tr.scrollIntoView());
  }
  return true;
};

export const Moving = Extension.create({
  name: "moving",
  priority: 1000,
  addOptions() {
    return { body: null };
  },
  addKeyboardShortcuts() {
    const { body } = this.options;
    const move = (direction) => () => {
      const { state, view } = this.editor;
      if (!this.editor.isEditable) return false;
      if (moveBlocks(direction)(state, view.dispatch)) {
        const { index } = body.blockAt();
        const many = body.editor.state.doc.childCount;
        body.announce(`Moved ${direction < 0 ? "up" : "down"}. Block ${index + 1} of ${many}.`);
      } else body.announce(direction < 0 ? "It is the first block." : "It is the last block.");
      return true;
    };
    const run = (command, said) => () => {
      if (!command(this.editor.state, this.editor.view.dispatch)) return false;
      body.announce(said);
      return true;
    };
    return {
      "Alt-ArrowUp": move(-1),
      "Alt-ArrowDown": move(1),
      "Mod-Shift-d": run(duplicateBlocks, "Duplicated."),
      Enter: () => leaveCaption(this.editor),
    };
  },
});

// Enter under a picture goes on writing below it.
const CAPTIONS = new Set(["image", "embed", "citation", "caption"]);

function leaveCaption(editor) {
  const { state, view } = editor;
  const { $from, empty } = state.selection;
  if (!CAPTIONS.has($from.parent.type.name)) return false;
  if (!empty && !$from.sameParent(state.selection.$to)) return false;
  let depth = $from.depth;
  while (depth > 1 && ["gallery", "blockquote"].includes($from.node(depth - 1).type.name)) depth--;
  const after = $from.after(depth);
  const { tr } = state;
  tr.insert(after, state.schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.create(tr.doc, after + 1));
  view.dispatch(tr.scrollIntoView());
  return true;
}
