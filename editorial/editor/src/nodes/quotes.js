import { Node, wrappingInputRule } from "@tiptap/core";
import { isSafeLink } from "../marks.js";

export const Citation = Node.create({
  name: "citation",
  content: "inline*",
  defining: true,
  addAttributes() {
    // Required, and nothing else: so that Enter, or the mending of a quote, never makes
    // one by itself.
    return { asked: { isRequired: true, rendered: false, parseHTML: () => true } };
  },
  parseHTML() {
    return [{ tag: "footer", getAttrs: () => ({ asked: true }) }];
  },
  renderHTML() {
    return ["footer", 0];
  },
});

export const Blockquote = Node.create({
  name: "blockquote",
  group: "block flow",
  content: "flow+ citation?",
  defining: true,
  addAttributes() {
    return {
      cite: {
        default: null,
        parseHTML: (element) =>
          isSafeLink(element.getAttribute("cite")) ? element.getAttribute("cite") : null,
      },
      pull: {
        default: null,
        parseHTML: (element) => element.classList.contains("pull") || null,
        renderHTML: ({ pull }) => (pull ? { class: "pull" } : {}),
      },
    };
  },
  parseHTML() {
    return [{ tag: "blockquote" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["blockquote", HTMLAttributes, 0];
  },
  addCommands() {
    return {
      toggleBlockquote: () => ({ commands }) => commands.toggleWrap(this.name),
    };
  },
  addKeyboardShortcuts() {
    return { "Mod-Shift-b": () => this.editor.commands.toggleBlockquote() };
  },
  addInputRules() {
    return [wrappingInputRule({ find: /^\s*>\s$/, type: this.type })];
  },
});

export const TONES = { note: "Note", tip: "Tip", warning: "Warning", danger: "Danger" };

export const Callout = Node.create({
  name: "callout",
  group: "block",
  content: "flow+",
  defining: true,
  addAttributes() {
    return {
      tone: {
        default: "note",
        parseHTML: (element) =>
          Object.keys(TONES).find((tone) => element.classList.contains(`callout-${tone}`)) ?? "note",
        renderHTML: ({ tone }) => ({ class: `callout callout-${tone}`, "data-tone": TONES[tone] }),
      },
    };
  },
  parseHTML() {
    return [{ tag: "aside.callout" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["aside", HTMLAttributes, 0];
  },
  addCommands() {
    return {
      toggleCallout: (tone = "note") => ({ commands }) => commands.toggleWrap(this.name, { tone }),
    };
  },
});
