"""The habits of word processors: lists written as paragraphs, footnotes, comments.

Word writes a list item as a paragraph whose style names a list and a level; Word on
the web writes each item as a list of its own. Both are put together again here.
"""

import re

from lxml.html import builder

_IN_LIST = re.compile(r"mso-list\s*:\s*(l\d+)\s+level(\d)\s+(lfo\d+)")
_MARKER = re.compile(r"\(?(?:\d+[.)])*(\d+|[a-zA-Z]{1,8})[.)]")
_ROMAN = re.compile(r"[ivxlcdm]+", re.IGNORECASE)
DEEPEST = 9
MAX_NOTES = 2_000


def styled(tree, word):
    """Elements whose style has this word, e.g. a role that Word gives them."""
    return [one for one in tree.iter() if word in (one.get("style") or "").lower()]


def classed(tree, *names):
    return [one for one in tree.iter() if set(names) & set(class_words(one))]


def class_words(element):
    return (element.get("class") or "").split()


def rebuild(tree, notes):
    """Everything that only a word processor does."""
    _comments(tree, notes)
    _contents(tree, notes)
    _footnotes(tree, notes)
    _titles(tree)
    _paragraph_lists(tree)
    _single_item_lists(tree)
    _quotes(tree)
    for line in classed(tree, "Apple-interchange-newline"):
        _drop(line)
    for space in classed(tree, "Apple-converted-space", "Apple-tab-span"):
        space.text = " "


def _drop(element):
    if element.getparent() is not None:
        element.drop_tree()


# --- Comments, tables of contents, titles -------------------------------------------


def _comments(tree, notes):
    found = styled(tree, "mso-element:comment-list")
    found += classed(tree, "MsoCommentReference")
    found += [
        one for one in tree.iter("a") if (one.get("href") or "").startswith("#_msocom")
    ]
    for one in found:
        _drop(one)
    if found:
        notes.add("Comments of the document were left out.")


def _contents(tree, notes):
    found = [
        one
        for one in tree.iter("p")
        if any(re.fullmatch(r"MsoToc(?:\d|Heading)", name) for name in class_words(one))
    ]
    for one in found:
        _drop(one)
    if found:
        notes.add("The table of contents was left out; the headings make a new one.")


def _titles(tree):
    for one in classed(tree, "MsoTitle"):
        if one.tag == "p":
            one.tag = "h1"


def _quotes(tree):
    """Paragraphs of Word's two styles of quotes, those in a row together."""
    for one in classed(tree, "MsoQuote", "MsoIntenseQuote"):
        if one.tag != "p":
            continue
        before = one.getprevious()
        if before is None or before.tag != "blockquote" or (before.tail or "").strip():
            before = builder.BLOCKQUOTE()
            one.addprevious(before)
        tail, one.tail = one.tail, None
        before.append(one)
        before.tail = tail
        # The look of the style is no emphasis of the author.
        for shade in list(one.iter("i", "em")):
            shade.drop_tag()


# --- Footnotes -----------------------------------------------------------------------


def _footnotes(tree, notes):
    """Numbers in the text, and the notes as a numbered list at the end.

    All programs alike: the number links to its note, and the note links back.
    """
    named = {}
    for one in tree.iter():
        for name in (one.get("id"), one.get("name")):
            if name:
                named.setdefault(name, one)
    pairs, seen = [], {}  # by identity: `pairs` keeps them alive
    for link in list(tree.iter("a"))[: 2 * MAX_NOTES]:
        note = named.get(_fragment(link))
        if note is None or note is link or id(link) in seen or id(note) in seen:
            continue
        backs = [note, *note.iter("a")] if note.tag != "a" else [note]
        own = {link.get("id"), link.get("name")} - {None, ""}
        own |= {one.get("id") for one in link.iterancestors("sup")} - {None}
        back = next((one for one in backs if _fragment(one) in own), None)
        if back is None:
            continue
        seen[id(link)] = seen[id(back)] = seen[id(note)] = True
        pairs.append((link, note, back))
    bodies = [_body_of(note, pairs, tree) for _, note, _ in pairs]
    whole = [
        (pair, body)
        for pair, body in zip(pairs, bodies, strict=True)
        if body is not pair[2] and body is not tree
    ]
    if not whole:
        return
    listed = builder.OL()
    for number, ((link, _, back), body) in enumerate(whole, start=1):
        _number(link, number)
        _drop(back)
        listed.append(_item(body, tree))
    tree.append(builder.HR())
    tree.append(listed)
    count = len(whole)
    notes.add(
        "A footnote stands at the end, in a numbered list."
        if count == 1
        else f"{count} footnotes stand at the end, in a numbered list."
    )


def _fragment(element):
    href = element.get("href") or ""
    return href[1:] if href.startswith("#") else None


def _body_of(note, pairs, tree):
    """The largest element around a note that holds no other note and no number."""
    others = {id(link) for link, _, _ in pairs}
    others |= {id(one) for _, one, _ in pairs if one is not note}
    body = note
    while True:
        parent = body.getparent()
        if parent is None or parent is tree or parent.tag in ("ol", "body"):
            return body
        if any(id(one) in others for one in parent.iter()):
            return body
        body = parent


def _number(link, number):
    for outer in link.iterancestors("sup"):
        outer.drop_tag()
        break
    mark = builder.SUP(f"[{number}]")
    mark.tail, link.tail = link.tail, None
    link.getparent().replace(link, mark)


