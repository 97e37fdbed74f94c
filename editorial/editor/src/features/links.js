// Links: Ctrl+K asks where a text leads, @ finds an item of ours while writing, and a
// small window beside a link says what is at its end. `body.editLink()` opens the dialog.
import { Extension, getMarkRange } from "@tiptap/core";
import { closeHistory } from "@tiptap/pm/history";
import { PluginKey } from "@tiptap/pm/state";
import { Suggestion } from "@tiptap/suggestion";
import { isSafeLink } from "../marks.js";
import { insertBlock } from "../menu.js";
import { button, make, place } from "../place.js";
import { ask } from "./intake/asking.js";
import { chooseByKey } from "../choosing.js";

const PAUSE = 200;
const LOOKS_LIKE_ADDRESS = /^(?:[a-z][a-z0-9+.-]*:|\/|#|www\.)|^[\w-]+(?:\.[\w-]+)+(?:\/|$)|^[^\s@]+@[^\s@]+\.[^\s@]+$/i;
let lists = 0;

export function extensions(body) {
  return [Extension.create({
    name: "links",
    addKeyboardShortcuts: () => ({
      "Mod-k": () => {
        editLink(body);
        return true;
      },
    }),
    addProseMirrorPlugins() {
      return [mentions(body, this.editor)];
    },
  })];
}

export function install(body) {
  body.editLink = () => editLink(body);
  body.tools?.push({
    name: "Link", icon: "↗", mark: "link", key: "Ctrl+K",
    isActive: (editor) => editor.isActive("link"), run: () => editLink(body),
  });
  // The editor has taken it: no other shortcut of the page means these keys here.
  body.surface.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && event.defaultPrevented) event.stopPropagation();
  });
  body.insertions?.push({
    name: "Embed", hint: "A video, a post, a map", keys: "video youtube vimeo tweet social map oembed", icon: "▶",
    run: () => askEmbed(body),
  });
  new Beside(body);
}

// --- What the server knows ------------------------------------------------------------

// A text does not link to itself.
const find = (body, words) =>
  ask(body.item.urls.links, { q: words }).then(({ items }) => items.filter(({ id }) => id !== body.item.id));

const answers = new Map();
function lookUp(body, address) {
  if (!answers.has(address)) {
    const asked = ask(body.item.urls.address, { url: address });
    answers.set(address, asked);
    asked.catch(() => answers.delete(address));
  }
  return answers.get(address);
}

// What was typed, as an address: a bare host is https, a bare mailbox is mailto.
export function addressOf(typed) {
  const text = typed.trim();
  if (!text || /\s/.test(text)) return "";
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`;
  if (/^(?:www\.|[\w-]+(?:\.[\w-]+)+(?:[/?#]|$))/i.test(text) && !/^[a-z][a-z0-9+.-]*:/i.test(text)) return `https://${text}`;
  return text;
}

function badge(item) {
  return make("span", `link-state${item.is_live ? " is-live" : " is-not-live"}`, {}, item.is_live ? "Live" : item.status);
}

function described(item) {
  const found = [
    make("span", "link-title", {}, item.title),
    badge(item),
    make("span", "link-where", {}, [item.item === "course" ? "Course" : "Article", item.category].filter(Boolean).join(" · ")),
  ];
  if (item.warning) found.push(make("span", "link-warning", {}, item.warning));
  return found;
}

// --- Writing links ---------------------------------------------------------------------

function rangeOf(state) {
  const { selection, schema } = state;
  if (!selection.empty) return { from: selection.from, to: selection.to };
  return getMarkRange(selection.$from, schema.marks.link);
}

function hrefAt(state) {
  const { selection, schema, doc } = state;
  let href = "";
  const range = rangeOf(state);
  if (range)
    doc.nodesBetween(range.from, range.to, (node) => {
      const mark = node.isText && schema.marks.link.isInSet(node.marks);
      if (mark && !href) href = mark.attrs.href;
    });
  else href = schema.marks.link.isInSet(selection.$from.marks())?.attrs.href ?? "";
  return href;
}

function write(body, range, href, words) {
  const { state, view } = body.editor;
  const { link } = state.schema.marks;
  const mark = link.create({ href });
  const tr = closeHistory(state.tr);
  if (range && range.from < range.to) tr.removeMark(range.from, range.to, link).addMark(range.from, range.to, mark);
  else {
    const at = range?.from ?? state.selection.from;
    const marks = mark.addToSet(state.doc.resolve(at).marks());
    tr.insert(at, state.schema.text(words || href, marks)).removeStoredMark(link);
  }
  view.dispatch(tr.scrollIntoView());
  view.dispatch(closeHistory(view.state.tr));
  view.focus();
}

function unlink(body, range) {
  const { state, view } = body.editor;
  if (range) view.dispatch(closeHistory(state.tr).removeMark(range.from, range.to, state.schema.marks.link));
  view.focus();
  body.announce("The link is taken off; its words stay.");
}

// --- The dialog ------------------------------------------------------------------------

