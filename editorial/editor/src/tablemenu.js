// What can be done with a table, under the table while the cursor is in it.
import { button } from "./place.js";
import { toolbar } from "./toolbars.js";

const COMMANDS = [
  ["Row above", "addRowBefore"], ["Row below", "addRowAfter"], ["Delete row", "deleteRow"],
  ["Column before", "addColumnBefore"], ["Column after", "addColumnAfter"], ["Delete column", "deleteColumn"],
  ["Header row", "toggleHeaderRow"], ["Header column", "toggleHeaderColumn"],
  ["Join cells", "mergeCells"], ["Split cell", "splitCell"], ["Delete table", "deleteTable"],
];

export const TableMenu = toolbar({
  name: "tableMenu",
  className: "table-menu",
  label: "This table",
  priority: 90,
  build: ({ bar, view, editor, body, storage }) => {
    for (const [label, command] of COMMANDS)
      bar.append(button(label, "table-tool", () => {
        editor.chain().focus()[command]().run();
        body.announce(`${label}: done.`);
      }, { "data-command": command }));
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
});
