"""The body of an article: blocks, each type declared once.

A block is {"id": UUID, "type": "paragraph", "content": {…}}, where `content` is a
node as ProseMirror knows it, without the id. Each node is a class in one of the
modules here with its attributes, what it may hold, its plain text and its HTML.

Nothing here knows models: images come and go as ids, and what is known about them
is passed in.
"""

from django.core.exceptions import ValidationError

# Each module puts its nodes into the registry.
from editorial.blocks import (  # noqa: F401
    code,
    embeds,
    images,
    inline,
    lists,
    paragraphs,
    quotes,
    raw,
    tables,
)
from editorial.blocks.canonical import canonical, new_block, reuse_ids
from editorial.blocks.gutenberg import from_gutenberg
from editorial.blocks.images import refreshed
from editorial.blocks.nodes import BLOCKS, NODES, faults_of
from editorial.blocks.reading import from_html
from editorial.blocks.rendering import (
    RENDERER_VERSION,
    flat_text,
    media_ids,
    plain_text,
    render,
    to_html,
)

__all__ = [
    "BLOCKS",
    "NODES",
    "RENDERER_VERSION",
    "canonical",
    "flat_text",
    "from_gutenberg",
    "from_html",
    "media_ids",
    "new_block",
    "plain_text",
    "refreshed",
    "render",
    "reuse_ids",
    "to_html",
    "validate",
]


def validate(blocks) -> None:
    """Raise ValidationError that names each fault and its block, or return."""
    if faults := faults_of(blocks):
        raise ValidationError(faults)
