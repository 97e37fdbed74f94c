// Beside the text while it is written: checks, cards and the preview, of what stands in
// the page now. One question to the server for all three; nothing of it is saved.

import { jump } from "./jumping.js";

const panel = document.querySelector("[data-checks]");
const form = document.querySelector("body.item-page .workspace-form");
const SETTLED = 300;
const FIELDS = [
  "title", "excerpt", "description", "slug", "category", "featured_image", "meta_title",
  "meta_description", "og_title", "og_description", "og_image", "canonical_url",
];
const FLAGS = ["no_index", "no_follow"];
const KINDS = { block: "Stops it", warn: "Look at this", advice: "Could be better" };

if (panel && form) start();

function start() {
  const root = document.querySelector(".body-editor");
  let body = root?.body ?? null;
  document.addEventListener("body:ready", (event) => {
    body = event.detail;
    listen();
    preview.attach();
  });
  const cards = document.querySelector("[data-cards]");
  const preview = makePreview();

  // --- What is asked ------------------------------------------------------------------

  const fields = () => {
    const found = {};
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (field && "value" in field) found[name] = field.value;
    }
    for (const name of FLAGS) if (form.elements[name]) found[name] = form.elements[name].checked;
    const tags = form.elements.tags;
    if (tags?.selectedOptions) found.tags = [...tags.selectedOptions].map((one) => one.value);
    return found;
  };

  let waiting, asking = null, again = false, shownOnce = false, wasSaved = false;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, SETTLED);
  };

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    const want = ["checks", "card"];
    if (preview.isShown()) want.push("page");
    if (wasSaved) want.push("step");
    wasSaved = false;
    const text = { fields: fields(), want };
    if (body) text.blocks = body.blocks();
    asking = fetch(panel.dataset.look, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
      },
      body: JSON.stringify(text),
    });
    try {
      const answer = await asking;
      if (answer.ok) show(await answer.json());
    } catch {
      // Away for a moment: what stands there stays, the next change asks again.
    } finally {
      asking = null;
      if (again) {
        again = false;
        soon();
      }
    }
  }

  const listen = () => body.on("change", soon);
  if (body) listen();
  document.addEventListener("body:saved", () => {
    wasSaved = true;
    soon();
  });
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // The admin's pickers set a field without an event of the field's own.
  if (window.django?.jQuery) window.django.jQuery(form).on("change", soon);

  function show(told) {
    if (told.checks) showChecks(told.checks);
    if (told.card) showCard(cards, told.card);
    if (told.page) preview.show(told.page);
    if (told.step) showStep(told.step);
  }

  // A save may have changed what can be done next. Not under somebody's hands.
  function showStep(html) {
    const box = document.querySelector("[data-next-step]");
    if (!box || box.contains(document.activeElement)) return;
    if (box.querySelector("details[open], [data-receipt]:not(.is-done)")) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.querySelector("[data-next-step]");
    if (fresh && fresh.textContent !== box.textContent)
      box.replaceWith(document.importNode(fresh, true));
  }

  // --- Checks -------------------------------------------------------------------------

  const list = panel.querySelector("[data-concerns]");
  const count = panel.querySelector("[data-checks-count]");
  const linkForm = panel.querySelector("[data-checks-links]");
  let known = "";

  function showChecks(checks) {
    const said = JSON.stringify(checks.concerns);
    if (said !== known) {
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      list.replaceChildren(...checks.concerns.map(concern));
      if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      const sentence = counted(checks.counts);
      // Said aloud only when it changes, and politely.
      if (shownOnce ? sentence !== count.textContent : true) count.textContent = sentence;
      known = said;
    }
    shownOnce = true;
    badge(checks.counts);
    linkForm.hidden = !checks.links;
    if (checks.links) {
      linkForm.querySelector("[data-checks-links-say]").textContent = checks.links.sentence;
      if (checks.links.waiting) {
        clearTimeout(linkForm.timer);
        linkForm.timer = setTimeout(ask, 3000);
      }
    }
  }

  function concern(one) {
    const item = document.createElement("li");
    item.className = `concern concern-${one.severity}`;
    if (one.passed) item.classList.add("concern-passed");
    const target = one.block || one.field || one.lesson;
    const inner = document.createElement(target ? "button" : "div");
    if (target) {
      inner.type = "button";
      inner.className = "concern-jump";
      inner.dataset.key = one.key;
      inner.addEventListener("click", () => lead(one));
    }
    const lines = [
      ["concern-kind", (one.passed ? "Let pass" : KINDS[one.severity]) + (one.where ? ` · ${one.where}` : "")],
      ["concern-what", one.sentence],
      ["concern-todo", one.passed || one.todo],
    ];
    for (const [name, words] of lines) {
      const line = document.createElement("span");
      line.className = name;
      line.dir = "auto";
      line.textContent = words;
      inner.append(line);
    }
    item.append(inner);
    return item;
  }

  function counted({ block, warn, advice }) {
    const parts = [];
    if (block) parts.push(`${block} ${block === 1 ? "stops" : "stop"} it`);
    if (warn) parts.push(`${warn} to look at`);
    if (advice) parts.push(`${advice} that could be better`);
    return parts.length ? parts.join(", ") : "Nothing to remark: it can go out as it is.";
  }

  function badge({ block, warn }) {
    const tab = document.getElementById("tab-panel-checks");
    if (!tab) return;
    let mark = tab.querySelector(".tab-count");
    if (!mark) {
      mark = document.createElement("span");
      mark.className = "tab-count";
      tab.append(" ", mark);
    }
    mark.hidden = !(block + warn);
    mark.classList.toggle("is-block", block > 0);
    mark.textContent = block + warn;
  }

  // To the place in this page, or to the lesson's own.
  function lead(one) {
    const page = one.lesson && one.href ? new URL(one.href, location.href) : location;
    if (page.pathname !== location.pathname) location.assign(page);
    else jump({ block: one.block, field: one.field, sentence: `${one.sentence} ${one.todo}` });
  }

  linkForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = linkForm.querySelector("button");
    button.disabled = true;
    try {
      await fetch(linkForm.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new FormData(linkForm),
      });
      await ask();
    } finally {
      button.disabled = false;
    }
  });

  // --- The preview --------------------------------------------------------------------

  function makePreview() {
    const pane = document.querySelector("[data-preview]");
    const sheet = pane?.closest("[data-panel]");
    const none = { attach() {}, isShown: () => false, show() {} };
    if (!pane) return none;
    const tools = pane.querySelector(".preview-tools");
    const frame = document.createElement("iframe");
    frame.className = "preview-frame";
    frame.title = "Preview";
    // No scripts, no forms, no way out; same origin, so that this page may turn its text.
    frame.setAttribute("sandbox", "allow-same-origin");
    const stage = document.createElement("div");
    stage.className = "preview-stage";
    stage.append(frame);
    tools.after(stage);

    const widths = document.createElement("div");
    widths.className = "preview-widths";
    widths.setAttribute("role", "group");
    widths.setAttribute("aria-label", "Width of the preview");
    let width = Number(localStorage.getItem("preview-width")) || 375;
    const buttons = [["Phone", 375], ["Tablet", 768], ["Desktop", 1280]].map(([name, size]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${name} ${size}`;
      button.dataset.width = size;
      button.addEventListener("click", () => {
        width = size;
        localStorage.setItem("preview-width", size);
        fit();
      });
      widths.append(button);
      return button;
    });
    const large = document.createElement("button");
    large.type = "button";
    large.textContent = "Wide panel";
    large.className = "preview-large";
    large.addEventListener("click", () => {
      document.body.classList.toggle("preview-wide");
      fit();
    });
    tools.prepend(widths, large);

    // Shown as wide as the device, and scaled to the room there is.
    function fit() {
      const room = stage.clientWidth;
      if (!room) return;
      const scale = Math.min(1, room / width);
      const height = Math.max(320, window.innerHeight - stage.getBoundingClientRect().top - 24);
      const shown = stage.closest(".preview-wide") || matchMedia("(min-width: 64rem)").matches ? height : 560;
      frame.style.width = `${width}px`;
      frame.style.height = `${shown / scale}px`;
      frame.style.transform = `scale(${scale})`;
      stage.style.height = `${shown}px`;
      for (const button of buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.width) === width));
      large.setAttribute("aria-pressed", String(document.body.classList.contains("preview-wide")));
    }
    new ResizeObserver(fit).observe(pane);
    window.addEventListener("resize", fit);

    let isLoaded = false, pending = null;
    frame.addEventListener("load", () => {
      const inside = frame.contentDocument;
      if (!inside?.body || inside.location.href === "about:blank") return;
      isLoaded = true;
      inside.addEventListener("click", clicked);
      inside.addEventListener("submit", (event) => event.preventDefault());
      if (pending) turn(pending);
      mark();
    });

    function clicked(event) {
      event.preventDefault();
      const block = event.target.closest?.("[data-block-id]");
      if (block && body) {
        body.focusBlock(block.dataset.blockId);
        mark(block.dataset.blockId);
        return;
      }
      const name = event.target.closest?.("h1") ? "title" : event.target.closest?.(".standfirst") ? "excerpt" : null;
      if (name) form.elements[name]?.focus();
    }

    // The block that one writes in is the one that is marked.
    let last = null;
    function mark(id = last, scroll = false) {
      last = id;
      const inside = frame.contentDocument;
      if (!isLoaded || !inside) return;
      for (const one of inside.querySelectorAll(".is-here")) one.classList.remove("is-here");
      const here = id && inside.querySelector(`[data-block-id="${CSS.escape(id)}"]`);
      if (!here) return;
      here.classList.add("is-here");
      if (!scroll) return;
      const box = here.getBoundingClientRect();
      if (box.top < 0 || box.bottom > frame.contentWindow.innerHeight)
        frame.contentWindow.scrollBy(0, box.top - frame.contentWindow.innerHeight / 3);
    }

    // New text in the same document: the frame keeps its place.
    function turn(html) {
      pending = null;
      const inside = frame.contentDocument;
      const page = new DOMParser().parseFromString(html, "text/html");
      const old = inside.querySelector("main");
      const fresh = inside.importNode(page.querySelector("main"), true);
      const top = frame.contentWindow.scrollY;
      old.replaceWith(fresh);
      inside.title = page.title;
      frame.contentWindow.scrollTo(0, top);
      mark();
      frame.dispatchEvent(new CustomEvent("preview:turned", { bubbles: true }));
    }

    sheet.addEventListener("panel:shown", () => {
      if (sheet.hidden) return;
      fit();
      if (!frame.src) frame.src = pane.dataset.src;
      ask();
    });

    return {
      isShown: () => Boolean(sheet && !sheet.hidden && sheet.offsetParent),
      show(html) {
        if (isLoaded) turn(html);
        else pending = html;
      },
      attach() {
        body.on("selection", () => {
          if (!this.isShown()) return;
          const id = body.blockAt()?.node.attrs.id;
          if (id && id !== last) mark(id, true);
        });
      },
    };
  }

  if (body) preview.attach();
  ask();
}

// --- Cards ----------------------------------------------------------------------------

function showCard(cards, card) {
  if (!cards) return;
  for (const place of cards.querySelectorAll("[data-card]")) {
    const words = card[place.dataset.card] ?? "";
    place.textContent = words;
    if (place.dataset.card === "robots") place.hidden = !words;
  }
  const image = cards.querySelector("[data-card-image]");
  image.hidden = !card.image;
  if (card.image && image.getAttribute("src") !== card.image) image.src = card.image;
  image.alt = card.image_alt;
  for (const line of cards.querySelectorAll("[data-length]")) {
    const length = (card[line.dataset.length] ?? "").length;
    const [from, to] = [Number(line.dataset.from), Number(line.dataset.to)];
    const verdict = length > to ? "too long" : length < from ? "short" : "fits";
    line.querySelector("[data-length-says]").textContent = `${length} of ${to}, ${verdict}`;
    const meter = line.querySelector("meter");
    meter.value = Math.min(length, to);
    line.dataset.verdict = verdict;
  }
}
