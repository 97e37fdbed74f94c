"""A text as somebody has it open, before it is saved: for checks and previews only.

Nothing of it is written. What cannot be read is left as it is kept, and said.
"""

import uuid

from django.core.exceptions import ValidationError
from django.utils.text import slugify

from editorial import blocks
from editorial.models import Category, Media, Tag

TEXTS = ("title", "excerpt", "description")
SEO_TEXTS = (
    "meta_title",
    "meta_description",
    "og_title",
    "og_description",
    "canonical_url",
)
LONGEST = 100_000
"""Characters that are looked at, of a field without a limit of its own."""
SEO_FLAGS = ("no_index", "no_follow")
MOST_TAGS = 100


def snapshot_of(item, fields, body=None):
    """(the snapshot with what was posted in it, sentences about what was not read)."""
    snapshot, faults = item.snapshot(), []
    _texts(snapshot, item, fields)
    if isinstance(fields.get("slug"), str):
        written = slugify(fields["slug"], allow_unicode=True)[:480]
        made = slugify(snapshot["title"], allow_unicode=True)[:480]
        snapshot["slug"] = written or snapshot["slug"] or made
    _relations(snapshot, fields)
    snapshot["seo"] = _seo(snapshot["seo"], item, fields)
    if "blocks" in snapshot:
        faults = _body(snapshot, body)
    return snapshot, faults


def snapshot_around(lesson, fields, body=None):
    """The same of a lesson that is open: its course, with what was posted in it."""
    snapshot, faults = lesson.course.snapshot(), []
    for section in snapshot["sections"]:
        for one in section["lessons"]:
            if one["id"] == str(lesson.pk):
                _texts(one, lesson, fields)
                faults = _body(one, body)
    return snapshot, faults


def _texts(snapshot, row, fields):
    for name in TEXTS:
        if name in snapshot and isinstance(fields.get(name), str):
            snapshot[name] = _plain(row, name, fields[name])


def _body(snapshot, body):
    """Put the blocks in, where they are any; sentences about what they are not."""
    if body is None:
        return []
    try:
        blocks.validate(body)
    except ValidationError as problem:
        return problem.messages
    snapshot["blocks"] = blocks.canonical(body)
    return []


def _plain(row, name, words):
    """Storable: PostgreSQL keeps neither NUL nor half an emoji."""
    clean = words.replace("\x00", "").encode("utf-8", "ignore").decode()
    return clean[: row._meta.get_field(name).max_length or LONGEST]


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


def _seo(kept, item, fields):
    seo = dict(kept)
    for name in SEO_TEXTS:
        if isinstance(fields.get(name), str):
            seo[name] = _plain(item, name, fields[name].strip())
    if not seo.get("canonical_url", "").startswith(("https://", "http://")):
        seo.pop("canonical_url", None)
    for name in SEO_FLAGS:
        if name in fields:
            seo[name] = fields[name] is True
    if "og_image" in fields:
        found = _known(Media, [fields["og_image"]])
        seo["og_image_id"] = found[0] if found else None
    return {name: value for name, value in seo.items() if value}