function editLink(body) {
  const { state } = body.editor;
  if (!body.editor.isEditable) return;
  const { $from } = state.selection;
  if (!$from.parent.inlineContent || !$from.parent.type.allowsMarkType(state.schema.marks.link)) {
    body.announce("No link can stand here.");
    return;
  }
  const range = rangeOf(state) ?? null;
  const old = hrefAt(state);
  const id = `link-list-${++lists}`;
  const input = make("input", "", {
    type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list",
    "aria-label": "Search articles and courses, or give an address", placeholder: "Search, or paste an address",
    autocomplete: "off", spellcheck: "false",
  });
  input.value = old;
  const list = make("div", "link-list", { id, role: "listbox", "aria-label": "Where it leads" });
  const said = make("p", "quiet", { role: "status" });
  const remove = button("Remove link", "button", () => {
    dialog.close();
    unlink(body, range);
  });
  remove.hidden = !old;
  const use = button("Use this address", "button default", () => useAddress());
  const close = button("Close", "button", () => dialog.close());
  const dialog = make("dialog", "link-dialog", { "aria-label": old ? "Change the link" : "Link" },
    make("div", "picker-head", {}, input), said, list, make("div", "link-buttons", {}, use, remove, close));
  let entries = [];
  let chosen = -1;

  const mark = () => {
    [...list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === chosen)));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const show = (items) => {
    entries = items;
    chosen = items.length ? 0 : -1;
    input.setAttribute("aria-expanded", String(items.length > 0));
    list.replaceChildren(...items.map((item, index) => {
      const option = make("div", "link-entry", { role: "option", id: `${id}-${index}` }, ...described(item));
      option.addEventListener("click", () => useItem(item));
      return option;
    }));
    mark();
  };
  const finish = (href, words) => {
    dialog.close();
    write(body, range, href, words);
  };
  const useItem = (item) => {
    finish(item.href, item.title);
    body.announce(item.warning ? `Linked to ${item.title}. ${item.warning}` : `Linked to ${item.title}.`);
  };
  const useAddress = () => {
    const href = addressOf(input.value);
    if (!href || !isSafeLink(href)) {
      said.textContent = "This is no address that a link may have. It begins with https://, mailto: or tel:, or with / for a page of this site.";
      input.focus();
      return;
    }
    finish(href, href.replace(/^(?:https?:\/\/|mailto:|tel:)/, ""));
  };
  let asked = 0;
  const look = async () => {
    const typed = input.value.trim();
    const turn = ++asked;
    const isAddress = LOOKS_LIKE_ADDRESS.test(typed);
    use.hidden = !isAddress;
    said.textContent = "";
    try {
      if (isAddress) {
        const found = await lookUp(body, addressOf(typed));
        if (turn !== asked) return;
        show(found.kind === "item" ? [found] : []);
        if (found.fault) said.textContent = found.fault;
      } else {
        const items = await find(body, typed);
        if (turn !== asked) return;
        show(items);
        if (!items.length) said.textContent = "Nothing of ours has these words. Try fewer, or give an address.";
      }
    } catch (problem) {
      if (turn === asked) said.textContent = `${problem.message} An address can still be given.`;
    }
  };
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.target !== input) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && entries.length) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + entries.length) % entries.length;
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (LOOKS_LIKE_ADDRESS.test(input.value.trim()) && entries.length === 0) useAddress();
      else if (chosen >= 0) useItem(entries[chosen]);
    }
  });
  dialog.addEventListener("close", () => {
    clearTimeout(waiting);
    dialog.remove();
    body.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  input.select();
  look();
}

// --- @ ---------------------------------------------------------------------------------

// The menu stays in the window, however far to the right one writes.
const inWindow = {
  name: "inWindow",
  fn: ({ x, y, rects }) => {
    const last = document.documentElement.clientWidth - rects.floating.width - 8;
    return { x: Math.max(8, Math.min(x, last)), y };
  },
};

function mentions(body, editor) {
  let turn = 0;
  return Suggestion({
    editor,
    pluginKey: new PluginKey("linkMentions"),
    char: "@",
    allowSpaces: true,
    floatingUi: { middleware: [inWindow] },
    allow: ({ state, range }) => {
      const { parent } = state.doc.resolve(range.from);
      return editor.isEditable && !parent.type.spec.code && parent.type.allowsMarkType(state.schema.marks.link);
    },
    items: async ({ query }) => {
      const mine = ++turn;
      await new Promise((done) => { setTimeout(done, query ? PAUSE : 0); });
      if (mine !== turn || query.length > 60) return [];
      return find(body, query).catch(() => []);
    },
    command: ({ editor: one, range, props: item }) => {
      one.chain().focus().deleteRange(range).run();
      write(body, null, item.href, item.title);
      body.announce(item.warning ? `Linked to ${item.title}. ${item.warning}` : `Linked to ${item.title}.`);
    },
    render: () => mentionMenu(editor),
  });
}

function mentionMenu(editor) {
  const id = `mention-list-${++lists}`;
  let list;
  let entries = [];
  let chosen = 0;
  let pick;
  let unmount;
  const { dom } = editor.view;
  const mark = () => {
    [...list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === chosen)));
    if (entries.length) {
      dom.setAttribute("aria-controls", id);
      dom.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    } else for (const name of ["aria-controls", "aria-activedescendant"]) dom.removeAttribute(name);
  };
  const choose = (index) => {
    chosen = index;
    mark();
  };
  const draw = (props) => {
    entries = props.items ?? [];
    pick = props.command;
    chosen = 0;
    list.hidden = !entries.length;
    list.replaceChildren(...entries.map((item, index) => {
      const option = make("div", "link-entry", { role: "option", id: `${id}-${index}` }, ...described(item));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        pick(item);
      });
      return option;
    }));
    mark();
  };
  return {
    onStart: (props) => {
      list = make("div", "slash-menu link-menu", { id, role: "listbox", "aria-label": "Link to" });
      unmount = props.mount(list);
      draw(props);
    },
    onUpdate: draw,
    onKeyDown: ({ event }) =>
      chooseByKey(event, { entries, chosen, choose, pick, options: list?.children }),
    onExit: () => {
      entries = [];
      if (list) mark();
      unmount?.();
      list?.remove();
    },
  };
}

