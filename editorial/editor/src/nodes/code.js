import { CodeBlock as OfficialCodeBlock } from "@tiptap/extension-code-block";

// Offered by name; any other one that the server accepts is kept.
export const LANGUAGES = {
  "": "Plain text", bash: "Bash", c: "C", cpp: "C++", csharp: "C#", css: "CSS", diff: "Diff",
  dockerfile: "Dockerfile", go: "Go", html: "HTML", java: "Java", javascript: "JavaScript",
  json: "JSON", kotlin: "Kotlin", markdown: "Markdown", php: "PHP", python: "Python", r: "R",
  ruby: "Ruby", rust: "Rust", sql: "SQL", swift: "Swift", toml: "TOML",
  typescript: "TypeScript", xml: "XML", yaml: "YAML",
};
const NAME = /^[a-z0-9+#._-]{1,40}$/;
const SHORT = { js: "javascript", ts: "typescript", py: "python", sh: "bash", rb: "ruby", yml: "yaml", md: "markdown" };

const known = (name) => {
  const lower = (name ?? "").toLowerCase();
  return NAME.test(lower) ? (SHORT[lower] ?? lower) : null;
};

export const CodeBlock = OfficialCodeBlock.extend({
  group: "block flow",
  addAttributes() {
    return {
      language: {
        default: null,
        rendered: false,
        parseHTML: (element) => {
          const classes = [...element.classList, ...(element.firstElementChild?.classList ?? [])];
          const found = classes.find((name) => /^lang(?:uage)?-/.test(name));
          return known(found?.replace(/^lang(?:uage)?-/, ""));
        },
      },
    };
  },
  renderHTML({ node }) {
    const { language } = node.attrs;
    return ["pre", ["code", language ? { class: `language-${language}` } : {}, 0]];
  },
  addInputRules() {
    return this.parent().map((rule) => {
      const { handler } = rule;
      rule.handler = (input) => {
        const named = known(input.match[1]);
        if (input.match[1] !== undefined) input.match[1] = named ?? undefined;
        return handler(input);
      };
      return rule;
    });
  },
  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = document.createElement("div");
      dom.className = "code-block";
      const pick = document.createElement("select");
      pick.className = "code-language";
      pick.contentEditable = "false";
      pick.setAttribute("aria-label", "Language of the code");
      const pre = document.createElement("pre");
      const contentDOM = document.createElement("code");
      pre.append(contentDOM);
      dom.append(pick, pre);
      const show = ({ attrs }) => {
        const names = { ...LANGUAGES };
        if (attrs.language && !(attrs.language in names)) names[attrs.language] = attrs.language;
        pick.replaceChildren(...Object.entries(names).map(([name, label]) => new Option(label, name)));
        pick.value = attrs.language ?? "";
        pick.disabled = !editor.isEditable;
      };
      show(node);
      pick.addEventListener("change", () => {
        const at = getPos();
        if (at === undefined) return;
        editor.view.dispatch(editor.state.tr.setNodeAttribute(at, "language", pick.value || null));
        editor.commands.focus();
      });
      return {
        dom,
        contentDOM,
        update: (next) => next.type === node.type && (show(next), true),
        stopEvent: (event) => event.target === pick,
        ignoreMutation: (record) => !contentDOM.contains(record.target),
      };
    };
  },
}).configure({ exitOnTripleEnter: true, exitOnArrowDown: true });
