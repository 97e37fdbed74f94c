// Raw HTML, for those who may write it; and the shield around what the editor cannot
// read: it can be moved and deleted, and what it holds goes back as it came.
import { Node } from "@tiptap/core";
import { describe, field } from "./fields.js";

export const RawHTML = Node.create({
  name: "html",
  group: "block",
  atom: true,
  draggable: true,
  addOptions() {
    return { mayWrite: false };
  },
  addAttributes() {
    return {
      html: {
        default: "",
        parseHTML: (element) => element.dataset.html ?? "",
        renderHTML: ({ html }) => ({ "data-html": html }),
      },
    };
  },
  parseHTML() {
    return [{ tag: "div[data-html]" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["div", HTMLAttributes, "HTML"];
  },
  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = document.createElement("div");
      dom.className = "raw-html";
      const bar = describe("Raw HTML");
      const note = document.createElement("small");
      note.textContent = this.options.mayWrite
        ? "It is cleaned when it is shown: nothing that runs, frames or sends."
        : "Only an editor may change it. You can move it or delete it.";
      bar.append(note);
      const source = field("HTML", (value) => {
        const at = getPos();
        if (at !== undefined) editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "html", value));
      }, { multiline: true });
      source.input.rows = 4;
      source.input.spellcheck = false;
      dom.append(bar, source.label);
      const show = ({ attrs }) => {
        source.show(attrs.html, this.options.mayWrite && editor.isEditable);
        source.input.rows = Math.min(20, Math.max(4, attrs.html.split("\n").length));
      };
      show(node);
      return {
        dom,
        update: (next) => next.type === node.type && (show(next), true),
        stopEvent: (event) => event.target === source.input,
        ignoreMutation: () => true,
      };
    };
  },
});

export const Shielded = Node.create({
  name: "shielded",
  group: "block",
  atom: true,
  draggable: true,
  addAttributes() {
    // Text, so that a copy by the clipboard still holds it.
    return { held: { default: "", parseHTML: (element) => element.dataset.held ?? "" } };
  },
  parseHTML() {
    return [{ tag: "div[data-held]" }];
  },
  renderHTML({ node }) {
    return ["div", { "data-held": node.attrs.held, class: "shielded" }, "A block of another kind"];
  },
  addNodeView() {
    return ({ node }) => {
      const dom = document.createElement("div");
      dom.className = "shielded";
      dom.contentEditable = "false";
      let type = "unknown";
      try {
        type = String(JSON.parse(node.attrs.held).type ?? type);
      } catch {
        // The sentence below says enough.
      }
      const words = document.createElement("p");
      words.textContent =
        `This block (${type}) cannot be shown here. It is kept as it is; you can move it or delete it.`;
      dom.append(words);
      return { dom, ignoreMutation: () => true };
    };
  },
});
