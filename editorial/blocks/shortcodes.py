"""WordPress shortcodes: three are turned into HTML, the others stay text."""

import re
from html import escape

# Every repetition is bounded and gives nothing back: the time stays linear.
_START = re.compile(
    r"<(?P<verbatim>pre|code|script|style|textarea)\b|(?P<comment><!--)"
    r"|(?<!\[)\[(?P<name>caption|wp_caption|gallery|embed)\b"
    r"(?P<attrs>(?:[^\[\]\"']{1,500}+|\"[^\"]{0,3000}+\"|'[^']{0,3000}+'){0,40}+)\]",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
_IMAGE = re.compile(
    r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)(.*)", re.IGNORECASE | re.DOTALL
)
_OTHER = re.compile(
    r"(?<!\[)\[([a-z][a-z0-9_-]{2,40})((?:\s+[\w-]+\s*=[^\]]{0,500}+)?)\s*/?\]"
)
WELL_KNOWN = {"audio", "video", "playlist", "gallery", "caption", "embed"}


def attributes_of(text):
    return {
        name.lower(): double or single or bare
        for name, double, single, bare in _ATTRIBUTE.findall(text or "")
    }


def expand(html):
    """`html` with [caption], [gallery] and [embed] as elements the reader knows."""
    lower = html.lower()
    if not any(
        f"[{name}" in lower for name in ("caption", "wp_cap", "gallery", "embed")
    ):
        return html
    parts, done, at, endless = [], 0, 0, set()
    while found := _START.search(html, at):
        end, made = _one(html, lower, found, endless)
        at = max(end, found.end())
        if made is not None:
            parts += [html[done : found.start()], made]
            done = at
    return "".join([*parts, html[done:]])


def _one(html, lower, found, endless):
    """(where it ends, the HTML in its place or None to leave it)."""
    if found["comment"] or found["verbatim"]:
        closing = "-->" if found["comment"] else f"</{found['verbatim'].lower()}"
        return _after(lower, closing, found.end(), endless), None
    name = found["name"].lower()
    attrs = attributes_of(found["attrs"])
    if name == "gallery":
        return found.end(), _gallery(attrs, found[0])
    closing = f"[/{name}]"
    end = _after(lower, closing, found.end(), endless)
    if end == found.end():
        return end, None
    inner = html[found.end() : end - len(closing)]
    return end, _embed(inner) if name == "embed" else _caption(attrs, inner)


def _after(lower, closing, start, endless):
    """Where `closing` ends, or `start`. What has no end is looked for only once."""
    if closing in endless:
        return start
    place = lower.find(closing, start)
    if place < 0:
        endless.add(closing)
        return start
    return place + len(closing)


def _caption(attrs, inner):
    image = _IMAGE.fullmatch(inner)
    if not image:
        return None
    words = attrs.get("caption") or image[2].strip()
    align = escape(attrs.get("align", ""))
    return (
        f'<figure class="wp-caption {align}">{image[1]}'
        f"<figcaption>{words}</figcaption></figure>"
    )


def _gallery(attrs, source):
    ids = attrs.get("ids") or attrs.get("include") or ""
    return (
        f'<figure class="shortcode-gallery" data-ids="{escape(ids)}" '
        f'data-columns="{escape(attrs.get("columns", ""))}" '
        f'data-source="{escape(source)}"></figure>'
    )


def _embed(inner):
    return f'<figure class="wp-block-embed">{inner.strip()}</figure>'


def names_in(text):
    """Names of the shortcodes that stand in a text."""
    return {
        name
        for name, attrs in _OTHER.findall(text)
        if attrs.strip() or name in WELL_KNOWN or f"[/{name}]" in text
    }
