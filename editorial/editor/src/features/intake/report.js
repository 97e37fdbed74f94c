// What did not come along, said beside the text until it is read.
import { button, make } from "../../place.js";

export function report(body, title, sentences) {
  body.element.querySelector(".intake-report")?.remove();
  if (!sentences.length) {
    body.announce(title);
    return;
  }
  const close = button("Close", "button", () => {
    panel.remove();
    body.focus();
  });
  const list = make("ul", "", {}, ...sentences.map((one) => make("li", "", {}, one)));
  const panel = make("section", "intake-report", { "aria-label": "Report" }, make("p", "", {}, make("strong", "", {}, title)), list, close);
  body.element.prepend(panel);
  body.announce(`${title} ${sentences.join(" ")}`);
}

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
