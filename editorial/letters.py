"""Mail about what the desk told somebody: asked for a review, named, or reminded.

One mail says everything that waits, and there is at most one in ten minutes. Nobody
is told by mail what they have read on the desk, or may no longer view.
"""

from datetime import timedelta
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mail import send_after_commit
from cms.databases import EDITORIAL
from editorial.models import ITEM_MODELS, Notice, NoticeWish

MAILED = (Notice.Kind.ASSIGNED, Notice.Kind.MENTIONED, Notice.Kind.REMINDED)
WAITS = timedelta(minutes=2)
"""So long a notice may be read on the desk before it is mailed."""
QUIET = timedelta(minutes=10)
"""Between two mails to one person."""
TOO_OLD = timedelta(days=2)
"""What could not be mailed by then is no news."""
AT_ONCE = 500
MOST_IN_A_MAIL = 20


def desk_origin():
    """Where the desk is: from the settings, never from the Host of a request."""
    desk = urlsplit(settings.DESK_URL)
    return f"{desk.scheme}://{desk.netloc}" if desk.scheme else settings.SITE_ORIGIN


def wants_mail(person):
    wish = NoticeWish.objects.filter(pk=person.pk).first()
    return wish is None or wish.by_mail


def visible(notices, person):
    """Those about items that the person may view, or about none."""
    notices = list(notices)
    seen = set()
    for kind, model in ITEM_MODELS.items():
        ids = {one.item_id for one in notices if one.item_kind == kind}
        if ids:
            found = model.objects.visible_to(person).filter(pk__in=ids)
            seen |= set(found.values_list("pk", flat=True))
    return [one for one in notices if one.item_id is None or one.item_id in seen]


def mail_notices():
    """For the clock: one letter to each person who has not looked. How many went."""
    now = timezone.now()
    sent = 0
    with transaction.atomic(using=EDITORIAL):
        waiting = (
            Notice.objects.unread()
            .filter(kind__in=MAILED, mailed_at=None, person__is_active=True)
            .filter(created_at__lt=now - WAITS, created_at__gt=now - TOO_OLD)
            .filter(Q(person__notice_wish=None) | Q(person__notice_wish__by_mail=True))
            .exclude(person__in=_written_to_lately(now))
            .select_related("person")
            .order_by("person_id", "created_at")
            .select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
        )
        for _, notices in groupby(waiting, key=lambda one: one.person_id):
            notices = list(notices)
            person = notices[0].person
            told = visible(notices, person)[-MOST_IN_A_MAIL:]
            Notice.objects.filter(pk__in=[one.pk for one in notices]).update(
                mailed_at=now
            )
            if told and person.is_staff:
                _write(person, told)
                sent += 1
    return sent


def _written_to_lately(now):
    return (
        Notice.objects.filter(mailed_at__gt=now - QUIET)
        .values_list("person_id", flat=True)
        .distinct()
    )


def _write(person, notices):
    send_after_commit(
        "editorial/mail/notices",
        person.email,
        {
            "person": person,
            "notices": notices,
            "desk": desk_origin(),
        },
    )
