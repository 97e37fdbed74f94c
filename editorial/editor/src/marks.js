// Marks of text: the server's list, with the attributes that it knows and no others.
import { Mark } from "@tiptap/core";
import { Bold } from "@tiptap/extension-bold";
import { Code } from "@tiptap/extension-code";
import { Italic } from "@tiptap/extension-italic";
import { Strike } from "@tiptap/extension-strike";
import { Subscript } from "@tiptap/extension-subscript";
import { Superscript } from "@tiptap/extension-superscript";
import { Underline } from "@tiptap/extension-underline";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\\]/u;

// The same question as the server's: an address it would refuse becomes no link here.
export function isSafeLink(address) {
  if (typeof address !== "string" || !address || address.length > 2000) return false;
  if (HIDDEN.test(address) || address.startsWith("//")) return false;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1].toLowerCase();
  if (!scheme) return !address.split(/[/?#]/, 1)[0].includes(":");
  if (scheme === "http" || scheme === "https") return /^https?:\/\/[^/?#]+/i.test(address);
  return scheme === "mailto" || scheme === "tel";
}

export const Link = Mark.create({
  name: "link",
  priority: 1000,
  inclusive: false,
  addAttributes() {
    return { href: { default: null }, title: { default: null } };
  },
  parseHTML() {
    return [{
      tag: "a[href]",
      getAttrs: (element) => isSafeLink(element.getAttribute("href")) && {
        href: element.getAttribute("href"),
        title: element.getAttribute("title")?.slice(0, 500) || null,
      },
    }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["a", { ...HTMLAttributes, rel: "noopener noreferrer" }, 0];
  },
  addCommands() {
    return {
      setLink: (attributes) => ({ chain }) =>
        isSafeLink(attributes.href) && chain().setMark("link", attributes).run(),
      unsetLink: () => ({ chain }) =>
        chain().unsetMark("link", { extendEmptyMarkRange: true }).run(),
    };
  },
});

export const Abbreviation = Mark.create({
  name: "abbreviation",
  addAttributes() {
    return { title: { default: "" } };
  },
  parseHTML() {
    return [{ tag: "abbr[title]" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["abbr", HTMLAttributes, 0];
  },
});

export const marks = [
  Link, Bold, Italic, Underline, Strike, Subscript, Superscript, Abbreviation,
  // Code may be bold or linked, too.
  Code.extend({ excludes: "code" }),
];
