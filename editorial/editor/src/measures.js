// How long the text is, and its headings.
const WORDS_A_MINUTE = 220;
// Writing without spaces is counted in signs, and read so.
const SIGNS_A_MINUTE = 500;

const segmenter = typeof Intl.Segmenter === "function"
  ? new Intl.Segmenter(undefined, { granularity: "word" })
  : null;
const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu;

export function measure(doc) {
  const text = doc.textBetween(0, doc.content.size, "\n", "\n");
  const signs = text.match(WITHOUT_SPACES)?.length ?? 0;
  // The segmenter is slow on a whole book; only writing without spaces needs it.
  const words = signs && segmenter
    ? [...segmenter.segment(text)].filter((one) => one.isWordLike).length
    : (text.match(WORD)?.length ?? 0);
  const spaced = signs ? Math.max(0, words - signs / 2) : words;
  const minutes = Math.max(1, Math.round(spaced / WORDS_A_MINUTE + signs / SIGNS_A_MINUTE));
  return { words, minutes };
}

export function headings(doc) {
  const found = [];
  doc.forEach((node) => {
    if (node.type.name === "heading")
      found.push({ id: node.attrs.id, level: node.attrs.level, text: node.textContent.trim() });
  });
  return found;
}
