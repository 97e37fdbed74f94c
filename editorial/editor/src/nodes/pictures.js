// Images and galleries. What stands in an image is its caption.
import { Node } from "@tiptap/core";
import { describe, field } from "./fields.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SIDES = ["left", "center", "right", "wide", "full"];
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
    return { media: new Map() };
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
    return (props) => new ImageView(props, this.options.media);
  },
});

class ImageView {
  constructor({ node, editor, getPos }, media) {
    Object.assign(this, { node, editor, getPos, media });
    this.dom = document.createElement("figure");
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
    this.alt = field("Describe it for those who cannot see it (alt text)", (value) => this.set("alt", value || null));
    this.alt.input.maxLength = 2000;
    this.about.append(this.alt.label);
    this.dom.append(this.picture, this.missing, this.contentDOM, this.about);
    this.show(node);
  }

  show(node) {
    const { attrs } = node;
    const known = this.media.get(attrs.media);
    const source = known?.url ?? attrs.src ?? "";
    this.dom.className = `image${attrs.align ? ` align-${attrs.align}` : ""}`;
    this.picture.hidden = !source;
    this.missing.hidden = Boolean(source);
    if (source && this.picture.getAttribute("src") !== source) this.picture.src = source;
    const width = known?.width ?? attrs.width;
    const height = known?.height ?? attrs.height;
    if (width && height) {
      this.picture.width = width;
      this.picture.height = height;
    }
    this.picture.alt = attrs.alt || known?.alt || "";
    this.alt.show(attrs.alt ?? "", this.editor.isEditable);
    this.alt.input.placeholder = known?.alt ? `${known.alt} (from the library)` : "";
    this.dom.classList.toggle("is-empty", !node.content.size);
    this.dom.classList.toggle("needs-alt", !attrs.alt && !known?.alt && !known?.decorative);
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
        dom.className = `gallery columns-${attrs.columns ?? 3}`;
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
