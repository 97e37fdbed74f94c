"""Images and galleries."""

import re
from html import escape, unescape

from editorial.blocks.attributes import (
    ID,
    LINK,
    SOURCE,
    YES_OR_NO,
    one_of,
    text,
    whole,
)
from editorial.blocks.inline import Inline
from editorial.blocks.links import is_safe_source
from editorial.blocks.nodes import Node, attrs_of, declare, html_of

COLUMN = (("45rem", 41, "rem"), ("", 92, "vw"))
WIDE = (("64rem", 60, "rem"), *COLUMN)
BESIDE = (("45rem", 18.5, "rem"), ("40rem", 42, "vw"), ("", 92, "vw"))
PAIR = (("45rem", 20.5, "rem"), ("", 46, "vw"))
THIRD = (
    ("64rem", 20, "rem"),
    ("45rem", 13.5, "rem"),
    ("40rem", 30, "vw"),
    ("", 46, "vw"),
)
FOURTH = (
    ("64rem", 15, "rem"),
    ("45rem", 10, "rem"),
    ("40rem", 23, "vw"),
    ("", 46, "vw"),
)
"""From which width of the window on an image is shown how wide: `.prose` of site.css.
The browser picks the variant by it; a journey compares the two."""


def sizes_in(classes, image):
    """`sizes` of an image inside figures with these classes."""
    width, height = image.get("width"), image.get("height")
    shape = width / height if width and height else 1
    columns = next((one for one in classes if one.startswith("columns-")), "")
    if "gallery" in classes and columns != "columns-1":
        if columns == "columns-2":
            return _sizes(PAIR, shape / 1.5)
        narrow = columns in ("columns-4", "columns-8")
        return _sizes(FOURTH if narrow else THIRD, shape)
    if {"align-wide", "align-full"} & classes:
        return _sizes(WIDE)
    if {"align-left", "align-right"} & classes:
        return _sizes(BESIDE)
    return _sizes(COLUMN)


def _sizes(steps, cut=1):
    """`cut`: how much wider the image is than the shape that it is cut to."""
    cut = max(1, cut)
    return ", ".join(
        f"{f'(min-width: {least}) ' if least else ''}{round(size * cut, 1):g}{unit}"
        for least, size, unit in steps
    )


@declare
class Image(Inline):
    """An image of the media library, by its id; `src` where it is not in there.

    What stands in it is the caption. Alternative text, credit and whether it only
    decorates are those of this use; without them, the library's words count.
    """

    name = block = "image"
    attributes = {
        "media": ID,
        "src": SOURCE,
        "alt": text(2_000),
        "decorative": YES_OR_NO,
        "credit": text(500),
        "title": text(500),
        "href": LINK,
        "align": one_of("left", "center", "right", "wide", "full"),
        "width": whole(1, 20_000),
        "height": whole(1, 20_000),
    }

    def check(self, node, checking, depth, marks):
        super().check(node, checking, depth, marks)
        attrs = node.get("attrs")
        if not isinstance(attrs, dict) or not (attrs.get("media") or attrs.get("src")):
            checking.fault("no image is chosen")

    def html(self, node, page):
        attrs = attrs_of(node)
        shown = page.picture(attrs)
        if attrs.get("href"):
            href = escape(attrs["href"])
            shown = f'<a href="{href}" rel="noopener noreferrer">{shown}</a>'
        align = f" align-{attrs['align']}" if attrs.get("align") else ""
        caption = self.inner(node, page)
        if attrs.get("credit") and not page.editing:
            credit = page.escape_text(attrs["credit"])
            caption += f' <span class="credit">{credit}</span>'
        if caption:
            caption = f"<figcaption>{caption.strip()}</figcaption>"
        return f'<figure class="image{align}">{shown}{caption}</figure>\n'


@declare
class Gallery(Node):
    name = block = "gallery"
    attributes = {"columns": whole(1, 8)}
    holds = ("image",)
    least = 1
    last = "caption"

    def html(self, node, page):
        columns = attrs_of(node).get("columns") or (None if page.editing else 3)
        columns = f" columns-{columns}" if columns else ""
        inner = html_of(node["content"], page)
        return f'<figure class="gallery{columns}">\n{inner}</figure>\n'


