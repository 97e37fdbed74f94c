import {
  Table as OfficialTable,
  TableCell as OfficialTableCell,
  TableHeader as OfficialTableHeader,
  TableRow as OfficialTableRow,
} from "@tiptap/extension-table";
import { field } from "./fields.js";
import { align } from "./paragraphs.js";

const span = (name, most) => ({
  default: 1,
  parseHTML: (element) => Math.min(most, Math.max(1, Number.parseInt(element.getAttribute(name), 10) || 1)),
  renderHTML: (attributes) => (attributes[name] > 1 ? { [name]: attributes[name] } : {}),
});
const cell = {
  content: "flow+",
  addAttributes() {
    return {
      colspan: span("colspan", 100),
      rowspan: span("rowspan", 1000),
      // Widths are kept, and not shown: a table is as wide as its words.
      colwidth: { default: null, parseHTML: () => null, rendered: false },
      align,
    };
  },
};

export const TableRow = OfficialTableRow.extend({ content: "(tableCell | tableHeader)+" });
export const TableCell = OfficialTableCell.extend({
  ...cell,
  renderHTML: ({ HTMLAttributes }) => ["td", HTMLAttributes, 0],
});
export const TableHeader = OfficialTableHeader.extend({
  ...cell,
  renderHTML: ({ HTMLAttributes }) => ["th", HTMLAttributes, 0],
});

const textOf = (caption) => (caption ?? []).map((one) => one.text ?? "\n").join("");

export const Table = OfficialTable.extend({
  addAttributes() {
    // The nodes of the caption. The table commands count rows; a caption among them
    // would be one to them.
    return {
      caption: {
        default: null,
        rendered: false,
        parseHTML: (element) => {
          const words = element.querySelector("caption")?.textContent.replace(/\s+/g, " ").trim();
          return words ? [{ type: "text", text: words }] : null;
        },
      },
    };
  },
  parseHTML() {
    return [{ tag: "table", contentElement: (table) => bodyOf(table) }];
  },
  renderHTML({ node }) {
    const caption = textOf(node.attrs.caption);
    const rows = ["tbody", 0];
    return caption ? ["table", ["caption", caption], rows] : ["table", rows];
  },
  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = document.createElement("div");
      dom.className = "table-block";
      const frame = document.createElement("div");
      frame.className = "table-frame";
      const table = document.createElement("table");
      const contentDOM = document.createElement("tbody");
      table.append(contentDOM);
      frame.append(table);
      const about = document.createElement("div");
      about.className = "block-fields";
      about.contentEditable = "false";
      const caption = field("Caption of the table", (value) => {
        const at = getPos();
        const nodes = value.trim() ? [{ type: "text", text: value }] : null;
        if (at !== undefined) editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "caption", nodes));
      });
      about.append(caption.label);
      // The tools come here while the cursor is in the table (tablemenu.js).
      const tools = document.createElement("div");
      tools.className = "table-tools";
      tools.contentEditable = "false";
      dom.append(frame, tools, about);
      const show = ({ attrs }) => caption.show(textOf(attrs.caption), editor.isEditable);
      show(node);
      return {
        dom,
        contentDOM,
        update: (next) => next.type === node.type && (show(next), true),
        stopEvent: (event) => about.contains(event.target) || tools.contains(event.target),
        ignoreMutation: (record) => record.type !== "selection" && !contentDOM.contains(record.target),
      };
    };
  },
}).configure({ resizable: false });

// Rows of head, body and foot together, without what is none.
function bodyOf(table) {
  const found = document.createElement("tbody");
  for (const row of table.rows) found.append(row.cloneNode(true));
  return found;
}
