"""What reader pages print that templates alone would print slowly or unsafely."""

import re
from calendar import month_name
from html import escape

from django import template
from django.template.base import TextNode
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from publishing.views import navigation
from publishing.views.page import absolute
from publishing.views.paths import path_to
from publishing.views.search import MARKS

register = template.Library()

MONTHS = tuple(month_name)
"""Looked up once: the calendar asks the locale each time."""

register.filter("absolute", absolute)
register.simple_tag(navigation.masthead, name="masthead")
register.simple_tag(navigation.colophon, name="colophon")
register.simple_tag(path_to, name="path_to")


@register.tag
def asset(parser, token):
    """{% asset "css/site.css" %}: like `static`, resolved when the template is read."""
    path = token.split_contents()[1].strip("\"'")
    return TextNode(escape(static(path)))


@register.simple_tag
def trail(steps):
    """Breadcrumbs: [(name, path), …]. The last is the page itself, whose heading
    follows; only the ones above it are shown."""
    items = "".join(
        f'<li><a href="{escape(path)}" dir="auto">{escape(name)}</a></li>'
        for name, path in steps[:-1]
    )
    html = f'<nav class="trail" aria-label="Breadcrumb"><ol>{items}</ol></nav>'
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


@register.filter
def day(when):
    """21 November 2026"""
    when = localtime(when)
    return f"{when.day} {MONTHS[when.month]} {when.year}"


@register.filter
def iso(when):
    return when.isoformat(timespec="seconds")


@register.filter
def number(count):
    """1,024"""
    return f"{count or 0:,}"


@register.filter
def duration(seconds):
    """1 h 5 min, or 45 s"""
    if not seconds:
        return ""
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    amounts = ((hours, "h"), (minutes, "min"))
    return " ".join(f"{amount} {unit}" for amount, unit in amounts if amount)


@register.simple_tag
def price(is_free, cents, currency):
    if is_free or not cents:
        return "Free"
    return f"{cents / 100:,.2f} {currency}"


@register.filter
def initial(name):
    return (name or "?").strip()[:1].upper()


FOUND = re.compile(f"{MARKS[0]}(.*?){MARKS[1]}", re.DOTALL)


@register.filter
def marked(text):
    """Escaped text, in which the words that a search found are marked."""
    text = FOUND.sub(r"<mark>\1</mark>", escape(text))
    return mark_safe(text.replace(MARKS[0], "").replace(MARKS[1], ""))  # noqa: S308


@register.simple_tag
def picture(image, sizes, alt=None, eager=False):
    """A responsive image, as stored with a publication, in the best format offered.

    `alt=""` where the text beside it says it all, e.g. on cards. `eager` for the one
    image that is seen first.
    """
    if not image or not image.get("url"):
        return ""
    by_type = {}
    for variant in image.get("variants") or ():
        by_type.setdefault(variant.get("type"), []).append(variant)
    sizes = f'sizes="{escape(sizes)}"'
    sources = "".join(
        f'<source type="{kind}" srcset="{_srcset(by_type.pop(kind))}" {sizes}>'
        for kind in ("image/avif", "image/webp")
        if kind in by_type
    )
    alt = escape(image.get("alt") or "" if alt is None else alt)
    attributes = [f'src="{escape(image["url"])}" alt="{alt}"']
    attributes += [
        f'{side}="{int(image[side])}"'
        for side in ("width", "height")
        if image.get(side)
    ]
    if focal := image.get("focal"):
        x, y = (min(10, max(0, round(10 * part))) for part in focal)
        attributes.append(f'class="focal-x-{x} focal-y-{y}"')
    if by_type:
        others = [variant for variants in by_type.values() for variant in variants]
        attributes.append(f'srcset="{_srcset(others)}" {sizes}')
    attributes.append('fetchpriority="high"' if eager else 'loading="lazy"')
    html = f'<picture>{sources}<img {" ".join(attributes)} decoding="async"></picture>'
    return mark_safe(html)  # noqa: S308  (escaped piece by piece)


def _srcset(variants):
    # Spaces and commas end an address in a srcset.
    return ", ".join(
        f"{escape(each['url'].replace(' ', '%20').replace(',', '%2C'))} "
        f"{int(each['width'])}w"
        for each in sorted(variants, key=lambda each: each["width"])
    )
