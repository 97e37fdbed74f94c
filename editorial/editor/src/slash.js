// The slash menu: type /, a few letters, Enter.
import { Extension } from "@tiptap/core";
import { PluginKey } from "@tiptap/pm/state";
import { Suggestion } from "@tiptap/suggestion";
import { matching } from "./menu.js";
import { make } from "./place.js";
import { chooseByKey } from "./choosing.js";

let menus = 0;

export const SlashMenu = Extension.create({
  name: "slashMenu",
  addOptions() {
    return { body: null };
  },
  addProseMirrorPlugins() {
    const { body } = this.options;
    const { editor } = this;
    return [Suggestion({
      editor,
      pluginKey: new PluginKey("slashMenu"),
      char: "/",
      allowedPrefixes: [" ", "\u00a0"],
      allow: ({ state, range }) => {
        const { parent } = state.doc.resolve(range.from);
        return editor.isEditable && ["paragraph", "heading"].includes(parent.type.name);
      },
      items: ({ query }) => matching(body.insertions, query),
      command: ({ editor: one, range, props }) => {
        one.chain().focus().deleteRange(range).run();
        props.run(body);
        body.announce(`${props.name} inserted.`);
      },
      render: () => drawing(editor, body),
    })];
  },
});

function drawing(editor, body) {
  const id = `slash-menu-${++menus}`;
  let list;
  let entries = [];
  let chosen = 0;
  let pick;
  let unmount;

  const draw = () => {
    list.replaceChildren(...entries.map((entry, index) => {
      const option = make("div", "slash-entry", { role: "option", id: `${id}-${index}`, "aria-selected": String(index === chosen) },
        make("span", "slash-icon", { "aria-hidden": "true" }, entry.icon ?? "+"),
        make("span", "slash-name", {}, entry.name),
        make("span", "slash-hint", {}, entry.hint ?? ""));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        pick(entry);
      });
      option.addEventListener("mousemove", () => choose(index));
      return option;
    }));
    list.hidden = !entries.length;
    mark();
  };
  const mark = () => {
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
    const { dom } = editor.view;
    dom.setAttribute("aria-controls", id);
    if (entries.length) dom.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    else dom.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    if (index === chosen) return;
    chosen = index;
    mark();
  };

  return {
    onStart: (props) => {
      list = make("div", "slash-menu", { id, role: "listbox", "aria-label": "Insert a block" });
      entries = props.items;
      chosen = 0;
      pick = props.command;
      unmount = props.mount(list);
      draw();
    },
    onUpdate: (props) => {
      entries = props.items;
      pick = props.command;
      chosen = 0;
      draw();
    },
    onKeyDown: ({ event }) =>
      chooseByKey(event, { entries, chosen, choose, pick, options: list?.children }),
    onExit: () => {
      unmount?.();
      list?.remove();
      for (const name of ["aria-controls", "aria-activedescendant"]) editor.view.dom.removeAttribute(name);
    },
  };
}
