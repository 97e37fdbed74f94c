"""What a reader may be looking for, while they type: JSON for the search boxes.

One query, kept by shared caches for a minute; without it the form still works.
"""

import json

from django.views.decorators.http import require_safe

from publishing.search.asked import tidy
from publishing.search.hits import ask
from publishing.views.page import stamped
from publishing.views.paths import path_to

SHORTEST = 2
LONGEST = 60
MOST = 8
FOR_A_MINUTE = "public, max-age=0, s-maxage=60"
KINDS = {
    # kind: (what readers call it, the name of its page)
    "article": ("Story", "article"),
    "course": ("Course", "course"),
    "category": ("Section", "category"),
    "tag": ("Tag", "tag"),
    "author": ("Author", "author"),
}

# A word of the name begins like this; titles that do so themselves come first. Some
# hundreds of stories are compared at most, so that two letters cost no more than ten.
NAMES = """
SET LOCAL enable_seqscan = off;
SELECT kind, slug, name FROM (
  (SELECT 'category' AS kind, slug, name, 1 AS place, NULL::timestamptz AS moment
   FROM published_categories WHERE {begins} ORDER BY display_order, name LIMIT 2)
  UNION ALL
  (SELECT 'author', slug, display_name, 2, NULL
   FROM public_user_profiles WHERE {person} ORDER BY display_name LIMIT 2)
  UNION ALL
  (SELECT 'tag', slug, name, 3, NULL
   FROM published_tags WHERE {begins} ORDER BY name LIMIT 2)
  UNION ALL
  (SELECT 'course', slug, title, 4, first_published_at
   FROM published_courses WHERE {title} ORDER BY first_published_at DESC LIMIT 2)
  UNION ALL
  (SELECT 'article', slug, title,
          CASE WHEN folded(title) LIKE folded(%(start)s) THEN 5 ELSE 6 END AS place,
          first_published_at
   FROM (SELECT slug, title, first_published_at FROM published_articles
         WHERE {title} LIMIT 500) AS fitting
   ORDER BY place, first_published_at DESC LIMIT %(most)s)) AS found
ORDER BY place, moment DESC, name LIMIT %(most)s
"""


def _begins(column):
    return (
        f"(folded({column}) LIKE folded(%(start)s) "
        f"OR folded({column}) LIKE folded(%(later)s))"
    )


NAMES = (
    NAMES.replace("{begins}", _begins("name"))
    .replace("{person}", _begins("display_name"))
    .replace("{title}", _begins("title"))
)


@require_safe
def suggestions(request):
    typed = tidy(request.GET.get("q", ""))[:LONGEST]
    found = _names(typed) if len(typed) >= SHORTEST else []
    text = json.dumps(
        {
            "suggestions": [
                {
                    "name": name,
                    "kind": KINDS[kind][0],
                    "url": path_to(KINDS[kind][1], slug),
                }
                for kind, slug, name in found
            ]
        },
        ensure_ascii=False,
    )
    response = stamped(
        request,
        text,
        keys=["search"],
        cache=FOR_A_MINUTE,
        content_type="application/json",
    )
    response["X-Robots-Tag"] = "noindex"
    return response


def _names(typed):
    safe = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"start": f"{safe}%", "later": f"% {safe}%", "most": MOST}
    return ask(NAMES, values)
