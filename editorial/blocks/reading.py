"""From HTML to blocks, with WordPress's idea of paragraphs.

Markup that no block can say becomes an `html` block, which keeps it whole; smaller
losses are told in the notes. Nothing is lost without a word.

lxml reads the markup into a tree. Walking it, text and marks gather in a *run* of
tokens; what stands between two paragraph breaks of a run becomes a paragraph.
"""

import re
from copy import deepcopy
from dataclasses import dataclass, replace

from lxml import etree
from lxml import html as lxml_html

from editorial.blocks.attributes import fault_of_id
from editorial.blocks.canonical import joined, new_block
from editorial.blocks.embeds import provider_of
from editorial.blocks.inline import ORDER
from editorial.blocks.links import fault_of_link, is_safe_link, is_safe_source
from editorial.blocks.nodes import FLOW, NODES, Checking
from editorial.blocks.notes import Notes
from editorial.blocks.quotes import TONES
from editorial.blocks.raw import CLOSE, OPEN
from editorial.blocks.rendering import Page
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
    "body",
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
_SPACES = re.compile(r"[ \t\n\r\f]+")
_GAP = re.compile(r"\n[ \t\r\f]*(?:\n[ \t\r\f]*)+")
_ADDRESS = re.compile(r"https?://\S+")
_RAW = re.compile(re.escape(OPEN) + "(.*?)" + re.escape(CLOSE), re.DOTALL)
_HOLE = "masthead-block"


class Unmappable(Exception):
    """No block can say this; the caller keeps it as HTML."""


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


