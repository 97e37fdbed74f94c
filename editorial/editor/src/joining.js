// Backspace at the start of a block and Delete at its end, where nobody else knows what
// to do. Left to the browser, it would join the blocks by inline styles, which the
// policy refuses.
import { Extension } from "@tiptap/core";
import {
  joinTextblockBackward, joinTextblockForward, selectNodeBackward, selectNodeForward,
} from "@tiptap/pm/commands";

export const Joining = Extension.create({
  name: "joining",
  priority: 1,
  addKeyboardShortcuts() {
    const last = (isAtEdge, ...commands) => () => {
      const { state, view } = this.editor;
      const { empty, $from } = state.selection;
      if (!empty || !$from.parent.isTextblock || !isAtEdge($from)) return false;
      commands.some((command) => command(state, view.dispatch, view));
      return true;
    };
    const first = () => {
      const { $from } = this.editor.state.selection;
      return $from.pos === 1 && $from.parent.type.name === "heading" && this.editor.commands.setParagraph();
    };
    const back = last(($from) => $from.parentOffset === 0, joinTextblockBackward, selectNodeBackward);
    const forth = last(($from) => $from.parentOffset === $from.parent.content.size, joinTextblockForward, selectNodeForward);
    return { Backspace: () => first() || back(), Delete: forth };
  },
});
