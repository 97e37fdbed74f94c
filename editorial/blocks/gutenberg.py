"""From the block editor of WordPress: `<!-- wp:name {…} -->` around plain HTML.

The comments name the blocks and nest; the HTML between them is read as everywhere
else. What WordPress would only make when the page is shown (latest posts, a search
field) is kept as HTML, word for word, and shows nothing.
"""

import json
import re
from dataclasses import dataclass, field

from editorial.blocks.canonical import new_block
from editorial.blocks.embeds import provider_of
from editorial.blocks.notes import Notes
from editorial.blocks.reading import Reader, raw_node

_DELIMITER = re.compile(
    r"\s+(?P<closing>/)?wp:(?P<name>[a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)"
    r"(?:\s+(?P<attrs>\{.*\}))?\s*(?P<alone>/)?",
    re.DOTALL,
)

INLINED = {"list", "list-item", "quote", "pullquote", "gallery", "buttons", "button"}
"""Blocks that are read together with the blocks in them."""
LAYOUT = {
    "group", "columns", "column", "cover", "media-text", "row", "stack",
}  # fmt: skip
PLAIN = INLINED | {
    "paragraph", "heading", "code", "preformatted", "verse", "image", "table",
    "separator", "audio", "video", "file", "details", "footnotes",
}  # fmt: skip
SAID_BY_MARKUP = {
    "align", "textAlign", "level", "ordered", "id", "ids", "sizeSlug", "className",
    "linkDestination", "linkTo", "columns", "hasFixedLayout", "width", "height", "url",
    "alt", "type", "start", "reversed", "mediaId", "mediaType", "mediaLink", "caption",
    "href", "src", "images", "imageCrop", "providerNameSlug", "responsive", "fileId",
    "language", "text", "layout", "tagName", "isLink", "opacity", "metadata",
    "displayPreview", "previewHeight", "content", "citation", "value", "lightbox",
    "scale", "aspectRatio", "isStackedOnMobile", "placeholder", "shortName", "values",
    "showDownloadButton", "textLinkHref", "anchor", "verticalAlignment",
}  # fmt: skip
"""Settings that the block's HTML repeats, or that are of the layout only."""


@dataclass
class Piece:
    name: str
    attrs: dict
    start: int
    parts: list = field(default_factory=list)
    """HTML and further pieces, in order."""
    end: int = 0
    is_alone: bool = False


def from_gutenberg(content, media_for_url=None, *, media_for_id=None, attached=None):
    """(blocks, notes) of a post that was written in the block editor."""
    writer = _Writer(content, Notes(), (media_for_url, media_for_id, attached))
    nodes = writer.nodes_of(writer.pieces())
    return [new_block(node) for node in nodes], writer.notes.sentences()


