"""The stories of the demo: read from `stories/`, written, and taken to their state."""

import re
from datetime import timedelta
from html import escape
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial import actions, blocks
from editorial.demo import records
from editorial.models import (
    Article,
    Category,
    EditorialTask,
    Series,
    SeriesPart,
    Status,
    Tag,
)
from editorial.remarks import add_remark, resolve_remark

FOLDER = Path(__file__).parent / "stories"
_IMAGE = re.compile(r"\[\[image: ([\w-]+)(?: \| (.+?))?\]\]")

SECTIONS = (
    # slug, name, slug of the one above, description
    ("science", "Science", "", "What can be looked at twice."),
    ("oceans", "Oceans", "science", "Tides, coasts and rivers."),
    ("sky", "Sky", "science", "Everything above the roofs."),
    ("cities", "Cities", "", "Streets and those who use them."),
    ("transport", "Transport", "cities", "On rails, mostly."),
    ("culture", "Culture", "", "What people make when they are not told to."),
    ("books", "Books", "culture", "Libraries and what is in them."),
    ("food", "Food", "culture", "Bread, apples and the time they take."),
    ("newsroom", "Newsroom", "", "How we work, and where we were wrong."),
)


def make_sections():
    """{slug: Category}"""
    sections = {}
    for place, (slug, name, above, description) in enumerate(SECTIONS):
        section = Category.objects.filter(slug=slug).first()
        if section is None:
            section = Category.objects.create(
                name=name,
                slug=slug,
                parent=sections.get(above),
                description=description,
                display_order=place,
                is_featured=not above,
            )
        sections[slug] = section
    return sections


def read_stories():
    for path in sorted(FOLDER.glob("*.html")):
        head, _, body = path.read_text().partition("\n\n")
        facts = dict(re.split(r":\s*", line, maxsplit=1) for line in head.splitlines())
        yield path.stem, facts, body


def tags_named(names):
    found = []
    for name in filter(None, (one.strip() for one in names.split(","))):
        tag = Tag.objects.filter(name=name).first() or Tag.objects.create(name=name)
        found.append(tag)
    return found


def make_stories(people, sections, pictures):
    for key, facts, body in read_stories():
        with transaction.atomic(using=EDITORIAL):
            if records.known("article", key):
                continue
            ago = timedelta(days=int(facts["days"]), hours=3)
            article = _write(facts, body, people, sections, pictures, ago)
            TO_STATE[facts["state"]](article, people)
            long_ago(article, ago)
            records.keep("article", key, article)


SERIES = (
    "A town at work",
    "a-town-at-work",
    "Three people, and what keeps their day in order.",
    (
        "the-last-conductor-of-line-14",
        "bread-is-a-clock",
        "what-the-library-lends-besides-books",
    ),
)


def make_series():
    """A few of the stories, to be read one after the other."""
    name, slug, description, slugs = SERIES
    with transaction.atomic(using=EDITORIAL):
        series, is_new = Series.objects.get_or_create(
            slug=slug, defaults={"name": name, "description": description}
        )
        if not is_new:
            return
        for place, one in enumerate(slugs):
            article = Article.objects.get(slug=one)
            SeriesPart.objects.create(
                series=series, article=article, order_index=place + 1
            )
        series.changed()


def _write(facts, body, people, sections, pictures, ago):
    by = people[facts["by"]]
    section = sections[facts["section"]]
    article = actions.create(
        Article(
            title=facts["title"],
            slug=facts["slug"],
            excerpt=facts["excerpt"],
            kind=facts.get("kind", Article.Kind.POST),
            author=by,
            category=section,
        ),
        by=by,
    )
    made, notes = blocks.from_html(_with_pictures(body, pictures))
    if notes:
        raise ValueError(f"{facts['slug']}: {' '.join(notes)}")
    then = timezone.now() - ago
    with actions.editing(
        article, by=by, summary="First version.", written_at=then
    ) as item:
        item.featured_image = pictures.get(facts.get("image", ""))
        item.is_featured = facts.get("featured") == "yes"
        item.meta_description = facts["excerpt"][:300]
        item.tags.set(tags_named(facts["tags"]))
        item.set_blocks(made)
    return article


