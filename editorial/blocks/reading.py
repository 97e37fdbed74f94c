"""From HTML to blocks, with WordPress's idea of paragraphs.

Markup that no block can say becomes an `html` block, which keeps it whole; smaller
losses are told in the notes. Nothing is lost without a word.

lxml reads the markup into a tree. Walking it, text and marks gather in a *run* of
tokens; what stands between two paragraph breaks of a run becomes a paragraph.
"""

import re
from copy import deepcopy
from dataclasses import dataclass, replace

from lxml import html as lxml_html

from editorial.blocks.canonical import new_block
from editorial.blocks.elements import (
    align_of,
    citation_of,
    classes_of,
    language_of,
    list_attrs,
    source_of,
)
from editorial.blocks.embeds import provider_of
from editorial.blocks.figures import FigureReader, Unmappable
from editorial.blocks.links import fault_of_link, is_safe_link
from editorial.blocks.nodes import FLOW, NODES, Checking
from editorial.blocks.notes import Notes
from editorial.blocks.quotes import TONES
from editorial.blocks.raw import CLOSE, OPEN
from editorial.blocks.rendering import Page
from editorial.blocks.runs import (
    SPACES,
    Run,
    add_mark,
    has_words,
    inline_content,
    source_of_tokens,
)
from editorial.blocks.shortcodes import expand, names_in

MARK_OF = {
    "strong": "bold", "b": "bold",
    "em": "italic", "i": "italic", "cite": "italic", "dfn": "italic", "var": "italic",
    "u": "underline", "ins": "underline",
    "s": "strike", "strike": "strike", "del": "strike",
    "code": "code", "kbd": "code", "samp": "code", "tt": "code",
    "sub": "subscript", "sup": "superscript",
}  # fmt: skip
SHADES = {"cite", "dfn", "var", "kbd", "samp", "tt", "ins"}
"""Elements whose mark says a little less than they did."""
THROUGH = {"span", "font", "big", "small", "mark", "label", "bdi", "nobr", "time"}
"""Inline elements of which the text is kept and the look is not."""
CONTAINERS = {
    "div", "section", "article", "header", "footer", "main", "nav", "center", "hgroup",
    "search", "li", "dt", "dd", "caption", "figcaption", "tr", "td", "th",
}  # fmt: skip
VERBATIM = {
    "address", "applet", "audio", "button", "canvas", "details", "dl", "embed",
    "fieldset", "form", "input", "link", "map", "marquee", "math", "meta", "noscript",
    "object", "script", "select", "style", "svg", "template", "textarea", "title",
    "video", "base", "frameset", "dir", "menu", "xmp", "listing", "plaintext", "ruby",
}  # fmt: skip
"""Kept as HTML: no block can say them."""
QUIET = {
    "class", "rel", "loading", "decoding", "srcset", "sizes", "border", "cellpadding",
    "cellspacing", "data-id", "data-link", "data-full-url", "data-mce-href",
    "data-mce-src", "role", "fetchpriority", "aria-hidden",
}  # fmt: skip
"""Attributes that say nothing to a reader."""

MAX_DEPTH = 100
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHELL = re.compile(r"</?(?:html|head|body)\b[^>]*>|<!doctype[^>]*>", re.IGNORECASE)
_GAP = re.compile(r"\n[ \t\r\f]*(?:\n[ \t\r\f]*)+")
_ADDRESS = re.compile(r"https?://\S+")
_HOLE = re.compile(r'<masthead-block n="(\d+)"></masthead-block>')


@dataclass(frozen=True)
class Place:
    """Where the walk is: what the elements around it say."""

    marks: tuple = ()
    align: str = ""
    top: bool = True
    """Whether an html block may stand here."""
    explicit: bool = False
    """Within a <p> of the source: only blank lines divide it."""
    depth: int = 0

    def within(self, **changes):
        if self.depth >= MAX_DEPTH:
            raise Unmappable("it is nested too deep")
        return replace(self, depth=self.depth + 1, **changes)


