// Parts of a page that depend on its reader, fetched after the page.
//
//   <div data-fragment="/engagement/…" data-when-away="Comments are taking a break.">
//     a plain link that works without this script
//   </div>
//
// A fragment is fetched when it comes near the viewport. Forms and links marked
// [data-swap] inside it are answered by HTML that takes its place. If the service is
// away, the plain link gives way to the quiet sentence in data-when-away.

const PATIENCE = 8000;

const announcer = document.createElement("div");
announcer.className = "visually-hidden";
announcer.setAttribute("role", "status");
document.body.append(announcer);

function announce(text) {
  announcer.textContent = "";
  // Emptied first, and filled a moment later: the same sentence is read again.
  setTimeout(() => { announcer.textContent = text; }, 60);
}

async function ask(url, options = {}) {
  const answer = await fetch(url, {
    credentials: "same-origin",
    headers: { "X-Requested-With": "fetch", Accept: "text/html" },
    signal: AbortSignal.timeout(PATIENCE),
    ...options,
  });
  const isHtml = (answer.headers.get("Content-Type") || "").startsWith("text/html");
  return { answer, html: isHtml ? await answer.text() : "" };
}

// A fragment's stylesheets go to the head, once, and the fragment waits for them.
function withStyles(parsed) {
  const waiting = [];
  for (const link of parsed.querySelectorAll("link[rel=stylesheet]")) {
    const href = link.getAttribute("href");
    link.remove();
    if (document.head.querySelector(`link[href="${CSS.escape(href)}"]`)) continue;
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = href;
    waiting.push(new Promise((done) => { sheet.onload = sheet.onerror = done; }));
    document.head.append(sheet);
  }
  return Promise.all(waiting);
}

async function swap(holder, html, { used = document.activeElement, sent = null } = {}) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  await withStyles(parsed);
  const focused = holder.contains(used) ? used : null;
  const drafts = draftsIn(holder, sent);
  holder.replaceChildren(...parsed.body.childNodes);
  holder.removeAttribute("aria-busy");
  keepDrafts(holder, drafts);
  if (focused) keepFocus(holder, focused);
  const news = holder.querySelector("[data-announce]");
  if (news) announce(news.dataset.announce || news.textContent.trim());
  watchAll(holder);
}

// What is typed in other forms is not lost when one of them is sent.
function draftsIn(holder, sent) {
  return [...holder.querySelectorAll("textarea[id]")].filter(
    (field) => !sent?.contains(field) && field.value !== field.defaultValue,
  );
}

function keepDrafts(holder, drafts) {
  for (const { id, value } of drafts) {
    const field = holder.querySelector(`#${CSS.escape(id)}`);
    if (!field) continue;
    field.value = value;
    const folded = field.closest("details");
    if (folded) folded.open = true;
  }
}

// Focus stays where it was, or goes to the fragment: never back to the page's start.
function keepFocus(holder, focused) {
  const place = twin(holder, focused) || holder;
  if (place === holder) holder.tabIndex = -1;
  place.focus({ preventScroll: true });
}

// What stands now where this control stood: by its id, or by its place in its form.
function twin(holder, control) {
  if (control.id) return holder.querySelector(`#${CSS.escape(control.id)}`);
  const old = control.closest("form");
  if (!old) return null;
  const action = CSS.escape(old.getAttribute("action") || "");
  const form = holder.querySelector(`form[action="${action}"]`);
  const place = [...old.querySelectorAll("button")].indexOf(control);
  return form?.querySelectorAll("button")[place];
}

function away(holder) {
  holder.removeAttribute("aria-busy");
  const sentence = holder.dataset.whenAway;
  if (!sentence) return;
  const note = document.createElement("p");
  note.className = "away";
  note.textContent = sentence;
  holder.replaceChildren(note);
}

async function load(holder) {
  holder.setAttribute("aria-busy", "true");
  try {
    const { answer, html } = await ask(holder.dataset.fragment);
    if (answer.ok && html) await swap(holder, html);
    else away(holder);
  } catch {
    away(holder);
  }
}

// An answer of 4xx with HTML is the form again, with what to correct.
async function send(holder, form, submitter) {
  const data = new FormData(form, submitter);
  const isPost = form.method === "post";
  const target = submitter?.getAttribute("formaction") || form.getAttribute("action");
  const url = new URL(target || holder.dataset.fragment, location.href);
  if (!isPost) url.search = new URLSearchParams(data);
  // A disabled button loses the focus: remember now where it was.
  const used = submitter || document.activeElement;
  holder.setAttribute("aria-busy", "true");
  if (submitter) submitter.disabled = true;
  try {
    const options = isPost ? { method: "POST", body: data } : {};
    const { answer, html } = await ask(url, options);
    if (answer.redirected && !answer.url.includes("/fragments/")) {
      location.assign(answer.url);
    } else if (html && answer.status < 500) {
      await swap(holder, html, { used, sent: form });
    } else {
      throw new Error(answer.status);
    }
  } catch {
    if (submitter) submitter.disabled = false;
    holder.removeAttribute("aria-busy");
    say(form, "That could not be sent. Your text is still here; try again in a minute.");
  }
}

function say(form, sentence) {
  let note = form.querySelector(".away");
  if (!note) {
    note = document.createElement("p");
    note.className = "away";
    form.append(note);
  }
  note.textContent = sentence;
  announce(sentence);
}

function holderOf(element) {
  return element.closest("[data-fragment]");
}

document.addEventListener("submit", (event) => {
  const holder = holderOf(event.target);
  const isPlain = event.target.hasAttribute("data-plain");
  if (!holder || isPlain || event.defaultPrevented) return;
  event.preventDefault();
  send(holder, event.target, event.submitter);
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-swap]");
  const holder = link && holderOf(link);
  const isPlainClick = !(event.metaKey || event.ctrlKey || event.shiftKey || event.button);
  if (!holder || !isPlainClick) return;
  event.preventDefault();
  try {
    const { answer, html } = await ask(link.dataset.swap || link.href);
    if (!answer.ok || !html) throw new Error(answer.status);
    await swap(holder, html);
  } catch {
    location.assign(link.href);
  }
});

const nearby = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    nearby.unobserve(entry.target);
    load(entry.target);
  }
}, { rootMargin: "400px" });

function watchAll(root) {
  for (const holder of root.querySelectorAll("[data-fragment]")) nearby.observe(holder);
}

watchAll(document);
