"""A page of threads: what is shown, in which order, and where the next one begins."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from engagement.comments.models import Comment

PER_PAGE = 20
REPLIES_PER_THREAD = 10
REPLIES_PER_PAGE = 100
"""Of one thread, on the page of its own."""
DEEPEST_LEVEL = 4
"""Deeper replies are shown at this level, with the name of whom they answer."""

ORDERS = {
    "new": ("-created_at", "-id"),
    "old": ("created_at", "id"),
    "top": ("-like_count", "-created_at", "-id"),
}
DEFAULT_ORDER = "new"

_PARSERS = {"created_at": datetime.fromisoformat, "id": UUID, "like_count": int}


@dataclass
class Shown:
    """One comment and how it stands on the page."""

    comment: Comment
    level: int
    answers: str = ""
    """Whose comment it answers, where the indentation does not show it."""
    missing_replies: int = 0
    """Below the first comment of a thread: how many did not fit."""


@dataclass
class ThreadPage:
    shown: list[Shown]
    next_cursor: str | None = None

    @property
    def comment_ids(self):
        return [one.comment.pk for one in self.shown]


def page_of_threads(ref, *, user_id, order=DEFAULT_ORDER, cursor=None):
    """The next threads under `ref`. At most three queries, however many comments."""
    keys = ORDERS[order]
    position = _read(cursor, keys)
    threads = (
        Comment.objects.on(ref.kind, ref.pk)
        .threads()
        .shown_to(user_id)
        .with_people()
        .order_by(*keys)
    )
    roots = list(
        threads.filter(_after(keys, position), is_pinned=False)[: PER_PAGE + 1]
    )
    roots, more = roots[:PER_PAGE], len(roots) > PER_PAGE
    next_cursor = _write(keys, roots[-1]) if more else None
    if position is None:
        roots = [*threads.filter(is_pinned=True)[:PER_PAGE], *roots]
    replies = {}
    if roots:
        for reply in (
            Comment.objects.shown_to(user_id)
            .with_people()
            .in_threads([root.pk for root in roots], at_most=REPLIES_PER_THREAD)
        ):
            replies.setdefault(reply.root_id, []).append(reply)
    shown = []
    for root in roots:
        shown += arrange(root, replies.get(root.pk, []))
    return ThreadPage(shown, next_cursor)


def page_of_one_thread(ref, root_id, *, user_id, cursor=None):
    """One thread, whole or from the cursor on; None if there is no such thread."""
    root = (
        Comment.objects.on(ref.kind, ref.pk)
        .threads()
        .shown_to(user_id)
        .with_people()
        .filter(pk=root_id)
        .first()
    )
    if root is None:
        return None
    keys = ORDERS["old"]
    replies = list(
        Comment.objects.shown_to(user_id)
        .with_people()
        .filter(_after(keys, _read(cursor, keys)), root_id=root.pk)
        .exclude(parent=None)
        .order_by(*keys)[: REPLIES_PER_PAGE + 1]
    )
    replies, more = replies[:REPLIES_PER_PAGE], len(replies) > REPLIES_PER_PAGE
    shown = arrange(root, replies)
    shown[0].missing_replies = 0
    return ThreadPage(shown, _write(keys, replies[-1]) if more else None)


def arrange(root, replies):
    """The thread in reading order: each comment followed by its replies."""
    here = {root.pk: root} | {reply.pk: reply for reply in replies}
    below = {}
    for reply in replies:
        # On a later page the answered comment may be missing: then below the first.
        parent_id = reply.parent_id if reply.parent_id in here else root.pk
        below.setdefault(parent_id, []).append(reply)
    shown, waiting = [], [(root, 0)]
    while waiting:
        comment, depth = waiting.pop()
        entry = Shown(comment, level=min(depth, DEEPEST_LEVEL))
        if depth > DEEPEST_LEVEL or (depth == 1 and comment.parent_id != root.pk):
            answered = here.get(comment.parent_id)
            entry.answers = answered.author_name if answered else "an earlier comment"
        shown.append(entry)
        for reply in reversed(below.get(comment.pk, [])):
            waiting.append((reply, depth + 1))
    visible_here = sum(reply.is_visible for reply in replies)
    shown[0].missing_replies = max(0, root.reply_count - visible_here)
    return shown


# --- Keyset cursors ------------------------------------------------------------------


def _write(keys, comment):
    values = []
    for key in keys:
        value = getattr(comment, key.lstrip("-"))
        values.append(value.isoformat() if isinstance(value, datetime) else str(value))
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(cursor, keys):
    """The values of a cursor; None for none, or for one that nobody gave out."""
    if not cursor or len(cursor) > 300:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(values, list) or len(values) != len(keys):
            return None
        parsed = [
            _PARSERS[key.lstrip("-")](value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        return None
    if any(isinstance(v, datetime) and v.tzinfo is None for v in parsed):
        return None
    if any(isinstance(v, int) and abs(v) > 2**31 for v in parsed):
        return None
    return parsed


def _after(keys, values):
    """Whatever stands behind `values` in the order of `keys`."""
    if values is None:
        return Q()
    condition, equal = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        name = key.lstrip("-")
        side = "lt" if key.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{side}": value})
        equal &= Q(**{name: value})
    return condition
