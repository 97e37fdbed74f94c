"""From a clipboard to blocks."""

import re
from dataclasses import dataclass, field

from editorial.blocks.canonical import new_block
from editorial.blocks.nodes import MAX_BLOCKS, faults_of, text_of
from editorial.intake import markup, pictures, plain, word
from editorial.intake.reader import PasteNotes, PasteReader, paragraphs

LARGEST = 3_000_000
"""Characters of markup besides pictures that came along: some hundred pages."""

MOST_ELEMENTS = 50_000
TOO_MUCH = "This is too much for one paste. Take it in several parts."

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FRAME = re.compile(
    r"<!--(?:Start|End)Fragment-->|</?(?:html|head|body|meta)\b[^<>]*>", re.IGNORECASE
)
_PICTURES = re.compile(r"data:image/[a-zA-Z+.-]+;base64,[A-Za-z0-9+/=\s%]*")


class TooLarge(Exception):
    """`str()` says what to do."""


@dataclass
class Pasted:
    blocks: list
    notes: list = field(default_factory=list)


def from_clipboard(*, html="", text="", is_alone=False, keep=None):
    """Blocks for what a program put on the clipboard, in HTML, as text, or both.

    `is_alone` says that it goes to an empty paragraph, where an address may become
    a card. `keep(content, alt)` takes pictures into the library.
    """
    html, text = (_UNSTORABLE.sub("", one or "") for one in (html, text))
    if len(text) > LARGEST or len(_PICTURES.sub("", html)) > LARGEST:
        raise TooLarge(TOO_MUCH)
    if address := plain.lone_address(text):
        return Pasted(plain.blocks_of_address(address, is_alone=is_alone))
    if html.strip() and not (text.strip() and _is_only_text(html)):
        pasted = from_markup(html, keep=keep)
        if pasted.blocks or not text.strip():
            _with_edges(pasted.blocks, text)
            return pasted
    if len(text) <= plain.LONGEST_MARKDOWN and plain.looks_like_markdown(text):
        pasted = from_markup(plain.html_of(text))
        if pasted.blocks:
            return pasted
    return Pasted(plain.blocks_of(text))


def _with_edges(blocks, text):
    """Words from within a sentence bring the spaces around them."""
    if len(blocks) != 1 or blocks[0]["type"] != "paragraph" or "\n" in text:
        return
    content = blocks[0]["content"]["content"]
    first, last = content[0], content[-1]
    if text[:1] == " " and first["type"] == "text":
        first["text"] = f" {first['text']}"
    if text[-1:] == " " and last["type"] == "text":
        last["text"] = f"{last['text']} "


def _is_only_text(html):
    """Only the frame of a clipboard: the text says as much, and has its lines."""
    return "<" not in _FRAME.sub("", html)


def from_markup(html, *, keep=None):
    notes = PasteNotes()
    try:
        tree = markup.tree_of(html)
    except markup.TooDeep:
        notes.add("The markup is nested too deep; only its words were kept.")
        return Pasted(_words(re.sub(r"<[^<>]*>", " ", html)), notes.sentences())
    if markup.size_of(tree) > MOST_ELEMENTS:
        raise TooLarge(TOO_MUCH)
    word.rebuild(tree, notes)
    pictures.place(tree, notes, keep)
    markup.plain(tree, notes)
    try:
        blocks = PasteReader(notes=notes).blocks(tree)
    except RecursionError:
        notes.add("The markup is nested too deep; only its words were kept.")
        blocks = _words(tree.text_content())
    return Pasted(_allowed(blocks, notes), notes.sentences())


def _words(text):
    return [new_block(node) for node in paragraphs(text)]


def _allowed(blocks, notes):
    """What `validate` lets through: this cannot fail, and is looked at all the same."""
    if len(blocks) > MAX_BLOCKS:
        notes.add(f"Only the first {MAX_BLOCKS} blocks were taken.")
        blocks = blocks[:MAX_BLOCKS]
    if not faults_of(blocks):
        return blocks
    found = []
    for block in blocks:
        sound = not faults_of([block]) and block["type"] != "html"
        found += [block] if sound else _words(text_of(block["content"]))
    return found
