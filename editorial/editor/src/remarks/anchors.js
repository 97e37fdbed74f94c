// Where remarks stand while somebody writes: mapped through every step, drawn as
// decorations, never a part of the text. What loses its words looks for them again.
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { findQuote, flatOf, lengthOf, offsetAt, posAt, slice } from "../flat.js";

export const key = new PluginKey("remarks");
const FAR_QUOTE = 12;
const SOON = 300;

// --- Places -------------------------------------------------------------------------

export function blockWith(doc, id) {
  let found = null;
  doc.forEach((node, pos) => {
    if (!found && node.attrs.id === id) found = { node, pos };
  });
  return found;
}

function rangeIn({ node, pos }, start, quote) {
  const flat = flatOf(node, pos);
  const size = lengthOf(quote);
  const at = slice(flat.text, start, start + size) === quote ? start : findQuote(flat.text, quote, start);
  if (at === null) return null;
  const from = posAt(flat, at);
  const to = posAt(flat, at + size);
  return from === null || to === null || from >= to ? null : { from, to };
}

// {from, to} of a remark by its block and quote; null where its words are not there.
export function placeOf(doc, { block, start, quote, original_quote: original }) {
  const home = blockWith(doc, block);
  for (const words of new Set([quote, original])) {
    if (!words) continue;
    const here = home && rangeIn(home, start ?? 0, words);
    if (here) return here;
    if (words.length < FAR_QUOTE) continue;
    let found = null;
    doc.forEach((node, pos) => {
      if (!found && node.attrs.id !== block) found = rangeIn({ node, pos }, 0, words);
    });
    if (found) return found;
  }
  return null;
}

// What the server is told of a selection: one block, code points of its flat text.
export function wireOf(doc, from, to) {
  let found = null;
  doc.forEach((node, pos) => {
    if (found || from >= pos + node.nodeSize || to <= pos) return;
    const flat = flatOf(node, pos);
    const start = offsetAt(flat, Math.max(from, pos));
    const end = offsetAt(flat, Math.min(to, pos + node.nodeSize));
    const quote = slice(flat.text, start, end);
    if (quote.trim()) found = { block_id: node.attrs.id, start, quote };
  });
  return found;
}

// --- The plugin ---------------------------------------------------------------------

const EMPTY = { places: new Map(), wanted: [], active: null, shown: DecorationSet.empty };

function wholesOf(doc, wanted) {
  const blocks = new Map();
  for (const one of wanted)
    if (one.start === null && one.block) blocks.set(one.block, [...(blocks.get(one.block) ?? []), one]);
  return blocks;
}

function draw(doc, { places, wanted, active }) {
  const marks = [];
  for (const one of wanted) {
    const place = places.get(one.id);
    if (!place || one.resolved) continue;
    const name = one.id === active ? "remark-mark is-active" : "remark-mark";
    marks.push(Decoration.inline(place.from, place.to, { class: name, "data-remark": one.id }));
  }
  const wholes = wholesOf(doc, wanted.filter((one) => !one.resolved));
  if (wholes.size)
    doc.forEach((node, pos) => {
      const here = wholes.get(node.attrs.id);
      if (!here) return;
      const name = here.some((one) => one.id === active) ? "remark-block is-active" : "remark-block";
      marks.push(Decoration.node(pos, pos + node.nodeSize, { class: name, "data-remark": here[0].id }));
    });
  return DecorationSet.create(doc, marks);
}

// Lost words keep what they were, so that undo and paste bring them back.
function mapped(state, tr, before) {
  const places = new Map();
  const wanted = state.wanted.map((one) => {
    const place = state.places.get(one.id);
    if (!place) return one;
    const from = tr.mapping.map(place.from, 1);
    const to = tr.mapping.map(place.to, -1);
    if (from < to) {
      places.set(one.id, { from, to });
      return one;
    }
    const was = wireOf(before, place.from, place.to);
    return was ? { ...one, block: was.block_id, start: was.start, quote: was.quote } : one;
  });
  return { ...state, places, wanted };
}

function searched(state, doc) {
  const places = new Map(state.places);
  for (const one of state.wanted) {
    if (places.has(one.id) || one.start === null || !one.block) continue;
    const place = placeOf(doc, one);
    if (place) places.set(one.id, place);
  }
  return { ...state, places };
}

export const isLost = (state) =>
  state.wanted.some((one) => one.start !== null && one.block && !state.places.has(one.id));

export function anchorsPlugin({ clicked }) {
  return new Plugin({
    key,
    state: {
      init: () => EMPTY,
      apply(tr, state, before, after) {
        let next = state;
        const said = tr.getMeta(key);
        if (tr.docChanged) next = mapped(next, tr, before.doc);
        if (said?.remarks) {
          const kept = new Set(said.remarks.map((one) => one.id));
          const places = new Map([...next.places].filter(([id]) => kept.has(id)));
          next = searched({ ...next, wanted: said.remarks, places }, after.doc);
        }
        if (said?.search) next = searched(next, after.doc);
        if (said && "active" in said) next = { ...next, active: said.active };
        if (next === state) return state;
        return { ...next, shown: draw(after.doc, next) };
      },
    },
    view(view) {
      let waiting = null;
      return {
        update(_, before) {
          if (view.state.doc === before.doc || waiting || !isLost(key.getState(view.state))) return;
          waiting = setTimeout(() => {
            waiting = null;
            if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, { search: true }).setMeta("addToHistory", false));
          }, SOON);
        },
        destroy: () => clearTimeout(waiting),
      };
    },
    props: {
      decorations: (state) => key.getState(state).shown,
      handleClick(view, pos, event) {
        const mark = event.target.closest?.("[data-remark]");
        if (mark && view.dom.contains(mark)) clicked(mark.dataset.remark);
        return false;
      },
    },
  });
}
