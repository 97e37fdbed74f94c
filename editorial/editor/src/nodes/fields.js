// Small form fields inside a block: they write attributes, not text.

export function field(name, changed, { multiline = false } = {}) {
  const label = document.createElement("label");
  const words = document.createElement("span");
  words.textContent = name;
  const input = document.createElement(multiline ? "textarea" : "input");
  if (!multiline) input.type = "text";
  input.autocomplete = "off";
  // Quiet until it is needed: the name stands in the empty field.
  input.placeholder = name;
  // Typing here must not reach the form as a change of a field of its own.
  input.addEventListener("input", () => changed(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !multiline) event.preventDefault();
  });
  label.append(words, input);
  const show = (value, editable) => {
    if (input.value !== value) input.value = value;
    input.readOnly = !editable;
  };
  return { label, input, show };
}

export function tick(name, changed) {
  const label = document.createElement("label");
  label.className = "block-tick";
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", () => changed(input.checked));
  const words = document.createElement("span");
  words.textContent = name;
  label.append(input, words);
  const show = (value, editable) => {
    input.checked = value;
    input.disabled = !editable;
  };
  return { label, input, show };
}

export function describe(name) {
  const bar = document.createElement("div");
  bar.className = "block-bar";
  bar.contentEditable = "false";
  const words = document.createElement("span");
  words.textContent = name;
  bar.append(words);
  return bar;
}
