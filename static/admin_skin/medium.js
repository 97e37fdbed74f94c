// The page of one file: focal point and crop, by pointer and by keys, and how pages
// will show it. The numbers in the form are the truth; here they are drawn.

const making = document.querySelector("[data-making]");
if (making) {
  let pause = 700;
  const ask = async () => {
    try {
      const answer = await fetch(making.dataset.state, { headers: { Accept: "application/json" } });
      const { images: [medium] } = await answer.json();
      if (medium && medium.processing !== "pending") {
        making.removeAttribute("data-making");
        making.textContent = medium.processing === "done"
          ? "Its sizes are ready."
          : medium.note || "Its sizes could not be made. Reload the page to try again.";
        making.setAttribute("role", "status");
        return;
      }
    } catch { /* asked again below */ }
    pause = Math.min(pause * 1.5, 10000);
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
}

const studio = document.querySelector("[data-studio]");
if (studio) open(studio);

function open(studio) {
  const picture = studio.querySelector(".stage-picture");
  const inner = document.createElement("div");
  inner.className = "stage-inner clipping";
  picture.replaceWith(inner);
  inner.append(picture);
  picture.draggable = false;

  const field = (name) => document.querySelector(`#id_${name}`);
  // Who may only look has no fields; the picture itself knows, too.
  const number = (name, otherwise) => {
    const value = Number.parseFloat(field(name) ? field(name).value : studio.dataset[name]);
    return Number.isFinite(value) ? value : otherwise;
  };
  const fields = document.querySelector(".by-numbers");
  const mayChange = !("onlyLook" in studio.dataset) && field("focal_x");
  const focal = { x: number("focal_x", 0.5), y: number("focal_y", 0.5) };
  let crop = {
    x: number("crop_x", 0), y: number("crop_y", 0),
    width: number("crop_width", 1), height: number("crop_height", 1),
  };
  const isWhole = () => crop.width > 0.999 && crop.height > 0.999;
  const LEAST = 0.05;
  const within = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

  // --- What is drawn on the picture ------------------------------------------------

  const mark = document.createElement("button");
  mark.type = "button";
  mark.className = "focal";
  const frame = document.createElement("button");
  frame.type = "button";
  frame.className = "crop-frame";
  const corners = ["nw", "ne", "sw", "se"].map((name) => {
    const corner = document.createElement("span");
    corner.className = "crop-corner";
    corner.dataset.corner = name;
    return corner;
  });
  frame.append(...corners);
  const spoken = document.createElement("p");
  spoken.className = "visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  inner.append(frame, mark);
  studio.append(spoken);

  const percent = (part) => `${Math.round(part * 100)} %`;
  let mode = "focal";

  function draw() {
    mark.style.setProperty("left", percent4(focal.x));
    mark.style.setProperty("top", percent4(focal.y));
    frame.style.setProperty("left", percent4(crop.x));
    frame.style.setProperty("top", percent4(crop.y));
    frame.style.setProperty("width", percent4(crop.width));
    frame.style.setProperty("height", percent4(crop.height));
    mark.setAttribute("aria-label",
      `Focal point: ${percent(focal.x)} from the left, ${percent(focal.y)} from the top`);
    frame.setAttribute("aria-label", isWhole() ? "Crop: the whole image"
      : `Crop: ${percent(crop.width)} wide and ${percent(crop.height)} high, ` +
        `${percent(crop.x)} from the left, ${percent(crop.y)} from the top`);
    frame.hidden = mode !== "crop" && isWhole();
    for (const corner of corners) corner.hidden = mode !== "crop";
    frame.tabIndex = mode === "crop" ? 0 : -1;
    frame.style.setProperty("pointer-events", mode === "crop" ? "auto" : "none");
    mark.hidden = mode === "crop";
    preview();
  }
  const percent4 = (part) => `${(part * 100).toFixed(2)}%`;

  function keep() {
    if (!mayChange) return;
    const say = (name, value) => {
      const input = field(name);
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    say("focal_x", focal.x.toFixed(4));
    say("focal_y", focal.y.toFixed(4));
    for (const side of ["x", "y", "width", "height"])
      say(`crop_${side}`, isWhole() ? "" : crop[side].toFixed(4));
  }

  function changed(speak) {
    draw();
    keep();
    if (speak) spoken.textContent = (mode === "crop" ? frame : mark).getAttribute("aria-label");
  }

  // --- How pages show it: cut to a shape, the focal point at its own place in it ----

  function preview() {
    if (!picture.naturalWidth) return;
    const { naturalWidth: wide, naturalHeight: high } = picture;
    const cut = { x: crop.x * wide, y: crop.y * high, width: crop.width * wide, height: crop.height * high };
    const at = {
      x: within((focal.x * wide - cut.x) / cut.width, 0, 1),
      y: within((focal.y * high - cut.y) / cut.height, 0, 1),
    };
    for (const canvas of studio.querySelectorAll("canvas")) {
      const shape = canvas.dataset.ratioWidth / canvas.dataset.ratioHeight;
      const area = 11000;
      canvas.width = Math.round(Math.sqrt(area * shape));
      canvas.height = Math.round(Math.sqrt(area / shape));
      const width = Math.min(cut.width, cut.height * shape);
      const height = Math.min(cut.height, cut.width / shape);
      const left = cut.x + at.x * (cut.width - width);
      const top = cut.y + at.y * (cut.height - height);
      canvas.dataset.left = (left / wide).toFixed(4);
      canvas.dataset.top = (top / high).toFixed(4);
      canvas.getContext("2d").drawImage(
        picture, left, top, width, height, 0, 0, canvas.width, canvas.height,
      );
    }
  }

  // --- By pointer ------------------------------------------------------------------

  const place = (event) => {
    const box = inner.getBoundingClientRect();
    return {
      x: within((event.clientX - box.left) / box.width, 0, 1),
      y: within((event.clientY - box.top) / box.height, 0, 1),
    };
  };
  const shape = studio.querySelector("[data-shape]");
  // Width through height of the crop in fractions, for the shape that was chosen.
  const ratio = () =>
    shape.value ? Number(shape.value) * picture.naturalHeight / picture.naturalWidth : 0;

  let grip = null;
  inner.addEventListener("pointerdown", (event) => {
    if (!mayChange || event.button) return;
    const start = place(event);
    if (mode === "focal") {
      grip = (to) => { focal.x = to.x; focal.y = to.y; };
      grip(start);
    } else {
      const corner = event.target.dataset.corner;
      const before = { ...crop };
      if (corner) grip = (to) => resize(before, corner, to);
      else if (event.target === frame && !isWhole()) {
        grip = (to) => {
          crop.x = within(before.x + to.x - start.x, 0, 1 - crop.width);
          crop.y = within(before.y + to.y - start.y, 0, 1 - crop.height);
        };
      } else {
        grip = (to) => resize({ ...start, width: 0, height: 0 },
          (to.y < start.y ? "n" : "s") + (to.x < start.x ? "w" : "e"), to);
      }
    }
    inner.setPointerCapture(event.pointerId);
    event.preventDefault();
    (mode === "focal" ? mark : frame).focus({ preventScroll: true });
    changed(false);
  });
  inner.addEventListener("pointermove", (event) => {
    if (!grip) return;
    grip(place(event));
    changed(false);
  });
  for (const name of ["pointerup", "pointercancel"])
    inner.addEventListener(name, () => {
      if (!grip) return;
      grip = null;
      changed(true);
    });

  // The corner that lies across stays where it is.
  function resize(before, corner, to) {
    const fixed = {
      x: corner.includes("w") ? before.x + before.width : before.x,
      y: corner.includes("n") ? before.y + before.height : before.y,
    };
    let width = Math.max(LEAST, Math.abs(to.x - fixed.x));
    let height = Math.max(LEAST, Math.abs(to.y - fixed.y));
    const roomX = corner.includes("w") ? fixed.x : 1 - fixed.x;
    const roomY = corner.includes("n") ? fixed.y : 1 - fixed.y;
    if (ratio()) {
      width = Math.min(Math.max(width, height * ratio()), roomX, roomY * ratio());
      height = width / ratio();
    }
    width = Math.min(width, Math.max(roomX, LEAST));
    height = Math.min(height, Math.max(roomY, LEAST));
    crop = {
      x: within(corner.includes("w") ? fixed.x - width : fixed.x, 0, 1 - width),
      y: within(corner.includes("n") ? fixed.y - height : fixed.y, 0, 1 - height),
      width, height,
    };
  }

  // --- By keys ---------------------------------------------------------------------

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  mark.addEventListener("keydown", (event) => {
    if (!mayChange || !(event.key in ARROWS)) return;
    event.preventDefault();
    const [x, y] = ARROWS[event.key];
    const step = event.shiftKey ? 0.1 : 0.01;
    focal.x = within(focal.x + x * step, 0, 1);
    focal.y = within(focal.y + y * step, 0, 1);
    changed(true);
  });
  frame.addEventListener("keydown", (event) => {
    if (!mayChange || !(event.key in ARROWS)) return;
    event.preventDefault();
    const [x, y] = ARROWS[event.key];
    const step = 0.02;
    if (event.shiftKey) {
      const to = { x: crop.x + crop.width + x * step, y: crop.y + crop.height + y * step };
      if (ratio() && y) to.x = crop.x + (crop.height + y * step) * ratio();
      if (ratio()) to.y = crop.y;
      resize({ ...crop }, "se", { x: within(to.x, 0, 1), y: within(to.y, 0, 1) });
    } else {
      crop.x = within(crop.x + x * step, 0, 1 - crop.width);
      crop.y = within(crop.y + y * step, 0, 1 - crop.height);
    }
    changed(true);
  });

  // --- Tools -----------------------------------------------------------------------

  for (const button of studio.querySelectorAll("[data-mode]")) {
    button.disabled = !mayChange;
    button.addEventListener("click", () => {
      mode = button.dataset.mode;
      for (const one of studio.querySelectorAll("[data-mode]"))
        one.setAttribute("aria-pressed", String(one === button));
      shape.disabled = mode !== "crop";
      draw();
      (mode === "crop" ? frame : mark).focus();
    });
  }
  shape.addEventListener("change", () => {
    if (!ratio()) return;
    const width = Math.min(crop.width, crop.height * ratio());
    const height = width / ratio();
    crop = {
      x: within(focal.x - width / 2, 0, 1 - width),
      y: within(focal.y - height / 2, 0, 1 - height),
      width, height,
    };
    changed(true);
  });
  const whole = studio.querySelector("[data-whole]");
  whole.disabled = !mayChange;
  whole.addEventListener("click", () => {
    crop = { x: 0, y: 0, width: 1, height: 1 };
    shape.value = "";
    changed(true);
  });
  if (!mayChange) mark.disabled = frame.disabled = true;

  // Typed numbers are drawn, too.
  for (const input of fields?.querySelectorAll("input") ?? []) {
    input.addEventListener("change", () => {
      focal.x = within(number("focal_x", 0.5), 0, 1);
      focal.y = within(number("focal_y", 0.5), 0, 1);
      crop = {
        x: number("crop_x", 0), y: number("crop_y", 0),
        width: number("crop_width", 1), height: number("crop_height", 1),
      };
      draw();
    });
  }
  if (picture.complete) draw();
  picture.addEventListener("load", draw);
}