def from_html(
    html, media_for_url=None, *, media_for_id=None, attached=None, autop=True
):
    """(blocks, notes) of a piece of HTML as people and old systems write it.

    `media_for_url` answers the id of a medium for an address, or None;
    `media_for_id` does so for the number that WordPress gave it; `attached` lists
    the ids of media that belong to the article, for a bare [gallery].
    """
    reader = Reader(
        media_for_url=media_for_url,
        media_for_id=media_for_id,
        attached=attached,
        autop=autop,
    )
    nodes = reader.document(html)
    return [new_block(node) for node in nodes], reader.notes.sentences()


def raw_node(source):
    return {"type": "html", "attrs": {"html": source}}


def is_valid(node):
    checking = Checking()
    checking.node(node, (node["type"],), 1)
    return not checking.faults


class Reader(FigureReader):
    def __init__(
        self,
        *,
        media_for_url=None,
        media_for_id=None,
        attached=None,
        autop=True,
        notes=None,
    ):
        self.media_for_url = media_for_url or (lambda url: None)
        self.media_for_id = media_for_id or (lambda number: None)
        self.attached = attached
        self.autop = autop
        self.notes = notes or Notes()
        self.holes = {}
        """{n: (nodes, source)} to put where the markup has <masthead-block n="…">."""

    # --- the document -----------------------------------------------------------

    def document(self, source):
        nodes, done = [], 0
        source = (source or "").replace("\r\n", "\n").replace("\r", "\n")
        if _UNREADABLE.search(source):
            source = _UNREADABLE.sub("", source)
            self.notes.left_out("control characters")
        while (start := source.find(OPEN, done)) >= 0:
            end = source.find(CLOSE, start)
            if end < 0:
                break
            nodes += self.piece(source[done:start])
            nodes.append(raw_node(source[start + len(OPEN) : end]))
            done = end + len(CLOSE)
        nodes += self.piece(source[done:])
        return [self.storable(node) for node in nodes if node != raw_node("")]

    def storable(self, node):
        """Raw HTML that could not be shown either is kept as text."""
        if node["type"] != "html" or is_valid(node):
            return node
        self.notes.add("Kept as code: HTML that no browser could mend.")
        text = {"type": "text", "text": node["attrs"]["html"]}
        return {"type": "codeBlock", "content": [text]}

    def piece(self, source):
        if not source.strip():
            return []
        if _SHELL.search(source):
            source = _SHELL.sub("", source)
            self.notes.left_out("the shell of a whole page (html, head, body)")
        for name in sorted(names_in(source) - {"caption", "embed", "gallery"}):
            self.notes.add(f"The shortcode [{name}] stays as text.")
        tree = self.tree(expand(source))
        if tree is None:
            self.notes.add("Kept as HTML: the markup is nested too deep to be read.")
            return [raw_node(source)]
        nodes, run = [], Run()
        self.walk(tree, Place(), run, nodes)
        self.flush(run, Place(), nodes)
        return [node if is_valid(node) else self.kept(node) for node in nodes]

    def tree(self, source):
        parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
        tree = lxml_html.fragment_fromstring(source, create_parent="div", parser=parser)
        # libxml2 drops what lies deeper than it can go.
        if any("xcessive depth" in one.message for one in parser.error_log):
            return None
        return tree

    def kept(self, node):
        """A node of ours that breaks a limit, as HTML."""
        self.notes.add(f"Kept as HTML: a {node['type']} that breaks a limit of blocks.")
        return raw_node(NODES[node["type"]].html(node, Page()))

    # --- walking ----------------------------------------------------------------

    def walk(self, parent, place, run, nodes):
        """Text, marks and blocks below `parent`, into `run` and `nodes`."""
        self.words(parent.text, place, run)
        for child in parent:
            before, made = run.mark(), len(nodes)
            try:
                self.element(child, place, run, nodes)
            except Unmappable as reason:
                if not place.top:
                    raise
                # The run too: part of the child may have ended a paragraph before it.
                run.back_to(before)
                del nodes[made:]
                self.keep(child, reason, place, run, nodes)
            self.words(child.tail, place, run)

    def keep(self, element, reason, place, run, nodes):
        """The element as HTML: within its paragraph, or as a block of its own."""
        self.notes.add(f"Kept as HTML: <{element.tag}>, because {reason}.")
        source = self.source(element)
        if element.tag in INLINE_TAGS:
            run.append(("raw", source))
        else:
            self.flush(run, place, nodes)
            nodes.append(raw_node(source))

    def source(self, element):
        """The element as it was written, with the blocks that were taken out of it."""
        return _HOLE.sub(lambda hole: self.holes[hole[1]][1], source_of(element))

    def words(self, text, place, run):
        if not text:
            return
        if not self.autop:
            run.append(("text", text, place.marks))
            return
        for number, part in enumerate(_GAP.split(text)):
            if number:
                run.append(("stop",))
            for line_number, line in enumerate(part.split("\n")):
                if line_number:
                    run.append(("newline",))
                if line:
                    run.append(("text", line, place.marks))

    def element(self, element, place, run, nodes):
        if not isinstance(element.tag, str):
            self.comment(element, place, run, nodes)
            return
        tag = element.tag.lower()
        if tag == "masthead-block" and element.get("n") in self.holes:
            self.flush(run, place, nodes)
            found = self.holes[element.get("n")][0]
            if not place.top and any(node["type"] not in FLOW for node in found):
                raise Unmappable("it has blocks that cannot stand in it")
            nodes += found
        elif tag == "br":
            run.append(("break",))
        elif tag == "wbr":
            run.append(("text", "\u200b", place.marks))
        elif tag == "img":
            run.append(self.image_token(element, place))
        elif tag == "iframe":
            run.append(("node", self.frame(element)))
        elif tag in MARK_OF:
            self.mark(tag, element, place, run, nodes)
        elif tag == "a":
            self.link(element, place, run, nodes)
        elif tag == "q":
            self.lose(element)
            run.append(("text", "“", place.marks))
            self.walk(element, place.within(), run, nodes)
            run.append(("text", "”", place.marks))
        elif tag in ("abbr", "acronym") and (title := element.get("title", "").strip()):
            self.lose(element, known=("title",))
            mark = {"type": "abbreviation", "attrs": {"title": self.fit(title, 500)}}
            marks = add_mark(place.marks, mark)
            self.walk(element, place.within(marks=marks), run, nodes)
        elif tag in THROUGH or tag in ("abbr", "acronym"):
            self.lose(element, f"<{tag}>")
            self.walk(element, place.within(), run, nodes)
        elif tag in BLOCK_READERS:
            self.flush(run, place, nodes)
            self.block(tag, element, place, nodes)
        elif tag in VERBATIM:
            raise Unmappable("no block can say it")
        elif len(element.attrib) and not any(
            True for _ in element.iter(*BLOCK_READERS)
        ):
            raise Unmappable("it is unknown")
        else:
            self.notes.add(f"Left out: the unknown element <{tag}>, but not its text.")
            self.walk(element, place.within(), run, nodes)

    def block(self, tag, element, place, nodes):
        found = BLOCK_READERS[tag](self, element, place)
        if place.top and not all(map(is_valid, found)):
            raise Unmappable("it breaks a limit of blocks")
        nodes += found

    def comment(self, element, place, run, nodes):
        text = (element.text or "").strip()
        if text == "more" or text.startswith("more "):
            if text != "more":
                self.notes.left_out(f"the words “{text[5:]}” of a more link")
            run.append(("node", {"type": "horizontalRule", "attrs": {"kind": "more"}}))
        elif text == "nextpage":
            run.append(("node", {"type": "horizontalRule", "attrs": {"kind": "page"}}))
        elif text.startswith(("wp:", "/wp:")):
            self.notes.left_out(f"the comment <!-- {text[:60]} -->")
        elif place.top and text:
            self.notes.add("Kept as HTML: a comment in the markup, which nobody sees.")
            run.append(("aside", self.source(element)))
        elif text:
            self.notes.left_out(f"a comment in the markup: “{text[:200]}”")

    def lose(self, element, name=None, known=()):
        """Tell which attributes of the element have no place here."""
        if name:
            self.notes.left_out(name)
        for attribute in element.attrib:
            if attribute not in QUIET and attribute not in known:
                self.notes.left_out(attribute)

    def fit(self, text, longest):
        """A title or alt text, cut to what can be stored; the rest is told."""
        if len(text) > longest:
            self.notes.add(f"Cut after {longest} characters: “{text[:2_000]}”")
        return text[:longest]

    # --- inline -----------------------------------------------------------------

    def mark(self, tag, element, place, run, nodes):
        if tag in SHADES:
            self.notes.left_out(f"<{tag}>, shown as {MARK_OF[tag]}")
        self.lose(element)
        marks = add_mark(place.marks, {"type": MARK_OF[tag]})
        self.walk(element, place.within(marks=marks), run, nodes)

    def link(self, element, place, run, nodes):
        known = ("href", "title", "target", "data-type", "data-rel")
        self.lose(element, known=known)
        if element.get("target"):
            self.notes.left_out("target")
        href = self.address(element.get("href"))
        marks = place.marks
        if href:
            mark = {"type": "link", "attrs": {"href": href}}
            if title := (element.get("title") or "").strip():
                mark["attrs"]["title"] = self.fit(title, 500)
            marks = add_mark(marks, mark)
        elif element.get("href"):
            problem = fault_of_link(element.get("href").strip())
            self.notes.add(
                f"A link was taken off its words; it {problem}: "
                f"“{element.get('href')[:200]}”."
            )
        self.walk(element, place.within(marks=marks), run, nodes)

    def address(self, href):
        """The address made fit for a link, or None."""
        href = (href or "").strip()
        if href.startswith("//"):
            href = f"https:{href}"
        href = SPACES.sub("%20", href)
        return href if is_safe_link(href) else None

    def inline(self, element, place):
        """(inline content, hoisted nodes) of an element that holds text only."""
        run, nodes = Run(), []
        self.walk(element, place.within(top=False, explicit=True), run, nodes)
        if nodes:
            raise Unmappable("it has blocks where only text can stand")
        hoisted = [token[1] for token in run if token[0] == "node"]
        if any(token[0] in ("raw", "aside") for token in run):
            raise Unmappable("it has markup that no text can have")
        content = inline_content(
            [("break",) if one[0] == "stop" else one for one in run if one[0] != "node"]
        )
        return content, hoisted

    def only_inline(self, element, place):
        content, hoisted = self.inline(element, place)
        if hoisted:
            raise Unmappable("it has an image where only text can stand")
        return content

    # --- from runs to paragraphs --------------------------------------------------

    def flush(self, run, place, nodes):
        """Turn the run into paragraphs and what was hoisted out of them."""
        tokens = run.take()
        paragraph = []
        for token in [*self.divided(tokens, place), ("stop",)]:
            if token[0] != "stop":
                paragraph.append(token)
                continue
            nodes += self.paragraph(paragraph, place)
            paragraph = []

    def divided(self, tokens, place):
        """Two line breaks in a row end a paragraph that had no <p> of its own."""
        if not self.autop or place.explicit:
            return tokens
        found = []
        for token in tokens:
            at = len(found) - 1
            while at >= 0 and (
                found[at][0] == "newline"
                or found[at][0] == "text"
                and not found[at][1].strip(" \t\n")
            ):
                at -= 1
            if token[0] == "break" and at >= 0 and found[at][0] == "break":
                del found[at:]
                token = ("stop",)
            found.append(token)
        return found

    def paragraph(self, tokens, place):
        if any(token[0] == "raw" for token in tokens):
            if not place.top:
                raise Unmappable("it has markup that no text can have")
            return [raw_node(source_of_tokens(tokens))]
        worded = [number for number, one in enumerate(tokens) if has_words(one)]
        first, last = (worded[0], worded[-1]) if worded else (len(tokens), 0)
        before, after, words = [], [], []
        for number, token in enumerate(tokens):
            if token[0] not in ("node", "aside"):
                words.append(token)
                continue
            node = raw_node(token[1]) if token[0] == "aside" else token[1]
            if first < number < last and token[0] == "node":
                self.notes.add("An image within a sentence now stands before it.")
            (after if number > last and worded else before).append(node)
        content = inline_content(words)
        if not content:
            return [*before, *after]
        if embed := self.lone_address(content, place):
            return [*before, embed, *after]
        found = {"type": "paragraph", "content": content}
        if place.align:
            found["attrs"] = {"align": place.align}
        return [*before, found, *after]

    def lone_address(self, content, place):
        """WordPress embeds what an address on a line of its own leads to."""
        only = content[0] if len(content) == 1 else {}
        text = only.get("text", "")
        if (
            self.autop
            and not place.explicit
            and not only.get("marks")
            and _ADDRESS.fullmatch(text)
            and provider_of(text)
            and is_safe_link(text)
        ):
            return {"type": "embed", "attrs": {"url": text}}
        return None

    # --- blocks ---------------------------------------------------------------------

    def flow(self, element, place, *, align=""):
        """Paragraphs and other blocks within an item, a cell, a quote or a callout."""
        run, nodes = Run(), []
        inside = place.within(top=False, align=align, explicit=False)
        self.walk(element, inside, run, nodes)
        self.flush(run, inside, nodes)
        for node in nodes:
            if node["type"] not in FLOW:
                raise Unmappable(f"a {node['type']} cannot stand in it")
        return nodes

    def container(self, element, place):
        classes = classes_of(element)
        if "wp-caption" in classes:
            return self.figure(element, place)
        self.lose(element, known=("align",))
        nodes, run = [], Run()
        inside = place.within(align=align_of(element) or place.align, explicit=False)
        if element.tag == "center":
            inside = replace(inside, align="center")
        self.walk(element, inside, run, nodes)
        self.flush(run, inside, nodes)
        return nodes

    def p(self, element, place):
        self.lose(
            element, known=("align", "style") if align_of(element) else ("align",)
        )
        nodes, run = [], Run()
        inside = place.within(align=align_of(element) or place.align, explicit=True)
        self.walk(element, inside, run, nodes)
        self.flush(run, inside, nodes)
        if not nodes:
            self.notes.left_out("an empty paragraph")
        return nodes

    def heading(self, element, place):
        self.lose(
            element, known=("align", "style") if align_of(element) else ("align",)
        )
        level = int(element.tag[1])
        attrs = {"level": min(max(level, 2), 4)}
        if attrs["level"] != level:
            self.notes.add(
                f"A heading of level {level} is now of level {attrs['level']}."
            )
        if align := align_of(element) or place.align:
            attrs["align"] = align
        content, hoisted = self.inline(element, place)
        if not content:
            return hoisted
        return [*hoisted, {"type": "heading", "attrs": attrs, "content": content}]

    def rule(self, element, place):
        return [{"type": "horizontalRule"}]

    def list(self, element, place):
        if "wp-block-gallery" in classes_of(element):
            return self.gallery(element, place)
        self.lose(element, known=("start", "type", "reversed"))
        inside = place.within(top=False, align="")
        items = []
        if (element.text or "").strip():
            raise Unmappable("it has words outside of its items")
        for child in element:
            if not isinstance(child.tag, str):
                self.notes.left_out(f"a comment in the markup: “{child.text}”")
            elif child.tag == "li":
                self.lose(child)
                items.append({"type": "listItem", "content": self.flow(child, inside)})
            elif child.tag in ("ul", "ol"):
                if not items:
                    items.append({"type": "listItem", "content": []})
                items[-1]["content"] += self.list(child, inside)
            else:
                raise Unmappable("it has more than items")
            if (child.tail or "").strip():
                raise Unmappable("it has words outside of its items")
        if not items:
            return []
        node = {"type": "bulletList", "content": items}
        if element.tag == "ol":
            node = {"type": "orderedList", **list_attrs(element), "content": items}
        return [node]

    def quote(self, element, place, pull=False):
        self.lose(element, known=("cite",))
        attrs = {}
        if cite := self.address(element.get("cite")):
            attrs["cite"] = cite
        if pull or classes_of(element) & {"pull", "wp-block-pullquote"}:
            attrs["pull"] = True
        holder, cite = citation_of(element)
        citation = self.only_inline(cite, place) if cite is not None else []
        if holder is not None:
            # A copy: the source must be whole if it turns out to be unmappable.
            element = deepcopy(element)
            element.remove(citation_of(element)[0])
        content = self.flow(element, place)
        if citation:
            content = [*content, {"type": "citation", "content": citation}]
        node = {"type": "blockquote", "content": content}
        if attrs:
            node["attrs"] = attrs
        return [node] if content else []

    def aside(self, element, place):
        classes = classes_of(element)
        tone = next((tone for tone in TONES if f"callout-{tone}" in classes), None)
        if not tone:
            return self.container(element, place)
        return [
            {
                "type": "callout",
                "attrs": {"tone": tone},
                "content": self.flow(element, place),
            }
        ]

    def pre(self, element, place):
        inner = [one for one in element.iter() if one is not element]
        if any(one.tag not in ("code", "br", "span") for one in inner):
            raise Unmappable("preformatted text has no links or other markup here")
        self.lose(element)
        for one in inner:
            if one.tag == "br":
                one.tail = "\n" + (one.tail or "")
        text = element.text_content()
        if not (len(inner) and inner[0].tag == "code" and not element.text):
            text = text.removeprefix("\n")
        if not text.strip():
            return []
        node = {"type": "codeBlock", "content": [{"type": "text", "text": text}]}
        if language := language_of(element):
            node["attrs"] = {"language": language}
        return [node]

    def table(self, element, place, caption=None):
        self.lose(element, known=("width",))
        inside = place.within(top=False, align="")
        parts = {"thead": [], "tbody": [], "tfoot": []}
        for child in element:
            if child.tag in parts:
                parts[child.tag] += [row for row in child if row.tag == "tr"]
                strays = [one for one in child if one.tag != "tr"]
            elif child.tag == "tr":
                parts["tbody"].append(child)
                strays = []
            elif child.tag == "caption" and caption is None:
                caption, strays = self.only_inline(child, inside), []
            elif child.tag in ("colgroup", "col"):
                self.notes.left_out("the columns of a table")
                strays = []
            else:
                strays = [child]
            if strays:
                raise Unmappable("it has more than rows")
        rows = [
            row
            for part in parts.values()
            for one in part
            if (row := self.row(one, inside))["content"]
        ]
        if not rows:
            raise Unmappable("it has no cells")
        if caption:
            rows.append({"type": "caption", "content": caption})
        return [{"type": "table", "content": rows}]

    def row(self, element, place):
        self.lose(element)
        cells = []
        for cell in element:
            if cell.tag not in ("td", "th"):
                raise Unmappable("a row has more than cells")
            known = (
                "colspan",
                "rowspan",
                "align",
                "scope",
                "valign",
                "width",
                "height",
            )
            self.lose(cell, known=known)
            attrs = {
                span: int(value)
                for span in ("colspan", "rowspan")
                if (value := cell.get(span) or "").isascii()
                and value.isdigit()
                and int(value) > 1
            }
            if align := align_of(cell):
                attrs["align"] = align
            node = {"type": "tableHeader" if cell.tag == "th" else "tableCell"}
            if attrs:
                node["attrs"] = attrs
            if content := self.flow(cell, place):
                node["content"] = content
            cells.append(node)
        return {"type": "tableRow", "content": cells}


BLOCK_READERS = {
    "p": Reader.p,
    "hr": Reader.rule,
    "ul": Reader.list,
    "ol": Reader.list,
    "blockquote": Reader.quote,
    "pre": Reader.pre,
    "table": Reader.table,
    "figure": Reader.figure,
    "aside": Reader.aside,
    **{f"h{level}": Reader.heading for level in range(1, 7)},
    **{tag: Reader.container for tag in CONTAINERS},
}
INLINE_TAGS = {
    *MARK_OF,
    *THROUGH,
    "a", "abbr", "acronym", "q", "ruby", "input", "button", "label", "svg", "math",
}  # fmt: skip