class _Writer:
    def __init__(self, content, notes, media):
        self.source = (content or "").replace("\r\n", "\n")
        self.notes = notes
        self.media = media

    def reader(self, *, autop=False):
        for_url, for_id, attached = self.media
        return Reader(
            media_for_url=for_url,
            media_for_id=for_id,
            attached=attached,
            autop=autop,
            notes=self.notes,
        )

    # --- the delimiters ------------------------------------------------------------

    def pieces(self):
        """The source as a list of HTML and pieces."""
        root = Piece("", {}, 0)
        stack, done, at = [root], 0, 0
        while (start := self.source.find("<!--", at)) >= 0:
            end = self.source.find("-->", start)
            if end < 0:
                break
            at = end + 3
            found = _DELIMITER.fullmatch(self.source, start + 4, end)
            if not found:
                continue
            stack[-1].parts.append(self.source[done:start])
            done = at
            self._take(found, start, at, stack)
        stack[-1].parts.append(self.source[done:])
        for piece in stack[1:]:
            self.notes.add(
                f"The block “{piece.name}” had no end; it ends with the text."
            )
            piece.end = len(self.source)
        return root.parts

    def _take(self, found, start, end, stack):
        name = found["name"].removeprefix("core/")
        if found["closing"]:
            if name not in [piece.name for piece in stack[1:]]:
                self.notes.add(f"The end of a block “{name}” that had no beginning.")
                return
            while True:
                piece = stack.pop()
                piece.end = end
                if piece.name == name:
                    return
                self.notes.add(f"The block “{piece.name}” had no end of its own.")
        piece = Piece(name, self._attrs(found), start, end=end)
        stack[-1].parts.append(piece)
        if found["alone"]:
            piece.is_alone = True
        elif len(stack) < 100:
            stack.append(piece)

    def _attrs(self, found):
        try:
            attrs = json.loads(found["attrs"] or "{}")
        except (ValueError, RecursionError):
            self.notes.add(
                f"The settings of a block “{found['name']}” were unreadable."
            )
            return {}
        return attrs if isinstance(attrs, dict) else {}

    def verbatim(self, piece):
        return self.source[piece.start : piece.end]

    # --- blocks -----------------------------------------------------------------------

    def nodes_of(self, parts):
        nodes = []
        for part in parts:
            if isinstance(part, str):
                # Between blocks stands what the classic editor wrote.
                nodes += self.reader(autop=True).document(part)
            else:
                nodes += self.nodes_of_piece(part)
        return nodes

    def nodes_of_piece(self, piece):
        name = piece.name
        if name in ("more", "nextpage"):
            return self.marker(piece)
        if name == "html":
            return self.keep(piece, self.flat(piece), "it was HTML before")
        if name in ("shortcode", "freeform", "classic"):
            return self.reader(autop=True).document(self.flat(piece))
        if name == "spacer":
            self.notes.left_out("a spacer")
            return []
        if name == "embed" or name.startswith(("core-embed/", "embed/")):
            return self.embed(piece)
        if piece.is_alone:
            reason = "WordPress makes its content when it is shown"
            return self.keep(piece, self.verbatim(piece), reason)
        self.tell_settings(piece)
        if name in INLINED:
            return self.reader().document(self.flat(piece))
        if name in LAYOUT:
            self.notes.add(f"The layout “{name}” is now one column.")
        elif name not in PLAIN:
            self.notes.add(f"The block “{name}” was read as plain HTML.")
        return self.filled(piece)

    def marker(self, piece):
        if words := piece.attrs.get("customText"):
            self.notes.left_out(f"the words “{str(words)[:200]}” of a more link")
        kind = "more" if piece.name == "more" else "page"
        return [{"type": "horizontalRule", "attrs": {"kind": kind}}]

    def keep(self, piece, source, reason):
        self.notes.add(f"Kept as HTML: the block “{piece.name}”, because {reason}.")
        return [raw_node(source.strip())] if source.strip() else []

    def embed(self, piece):
        inner = self.flat(piece)
        url = str(piece.attrs.get("url") or "").strip()
        if not inner.strip() and provider_of(url):
            inner = f'<figure class="wp-block-embed">{url}</figure>'
        return self.reader().document(inner) or self.keep(
            piece, self.verbatim(piece), "its address is missing"
        )

    def filled(self, piece):
        """Its own HTML, with the blocks in it put in their places."""
        reader, html = self.reader(), []
        for part in piece.parts:
            if isinstance(part, str):
                html.append(part)
                continue
            number = str(len(reader.holes))
            reader.holes[number] = self.nodes_of_piece(part), self.verbatim(part)
            html.append(f'<masthead-block n="{number}"></masthead-block>')
        return reader.document("".join(html))

    def flat(self, piece):
        """All HTML in it, without the comments of WordPress."""
        html = []
        for part in piece.parts:
            if isinstance(part, str):
                html.append(part)
                continue
            if part.is_alone:
                self.notes.left_out(f"the block “{part.name}”")
            self.tell_settings(part)
            html.append(self.flat(part))
        return "".join(html)

    def tell_settings(self, piece):
        for key in piece.attrs.keys() - SAID_BY_MARKUP:
            self.notes.left_out(f"the setting {key}")
