"""Two forms of a block as one: rendered, with what went and what came marked.

The words are compared in the tree of the block, not in its HTML. Whatever went or
came is put between two characters that no text has; the tree is then rendered and
sanitised like any other, and only the finished HTML gets <del> and <ins> in their
place. So the marks are well-formed wherever text may stand, in a cell, a caption or a
link, and nothing of a text can become markup.

Nothing is told by colour alone: each mark has a word for those who do not see it.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.html import format_html
from django.utils.safestring import mark_safe

from editorial.blocks import NODES
from editorial.blocks.canonical import canonical_node
from editorial.blocks.inline import marks_of
from editorial.blocks.nodes import attrs_of, html_of, text_of
from editorial.blocks.rendering import Page
from editorial.blocks.sanitising import clean_page

GONE, CAME, DRESSED, OVER = "\ue000", "\ue001", "\ue002", "\ue003"
"""Private-use characters: here begins what went, came, or is dressed otherwise."""

_OURS = re.compile(f"[{GONE}{CAME}{DRESSED}{OVER}]")
_MARK = re.compile(f"([{GONE}{CAME}{DRESSED}])([^{OVER}]*){OVER}")
_TAG = re.compile(r'<(?:[^"<>]|"[^"]*")*>')
"""As the sanitiser writes it: values always stand in double quotes."""
_PIECE = re.compile(r"\w+(?:[.,’'-]\w+)*\s*|[^\w\s]+\s*|\s+")

MOST_WORK = 400_000
"""Pairs of pieces compared in one block; beyond it, sentences are compared."""
MOST_WORK_OF_A_PAGE = 6_000_000
"""The same for all blocks of a page; beyond it, blocks are told whole."""
UNLIKE = 0.25
"""Below this likeness, two texts share their small words only: told whole."""


@dataclass
class Redline:
    """A changed block, as HTML: in one piece, and as it was and is side by side."""

    both: str
    before: str
    after: str
    notes: tuple = ()
    """Sentences about what no word says: the type, the address of a link, a picture."""


class Budget:
    """How much work one page may still be; a page of novels is told more coarsely."""

    def __init__(self, work=MOST_WORK_OF_A_PAGE):
        self.left = work
        self.was_short = False

    def takes(self, work, most=MOST_WORK):
        if work > most or work > self.left:
            self.was_short = True
            return False
        self.left -= work
        return True


class Sheet(Page):
    """A page without ids of its own: a text may stand on it twice."""

    def heading_id(self, words):
        return ""


# --- What the desk asks for -------------------------------------------------------


def shown(block, media=None):
    """One block as readers see it."""
    return _html([block["content"]], media)


def redline(old, new, media=None, budget=None):
    """How `old` became `new`, two blocks that are the same one at different times."""
    was, now = old["content"], new["content"]
    notes = []
    if old["type"] == "html" and new["type"] == "html":
        return _source(was, now, budget or Budget(), media)
    woven = _woven(was, now, budget or Budget(), notes)
    return Redline(
        _html(_of_side(woven, None), media),
        _html(_of_side(woven, "came"), media),
        _html(_of_side(woven, "gone"), media),
        tuple(dict.fromkeys(notes)),
    )


def words(old, new, budget=None):
    """Two plain texts as one, word by word."""
    pieces = _compared(_pieces(old), _pieces(new), budget or Budget())
    out = "".join(
        _open(what)
        + _bare("".join(piece.text for piece in run))
        + (OVER if what else "")
        for what, run in pieces
    )
    return _with_marks(str(format_html("{}", out)))


# --- Weaving two trees ------------------------------------------------------------
#
# A woven node is a node; "_" says that it is in one of the texts only, "gone" or
# "came". Texts that differ are text nodes with a "_" each.


def _woven(was, now, budget, notes):
    """[woven nodes] for one node that became another."""
    if was["type"] != now["type"]:
        return _of_other_type(was, now, budget, notes)
    if was["type"] == "html":
        return [was | {"_": "gone"}, now | {"_": "came"}]
    if was["type"] in ("image", "embed") and _source_of(was) != _source_of(now):
        notes.append(_SWAPPED[was["type"]])
        notes += _attributes(was, now)
        return [_all(was, "gone"), _all(now, "came")]
    if was["type"] == "heading" and name_of(was) != name_of(now):
        notes.append(f"Was a {name_of(was)}, is a {name_of(now)}.")
    notes += _attributes(was, now)
    found = {"type": now["type"]}
    if now.get("attrs"):
        found["attrs"] = now["attrs"]
    found["content"] = _children(was, now, budget, notes)
    return [found]


_SWAPPED = {"image": "Another picture.", "embed": "It shows something else."}


def _of_other_type(was, now, budget, notes):
    notes.append(f"Was a {name_of(was)}, is a {name_of(now)}.")
    if _is_textblock(was) and _is_textblock(now):
        plain = NODES[now["type"]].marks
        found = {key: value for key, value in now.items() if key != "content"}
        found["content"] = _line(was, now, budget, notes, plain=not plain)
        return [found]
    if {was["type"], now["type"]} == {"bulletList", "orderedList"}:
        return [now | {"content": _children(was, now, budget, notes)}]
    if text_of(was) == text_of(now):
        return [now]
    return [_all(was, "gone"), _all(now, "came")]


def _children(was, now, budget, notes):
    if _is_textblock(was) or _is_textblock(now):
        return _line(was, now, budget, notes)
    one, other = was.get("content", []), now.get("content", [])
    if not one or not other:
        return [_all(node, "gone") for node in one] + [
            _all(node, "came") for node in other
        ]
    found = []
    keys = [[repr(canonical_node(node)) for node in nodes] for nodes in (one, other)]
    for tag, i, j, k, m in _opcodes(*keys, budget):
        if tag == "equal":
            found += other[k:m]
        else:
            found += _paired(one[i:j], other[k:m], budget, notes)
    return found


def _paired(one, other, budget, notes):
    """Parts between the same neighbours: alike they are one, rewritten."""
    if len(one) == len(other) == 1 and one[0]["type"] == other[0]["type"]:
        return _woven(one[0], other[0], budget, notes)
    if len(one) == len(other):
        pairs = list(zip(one, other, strict=True))
        if all(_alike(was, now) for was, now in pairs):
            return [node for pair in pairs for node in _woven(*pair, budget, notes)]
    found, rest = [], list(other)
    for was in one:
        at = next(
            (index for index, now in enumerate(rest[:20]) if _alike(was, now)), None
        )
        if at is None:
            found.append(_all(was, "gone"))
            continue
        found += [_all(node, "came") for node in rest[:at]]
        found += _woven(was, rest[at], budget, notes)
        del rest[: at + 1]
    return found + [_all(node, "came") for node in rest]


def _alike(was, now):
    if was["type"] != now["type"]:
        return {was["type"], now["type"]} == {"tableCell", "tableHeader"}
    if was["type"] in ("image", "embed"):
        return _source_of(was) == _source_of(now)
    if was["type"] in ("tableCell", "tableHeader", "caption", "citation"):
        return True
    one, other = set(text_of(was).lower().split()), set(text_of(now).lower().split())
    return not (one and other) or 2 * len(one & other) >= 0.5 * (len(one) + len(other))


def _all(node, what):
    """A node that is in one of the texts only, all of it marked."""
    found = node | {"_": what}
    if "content" in node:
        found["content"] = [_all(child, what) for child in node["content"]]
    if node["type"] in ("image", "embed"):
        # What has no words of its own gets one to be marked.
        label = {"type": "text", "text": f"{name_of(node).capitalize()}. ", "_": what}
        found["content"] = [label, *found.get("content", [])]
    if node["type"] in ("horizontalRule", "html"):
        label = {"type": "text", "text": name_of(node).capitalize(), "_": what}
        found = {"type": "paragraph", "_": what, "content": [label]}
    return found


def _is_textblock(node):
    return any(one["type"] in ("text", "hardBreak") for one in node.get("content", []))


def _source_of(node):
    attrs = attrs_of(node)
    return attrs.get("media") or attrs.get("src") or attrs.get("url")


# --- Words ------------------------------------------------------------------------


def _line(was, now, budget, notes, plain=False):
    """The content of a textblock: pieces of text, marked where they differ."""
    before = _dressed_pieces(was.get("content", []))
    after = _dressed_pieces(now.get("content", []))
    compared = _compared(before, after, budget)
    links = _links(before, after)
    notes += links
    found = []
    for what, run in compared:
        for text, marks in _joined(run):
            if text == "\n":
                found.append({"type": "hardBreak"} | ({"_": what} if what else {}))
                continue
            node = {"type": "text", "text": _bare(text)}
            if marks and not plain:
                node["marks"] = marks
            if what:
                node["_"] = what
            found.append(node)
    if {what for what, _ in compared} - {""} == {"dressed"} and not links:
        notes.append("Only the formatting is different.")
    return found


@dataclass(frozen=True)
class Piece:
    """A word with the space after it, and how its parts are dressed."""

    text: str
    parts: tuple
    """((text, marks), …); a word may be bold in the middle."""

    def dress(self):
        """What of it could be seen: a space at the end shows no formatting."""
        left, found = len(self.text.rstrip()) or len(self.text), []
        for text, marks in self.parts:
            if left > 0:
                found.append((min(len(text), left), marks_of({"marks": marks})))
            left -= len(text)
        return found


BREAK = Piece("\n", (("\n", []),))


def _dressed_pieces(nodes):
    """The pieces of a textblock, whatever the marks its texts are cut up by."""
    found, run = [], []
    for node in [*nodes, {"type": "hardBreak"}]:
        if node["type"] == "text":
            run.append((node["text"], node.get("marks") or []))
            continue
        found += _cut(run)
        run = []
        found.append(BREAK)
    return found[:-1]


def _cut(run):
    if len(run) == 1:
        [(text, marks)] = run
        return [Piece(one, ((one, marks),)) for one in _PIECE.findall(text)]
    at, inside, found = 0, 0, []
    for match in _PIECE.finditer("".join(text for text, _ in run)):
        left, parts = len(match[0]), []
        while left:
            text, marks = run[at]
            part = text[inside : inside + left]
            parts.append((part, marks))
            left -= len(part)
            inside += len(part)
            if inside == len(text):
                at, inside = at + 1, 0
        found.append(Piece(match[0], tuple(parts)))
    return found


def _pieces(text):
    return [Piece(piece, ((piece, []),)) for piece in _PIECE.findall(text)]


def _joined(run):
    """The parts of pieces; neighbours with the same marks as one."""
    found = []
    for text, marks in (part for piece in run for part in piece.parts):
        if text == "\n" or not found or found[-1][0] == ["\n"] or found[-1][1] != marks:
            found.append(([text], marks))
        else:
            found[-1][0].append(text)
    return [("".join(texts), marks) for texts, marks in found]


def _compared(before, after, budget):
    """[(what, pieces)]: "" for what stayed, "dressed", "gone" or "came"."""
    one, other = ([_key(piece) for piece in run] for run in (before, after))
    codes = _opcodes(one, other, budget, coarse=True)
    if one and other and _kept(codes) < UNLIKE * max(len(one), len(other)):
        codes = [("replace", 0, len(one), 0, len(other))]
    found = []
    for tag, i, j, k, m in _calm(codes, one):
        if tag == "equal":
            for was, now in zip(before[i:j], after[k:m], strict=True):
                is_other = was.parts != now.parts and was.dress() != now.dress()
                _add(found, "dressed" if is_other else "", now)
            continue
        for piece in before[i:j]:
            _add(found, "gone", piece)
        for piece in after[k:m]:
            _add(found, "came", piece)
    return found


def _add(found, what, piece):
    if found and found[-1][0] == what:
        found[-1][1].append(piece)
    else:
        found.append((what, [piece]))


def _key(piece):
    return piece.text.rstrip() or " "


def _kept(codes):
    return sum(j - i for tag, i, j, _, _ in codes if tag == "equal")


def _calm(codes, one):
    """Changes with nothing but a comma between them are one change."""
    found = []
    for index, (tag, i, j, k, m) in enumerate(codes):
        inside = 0 < index < len(codes) - 1
        if tag == "equal" and inside and len("".join(one[i:j]).strip()) < 2:
            tag = "replace"
        if found and tag != "equal" and found[-1][0] != "equal":
            _, i, _, k, _ = found.pop()
            tag = "replace"
        found.append((tag, i, j, k, m))
    return found


def _opcodes(one, other, budget, coarse=False):
    """What SequenceMatcher says, for as much work as there is leave to do.

    Beginnings and ends that are equal cost nothing. Too long for words, and the rest
    is compared by sentences; too long for these, and it is told whole.
    """
    start = 0
    most = min(len(one), len(other))
    while start < most and one[start] == other[start]:
        start += 1
    end = 0
    while end < most - start and one[-1 - end] == other[-1 - end]:
        end += 1
    i, j, k, m = start, len(one) - end, start, len(other) - end
    found = [("equal", 0, start, 0, start)] if start else []
    if i < j and k < m:
        if budget.takes((j - i) * (m - k)):
            found += _matched(one, other, i, j, k, m)
        elif coarse:
            found += _by_sentences(one, other, i, j, k, m, budget)
        else:
            found.append(("replace", i, j, k, m))
    elif i < j:
        found.append(("delete", i, j, k, k))
    elif k < m:
        found.append(("insert", i, i, k, m))
    if end:
        found.append(("equal", j, len(one), m, len(other)))
    return found


def _matched(one, other, i, j, k, m):
    matcher = SequenceMatcher(None, one[i:j], other[k:m], autojunk=False)
    return [
        (tag, a + i, b + i, c + k, d + k) for tag, a, b, c, d in matcher.get_opcodes()
    ]


def _by_sentences(one, other, i, j, k, m, budget):
    before, after = _sentences(one[i:j]), _sentences(other[k:m])
    if not budget.takes(len(before) * len(after)):
        return [("replace", i, j, k, m)]
    starts = [_starts(before, i), _starts(after, k)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        (tag, starts[0][a], starts[0][b], starts[1][c], starts[1][d])
        for tag, a, b, c, d in matcher.get_opcodes()
    ]


def _sentences(pieces):
    """Runs of pieces, each to the end of its sentence."""
    found = [[]]
    for piece in pieces:
        found[-1].append(piece)
        if piece.rstrip()[-1:] in ".!?\n" or piece == "\n":
            found.append([])
    return [tuple(run) for run in found if run]


def _starts(runs, at):
    found = [at]
    for run in runs:
        found.append(found[-1] + len(run))
    return found


# --- In words ---------------------------------------------------------------------

NAMES = {
    "bulletList": "list",
    "orderedList": "numbered list",
    "blockquote": "quote",
    "codeBlock": "block of code",
    "horizontalRule": "divider",
    "html": "block of HTML",
    "listItem": "point",
    "tableCell": "cell",
    "tableHeader": "header cell",
}
ATTRIBUTES = {
    "alt": "Alternative text",
    "href": "Link of the picture",
    "align": "Alignment",
    "title": "Title",
    "columns": "Columns",
    "tone": "Tone",
    "language": "Language",
    "cite": "Source of the quote",
    "url": "Address",
    "src": "File",
    "start": "First number",
    "style": "Numbering",
    "reversed": "Counting down",
    "pull": "Pulled quote",
    "kind": "Kind",
    "colspan": "Width in columns",
    "rowspan": "Height in rows",
    "ratio": "Shape",
    "decorative": "Decorative",
}
SILENT = {"media", "width", "height", "colwidth", "level"}


def name_of(node):
    """What people call it: "heading 2", "numbered list"."""
    name = NAMES.get(node["type"], re.sub(r"(?<!^)([A-Z])", r" \1", node["type"]))
    if node["type"] == "heading":
        return f"heading {attrs_of(node).get('level', 2)}"
    return name if node["type"] == "html" else name.lower()


def _attributes(was, now):
    before, after = attrs_of(was), attrs_of(now)
    found = []
    for key in sorted(set(before) | set(after)):
        one, other = before.get(key), after.get(key)
        if key in SILENT or one == other or not (one or other):
            continue
        label = ATTRIBUTES.get(key, key.capitalize())
        found.append(f"{label}: {_value(one)} → {_value(other)}.")
    return found


def _value(value):
    if value in (None, "", False):
        return "none"
    return "yes" if value is True else f"“{_bare(str(value))[:300]}”"


def _links(before, after):
    """Links that lead elsewhere now, though their words may be the same."""
    one, other = _links_in(before), _links_in(after)
    return [f"Link taken out: {_bare(link)[:300]}" for link in sorted(one - other)] + [
        f"Link put in: {_bare(link)[:300]}" for link in sorted(other - one)
    ]


def _links_in(pieces):
    return {
        (mark.get("attrs") or {}).get("href", "")
        for piece in pieces
        for _, marks in piece.parts
        for mark in marks
        if mark["type"] == "link"
    }


# --- HTML -------------------------------------------------------------------------


def _of_side(nodes, hidden):
    """The woven nodes without what is `hidden` ("gone" or "came"), texts marked."""
    found = []
    for node in nodes:
        what = node.get("_", "")
        if hidden and what == hidden:
            continue
        bare = {key: value for key, value in node.items() if key != "_"}
        if node["type"] == "text":
            bare["text"] = _bare(bare["text"])
            if what:
                bare["text"] = f"{_open(what)}{bare['text']}{OVER}"
        elif "content" in bare:
            bare["content"] = _of_side(bare["content"], hidden)
            if not bare["content"] and NODES[node["type"]].least:
                continue
        found.append(bare)
    return found


def _open(what):
    return {"gone": GONE, "came": CAME, "dressed": DRESSED, "": ""}[what]


def _bare(text):
    """Text without the characters that are our own."""
    return _OURS.sub("\ufffd", text)


def _html(nodes, media):
    return _with_marks(clean_page(html_of(nodes, Sheet(media))))


_WORDS = {
    GONE: (
        '<del><span class="visually-hidden">[removed: </span>',
        '<span class="visually-hidden">] </span></del>',
    ),
    CAME: (
        '<ins><span class="visually-hidden">[added: </span>',
        '<span class="visually-hidden">] </span></ins>',
    ),
    DRESSED: (
        '<span class="dressed"><span class="visually-hidden">[formatted: </span>',
        '<span class="visually-hidden">] </span></span>',
    ),
}


def _with_marks(html):
    """Our characters as elements. `html` is sanitised, or escaped."""

    def element(found):
        begin, end = _WORDS[found[1]]
        return f"{begin}{found[2]}{end}"

    # Within a tag there is none of ours: an address or a title brought it along.
    html = _TAG.sub(lambda tag: _OURS.sub("", tag[0]), html)
    html = _OURS.sub("", _MARK.sub(element, html))
    return mark_safe(html)  # noqa: S308  (sanitised by the caller)


def _source(was, now, budget, media):
    """Raw HTML: its source is compared, and shown as source."""
    old, new = attrs_of(was)["html"], attrs_of(now)["html"]
    pieces = _compared(_pieces(old), _pieces(new), budget)

    def side(hidden):
        text = "".join(
            _open(what)
            + _bare("".join(piece.text for piece in run))
            + OVER * bool(what)
            for what, run in pieces
            if not hidden or what != hidden
        )
        code = {"type": "codeBlock", "content": [{"type": "text", "text": text}]}
        return _with_marks(clean_page(html_of([code], Sheet(media))))

    return Redline(
        side(None), side("came"), side("gone"), ("The source of the HTML is compared.",)
    )
