// Every block, that is every node at the top, has an id, and keeps it for life.
//
// Enter in the middle: the first half keeps it. Enter at the start: the words keep it.
// A copy gets a new one; what was cut and pasted, or dragged, keeps its own. Wrapping,
// lifting and turning into something else keep it. Ids are set by attribute steps, which
// move no position, and in the same step of history, so that undo brings them back.
import { Extension } from "@tiptap/core";
import { Fragment, Slice } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Mapping } from "@tiptap/pm/transform";

export const WITH_ID = [
  "paragraph", "heading", "bulletList", "orderedList", "blockquote", "codeBlock", "image",
  "gallery", "table", "callout", "embed", "horizontalRule", "html", "shielded",
];

// UUIDv7, as the server makes them: sorted by time. crypto.randomUUID is missing on
// plain http, and makes another version.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let now = Date.now();
  for (let index = 5; index >= 0; index--) {
    bytes[index] = now % 256;
    now = Math.floor(now / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const topsOf = (doc) => {
  const found = [];
  doc.forEach((node, pos) => found.push({ node, pos, id: node.attrs.id }));
  return found;
};

const nestedIds = (node) => {
  const found = [];
  node.descendants((child) => {
    if (child.isTextblock && !child.attrs.id) return false;
    if (child.attrs.id) found.push(child.attrs.id);
    return true;
  });
  return found;
};

// Nothing came, went or moved at the top: what typing does.
function isSettled(before, after) {
  if (before.childCount !== after.childCount) return false;
  for (let index = 0; index < after.childCount; index++) {
    const node = after.child(index);
    const old = before.child(index);
    if (node === old) continue;
    if (!node.attrs.id || node.attrs.id !== old.attrs.id) return false;
    if (!node.isTextblock && nestedIds(node).length) return false;
  }
  return true;
}

// Adds the steps that put ids right to `tr`.
export function putIds(tr, before, mapping) {
  if (before && isSettled(before, tr.doc)) return;
  const tops = topsOf(tr.doc);
  const old = new Map(before ? topsOf(before).filter(({ id }) => id).map((one) => [one.id, one]) : []);
  dropDoubles(tops, old);
  const used = new Set(tops.map(({ id }) => id).filter(Boolean));
  const lost = mapping ? whereTheyWent(old, used, before, mapping) : [];
  for (const top of tops) {
    if (top.id) continue;
    const inside = nestedIds(top.node).find((id) => !used.has(id));
    const lifted = lost.find(({ id, pos }) =>
      !used.has(id) && pos >= top.pos && pos < top.pos + top.node.nodeSize);
    top.id = inside ?? lifted?.id ?? newId();
    used.add(top.id);
  }
  for (const { node, pos, id } of tops) {
    if (node.attrs.id !== id) tr.setNodeAttribute(pos, "id", id);
    node.descendants((child, offset) => {
      if (child.attrs.id) tr.setNodeAttribute(pos + 1 + offset, "id", null);
      return !child.isTextblock;
    });
  }
}

function dropDoubles(tops, old) {
  const groups = new Map();
  for (const top of tops) {
    if (!top.id) continue;
    if (!groups.has(top.id)) groups.set(top.id, []);
    groups.get(top.id).push(top);
  }
  for (const [id, group] of groups) {
    if (group.length === 1) continue;
    const was = old.get(id)?.node;
    const keeper =
      (was && group.find(({ node }) => node.eq(was))) ||
      (was?.content.size && group.find(({ node }) => node.content.size)) ||
      group[0];
    for (const top of group) if (top !== keeper) top.id = null;
  }
}

// A point inside each block that is gone, where its words are now.
function whereTheyWent(old, used, before, mapping) {
  const found = [];
  for (const [id, { node, pos }] of old) {
    if (used.has(id)) continue;
    const inside = node.isAtom ? pos : node.isTextblock ? pos + 1 : pos + 2;
    const result = mapping.mapResult(Math.min(inside, before.content.size), 1);
    if (!result.deletedAcross) found.push({ id, pos: result.pos });
  }
  return found;
}

export const BlockIds = Extension.create({
  name: "blockIds",
  priority: 10_000,
  addGlobalAttributes() {
    return [{
      types: WITH_ID,
      attributes: {
        id: {
          default: null,
          keepOnSplit: true,
          parseHTML: (element) => element.getAttribute("data-block"),
          renderHTML: ({ id }) => (id ? { "data-block": id } : {}),
        },
      },
    }];
  },
  onCreate() {
    const tr = this.editor.state.tr.setMeta("addToHistory", false).setMeta("program", true);
    putIds(tr, null, null);
    if (tr.docChanged) this.editor.view.dispatch(tr);
  },
  addProseMirrorPlugins() {
    const seen = new Set();
    const note = (doc) => doc.forEach((node) => node.attrs.id && seen.add(node.attrs.id));
    const scrub = (fragment, here) => {
      const nodes = [];
      fragment.forEach((node) => {
        if (node.isText) return nodes.push(node);
        let { attrs } = node;
        if (attrs.id) {
          // Cut here before: it comes home. Anything else is a copy.
          const isHome = seen.has(attrs.id) && !here.has(attrs.id);
          attrs = { ...attrs, id: isHome ? attrs.id : null };
        }
        return nodes.push(node.type.create(attrs, scrub(node.content, here), node.marks));
      });
      return Fragment.from(nodes);
    };
    return [new Plugin({
      key: new PluginKey("blockIds"),
      appendTransaction: (transactions, before, after) => {
        if (!transactions.some((one) => one.docChanged)) return null;
        const mapping = new Mapping();
        for (const one of transactions) mapping.appendMapping(one.mapping);
        const { tr } = after;
        putIds(tr, before.doc, mapping);
        note(tr.doc);
        return tr.docChanged ? tr.setStoredMarks(after.storedMarks) : null;
      },
      view: (view) => {
        note(view.state.doc);
        return {};
      },
      props: {
        transformPasted: (slice, view) => {
          if (view.dragging?.move) return slice;
          const here = new Set();
          view.state.doc.forEach((node) => here.add(node.attrs.id));
          return new Slice(scrub(slice.content, here), slice.openStart, slice.openEnd);
        },
      },
    })];
  },
});
