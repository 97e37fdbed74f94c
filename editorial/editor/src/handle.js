// The grip beside a block: drag it, or click it for what can be done with the block.
// By keyboard: Ctrl+/ opens the same menu.
import { Extension } from "@tiptap/core";
import { NodeSelection, Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { addCitation, canTurn, deleteBlocks, duplicateBlocks, moveBlocks, selectedBlocks, turnInto } from "./moving.js";
import { TONES } from "./nodes/quotes.js";
import { button, make, rove } from "./place.js";

const KINDS = [
  ["Text", "paragraph"],
  ["Heading", "heading", { level: 2 }],
  ["Subheading", "heading", { level: 3 }],
  ["Small heading", "heading", { level: 4 }],
  ["List", "bulletList"],
  ["Numbered list", "orderedList"],
  ["Quote", "blockquote"],
  ["Note", "callout", { tone: "note" }],
  ["Code", "codeBlock"],
];

const isAlready = (node, name, attrs) =>
  node.type.name === name && Object.entries(attrs ?? {}).every(([key, value]) => node.attrs[key] === value);

export const Handle = Extension.create({
  name: "handle",
  addOptions() {
    return { body: null };
  },
  addKeyboardShortcuts() {
    return {
      "Mod-/": () => {
        this.storage.open?.();
        return true;
      },
    };
  },
  addStorage() {
    return { open: null };
  },
  addProseMirrorPlugins() {
    const { body } = this.options;
    const { storage } = this;
    return [new Plugin({
      key: new PluginKey("handle"),
      view: (view) => {
        const grip = new Grip(view, body);
        storage.open = () => grip.openAtCursor();
        return grip;
      },
    })];
  },
});

class Grip {
  constructor(view, body) {
    Object.assign(this, { view, body, block: null, menu: null });
    this.root = body.surface;
    this.grip = make("button", "block-grip", {
      type: "button", draggable: "true", tabindex: "-1", "aria-haspopup": "menu",
      "aria-label": "This block: move or change it", title: "Drag to move, click for more (Ctrl+/)",
    });
    this.grip.append(make("span", "", { "aria-hidden": "true" }, "⠿"));
    this.grip.hidden = true;
    this.root.append(this.grip);
    this.over = (event) => this.follow(event);
    this.root.addEventListener("mousemove", this.over);
    this.grip.addEventListener("dragstart", (event) => this.drag(event));
    this.grip.addEventListener("dragend", () => setTimeout(() => { view.dragging = null; }, 50));
    this.grip.addEventListener("click", () => this.open());
    // Elsewhere: the menu goes.
    this.outside = (event) => {
      if (this.menu && !this.menu.contains(event.target) && event.target !== this.grip) this.close(false);
    };
    document.addEventListener("mousedown", this.outside);
  }

  // Under the pointer, by halving: blocks stand one below the other.
  follow(event) {
    // A grip that moves under a pressed button would end the drag.
    if (event.buttons || this.menu) return;
    const blocks = this.view.dom.children;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (blocks[middle].getBoundingClientRect().bottom < event.clientY) low = middle + 1;
      else high = middle;
    }
    const element = blocks[low];
    if (element && event.clientY >= element.getBoundingClientRect().top - 8) this.stand(element);
  }

  stand(element) {
    if (!this.view.editable || !element) {
      this.grip.hidden = true;
      return;
    }
    this.block = element;
    this.grip.hidden = false;
    const line = Number.parseFloat(getComputedStyle(element).lineHeight) || 24;
    const box = element.getBoundingClientRect();
    const lead = Math.min(line, box.height) / 2;
    const frame = this.root.getBoundingClientRect();
    const edge = this.view.dom.getBoundingClientRect().left - frame.left;
    // Kept, for the grip itself may still be on its way there.
    this.left = Math.max(2, edge - this.grip.offsetWidth - 8);
    this.top = box.top - frame.top + lead - this.grip.offsetHeight / 2;
    this.grip.style.left = `${this.left}px`;
    this.grip.style.top = `${this.top}px`;
  }

  get pos() {
    const index = [...this.view.dom.children].indexOf(this.block);
    if (index < 0) return null;
    let pos = 0;
    const { doc } = this.view.state;
    for (let before = 0; before < index && before < doc.childCount; before++) pos += doc.child(before).nodeSize;
    return index < doc.childCount ? pos : null;
  }

  // The block of the cursor has the grip, unless the pointer asks for another.
  update(view, before) {
    if (!view.editable) this.grip.hidden = true;
    else if (view.hasFocus() && (!view.state.selection.eq(before.selection) || view.state.doc !== before.doc)) this.standSoon();
  }

  // Once for a frame: where it stands is asked of the layout, and typing need not wait.
  standSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.standAtCursor();
    });
  }

  standAtCursor() {
    if (this.menu || this.view.isDestroyed) return;
    const { pos } = this.body.blockAt();
    const element = this.view.nodeDOM(pos);
    if (element instanceof HTMLElement) this.stand(element);
  }

  openAtCursor() {
    this.close(false);
    this.standAtCursor();
    this.open();
  }

  drag(event) {
    const { pos, view } = this;
    if (pos === null) return;
    const selection = NodeSelection.create(view.state.doc, pos);
    view.dispatch(view.state.tr.setSelection(selection));
    const slice = selection.content();
    const { dom, text } = view.serializeForClipboard(slice);
    event.dataTransfer.clearData();
    event.dataTransfer.setData("text/html", dom.innerHTML);
    event.dataTransfer.setData("text/plain", text);
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setDragImage(this.block, 0, 0);
    view.dragging = { slice, move: true, node: selection };
  }

  // --- The menu ---------------------------------------------------------------------

  open() {
    if (this.menu) return this.close(true);
    const { view, body, pos } = this;
    if (pos === null) return undefined;
    // What is selected is meant, if the grip's block is among it.
    const chosen = selectedBlocks(view.state);
    if (pos < chosen.from || pos >= chosen.to) {
      const node = view.state.doc.nodeAt(pos);
      const { tr } = view.state;
      view.dispatch(tr.setSelection(
        node.isTextblock
          ? TextSelection.near(tr.doc.resolve(pos + 1), 1)
          : NodeSelection.create(tr.doc, pos),
      ));
    }
    this.menu = this.draw();
    this.root.append(this.menu);
    this.menu.style.top = `${this.top + this.grip.offsetHeight + 4}px`;
    this.menu.style.left = `${this.left}px`;
    this.grip.setAttribute("aria-expanded", "true");
    // Wholly in the window.
    const box = this.menu.getBoundingClientRect();
    const under = box.bottom - document.documentElement.clientHeight;
    if (under > 0 && box.top - this.grip.offsetHeight > box.height)
      this.menu.style.top = `${this.top - box.height - 4}px`;
    this.menu.querySelector("[role=menuitem]").focus({ preventScroll: true });
    this.menu.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  draw() {
    const { view, body } = this;
    const { state } = view;
    const { first } = selectedBlocks(state);
    const node = state.doc.child(first);
    const menu = make("div", "block-menu", { role: "menu", "aria-label": "This block" });
    const add = (label, command, said, shortcut = "") => {
      if (!command(state)) return;
      const item = button(label, "block-menu-item", () => {
        this.close(true);
        command(view.state, view.dispatch);
        if (said) body.announce(said);
      }, { role: "menuitem", tabindex: "-1" });
      if (shortcut) item.append(make("kbd", "", { "aria-hidden": "true" }, shortcut));
      menu.append(item);
    };
    const heading = (label) => menu.append(make("p", "block-menu-head", { role: "presentation" }, label));
    if (canTurn(node)) {
      heading("Turn into");
      for (const [label, name, attrs] of KINDS)
        if (!isAlready(node, name, attrs)) add(label, turnInto(name, attrs), `Turned into ${label.toLowerCase()}.`);
    }
    if (node.type.name === "callout") {
      heading("Tone");
      for (const [tone, label] of Object.entries(TONES))
        if (tone !== node.attrs.tone)
          add(label, (now, dispatch) => {
            const { from } = selectedBlocks(now);
            dispatch?.(now.tr.setNodeAttribute(from, "tone", tone));
            return true;
          }, `It is a ${label.toLowerCase()} now.`);
    }
    heading("Block");
    if (node.type.name === "blockquote") add("Name its source", addCitation);
    add("Move up", moveBlocks(-1), "Moved up.", "Alt ↑");
    add("Move down", moveBlocks(1), "Moved down.", "Alt ↓");
    add("Duplicate", duplicateBlocks, "Duplicated.", "Ctrl ⇧ D");
    const link = button("Copy link", "block-menu-item", () => this.copyLink(node), { role: "menuitem", tabindex: "-1" });
    menu.append(link);
    for (const extra of body.blockActions)
      if (!extra.fits || extra.fits(node)) {
        menu.append(button(extra.name, "block-menu-item", () => {
          this.close(true);
          extra.run(body, node.attrs.id);
        }, { role: "menuitem", tabindex: "-1" }));
      }
    add("Delete", deleteBlocks, "Deleted. Ctrl+Z brings it back.");
    menu.lastElementChild.classList.add("grave");
    menu.querySelector("[role=menuitem]").tabIndex = 0;
    rove(menu, {
      items: () => [...menu.querySelectorAll("[role=menuitem]")],
      vertical: true,
      escape: () => this.close(true),
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Tab") this.close(false);
    });
    return menu;
  }

  async copyLink(node) {
    this.close(true);
    const address = new URL(location.href);
    address.hash = `block-${node.attrs.id}`;
    try {
      await navigator.clipboard.writeText(address.href);
      this.body.announce("The link to this block is copied.");
    } catch {
      // No clipboard on plain http: the address bar has it.
      location.hash = address.hash;
      this.body.announce("The link to this block stands in the address bar.");
    }
  }

  close(refocus) {
    if (!this.menu) return;
    this.menu.remove();
    this.menu = null;
    this.grip.setAttribute("aria-expanded", "false");
    if (refocus) this.view.focus();
  }

  destroy() {
    document.removeEventListener("mousedown", this.outside);
    this.root.removeEventListener("mousemove", this.over);
    this.grip.remove();
    this.menu?.remove();
  }
}