class Reader:
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
        """Nodes to put where the source has <masthead-block n="…">."""

    # --- the document -----------------------------------------------------------

    def document(self, source):
        nodes, done = [], 0
        source = (source or "").replace("\r\n", "\n").replace("\r", "\n")
        if _UNREADABLE.search(source):
            source = _UNREADABLE.sub("", source)
            self.notes.left_out("control characters")
        for found in _RAW.finditer(source):
            nodes += self.piece(source[done : found.start()])
            nodes.append(raw_node(found[1]))
            done = found.end()
        nodes += self.piece(source[done:])
        return [
            node for node in nodes if node["type"] != "html" or node["attrs"]["html"]
        ]

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
        nodes, run = [], []
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
            before, made = list(run), len(nodes)
            try:
                self.element(child, place, run, nodes)
            except Unmappable as reason:
                if not place.top:
                    raise
                # The run too: part of the child may have ended a paragraph before it.
                run[:] = before
                del nodes[made:]
                self.keep(child, reason, place, run, nodes)
            self.words(child.tail, place, run)

    def keep(self, element, reason, place, run, nodes):
        """The element as HTML: within its paragraph, or as a block of its own."""
        self.notes.add(f"Kept as HTML: <{element.tag}>, because {reason}.")
        source = source_of(element)
        if element.tag in INLINE_TAGS:
            run.append(("raw", source))
        else:
            self.flush(run, place, nodes)
            nodes.append(raw_node(source))

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
        if tag == _HOLE:
            self.flush(run, place, nodes)
            nodes += self.holes.get(element.get("n"), [])
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
        elif tag in ("abbr", "acronym") and element.get("title"):
            raise Unmappable("the words behind an abbreviation have no other place")
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
            run.append(("aside", source_of(element)))
        elif text:
            self.notes.left_out(f"a comment in the markup: “{text[:200]}”")

    def lose(self, element, name=None, known=()):
        """Tell which attributes of the element have no place here."""
        if name:
            self.notes.left_out(name)
        for attribute in element.attrib:
            if attribute not in QUIET and attribute not in known:
                self.notes.left_out(attribute)

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
                mark["attrs"]["title"] = title[:500]
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
        href = _SPACES.sub("%20", href)
        return href if is_safe_link(href) else None

    def inline(self, element, place):
        """(inline content, hoisted nodes) of an element that holds text only."""
        run, nodes = [], []
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
        tokens, run[:] = list(run), []
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

    # --- images and frames ----------------------------------------------------------

    def image_token(self, element, place):
        classes = classes_of(element)
        if {"wp-smiley", "emoji"} & classes and element.get("alt"):
            return ("text", element.get("alt"), place.marks)
        return ("node", self.image(element, place))

    def image(self, element, place, caption=None, align=""):
        known = {"src", "alt", "title", "width", "height", "align", "data-media"}
        self.lose(element, known=known)
        attrs = self.image_source(element)
        for name, longest in (("alt", 2_000), ("title", 500)):
            if value := (element.get(name) or "").strip():
                attrs[name] = value[:longest]
        for name in ("width", "height"):
            value = (element.get(name) or "").removesuffix("px")
            if value.isascii() and value.isdigit() and 0 < int(value) <= 20_000:
                attrs[name] = int(value)
        link = next((mark for mark in place.marks if mark["type"] == "link"), None)
        if link:
            attrs["href"] = link["attrs"]["href"]
        if align := align or image_align(element):
            attrs["align"] = align
        node = {"type": "image", "attrs": attrs}
        if caption:
            node["content"] = caption
        return node

    def image_source(self, element):
        own = (element.get("data-media") or "").strip()
        if own and fault_of_id(own) is None:
            return {"media": own}
        source = self.address(element.get("src"))
        if not source or not is_safe_source(source):
            raise Unmappable("its image has no address that may be shown")
        number = next(
            (
                name.removeprefix("wp-image-")
                for name in classes_of(element)
                if name.startswith("wp-image-")
            ),
            None,
        )
        found = self.media_for_url(source) or (number and self.media_for_id(number))
        return {"media": str(found)} if found else {"src": source}

    def frame(self, element):
        source = self.address(element.get("src"))
        if not source or not provider_of(source):
            raise Unmappable("its site is not on the list of embeds")
        self.notes.add("A frame of another site is now a link to it.")
        attrs = {"url": source}
        if title := (element.get("title") or "").strip():
            attrs["title"] = title[:500]
        return {"type": "embed", "attrs": attrs}

    # --- blocks ---------------------------------------------------------------------

    def flow(self, element, place, *, align=""):
        """Paragraphs and other blocks within an item, a cell, a quote or a callout."""
        run, nodes = [], []
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
        nodes, run = [], []
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
        nodes, run = [], []
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
                raise Unmappable(f"<{child.tag}> stands outside of its items")
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

    # --- figures ----------------------------------------------------------------------

    def figure(self, element, place):
        classes = classes_of(element)
        known = ("align", "data-ids", "data-columns", "data-source")
        self.lose(element, known=known)
        if "shortcode-gallery" in classes:
            return self.shortcode_gallery(element)
        if "wp-block-embed" in classes or "embed" in classes:
            return self.embed(element, place)
        images = list(element.iter("img"))
        if len(images) > 1 or classes & {"wp-block-gallery", "gallery"} and images:
            return self.gallery(element, place)
        caption = self.caption_of(element, place)
        if len(images) == 1 and is_nothing_else(element, {"img"}):
            align = image_align(element) or image_align(images[0])
            link = next(images[0].iterancestors("a"), None)
            marks = ()
            if link is not None and (href := self.address(link.get("href"))):
                marks = ({"type": "link", "attrs": {"href": href}},)
            return [self.image(images[0], Place(marks=marks), caption, align)]
        if (table := element.find(".//table")) is not None:
            if is_nothing_else(element, {"table"}):
                return self.table(table, place, caption)
        if (quote := element.find(".//blockquote")) is not None:
            if is_nothing_else(element, {"blockquote"}) and not caption:
                return self.quote(quote, place, pull=True)
        if (frame := element.find(".//iframe")) is not None:
            if is_nothing_else(element, {"iframe"}):
                node = self.frame(frame)
                return [node | ({"content": caption} if caption else {})]
        raise Unmappable("no block can say it")

    def caption_of(self, element, place):
        found = caption_element(element)
        return self.only_inline(found, place) if found is not None else []

    def gallery(self, element, place):
        outer = next((one for one in element if is_caption(one)), None)
        holders = {"figure", "li"}
        images = []
        for image in element.iter("img"):
            holder = next(
                (
                    one
                    for one in image.iterancestors()
                    if one is element or one.tag in holders
                ),
                element,
            )
            found = caption_element(holder) if holder is not element else None
            words = self.only_inline(found, place) if found is not None else []
            link = next(image.iterancestors("a"), None)
            marks = ()
            if link is not None and (href := self.address(link.get("href"))):
                marks = ({"type": "link", "attrs": {"href": href}},)
            images.append(self.image(image, Place(marks=marks), words))
        if not is_nothing_else(element, {"img"}):
            raise Unmappable("it has more than images and captions")
        node = {"type": "gallery", "content": images}
        for name in classes_of(element):
            number = name.removeprefix("columns-")
            if name != number and number.isdigit() and 1 <= int(number) <= 8:
                node["attrs"] = {"columns": int(number)}
        if outer is not None and (words := self.only_inline(outer, place)):
            node["content"] = [*images, {"type": "caption", "content": words}]
        return [node]

    def shortcode_gallery(self, element):
        numbers = re.findall(r"\d+", element.get("data-ids"))
        found = {number: self.media_for_id(number) for number in numbers}
        media = [str(pk) for pk in found.values() if pk]
        if not numbers and self.attached:
            media = [str(pk) for pk in self.attached()]
        if not media:
            self.notes.add(
                "The shortcode [gallery] stays as text: its images are unknown."
            )
            source = element.get("data-source")
            return [
                {"type": "paragraph", "content": [{"type": "text", "text": source}]}
            ]
        for number, pk in found.items():
            if not pk:
                self.notes.add(
                    f"A gallery is without its image {number}: it is unknown."
                )
        node = {
            "type": "gallery",
            "content": [{"type": "image", "attrs": {"media": pk}} for pk in media],
        }
        columns = element.get("data-columns")
        if columns.isdigit() and 1 <= int(columns) <= 8:
            node["attrs"] = {"columns": int(columns)}
        return [node]

    def embed(self, element, place):
        caption = self.caption_of(element, place)
        link = element.find(".//a[@href]")
        frame = element.find(".//iframe[@src]")
        title = ""
        if frame is not None:
            source = frame.get("src")
        elif link is not None:
            source, title = link.get("href"), link.text_content().strip()
        else:
            source = text_without_caption(element)
        source = self.address(source)
        if not source:
            raise Unmappable("its address is no link")
        if not provider_of(source):
            self.notes.add(
                "An embed is now a link: its site is not on the list of embeds."
            )
            words = {
                "type": "text",
                "text": title or source,
                "marks": [{"type": "link", "attrs": {"href": source}}],
            }
            found = [{"type": "paragraph", "content": [words]}]
            if caption:
                found.append({"type": "paragraph", "content": caption})
            return found
        node = {"type": "embed", "attrs": {"url": source}}
        if title and title != source:
            node["attrs"]["title"] = title[:500]
        if caption:
            node["content"] = caption
        return [node]


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


