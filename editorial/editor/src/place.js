// Floating things, placed by CSSOM: inline styles in markup are refused by the policy.

// Above a rectangle of the viewport, or below it where there is no room; within `root`.
export function place(element, rect, root, { below = false, gap = 8 } = {}) {
  const frame = root.getBoundingClientRect();
  const own = element.getBoundingClientRect();
  const ceiling = 72; // the bar on top of the page
  let top = below ? rect.bottom + gap : rect.top - own.height - gap;
  if (!below && top < ceiling) top = rect.bottom + gap;
  const middle = below ? rect.left : (rect.left + rect.right) / 2 - own.width / 2;
  const right = Math.min(frame.right, document.documentElement.clientWidth) - own.width - 4;
  const left = Math.max(Math.max(frame.left, 4), Math.min(middle, right));
  element.style.top = `${top - frame.top}px`;
  element.style.left = `${left - frame.left}px`;
}

export function make(tag, className, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function button(label, className, act, attributes = {}) {
  const element = make("button", className, { type: "button", ...attributes });
  element.append(label);
  // The selection stays where it is.
  element.addEventListener("mousedown", (event) => event.preventDefault());
  element.addEventListener("click", act);
  return element;
}

// Arrow keys go from one to the next, as in every toolbar and menu.
export function rove(container, { items, vertical = false, escape }) {
  container.addEventListener("keydown", (event) => {
    const all = items().filter((one) => !one.disabled && !one.hidden);
    const now = all.indexOf(document.activeElement);
    const [next, before] = vertical ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
    const target = {
      [next]: (now + 1) % all.length,
      [before]: (now - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (target !== undefined && all.length) {
      event.preventDefault();
      event.stopPropagation();
      all[target].focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      escape();
    } else if (vertical && event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const start = [...all.slice(now + 1), ...all.slice(0, now + 1)];
      start.find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  });
}
