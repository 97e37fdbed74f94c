"""The desk's page of truth: does what readers see agree with the newsroom?"""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, FloatField
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Extract
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may
from cms.admin import page, panel
from cms.databases import EDITORIAL
from editorial.admin.house import origin_of
from editorial.models import AuditLog, OutboxEvent, Verification
from editorial.signals import outbox_written
from publishing.models import Receipt

MENDS = "view_audit"
"""Who may compare and repair: admins, everywhere. The table of rights gives them the
audit log for the same reason."""
LATELY = timedelta(days=1)
LATE = timedelta(minutes=1)
SHOWN = 25
STALE = timedelta(days=2)
"""A verification older than this is none."""
EVENT = "admin:editorial_outboxevent_change"
PLACES = {
    "article": "admin:editorial_article_change",
    "course": "admin:editorial_course_change",
    "category": "admin:editorial_category_change",
    "tag": "admin:editorial_tag_change",
    "media": "admin:editorial_media_change",
    "profile": "admin:accounts_user_change",
}
IN_WORDS = {
    "missing": "Readers do not get it, and ought to",
    "orphan": "Readers get it, and ought not to",
    "stale": "An event that waits will bring what is new",
    "altered": "Readers get something else than what was published",
}


class Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


# --- What it says -------------------------------------------------------------------


def speed():
    """How fast publishes of the last day reached an anonymous reader."""
    lately = Receipt.objects.filter(committed_at__gt=timezone.now() - LATELY)
    took = Extract(F("seen_at") - F("committed_at"), "epoch")
    seen = lately.exclude(seen_at=None)
    p95 = seen.aggregate(p95=Percentile(took))["p95"]
    unseen = lately.filter(seen_at=None, committed_at__lt=timezone.now() - LATE)
    return {
        "count": seen.count(),
        "p95": p95,
        "objective": settings.PUBLISH_OBJECTIVE_SECONDS,
        "met": p95 is None or p95 <= settings.PUBLISH_OBJECTIVE_SECONDS,
        "unseen": list(unseen.exclude(url="").order_by("-committed_at")[:SHOWN]),
    }


def waiting():
    """What did not reach the public store yet, and why."""
    events = OutboxEvent.objects.waiting()
    oldest = events.order_by("id").first()
    now = timezone.now()
    return {
        "failing": list(events.exclude(error="").order_by("id")[:SHOWN]),
        "oldest": oldest,
        "is_late": oldest is not None and oldest.created_at < now - LATE,
        "count": len(events.values_list("pk", flat=True)[:1000]),
    }


def standing():
    """The newest runs, and what the last one that came to its end says."""
    runs = list(Verification.objects.newest_first().defer("roots")[:10])
    finished = (
        next(
            (one for one in runs if one.state == Verification.State.FINISHED),
            None,
        )
        or Verification.objects.finished().newest_first().first()
    )
    newest = runs[0] if runs else None
    state = Verification.State
    busy = next((one for one in runs if one.is_under_way), None)
    if busy is None and newest and newest.state == state.WAITING:
        is_recent = newest.begun_at > timezone.now() - timedelta(minutes=10)
        busy = newest if is_recent else None
    return {
        "runs": runs,
        "last": finished,
        "busy": busy,
        "is_old": finished is not None and finished.ended_at < timezone.now() - STALE,
        "left": left_of(finished) if finished else 0,
    }


def left_of(run):
    return max(0, run.drifted - run.healed)


