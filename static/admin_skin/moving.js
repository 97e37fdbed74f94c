// What the board and the calendar share: asking the desk to move something.

/** POST fields as a form; answers {status, ...} and never throws. */
export async function post(url, fields) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  const body = new URLSearchParams(fields);
  if (!body.has("csrfmiddlewaretoken")) body.set("csrfmiddlewaretoken", token.value);
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    if (answer.redirected) throw new Error("signed out");
    const kind = answer.headers.get("content-type") ?? "";
    const said = kind.includes("json") ? await answer.json() : {};
    if (!answer.ok && !said.said && !said.ask) {
      said.said =
        said.detail ??
        (answer.status === 404
          ? "This is not there any more. Reload the page."
          : "The desk refused. Reload the page and try again.");
    }
    return { status: answer.status, ...said };
  } catch {
    return {
      status: 0,
      said: "The desk does not answer. Nothing was moved. Reload the page and try again.",
    };
  }
}

/** Let `things` be dragged, and `places` take them. */
export function dragging({ root, thing, place, dropped }) {
  let held = null;
  root.addEventListener("dragstart", (event) => {
    held = event.target.closest(thing);
    if (!held || held.getAttribute("draggable") !== "true") {
      held = null;
      return;
    }
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.querySelector("a")?.href ?? "");
    held.classList.add("is-held");
  });
  root.addEventListener("dragend", () => {
    held?.classList.remove("is-held");
    for (const one of root.querySelectorAll(".is-over")) one.classList.remove("is-over");
    held = null;
  });
  root.addEventListener("dragover", (event) => {
    const over = held && event.target.closest(place);
    if (!over) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    for (const one of root.querySelectorAll(".is-over")) {
      if (one !== over) one.classList.remove("is-over");
    }
    over.classList.add("is-over");
  });
  root.addEventListener("drop", (event) => {
    const over = held && event.target.closest(place);
    if (!over) return;
    event.preventDefault();
    const moved = held;
    moved.classList.remove("is-held");
    over.classList.remove("is-over");
    dropped(moved, over);
  });
}

/** A sentence, read out; `wrong` makes it stand out. `ways` are [what, where] of each
    thing to be put right: links, in place of the sentence. */
export function tell(line, sentence, wrong = false, ways = []) {
  line.textContent = ways.length ? "" : sentence ?? "";
  for (const [what, where] of ways) {
    const link = document.createElement("a");
    link.href = where;
    link.textContent = what;
    line.append(link, " ");
  }
  line.classList.toggle("is-wrong", wrong);
}
