// Images of the media library, in a dialog. `body.uploading`, when a feature sets it, is
// asked for a button with which new ones come in: (body, add) → element.
import { button, make } from "./place.js";
import { insertBlock } from "./menu.js";

const SEEN = 250;

export function imageNode(body, image) {
  body.media.set(image.id, { url: image.url, alt: image.alt, width: image.width, height: image.height, decorative: image.decorative });
  return { type: "image", attrs: { media: image.id } };
}

export async function chooseImages(body, { many }) {
  const images = await pickImages(body, { many });
  if (!images.length) return body.focus();
  const nodes = images.map((image) => imageNode(body, image));
  insertBlock(body, many ? { type: "gallery", content: nodes } : nodes[0]);
}

// Answers the chosen images, [] when the dialog was closed.
export function pickImages(body, { many = false } = {}) {
  return new Promise((answer) => {
    const chosen = new Map();
    const dialog = make("dialog", "picker", { "aria-label": many ? "Choose images" : "Choose an image" });
    const search = make("input", "", { type: "search", placeholder: "Search the library", "aria-label": "Search the library" });
    const done = button("Use these", "button default", () => finish([...chosen.values()]));
    done.disabled = true;
    const close = button("Close", "button", () => finish([]));
    const head = make("div", "picker-head", {}, search);
    const list = make("ul", "picker-list");
    const said = make("p", "quiet", { role: "status" });
    dialog.append(head, said, list);
    let result = [];
    const finish = (images) => {
      result = images;
      dialog.close();
    };
    const add = (image) => {
      if (!many) return finish([image]);
      chosen.set(image.id, image);
      done.disabled = false;
      return load();
    };
    const upload = body.uploading?.(body, add);
    head.append(...[upload, many && done, close].filter(Boolean));
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(result);
    });

    let asked = 0;
    const load = async () => {
      const turn = ++asked;
      try {
        const address = `${body.item.urls.library}?q=${encodeURIComponent(search.value)}`;
        const response = await fetch(address, { headers: { Accept: "application/json" } });
        if (!response.ok) throw new Error(String(response.status));
        const { images } = await response.json();
        if (turn !== asked) return;
        list.replaceChildren(...images.map(show));
        said.textContent = images.length ? "" : "No image was found. Other words find more, or upload one.";
      } catch {
        if (turn === asked) said.textContent = "The library did not answer. Your text is safe; close this and try again.";
      }
    };
    const show = (image) => {
      const picture = make("img", "", { alt: "", loading: "lazy" });
      picture.src = image.small;
      const one = button(picture, "", () => {
        if (!many) return finish([image]);
        if (chosen.has(image.id)) chosen.delete(image.id);
        else chosen.set(image.id, image);
        one.setAttribute("aria-pressed", String(chosen.has(image.id)));
        done.disabled = !chosen.size;
        return undefined;
      });
      one.append(make("span", "", {}, image.name));
      if (many) one.setAttribute("aria-pressed", String(chosen.has(image.id)));
      return make("li", "", {}, one);
    };
    let waiting;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(load, SEEN);
    });
    dialog.showModal();
    load();
  });
}
