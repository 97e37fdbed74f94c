// Images that are dropped, pasted or chosen: they go up while one writes on. Until an
// image is in the library nothing of it is in the text; what fails can be tried again.
import { newId } from "../ids.js";
import { button, make } from "../place.js";
import { send } from "./intake/asking.js";
import { report } from "./intake/report.js";
import { fill, hold, letGo } from "./intake/waiting.js";

const AT_ONCE = 2;
const TAKEN = /^image\/(jpeg|png|webp|gif|avif)$/;
const ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/avif";
const underWay = new Set();

addEventListener("beforeunload", (event) => {
  if (underWay.size) event.preventDefault();
});

export function install(body) {
  body.uploading = uploadButton;
  body.insertions?.push({
    name: "Upload images", hint: "From your computer", keys: "picture photo file new", icon: "⇪",
    run: async () => {
      const files = await chooseFiles();
      if (files.length) takeFiles(body, files, body.editor.state.selection.from);
    },
  });
}

function chooseFiles({ many = true } = {}) {
  return new Promise((answer) => {
    const input = make("input", "", { type: "file", accept: ACCEPT });
    input.multiple = many;
    input.addEventListener("change", () => answer([...input.files]));
    input.addEventListener("cancel", () => answer([]));
    input.click();
  });
}

function known(answer) {
  return {
    url: answer.url,
    alt: answer.is_decorative ? "" : answer.alt_text,
    width: answer.width,
    height: answer.height,
    credit: answer.credit,
    decorative: answer.is_decorative,
  };
}

// Files at a place of the text. Several at once may become a gallery.
export function takeFiles(body, files, pos) {
  const images = files.filter(({ type }) => TAKEN.test(type));
  const others = files.filter(({ type }) => !TAKEN.test(type)).map(({ name }) => name);
  if (others.length)
    report(body, "Not everything was taken.", [`${others.join(", ")}: here go images only: JPEG, PNG, WebP, GIF or AVIF.`]);
  if (images.length) new Batch(body, images, pos);
}

class Batch {
  constructor(body, files, pos) {
    this.body = body;
    this.rows = files.map((file) => new Row(this, file));
    this.dom = make("div", "intake-waiting", { role: "group", "aria-label": "Images on their way" });
    this.dom.contentEditable = "false";
    if (files.length > 1) this.dom.append(this.choice());
    this.dom.append(...this.rows.map(({ dom }) => dom));
    this.id = hold(body.editor.view, pos, pos, this.dom);
    underWay.add(this);
    body.announce(files.length === 1 ? `${files[0].name} is uploaded.` : `${files.length} images are uploaded.`);
    this.again = () => this.rows.filter(({ state }) => state === "lost").forEach((row) => row.retry());
    addEventListener("online", this.again);
    this.next();
  }

  // The offer stands until it is answered; the files go up meanwhile.
  choice() {
    const offer = make("div", "intake-choice", {}, `Put these ${this.rows.length} images in`);
    const options = [["gallery", "As a gallery"], ["single", "One below the other"]].map(([way, words]) =>
      button(words, "button", () => {
        this.way = way;
        options.forEach((one, index) => one.setAttribute("aria-pressed", String((index === 0) === (way === "gallery"))));
        this.settle();
      }, { "aria-pressed": "false" }));
    offer.append(...options);
    return offer;
  }

  next() {
    const running = this.rows.filter(({ state }) => state === "running").length;
    this.rows.filter(({ state }) => state === "waiting").slice(0, AT_ONCE - running).forEach((row) => row.start());
    this.settle();
  }

  settle() {
    if (this.rows.some(({ state }) => !["done", "cancelled"].includes(state))) return undefined;
    const images = this.rows.filter(({ state }) => state === "done").map(({ media }) => ({ type: "image", attrs: { media } }));
    if (images.length > 1 && !this.way) return undefined;
    const together = images.length > 1 && this.way === "gallery";
    underWay.delete(this);
    removeEventListener("online", this.again);
    if (!images.length) return letGo(this.body.editor.view, this.id);
    const contents = together ? [{ type: "gallery", content: images }] : images;
    fill(this.body, this.id, contents.map((content) => ({ id: newId(), type: content.type, content })));
    this.body.announce(images.length === 1 ? "The image is in the text. Describe it for those who cannot see it." : `${images.length} images are in the text. Describe each one.`);
    return undefined;
  }
}

class Row {
  constructor(batch, file) {
    Object.assign(this, { batch, file, state: "waiting" });
    const picture = make("canvas", "intake-preview", { "aria-hidden": "true", width: "112", height: "80" });
    preview(file, picture);
    this.bar = make("progress", "", { max: "1", value: "0", "aria-label": `Uploading ${file.name}` });
    this.said = make("span", "intake-said", { role: "status" });
    this.cancel = button("Cancel", "button", () => this.drop(), { "aria-label": `Cancel ${file.name}` });
    this.again = button("Try again", "button default", () => this.retry(), { "aria-label": `Try ${file.name} again` });
    this.again.hidden = true;
    this.dom = make("div", "intake-row", {}, picture,
      make("span", "intake-about", {}, make("span", "intake-name", {}, file.name), this.said),
      this.bar, make("span", "intake-buttons", {}, this.again, this.cancel));
  }

  async start() {
    this.state = "running";
    this.bar.hidden = false;
    this.again.hidden = true;
    this.said.textContent = "";
    const form = new FormData();
    form.set("file", this.file, this.file.name || "pasted.png");
    this.sending = send(this.batch.body.item.urls.upload, form, { progress: (part) => { this.bar.value = part; } });
    try {
      const answer = await this.sending.done;
      this.media = answer.id;
      this.batch.body.media.set(answer.id, known(answer));
      this.state = "done";
      this.said.textContent = "Uploaded";
      this.cancel.hidden = this.bar.hidden = true;
    } catch (problem) {
      if (this.state !== "cancelled") this.fail(problem);
    }
    this.batch.next();
  }

  fail(problem) {
    this.state = "lost";
    this.bar.hidden = true;
    this.again.hidden = false;
    this.said.textContent = problem.message;
    this.batch.body.announce(`${this.file.name} was not uploaded. ${problem.message}`);
  }

  retry() {
    this.state = "waiting";
    this.batch.next();
  }

  drop() {
    this.state = "cancelled";
    this.sending?.cancel();
    this.dom.hidden = true;
    this.batch.next();
  }
}

// Drawn, and not shown from the file's own address: the policy knows no such images.
async function preview(file, canvas) {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.max(canvas.width / image.width, canvas.height / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    canvas.getContext("2d").drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    image.close();
  } catch {
    // The server says what is wrong with it.
  }
}

// The button in the library's dialog: what comes in is chosen at once.
function uploadButton(body, add) {
  const said = make("span", "intake-said", { role: "status" });
  const choose = button("Upload…", "button", async () => {
    for (const file of await chooseFiles()) {
      said.textContent = `Uploading ${file.name}…`;
      const form = new FormData();
      form.set("file", file);
      try {
        const sending = send(body.item.urls.upload, form, {
          progress: (part) => { said.textContent = `Uploading ${file.name}: ${Math.round(100 * part)} %`; },
        });
        const answer = await sending.done;
        said.textContent = "";
        const found = { id: answer.id, name: answer.title || answer.original_filename, small: answer.url, ...known(answer) };
        body.media.set(answer.id, known(answer));
        add(found);
      } catch (problem) {
        said.textContent = `${file.name} was not uploaded. ${problem.message}`;
        return;
      }
    }
  });
  return make("span", "intake-upload", {}, choose, said);
}
