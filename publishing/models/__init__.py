"""The public database: published copies only, written by the sync worker alone."""

from publishing.models.articles import PublishedArticle
from publishing.models.changes import ContentChange, ContentChangeHead
from publishing.models.counters import ContentCounter
from publishing.models.courses import GatedLesson, PublishedCourse, PublishedLesson
from publishing.models.people import PublicUserProfile
from publishing.models.purges import PageChange, PageClock, PurgeTarget
from publishing.models.redirects import PublicRedirect
from publishing.models.sync import Receipt, SyncEpoch, SyncFence, VerifiedCopy
from publishing.models.taxonomy import (
    PublishedCategory,
    PublishedMedia,
    PublishedTag,
)

__all__ = [
    "ContentChange",
    "ContentChangeHead",
    "ContentCounter",
    "GatedLesson",
    "PageChange",
    "PageClock",
    "PublicRedirect",
    "PublicUserProfile",
    "PublishedArticle",
    "PublishedCategory",
    "PublishedCourse",
    "PublishedLesson",
    "PublishedMedia",
    "PublishedTag",
    "PurgeTarget",
    "Receipt",
    "SyncEpoch",
    "SyncFence",
    "VerifiedCopy",
]
