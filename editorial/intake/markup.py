"""Foreign markup made plain: no looks, no scripts, no empty anchors."""

import re
from urllib.parse import parse_qs, urlsplit

from lxml import html as lxml_html

from editorial.blocks.embeds import provider_of
from editorial.intake.looks import (
    BOLD,
    HEADINGS,
    is_hidden,
    is_preformatted,
    is_undone,
    marks_in,
    style_of,
    within,
)

DROPPED = {
    "script", "style", "head", "title", "meta", "link", "base", "xml", "template",
    "noscript", "noembed", "noframes", "select", "option", "datalist", "textarea",
    "input", "param", "source", "track", "map", "area", "rp", "plaintext", "xmp",
    "listing", "col", "colgroup", "frameset", "frame", "bgsound", "nextid", "nav",
    "button", "label",
}  # fmt: skip
"""Gone with all that is in them."""
TOLD = {
    "svg": "drawing", "canvas": "drawing", "math": "formula", "object": "object",
    "embed": "object", "applet": "object", "audio": "recording", "video": "video",
}  # fmt: skip
"""Gone too, but said: it was something to look at."""
KEPT = {
    "p", "div", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "table", "thead",
    "tbody", "tfoot", "tr", "td", "th", "caption", "figure", "figcaption", "a", "img",
    "iframe", "strong", "b", "em", "i", "u", "s", "strike", "del", "sub", "sup",
    "code", "kbd", "samp", "tt", "q", "cite", "abbr", "wbr", *HEADINGS,
}  # fmt: skip
BLOCKS = {
    "section", "article", "header", "footer", "main", "center", "aside",
    "address", "form", "fieldset", "details", "dialog", "hgroup", "search", "legend",
    "marquee", "body", "menuitem",
}  # fmt: skip
"""Read as <div>."""
RENAMED = {"menu": "ul", "dir": "ul", "summary": "p", "dt": "p", "dd": "p", "dl": "div"}
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "data-media"},
    "iframe": {"src", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start", "type", "reversed"},
    "abbr": {"title"},
    "code": {"class"},
    "pre": {"class"},
}

_CONDITION = re.compile(r"<!\[[^<>]*(?<!--)>|<\?[^<>]*>")
"""Word's `<![if …]>` and `<?xml …?>`: what they enclose is shown. The end of a real
comment stays, `<![endif]-->`."""
_SPACES = re.compile(r"[ \t\n\r\f]+")
_FIRM = re.compile(
    "\u00a0(?=[:;!?»%‰€$£°]|\\d)|(?<=«)\u00a0|(?<=\\d)\u00a0(?=\\w{1,3}\\b)"
    "|(?<=\\b\\w\\.)\u00a0|(?<=\\b\\w\\w\\.)\u00a0"
)
"""Where a space must not break: before French marks, in numbers, after initials."""


class TooDeep(Exception):
    """Nobody writes markup like that; its words are taken instead."""


def tree_of(source):
    parser = lxml_html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    source = _CONDITION.sub("", source)
    source = f"<html><body><div>{source}</div></body></html>"
    page = lxml_html.document_fromstring(source.encode(), parser=parser)
    if any("xcessive depth" in one.message for one in parser.error_log):
        raise TooDeep
    body = page.find("body")
    return page if body is None else body


