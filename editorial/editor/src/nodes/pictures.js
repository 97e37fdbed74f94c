// Images and galleries. What stands in an image is its caption.
import { Node } from "@tiptap/core";
import { describe, field, tick } from "./fields.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SIDES = ["left", "center", "right", "wide", "full"];
const WIDTHS = [["", "As wide as the text"], ["wide", "Wider than the text"], ["full", "The whole width"], ["left", "At the left, text beside it"], ["right", "At the right, text beside it"], ["center", "In the middle"]];
const number = (name) => ({
  default: null,
  parseHTML: (element) => {
    const size = Number.parseInt(element.getAttribute(name), 10);
    return size > 0 && size <= 20_000 ? size : null;
  },
});
const words = (name) => ({
  default: null,
  parseHTML: (element) => element.getAttribute(name) || null,
});

export const Caption = Node.create({
  name: "caption",
  content: "inline*",
  defining: true,
  parseHTML() {
    return [{ tag: "figcaption[data-gallery]" }];
  },
  renderHTML() {
    return ["figcaption", { "data-gallery": "", "data-hint": "Caption of the gallery" }, 0];
  },
});

const image = {
  media: {
    default: null,
    parseHTML: (element) =>
      UUID.test(element.dataset.media ?? "") ? element.dataset.media : null,
    renderHTML: ({ media }) => (media ? { "data-media": media } : {}),
  },
  src: words("src"),
  alt: words("alt"),
  decorative: {
    default: null,
    parseHTML: (element) => element.hasAttribute("data-decorative") || null,
    renderHTML: ({ decorative }) => (decorative ? { "data-decorative": "" } : {}),
  },
  credit: {
    default: null,
    parseHTML: (element) => element.dataset.credit?.slice(0, 500) || null,
    renderHTML: ({ credit }) => (credit ? { "data-credit": credit } : {}),
  },
  title: words("title"),
  href: { default: null },
  align: {
    default: null,
    parseHTML: (element) => SIDES.find((side) => side === element.dataset.align) ?? null,
    renderHTML: ({ align }) => (align ? { "data-align": align } : {}),
  },
  width: number("width"),
  height: number("height"),
};

export const Image = Node.create({
  name: "image",
  group: "block flow",
  content: "inline*",
  draggable: true,
  isolating: true,
  addOptions() {
    // What the page knows about media, by id; set by the body.
    return { media: new Map(), pick: async () => [] };
  },
  addAttributes() {
    return image;
  },
  parseHTML() {
    const attributesOf = (element) =>
      Object.fromEntries(
        Object.entries(image).map(([name, { parseHTML }]) => [name, parseHTML?.(element) ?? null]),
      );
    const known = (element) => {
      const attributes = attributesOf(element);
      return (attributes.media || attributes.src) && attributes;
    };
    return [
      {
        tag: "figure",
        contentElement: (element) => element.querySelector("figcaption") ?? document.createElement("i"),
        getAttrs: (element) => {
          const found = element.querySelectorAll("img");
          if (found.length !== 1 || element.querySelector("table, blockquote, iframe")) return false;
          return known(found[0]);
        },
      },
      { tag: "img", getAttrs: known },
    ];
  },
  renderHTML({ node, HTMLAttributes }) {
    // A medium's own address never leaves with a copy; its id does.
    const { href, ...shown } = HTMLAttributes;
    if (node.attrs.media) delete shown.src;
    return ["figure", { class: "image" }, ["img", shown], ["figcaption", 0]];
  },
  addNodeView() {
    return (props) => new ImageView(props, this.options);
  },
});

const ALT = "Describe it for those who cannot see it";
const CREDIT = "Credit: whose picture it is";

class ImageView {
  constructor({ node, editor, getPos }, { media, pick }) {
    Object.assign(this, { node, editor, getPos, media, pick });
    this.dom = document.createElement("figure");
    this.dom.className = "image";
    this.picture = document.createElement("img");
    this.picture.draggable = false;
    this.missing = document.createElement("p");
    this.missing.className = "image-missing";
    this.missing.contentEditable = "false";
    this.missing.textContent = "This image is not in the library any more. Delete it, or choose another one.";
    this.contentDOM = document.createElement("figcaption");
    this.contentDOM.dataset.hint = "Caption";
    this.about = document.createElement("div");
    this.about.className = "block-fields";
    this.about.contentEditable = "false";
    this.alt = field(ALT, (value) => this.set("alt", value || null));
    this.alt.input.maxLength = 2000;
    this.alt.label.classList.add("alt-field");
    this.decorative = tick("It only decorates: read out nothing", (on) => this.set("decorative", on || null));
    this.credit = field(CREDIT, (value) => this.set("credit", value || null));
    this.credit.input.maxLength = 500;
    this.size = document.createElement("select");
    for (const [value, words] of WIDTHS) this.size.append(new Option(words, value));
    this.size.addEventListener("change", () => this.set("align", this.size.value || null));
    const size = document.createElement("label");
    const named = document.createElement("span");
    named.textContent = "Width";
    size.append(named, this.size);
    this.change = document.createElement("button");
    this.change.type = "button";
    this.change.className = "button small";
    this.change.textContent = "Change picture";
    this.change.addEventListener("click", () => this.choose());
    const row = document.createElement("div");
    row.className = "block-fields-row";
    row.append(this.decorative.label, size, this.change);
    this.about.append(this.alt.label, this.credit.label, row);
    this.dom.append(this.picture, this.missing, this.contentDOM, this.about);
    this.show(node);
  }

