// A page that has fields and no text of blocks, as that of a course: what saving as one
// types, and telling who is here, need of a text.
export class Fields {
  // What was sent with the form's other fields is of one moment: see `Saving.#know`.
  hasText = false;
  editor = null;

  constructor(form, told) {
    this.form = form;
    this.item = { id: told.id, kind: told.kind, revision: told.revision, urls: {} };
    this.live = document.createElement("p");
    this.live.className = "body-live visually-hidden";
    this.live.setAttribute("role", "status");
    this.element = this.live;
    form.append(this.live);
    form.addEventListener("input", () => this.element.dispatchEvent(new Event("input")));
  }

  blocks() {
    return [];
  }

  on() {
    return () => {};
  }

  announce(sentence) {
    this.live.textContent = this.live.textContent === sentence ? `${sentence}\u00a0` : sentence;
  }

  focus() {
    this.form.querySelector("textarea, input:not([type=hidden])")?.focus();
  }

  // Its fields are made read-only by whoever takes the lease away.
  setEditable() {}
}
