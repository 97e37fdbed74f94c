"""What publishing announces. It never imports its listeners."""

from django.dispatch import Signal

delivered = Signal()
"""Items were applied to the public store, or found applied already.

Sent by the worker after the public commit and before the event is acknowledged; an
exception leaves the event to be retried, so a listener may be called late, twice and
out of order and must guard on (epoch, sequence). Arguments: items, a list of
{"id": UUID, "kind": str, "live": bool, "epoch": int, "sequence": int, "ref": dict,
"announce": bool}; `announce` says that this is news for readers (an import is not).
`ref` of an article or course: {"title", "url", "author_id", "comments_open"}; of a
profile: {"display_name", "slug", "avatar_url", "is_verified"}; else empty.
"""
