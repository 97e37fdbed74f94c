"""What readers, search engines and other sites are told about it."""

from editorial import blocks
from editorial.checks.registry import ADVICE, WARN, declare, looks

INCOMPLETE = declare("incomplete", "Nothing is missing", WARN)
SUMMARY = declare("excerpt", "It has a standfirst", ADVICE)
IMAGE = declare("featured-image", "It has a featured image", ADVICE)
LENGTH = declare("search-length", "Search results show all of it", ADVICE)
HIDDEN = declare("search-hidden", "Search engines may find it", ADVICE)

TITLE_FITS = 60
"""Characters of a title that search engines show before they cut it."""
DESCRIPTION_FITS = (70, 160)
SOCIAL_TITLE_FITS = 70
SOCIAL_DESCRIPTION_FITS = 200


@looks
def completeness(text):
    if not text.title.strip():
        yield INCOMPLETE.found("It has no title.", "Give it one.", field="title")
    if not text.snapshot["category"]:
        yield INCOMPLETE.found(
            "It is in no category.",
            "Choose one: readers find it there.",
            field="category",
        )
    bodies = [body for body in text.bodies if not body.field]
    if not any(
        blocks.plain_text(body.blocks).strip() or blocks.media_ids(body.blocks)
        for body in bodies
    ):
        if "blocks" in text.snapshot:
            yield INCOMPLETE.found("The body is empty.", "Write it.", field="body")
        elif not any(_has_video(text)):
            yield INCOMPLETE.found(
                "No lesson has a body.", "Write at least one.", field="sections"
            )


def _has_video(text):
    for section in text.snapshot["sections"]:
        for lesson in section["lessons"]:
            yield bool(lesson["video"])


@looks
def filing(text):
    is_page = text.snapshot.get("kind") == "page"
    if not text.summary.strip() and not is_page:
        what = "standfirst" if text.summary_field == "excerpt" else "description"
        yield SUMMARY.found(
            f"It has no {what}.",
            "Write one or two sentences: lists, feeds and search show them.",
            field=text.summary_field,
        )
    if not text.snapshot["image"] and not is_page:
        yield IMAGE.found(
            "It has no featured image.",
            "Choose one: cards and social networks show it.",
            field="featured_image",
        )


@looks
def lengths(text):
    seo = text.seo
    if seo.get("no_index"):
        yield HIDDEN.found(
            "It is hidden from search engines.",
            "Leave it so only on purpose.",
            field="no_index",
        )
        return
    given = seo.get("meta_title") or ""
    title = given or text.title
    if len(title) > TITLE_FITS:
        yield LENGTH.found(
            f"Search results cut the title after about {TITLE_FITS} characters; it "
            f"has {len(title)}.",
            "Shorten the search title." if given else "Write a shorter search title.",
            field="meta_title",
        )
    description = seo.get("meta_description") or text.summary
    shortest, longest = DESCRIPTION_FITS
    if not description.strip():
        yield LENGTH.found(
            "It has no description for search results.",
            "Write one: otherwise they show whatever words they find.",
            field="meta_description",
        )
    elif len(description) > longest:
        yield LENGTH.found(
            f"Search results cut the description after about {longest} characters; "
            f"it has {len(description)}.",
            "Say the most important things first.",
            field="meta_description",
        )
    elif len(description) < shortest:
        yield LENGTH.found(
            f"The description for search results is short: {len(description)} "
            "characters.",
            f"There is room for {longest}.",
            field="meta_description",
        )
