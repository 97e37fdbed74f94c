"""Files that media no longer consist of go when no public page names them."""

import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from cms.files import FilesAway
from editorial.models import FormerFile, LiveUse
from publishing.models import (
    GatedLesson,
    PublishedArticle,
    PublishedCourse,
    PublishedLesson,
    PublishedMedia,
)

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=30)
"""Copies of pages in caches, feeds and cards live longer than our own."""
AT_ONCE = 200


def remove(at=None):
    """Delete former files that are old and that nothing public names any more."""
    old = FormerFile.objects.filter(left_at__lt=(at or timezone.now()) - KEPT_FOR)
    for former in old[:AT_ONCE]:
        if still_named(former):
            continue
        try:
            for name in former.names:
                default_storage.delete(name)
        except (OSError, FilesAway) as problem:
            logger.warning("Former files of %s wait: %s", former.media_id, problem)
            continue
        former.delete()


def still_named(former):
    """Whether a public row has one of the addresses.

    Looked for where it can be: in the medium's own row, and in the rows of the items
    that use it, or did when they were delivered last.
    """
    addresses = [default_storage.url(name) for name in former.names]
    media_id = former.media_id
    users = list(
        LiveUse.objects.filter(used_id=media_id).values_list("item_id", flat=True)
    )
    whole = {
        PublishedMedia: (Q(pk=media_id), ("url", "variants")),
        PublishedArticle: (Q(pk__in=users), ("content_html", "image", "og_image_url")),
        PublishedCourse: (Q(pk__in=users), ("image", "og_image_url")),
        PublishedLesson: (Q(course_id__in=users), ("content_html", "video_url")),
        GatedLesson: (Q(course_id__in=users), ("content_html", "video_url")),
    }
    for model, (rows, columns) in whole.items():
        found = model.objects.filter(rows)
        words = {f"words_of_{name}": Cast(name, TextField()) for name in columns}
        named = Q()
        for column in words:
            for address in addresses:
                named |= Q(**{f"{column}__contains": address})
        if found.annotate(**words).filter(named).exists():
            return True
    return False
