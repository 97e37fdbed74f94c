"""What reader pages print that templates alone would print slowly or unsafely."""

import json
import re
from calendar import month_name

from django import template
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from publishing.views import navigation
from publishing.views.page import absolute
from publishing.views.search import MARKS

register = template.Library()

register.filter("absolute", absolute)
register.simple_tag(navigation.masthead, name="masthead")
register.simple_tag(navigation.colophon, name="colophon")

OUT_OF_SCRIPT = {
    ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"
}


@register.filter
def json_ld(data):
    """JSON-LD for a script element, which no string in it can close."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    return mark_safe(text.translate(OUT_OF_SCRIPT))  # noqa: S308  (escaped for scripts)


@register.filter
def day(when):
    """21 November 2026"""
    when = localtime(when)
    return f"{when.day} {month_name[when.month]} {when.year}"


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
    return " ".join(
        f"{amount} {unit}"
        for amount, unit in ((hours, "h"), (minutes, "min"))
        if amount
    )


@register.filter
def price(course):
    if course.is_free or not course.price_cents:
        return "Free"
    return f"{course.price_cents / 100:,.2f} {course.currency}"


@register.filter
def initial(name):
    return (name or "?").strip()[:1].upper()


FOUND = re.compile(f"{MARKS[0]}(.*?){MARKS[1]}", re.DOTALL)


@register.filter
def marked(text):
    """Escaped text, in which the words that a search found are marked."""
    text = FOUND.sub(r"<mark>\1</mark>", str(escape(text)))
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
    for variant in image.get("variants") or []:
        by_type.setdefault(variant.get("type", ""), []).append(variant)
    sources = [
        format_html(
            '<source type="{}" srcset="{}" sizes="{}">',
            kind,
            _srcset(by_type[kind]),
            sizes,
        )
        for kind in ("image/avif", "image/webp")
        if kind in by_type
    ]
    fallback = [
        variant
        for kind, variants in by_type.items()
        if kind not in ("image/avif", "image/webp")
        for variant in variants
    ]
    attributes = [
        ("src", image["url"]),
        ("alt", image.get("alt", "") if alt is None else alt),
        ("width", image.get("width")),
        ("height", image.get("height")),
        ("srcset", _srcset(fallback)),
        ("sizes", sizes if fallback else None),
        ("loading", None if eager else "lazy"),
        ("fetchpriority", "high" if eager else None),
        ("decoding", "async"),
    ]
    tag = "".join(
        f' {name}="{conditional_escape(value)}"'
        for name, value in attributes
        if value or name == "alt"
    )
    return mark_safe(f"<picture>{''.join(sources)}<img{tag}></picture>")  # noqa: S308


def _srcset(variants):
    return ", ".join(
        f"{_in_srcset(variant['url'])} {int(variant['width'])}w"
        for variant in sorted(variants, key=lambda each: each["width"])
    )


def _in_srcset(url):
    """Spaces and commas end an address in a srcset."""
    return url.replace(" ", "%20").replace(",", "%2C")