def alarms(found, events, speed):
    """Sentences about what is broken now, the worst first."""
    if events["failing"]:
        yield "Deliveries fail. What they say stands below; they are tried again."
    if events["is_late"] and not events["failing"]:
        since = events["oldest"].created_at
        minutes = int((timezone.now() - since).total_seconds() // 60)
        yield (
            f"The oldest change waits for {minutes} min to reach the readers. Is the "
            "worker running?"
        )
    if found["left"]:
        yield (
            f"{found['left']} public copies differed from the truth when they were "
            "last compared."
        )
    if found["last"] and found["last"].error:
        yield found["last"].error
    if found["is_old"]:
        yield "The stores were not compared lately. Is the clock (celery beat) running?"
    if not speed["met"]:
        yield (
            f"95 of 100 publishes took up to {speed['p95']:.1f} s to reach a reader; "
            f"the objective is {speed['objective']} s."
        )


# --- The page -----------------------------------------------------------------------


def _check(request, right="view_sync"):
    if not may(request.user, right):
        raise PermissionDenied("This is for those who look after the public copy.")


@page("truth/", name="truth", menu="Public copy", right="view_sync")
@require_safe
def truth(request, *, desk):
    _check(request)
    found, events, fast = standing(), waiting(), speed()
    last = found["last"]
    lines = [
        line | {"url": reverse(PLACES[line["kind"]], args=[line["id"]])}
        | {"means": IN_WORDS[line["verdict"]]}
        for line in (last.drift[:SHOWN] if last else [])
        if line["kind"] in PLACES
    ]  # fmt: skip
    return desk.show(
        request,
        "admin/desk/truth.html",
        title="Public copy",
        alarms=list(alarms(found, events, fast)),
        lines=lines,
        more=last.drifted - len(lines) if last else 0,
        events=events,
        speed=fast,
        may_mend=may(request.user, MENDS),
        **found,
    )


@page("truth/run/", name="truth_run")
@require_POST
def run(request, *, desk):
    """Compare now; with `heal` what differs is written anew, with `full` everything is
    projected anew."""
    _check(request, MENDS)
    from publishing.tasks import verify_as_asked

    if (busy := standing()["busy"]) is not None:
        messages.warning(request, f"{busy} is under way already.")
        return HttpResponseRedirect(reverse("admin:truth"))
    with transaction.atomic(using=EDITORIAL):
        one = Verification.objects.create(
            asked_by=request.user.display_name,
            heals="heal" in request.POST,
            is_full="full" in request.POST,
        )
        verb = "heal_public" if one.heals else "verify_public"
        _audit(request, verb, one, full=one.is_full)
    try:
        verify_as_asked.apply_async([str(one.pk)], retry=False)
    except Exception:
        Verification.objects.filter(pk=one.pk).update(
            state=Verification.State.FAILED,
            ended_at=timezone.now(),
            error="The worker could not be reached: Redis does not answer.",
        )
        messages.error(
            request,
            "The worker cannot be reached: Redis does not answer. On the server, "
            "manage.py verify_public does the same without it.",
        )
    else:
        messages.success(request, "It begins. This page shows how far it is.")
    return HttpResponseRedirect(reverse("admin:truth"))


@page("truth/stop/<uuid:pk>/", name="truth_stop")
@require_POST
def stop(request, pk, *, desk):
    _check(request, MENDS)
    with transaction.atomic(using=EDITORIAL):
        one = Verification.objects.select_for_update().filter(pk=pk).first()
        if one is None:
            raise Http404("There is no such run.")
        one.stop_asked = True
        if one.state == Verification.State.WAITING:
            one.state, one.ended_at = Verification.State.STOPPED, timezone.now()
        one.save(update_fields=["stop_asked", "state", "ended_at"])
        _audit(request, "stop_verification", one)
    messages.success(
        request, "It stops in a moment. What was found equal is not compared again."
    )
    return HttpResponseRedirect(reverse("admin:truth"))


@page("truth/retry/", name="truth_retry")
@require_POST
def retry(request, *, desk):
    """Do not wait out the pauses after failures: the worker may take them at once."""
    _check(request)
    events = list(OutboxEvent.objects.waiting().exclude(error="")[:1000])
    with transaction.atomic(using=EDITORIAL):
        waiting_now = OutboxEvent.objects.waiting().exclude(error="")
        waiting_now.filter(pk__in=[event.pk for event in events]).update(
            lease_until=None
        )
        _audit(request, "retry", None, events=len(events))
    for event in events[:SHOWN]:
        outbox_written.send(OutboxEvent, event=event)
    messages.success(request, f"{len(events)} deliveries are tried again now.")
    return HttpResponseRedirect(reverse("admin:truth"))


def _audit(request, verb, one, **more):
    AuditLog.objects.record(
        verb,
        by=request.user,
        resource_type="verification",
        resource_id=one.pk if one else None,
        new={"name": str(one) if one else "Deliveries that failed", **more},
        **origin_of(request),
    )


@panel(order=6, title="Public copy")
def public_copy(request):
    """Only where it wants somebody: readers do not get what was published."""
    if not may(request.user, MENDS):
        return None
    found = standing()
    if not found["left"]:
        return None
    return {
        "template": "admin/desk/truth_panel.html",
        "rows": [found["last"]],
        "left": found["left"],
        "tone": "urgent",
        "more": reverse("admin:truth"),
    }
