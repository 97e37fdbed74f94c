import {
  BulletList as OfficialBulletList,
  ListItem as OfficialListItem,
  OrderedList as OfficialOrderedList,
} from "@tiptap/extension-list";

export const BulletList = OfficialBulletList.extend({ group: "block flow list" });

export const OrderedList = OfficialOrderedList.extend({
  group: "block flow list",
  addAttributes() {
    return {
      start: {
        default: null,
        parseHTML: (element) => {
          const start = Number.parseInt(element.getAttribute("start"), 10);
          return Number.isFinite(start) && Math.abs(start) <= 1_000_000 ? start : null;
        },
      },
      style: {
        default: null,
        parseHTML: (element) =>
          ["a", "A", "i", "I"].find((style) => style === element.getAttribute("type")) ?? null,
        renderHTML: ({ style }) => (style ? { type: style } : {}),
      },
      reversed: {
        default: null,
        parseHTML: (element) => element.hasAttribute("reversed") || null,
        renderHTML: ({ reversed }) => (reversed ? { reversed: "" } : {}),
      },
    };
  },
  renderHTML({ HTMLAttributes }) {
    return ["ol", HTMLAttributes, 0];
  },
});

export const ListItem = OfficialListItem.extend({ content: "flow+" });
