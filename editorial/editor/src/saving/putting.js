// Puts what others wrote into the text while somebody types in it: only what differs is
// touched, the cursor stays in its words, and undo stays the writer's own.
import { TextSelection } from "@tiptap/pm/state";
import { isEmptyParagraph, nodeOf } from "../reading.js";
import { unmoved } from "./texts.js";

// `wanted` is the whole text: [{id, block}], where no block means "as it stands".
// `renamed` says under which id the words of a block go on: Map of old id → new id.
export function put(body, wanted, renamed = new Map()) {
  if (!body.hasText) return;
  const { state, view } = body.editor;
  const standing = [];
  state.doc.forEach((node, pos) => standing.push({ id: node.attrs.id, node, pos }));
  // The empty line somebody is about to write in.
  const last = standing.at(-1);
  const wants = new Set(wanted.map(({ id }) => id));
  const isSpare = last && isEmptyParagraph(last.node) && !wants.has(last.id);
  if (isSpare) standing.pop();

  const here = new Map(standing.map((one) => [one.id, one]));
  const fresh = wanted.map(({ id, block }) => ({
    id, node: block ? nodeOf(state.schema, block) : here.get(id)?.node,
  })).filter(({ node }) => node);
  const stays = unmoved(standing.map(({ id }) => id), fresh.map(({ id }) => id));

  const place = placeOf(body);
  const { tr } = state;
  let at = 0;
  for (const { id, node } of fresh) {
    const old = here.get(id);
    if (stays.has(id)) {
      at = old.pos + old.node.nodeSize;
      if (!old.node.eq(node))
        tr.replaceWith(tr.mapping.map(old.pos, 1), tr.mapping.map(at, -1), node);
    } else {
      tr.insert(tr.mapping.map(at, 1), node);
    }
  }
  for (const { id, node, pos } of standing) {
    if (stays.has(id)) continue;
    // An empty text is one empty line.
    if (!fresh.length && !isSpare && tr.doc.childCount === 1)
      tr.replaceWith(0, tr.doc.content.size, state.schema.nodes.paragraph.create());
    else tr.delete(tr.mapping.map(pos, 1), tr.mapping.map(pos + node.nodeSize, -1));
  }
  if (!tr.docChanged) return;
  view.dispatch(tr.setMeta("program", true).setMeta("addToHistory", false));
  putCursor(body, place, renamed);
}

export function rename(body, ids) {
  const { state, view } = body.editor;
  const { tr } = state;
  state.doc.forEach((node, pos) => {
    if (ids[node.attrs.id]) tr.setNodeAttribute(pos, "id", ids[node.attrs.id]);
  });
  if (tr.docChanged) view.dispatch(tr.setMeta("program", true).setMeta("addToHistory", false));
}

// Where the cursor is, in words that outlive changes elsewhere: block and offset.
function placeOf(body) {
  const { selection } = body.editor.state;
  if (!(selection instanceof TextSelection)) return null;
  const spot = (at) => {
    const { node, pos } = body.blockAt(at);
    return { id: node.attrs.id, offset: at - pos };
  };
  return { anchor: spot(selection.anchor), head: spot(selection.head) };
}

function putCursor(body, place, renamed) {
  if (!place) return;
  const find = ({ id, offset }) => {
    const found = body.blockById(renamed.get(id) ?? id);
    return found && found.pos + Math.min(offset, found.node.nodeSize - 1);
  };
  const [anchor, head] = [find(place.anchor), find(place.head)];
  const { state, view } = body.editor;
  const { selection } = state;
  if (anchor == null || head == null) return;
  if (selection.anchor === anchor && selection.head === head) return;
  const there = TextSelection.between(state.doc.resolve(anchor), state.doc.resolve(head));
  view.dispatch(state.tr.setSelection(there).setMeta("addToHistory", false));
}