# --- Small questions about elements and tokens -----------------------------------------


def source_of(element):
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def classes_of(element):
    return set((element.get("class") or "").split())


def align_of(element):
    """How its text is aligned: by attribute, class or style."""
    given = (element.get("align") or "").lower()
    for name in classes_of(element):
        if name.startswith(("align-", "has-text-align-")):
            given = name.rpartition("-")[2]
    style = re.search(r"text-align\s*:\s*(\w+)", element.get("style") or "")
    given = style[1].lower() if style else given
    return given if given in ("left", "center", "right", "justify") else ""


def image_align(element):
    """Where an image stands: alignleft of WordPress, align-left of ours."""
    for name in classes_of(element):
        side = name.removeprefix("align").removeprefix("-")
        if name.startswith("align") and side in (
            "left",
            "center",
            "right",
            "wide",
            "full",
        ):
            return side
    given = (element.get("align") or "").lower()
    return {"middle": "center"}.get(given, given) if given in SIDES else ""


SIDES = ("left", "right", "center", "middle")


def language_of(pre):
    for element in [pre, *pre.iter("code")]:
        for name in classes_of(element):
            found = re.fullmatch(r"(?:language|lang)-([\w+#.\-]{1,40})", name)
            if found and found[1].isascii():
                return found[1].lower()
    return ""