  show(node) {
    const { attrs } = node;
    const known = this.media.get(attrs.media);
    const source = known?.url ?? attrs.src ?? "";
    for (const side of SIDES) this.dom.classList.toggle(`align-${side}`, attrs.align === side);
    this.picture.hidden = !source;
    this.missing.hidden = Boolean(source);
    if (source && this.picture.getAttribute("src") !== source) this.picture.src = source;
    const width = known?.width ?? attrs.width;
    const height = known?.height ?? attrs.height;
    if (width && height) {
      this.picture.width = width;
      this.picture.height = height;
    }
    const { isEditable } = this.editor;
    this.picture.alt = attrs.decorative ? "" : attrs.alt || known?.alt || "";
    this.alt.show(attrs.alt ?? "", isEditable && !attrs.decorative);
    this.alt.label.classList.toggle("is-off", Boolean(attrs.decorative));
    this.decorative.show(Boolean(attrs.decorative), isEditable);
    this.credit.show(attrs.credit ?? "", isEditable);
    this.credit.input.placeholder = known?.credit ? `${known.credit} (the library's credit)` : CREDIT;
    this.size.value = attrs.align ?? "";
    this.size.disabled = this.change.disabled = !isEditable;
    this.alt.input.placeholder = known?.alt ? `${known.alt} (the library's description)` : ALT;
    this.dom.classList.toggle("is-empty", !node.content.size);
    this.dom.classList.toggle("needs-alt", !attrs.decorative && !attrs.alt && !known?.alt && !known?.decorative);
  }

  // Another picture of the library in the same place, with the same caption. What was
  // said of the old one does not describe the new one.
  async choose() {
    const [image] = await this.pick();
    const at = this.getPos();
    if (!image || at === undefined) return;
    this.media.set(image.id, image);
    const { attrs } = this.node;
    const fresh = { ...attrs, media: image.id, src: null, width: null, height: null, title: null, alt: null, credit: null, decorative: null };
    this.editor.view.dispatch(this.editor.state.tr.setNodeMarkup(at, null, fresh));
  }

  set(name, value) {
    const at = this.getPos();
    if (at === undefined) return;
    this.editor.view.dispatch(this.editor.state.tr.setNodeAttribute(at, name, value));
  }

  update(node) {
    if (node.type !== this.node.type) return false;
    this.node = node;
    this.show(node);
    return true;
  }

  stopEvent(event) {
    return this.about.contains(event.target);
  }

  ignoreMutation(record) {
    return record.type !== "selection" && !this.contentDOM.contains(record.target);
  }
}

export const Gallery = Node.create({
  name: "gallery",
  group: "block",
  content: "image+ caption?",
  draggable: true,
  isolating: true,
  addAttributes() {
    return {
      columns: {
        default: null,
        parseHTML: (element) => {
          const found = Number.parseInt(element.dataset.columns, 10);
          return found >= 1 && found <= 8 ? found : null;
        },
        renderHTML: ({ columns }) => (columns ? { "data-columns": columns } : {}),
      },
    };
  },
  parseHTML() {
    return [{ tag: "div[data-gallery]" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["div", { ...HTMLAttributes, "data-gallery": "", class: "gallery" }, 0];
  },
  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = document.createElement("div");
      dom.className = "gallery";
      const bar = describe("Gallery");
      const columns = document.createElement("select");
      columns.setAttribute("aria-label", "Columns of the gallery");
      columns.append(new Option("3 columns (usual)", ""));
      for (let many = 1; many <= 8; many++)
        columns.append(new Option(many === 1 ? "1 column" : `${many} columns`, many));
      bar.append(columns);
      const contentDOM = document.createElement("div");
      contentDOM.className = "gallery-images";
      dom.append(bar, contentDOM);
      const show = ({ attrs }) => {
        for (let many = 1; many <= 8; many++)
          dom.classList.toggle(`columns-${many}`, many === (attrs.columns ?? 3));
        columns.value = attrs.columns ?? "";
        columns.disabled = !editor.isEditable;
      };
      show(node);
      columns.addEventListener("change", () => {
        const at = getPos();
        const many = Number(columns.value) || null;
        if (at !== undefined) editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "columns", many));
      });
      return {
        dom,
        contentDOM,
        update: (next) => next.type === node.type && (show(next), true),
        stopEvent: (event) => bar.contains(event.target),
        ignoreMutation: (record) => record.type !== "selection" && !contentDOM.contains(record.target),
      };
    };
  },
});
