// What comes by the clipboard or is dropped.
//
// Foreign markup goes to the server, whose reader makes blocks of it; it is never made
// into elements here. Blocks of our own travel as what they are, with new ids.
import { Extension } from "@tiptap/core";
import { closeHistory } from "@tiptap/pm/history";
import { Slice } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { isSafeLink } from "../marks.js";
import { newId } from "../ids.js";
import { send } from "./intake/asking.js";
import { select } from "./intake/inserting.js";
import { counted, report } from "./intake/report.js";
import { fill, hold, letGo, waitingPlugin } from "./intake/waiting.js";
import { takeFiles } from "./uploads.js";
import "./intake/intake.css";

const OURS = "application/x-masthead-blocks";
const PATIENCE = 20_000;
const ADDRESS = /^https?:\/\/[^\s<>"]+$/;

export function extensions(body) {
  return [Extension.create({
    name: "pasting",
    addProseMirrorPlugins: () => [waitingPlugin(), new Plugin({
      props: {
        // Before the editor's own handlers, which would make elements of foreign markup.
        handleDOMEvents: {
          paste: (view, event) => {
            // The caret may have moved a moment ago, and the editor not have heard of it.
            view.domObserver.flush();
            const took = taken(body, view, event.clipboardData, view.state.selection, view.input?.shiftKey);
            if (took) event.preventDefault();
            return took;
          },
          drop: (view, event) => {
            if (view.dragging || !event.dataTransfer) return false;
            const at = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos;
            if (at === undefined) return false;
            const $at = view.state.doc.resolve(at);
            const took = taken(body, view, event.dataTransfer, { from: at, to: at, empty: true, $from: $at, $to: $at });
            if (took) event.preventDefault();
            return took;
          },
        },
      },
    })],
  })];
}

export function install(body) {
  const { surface } = body;
  let copied = null;
  // Before the editor's own handler, which may delete what is cut; and after it, because
  // it empties the clipboard first.
  const note = () => {
    copied = told(body);
  };
  const give = (event) => {
    if (copied && event.defaultPrevented) event.clipboardData?.setData(OURS, copied);
    copied = null;
  };
  for (const name of ["copy", "cut"]) {
    surface.addEventListener(name, note, true);
    surface.addEventListener(name, give);
  }
  body.insertions?.push({
    name: "Word document", hint: "Text and pictures of a .docx", keys: "docx import upload file", icon: "W",
    run: () => chooseWord(body),
  });
}

// --- Our own blocks ------------------------------------------------------------------

function told(body) {
  const { selection } = body.editor.state;
  if (selection.empty) return null;
  const slice = selection.content();
  const media = {};
  slice.content.descendants((node) => {
    const known = node.attrs.media && body.media.get(node.attrs.media);
    if (known) media[node.attrs.media] = known;
  });
  return JSON.stringify({ item: body.item.id, slice: slice.toJSON(), media });
}

function pasteOurs(body, view, source, { from, to }) {
  let slice;
  let media;
  try {
    const found = JSON.parse(source);
    slice = Slice.fromJSON(view.state.schema, found.slice);
    slice.content.forEach((node) => node.check());
    media = Object.entries(found.media ?? {});
  } catch {
    return false;
  }
  if (!isSound(body, slice)) return false;
  for (const [id, known] of media) if (!body.media.has(id)) body.media.set(id, known);
  view.someProp("transformPasted", (change) => {
    slice = change(slice, view, false);
  });
  const tr = closeHistory(view.state.tr).setMeta("paste", true);
  tr.replaceRange(from, to, slice);
  select(tr, tr.mapping.map(to));
  view.dispatch(tr.scrollIntoView());
  view.dispatch(closeHistory(view.state.tr));
  return true;
}

// Any page can write any type onto a clipboard: what is not sound goes the other way.
function isSound(body, slice) {
  let sound = true;
  const look = (node) => {
    const { attrs, type, marks } = node;
    if (type.name === "html" && !body.item.mayRaw) sound = false;
    if (type.name === "shielded") sound = false;
    if (type.name === "embed" && !ADDRESS.test(attrs.url ?? "")) sound = false;
    for (const address of [attrs.href, attrs.cite, attrs.src])
      if (address && !isSafeLink(address)) sound = false;
    for (const mark of marks)
      if (mark.type.name === "link" && !isSafeLink(mark.attrs.href)) sound = false;
  };
  slice.content.descendants(look);
  return sound;
}

// --- Everything else -----------------------------------------------------------------

function taken(body, view, data, selection, asText = false) {
  if (!data || !view.editable) return false;
  const own = data.getData(OURS);
  if (own && !asText && pasteOurs(body, view, own, selection)) return true;
  const html = data.getData("text/html");
  const text = data.getData("text/plain");
  const files = [...data.files];
  const word = files.find(({ name }) => /\.docx?$/i.test(name));
  if (word) {
    bringWord(body, word, selection.from, selection.to);
    return true;
  }
  // A copied picture comes with an <img> of its address; a copied text with its picture.
  const hasWords = text.trim() || html.replace(/<(style|title)\b[\s\S]*?<\/\1>/gi, "").replace(/<[^>]*>/g, "").trim();
  if (files.length && !hasWords) {
    takeFiles(body, files, selection.from);
    return true;
  }
  if (selection.$from.parent.type.spec.code) return false;
  if (asText || (!html && !text)) return false;
  const address = text.trim();
  if (ADDRESS.test(address) && isSafeLink(address)) return pasteAddress(body, view, address, selection);
  if (!html && !text.includes("\n") && !/[[\]*_`|]|^#|:\/\//.test(text)) return false;
  convert(body, { html, text }, selection);
  return true;
}

function pasteAddress(body, view, address, { from, to, empty, $from }) {
  const { schema } = view.state;
  const mark = schema.marks.link.create({ href: address });
  const { doc } = view.state;
  if (!empty && textblocks(doc, from, to) === 1) {
    view.dispatch(closeHistory(view.state.tr).removeMark(from, to, schema.marks.link).addMark(from, to, mark));
    view.dispatch(closeHistory(view.state.tr));
    body.announce("The words are a link now.");
    return true;
  }
  if (!$from.parent.inlineContent || !$from.parent.type.allowsMarkType(schema.marks.link)) return false;
  const isAlone = $from.parent.type.name === "paragraph" && !$from.parent.content.size;
  if (isAlone) {
    convert(body, { text: address, alone: true }, { from, to });
    return true;
  }
  const tr = closeHistory(view.state.tr).replaceWith(from, to, schema.text(address, [mark]));
  view.dispatch(tr.removeStoredMark(mark).scrollIntoView());
  view.dispatch(closeHistory(view.state.tr));
  return true;
}

// How many texts a range touches that have words in it.
function textblocks(doc, from, to) {
  let found = 0;
  doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isTextblock) return true;
    const [start, end] = [Math.max(from, pos + 1), Math.min(to, pos + node.nodeSize - 1)];
    if (end > start && doc.textBetween(start, end).trim()) found += 1;
    return false;
  });
  return found;
}

async function convert(body, { html = "", text = "", alone = false }, { from, to }) {
  const { view } = body.editor;
  const id = hold(view, from, to);
  const form = new FormData();
  form.set("html", new Blob([html], { type: "text/plain" }), "html");
  form.set("text", new Blob([text], { type: "text/plain" }), "text");
  if (alone) form.set("alone", "1");
  try {
    const answer = await send(body.item.urls.paste, form, { patience: PATIENCE }).done;
    learn(body, answer.media);
    fill(body, id, answer.blocks);
    report(body, `${counted(answer.blocks.length, "block")} pasted.`, answer.notes);
  } catch (problem) {
    // The words at least are here, and stay.
    fill(body, id, words(text || html.replace(/<[^>]*>/g, " ")));
    report(body, "Only the words were pasted.", [`${problem.message} Undo and paste again to have headings, lists and links.`]);
  }
}

function words(text) {
  const lines = text.replace(/\r\n?/g, "\n").split(/\n\s*\n/).map((one) => one.replace(/\s+/g, " ").trim());
  return lines.filter(Boolean).map((line) => ({
    id: newId(),
    type: "paragraph",
    content: { type: "paragraph", content: [{ type: "text", text: line }] },
  }));
}

export function learn(body, media = {}) {
  for (const [id, known] of Object.entries(media)) if (!body.media.has(id)) body.media.set(id, known);
}

// --- Word files ----------------------------------------------------------------------

function chooseWord(body) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".docx,application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  input.addEventListener("change", () => {
    const { from, to } = body.editor.state.selection;
    if (input.files[0]) bringWord(body, input.files[0], from, to);
  });
  input.click();
}

async function bringWord(body, file, from, to) {
  const { view } = body.editor;
  const dom = document.createElement("div");
  dom.className = "intake-waiting";
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", `Reading ${file.name}`);
  dom.append(`Reading ${file.name}…`, bar);
  const id = hold(view, from, to, dom);
  const form = new FormData();
  form.set("file", file);
  try {
    const answer = await send(body.item.urls.word, form, { progress: (part) => { bar.value = part; } }).done;
    learn(body, answer.media);
    fill(body, id, answer.blocks);
    report(body, `${counted(answer.blocks.length, "block")} from ${file.name}.`, answer.notes);
  } catch (problem) {
    letGo(view, id);
    report(body, `${file.name} was not read.`, [`${problem.message} Nothing in your text has changed.`]);
  }
}
