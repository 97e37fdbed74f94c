// What can be done with a table, under the table while the cursor is in it.
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { button, make, rove } from "./place.js";

const COMMANDS = [
  ["Row above", "addRowBefore"], ["Row below", "addRowAfter"], ["Delete row", "deleteRow"],
  ["Column before", "addColumnBefore"], ["Column after", "addColumnAfter"], ["Delete column", "deleteColumn"],
  ["Header row", "toggleHeaderRow"], ["Header column", "toggleHeaderColumn"],
  ["Join cells", "mergeCells"], ["Split cell", "splitCell"], ["Delete table", "deleteTable"],
];

export const TableMenu = Extension.create({
  name: "tableMenu",
  priority: 90,
  addOptions() {
    return { body: null };
  },
  addStorage() {
    return { enter: null };
  },
  addKeyboardShortcuts() {
    return { "Alt-F10": () => this.storage.enter?.() ?? false };
  },
  addProseMirrorPlugins() {
    const { body } = this.options;
    const { editor, storage } = this;
    return [new Plugin({
      key: new PluginKey("tableMenu"),
      view: (view) => {
        const bar = make("div", "table-menu", { role: "toolbar", "aria-label": "This table" });
        bar.hidden = true;
        for (const [label, command] of COMMANDS)
          bar.append(button(label, "table-tool", () => {
            editor.chain().focus()[command]().run();
            body.announce(`${label}: done.`);
          }, { "data-command": command }));
        rove(bar, {
          items: () => [...bar.querySelectorAll("button")],
          escape: () => view.focus(),
        });
        storage.enter = () => {
          if (bar.hidden) return false;
          bar.querySelector("button:not([hidden])").focus();
          return true;
        };
        const draw = () => {
          const { $from } = view.state.selection;
          let depth = $from.depth;
          while (depth > 0 && $from.node(depth).type.name !== "table") depth--;
          if (!depth || !view.editable) {
            bar.hidden = true;
            return;
          }
          const element = view.nodeDOM($from.before(depth));
          if (!(element instanceof HTMLElement)) return;
          const slot = element.querySelector(":scope > .table-tools");
          if (bar.parentElement !== slot) slot.append(bar);
          bar.hidden = false;
          for (const one of bar.children) {
            const { command } = one.dataset;
            one.hidden = ["mergeCells", "splitCell"].includes(command) && !editor.can()[command]();
          }
        };
        return { update: draw, destroy: () => bar.remove() };
      },
    })];
  },
});
