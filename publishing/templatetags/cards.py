"""Cards: an item as it stands in lists; and the lines beneath a headline.

    {% card story "lead" 2 %}   an article; "" is the usual size, "line" has no image;
                                say `forloop.first` last where the list starts a page
    {% course_card course 2 %}  a course
    {% hit_card hit %}          what a search found
    {% byline article %}        who, when, how long, how much talked about
    {% tag_list tags %}         links to [{"name", "slug"}, …]
    {% ranking stories "view_count" "view" %}  the most read, or discussed
    {% read_next related %}     links to [{"title", "slug"}, …], beneath an article

Written in Python because a list has dozens of them: as included templates they took
more time than everything else on the page together.
"""

from html import escape

from django import template
from django.utils.safestring import mark_safe

from publishing.templatetags.reading import (
    day,
    initial,
    iso,
    marked,
    number,
    picture,
    preload,
    price,
    sizes_of,
)
from publishing.templatetags.reading import shown as visible
from publishing.views.paths import path_to

register = template.Library()

SIZES = {
    "": (
        (
            ("81rem", 23.8, "rem"),
            ("64rem", 29.3, "vw"),
            ("43rem", 44.7, "vw"),
            ("", 92, "vw"),
        ),
        1.5,
    ),
    "lead": ((("81rem", 49.8, "rem"), ("60rem", 61.6, "vw"), ("", 92, "vw")), 1.5),
    "first": ((("81rem", 44.3, "rem"), ("48rem", 54.6, "vw"), ("", 92, "vw")), 1.5),
    "quarter": (
        (
            ("81rem", 17.2, "rem"),
            ("64rem", 22, "vw"),
            ("43rem", 44.7, "vw"),
            ("", 92, "vw"),
        ),
        1.5,
    ),
    "thumb": ((("", 7, "rem"),), 1.0),
}
"""How wide site.css shows the image of a card of each size, and in which shape."""
SIZES["course"] = (SIZES[""][0], 16 / 9)
DESCRIPTION = 180


@register.simple_tag
def card(story, size, level, is_first=False):
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
        is_first=is_first or size == "lead",
    )


@register.simple_tag
def byline(article):
    name = escape(article["author_name"])
    page = escape(path_to("author", article["author_slug"]))
    if article["author_avatar_url"]:
        face = (
            f'<img class="byline__face" src="{escape(article["author_avatar_url"])}" '
            'alt="" width="48" height="48">'
        )
    else:
        letter = escape(initial(article["author_name"]))
        face = f'<span class="byline__face" aria-hidden="true">{letter}</span>'
    when = article["first_published_at"]
    facts = [
        f'<time datetime="{iso(when)}">{day(when)}</time>',
        f"<span>{article['reading_minutes']} min read</span>",
    ]
    changed = article["last_modified_at"]
    if article["content_version"] > 1 and changed.date() > when.date():
        since = f'<time datetime="{iso(changed)}">{day(changed)}</time>'
        facts.insert(1, f"<span>Updated {since}</span>")
    if views := article["view_count"]:
        facts.append(f"<span>{number(views)} view{'' if views == 1 else 's'}</span>")
    if comments := article["comment_count"]:
        word = "comment" if comments == 1 else "comments"
        facts.append(f'<a href="#discussion">{number(comments)} {word}</a>')
    html = (
        f'<div class="byline">\n{face}\n'
        f'<p>By <a rel="author" href="{page}" dir="auto">{name}</a><br>\n'
        f'<span class="byline__facts">{" ".join(facts)}</span></p>\n</div>'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def face(name, avatar_url):
    """Somebody's picture, or the first letter of the name."""
    if avatar_url:
        html = (
            f'<img class="byline__face" src="{escape(avatar_url)}" alt="" width="48" '
            'height="48" loading="lazy" decoding="async">'
        )
    else:
        letter = escape(initial(name))
        html = f'<span class="byline__face" aria-hidden="true">{letter}</span>'
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def series_line(series):
    """Over the headline: which part of which series this is."""
    if not series:
        return ""
    page, name = escape(path_to("series", series["slug"])), escape(series["name"])
    html = (
        f'<p class="kicker">Part {series["part"]} of {series["of"]} · '
        f'<a href="{page}" dir="auto">{name}</a></p>\n'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def series_turn(series):
    """Beneath an article: the parts before and after it."""
    if not series or series["of"] < 2:
        return ""
    turns = "".join(
        f'<a rel="{relation}" href="{escape(path_to("article", part["slug"]))}">'
        f'<small>{words}</small><span dir="auto">{escape(part["title"])}</span></a>'
        for relation, words, part in (
            ("prev", f"Part {series['part'] - 1}", series["previous"]),
            ("next", f"Part {series['part'] + 1}", series["next"]),
        )
        if part
    )
    page, name = escape(path_to("series", series["slug"])), escape(series["name"])
    html = (
        '<nav class="turn" aria-labelledby="series"><h2 id="series">Series: '
        f'<a href="{page}" dir="auto">{name}</a></h2>{turns}</nav>\n'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def card_preload(image, size):
    steps, shape = SIZES[size]
    return preload(image, steps, shape)


@register.simple_tag
def tag_list(tags):
    if not tags:
        return ""
    items = "".join(
        f'<li><a rel="tag" href="{escape(path_to("tag", tag["slug"]))}" dir="auto">'
        f"{escape(tag['name'])}</a></li>"
        for tag in tags
    )
    html = f'<ul class="tags" aria-label="Tags">{items}</ul>'
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def read_next(related):
    if not related:
        return ""
    items = "".join(
        f'<li><a href="{escape(path_to("article", other["slug"]))}" dir="auto">'
        f"{escape(other['title'])}</a>"
        f'<p class="card__meta" dir="auto">{escape(other.get("author", ""))}</p></li>'
        for other in related
    )
    html = (
        '<nav class="related" aria-labelledby="related">'
        f'<h2 id="related">Read next</h2><ul>{items}</ul></nav>'
    )
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def ranking(stories, count, word):
    """Titles with a number each, most first."""
    items = "".join(
        f'<li><a href="{escape(path_to("article", story["slug"]))}" dir="auto">'
        f"{escape(story['title'])}</a> "
        f'<span class="card__meta">{number(story[count])} '
        f"{word}{'' if story[count] == 1 else 's'}</span></li>"
        for story in stories
    )
    html = f'<ol class="ranking">{items}</ol>'
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.simple_tag
def course_card(course, level, is_first=False):
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
        is_first=is_first,
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


def _card(path, *, size, level, image, kicker, title, summary, meta, is_first=False):
    """`path`, `kicker` and `meta` are HTML; the rest is text. The image of the first
    card is what a page shows first, so it does not wait."""
    classes = "card"
    if size:
        classes += f" card--{size}"
    shown = ""
    if image := visible(image):
        steps, shape = SIZES.get(size, SIZES[""])
        sizes = sizes_of(steps, image, shape)
        shown = (
            f'<a class="card__image" href="{path}" tabindex="-1" aria-hidden="true">'
            f"{picture(image, sizes, alt='', eager=is_first)}</a>\n"
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
