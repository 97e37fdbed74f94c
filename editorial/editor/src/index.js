// Makes a block editor of every `.body-editor` in the page. Without this script the
// textarea in it works as it is.
import { Dropcursor, Focus, Gapcursor, Placeholder, TrailingNode, UndoRedo } from "@tiptap/extensions";
import { ListKeymap } from "@tiptap/extension-list";
import { installBar } from "./bar.js";
import { Body } from "./body.js";
import { Bubble, tools } from "./bubble.js";
import { features } from "./features/index.js";
import * as presence from "./features/presence.js";
import * as saving from "./features/saving.js";
import { Fields } from "./fields.js";
import { Finding, installFinding } from "./finding.js";
import { Handle } from "./handle.js";
import { pickImages } from "./library.js";
import { Joining } from "./joining.js";
import { Literal } from "./literal.js";
import { insertions } from "./menu.js";
import { Moving } from "./moving.js";
import { schemaExtensions } from "./schema.js";
import { SlashMenu } from "./slash.js";
import { TableMenu } from "./tablemenu.js";
import "./editor.css";

function fresh(extension, body) {
  if (extension.name === "image") return extension.configure({ media: body.media, pick: () => pickImages(body) });
  if (extension.name === "html") return extension.configure({ mayWrite: body.item.mayRaw });
  return extension;
}

const HINTS = { heading: "Heading", codeBlock: "Code" };
const hint = ({ editor, node }) =>
  HINTS[node.type.name] ??
  (editor.state.doc.childCount === 1 ? "Write, or type / for a block" : "Type / for a block");

function mount(root) {
  const body = new Body(root);
  const { area } = body;
  // Lists that features add to.
  body.tools = tools();
  body.insertions = insertions(body);
  body.blockActions = [];
  body.start({
    editable: !("readOnly" in root.dataset),
    attributes: {
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": root.dataset.label || "Text",
      class: "body-text-surface",
    },
    extensions: [
      ...schemaExtensions.map((one) => fresh(one, body)),
      UndoRedo.configure({ depth: 500 }),
      Dropcursor.configure({ color: false, class: "drop-cursor", width: 3 }),
      Gapcursor,
      Focus.configure({ className: "is-here", mode: "all" }),
      TrailingNode.configure({ node: "paragraph", notAfter: ["paragraph"] }),
      ListKeymap,
      Placeholder.configure({ placeholder: hint, includeChildren: false }),
      Literal,
      Joining,
      Finding,
      ...[Moving, SlashMenu, Handle, Bubble, TableMenu].map((one) => one.configure({ body })),
      ...features.flatMap((one) => one.extensions?.(body) ?? []),
    ],
  });
  root.body = body;
  const finder = installFinding(body);
  installBar(body, { finder });
  for (const one of features) one.install(body);
  root.classList.add("is-ready");
  root.querySelector(".body-help")?.remove();
  area.hidden = true;
  area.disabled = true;
  body.form?.addEventListener("formdata", (event) => {
    event.formData.set(`${area.name}-blocks`, JSON.stringify(body.blocks()));
  });
  for (const label of area.labels ?? [])
    label.addEventListener("click", (event) => {
      event.preventDefault();
      body.focus();
    });
  const wanted = /^#block-(.+)$/.exec(location.hash);
  if (wanted) body.focusBlock(wanted[1]);
  root.dispatchEvent(new CustomEvent("body:ready", { bubbles: true, detail: body }));
}

// A page to write on that has fields only.
function mountFields() {
  const form = document.querySelector(".workspace-form");
  const data = document.getElementById("saving-told");
  if (!form || !data || document.querySelector(".body-editor")) return;
  form.body = new Fields(form, JSON.parse(data.textContent));
  saving.install(form.body);
  presence.install(form.body);
}

function start() {
  for (const root of document.querySelectorAll(".body-editor:not(.is-ready)")) {
    try {
      mount(root);
    } catch (problem) {
      // The textarea is still there, with the text as it was.
      root.classList.add("is-broken");
      console.error("The editor did not start; the plain field is used.", problem);
    }
  }
  mountFields();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
