"""The same HTML as `render` makes, with the id of its block on each outermost element.

For previews, where a click leads to the block; readers' pages have no such ids.
"""

import re
from html import escape

from editorial.blocks.nodes import html_of
from editorial.blocks.rendering import Page
from editorial.blocks.sanitising import clean_page

_OPENS = re.compile(r"\s*<([a-z][a-z0-9]*)(?=[\s>])")


def render_marked(blocks, media=None) -> str:
    page = Page(media)
    return "".join(_marked(block, page) for block in blocks)


def _marked(block, page):
    html = clean_page(html_of([block["content"]], page))
    mark = f' data-block-id="{escape(str(block["id"]))}"'
    found = _OPENS.match(html)
    if found is None or block["type"] == "html":
        # Raw HTML may be words, or several elements.
        return f"<div{mark}>{html}</div>\n" if html.strip() else ""
    return html[: found.end(1)] + mark + html[found.end(1) :]
