// Comparing texts: blocks as the server means them, fields as inputs show them.

const isUsual = (name, value) =>
  value === null || value === "" || ((name === "colspan" || name === "rowspan") && value === 1);

function told(value) {
  if (Array.isArray(value)) return value.map(told);
  if (value === null || typeof value !== "object") return value;
  const found = {};
  for (const name of Object.keys(value).sort()) {
    if (isUsual(name, value[name])) continue;
    const part = told(value[name]);
    const isBare = part && typeof part === "object" && !Object.keys(part).length;
    if (!isBare) found[name] = part;
  }
  if (Array.isArray(value.content)) {
    const content = joined(found.content ?? []);
    if (content.length) found.content = content;
  }
  return found;
}

// Neighbouring texts with the same marks are one text.
function joined(nodes) {
  const found = [];
  for (const node of nodes) {
    const before = found.at(-1);
    const alike = before?.type === "text" && node.type === "text" &&
      JSON.stringify(before.marks) === JSON.stringify(node.marks);
    if (alike) found[found.length - 1] = { ...before, text: before.text + node.text };
    else found.push(node);
  }
  return found;
}

const forms = new WeakMap();

function form(block) {
  if (!forms.has(block)) forms.set(block, JSON.stringify([block.type, told(block.content)]));
  return forms.get(block);
}

export const same = (one, other) =>
  one === other || (one !== undefined && other !== undefined && form(one) === form(other));

export const byId = (blocks) => new Map(blocks.map((block) => [block.id, block]));

export const lines = (text) => (text ?? "").replace(/\r\n?/g, "\n");

// All words of a block, for people to recognise it by.
export function wordsOf(block) {
  const found = [];
  const walk = (node) => {
    if (typeof node?.text === "string") found.push(node.text);
    for (const name of ["alt", "html", "url", "title"])
      if (typeof node?.attrs?.[name] === "string") found.push(node.attrs[name]);
    node?.content?.forEach?.(walk);
  };
  walk(block?.content);
  return found.join(" ").trim();
}

// The most of `after` that stands as it stood in `before`: the rest was moved.
export function unmoved(before, after) {
  const place = new Map(before.map((id, index) => [id, index]));
  const chains = [];
  let best = null;
  for (const id of after) {
    if (!place.has(id)) continue;
    const at = place.get(id);
    let back = null;
    for (const chain of chains)
      if (chain.at < at && (!back || chain.length > back.length)) back = chain;
    const chain = { id, at, back, length: (back?.length ?? 0) + 1 };
    chains.push(chain);
    if (!best || chain.length > best.length) best = chain;
  }
  const found = new Set();
  for (let chain = best; chain; chain = chain.back) found.add(chain.id);
  return found;
}

// The order of `ids`: as in `current`, but for what somebody moved or put in between
// `was` and `now`. The same rule as in editorial/merging.py.
export function mergeOrder(current, was, now, ids) {
  const found = current.filter((id) => ids.has(id));
  const same = was.length === now.length && was.every((id, index) => id === now[index]);
  const known = new Set(was);
  const mine = new Set(now);
  const standing = new Set(found);
  const stayed = same ? known : unmoved(was, now);
  now.forEach((id, index) => {
    if (!ids.has(id) || (standing.has(id) && (stayed.has(id) || !known.has(id)))) return;
    if (standing.has(id)) found.splice(found.indexOf(id), 1);
    let before = index - 1;
    while (before >= 0 && !standing.has(now[before])) before--;
    let here = before < 0 ? 0 : found.indexOf(now[before]) + 1;
    while (here < found.length && !known.has(found[here]) && !mine.has(found[here])) here++;
    found.splice(here, 0, id);
    standing.add(id);
  });
  for (const id of ids) if (!standing.has(id)) found.push(id);
  return found;
}
