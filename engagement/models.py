"""The table of contents: each noun's models, in its own package."""

from engagement.activity.models import Activity
from engagement.comments.models import Comment
from engagement.counters.models import CounterDelta, CounterPublish, CounterTotal
from engagement.reactions.models import Reaction
from engagement.refs.models import ContentRef, UserRef
from engagement.searches.models import SearchClick, SearchQuery
from engagement.views.models import (
    IncomingView,
    IngestBatch,
    PageView,
    ViewBreakdown,
    ViewDay,
    ViewRollup,
)

__all__ = [
    "Activity",
    "Comment",
    "ContentRef",
    "CounterDelta",
    "CounterPublish",
    "CounterTotal",
    "IncomingView",
    "IngestBatch",
    "PageView",
    "Reaction",
    "SearchClick",
    "SearchQuery",
    "UserRef",
    "ViewBreakdown",
    "ViewDay",
    "ViewRollup",
]
