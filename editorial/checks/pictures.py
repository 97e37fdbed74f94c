"""Pictures: what they say to those who cannot see them, and who may use them."""

from django.utils.timezone import localdate

from editorial.checks.registry import WARN, declare, looks
from editorial.checks.texts import attrs_of

ALT = declare("alt-text", "Images are described", WARN)
LOST = declare("image-lost", "Images are there", WARN)
EXPIRED = declare("licence-expired", "Images may be used", WARN)
ENDING = declare("licence-ending", "Images may be used for a while", WARN)

SOON_DAYS = 30


def is_decorative(attrs, media):
    return bool(
        attrs.get("decorative")
        or attrs.get("is_decorative")
        or (media is not None and media.is_decorative)
    )


def uses(text):
    """(media or None, attributes of the use, where) for each picture of the text."""
    if text.snapshot["image"]:
        yield text.media.get(text.snapshot["image"]), {}, {"field": "featured_image"}
    for body, block, node in text.nodes():
        if node["type"] == "image":
            attrs = attrs_of(node)
            yield text.media.get(attrs.get("media")), attrs, body.where(block)


@looks
def descriptions(text):
    for media, attrs, where in uses(text):
        is_featured = "field" in where and not attrs
        name = "The featured image" if is_featured else "An image"
        if media is None and not attrs.get("src"):
            yield LOST.found(
                f"{name} is no longer in the library.",
                "Choose another one, or take it out.",
                **where,
            )
            continue
        told = attrs.get("alt") or (media is not None and media.alt_text)
        if told or is_decorative(attrs, media):
            continue
        if media is not None and media.file_type != media.FileType.IMAGE:
            continue
        which = f"{name} (“{media}”)" if media is not None else name
        yield ALT.found(
            f"{which} has no alternative text.",
            "Say what a reader who cannot see it needs to know, or mark it as "
            "decorative.",
            **where,
        )


@looks
def licences(text):
    social = text.seo.get("og_image_id")
    every = [(media, where) for media, _, where in uses(text) if media is not None]
    if social in text.media:
        every.append((text.media[social], {"field": "og_image"}))
    today = localdate()
    for media, where in every:
        end = media.licence_expires_on
        if end is None:
            continue
        day = f"{end.day} {end:%B %Y}"
        if end < today:
            yield EXPIRED.found(
                f"The licence of “{media}” ended on {day}.",
                "Choose another picture, or enter the new end in the library.",
                **where,
            )
        elif (end - today).days <= SOON_DAYS:
            yield ENDING.found(
                f"The licence of “{media}” ends on {day}.",
                "Renew it, or plan to take the picture out by then.",
                **where,
            )
