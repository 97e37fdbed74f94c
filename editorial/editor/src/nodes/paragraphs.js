import { Node, textblockTypeInputRule, wrappingInputRule } from "@tiptap/core";
import { Heading as OfficialHeading } from "@tiptap/extension-heading";
import { Paragraph as OfficialParagraph } from "@tiptap/extension-paragraph";
import { Selection } from "@tiptap/pm/state";

const SIDES = ["left", "center", "right", "justify"];

// Alignment comes with imported and pasted text; as a class, for inline styles are refused.
export const align = {
  default: null,
  parseHTML: (element) => {
    const given = (element.getAttribute("align") || element.style.textAlign || "").toLowerCase();
    const named = SIDES.find((side) => element.classList.contains(`align-${side}`));
    return named ?? (SIDES.includes(given) ? given : null);
  },
  renderHTML: (attributes) => (attributes.align ? { class: `align-${attributes.align}` } : {}),
};

export const Paragraph = OfficialParagraph.extend({
  group: "block flow",
  addAttributes() {
    return { align };
  },
});

export const Heading = OfficialHeading.extend({
  group: "block flow",
  marks: "_",
  addAttributes() {
    return { ...this.parent(), align };
  },
  parseHTML() {
    // The title of the page is the first level; deeper ones are not ours.
    return [
      { tag: "h1", attrs: { level: 2 } },
      { tag: "h2", attrs: { level: 2 } },
      { tag: "h3", attrs: { level: 3 } },
      ...["h4", "h5", "h6"].map((tag) => ({ tag, attrs: { level: 4 } })),
    ];
  },
}).configure({ levels: [2, 3, 4] });

const KINDS = {
  rule: "",
  more: "End of the teaser",
  page: "End of a page",
};

export const Divider = Node.create({
  name: "horizontalRule",
  group: "block flow",
  draggable: true,
  addAttributes() {
    return { kind: { default: null, parseHTML: (element) => element.dataset.kind ?? null } };
  },
  parseHTML() {
    return [{ tag: "hr" }, { tag: "div[data-divider]" }];
  },
  renderHTML({ node }) {
    const { kind } = node.attrs;
    return ["div", { class: "divider", "data-divider": "", ...(kind && { "data-kind": kind }) },
      ["hr"], ["span", KINDS[kind] ?? ""]];
  },
  addCommands() {
    return {
      setDivider: () => ({ chain }) => chain().insertContent({ type: this.name }).run(),
    };
  },
  addInputRules() {
    return [{
      find: /^(?:---|—-|___\s|\*\*\*\s)$/,
      undoable: true,
      handler: ({ state, range }) => {
        const { tr } = state;
        const at = tr.doc.resolve(range.from);
        if (at.parent.type.name !== "paragraph") return null;
        const end = at.after();
        tr.delete(at.start(), at.end());
        tr.insert(at.before(), this.type.create());
        tr.setSelection(Selection.near(tr.doc.resolve(tr.mapping.map(end, -1)), 1));
      },
    }];
  },
});
