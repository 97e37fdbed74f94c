// Choosing from a list that opens while one writes, by keys.

// `list` is {entries, chosen, choose(index), pick(entry), options: the elements}.
// True when the key was the list's.
export function chooseByKey(event, { entries, chosen, choose, pick, options }) {
  if (!entries.length) return false;
  if (event.key === "Enter" || event.key === "Tab") {
    pick(entries[chosen]);
    return true;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return false;
  const next = (chosen + step + entries.length) % entries.length;
  choose(next);
  options[next].scrollIntoView({ block: "nearest" });
  return true;
}
