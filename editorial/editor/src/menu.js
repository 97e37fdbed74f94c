// Everything that can be inserted, in one list: the slash menu and the "Insert" button
// show it. A feature adds to it with body.insertions.push({name, hint, keys, icon, run}).
// `run(body)` is called when the slash and the letters behind it are gone.
import { TextSelection } from "@tiptap/pm/state";
import { chooseImages } from "./library.js";

const chain = (work) => (body) => work(body.editor.chain().focus()).run();

// Puts a block in the place of an empty paragraph, or below the block of the cursor.
export function insertBlock(body, json, { inside = true } = {}) {
  const { state, view } = body.editor;
  const node = state.schema.nodeFromJSON(json);
  const { node: here, pos } = body.blockAt();
  const { tr } = state;
  const isEmpty = here.type.name === "paragraph" && !here.content.size;
  const start = isEmpty ? pos : pos + here.nodeSize;
  if (isEmpty) tr.replaceWith(pos, pos + here.nodeSize, node);
  else tr.insert(start, node);
  const after = start + node.nodeSize;
  if (inside && !node.isAtom) tr.setSelection(TextSelection.near(tr.doc.resolve(start + 1), 1));
  else {
    if (after >= tr.doc.content.size) tr.insert(after, state.schema.nodes.paragraph.create());
    tr.setSelection(TextSelection.near(tr.doc.resolve(after + 1), 1));
  }
  view.dispatch(tr.scrollIntoView());
  view.focus();
}

export function insertions(body) {
  const found = [
    { name: "Text", hint: "A paragraph", keys: "paragraph plain", icon: "¶", run: chain((c) => c.setParagraph()) },
    { name: "Heading", hint: "A new part", keys: "h2 title section ##", icon: "H2", run: chain((c) => c.setHeading({ level: 2 })) },
    { name: "Subheading", hint: "A part of a part", keys: "h3 heading 3 ###", icon: "H3", run: chain((c) => c.setHeading({ level: 3 })) },
    { name: "Small heading", hint: "The third level", keys: "h4 heading 4 ####", icon: "H4", run: chain((c) => c.setHeading({ level: 4 })) },
    { name: "List", hint: "With bullets", keys: "bullets unordered ul -", icon: "•", run: chain((c) => c.toggleBulletList()) },
    { name: "Numbered list", hint: "1, 2, 3", keys: "ordered ol 1.", icon: "1.", run: chain((c) => c.toggleOrderedList()) },
    { name: "Quote", hint: "What somebody said", keys: "blockquote citation >", icon: "❝", run: chain((c) => c.toggleBlockquote()) },
    { name: "Image", hint: "From the library", keys: "picture photo media img", icon: "▣", run: (it) => chooseImages(it, { many: false }) },
    { name: "Gallery", hint: "Several images together", keys: "pictures photos images grid", icon: "▦", run: (it) => chooseImages(it, { many: true }) },
    { name: "Code", hint: "With its language", keys: "pre source program ```", icon: "{}", run: chain((c) => c.setCodeBlock()) },
    { name: "Table", hint: "Rows and columns", keys: "grid cells", icon: "▤", run: chain((c) => c.insertTable({ rows: 3, cols: 3, withHeaderRow: true })) },
    { name: "Note", hint: "A box beside the story", keys: "callout info aside box", icon: "ⓘ", run: chain((c) => c.toggleCallout("note")) },
    { name: "Tip", hint: "A box with advice", keys: "callout aside box hint", icon: "✓", run: chain((c) => c.toggleCallout("tip")) },
    { name: "Warning", hint: "A box that warns", keys: "callout aside box caution", icon: "!", run: chain((c) => c.toggleCallout("warning")) },
    { name: "Danger", hint: "A box that warns loudly", keys: "callout aside box alert", icon: "‼", run: chain((c) => c.toggleCallout("danger")) },
    { name: "Divider", hint: "A line between parts", keys: "hr rule line ---", icon: "―", run: (it) => insertBlock(it, { type: "horizontalRule" }, { inside: false }) },
    { name: "End of the teaser", hint: "Lists show what stands above", keys: "more read on", icon: "⋯", run: (it) => insertBlock(it, { type: "horizontalRule", attrs: { kind: "more" } }, { inside: false }) },
  ];
  if (body.item.mayRaw)
    found.push({ name: "Raw HTML", hint: "What no block can say", keys: "html source embed code", icon: "</>", run: (it) => {
      insertBlock(it, { type: "html", attrs: { html: "" } }, { inside: false });
    } });
  return found;
}

// How well the typed letters name an entry: 0 is not at all.
function score(entry, query) {
  const name = entry.name.toLowerCase();
  if (!query) return 1;
  if (name.startsWith(query)) return 100 - name.length / 100;
  const words = `${name} ${entry.keys}`.split(/\s+/);
  if (words.some((word) => word === query)) return 90;
  if (words.some((word) => word.startsWith(query))) return 70;
  if (name.includes(query)) return 50;
  // The letters in their order, with others between them.
  let at = -1;
  for (const letter of query) {
    at = name.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return 20;
}

export function matching(entries, query) {
  const wanted = query.trim().toLowerCase();
  return entries
    .map((entry, index) => ({ entry, index, points: score(entry, wanted) }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points || one.index - other.index)
    .map(({ entry }) => entry);
}
