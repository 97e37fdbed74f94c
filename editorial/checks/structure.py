"""Headings, tables and embeds: what the text is for those who only hear it."""

from editorial.blocks.embeds import provider_of
from editorial.checks.registry import ADVICE, WARN, declare, looks
from editorial.checks.texts import attrs_of, below, shown, words_of

EMPTY = declare("heading-empty", "Headings have words", WARN)
SKIPPED = declare("heading-skipped", "Headings skip no level", WARN)
TABLE = declare("table-header", "Tables have header cells", WARN)
EMBED = declare("embed-title", "Embeds say what they are", ADVICE)
STRANGE_EMBED = declare("embed-unknown", "Embeds are of sites on the list", WARN)


@looks
def headings(text):
    for body in text.bodies:
        before = 1  # the title
        for block in body.blocks:
            for node in below(block["content"]):
                if node["type"] != "heading":
                    continue
                level = attrs_of(node)["level"]
                if not words_of(node):
                    yield EMPTY.found(
                        "A heading is empty.",
                        "Write it, or delete it.",
                        **body.where(block),
                    )
                    continue
                if level > before + 1:
                    after = "the title" if before == 1 else f"level {before}"
                    yield SKIPPED.found(
                        f"The heading {shown(words_of(node))} is of level {level} and "
                        f"follows {after}.",
                        f"Make it level {before + 1}: who listens to a page moves "
                        "through it by its headings.",
                        **body.where(block),
                    )
                before = level


@looks
def tables(text):
    for body, block, node in text.nodes():
        if node["type"] != "table":
            continue
        rows = [row for row in node.get("content", []) if row["type"] == "tableRow"]
        cells = [cell for row in rows for cell in row["content"]]
        if len(rows) > 1 and not any(cell["type"] == "tableHeader" for cell in cells):
            yield TABLE.found(
                f"A table has no header cells. It begins with {shown(words_of(node))}",
                "Make its first row or first column a header.",
                **body.where(block),
            )


@looks
def embeds(text):
    for body, block, node in text.nodes():
        if node["type"] != "embed":
            continue
        provider = provider_of(attrs_of(node)["url"])
        if provider is None:
            yield STRANGE_EMBED.found(
                "An embed is of a site that is not on the list.",
                "Make it a link.",
                **body.where(block),
            )
        elif not attrs_of(node).get("title") and not words_of(node):
            yield EMBED.found(
                f"The embed from {provider} does not say what it shows.",
                "Give it a title or a caption.",
                **body.where(block),
            )
