"""nh3 with our lists: for raw HTML blocks, and for every page as a second lock."""

import nh3

from editorial.blocks.links import SCHEMES, is_safe_link, is_safe_source

OURS = {
    "a", "aside", "blockquote", "br", "caption", "cite", "code", "div", "em",
    "figcaption", "figure", "footer", "h2", "h3", "h4", "hr", "img", "li", "ol", "p",
    "picture", "pre", "s", "source", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
RAW = OURS | {
    "abbr", "acronym", "address", "article", "audio", "b", "bdi", "bdo", "big",
    "center", "col", "colgroup", "dd", "del", "details", "dfn", "dl", "dt", "h5", "h6",
    "header", "i", "ins", "kbd", "mark", "q", "rp", "rt", "ruby", "samp", "section",
    "small", "strike", "summary", "tfoot", "time", "tt", "var", "video", "wbr",
}  # fmt: skip
"""What an editor may write by hand: nothing that runs, frames, sends or covers."""

RAW_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "acronym": {"title"},
    "audio": {"src", "controls", "preload", "loop"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "dfn": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "controls", "poster", "preload", "loop", "width", "height"},
}
OUR_ATTRIBUTES = {
    "aside": {"class"},
    "blockquote": {"class"},
    "code": {"class"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "figure": {"class"},
    "h2": {"class", "id"},
    "h3": {"class", "id"},
    "h4": {"class", "id"},
    "hr": {"class"},
    "img": {"class", "data-media", "srcset", "sizes", "loading", "decoding"},
    "p": {"class"},
    "source": {"srcset", "sizes"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
    "a": {"class"},
}


def _only_safe_addresses(tag, attribute, value):
    if attribute in ("href", "cite"):
        return value if is_safe_link(value) else None
    if attribute in ("src", "poster"):
        return value if is_safe_source(value) else None
    if attribute == "srcset":
        candidates = (one.strip().split(" ")[0] for one in value.split(","))
        return value if all(map(is_safe_source, candidates)) else None
    return value


def _joined(one, other):
    return {tag: one.get(tag, set()) | other.get(tag, set()) for tag in one | other}


_RAW = nh3.Cleaner(
    tags=RAW,
    attributes=RAW_ATTRIBUTES,
    attribute_filter=_only_safe_addresses,
    url_schemes=set(SCHEMES),
    set_tag_attribute_values={"img": {"loading": "lazy"}},
)
_PAGE = nh3.Cleaner(
    tags=RAW,
    attributes=_joined(RAW_ATTRIBUTES, OUR_ATTRIBUTES),
    attribute_filter=_only_safe_addresses,
    url_schemes=set(SCHEMES),
)


def clean_raw(html):
    """A raw HTML block as readers get it: no class, id or style, so no disguise."""
    return _RAW.clean(html)


def clean_page(html):
    """The second lock: rendered blocks, cleaned as if we did not trust them."""
    return _PAGE.clean(html)