// --- Beside a link ---------------------------------------------------------------------

class Beside {
  constructor(body) {
    this.body = body;
    this.open = make("a", "", { target: "_blank", rel: "noopener noreferrer" }, "Open");
    this.address = make("span", "link-address");
    this.about = make("span", "link-about");
    this.edit = button("Edit", "button", () => editLink(body), { title: "Ctrl+K" });
    this.remove = button("Remove", "button", () => unlink(body, rangeOf(body.editor.state)));
    this.dom = make("div", "link-beside", { role: "group", "aria-label": "The link here" },
      this.address, this.about, make("span", "link-buttons", {}, this.open, this.edit, this.remove));
    this.dom.hidden = true;
    body.element.append(this.dom);
    body.on("selection", () => this.look());
    body.on("change", () => this.look());
    body.on("blur", () => setTimeout(() => {
      if (!this.dom.contains(document.activeElement)) this.dom.hidden = true;
    }));
    this.dom.addEventListener("keydown", (event) => {
      if (event.key === "Escape") body.focus();
    });
  }

  async look() {
    const { state, view } = this.body.editor;
    const href = state.selection.empty ? hrefAt(state) : "";
    if (!href || !getMarkRange(state.selection.$from, state.schema.marks.link)) {
      this.dom.hidden = true;
      this.href = "";
      return;
    }
    this.dom.hidden = false;
    if (href !== this.href) {
      this.href = href;
      this.address.textContent = href.replace(/^https?:\/\//, "");
      this.about.replaceChildren();
      this.open.hidden = !/^https?:/.test(href);
      this.open.href = this.open.hidden ? "#" : href;
      lookUp(this.body, href).then((found) => {
        if (this.href === href) this.tell(found);
      }, () => {});
    }
    const { from, to } = getMarkRange(state.selection.$from, state.schema.marks.link);
    const [start, end] = [view.coordsAtPos(from), view.coordsAtPos(Math.min(to, state.selection.from + 1))];
    place(this.dom, { left: start.left, right: end.right, top: start.top, bottom: end.bottom }, this.body.element, { below: true });
  }

  tell(found) {
    if (found.open) {
      this.open.href = found.open;
      this.open.hidden = false;
    }
    if (found.fault) this.about.replaceChildren(make("span", "link-warning", {}, found.fault));
    else if (found.kind === "item") this.about.replaceChildren(...described(found));
  }
}

// --- Embeds ----------------------------------------------------------------------------

function askEmbed(body) {
  const input = make("input", "", { type: "url", "aria-label": "Address of a video, a post or a map", placeholder: "https://…", autocomplete: "off" });
  const said = make("p", "quiet", { role: "status" }, "Readers see a link with its title; nothing of the other site loads with the page.");
  const asLink = button("Put in a link instead", "button", () => {
    const href = addressOf(input.value);
    dialog.close();
    write(body, null, href, href);
  });
  asLink.hidden = true;
  const form = make("form", "", {}, make("div", "picker-head", {}, input, make("button", "button default", { type: "submit" }, "Embed")), said,
    make("div", "link-buttons", {}, asLink, button("Close", "button", () => dialog.close())));
  const dialog = make("dialog", "link-dialog", { "aria-label": "Embed" }, form);
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const href = addressOf(input.value);
    asLink.hidden = true;
    if (!/^https?:/.test(href) || !isSafeLink(href)) {
      said.textContent = "Give the address of the page, beginning with https://.";
      return;
    }
    try {
      const found = await lookUp(body, href);
      if (found.kind === "embed") {
        dialog.close();
        insertBlock(body, { type: "embed", attrs: { url: found.href } }, { inside: false });
        body.announce(`A card for ${found.provider} is in the text.`);
        return;
      }
      said.textContent = found.fault ?? "This site is not on the list of embeds. A link leads there just as well.";
      asLink.hidden = Boolean(found.fault);
    } catch (problem) {
      said.textContent = problem.message;
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    body.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}
