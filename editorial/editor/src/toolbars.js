// Toolbars that float over the text: hidden until they fit, reached by Alt+F10, walked
// with the arrow keys, left with Escape.
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { make, rove } from "./place.js";

// `build({bar, view, editor, body, storage})` fills the bar, sets `storage.enter`, and
// answers what ProseMirror wants of a plugin's view.
export const toolbar = ({ name, className, label, priority, build }) => Extension.create({
  name,
  ...(priority === undefined ? {} : { priority }),
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
    const { editor, storage, options: { body } } = this;
    return [new Plugin({
      key: new PluginKey(name),
      view: (view) => {
        const bar = make("div", className, { role: "toolbar", "aria-label": label });
        bar.hidden = true;
        rove(bar, {
          items: () => [...bar.querySelectorAll("button")],
          escape: () => view.focus(),
        });
        return build({ bar, view, editor, body, storage });
      },
    })];
  },
});
