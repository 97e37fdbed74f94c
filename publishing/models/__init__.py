"""The public database: published copies only, written by the sync worker alone."""

from publishing.models.articles import PublishedArticle
from publishing.models.counters import ContentCounter
from publishing.models.courses import GatedLesson, PublishedCourse, PublishedLesson
from publishing.models.people import PublicUserProfile
from publishing.models.redirects import PublicRedirect
from publishing.models.sync import Receipt, SyncEpoch, SyncFence
from publishing.models.taxonomy import (
    PublishedCategory,
    PublishedMedia,
    PublishedTag,
)

__all__ = [
    "ContentCounter",
    "GatedLesson",
    "PublicRedirect",
    "PublicUserProfile",
    "PublishedArticle",
    "PublishedCategory",
    "PublishedCourse",
    "PublishedLesson",
    "PublishedMedia",
    "PublishedTag",
    "Receipt",
    "SyncEpoch",
    "SyncFence",
]
