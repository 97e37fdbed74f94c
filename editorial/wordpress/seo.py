"""What SEO plugins keep beside a post: Yoast, and All in One SEO before it."""

import re

from editorial.blocks.links import is_safe_link
from editorial.wordpress.values import cut, plain

FIELDS = {
    # our column: where it can be, the first that is there wins
    "meta_title": ("_yoast_wpseo_title", "_aioseo_title", "_aioseop_title"),
    "meta_description": (
        "_yoast_wpseo_metadesc",
        "_aioseo_description",
        "_aioseop_description",
    ),
    "og_title": ("_yoast_wpseo_opengraph-title", "_aioseo_og_title"),
    "og_description": (
        "_yoast_wpseo_opengraph-description",
        "_aioseo_og_description",
    ),
}
LONGEST = {
    "meta_title": 160,
    "meta_description": 320,
    "og_title": 160,
    "og_description": 320,
}
KEYWORDS = (
    "_yoast_wpseo_focuskw",
    "_yoast_wpseo_metakeywords",
    "_aioseo_keywords",
    "_aioseop_keywords",
)
CANONICAL = ("_yoast_wpseo_canonical", "_aioseo_canonical_url", "_aioseop_custom_link")
_VARIABLE = re.compile(r"%%?[a-z_]+%%?|#[a-z_]+")


def seo_of(meta, *, title, site):
    """Columns of SearchAppearance."""
    found = {}
    for column, keys in FIELDS.items():
        text = next((meta[key] for key in keys if meta[key]), "")
        if text := filled(text, title, site):
            found[column] = cut(text, LONGEST[column])
    words = [
        cut(word, 100)
        for key in KEYWORDS
        for word in map(str.strip, plain(meta[key]).split(","))
        if word
    ]
    if words:
        found["meta_keywords"] = list(dict.fromkeys(words))[:50]
    address = next((meta[key] for key in CANONICAL if meta[key]), "")
    if address.startswith("http") and is_safe_link(address):
        found["canonical_url"] = address
    if meta["_yoast_wpseo_meta-robots-noindex"] == "1" or on(meta["_aioseop_noindex"]):
        found["no_index"] = True
    if meta["_yoast_wpseo_meta-robots-nofollow"] == "1" or on(
        meta["_aioseop_nofollow"]
    ):
        found["no_follow"] = True
    return found


def on(value):
    return value.lower() in ("on", "1", "true", "yes")


def filled(text, title, site):
    """A text with the variables that we know put in, and the others taken out."""
    known = {"title": title, "post_title": title, "sitename": site, "site_title": site}
    known |= {"sep": "-", "separator_sa": "-"}
    text = _VARIABLE.sub(lambda one: known.get(one[0].strip("%#"), ""), text)
    return re.sub(r"\s+", " ", plain(text)).strip(" -–|·")