def _with_pictures(body, pictures):
    def figure(found):
        media = pictures[found[1]]
        caption = f"<figcaption>{escape(found[2])}</figcaption>" if found[2] else ""
        return (
            f'<figure><img data-media="{media.pk}" src="{escape(media.url)}" '
            f'alt="{escape(media.alt_text)}">{caption}</figure>'
        )

    return _IMAGE.sub(figure, body)


# --- To their states --------------------------------------------------------------


def _as_draft(article, people):
    EditorialTask.objects.create(
        title=f"Finish “{article}”",
        description="The desk would like to read it this week.",
        task_type=EditorialTask.Type.EDIT,
        content_type=article.KIND,
        content_id=article.pk,
        assigned_to=article.author,
        assigned_by=people["editor"],
        due_date=timezone.now() + timedelta(days=3),
    )


def _submit(article, people):
    actions.submit(
        article, by=article.author, comment="Ready for a second pair of eyes."
    )


def _start_review(article, people, reviewer="editor"):
    _submit(article, people)
    actions.start_review(article, by=people["editor"], reviewer=people[reviewer])


def _in_review(article, people):
    _start_review(article, people, reviewer="reviewer")
    first, second = article.block_list()[:2]
    question = add_remark(
        article,
        by=people["reviewer"],
        comment="“A short, hard tick” is lovely. Is it hers or yours? If it is hers, "
        "give her the quotation marks.",
        block_id=first["id"],
        quote="a short, hard tick",
    )
    add_remark(article, by=article.author, comment="Hers. I will.", parent=question)
    add_remark(
        article,
        by=people["reviewer"],
        comment="Six times the space: please add where the figure comes from.",
        block_id=second["id"],
    )
    done = add_remark(
        article, by=people["reviewer"], comment="The picture needs a caption."
    )
    resolve_remark(done, item=article, by=article.author)


def _changes_requested(article, people):
    _start_review(article, people)
    add_remark(
        article,
        by=people["editor"],
        comment="Who says that they are terrible? I would like somebody to bite into "
        "one and tell us.",
        block_id=article.block_list()[0]["id"],
    )
    actions.request_changes(
        article,
        by=people["editor"],
        comment="I would print the beginning tomorrow. What is missing is the end: "
        "call the railway and the city, and ask both for the price.",
    )


def _approve(article, people):
    by = people["editor"]
    _start_review(article, people)
    actions.approve(article, by=by, comment="Checked against the notes.")


def _schedule(article, people):
    _approve(article, people)
    at = (timezone.now() + timedelta(days=2)).replace(
        hour=7, minute=30, second=0, microsecond=0
    )
    actions.schedule(article, by=people["editor"], publish_at=at)


def _publish(article, people):
    _approve(article, people)
    actions.publish(article, by=people["editor"])


def _revise(article, people):
    """Live, with the draft of the next version beside it."""
    _publish(article, people)
    body = article.block_list()
    made, _ = blocks.from_html(
        "A reader asks whether the table holds for rye. It does not: rye is its own "
        "clock, and it is fast."
    )
    with actions.editing(
        article, by=article.author, summary="Answer to a letter about rye."
    ) as item:
        item.set_blocks([*body, *made])


def _unpublish(article, people):
    _publish(article, people)
    actions.unpublish(article, by=people["editor"], comment="The festival is over.")


def _archive(article, people):
    _publish(article, people)
    actions.archive(article, by=people["editor"], comment="Kept for the record.")


TO_STATE = {
    "draft": _as_draft,
    "pending_review": _submit,
    "in_review": _in_review,
    "changes_requested": _changes_requested,
    "approved": _approve,
    "scheduled": _schedule,
    "published": _publish,
    "revised": _revise,
    "unpublished": _unpublish,
    "archived": _archive,
}


def long_ago(item, ago):
    """A paper that was printed in one second would look odd. History stays true."""
    then = timezone.now() - ago
    fresh = type(item).objects.get(pk=item.pk)
    moments = {"created_at": then - timedelta(days=2), "updated_at": then}
    for name in ("submitted_at", "approved_at", "published_at", "first_published_at"):
        if getattr(fresh, name):
            moments[name] = then
    if fresh.status in (Status.DRAFT, Status.PENDING_REVIEW):
        moments["created_at"] = then - timedelta(hours=4)
    type(item).objects.filter(pk=item.pk).update(**moments)
