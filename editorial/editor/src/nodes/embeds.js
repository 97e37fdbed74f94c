// A link to what stands elsewhere. Nothing of it loads here either. How one is put in
// is the business of features/links.js.
import { Node } from "@tiptap/core";
import { field } from "./fields.js";

export const Embed = Node.create({
  name: "embed",
  group: "block flow",
  content: "inline*",
  draggable: true,
  isolating: true,
  addAttributes() {
    return {
      url: { default: null, parseHTML: (element) => element.dataset.embed ?? null },
      title: { default: null, parseHTML: (element) => element.dataset.title || null },
    };
  },
  parseHTML() {
    return [{
      tag: "figure[data-embed]",
      priority: 60,
      contentElement: (element) => element.querySelector("figcaption") ?? document.createElement("i"),
    }];
  },
  renderHTML({ node }) {
    const { url, title } = node.attrs;
    return [
      "figure", { class: "embed", "data-embed": url, ...(title && { "data-title": title }) },
      ["a", { href: url, rel: "noopener noreferrer" }, title || url],
      ["figcaption", 0],
    ];
  },
  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = document.createElement("figure");
      dom.className = "embed";
      const card = document.createElement("div");
      card.className = "embed-card";
      card.contentEditable = "false";
      const site = document.createElement("strong");
      const address = document.createElement("span");
      const note = document.createElement("small");
      note.textContent = "Readers see a link here; nothing of the other site loads with the page.";
      card.append(site, address, note);
      const contentDOM = document.createElement("figcaption");
      contentDOM.dataset.hint = "Caption";
      const about = document.createElement("div");
      about.className = "block-fields";
      about.contentEditable = "false";
      const title = field("Words of the link", (value) => {
        const at = getPos();
        if (at !== undefined) editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "title", value || null));
      });
      title.input.maxLength = 500;
      about.append(title.label);
      dom.append(card, contentDOM, about);
      const show = (one) => {
        const { url } = one.attrs;
        try {
          site.textContent = new URL(url).hostname.replace(/^www\./, "");
        } catch {
          site.textContent = "Embed";
        }
        address.textContent = url ?? "";
        title.show(one.attrs.title ?? "", editor.isEditable);
        dom.classList.toggle("is-empty", !one.content.size);
      };
      show(node);
      return {
        dom,
        contentDOM,
        update: (next) => next.type === node.type && (show(next), true),
        stopEvent: (event) => about.contains(event.target),
        ignoreMutation: (record) => record.type !== "selection" && !contentDOM.contains(record.target),
      };
    };
  },
});
