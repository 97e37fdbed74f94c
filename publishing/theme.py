"""The site's own face: its colour, type, logo and links, from the settings.

What a colour would make unreadable is mended: the accent is darkened on light paper
and lightened on dark until its contrast is that of WCAG AA. The page's policy admits
no inline styles, so the few rules stand in a style sheet of their own, which is named
by its content and asked for only where something was chosen.
"""

import re
from colorsys import hls_to_rgb, rgb_to_hls
from functools import lru_cache
from hashlib import blake2b
from html import escape

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

PAPER, DARK_PAPER = "#ffffff", "#121316"
READABLE = 4.5
SHARES = (0.2126, 0.7152, 0.0722)
OWN_SHEET = "theme.css"

FONTS = {
    "serif": {},
    "sans": {"serif": "var(--sans)"},
    "humanist": {
        "serif": 'Optima, Candara, "Gill Sans Nova", "Noto Sans", source-sans-pro, '
        "sans-serif",
        "sans": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", sans-serif',
    },
    "slab": {
        "serif": 'Rockwell, "Rockwell Nova", "Roboto Slab", "DejaVu Serif", '
        '"Sitka Small", serif'
    },
}
"""Faces that readers have already: nothing is loaded, so nothing jumps."""


def rgb(colour):
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def luminance(colour):
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in rgb(colour)
    )
    return sum(share * part for share, part in zip(SHARES, parts, strict=True))


def contrast(one, other):
    """As WCAG 2 counts it: from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(paper, colour):
    """The colour, moved away from the paper as far as it takes."""
    hue, light, saturation = rgb_to_hls(*rgb(colour))
    step = -0.01 if luminance(paper) > 0.5 else 0.01
    while contrast(paper, colour) < READABLE and 0 <= light + step <= 1:
        light += step
        parts = hls_to_rgb(hue, light, saturation)
        colour = "#" + "".join(f"{round(255 * part):02x}" for part in parts)
    return colour


def colours(accent):
    """{property: value} on light paper, and on dark."""
    both = []
    for paper in (PAPER, DARK_PAPER):
        shown = readable_on(paper, accent)
        above = max(("#ffffff", "#000000"), key=lambda one: contrast(one, shown))
        both.append({"accent": shown, "on-accent": above})
    return both


@lru_cache(maxsize=1)
def rules():
    """The style sheet of what was chosen, or nothing."""
    light, dark = {}, {}
    if accent := settings.SITE_ACCENT:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
            raise ImproperlyConfigured(
                f"SITE_ACCENT={accent!r} is no colour: write it like #0a5c8f."
            )
        light, dark = colours(accent)
    if settings.SITE_FONT not in FONTS:
        raise ImproperlyConfigured(
            f"SITE_FONT={settings.SITE_FONT!r} is not known: choose one of "
            f"{', '.join(FONTS)}, or declare your own in the theme's theme.css."
        )
    light = light | FONTS[settings.SITE_FONT]
    css = _block(light)
    if dark:
        css += f"@media (prefers-color-scheme:dark){{{_block(dark)}}}"
    return f"@layer theme{{{css}}}" if css else ""


def _block(properties):
    inner = ";".join(f"--{name}:{value}" for name, value in properties.items())
    return f":root{{{inner}}}" if inner else ""


@require_safe
def stylesheet(request, name):
    response = HttpResponse(rules(), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def links():
    """The <link> elements for the head of every page, kept as HTML."""
    found = []
    if css := rules():
        name = blake2b(css.encode(), digest_size=6).hexdigest()
        found.append(f'<link rel="stylesheet" href="/theme-{name}.css">')
    if settings.SITE_THEME and finders.find(OWN_SHEET):
        address = escape(static(OWN_SHEET))
        found.append(f'<link rel="stylesheet" href="{address}">')
    return mark_safe("".join(f"{one}\n" for one in found))  # noqa: S308  (made of constants and hashes)


def logo():
    """{"url", "width", "height"} of the logo, or None: then the name is set in type."""
    if not settings.SITE_LOGO:
        return None
    size = re.fullmatch(r"(\d+)x(\d+)", settings.SITE_LOGO_SIZE)
    if not size:
        raise ImproperlyConfigured(
            "SITE_LOGO needs SITE_LOGO_SIZE, its width and height like 240x48, so that "
            "nothing moves when it arrives."
        )
    address = settings.SITE_LOGO
    if not address.startswith(("/", "https://")):
        address = static(address)
    return {"url": address, "width": int(size[1]), "height": int(size[2])}


def footer_links():
    """[(words, address)] of `Imprint=/articles/imprint/,Mastodon=https://…`."""
    return list(settings.SITE_FOOTER_LINKS.items())
