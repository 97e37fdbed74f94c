// A toolbar and a word count for the body's textarea. It writes plain HTML.

const WORDS_A_MINUTE = 220;

for (const area of document.querySelectorAll("textarea.body-text")) {
  const bar = document.createElement("div");
  bar.className = "body-tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Text");
  const count = document.createElement("p");
  count.className = "body-count";
  area.before(bar);
  area.after(count);

  const changed = () => area.dispatchEvent(new Event("input", { bubbles: true }));

  // insertText keeps the browser's own undo; setRangeText is the way without it.
  const put = (text, start, end) => {
    area.focus();
    area.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, start, end, "end");
      changed();
    }
  };

  const around = (before, after, otherwise) => {
    const { selectionStart: start, selectionEnd: end } = area;
    const inner = area.value.slice(start, end) || otherwise;
    put(before + inner + after, start, end);
    area.setSelectionRange(start + before.length, start + before.length + inner.length);
  };

  // The paragraph at the cursor, from blank line to blank line.
  const paragraph = () => {
    const text = area.value;
    const from = text.lastIndexOf("\n\n", Math.max(0, area.selectionStart - 1));
    const to = text.indexOf("\n\n", area.selectionEnd);
    return [from < 0 ? 0 : from + 2, to < 0 ? text.length : to];
  };
  const bare = (text) => text.trim().replace(/^<(p|h[2-4])[^>]*>|<\/(p|h[2-4])>$/g, "");
  const block = (make, otherwise) => {
    const [start, end] = paragraph();
    put(make(bare(area.value.slice(start, end)) || otherwise), start, end);
  };
  const escaped = (text) =>
    text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

  const link = () => {
    const address = window.prompt("Address of the link", "https://");
    if (address && address !== "https://")
      around(`<a href="${escaped(address.trim())}">`, "</a>", "the words of the link");
  };

  const insertImage = (image) => {
    const place = area.selectionEnd;
    const figure =
      `<figure><img data-media="${image.id}" src="${escaped(image.url)}"` +
      ` alt="${escaped(image.alt)}"></figure>`;
    put(`\n\n${figure}\n\n`, place, place);
  };

  const items = (tag) => (text) => {
    const lines = text.split("\n").map((line) => line.replace(/^[-*\d.]+\s*/, "").trim());
    const found = lines.filter(Boolean).map((line) => `<li>${line}</li>`);
    return `<${tag}>\n${found.join("\n")}\n</${tag}>`;
  };

  const tools = [
    ["Bold", "B", () => around("<strong>", "</strong>", "bold"), "b"],
    ["Italic", "I", () => around("<em>", "</em>", "italic"), "i"],
    ["Link", "Link", link, "k"],
    ["Heading", "Heading", () => block((text) => `<h2>${text}</h2>`, "Heading")],
    ["Smaller heading", "Subheading", () => block((text) => `<h3>${text}</h3>`, "Heading")],
    ["Quote", "Quote", () =>
      block((text) => `<blockquote><p>${text}</p></blockquote>`, "What was said")],
    ["List", "List", () => block(items("ul"), "One\nTwo")],
    ["Numbered list", "1. 2. 3.", () => block(items("ol"), "One\nTwo")],
    ["Image from the library", "Image", () => library(area, insertImage)],
  ];
  for (const [name, label, act, key] of tools) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "body-tool";
    button.textContent = label;
    button.title = key ? `${name} (Ctrl+${key.toUpperCase()})` : name;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    bar.append(button);
  }
  area.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const tool = tools.find(([, , , key]) => key === event.key.toLowerCase());
    if (!tool) return;
    event.preventDefault();
    tool[2]();
  });

  const recount = () => {
    const plain = area.value.replace(/<[^>]*>/g, " ").replace(/&[a-z]+;/gi, " ");
    const words = plain.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)?.length ?? 0;
    const minutes = Math.max(1, Math.round(words / WORDS_A_MINUTE));
    count.textContent = `${words.toLocaleString("en")} words · ${minutes} min read`;
  };
  let waiting;
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(recount, 250);
  });
  recount();
}

// The picker: a dialog over the media library.
function library(area, choose) {
  const dialog = document.createElement("dialog");
  dialog.className = "picker";
  dialog.setAttribute("aria-label", "Images of the library");
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "Search the library";
  search.setAttribute("aria-label", "Search the library");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = "Close";
  const head = document.createElement("div");
  head.className = "picker-head";
  head.append(search, close);
  const list = document.createElement("ul");
  list.className = "picker-list";
  list.setAttribute("aria-live", "polite");
  dialog.append(head, list);
  document.body.append(dialog);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); area.focus(); });

  const say = (sentence) => {
    const line = document.createElement("li");
    line.className = "quiet";
    line.textContent = sentence;
    list.replaceChildren(line);
  };
  const load = async () => {
    try {
      const address = `${area.dataset.library}?q=${encodeURIComponent(search.value)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { images } = await answer.json();
      if (!images.length) return say("No image was found. Upload one in the library first.");
      list.replaceChildren(...images.map((image) => {
        const button = document.createElement("button");
        button.type = "button";
        const picture = document.createElement("img");
        picture.src = image.small;
        picture.alt = "";
        picture.loading = "lazy";
        const name = document.createElement("span");
        name.textContent = image.name;
        button.append(picture, name);
        button.addEventListener("click", () => { dialog.close(); choose(image); });
        const line = document.createElement("li");
        line.append(button);
        return line;
      }));
    } catch {
      say("The library did not answer. Close this, save your text and try again.");
    }
  };
  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(load, 250);
  });
  dialog.showModal();
  load();
}
