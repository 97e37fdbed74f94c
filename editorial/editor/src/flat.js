// One block's text as remarks count it, in code points. The server's `blocks.flat_text`
// says the same: a line break is "\n", any other leaf U+FFFC, "\n" between textblocks.
const LEAVES = new Set(["horizontalRule", "html", "image", "embed"]);

export const lengthOf = (text) => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

// How many UTF-16 units the first `count` code points take.
const unitsOf = (text, count) => {
  let units = 0;
  for (const point of text) {
    if (count-- <= 0) break;
    units += point.length;
  }
  return units;
};

// {text, pieces: [{at, pos, text}]}: `at` counts code points, `pos` is in the document.
export function flatOf(block, blockPos) {
  const pieces = [];
  let text = "";
  let at = 0;
  let isFirst = true;
  const add = (words) => {
    text += words;
    at += lengthOf(words);
  };
  const begin = () => {
    if (!isFirst) add("\n");
    isFirst = false;
  };
  const walk = (node, pos) => {
    if (!node.childCount) {
      begin();
      const words = LEAVES.has(node.type.name) ? "\ufffc" : "";
      pieces.push({ at, pos: node.isAtom ? pos : pos + 1, text: "" });
      add(words);
    } else if (node.firstChild.isInline) {
      begin();
      node.forEach((child, offset) => {
        const words = child.isText ? child.text : "\n";
        pieces.push({ at, pos: pos + 1 + offset, text: words });
        add(words);
      });
    } else {
      node.forEach((child, offset) => walk(child, pos + 1 + offset));
    }
  };
  walk(block, blockPos);
  return { text, pieces };
}

// A place in the document, for a place in the flat text.
export function posAt(flat, offset) {
  for (const piece of flat.pieces) {
    const inside = offset - piece.at;
    if (inside >= 0 && inside <= lengthOf(piece.text))
      return piece.pos + unitsOf(piece.text, inside);
  }
  return null;
}

// A place in the flat text, for a place in the document.
export function offsetAt(flat, pos) {
  let last = 0;
  for (const piece of flat.pieces) {
    if (pos < piece.pos) return piece.at;
    const units = piece.text.length;
    last = piece.at + lengthOf(piece.text.slice(0, Math.min(pos - piece.pos, units)));
    if (pos <= piece.pos + units) return last;
  }
  return last;
}

export const slice = (text, start, end) => [...text].slice(start, end).join("");

// Where `quote` stands, next to `near`: a place in code points, or null.
export function findQuote(text, quote, near = 0) {
  if (!quote) return null;
  let best = null;
  for (let unit = text.indexOf(quote); unit >= 0; unit = text.indexOf(quote, unit + 1)) {
    const at = lengthOf(text.slice(0, unit));
    if (best === null || Math.abs(at - near) < Math.abs(best - near)) best = at;
  }
  return best;
}
