// What a body may be made of. The server's registry (editorial/blocks) says the same;
// a test compares the two by the description that the build writes.
import { getSchema } from "@tiptap/core";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Text } from "@tiptap/extension-text";
import { BlockIds } from "./ids.js";
import { marks } from "./marks.js";
import { CodeBlock } from "./nodes/code.js";
import { Embed } from "./nodes/embeds.js";
import { BulletList, ListItem, OrderedList } from "./nodes/lists.js";
import { Divider, Heading, Paragraph } from "./nodes/paragraphs.js";
import { Caption, Gallery, Image } from "./nodes/pictures.js";
import { Blockquote, Callout, Citation } from "./nodes/quotes.js";
import { RawHTML, Shielded } from "./nodes/raw.js";
import { Table, TableCell, TableHeader, TableRow } from "./nodes/tables.js";

// The order matters: the first that fits fills what must not be empty.
export const schemaExtensions = [
  Document.extend({ content: "block+" }),
  Text,
  Paragraph,
  Heading,
  BulletList,
  OrderedList,
  ListItem,
  Blockquote,
  Citation,
  CodeBlock,
  Image,
  Embed,
  Divider,
  Gallery,
  Caption,
  Callout,
  Table,
  TableRow,
  TableHeader,
  TableCell,
  RawHTML,
  Shielded,
  HardBreak.extend({ marks: undefined }),
  ...marks,
  BlockIds,
];

// Type of a block, as the server's rows say it, for each node at the top.
export const TYPES = {
  paragraph: "paragraph",
  heading: "heading",
  bulletList: "list",
  orderedList: "list",
  blockquote: "quote",
  codeBlock: "code",
  image: "image",
  gallery: "gallery",
  table: "table",
  callout: "callout",
  embed: "embed",
  horizontalRule: "divider",
  html: "html",
};

// Only the editor knows these; they never leave it.
const OURS = { nodes: ["doc", "shielded"], attributes: { "*": ["id"], table: ["caption"], citation: ["asked"] } };

export function described() {
  const schema = getSchema(schemaExtensions);
  const nodes = {};
  for (const type of Object.values(schema.nodes)) {
    if (OURS.nodes.includes(type.name)) continue;
    const ours = [...OURS.attributes["*"], ...(OURS.attributes[type.name] ?? [])];
    nodes[type.name] = {
      attributes: Object.keys(type.spec.attrs ?? {}).filter((name) => !ours.includes(name)).sort(),
      holds: held(type),
      marks: type.inlineContent ? (type.markSet ?? Object.values(schema.marks)).map((mark) => mark.name).sort() : [],
    };
  }
  // Its caption is an attribute here: the table commands know rows only.
  nodes.table.holds = [...nodes.table.holds, "caption"].sort();
  const found = {};
  for (const mark of Object.values(schema.marks))
    found[mark.name] = Object.keys(mark.spec.attrs ?? {}).sort();
  return { blocks: TYPES, nodes, marks: found };
}

function held(type) {
  const seen = new Set();
  const names = new Set();
  const walk = (match) => {
    if (seen.has(match)) return;
    seen.add(match);
    for (let index = 0; index < match.edgeCount; index++) {
      const { type: child, next } = match.edge(index);
      if (child.name !== "shielded") names.add(child.name);
      walk(next);
    }
  };
  walk(type.contentMatch);
  return [...names].sort();
}
