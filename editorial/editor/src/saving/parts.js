// Small pieces of page, made without markup in strings.
export function part(tag, { text, ...props } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

export function button(text, act, props = {}) {
  const found = part("button", { type: "button", text, className: "button small", ...props });
  found.addEventListener("click", act);
  return found;
}

export const clock = (when) =>
  new Date(when).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
