// The toolbar over selected words. A feature adds to it with
// body.tools.push({name, icon, isActive?(editor), fits?(editor), run(body), key?}).
// By keyboard: Alt+F10 goes to it, Escape comes back.
import { NodeSelection } from "@tiptap/pm/state";
import { CellSelection } from "@tiptap/pm/tables";
import { button, make, place } from "./place.js";
import { toolbar } from "./toolbars.js";

const mark = (name, icon, of, run, key) => ({
  name, icon, key, mark: of,
  isActive: (editor) => editor.isActive(of),
  run: (body) => run(body.editor.chain().focus()).run(),
});

export const tools = () => [
  mark("Bold", "B", "bold", (c) => c.toggleBold(), "Ctrl+B"),
  mark("Italic", "I", "italic", (c) => c.toggleItalic(), "Ctrl+I"),
  mark("Underline", "U", "underline", (c) => c.toggleUnderline(), "Ctrl+U"),
  mark("Strike", "S", "strike", (c) => c.toggleStrike(), "Ctrl+Shift+S"),
  mark("Code", "<>", "code", (c) => c.toggleCode(), "Ctrl+E"),
  mark("Superscript", "x²", "superscript", (c) => c.unsetSubscript().toggleSuperscript()),
  mark("Subscript", "x₂", "subscript", (c) => c.unsetSuperscript().toggleSubscript()),
];

export const Bubble = toolbar({
  name: "bubble",
  className: "bubble",
  label: "The selected words",
  build: ({ bar, view, editor, body, storage }) => {
    body.surface.append(bar);
    let pressed = false;
    const fits = () => {
      const { selection } = view.state;
      if (selection.empty || selection instanceof NodeSelection || selection instanceof CellSelection) return false;
      if (selection.$from.parent.type.spec.code || !view.editable) return false;
      return Boolean(view.state.doc.textBetween(selection.from, selection.to, " ").trim());
    };
    const draw = () => {
      const within = bar.contains(document.activeElement);
      if (!fits() || pressed || !(view.hasFocus() || within)) {
        bar.hidden = true;
        return;
      }
      if (!bar.childElementCount || bar.childElementCount !== body.tools.length)
        bar.replaceChildren(...body.tools.map((tool) => button(
          make("span", `tool-${tool.mark ?? "other"}`, { "aria-hidden": "true" }, tool.icon),
          "bubble-tool",
          () => tool.run(body),
          { "aria-label": tool.name, title: tool.key ? `${tool.name} (${tool.key})` : tool.name },
        )));
      body.tools.forEach((tool, index) => {
        const one = bar.children[index];
        if (tool.isActive) one.setAttribute("aria-pressed", String(tool.isActive(editor)));
        one.hidden = Boolean(tool.fits && !tool.fits(editor));
      });
      bar.hidden = false;
      const { from, to } = view.state.selection;
      const start = view.coordsAtPos(from);
      const end = view.coordsAtPos(to, -1);
      place(bar, {
        top: Math.min(start.top, end.top),
        bottom: Math.max(start.bottom, end.bottom),
        left: Math.min(start.left, end.left),
        right: Math.max(start.right, end.right),
      }, body.surface);
    };
    storage.enter = () => {
      draw();
      if (bar.hidden) return false;
      bar.querySelector("button").focus();
      return true;
    };
    const down = (event) => {
      if (bar.contains(event.target)) return;
      pressed = true;
      bar.hidden = true;
    };
    const up = () => {
      if (!pressed) return;
      pressed = false;
      setTimeout(draw);
    };
    view.dom.addEventListener("mousedown", down);
    document.addEventListener("mouseup", up);
    const left = () => setTimeout(draw);
    view.dom.addEventListener("focus", left);
    view.dom.addEventListener("blur", left);
    bar.addEventListener("focusout", left);
    return {
      // While the focus moves from the text to the bar, neither has it.
      update: () => (view.hasFocus() ? draw() : setTimeout(draw)),
      destroy: () => {
        document.removeEventListener("mouseup", up);
        bar.remove();
      },
    };
  },
});
