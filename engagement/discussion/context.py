"""What the discussion of one item shows to one reader."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from engagement.comments.models import Comment
from engagement.comments.writing import MAX_LENGTH
from engagement.counters.models import CounterTotal, Metric
from engagement.discussion import threads
from engagement.reactions.models import Reaction


@dataclass
class ReactionButton:
    kind: str
    label: str
    count: int
    is_mine: bool

    @property
    def sends(self):
        """What a tap sends: the reaction, or nothing to take it back."""
        return "" if self.is_mine else self.kind


def discussion_context(ref, member, query, **extra):
    """The template's context. The number of queries does not depend on how much
    is said: counts, own reactions, threads, pinned threads, replies.

    `query` is the QueryDict of the address: order, cursor, thread.
    """
    user_id = member.pk if member else None
    order = query.get("order")
    order = order if order in threads.ORDERS else threads.DEFAULT_ORDER
    cursor = query.get("cursor")
    page = None
    thread = _uuid(query.get("thread"))
    if thread:
        page = threads.page_of_one_thread(ref, thread, user_id=user_id, cursor=cursor)
    if page is None:
        thread = None
        page = threads.page_of_threads(ref, user_id=user_id, order=order, cursor=cursor)

    counts = CounterTotal.objects.of([ref.pk, *page.comment_ids])
    mine = {}
    if member:
        mine = dict(
            Reaction.objects.by(user_id)
            .filter(target_id__in=[ref.pk, *page.comment_ids])
            .values_list("target_id", "kind")
        )
    now = timezone.now()
    address = reverse("engagement:discussion", args=[ref.kind, ref.pk])
    kept = {"order": order, "thread": thread, "cursor": cursor}
    kept = {name: value for name, value in kept.items() if value}
    if kept.get("order") == threads.DEFAULT_ORDER:
        del kept["order"]
    return {
        "content": ref,
        "member": member,
        "comment_count": counts[ref.pk].get(Metric.COMMENT, 0),
        "reactions": [
            ReactionButton(
                kind=kind,
                label=label,
                count=counts[ref.pk].get(kind, 0),
                is_mine=mine.get(ref.pk) == kind,
            )
            for kind, label in Reaction.Kind.choices
        ],
        "comments": [
            {
                "comment": one.comment,
                "level": one.level,
                "answers": one.answers,
                "missing_replies": one.missing_replies,
                "like": ReactionButton(
                    kind=Reaction.Kind.LIKE,
                    label="Like",
                    count=counts[one.comment.pk].get(Metric.LIKE, 0),
                    is_mine=mine.get(one.comment.pk) == Reaction.Kind.LIKE,
                ),
                "is_mine": bool(member) and one.comment.user_id == user_id,
                "is_editable": one.comment.is_editable_by(user_id, at=now),
                "is_deletable": one.comment.is_deletable_by(user_id),
                "is_readable": one.comment.is_visible
                or (one.comment.is_waiting and one.comment.user_id == user_id),
            }
            for one in page.shown
        ],
        "order": order,
        "orders": [("new", "Newest"), ("old", "Oldest"), ("top", "Most liked")],
        "thread": thread,
        "address": address,
        "query": f"?{urlencode(kept)}" if kept else "",
        "next_query": _next(kept, page.next_cursor),
        "body": "",
        "open_comment": None,
        "open_form": "",
        "error": "",
        "sign_in_url": sign_in_url(ref),
        "deleted": Comment.Status.DELETED,
        "max_length": MAX_LENGTH,
        **extra,
    }


def sign_in_url(ref):
    back = f"{ref.url}#discussion" if ref.url else "/"
    return f"{settings.LOGIN_URL}?{urlencode({'next': back})}"


def _next(kept, cursor):
    return f"?{urlencode(kept | {'cursor': cursor})}" if cursor else ""


def _uuid(text):
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
