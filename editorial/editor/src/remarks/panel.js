// The side list: threads in the order of the text, each with its answers.
import { offerNames } from "./naming.js";

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  made.append(...children.filter((one) => one != null && one !== false));
  return made;
}

const button = (words, act, className = "remark-act") =>
  element("button", { type: "button", class: className, on: { click: act } }, words);

const when = (iso) => {
  const date = new Date(iso);
  const day = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return element("time", { datetime: iso, title: date.toLocaleString("en-GB") }, date.toLocaleString("en-GB", day));
};

// The words, with the names that were written with an @.
function words({ comment, names }) {
  const parts = comment.split(/((?<![\w@/.])@[\w-]+)/);
  return element("div", { class: "remark-words", dir: "auto" }, ...parts.map((part) => {
    const name = part.startsWith("@") && names[part.slice(1).toLowerCase()];
    return name ? element("b", { class: "remark-name" }, `@${name}`) : part;
  }));
}

// A field for words, with its two buttons. `send` answers a promise.
export function composer({ label, send, done, text = "", verb, names }) {
  const area = element("textarea", { rows: 3, maxlength: 5000, "aria-label": label, placeholder: label });
  area.value = text;
  const problem = element("p", { class: "remark-problem", role: "alert" });
  const submit = element("button", { type: "submit", class: "button default small" }, verb);
  const form = element("form", { class: "remark-composer" }, area, problem,
    element("div", { class: "remark-acts" }, submit, button("Cancel", done, "button small")));
  if (names) offerNames(area, names);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    if (!area.value.trim()) {
      problem.textContent = "Say what you mean first.";
      return;
    }
    submit.disabled = true;
    try {
      await send(area.value);
      done();
    } catch (refusal) {
      problem.textContent = refusal.message;
      submit.disabled = false;
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    else if (event.key === "Escape") done();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  queueMicrotask(() => area.focus());
  return form;
}

// One remark or answer: who, when, the words, what one may do to them.
function said(remark, { doors, names, redraw, changed, fail, mayRemark }) {
  const by = element("p", { class: "remark-by" },
    element("strong", {}, remark.by), " ", when(remark.at), remark.edited ? " · changed" : "");
  const body = element("div", { class: "remark-said" }, by, words(remark));
  if (!mayRemark) return { body, acts: [] };
  const acts = [];
  if (remark.mine)
    acts.push(button("Change", () => body.replaceChildren(by, composer({
      label: "Your remark", verb: "Keep", text: remark.comment, names, done: redraw,
      send: async (comment) => changed((await doors.reword(remark.id, comment)).thread),
    }))));
  if (remark.may_delete)
    acts.push(button("Delete", async (event) => {
      const act = event.currentTarget;
      if (act.dataset.sure === undefined) {
        act.dataset.sure = "";
        act.textContent = "Really delete?";
        return;
      }
      try {
        await doors.remove(remark.id);
        changed(null, remark.id);
      } catch (refusal) {
        fail(refusal.message);
      }
    }));
  return { body, acts };
}

export function threadCard(thread, tools) {
  const { doors, names, active, jump, changed, redraw, fail, mayRemark } = tools;
  const card = element("article", {
    class: `remark-card${thread.resolved ? " is-resolved" : ""}${active === thread.id ? " is-active" : ""}`,
    id: `remark-${thread.id}`, tabindex: "-1", "aria-label": `Remark of ${thread.by}`,
  });
  if (thread.orphan)
    card.append(element("p", { class: "remark-lost" }, "Its words are gone from the text."));
  if (thread.original_quote || thread.quote) {
    const quoted = thread.orphan ? thread.original_quote || thread.quote : thread.quote;
    card.append(thread.orphan
      ? element("p", { class: "remark-quoted", dir: "auto" }, quoted)
      : button(quoted, () => jump(thread), "remark-quoted"));
    card.lastChild.setAttribute("dir", "auto");
    if (!thread.orphan) card.lastChild.title = "Show it in the text";
  } else if (thread.block && !thread.orphan) {
    card.append(button("On this block", () => jump(thread), "remark-quoted is-block"));
  }
  const { body, acts } = said(thread, tools);
  card.append(body);
  for (const answer of thread.answers) {
    const one = said(answer, tools);
    one.body.classList.add("remark-answer");
    if (one.acts.length) one.body.append(element("div", { class: "remark-acts" }, ...one.acts));
    card.append(one.body);
  }
  if (thread.resolved)
    card.append(element("p", { class: "remark-done" }, `Resolved by ${thread.resolved_by}`));
  const row = element("div", { class: "remark-acts" });
  if (mayRemark) {
    row.append(
      button("Answer", () => row.replaceWith(composer({
        label: `Answer ${thread.by}`, verb: "Answer", names, done: redraw,
        send: async (comment) => changed((await doors.say({ comment, parent: thread.id })).thread),
      }))),
      button(thread.resolved ? "Open again" : "Resolve", async () => {
        try {
          changed((await doors.resolve(thread.id, !thread.resolved)).thread);
        } catch (refusal) {
          fail(refusal.message);
        }
      }),
      ...acts,
    );
    card.append(row);
  }
  return card;
}