def _item(body, tree):
    """The note as a list item; what framed it goes where it is left empty."""
    frame = body.getparent()
    before = body.getprevious()
    if before is not None and before.tag == "hr":
        before.drop_tree()
    tail, body.tail = body.tail, None
    frame.remove(body)
    if tail and tail.strip():
        frame.text = (frame.text or "") + tail
    while frame is not tree and frame is not None:
        above = frame.getparent()
        if frame.text_content().strip() or frame.find(".//img") is not None:
            break
        _drop(frame)
        frame = above
    for mark in list(body.iter("sup")):
        if not mark.text_content().strip():
            mark.drop_tree()
    for lead in classed(body, "MsoFootnoteReference", "MsoEndnoteReference"):
        if not lead.text_content().strip(" []\u00a0"):
            _drop(lead)
    for rule in list(body.iter("hr")):
        _drop(rule)
    if body.tag != "li":
        item = builder.LI()
        item.append(body)
        if body.tag in ("a", "span"):
            body.drop_tag()
        return item
    return body


# --- Lists ---------------------------------------------------------------------------


def _paragraph_lists(tree):
    """Runs of neighbouring paragraphs that name a list."""
    done = set()
    for one in list(tree.iter("p", "div", *(f"h{n}" for n in range(1, 7)))):
        if id(one) in done or not (place := _place(one)):
            continue
        if one.tag.startswith("h"):
            _marker(one)  # a numbered heading: Word made the number, we do not
            continue
        items, anchor = [], one
        current, list_id = one, place[0]
        while current is not None:
            place = _place(current)
            if place and not current.tag.startswith("h"):
                if place[1] == 1 and place[0] != list_id:
                    break
                items.append((place[1], _marker(current), [current]))
            elif items and _continues(current):
                items[-1][2].append(current)
            else:
                break
            done.add(id(current))
            current = current.getnext()
        parent, place = anchor.getparent(), anchor.getparent().index(anchor)
        parent.insert(place, _nested(items))


def _place(element):
    found = _IN_LIST.search((element.get("style") or "").lower())
    return (found[1] + found[3], min(int(found[2]), DEEPEST)) if found else None


def _continues(element):
    names = class_words(element)
    return element.tag == "p" and any(
        name.startswith(("MsoListParagraph", "MsoListContinue")) for name in names
    )


def _marker(element):
    """The bullet or number that Word wrote for programs without lists, taken out."""
    found = next(
        (
            one
            for one in element.iter("span")
            if "mso-list:ignore" in (one.get("style") or "").lower().replace(" ", "")
        ),
        None,
    )
    if found is None:
        return ""
    text = found.text_content().replace("\u00a0", " ").strip()
    found.drop_tree()
    return text


def _kind(marker):
    """(tag, attributes) of the list that begins with this marker."""
    found = _MARKER.fullmatch(marker)
    if not found:
        return "ul", {}
    value = found[1]
    if value.isdigit():
        return "ol", {} if int(value) == 1 else {"start": str(int(value))}
    upper = value.isupper()
    if value.lower() == "i" or (len(value) > 1 and _ROMAN.fullmatch(value)):
        return "ol", {"type": "I" if upper else "i"}
    number = ord(value.lower()[0]) - ord("a") + 1
    start = {} if number == 1 else {"start": str(number)}
    return "ol", {"type": "A" if upper else "a", **start}


def _nested(items):
    """Lists within lists, from [(level, marker, elements)]."""
    first = items[0]
    outer = _list(first[1])
    stack = [(first[0], outer)]
    for level, marker, elements in items:
        while len(stack) > 1 and stack[-1][0] > level:
            stack.pop()
        if level > stack[-1][0] and len(stack[-1][1]):
            inner = _list(marker)
            stack[-1][1][-1].append(inner)
            stack.append((level, inner))
        item = builder.LI()
        for element in elements:
            element.tail = None
            item.append(element)
        stack[-1][1].append(item)
    return outer


def _list(marker):
    tag, attributes = _kind(marker)
    found = builder.OL() if tag == "ol" else builder.UL()
    for name, value in attributes.items():
        found.set(name, value)
    return found


def _single_item_lists(tree):
    """Word on the web: one <ul> for each item, its level only in an attribute."""
    for wrapper in classed(tree, "ListContainerWrapper"):
        wrapper.drop_tag()
    for first in list(tree.iter("ul", "ol")):
        if first.getparent() is None or not _levels(first):
            continue
        if first.getprevious() is not None and _follows(first.getprevious(), first):
            continue
        run, current = [], first
        while current is not None and _levels(current):
            run.append(current)
            if not _follows(current, current.getnext()):
                break
            current = current.getnext()
        items = [
            (level, "1." if one.tag == "ol" else "", one, item)
            for one in run
            for level, item in _levels(one)
        ]
        if len(run) < 2 and all(level == 1 for level, *_ in items):
            continue
        outer = _nested(
            [(level, _numbered(one, mark), []) for level, mark, one, _ in items]
        )
        for made, (*_, item) in zip(outer.iter("li"), items, strict=True):
            made.text = item.text
            for place, child in enumerate(list(item)):
                made.insert(place, child)
        run[0].addprevious(outer)
        outer.tail, run[-1].tail = run[-1].tail, None
        for one in run:
            one.getparent().remove(one)


def _levels(element):
    """[(level, item)] when every item says its level."""
    if element is None or element.tag not in ("ul", "ol"):
        return []
    found = [
        (min(int(level), DEEPEST), item)
        for item in element
        if item.tag == "li"
        and (level := item.get("data-aria-level") or "").isascii()
        and level.isdigit()
        and int(level) > 0
    ]
    return found if len(found) == len(element) else []


def _follows(one, other):
    """Whether `other` goes on with the list `one`, and nothing stands between."""
    if not _levels(one) or not _levels(other) or (one.tail or "").strip():
        return False
    return other.tag == one.tag or _levels(other)[0][0] > 1 or _levels(one)[-1][0] > 1


def _numbered(element, marker):
    start = element.get("start") or ""
    return f"{start}." if marker and start.isascii() and start.isdigit() else marker
