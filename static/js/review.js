// Words that are selected go into the form of their part. Without this, a remark is on
// the whole part.
const put = () => {
  const chosen = document.getSelection();
  if (!chosen || chosen.isCollapsed || !chosen.rangeCount) return;
  const range = chosen.getRangeAt(0);
  const start = range.startContainer.parentElement?.closest(".review-words");
  if (!start) return;
  const inside = range.cloneRange();
  if (!start.contains(range.endContainer)) inside.setEndAfter(start.lastChild);
  const words = inside.toString().trim().slice(0, 2000);
  if (!words) return;
  const part = start.closest("[data-part]");
  const ask = part.querySelector(".review-ask");
  const form = ask.querySelector("form");
  // What somebody is writing about other words is not taken from under them.
  if (form.elements.comment.value && form.elements.quote.value) return;
  form.elements.quote.value = words;
  const shown = form.querySelector(".review-quote");
  shown.textContent = words;
  shown.hidden = false;
  ask.open = true;
};
document.addEventListener("pointerup", () => setTimeout(put));
document.addEventListener("keyup", (event) => {
  if (event.key === "Shift" || event.shiftKey) put();
});
// The name is typed once for the page.
const names = document.querySelectorAll(".review-form input[name=name]");
for (const field of names)
  field.addEventListener("change", () => {
    for (const other of names) if (!other.value) other.value = field.value;
  });
