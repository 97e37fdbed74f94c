"""A text as somebody has it open, before it is saved: for checks and previews only.

Nothing of it is written. What cannot be read is left as it is kept, and said.
"""

import uuid

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from editorial import blocks
from editorial.models import Category, Media, Tag

TEXTS = {
    # name: the longest it may be
    "title": 500,
    "excerpt": 10_000,
    "description": 100_000,
}
SEO_TEXTS = {
    "meta_title": 160,
    "meta_description": 320,
    "og_title": 160,
    "og_description": 320,
    "canonical_url": 2000,
}
SEO_FLAGS = ("no_index", "no_follow")
MOST_TAGS = 100


def snapshot_of(item, fields, body=None):
    """(the snapshot with what was posted in it, sentences about what was not read)."""
    snapshot, faults = item.snapshot(), []
    for name, longest in TEXTS.items():
        if name in snapshot and isinstance(fields.get(name), str):
            snapshot[name] = _plain(fields[name], longest)
    if isinstance(fields.get("slug"), str):
        written = slugify(fields["slug"], allow_unicode=True)[:480]
        made = slugify(snapshot["title"], allow_unicode=True)[:480]
        snapshot["slug"] = written or snapshot["slug"] or made
    _relations(snapshot, fields)
    snapshot["seo"] = _seo(snapshot["seo"], fields)
    if body is not None and "blocks" in snapshot:
        try:
            blocks.validate(body)
        except ValidationError as problem:
            faults += problem.messages
        else:
            snapshot["blocks"] = blocks.canonical(body)
    return snapshot, faults


def _plain(words, longest):
    """Storable: PostgreSQL keeps neither NUL nor half an emoji."""
    clean = words.replace("\x00", "").encode("utf-8", "ignore").decode()
    return clean[:longest]


def _relations(snapshot, fields):
    if "category" in fields:
        found = _known(Category, [fields["category"]])
        snapshot["category"] = found[0] if found else None
    if "featured_image" in fields:
        found = _known(Media, [fields["featured_image"]])
        snapshot["image"] = found[0] if found else None
    if isinstance(fields.get("tags"), list):
        snapshot["tags"] = _known(Tag, fields["tags"][:MOST_TAGS])


def _known(model, values):
    """The ids among the values that there are, in their order."""
    ids = []
    for value in values:
        try:
            ids.append(uuid.UUID(str(value)))
        except ValueError:
            continue
    there = set(model.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [str(pk) for pk in ids if pk in there]


def _seo(kept, fields):
    seo = dict(kept)
    for name, longest in SEO_TEXTS.items():
        if isinstance(fields.get(name), str):
            seo[name] = _plain(fields[name].strip(), longest)
    if not seo.get("canonical_url", "").startswith(("https://", "http://")):
        seo.pop("canonical_url", None)
    for name in SEO_FLAGS:
        if name in fields:
            seo[name] = fields[name] is True
    if "og_image" in fields:
        found = _known(Media, [fields["og_image"]])
        seo["og_image_id"] = found[0] if found else None
    return {name: value for name, value in seo.items() if value}
