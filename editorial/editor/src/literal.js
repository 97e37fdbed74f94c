// Markdown shortcuts can be taken back: Backspace or undo, right after one, gives the
// letters as they were typed. TipTap has that too, but forgets it when a plugin adds to
// the change, and ours puts the block's id back.
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";

const key = new PluginKey("literal");

const inverted = (tr) => tr.steps.map((step, index) => step.invert(tr.docs[index])).reverse();

// What an input rule says of its change; each extension has a plugin for its own.
function ruleOf(tr, state) {
  for (const plugin of state.plugins) {
    const told = plugin.spec.isInputRules && tr.getMeta(plugin);
    if (told?.transform) return told;
  }
  return null;
}

export const Literal = Extension.create({
  name: "literal",
  priority: 2000,
  addProseMirrorPlugins() {
    return [new Plugin({
      key,
      state: {
        init: () => null,
        apply(tr, before, _old, state) {
          const told = ruleOf(tr, state);
          if (told) return { steps: inverted(tr), from: told.from, to: told.to, text: told.text };
          const root = tr.getMeta("appendedTransaction");
          if (before && root && ruleOf(root, state))
            return { ...before, steps: [...inverted(tr), ...before.steps] };
          return tr.docChanged || tr.selectionSet ? null : before;
        },
      },
    })];
  },
  addKeyboardShortcuts() {
    const back = () => {
      const { state, view } = this.editor;
      const change = key.getState(state);
      if (!change) return false;
      const { tr } = state;
      for (const step of change.steps) tr.step(step);
      if (change.text) {
        const marks = tr.doc.resolve(change.from).marks();
        tr.replaceWith(change.from, change.to, state.schema.text(change.text, marks));
      } else tr.delete(change.from, change.to);
      view.dispatch(tr);
      return true;
    };
    return { Backspace: back, "Mod-z": back };
  },
});
