"""JSON-LD: what a page says about its content to machines."""

import json

from django.conf import settings

from publishing.models.publication import THIS_SITE
from publishing.views.paths import path_to

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


def collection(name, description, path, items, absolute):
    """A list of articles or courses, newest first."""
    data = {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": name,
        "description": description,
        "url": absolute(path),
        "isPartOf": {
            "@type": "WebSite",
            "name": settings.SITE_NAME,
            "url": absolute("/"),
        },
        "mainEntity": {
            "@type": "ItemList",
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": position,
                    "name": item["title"],
                    "url": absolute(_path_of(item)),
                }
                for position, item in enumerate(items, start=1)
            ],
        },
    }
    if not items:
        del data["mainEntity"]
    return {key: value for key, value in data.items() if value}


def _path_of(item):
    """Cards of courses say how many lessons there are."""
    return path_to("course" if "lesson_count" in item else "article", item["slug"])


def breadcrumbs(trail, absolute):
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                # Not every piece has a title.
                "name": name or "Untitled",
                "item": absolute(path),
            }
            for position, (name, path) in enumerate(trail, start=1)
        ],
    }
