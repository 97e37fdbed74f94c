"""What reader pages print that templates alone would print slowly or unsafely."""

import re
from calendar import month_name
from html import escape

from django import template
from django.conf import settings
from django.template.base import TextNode
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime

from publishing import theme
from publishing.search.hits import MARKS
from publishing.views import navigation
from publishing.views.page import absolute
from publishing.views.paths import path_to

register = template.Library()

MONTHS = tuple(month_name)
"""Looked up once: the calendar asks the locale each time."""

register.filter("absolute", absolute)
register.simple_tag(navigation.masthead, name="masthead")
register.simple_tag(navigation.colophon, name="colophon")
register.simple_tag(path_to, name="path_to")
register.simple_tag(theme.links, name="theme")


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


HEADING = re.compile(r'<h([23])\b[^>]*?\sid="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
WORTH_A_LIST = 3


@register.simple_tag
def contents(html):
    """The headings of a text, where there are enough to lose one's way."""
    headings = HEADING.findall(html)
    if len(headings) < WORTH_A_LIST:
        return ""
    items = "".join(
        f'<li class="contents__{level}"><a href="#{name}">{TAG.sub("", words)}</a></li>'
        for level, name, words in headings
    )
    html = (
        '<nav class="contents" aria-label="On this page"><details data-contents>'
        f"<summary>On this page</summary><ol>{items}</ol></details></nav>"
    )
    return mark_safe(html)  # noqa: S308  (taken from HTML that is safe already)


FOUND = re.compile(f"{MARKS[0]}(.*?){MARKS[1]}", re.DOTALL)


@register.filter
def marked(text):
    """Escaped text, in which the words that a search found are marked."""
    text = FOUND.sub(r"<mark>\1</mark>", escape(text))
    return mark_safe(text.replace(MARKS[0], "").replace(MARKS[1], ""))  # noqa: S308


def sizes_of(steps, image, shape=0):
    """`sizes` for what site.css does: ((from which width, how wide, unit), …).

    An image that is cut to a flatter or narrower `shape` is fetched as wide as it is
    before it is cut.
    """
    width, height = image.get("width"), image.get("height")
    cut = max(1, width / height / shape) if shape and width and height else 1
    return ", ".join(
        f"{f'(min-width: {least}) ' if least else ''}{round(size * cut, 1):g}{unit}"
        for least, size, unit in steps
    )


OTHERS = tuple(
    origin
    for origin in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"]
    if origin.startswith("http")
)


@register.filter
def shown(image):
    """The image, unless the policy of our pages would not let the browser load it: an
    empty frame says nothing to anybody. IMAGE_ORIGINS names who else may show some."""
    url = (image or {}).get("url") or ""
    is_ours = url.startswith("/") and not url.startswith("//")
    return image if is_ours or url.startswith(OTHERS) else None


HERO = (("65rem", 60, "rem"), ("", 92, "vw"))


@register.simple_tag
def hero(image):
    """The image over an article, which is seen first."""
    return picture(image, sizes_of(HERO, image), eager=True) if image else ""


@register.simple_tag
def preload(image, steps=HERO, shape=0):
    """Tells the browser of the first image before it has read that far: in the best
    format, which others pass over by its type."""
    variants = (image or {}).get("variants") or ()
    for kind in ("image/avif", "image/webp"):
        found = [variant for variant in variants if variant.get("type") == kind]
        if found:
            sizes = escape(sizes_of(steps, image, shape))
            html = (
                f'<link rel="preload" as="image" type="{kind}" fetchpriority="high" '
                f'imagesrcset="{_srcset(found)}" imagesizes="{sizes}">'
            )
            return mark_safe(html)  # noqa: S308  (escaped piece by piece)
    return ""


@register.simple_tag
def picture(image, sizes, alt=None, eager=False):
    """A responsive image, as stored with a publication, in the best format offered.

    `alt=""` where the text beside it says it all, e.g. on cards. `eager` for the one
    image that is seen first.
    """
    if not shown(image):
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
