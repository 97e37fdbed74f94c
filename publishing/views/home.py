"""The front page."""

from django.conf import settings
from django.views.decorators.http import require_safe

from publishing.views import old_paths
from publishing.views.missing import old_address
from publishing.views.page import Head, absolute, page
from publishing.views.paths import path_to
from publishing.views.rows import COURSE_CARDS, FRONT, cards, rows

BESIDE = 4
MOST = 5
COURSES = 3
IN_A_SECTION = 4
SECTIONS = 6
FEWEST = 2
"""So many stories of a section that are not above already make a part of the page."""


@require_safe
def home(request):
    if old_paths.asks(request) and (answer := old_address(request)):
        return answer
    latest = settings.SITE_LIST_SIZE - 1
    first = 1 + BESIDE + latest
    stories = rows(FRONT, decode=("image",), first=first, most=MOST)
    newest = [story for story in stories if story["place"] <= first]
    lead = _lead(newest)
    others = [story for story in newest if story is not lead]
    top = [lead, *others[:BESIDE]]
    sections = _sections([story for story in stories if story not in top])
    placed = {story["id"] for _, _, some in sections for story in some}
    below = [story for story in others[BESIDE:] if story["id"] not in placed]
    return page(
        request,
        "publishing/home.html",
        head=Head(
            title=settings.SITE_NAME,
            url="/",
            description=settings.SITE_TAGLINE,
            image=lead["image"] if lead else None,
            data=[WEBSITE],
        ),
        keys=["home", "articles", "courses"],
        lead=lead,
        beside=others[:BESIDE],
        below=below[:latest],
        most_read=_most(stories, "view_count", "read_place"),
        most_discussed=_most(stories, "comment_count", "discussed_place"),
        by_section=sections,
        courses=cards(COURSE_CARDS, COURSES),
    )


def _lead(stories):
    """The newest story that an editor featured, else the newest."""
    featured = (story for story in stories if story["is_featured"])
    return next(featured, stories[0] if stories else None)


def _sections(stories):
    """[(name, path, stories)] in the editors' order."""
    found = {}
    for story in stories:
        if story["section_slug"]:
            order = (story["display_order"], story["section_name"])
            key = (order, story["section_name"], story["section_slug"])
            found.setdefault(key, []).append(story)
    return [
        (name, path_to("category", slug), some[:IN_A_SECTION])
        for (_, name, slug), some in sorted(found.items(), key=lambda pair: pair[0][0])
        if len(some) >= FEWEST
    ][:SECTIONS]


def _most(stories, count, place):
    """The stories with the highest numbers, if there is something to choose from."""
    known = [story for story in stories if story[count] and story[place] <= MOST]
    known.sort(key=lambda story: story[place])
    return known if len(known) > FEWEST else []


WEBSITE = {
    "@context": "https://schema.org",
    "@type": "WebSite",
    "name": settings.SITE_NAME,
    "description": settings.SITE_TAGLINE,
    "url": absolute("/"),
    "potentialAction": {
        "@type": "SearchAction",
        "target": {
            "@type": "EntryPoint",
            "urlTemplate": absolute("/search/?q={search_term_string}"),
        },
        "query-input": "required name=search_term_string",
    },
}
