"""What the readers of the demo newspaper say to each other."""
# ruff: noqa: E501  (prose)

import random
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from cms.databases import ENGAGEMENT
from engagement.comments import actions as comments
from engagement.comments.models import Comment
from engagement.reactions.actions import react
from engagement.refs.models import ContentRef, UserRef
from engagement.views import days, drain
from engagement.views.models import PageView

TALK = {
    # address of the page: [(key, who, answers, hours ago, text)]
    "/articles/the-tide-that-keeps-the-towns-time/": (
        (
            "tide-1", "reader", "", 40,
            "My grandmother had a mark on the cellar stairs and a word for each step. "
            "I never knew that this was a *method*.",
        ),
        (
            "tide-2", "author", "tide-1", 38,
            "What were the words? I am serious: I would like to print them.",
        ),
        (
            "tide-3", "reader", "tide-2", 37,
            "Dry, damp, coat, boat. In this order.",
        ),
        (
            "tide-4", "mateo", "tide-3", 30,
            "**Dry, damp, coat, boat** is now on our office door.",
        ),
        (
            "tide-5", "edith", "", 21,
            "The radar at our pier measures spray, too. We have asked for it to be "
            "moved since 2011.",
        ),
        ("tide-6", "omar", "tide-5", 20, "Which pier? Ours shows nothing at all in fog."),
    ),
    "/articles/bread-is-a-clock/": (
        (
            "bread-1", "juno", "", 200,
            "Does the table hold for rye? Mine is always twice as fast as it says.",
        ),
        (
            "bread-2", "luca", "bread-1", 198,
            "It does not. Rye keeps its own time; I will add a line about it.",
        ),
        (
            "bread-3", "edith", "", 150,
            "Half as much again, with tape on the bowl: thirty years, and nobody told me.",
        ),
    ),
    "/articles/a-telescope-made-of-patience/": (
        (
            "telescope-1", "omar", "", 90,
            "I counted to forty thousand strokes and then my daughter dropped the disc. "
            "We planted basil in the bucket.",
        ),
        ("telescope-2", "amara", "telescope-1", 88, "May I put this in the next story?"),
        ("telescope-3", "omar", "telescope-2", 87, "Only with the basil."),
    ),
    "/articles/how-we-correct-ourselves/": (
        (
            "corrections-1", "mateo", "", 300,
            "Number twelve: the Karpfengasse has a number nine, but it is a garage.",
        ),
        (
            "corrections-2", "chief", "corrections-1", 296,
            "You are right, and the chalk belongs to number seven. Corrected, with thanks.",
        ),
    ),
}  # fmt: skip

LIKED = (
    # address of the page, who, what
    ("/articles/the-tide-that-keeps-the-towns-time/", "reader", "love"),
    ("/articles/the-tide-that-keeps-the-towns-time/", "mateo", "insightful"),
    ("/articles/the-tide-that-keeps-the-towns-time/", "juno", "like"),
    ("/articles/the-tide-that-keeps-the-towns-time/", "edith", "helpful"),
    ("/articles/bread-is-a-clock/", "juno", "helpful"),
    ("/articles/bread-is-a-clock/", "reader", "like"),
    ("/articles/a-telescope-made-of-patience/", "omar", "celebrate"),
    ("/articles/a-telescope-made-of-patience/", "edith", "love"),
    ("/articles/what-the-library-lends-besides-books/", "mateo", "like"),
    ("/articles/how-we-correct-ourselves/", "reader", "insightful"),
    ("/articles/how-we-correct-ourselves/", "omar", "like"),
    ("/articles/counting-what-will-not-sit-still/", "juno", "like"),
)


SOURCES = (
    # how many of a hundred, where from, site, campaign
    (34, "search", "www.google.com", ""),
    (9, "search", "duckduckgo.com", ""),
    (22, "direct", "", ""),
    (15, "mail", "", "sunday-letter"),
    (12, "social", "bsky.app", ""),
    (8, "other", "harbour-notes.example", ""),
)
DAYS_OF_READERS = 20


def bring_readers():
    """Some weeks of readers, always the same ones; more for what is newer."""
    if PageView.objects.exists():
        return
    chance = random.Random(7)  # noqa: S311  (no secret: the demo looks the same twice)
    now = timezone.now()
    lines = []
    live = ContentRef.objects.live().filter(kind__in=["article", "course"])
    for place, ref in enumerate(live.order_by("-id")):
        for ago in range(DAYS_OF_READERS):
            for _ in range(chance.randrange(2 + 18 // (1 + place // 3))):
                when = now - timedelta(days=ago, minutes=chance.randrange(1440))
                lines += _reader(chance, ref, when)
    with transaction.atomic(using=ENGAGEMENT):
        drain.write("\n".join(lines).encode())
        for ago in range(DAYS_OF_READERS + 1):
            days.count((now - timedelta(days=ago)).date())


def _reader(chance, ref, when):
    """Somebody comes, and mostly says how long they stayed; now and then a robot."""
    entry = {
        "content_kind": ref.kind,
        "content_id": ref.pk.hex,
        "at": int(when.timestamp() * 1000),
    }
    if chance.random() < 0.1:
        return [drain.line(entry | {"event": "b"})]
    [(_, source, host, campaign)] = chance.choices(SOURCES, [row[0] for row in SOURCES])
    visit = {
        "event": "v",
        "visitor": UUID(int=chance.getrandbits(128)).hex,
        "device": chance.choice(["mobile", "mobile", "desktop", "tablet"]),
        "source": source,
        "referrer_host": host,
        "utm_source": "letter" if campaign else "",
        "utm_campaign": campaign,
    }
    found = [drain.line(entry | visit)]
    if chance.random() < 0.8:
        read = {
            "event": "r",
            "seconds": int(chance.lognormvariate(4.2, 0.8)),
            "scroll": min(100, int(chance.triangular(10, 130, 100))),
        }
        found.append(drain.line(entry | read))
    return found


def write_discussion(people):
    """Comments in threads, and reactions. Safe to repeat."""
    addresses = {*TALK, *(page for page, *_ in LIKED)}
    live = ContentRef.objects.live().filter(url__in=addresses)
    pages = {ref.url: ref for ref in live}
    for page, said in TALK.items():
        if page in pages:
            _talk(pages[page], said, people)
    for page, who, reaction in LIKED:
        if page in pages:
            react(
                by=people[who].pk,
                kind=pages[page].kind,
                target_id=pages[page].pk,
                reaction=reaction,
            )


def _talk(ref, said, people):
    for key, who, answers, hours, text in said:
        source = f"demo:{key}"
        with transaction.atomic(using=ENGAGEMENT):
            if Comment.objects.filter(source_key=source).exists():
                continue
            parent = Comment.objects.filter(source_key=f"demo:{answers}").first()
            comment = comments.post(
                by=UserRef.objects.remember(people[who]),
                ref=ref,
                body=text,
                parent_id=parent.pk if parent else None,
            )
            if not comment.is_visible:
                comments.moderate(
                    comment.pk,
                    by=people["moderator"].pk,
                    status=Comment.Status.APPROVED,
                )
            when = timezone.now() - timedelta(hours=hours)
            Comment.objects.filter(pk=comment.pk).update(
                source_key=source, created_at=when, updated_at=when
            )
