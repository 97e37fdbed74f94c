"""The editorial database: the newsroom's working copies and their history.

Import from here. Inside the package low-level files never import high-level ones:
taxonomy and media know no items, items know no outbox.
"""

from editorial.models.articles import Article, ArticleBlock
from editorial.models.audit import AuditLog
from editorial.models.courses import Course, CourseSection, Lesson
from editorial.models.desk import DeskPreference, SavedFilter
from editorial.models.finding import Finding
from editorial.models.history import WorkflowHistory
from editorial.models.imported import ImportRecord
from editorial.models.ledger import LedgerEntry
from editorial.models.links import LinkAnswer, Override
from editorial.models.live import LiveSlug, LiveUse, Redirect
from editorial.models.media import FormerFile, Media, MediaFolder
from editorial.models.notices import Notice, NoticeWish
from editorial.models.outbox import (
    Announcement,
    ItemKind,
    OutboxEvent,
    SyncState,
    WriteEpoch,
)
from editorial.models.releases import Release, ReleaseItem
from editorial.models.review_links import ReviewLink
from editorial.models.reviews import (
    EditorialTask,
    RemarkMention,
    Review,
    ReviewComment,
)
from editorial.models.series import SERIES, Series, SeriesPart, series_of
from editorial.models.sittings import Clash, Sitting
from editorial.models.taxonomy import Category, Tag
from editorial.models.verifications import Verification
from editorial.models.versions import Version
from editorial.models.workflow import Publishable, Status

ITEM_MODELS = {ItemKind.ARTICLE: Article, ItemKind.COURSE: Course}
"""What the workflow publishes, by kind."""

__all__ = [
    "ITEM_MODELS",
    "SERIES",
    "Announcement",
    "Article",
    "ArticleBlock",
    "AuditLog",
    "Category",
    "Clash",
    "Course",
    "CourseSection",
    "DeskPreference",
    "EditorialTask",
    "Finding",
    "FormerFile",
    "ImportRecord",
    "ItemKind",
    "LedgerEntry",
    "Lesson",
    "LinkAnswer",
    "LiveSlug",
    "LiveUse",
    "Media",
    "MediaFolder",
    "Notice",
    "NoticeWish",
    "OutboxEvent",
    "Override",
    "Publishable",
    "Redirect",
    "Release",
    "ReleaseItem",
    "RemarkMention",
    "Review",
    "ReviewComment",
    "ReviewLink",
    "SavedFilter",
    "Series",
    "SeriesPart",
    "Sitting",
    "Status",
    "SyncState",
    "Tag",
    "Verification",
    "Version",
    "WorkflowHistory",
    "WriteEpoch",
    "series_of",
]
