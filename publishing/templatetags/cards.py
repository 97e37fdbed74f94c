"""Cards: an item as it stands in lists.

    {% card story "lead" 2 %}   an article; "" is the usual size, "line" has no image
    {% course_card course 2 %}  a course
    {% hit_card hit %}          what a search found

Written in Python because a list has dozens of them: as included templates they took
more time than everything else on the page together.
"""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from publishing.templatetags.reading import day, iso, marked, number, picture, price
from publishing.views.paths import path_to

register = template.Library()

SIZES = "(min-width: 60rem) 22rem, (min-width: 40rem) 50vw, 100vw"
LEAD_SIZES = "(min-width: 60rem) 50rem, 100vw"
DESCRIPTION = 180


@register.simple_tag
def card(story, size, level):
    path = escape(path_to("article", story["slug"]))
    kicker = ""
    if story["category_name"]:
        section = escape(path_to("category", story["category_slug"]))
        name = escape(story["category_name"])
        kicker = f'<a href="{section}" dir="auto">{name}</a>'
    meta = [f'<span dir="auto">{escape(story["author_name"])}</span>']
    when = story["first_published_at"]
    meta.append(f'<time datetime="{iso(when)}">{day(when)}</time>')
    if comments := story["comment_count"]:
        word = "comment" if comments == 1 else "comments"
        meta.append(f'<a href="{path}#discussion">{number(comments)} {word}</a>')
    return _card(
        path,
        size=size,
        level=level,
        image=None if size == "line" else story["image"],
        kicker=kicker,
        title=story["title"],
        summary=story["excerpt"],
        meta=meta,
    )


@register.simple_tag
def course_card(course, level):
    kicker = "Course"
    if course["difficulty_level"]:
        kicker += f" · {escape(course['difficulty_level'])}"
    lessons = course["lesson_count"]
    meta = [f"<span>{number(lessons)} lesson{'' if lessons == 1 else 's'}</span>"]
    if minutes := course["estimated_duration_minutes"]:
        meta.append(f"<span>{number(minutes)} min</span>")
    cost = price(course["is_free"], course["price_cents"], course["currency"])
    meta.append(f"<span>{escape(cost)}</span>")
    description = course["description"]
    if len(description) > DESCRIPTION:
        description = description[:DESCRIPTION].rstrip() + "…"
    return _card(
        escape(path_to("course", course["slug"])),
        size="course",
        level=level,
        image=course["image"],
        kicker=kicker,
        title=course["title"],
        summary=description,
        meta=meta,
    )


@register.simple_tag
def hit_card(hit):
    path = escape(path_to(hit["kind"], hit["slug"]))
    if hit["kind"] == "course":
        kicker = "Course"
    elif hit["category_slug"]:
        section = escape(path_to("category", hit["category_slug"]))
        kicker = f'<a href="{section}" dir="auto">{escape(hit["category_name"])}</a>'
    else:
        kicker = "Story"
    when = hit["first_published_at"]
    html = (
        f'<article class="hit">\n<p class="kicker">{kicker}</p>\n'
        f'<h2 class="card__title" dir="auto">'
        f'<a href="{path}">{marked(hit["title"])}</a></h2>\n'
        f'<p class="hit__extract" dir="auto">{marked(hit["extract"])}</p>\n'
        f'<p class="card__meta"><span dir="auto">{escape(hit["author_name"])}</span> '
        f'<time datetime="{iso(when)}">{day(when)}</time></p>\n</article>'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


def _card(path, *, size, level, image, kicker, title, summary, meta):
    """`path`, `kicker` and `meta` are HTML; the rest is text."""
    classes = "card"
    if size:
        classes += f" card--{size}"
    shown = ""
    if image:
        is_lead = size == "lead"
        sizes = LEAD_SIZES if is_lead else SIZES
        shown = (
            f'<a class="card__image" href="{path}" tabindex="-1" aria-hidden="true">'
            f"{picture(image, sizes, alt='', eager=is_lead)}</a>\n"
        )
    else:
        classes += " card--bare"
    if kicker:
        kicker = f'<p class="kicker">{kicker}</p>\n'
    if summary:
        summary = f'<p class="card__excerpt" dir="auto">{escape(summary)}</p>\n'
    html = (
        f'<article class="{classes}">\n{shown}<div class="card__text">\n{kicker}'
        f'<h{level} class="card__title" dir="auto">'
        f'<a href="{path}">{escape(title)}</a></h{level}>\n'
        f'{summary}<p class="card__meta">{" ".join(meta)}</p>\n</div>\n</article>\n'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)
