"""A working copy as readers would see it: printed by what prints the real page.

The content goes through the projection and into the reader's own templates, so that
a preview cannot say anything else than the page will.
"""

import json
from copy import copy

from django.template.loader import get_template
from django.utils import timezone

from editorial import blocks
from editorial.blocks.marking import render_marked
from editorial.models import ItemKind, Version
from editorial.models.articles import images
from publishing.models import PublishedCourse
from publishing.projection import project
from publishing.truth import Truth, related_of
from publishing.views import articles, courses
from publishing.views.page import SITE, absolute

TEMPLATES = {
    "post": "publishing/drafts/article.html",
    "page": "publishing/drafts/page.html",
    "course": "publishing/drafts/course.html",
}


def printed(item, snapshot, *, rendered=None):
    """The public rows that this content would become, the item's own first."""
    return project(truth_with(item, snapshot, rendered=rendered))


def truth_with(item, snapshot, *, rendered=None, version=None):
    """The item as if this content were live now."""
    now = timezone.now()
    row = copy(item)
    row._state = copy(item._state)
    row._state.fields_cache = dict(item._state.fields_cache)
    row.live_version = version or Version(
        kind=item.KIND,
        item_id=item.pk,
        number=item.current_version + 1,
        snapshot=snapshot,
        rendered=item.render(snapshot) if rendered is None else rendered,
        created_at=now,
    )
    row.published_at = now
    row.first_published_at = item.first_published_at or now
    return Truth(
        id=item.pk,
        kind=ItemKind(item.KIND),
        live=True,
        row=row,
        slug=snapshot["slug"] or "untitled",
        related=related_of([snapshot], [row]),
    )


def page_of(item, snapshot, *, is_marked=True, **context):
    """The whole page as HTML; `context` is for what a preview has beside it."""
    rendered = _marked(item, snapshot) if is_marked else item.render(snapshot)
    row, *parts = printed(item, snapshot, rendered=rendered)
    if isinstance(row, PublishedCourse):
        row.counters = None
        lessons = {str(part.pk): part for part in parts if hasattr(part, "section_id")}
        return get_template(TEMPLATES["course"]).render(
            {
                **SITE,
                **context,
                "head": courses.head_of(row),
                "course": row,
                "lessons": [
                    {"lesson": lessons[pk], "html": body["html"]}
                    for pk, body in rendered["lessons"].items()
                    if pk in lessons
                ],
            }
        )
    article = as_read(row)
    return get_template(TEMPLATES[row.kind]).render(
        {**SITE, **context, "head": articles.head_of(article), "article": article}
    )


def as_read(row):
    """An article as `publishing.views.rows` reads it from the store."""
    found = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.generated
    }
    return found | {
        "structured_data": json.dumps(row.structured_data),
        "view_count": 0,
        "comment_count": 0,
    }


def _marked(item, snapshot):
    """`item.render`, with the blocks marked."""
    if "blocks" in snapshot:
        body = snapshot["blocks"]
        return {
            "html": render_marked(body, images(blocks.media_ids(body))),
            "text": blocks.plain_text(body),
        }
    rendered = item.render(snapshot)
    media = images(item.body_media(snapshot))
    for section in snapshot["sections"]:
        for lesson in section["lessons"]:
            html = render_marked(lesson["blocks"], media)
            rendered["lessons"][lesson["id"]]["html"] = html
    return rendered


def card_of(item, snapshot):
    """What the page's tags will say to search engines and social networks."""
    row, *_ = printed(item, snapshot, rendered=_without_html(item, snapshot))
    is_course = isinstance(row, PublishedCourse)
    head = courses.head_of(row) if is_course else articles.head_of(as_read(row))
    image = head.image or {}
    return {
        "window_title": head.window_title,
        "title": head.title,
        "address": absolute(head.url),
        "site": SITE["site_name"],
        "description": head.description,
        "share_title": head.share_title or head.title,
        "share_description": head.share_description or head.description,
        "image": image.get("url", ""),
        "image_alt": image.get("alt", ""),
        "robots": head.robots,
    }


def _without_html(item, snapshot):
    """No tag depends on the HTML; only its words are asked for."""
    if "blocks" in snapshot:
        return {"html": "", "text": blocks.plain_text(snapshot["blocks"])}
    return item.render(snapshot)
