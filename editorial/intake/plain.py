"""Text without markup: paragraphs at blank lines, or Markdown where it looks so."""

import re

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt

from editorial.blocks.canonical import new_block
from editorial.blocks.embeds import provider_of
from editorial.blocks.links import is_safe_link
from editorial.intake.reader import paragraphs

LONGEST_MARKDOWN = 200_000
LOOKED_AT = 20_000
LONGEST_WITH_LINKS = 50_000
"""Characters, so that no text keeps the server busy for long."""

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|~~~|> \S|\|.+\|\s*$|\[[^\]]+\]: \S)"
    r"|\[[^\]\n]+\]\([^)\s]+\)|\*\*\S[^*\n]*\*\*|__\S[^_\n]*__",
    re.MULTILINE,
)
_LIST = re.compile(r"^(?:[-*+]|\d{1,3}[.)]) \S", re.MULTILINE)
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_links = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False})


def looks_like_markdown(text):
    """Marks that prose has no use for; a single dash begins no list."""
    start = text[:LOOKED_AT]
    return bool(_MARKDOWN.search(start)) or len(_LIST.findall(start)) > 1


def html_of(text):
    return _markdown.render(text)


def lone_address(text):
    """The address, where the text is nothing else."""
    text = text.strip()
    if _ADDRESS.fullmatch(text) and is_safe_link(text):
        return text
    return ""


def blocks_of_address(address, *, is_alone):
    """A card where it stands alone and the site is on the list; else a link."""
    if is_alone and provider_of(address):
        return [new_block({"type": "embed", "attrs": {"url": address}})]
    words = {"type": "text", "text": address, "marks": [_link(address)]}
    return [new_block({"type": "paragraph", "content": [words]})]


def blocks_of(text):
    return [new_block(linked(node)) for node in paragraphs(text)]


def linked(paragraph):
    """The same paragraph; addresses in it can be followed."""
    content = []
    for node in paragraph["content"]:
        text = node.get("text", "")
        if "://" not in text or len(text) > LONGEST_WITH_LINKS:
            content.append(node)
            continue
        done = 0
        for found in _links.match(text) or ():
            if not is_safe_link(found.url):
                continue
            if found.index > done:
                content.append({"type": "text", "text": text[done : found.index]})
            mark = _link(found.url)
            content.append({"type": "text", "text": found.text, "marks": [mark]})
            done = found.last_index
        if done < len(text):
            content.append({"type": "text", "text": text[done:]})
    return paragraph | {"content": content}


def _link(href):
    return {"type": "link", "attrs": {"href": href}}
