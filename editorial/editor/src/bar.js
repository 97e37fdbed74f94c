// The bar over the text: insert, undo, find, outline, length, and nothing but the text.
import { TextSelection } from "@tiptap/pm/state";
import { matching } from "./menu.js";
import { headings, measure } from "./measures.js";
import { button, make, rove } from "./place.js";

const SETTLED = 250;

export function installBar(body, { finder }) {
  const { editor } = body;
  const bar = make("div", "body-bar", { role: "toolbar", "aria-label": "The text" });
  const insert = menuButton("Insert", () => insertions(body, insert));
  const undo = button("Undo", "bar-tool", () => editor.chain().focus().undo().run(), { title: "Ctrl+Z" });
  const redo = button("Redo", "bar-tool", () => editor.chain().focus().redo().run(), { title: "Ctrl+Shift+Z" });
  const find = button("Find", "bar-tool", () => finder.open(), { title: "Ctrl+F" });
  const outline = menuButton("Outline", () => outlined(body, outline));
  const alone = button("Only the text", "bar-tool", () => setAlone(!isAlone()), { "aria-pressed": "false", title: "Everything else steps back; Escape brings it back" });
  const count = make("p", "body-count");
  bar.append(insert.root, undo, redo, find, outline.root, alone, count);
  body.element.prepend(bar);
  rove(bar, {
    items: () => [...bar.querySelectorAll(":scope > button, :scope > .bar-menu > button")],
    escape: () => body.focus(),
  });

  const isAlone = () => document.documentElement.classList.contains("only-the-text");
  const setAlone = (on) => {
    document.documentElement.classList.toggle("only-the-text", on);
    alone.setAttribute("aria-pressed", String(on));
    body.focus();
  };
  // Before the text has its way with Escape; but what is open closes first.
  const open = ".slash-menu, .block-menu, dialog[open], .bar-sheet:not([hidden]), .find-bar:not([hidden])";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isAlone() || document.querySelector(open)) return;
    event.preventDefault();
    event.stopPropagation();
    setAlone(false);
  }, true);

  const recount = () => {
    undo.disabled = !editor.can().undo();
    redo.disabled = !editor.can().redo();
    const { words, minutes } = measure(editor.state.doc);
    count.textContent = `${words.toLocaleString("en")} word${words === 1 ? "" : "s"} · ${minutes} min read`;
    outline.refresh?.();
  };
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(recount, SETTLED);
  };
  body.on("change", soon);
  recount();
}

// A button with a sheet under it.
function menuButton(label, fill) {
  const root = make("div", "bar-menu");
  const sheet = make("div", "bar-sheet");
  sheet.hidden = true;
  const one = { root, sheet, refresh: null };
  const toggle = button(label, "bar-tool", () => (sheet.hidden ? one.open() : one.close()), { "aria-expanded": "false", "aria-haspopup": "true" });
  const outside = (event) => {
    if (!root.contains(event.target)) one.close();
  };
  one.open = () => {
    sheet.hidden = false;
    toggle.setAttribute("aria-expanded", "true");
    document.addEventListener("mousedown", outside);
    fill();
    sheet.querySelector("button")?.focus();
  };
  one.close = () => {
    sheet.hidden = true;
    one.refresh = null;
    toggle.setAttribute("aria-expanded", "false");
    document.removeEventListener("mousedown", outside);
  };
  root.append(toggle, sheet);
  rove(sheet, {
    items: () => [...sheet.querySelectorAll("button")],
    vertical: true,
    escape: () => {
      one.close();
      toggle.focus();
    },
  });
  return one;
}

function insertions(body, menu) {
  const entries = matching(body.insertions, "");
  menu.sheet.replaceChildren(...entries.map((entry) => {
    const one = button(
      make("span", "slash-icon", { "aria-hidden": "true" }, entry.icon ?? "+"),
      "sheet-entry",
      () => {
        menu.close();
        newLine(body);
        entry.run(body);
      },
    );
    one.append(make("span", "slash-name", {}, entry.name), make("span", "slash-hint", {}, entry.hint ?? ""));
    return one;
  }));
}

// What is inserted by the button never changes what stands there: it goes below.
function newLine(body) {
  const { state, view } = body.editor;
  const { node, pos } = body.blockAt();
  if (node.type.name === "paragraph" && !node.content.size) return;
  const end = pos + node.nodeSize;
  const { tr } = state;
  tr.insert(end, state.schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.near(tr.doc.resolve(end + 1), 1));
  view.dispatch(tr);
}

function outlined(body, menu) {
  const draw = () => {
    const found = headings(body.editor.state.doc);
    if (!found.length) {
      menu.sheet.replaceChildren(make("p", "quiet", {}, "No headings yet. Type ## and a space to begin one."));
      return;
    }
    const within = menu.sheet.contains(document.activeElement);
    const at = [...menu.sheet.querySelectorAll("button")].indexOf(document.activeElement);
    const list = make("ol", "outline");
    for (const { id, level, text } of found)
      list.append(make("li", `level-${level}`, {}, button(text || "(empty heading)", "sheet-entry", () => {
        menu.close();
        body.focusBlock(id);
      })));
    menu.sheet.replaceChildren(list);
    if (within) menu.sheet.querySelectorAll("button")[Math.max(0, at)]?.focus();
  };
  menu.refresh = draw;
  draw();
}