def list_attrs(element):
    attrs = {}
    if re.fullmatch(r"-?\d{1,6}", start := element.get("start") or ""):
        attrs["start"] = int(start)
    if element.get("type") in ("a", "A", "i", "I"):
        attrs["style"] = element.get("type")
    if element.get("reversed") is not None:
        attrs["reversed"] = True
    return {"attrs": attrs} if attrs else {}


def last_element(element):
    """The last child, unless words follow it."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or (children[-1].tail or "").strip():
        return None
    return children[-1]


def citation_of(element):
    """(the last child of a quote, the element of it with the source's name)."""
    last = last_element(element)
    if last is None:
        return None, None
    if last.tag in ("p", "footer") and is_only_cite(last):
        return last, last[0]
    return (last, last) if last.tag in ("cite", "footer") else (None, None)


def is_only_cite(element):
    return (
        len(element) == 1
        and element[0].tag == "cite"
        and not (element.text or "").strip()
        and not (element[0].tail or "").strip()
    )


def caption_element(element):
    for found in element.iter("figcaption"):
        return found
    for found in element.iter("p", "dd"):
        if "wp-caption-text" in classes_of(found):
            return found
    return None


CAPTION_CLASSES = {"wp-caption-text", "blocks-gallery-caption"}


def is_caption(element):
    if not isinstance(element.tag, str):
        return False
    return element.tag == "figcaption" or bool(CAPTION_CLASSES & classes_of(element))


def is_nothing_else(element, wanted):
    """Whether an element holds what is wanted, captions and wrappers, no more."""
    if (element.text or "").strip():
        return False
    for child in element:
        if (child.tail or "").strip():
            return False
        if not isinstance(child.tag, str) or child.tag in wanted or is_caption(child):
            continue
        if child.tag not in (
            "a",
            "div",
            "figure",
            "ul",
            "li",
            "span",
            "p",
            "br",
            "dl",
            "dt",
        ):
            return False
        if not is_nothing_else(child, wanted):
            return False
    return True


def text_without_caption(element):
    words = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and not is_caption(child):
            words.append(text_without_caption(child))
        words.append(child.tail or "")
    return "".join(words).strip()


def add_mark(marks, mark):
    """Marks with one more; a second one of a kind replaces the first."""
    others = [one for one in marks if one["type"] != mark["type"]]
    return tuple(sorted([*others, mark], key=lambda one: ORDER.index(one["type"])))


def has_words(token):
    return token[0] == "text" and bool(token[1].strip(" \t\n\r\f"))


def inline_content(tokens):
    """Text and breaks as nodes: spaces folded, nothing loose at the edges."""
    found, is_soft = [], False
    for token in tokens:
        if token[0] == "text":
            text = _SPACES.sub(" ", token[1])
            if not found or found[-1]["type"] == "hardBreak" or found[-1]["text"].endswith(" "):
                text = text.lstrip(" ")
            if text:
                node = {"type": "text", "text": text}
                if token[2]:
                    node["marks"] = [dict(mark) for mark in token[2]]
                found.append(node)
            continue
        _trim(found)
        # A line break of the source is none beside a <br>.
        beside = bool(found) and found[-1]["type"] == "hardBreak"
        if found and not (beside and (token[0] == "newline" or is_soft)):
            found.append({"type": "hardBreak"})
            is_soft = token[0] == "newline"
        else:
            is_soft = False
    _trim(found)
    while found and found[-1]["type"] == "hardBreak":
        found.pop()
        _trim(found)
    return joined(found)


def _trim(found):
    """Take spaces off the end."""
    while found and found[-1]["type"] == "text":
        text = found[-1]["text"].rstrip(" ")
        if text:
            found[-1] = found[-1] | {"text": text}
            return
        found.pop()


def source_of_tokens(tokens):
    """A paragraph with foreign markup in it, as HTML."""
    page, parts = Page(), []
    for token in tokens:
        if token[0] in ("raw", "aside"):
            parts.append(token[1])
        elif token[0] == "node":
            parts.append(NODES[token[1]["type"]].html(token[1], page).strip())
        elif token[0] == "text":
            node = {"type": "text", "text": token[1], "marks": list(token[2])}
            parts.append(NODES["text"].html(node, page))
        else:
            parts.append("<br>")
    return f"<p>{''.join(parts).strip()}</p>"