def plain(tree, notes):
    """Take out of the tree, in place, whatever blocks of ours do not say."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or not is_in(element, tree):
            continue
        _one(element, tree, notes)
    _tables(tree)
    _figures(tree)
    _links(tree, notes)
    _headings(tree, notes)
    for element in tree.iter():
        _bare(element)
        _spaces(element)


def size_of(tree):
    return sum(1 for _ in tree.iter())


def is_in(element, tree):
    return element is tree or next(
        (True for one in element.iterancestors() if one is tree), False
    )


def _one(element, tree, notes):
    if element is tree:
        return
    tag, style = element.tag.lower(), style_of(element)
    if tag in TOLD:
        notes.add(f"Left out: {_a(TOLD[tag])}.")
        element.drop_tree()
    elif tag in DROPPED or is_hidden(element, style):
        element.drop_tree()
    elif tag == "iframe":
        if not provider_of(element.get("src") or ""):
            notes.add("Left out: a frame of a site that is not on the list of embeds.")
            element.drop_tree()
    elif tag == "pre" or is_preformatted(element, style):
        _preformat(element)
    elif tag in RENAMED:
        element.tag = RENAMED[tag]
        if tag == "dt":
            _wrap(element, "strong")
    elif tag in BLOCKS:
        element.tag = "div"
    elif tag not in KEPT:
        for mark in marks_in(style, element):
            _wrap(element, mark)
        if tag == "rt":
            element.text = f" ({element.text or ''}"
            element.tail = f"){element.tail or ''}"
        _through(element)
    elif is_undone(element, style):
        _through(element)
    elif element.get("role") == "heading":
        level = element.get("aria-level") or "2"
        element.tag = f"h{level}" if level in "123456" else "h4"
    elif tag in ("p", "li", "td", "a", "b", "strong", "i", "em", "u"):
        marks = marks_in(style, element)
        for mark in marks:
            if mark != "u" or tag != "u":
                _wrap(element, mark)


def _through(element):
    """Leave its words. Taking it out of the tree costs the length of its parent."""
    element.tag = "span"
    element.attrib.clear()


def _a(noun):
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _wrap(element, tag):
    """Put all that the element holds into one inline element, where it is inline."""
    if any(one is not element for one in element.iter("p", "div", "ul", "ol", "table")):
        return
    inner = element.makeelement(tag)
    inner.text, element.text = element.text, None
    for child in list(element):
        inner.append(child)
    element.append(inner)


def _preformat(element):
    """Lines as they stand; a <div> or <br> in it ends one."""
    inner = element[0] if len(element) == 1 and element[0].tag == "code" else element
    language = next((name for one in (element, inner) for name in _language(one)), None)
    for one in list(element.iter()):
        if one is element or not isinstance(one.tag, str):
            continue
        if one.tag in ("br", "div", "p", "li", "tr"):
            one.tail = "\n" + (one.tail or "")
    text = element.text_content().replace("\u00a0", " ").strip("\n")
    for child in list(element):
        element.remove(child)
    element.tag = "pre"
    element.attrib.clear()
    if language:
        element.set("class", language)
    element.text = text


def _language(element):
    return [
        name
        for name in (element.get("class") or "").split()
        if name.startswith(("language-", "lang-"))
    ]


def _tables(tree):
    """Tables that only place things are taken apart; bold first rows are headers."""
    for table in list(tree.iter("table")):
        cells = [one for one in table.iter("td", "th")]
        inner = any(one is not table for one in table.iter("table"))
        places = len(cells) <= 1 or inner or table.get("role") == "presentation"
        # No table stands in an item or a quote of ours; its words do.
        if places or within(table, "li", "blockquote"):
            for part in list(table.iter()):
                if part.tag in ("thead", "tbody", "tfoot", "tr", "td", "th", "caption"):
                    owner = next(part.iterancestors("table"), None)
                    if owner is table:
                        part.tag = "div"
            table.tag = "div"
            continue
        rows = list(table.iter("tr"))
        if len(rows) > 1 and not any(True for _ in table.iter("th")):
            first = [cell for cell in rows[0] if cell.tag == "td"]
            if first and all(_is_all_bold(cell) for cell in first):
                for cell in first:
                    cell.tag = "th"
        for cell in table.iter("th"):
            _without_bold(cell)
        for cell in cells:
            _clamp(cell)


def _figures(tree):
    """A frame whose picture is gone is none."""
    for figure in list(tree.iter("figure")):
        held = ("img", "table", "blockquote", "iframe")
        if next(figure.iter(*held), None) is not None:
            continue
        figure.tag = "div"
        for caption in list(figure.iter("figcaption")):
            caption.tag = "p"


def _is_all_bold(cell):
    words = cell.text_content().replace("\u00a0", " ").strip()
    bold = "".join(
        one.text_content() for one in cell.iter(*BOLD) if not within(one, *BOLD)
    )
    return bool(words) and bold.replace("\u00a0", " ").strip() == words


def _clamp(cell):
    for name, most in (("colspan", 100), ("rowspan", 1_000)):
        value = cell.get(name) or ""
        if value and not (value.isascii() and value.isdigit() and len(value) < 5):
            del cell.attrib[name]
        elif value and int(value) > most:
            cell.set(name, str(most))


def _without_bold(element):
    for bold in list(element.iter(*BOLD)):
        _through(bold)


def _links(tree, notes):
    """Links that lead somewhere and have words; the rest is text."""
    for link in list(tree.iter("a")):
        href = (link.get("href") or "").strip()
        has_words = link.text_content().strip() or next(link.iter("img"), None)
        if not href or href.startswith("#") or has_words is None or has_words == "":
            _through(link)
            continue
        target = straight(href)
        if target.lower().startswith("file:") or re.match(r"[a-zA-Z]:\\", target):
            notes.add("A link to a file on somebody's own disk is text now.")
            _through(link)
            continue
        link.set("href", target)
        for line in list(link.iter("u")):
            _through(line)


def straight(href):
    """The address itself, where a mail program or search engine stands before it."""
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
        asked = parse_qs(parts.query)
    except ValueError:
        return href
    target = ""
    if host in ("www.google.com", "google.com") and parts.path == "/url":
        target = (asked.get("q") or asked.get("url") or [""])[0]
    elif host.endswith(".safelinks.protection.outlook.com"):
        target = (asked.get("url") or [""])[0]
    return target if target.startswith(("https://", "http://")) else href


def _headings(tree, notes):
    """The page's own heading is the title of the item: everything one step down."""
    found = list(tree.iter(*HEADINGS))
    for heading in found:
        _without_bold(heading)
    if any(heading.tag == "h1" for heading in found):
        for heading in found:
            heading.tag = f"h{min(int(heading.tag[1]) + 1, 4)}"
        notes.add(
            "Headings stand one level lower: the first level is the item's title."
        )
    for heading in found:
        heading.tag = f"h{min(int(heading.tag[1]), 4)}"


def _bare(element):
    kept = ATTRIBUTES.get(element.tag, ())
    for name in list(element.attrib):
        if name not in kept:
            del element.attrib[name]
    if element.tag == "abbr" and not element.get("title"):
        element.set("title", "")


def _spaces(element):
    if element.tag == "pre" or within(element, "pre"):
        element.tail = _folded(element.tail) if element.tag == "pre" else element.tail
        return
    element.text, element.tail = _folded(element.text), _folded(element.tail)


def _folded(text):
    """Line ends of the source are spaces; only needed hard spaces stay hard."""
    if not text:
        return text
    text = _FIRM.sub("\u202f\u2060", text)  # a stand-in that no text has
    text = text.replace("\u00a0", " ").replace("\u202f\u2060", "\u00a0")
    return _SPACES.sub(" ", text)
