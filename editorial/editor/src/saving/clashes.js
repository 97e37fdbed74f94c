// Two people changed the same words, and both copies are in the text: side by side, with
// the question which to keep. For a field theirs stands in it, and ours is offered below.
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { button, part } from "./parts.js";

const key = new PluginKey("clashes");

export const extensions = (body) => [Extension.create({
  name: "clashes",
  addProseMirrorPlugins: () => [new Plugin({
    key,
    props: {
      decorations(state) {
        const open = body.saving?.clashes.filter((one) => one.block) ?? [];
        if (!open.length) return null;
        const found = [];
        const tops = new Map();
        state.doc.forEach((node, pos) => tops.set(node.attrs.id, { node, pos }));
        for (const clash of open) {
          const theirs = tops.get(clash.block);
          const mine = tops.get(clash.id);
          if (!theirs || !mine) continue;
          const card = () => cardOf(body.saving, clash);
          found.push(
            Decoration.widget(theirs.pos, card, { key: `clash-${clash.id}`, side: -1, ignoreSelection: true, stopEvent: () => true }),
            Decoration.node(theirs.pos, theirs.pos + theirs.node.nodeSize, { class: "clash-one" }),
            Decoration.node(mine.pos, mine.pos + mine.node.nodeSize, { class: "clash-other" }),
          );
        }
        return DecorationSet.create(state.doc, found);
      },
    },
  })],
})];

const isOwn = (saving, clash) => clash.by === saving.told.name;

function cardOf(saving, clash) {
  const own = isOwn(saving, clash);
  const [first, second] = own ? ["theirs", "mine"] : ["the first", `${clash.by}’s`];
  return part("div", { className: "clash-card", contentEditable: "false", role: "group", "aria-label": "Two copies" },
    part("p", {
      text: own
        ? "Somebody else changed this while you did. Theirs comes first, yours second."
        : `${clash.by} changed this while somebody else did. Theirs comes second.`,
    }),
    part("p", { className: "clash-buttons" },
      button(`Keep ${second}`, () => keepOther(saving, clash)),
      button(`Keep ${first}`, () => keepOne(saving, clash)),
      button("Keep both", () => done(saving, clash.id, clash.block))),
  );
}

// The words of the second copy, under the id of the first: remarks stay with it.
function keepOther(saving, { id, block }) {
  const { body } = saving;
  const one = body.blockById(block);
  const other = body.blockById(id);
  const { state, view } = body.editor;
  const { tr } = state;
  const kept = other.node.type.create({ ...other.node.attrs, id: block }, other.node.content);
  tr.delete(other.pos, other.pos + other.node.nodeSize);
  tr.replaceWith(tr.mapping.map(one.pos), tr.mapping.map(one.pos + one.node.nodeSize), kept);
  view.dispatch(tr);
  done(saving, id, block);
}

function keepOne(saving, { id, block }) {
  const { body } = saving;
  const other = body.blockById(id);
  const { state, view } = body.editor;
  view.dispatch(state.tr.delete(other.pos, other.pos + other.node.nodeSize));
  done(saving, id, block);
}

function done(saving, id, block) {
  saving.settle(id);
  redraw(saving);
  saving.body.focusBlock(block);
}

function redraw(saving) {
  saving.clashes = saving.clashes.filter(({ id }) => !saving.settled.includes(id));
  showClashes(saving);
}

export function showClashes(saving) {
  if (saving.body.hasText) {
    const { view, state } = saving.body.editor;
    view.dispatch(state.tr.setMeta(key, true).setMeta("addToHistory", false));
  }
  for (const note of document.querySelectorAll(".clash-field")) note.remove();
  for (const clash of saving.clashes.filter((one) => one.field)) offerField(saving, clash);
}

function offerField(saving, clash) {
  const input = saving.inputs.get(clash.field);
  if (!input) return;
  const settle = () => {
    saving.settle(clash.id);
    redraw(saving);
    input.focus();
  };
  const use = () => {
    input.value = clash.text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    settle();
  };
  const whose = isOwn(saving, clash) ? "You wrote" : `${clash.by} wrote`;
  input.after(part("div", { className: "clash-field", role: "group", "aria-label": "Two copies" },
    part("p", { text: `Two people changed this at once; the other text stands in the field. ${whose}:` }),
    part("blockquote", { text: clash.text || "(nothing)", dir: "auto" }),
    part("p", { className: "clash-buttons" },
      button("Use this", use), button("Keep what is there", settle)),
  ));
}
