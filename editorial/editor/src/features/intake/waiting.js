// Places in the text where something is on its way: they move with the text, and are
// no part of it. {id, from, to, dom?}; with a `dom` the place can be seen.
import { closeHistory } from "@tiptap/pm/history";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { nodeOf } from "../../reading.js";
import { insertBlocks, select } from "./inserting.js";

const key = new PluginKey("intake");
let places = 0;

export const waitingPlugin = () => new Plugin({
  key,
  state: {
    init: () => [],
    apply(tr, spots) {
      let found = spots;
      if (tr.docChanged && spots.length)
        found = spots.map((spot) => ({
          ...spot,
          from: tr.mapping.map(spot.from, -1),
          to: tr.mapping.map(spot.to, spot.from === spot.to ? -1 : 1),
        }));
      const { add, remove } = tr.getMeta(key) ?? {};
      if (add) found = [...found, add];
      if (remove) found = found.filter(({ id }) => id !== remove);
      return found;
    },
  },
  props: {
    decorations(state) {
      const seen = key.getState(state).filter(({ dom }) => dom);
      if (!seen.length) return null;
      return DecorationSet.create(state.doc, seen.map(({ id, from, dom }) =>
        Decoration.widget(besideBlock(state.doc, from), dom, { key: id, side: -1, ignoreSelection: true, stopEvent: () => true })));
    },
  },
});

// Between blocks: below the words that it belongs to, above an empty line.
function besideBlock(doc, pos) {
  const $pos = doc.resolve(pos);
  if (!$pos.depth) return pos;
  return $pos.node(1).content.size ? $pos.after(1) : $pos.before(1);
}

export function hold(view, from, to = from, dom = null) {
  const id = `intake-${++places}`;
  view.dispatch(view.state.tr.setMeta(key, { add: { id, from, to, dom } }).setMeta("addToHistory", false));
  return id;
}

export function letGo(view, id) {
  view.dispatch(view.state.tr.setMeta(key, { remove: id }).setMeta("addToHistory", false));
}

// Blocks in the place that was held: one step of history, apart from what is typed.
export function fill(body, id, blocks) {
  const { state, view } = body.editor;
  const spot = key.getState(state).find((one) => one.id === id);
  if (!spot) return false;
  const nodes = blocks.map((block) => nodeOf(state.schema, block));
  const tr = closeHistory(state.tr).setMeta(key, { remove: id }).setMeta("paste", true);
  const wasAt = state.selection.from;
  const end = insertBlocks(tr, spot.from, spot.to, nodes);
  // Who went on writing elsewhere meanwhile stays there.
  if (wasAt >= spot.from && wasAt <= spot.to) select(tr, end).scrollIntoView();
  view.dispatch(tr);
  view.dispatch(closeHistory(view.state.tr));
  return true;
}
