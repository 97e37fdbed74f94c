"""What a verb would change for readers, said before it is done.

The projection is pure and the marks come from the functions that the action itself
uses, so the list is what will happen and no guess.
"""

from dataclasses import dataclass, field

from django.utils.timezone import localtime

from cms import outages
from editorial import actions
from editorial.diff import describe, difference
from editorial.models import ItemKind, Media, Version
from publishing import appearance
from publishing.models import PublishedArticle, PublishedCourse, Receipt
from publishing.projection import project, url_of
from publishing.truth import truths_of
from publishing.views.paths import path_to

TAKES_DOWN = ("unpublish", "archive")
GOES_LIVE = ("publish", "schedule", "approve")


@dataclass(frozen=True)
class Place:
    """A page or feed that shows the item."""

    label: str
    path: str
    is_feed: bool = False


@dataclass
class Changes:
    """What readers would notice, in lists that people can read."""

    was_live: bool
    will_be_live: bool
    path: str = ""
    old_path: str = ""
    text: str = ""
    """How the text differs from what they read now, in words."""
    since: int | None = None
    """Number of the version that they read now."""
    places: list = field(default_factory=list)
    left: list = field(default_factory=list)
    """Places that it vanishes from."""
    redirects: list = field(default_factory=list)
    """[(old path, new path or "")]."""
    copies: list = field(default_factory=list)
    """Other public copies that come, go or change with it, in words."""
    marks: dict = field(default_factory=dict)
    """{id: kind} of what the action will deliver."""

    @property
    def pages(self):
        return [one for one in self.places + self.left if not one.is_feed]

    @property
    def feeds(self):
        return [one for one in self.places + self.left if one.is_feed]

    @property
    def count(self):
        """How much is made anew: the page, what it takes along, lists and feeds."""
        return len(self.marks) + len(self.pages) + len(self.feeds)

    def as_json(self):
        return {
            "count": self.count,
            "copies": len(self.marks),
            "pages": [one.path for one in self.pages],
            "feeds": [one.path for one in self.feeds],
            "redirects": [list(pair) for pair in self.redirects],
            "path": self.path,
            "text": self.text,
        }


def changes_of(item, verb):
    """What the verb would change; None for one that readers notice nothing of."""
    if verb in TAKES_DOWN:
        version = None
    elif verb in GOES_LIVE:
        version = _next_version(item, verb)
        if version is None:
            return None
    else:
        return None
    now = truths_of({item.pk: item.KIND})[item.pk]
    if version is None and not now.live:
        return None
    before = project(now)[0] if now.live else None
    after = None
    found = Changes(
        was_live=now.live,
        will_be_live=version is not None,
        old_path=url_of(now),
        since=item.live_version.number if now.live else None,
        marks=actions.marks_of(item, version),
    )
    if version is not None:
        truth = appearance.truth_with(item, version.snapshot, version=version)
        after = project(truth)[0]
        found.path = url_of(truth)
        if now.live:
            changed = difference(item.live_version.snapshot, version.snapshot)
            found.text = describe(changed)
    here = _places(after) if after is not None else []
    there = _places(before) if before is not None else []
    found.places = here
    found.left = [one for one in there if one not in here]
    found.redirects = _redirects(now, found)
    found.copies = _copies(item, found)
    return found


def _next_version(item, verb):
    if verb == "approve" or item.approved_version is None:
        if verb != "approve":
            return None
        snapshot = item.snapshot()
        return Version(
            kind=item.KIND,
            item_id=item.pk,
            number=item.current_version,
            snapshot=snapshot,
            rendered=item.render(snapshot),
            created_at=item.updated_at,
        )
    return item.approved_version


def _places(row):
    """The pages and feeds that list this publication."""
    if isinstance(row, PublishedCourse):
        return [
            Place("Home page", path_to("home")),
            Place("All courses", path_to("courses")),
            Place("Sitemap", path_to("sitemap"), is_feed=True),
        ]
    if row.kind == PublishedArticle.Kind.PAGE:
        return [Place("Sitemap", path_to("sitemap"), is_feed=True)]
    month = localtime(row.first_published_at)
    found = [
        Place("Home page", path_to("home")),
        Place("All stories", path_to("articles")),
        Place(f"Archive, {month:%B %Y}", path_to("month", (month.year, month.month))),
        Place(f"Author {row.author_name}", path_to("author", row.author_slug)),
        *(
            Place(f"Category {one['name']}", path_to("category", one["slug"]))
            for one in row.breadcrumbs
        ),
        *(Place(f"Tag {one['name']}", path_to("tag", one["slug"])) for one in row.tags),
    ]
    feeds = [Place("Feed of everything", path_to("feed", "rss"), is_feed=True)]
    feeds.append(
        Place(
            f"Feed of {row.author_name}",
            path_to("author_feed", row.author_slug, "rss"),
            is_feed=True,
        )
    )
    for kind, several in (("category", row.breadcrumbs), ("tag", row.tags)):
        feeds += [
            Place(
                f"Feed of {one['name']}",
                path_to(f"{kind}_feed", one["slug"], "rss"),
                is_feed=True,
            )
            for one in several
        ]
    return [*found, *feeds, Place("Sitemap", path_to("sitemap"), is_feed=True)]


def _redirects(now, changes):
    """Addresses that will lead elsewhere, or say that it is gone."""
    if not now.live:
        return []
    if not changes.will_be_live:
        return [(changes.old_path, "")]
    if changes.old_path != changes.path:
        return [(changes.old_path, changes.path)]
    return []


def _copies(item, changes):
    others = {pk: kind for pk, kind in changes.marks.items() if pk != item.pk}
    media = [pk for pk, kind in others.items() if kind == ItemKind.MEDIA]
    found = []
    for one in Media.objects.filter(pk__in=media):
        found.append(f"Picture or file “{one}” in the public library")
    if any(kind == ItemKind.PROFILE for kind in others.values()):
        found.append("The author's public profile")
    return found


@outages.otherwise(
    {
        "stage": "committed",
        "sentence": "Kept. The public store does not answer just now; the worker tries "
        "until it does.",
        "done": False,
    }
)
def receipt_of(item, version):
    """How far a version (None: its taking down) is on its way to readers."""
    receipt = Receipt.objects.filter(item_id=item.pk).order_by("-committed_at").first()
    is_ours = receipt is not None and (
        (receipt.content_version or 0) >= version if version else not receipt.is_live
    )
    if not is_ours:
        return {
            "stage": "committed",
            "sentence": "On its way to the readers…",
            "done": False,
        }
    seconds = receipt.seconds_to_live
    if seconds is not None:
        word = "Live" if receipt.is_live else "Gone"
        return {
            "stage": "seen",
            "sentence": f"{word} in {seconds:.1f} s: a reader's page shows it.",
            "seconds": round(seconds, 3),
            "url": receipt.url,
            "done": True,
        }
    return {
        "stage": "delivered",
        "sentence": receipt.error or "Delivered; waiting to see it as a reader does…",
        "url": receipt.url,
        "done": False,
    }
