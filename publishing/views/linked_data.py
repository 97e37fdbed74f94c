"""JSON-LD: what a page says about its content to machines."""

import json

from django.conf import settings

from publishing.models.publication import THIS_SITE

OUT_OF_SCRIPT = {
    ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"
}


def script(data):
    """A script element of `data` (an object or JSON text), which no string closes.

    It is data, not code: the page's policy against inline scripts lets it be.
    """
    if not isinstance(data, str):
        data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    text = data.replace(f'"{THIS_SITE}/', f'"{settings.SITE_ORIGIN}/')
    text = text.translate(OUT_OF_SCRIPT)
    return f'<script type="application/ld+json">{text}</script>\n'


def breadcrumbs(trail, absolute):
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": absolute(path),
            }
            for position, (name, path) in enumerate(trail, start=1)
        ],
    }
