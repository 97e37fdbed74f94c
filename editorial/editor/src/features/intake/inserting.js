// Puts blocks into a text, in one transaction: words join words, blocks stand by
// themselves, and no empty paragraph is left beside them. Answers where they end.
import { TextSelection } from "@tiptap/pm/state";

const JOINS = new Set(["paragraph"]);
const WRITTEN = new Set(["paragraph", "heading"]);

export function insertBlocks(tr, from, to, nodes) {
  if (!nodes.length) return from;
  const $from = tr.doc.resolve(from);
  if ($from.parent.type.spec.code) return insertText(tr, from, to, nodes);
  const isOneText = nodes.length === 1 && JOINS.has(nodes[0].type.name);
  if (isOneText && $from.parent.inlineContent && $from.sameParent(tr.doc.resolve(to))) {
    tr.replaceWith(from, to, nodes[0].content);
    return from + nodes[0].content.size;
  }
  if (to > from) {
    const before = tr.steps.length;
    tr.deleteRange(from, to);
    from = tr.mapping.slice(before).map(from, -1);
  }
  return insertAt(tr, from, nodes);
}

function insertAt(tr, pos, nodes) {
  const $pos = tr.doc.resolve(pos);
  let depth = $pos.depth;
  // The nearest place where all of them may stand.
  while (depth > 0 && !takes($pos, depth - 1, nodes)) depth--;
  if (depth === 0) {
    tr.insert(pos, nodes);
    return pos + sizeOf(nodes);
  }
  const { parent } = $pos;
  const before = $pos.before(depth);
  const after = $pos.after(depth);
  if (depth < $pos.depth || !WRITTEN.has(parent.type.name)) {
    tr.insert(after, nodes);
    return after + sizeOf(nodes);
  }
  if (!parent.content.size) {
    tr.replaceWith(before, after, nodes);
    return before + sizeOf(nodes);
  }
  if ($pos.parentOffset === parent.content.size) return appended(tr, pos, after, nodes);
  if ($pos.parentOffset === 0) return prepended(tr, pos, before, nodes);
  return between(tr, pos, nodes);
}

function takes($pos, depth, nodes) {
  const container = $pos.node(depth);
  const index = $pos.index(depth);
  if (container.inlineContent) return false;
  let match = container.contentMatchAt(index);
  for (const node of nodes) {
    match = match.matchType(node.type);
    if (!match) return false;
  }
  return true;
}

const sizeOf = (nodes) => nodes.reduce((size, node) => size + node.nodeSize, 0);
const joins = (node) => node !== undefined && JOINS.has(node.type.name);

function appended(tr, pos, after, nodes) {
  const [first, ...rest] = nodes;
  if (!joins(first)) {
    tr.insert(after, nodes);
    return after + sizeOf(nodes);
  }
  tr.insert(after, rest).insert(pos, first.content);
  return rest.length ? after + first.content.size + sizeOf(rest) : pos + first.content.size;
}

function prepended(tr, pos, before, nodes) {
  const last = nodes.at(-1);
  if (!joins(last) || nodes.length === 1) {
    tr.insert(before, nodes);
    return before + sizeOf(nodes);
  }
  const rest = nodes.slice(0, -1);
  tr.insert(pos, last.content).insert(before, rest);
  return pos + sizeOf(rest) + last.content.size;
}

function between(tr, pos, nodes) {
  const first = joins(nodes[0]) ? nodes[0] : undefined;
  const last = nodes.length > 1 && joins(nodes.at(-1)) ? nodes.at(-1) : undefined;
  const rest = nodes.slice(first ? 1 : 0, last ? -1 : undefined);
  tr.split(pos);
  let end = pos + 2;
  if (last) {
    tr.insert(end, last.content);
    end += last.content.size;
  }
  tr.insert(pos + 1, rest);
  end += sizeOf(rest);
  if (first) {
    tr.insert(pos, first.content);
    end += first.content.size;
  }
  return last ? end : end - 1;
}

function insertText(tr, from, to, nodes) {
  const text = nodes.map((node) => node.textBetween(0, node.content.size, "\n", "\n")).join("\n");
  tr.insertText(text, from, to);
  return from + text.length;
}

export function select(tr, end) {
  const $end = tr.doc.resolve(Math.min(end, tr.doc.content.size));
  return tr.setSelection(TextSelection.near($end, -1));
}