MARKED = re.compile(
    r'(?:<picture>(?:<source\b(?:[^>"]|"[^"]*")*>)*)?'
    r'<img\b(?:[^>"]|"[^"]*")*?\sdata-media="([0-9a-f-]{36})"(?:[^>"]|"[^"]*")*>'
    r"(?:</picture>)?"
)
_PLACED = re.compile(MARKED.pattern + r'|<figure(?: class="([^"]*)")?[^>]*>|</figure>')
_WORDS = re.compile(r'\s(alt|title)="([^"]*)"')


def refreshed(html, media):
    """Rendered HTML with each image of the library as it is made now.

    `media` is {id: what the library says}. Sizes, formats and addresses are of the
    moment, the words beside them are those of the text. An image that is not in
    `media`, and one rendered before images were marked, stay as they are.
    """

    figures = []

    def anew(match):
        if match[0].startswith("<figure"):
            figures.append(set((match[2] or "").split()))
            return match[0]
        if match[0] == "</figure>":
            del figures[-1:]
            return match[0]
        found = media.get(match[1])
        if found is None:
            return match[0]
        words = {name: unescape(said) for name, said in _WORDS.findall(match[0])}
        attrs = {"media": match[1], "title": words.get("title")}
        sizes = sizes_in(set().union(*figures), found)
        return picture(attrs, found, alt=words.get("alt", ""), sizes=sizes)

    return _PLACED.sub(anew, html) if "data-media" in html else html


def marked_in(html):
    """Ids of the media that `refreshed` could make anew."""
    return {match[1] for match in MARKED.finditer(html)}


def picture(attrs, found, alt=None, sizes=""):
    """<img>, in a <picture> when there are variants of better formats.

    `found` is what the media library says, or None: the image is elsewhere, or gone.
    `alt` is what is read out, where that is settled already; `sizes` how wide the page
    shows it, where it is not the width of the text.
    """
    sizes = sizes or _sizes(COLUMN)
    source = (found or {}).get("url") or attrs.get("src") or ""
    if alt is None:
        alt = attrs.get("alt") or (found or {}).get("alt") or ""
    if attrs.get("decorative"):
        alt = ""
    if not is_safe_source(source):
        return f'<span class="image-missing">{escape(alt)}</span>'
    variants = _sources((found or {}).get("variants") or [])
    plain = variants.pop("", "")
    given = f'src="{escape(source)}" alt="{escape(alt)}"'
    given += plain and f' srcset="{plain}" sizes="{sizes}"'
    for side in ("width", "height"):
        size = (found or {}).get(side) if found else attrs.get(side)
        if isinstance(size, int):
            given += f' {side}="{size}"'
    if focal := focal_class((found or {}).get("focal")):
        given += f' class="{focal}"'
    if found and attrs.get("media"):
        # By this mark the picture is made anew when the library has a better one.
        given += f' data-media="{escape(attrs["media"])}"'
    if attrs.get("title"):
        given += f' title="{escape(attrs["title"])}"'
    image = f'<img {given} loading="lazy" decoding="async">'
    if not variants:
        return image
    better = "".join(
        f'<source type="{escape(kind)}" srcset="{sources}" sizes="{sizes}">'
        for kind, sources in variants.items()
    )
    return f"<picture>{better}{image}</picture>"


def focal_class(focal):
    """Where a picture is looked at when it is cut to a shape: tenths, as classes."""
    if not focal:
        return ""
    x, y = (min(10, max(0, round(10 * part))) for part in focal)
    return f"focal-x-{x} focal-y-{y}"


BETTER = ("image/avif", "image/webp")


def _sources(variants):
    """{type, or "" for what every browser shows: srcset}, the best format first."""
    found = {}
    for one in variants:
        address, width = str(one.get("url", "")), one.get("width")
        # A comma or space would end the candidate within the srcset.
        if not is_safe_source(address) or "," in address or not isinstance(width, int):
            continue
        kind = one.get("type") if one.get("type") in BETTER else ""
        found.setdefault(kind, []).append(f"{escape(address)} {width}w")
    return {kind: ", ".join(found[kind]) for kind in (*BETTER, "") if kind in found}
