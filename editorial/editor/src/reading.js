// Between the server's blocks, [{id, type, content}], and the editor's nodes.
//
// A block that nobody touched goes back exactly as it came, whatever the editor made of
// it meanwhile. A block that the editor cannot read is shielded: kept, and not shown.
import { TYPES } from "./schema.js";

const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// Half an emoji or a NUL cannot be stored; one letter for one, so that offsets hold.
export const storable = (text) => text.replace(HALVES, "\ufffd").replaceAll("\0", "\ufffd");

const OURS = new Set(["id", "asked"]);
const USUAL = { colspan: 1, rowspan: 1 };

function plain(json) {
  const found = { type: json.type };
  const attrs = Object.entries(json.attrs ?? {})
    .filter(([name, value]) => !OURS.has(name) && value !== null && value !== "" && USUAL[name] !== value)
    .map(([name, value]) => [name, typeof value === "string" ? storable(value) : value]);
  const children = (json.content ?? []).map(plain);
  const caption = json.type === "table" && attrs.find(([name]) => name === "caption")?.[1];
  if (caption) children.push({ type: "caption", content: caption.map(plain) });
  const kept = attrs.filter(([name]) => !(json.type === "table" && name === "caption"));
  if (kept.length) found.attrs = Object.fromEntries(kept);
  if (json.type === "html" && !found.attrs) found.attrs = { html: "" };
  if (json.text !== undefined) found.text = storable(json.text);
  if (json.marks?.length)
    found.marks = json.marks.map(({ type, attrs: of }) => {
      const told = Object.entries(of ?? {}).filter(([, value]) => value !== null && value !== "");
      return told.length ? { type, attrs: Object.fromEntries(told) } : { type };
    });
  if (children.length) found.content = children;
  return found;
}

// The server allows empty items, cells and quotes; a cursor must stand somewhere.
const NEEDS_FLOW = new Set(["listItem", "tableCell", "tableHeader", "blockquote", "callout"]);

function prepared(json) {
  const { caption } = json.attrs ?? {};
  let content = json.content?.map(prepared);
  const attrs = { ...json.attrs };
  if (json.type === "table" && content?.at(-1)?.type === "caption") {
    attrs.caption = content.at(-1).content ?? null;
    content = content.slice(0, -1);
  } else if (json.type === "table" && caption !== undefined) {
    throw new RangeError("A table has no such attribute.");
  }
  if (json.type === "citation") attrs.asked = true;
  if (NEEDS_FLOW.has(json.type)) {
    const isBare = !content?.length || (content.length === 1 && content[0].type === "citation");
    if (isBare) content = [{ type: "paragraph" }, ...(content ?? [])];
  }
  return { ...json, attrs, ...(content && { content }) };
}

const known = (schema, json) => {
  const type = schema.nodes[json.type];
  if (!type) throw new RangeError("An unknown node.");
  for (const name of Object.keys(json.attrs ?? {}))
    if (!(name in (type.spec.attrs ?? {}))) throw new RangeError("An unknown attribute.");
  for (const mark of json.marks ?? []) {
    const kind = schema.marks[mark.type];
    if (!kind) throw new RangeError("An unknown mark.");
    for (const name of Object.keys(mark.attrs ?? {}))
      if (!(name in (kind.spec.attrs ?? {}))) throw new RangeError("An unknown attribute.");
  }
  json.content?.forEach((child) => known(schema, child));
};

export function nodeOf(schema, block) {
  try {
    const content = prepared(block.content);
    known(schema, content);
    if (TYPES[content.type] !== block.type) throw new RangeError("An unknown type.");
    const node = schema.nodeFromJSON({ ...content, attrs: { ...content.attrs, id: block.id } });
    node.check();
    return node;
  } catch {
    return schema.nodes.shielded.create({ id: block?.id ?? null, held: JSON.stringify(block) });
  }
}

export function blockOf(node) {
  const { id } = node.attrs;
  if (node.type.name === "shielded") {
    const held = JSON.parse(node.attrs.held);
    return { ...held, id: id ?? held.id };
  }
  return { id, type: TYPES[node.type.name], content: plain(node.toJSON()) };
}

export const isEmptyParagraph = (node) => node.type.name === "paragraph" && !node.content.size;
