// The table of contents of an article: open where there is room beside the text, and
// showing which part is being read. Without this it is a list that unfolds.

const contents = document.querySelector("[data-contents]");

if (contents) {
  const room = matchMedia("(min-width: 76rem)");
  const unfold = () => { contents.open = room.matches; };
  room.addEventListener("change", unfold);
  unfold();

  const links = new Map(
    [...contents.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
  );
  const inView = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inView.add(target.id);
      else inView.delete(target.id);
    }
    const first = [...links.keys()].find((id) => inView.has(id));
    if (!first) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(first).setAttribute("aria-current", "true");
  }, { rootMargin: "0px 0px -60% 0px" });
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) watch.observe(heading);
  }
}
