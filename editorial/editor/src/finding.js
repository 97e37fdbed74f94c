// Find and replace in the text. Ctrl+F in the text; Escape goes back to it.
import { Extension } from "@tiptap/core";
import { Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { button, make } from "./place.js";

const key = new PluginKey("finding");
const MOST = 5_000;

// Case and accents as people type them; one letter for one, so that places hold.
const folded = (text) => [...text].map((letter) => {
  const plain = letter.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.length === letter.length ? plain : letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter;
}).join("");

export function matches(doc, words) {
  const found = [];
  const wanted = folded(words);
  if (!wanted) return found;
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    // Other leaves count as one letter that nobody types.
    const text = folded(node.textBetween(0, node.content.size, "\n", "\ufffc"));
    for (let at = text.indexOf(wanted); at >= 0 && found.length < MOST; at = text.indexOf(wanted, at + wanted.length))
      found.push({ from: pos + 1 + at, to: pos + 1 + at + wanted.length });
    return false;
  });
  return found;
}

export const Finding = Extension.create({
  name: "finding",
  addStorage() {
    return { open: null };
  },
  addKeyboardShortcuts() {
    return {
      "Mod-f": () => {
        if (!this.storage.open) return false;
        this.storage.open();
        return true;
      },
    };
  },
  addProseMirrorPlugins() {
    return [new Plugin({
      key,
      state: {
        init: () => ({ words: "", found: [], now: 0, shown: DecorationSet.empty }),
        apply(tr, before, _old, state) {
          const told = tr.getMeta(key);
          if (!told && !tr.docChanged) return before;
          const words = told?.words ?? before.words;
          const found = words ? matches(state.doc, words) : [];
          const now = Math.max(0, Math.min(told?.now ?? before.now, found.length - 1));
          const shown = DecorationSet.create(state.doc, found.map(({ from, to }, index) =>
            Decoration.inline(from, to, { class: index === now ? "found found-now" : "found" })));
          return { words, found, now, shown };
        },
      },
      props: { decorations: (state) => key.getState(state).shown },
    })];
  },
});

export function installFinding(body) {
  const { editor } = body;
  const bar = make("div", "find-bar", { role: "search", "aria-label": "Find in the text" });
  const field = (label) => make("input", "", { type: "text", "aria-label": label, placeholder: label, autocomplete: "off" });
  const words = field("Find");
  const other = field("Replace with");
  const said = make("p", "find-said", { role: "status" });
  const tell = (meta) => editor.view.dispatch(editor.state.tr.setMeta(key, meta).setMeta("addToHistory", false));
  const state = () => key.getState(editor.state);
  const say = () => {
    const { found, now } = state();
    said.textContent = !words.value ? "" : found.length ? `${now + 1} of ${found.length}` : "Not found";
    for (const one of [previous, next, replace, all]) one.disabled = !found.length;
  };
  const show = () => {
    const { found, now } = state();
    say();
    if (!found.length) return;
    const { node } = editor.view.domAtPos(found[now].from);
    (node.nodeType === 1 ? node : node.parentElement)?.scrollIntoView({ block: "center" });
  };
  const go = (step) => {
    const { found, now } = state();
    if (!found.length) return;
    tell({ now: (now + step + found.length) % found.length });
    show();
  };
  const put = (places) => {
    const { tr } = editor.state;
    for (const { from, to } of [...places].reverse()) {
      if (other.value) tr.insertText(other.value, from, to);
      else tr.delete(from, to);
    }
    editor.view.dispatch(tr);
    show();
  };
  const close = () => {
    tell({ words: "", now: 0 });
    bar.hidden = true;
    body.focus();
  };
  const previous = button("Previous", "button small", () => go(-1));
  const next = button("Next", "button small", () => go(1));
  const replace = button("Replace", "button small", () => {
    const { found, now } = state();
    if (found[now]) put([found[now]]);
  });
  const all = button("Replace all", "button small", () => {
    const { found } = state();
    put(found);
    body.announce(`Replaced ${found.length} times.`);
  });
  const done = button("Done", "button small", close);
  bar.append(words, said, previous, next, other, replace, all, done);
  bar.hidden = true;
  words.addEventListener("input", (event) => {
    event.stopPropagation();
    tell({ words: words.value, now: 0 });
    show();
  });
  other.addEventListener("input", (event) => event.stopPropagation());
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && event.target === words) {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    } else if (event.key === "Enter" && event.target === other) {
      event.preventDefault();
      replace.click();
    }
  });
  body.on("change", () => !bar.hidden && say());
  body.element.querySelector(".body-bar, .body-surface").before(bar);
  const open = () => {
    const { from, to } = editor.state.selection;
    const chosen = editor.state.doc.textBetween(from, to, " ");
    if (chosen && chosen.length < 200) words.value = chosen;
    bar.hidden = false;
    tell({ words: words.value, now: 0 });
    say();
    words.focus();
    words.select();
  };
  editor.storage.finding.open = open;
  return { open, close };
}
