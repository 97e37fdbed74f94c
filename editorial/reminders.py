"""What nobody else would remember: a review that is late, a licence that ends.

Called by the clock every hour. Each reminder is one sentence to one person, and is
said once: that of a review once a day, that of a licence a month and a week before.
What was said is known by the notices themselves, and what is asked about is locked
while it is, so that two clocks say nothing twice.
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial.library import may_describe, uses_in_full
from editorial.models import ITEM_MODELS, Media, Notice, Review

AT_ONCE = 500
"""Reviews, or files, in one round."""
MOST_USES = 50
LEFT = (
    # days before its end, and how that is said
    (timedelta(days=7), "in less than a week"),
    (timedelta(days=30), "in less than a month"),
)


def remind():
    """Everything there is to be reminded of now. How many were told."""
    return remind_of_late_reviews() + remind_of_licences()


# --- Reviews ----------------------------------------------------------------------


def remind_of_late_reviews(now=None):
    """The reviewer, and whose text waits: once on each day of the newsroom."""
    now = now or timezone.now()
    late = Review.objects.open().filter(due_at__lt=now).order_by("due_at")
    told = 0
    for pk in late.values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic(using=EDITORIAL):
            locked = late.select_for_update(of=("self",), skip_locked=True)
            review = locked.select_related("reviewer").filter(pk=pk).first()
            if review is not None:
                told += _of_review(review, now)
    return told


def _of_review(review, now):
    model = ITEM_MODELS[review.content_type]
    item = model.objects.filter(pk=review.content_id).first()
    if item is None:
        return 0
    day = timezone.localtime(review.due_at)
    due = f"{day:%A}, {day.day} {day:%B} at {day:%H:%M %Z}"
    page = reverse(f"admin:editorial_{item.KIND}_change", args=[item.pk])
    told = _tell_today(
        review.reviewer,
        f"Your review of “{item}” was due on {due}. If you cannot do it, hand it over.",
        page,
        item,
        now,
    )
    if item.owner_id != review.reviewer_id:
        sentence = f"The review of “{item}” by {review.reviewer} was due on {due}."
        told += _tell_today(item.owner, sentence, page, item, now)
    return told


def _tell_today(person, sentence, page, item, now):
    midnight = datetime.combine(timezone.localdate(now), time.min)
    today = timezone.make_aware(midnight)
    said = Notice.objects.of(person).filter(kind=Notice.Kind.REMINDED, item_id=item.pk)
    if not _hears(person) or said.filter(created_at__gte=today).exists():
        return 0
    _say(person, sentence, page, now, item=item)
    return 1


# --- Licences ---------------------------------------------------------------------


def remind_of_licences(now=None):
    """Who uses the file, and who brought it in: a month before its end, and a week."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    soon = Media.objects.filter(
        licence_expires_on__gte=today,
        licence_expires_on__lte=today + max(left for left, _ in LEFT),
    ).order_by("licence_expires_on", "id")
    told = 0
    for pk in soon.values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic(using=EDITORIAL):
            found = soon.select_for_update(of=("self",), skip_locked=True)
            media = found.select_related("uploaded_by").filter(pk=pk).first()
            if media is not None:
                told += _of_licence(media, today, now)
    return told


def _of_licence(media, today, now):
    ends = media.licence_expires_on
    how_soon = next(words for left, words in LEFT if ends <= today + left)
    sentence = (
        f"The licence of “{str(media)[:300]}” ends {how_soon}, on {ends.day} "
        f"{ends:%B %Y}. Renew it, or take the file out of what shows it."
    )
    page = reverse("admin:editorial_media_change", args=[media.pk])
    told = 0
    for person in _concerned(media):
        said = Notice.objects.of(person).filter(
            kind=Notice.Kind.REMINDED, sentence=sentence, url=page
        )
        if not said.exists():
            _say(person, sentence, page, now)
            told += 1
    return told


def _concerned(media):
    """Those whose articles and courses show it, and who may put it right."""
    found = {}
    for kind, pk in uses_in_full(media, MOST_USES):
        item = ITEM_MODELS[kind].objects.filter(pk=pk).first()
        if item is None:
            continue  # deleted since the uses were counted
        for person in (item.owner, item.assigned_editor):
            if person is not None and may(person, "view", item):
                found[person.pk] = person
    keeper = media.uploaded_by
    if keeper is not None and may_describe(keeper, media):
        found[keeper.pk] = keeper
    # In one order, so that two rounds cannot wait for each other.
    return [person for _, person in sorted(found.items()) if _hears(person)]


# --- Saying -----------------------------------------------------------------------


def _hears(person):
    return person.is_active and person.is_staff


def _say(person, sentence, page, now, *, item=None):
    Notice.objects.create(
        person=person,
        kind=Notice.Kind.REMINDED,
        sentence=sentence[:500],
        url=page,
        item_kind=item.KIND if item is not None else "",
        item_id=item.pk if item is not None else None,
        created_at=now,
    )
