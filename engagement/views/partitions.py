"""Partitions of the raw views: made ahead, dropped when their time is over."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connections
from django.utils import timezone

from cms.databases import ENGAGEMENT
from engagement.views.models import IngestBatch

log = logging.getLogger(__name__)

MONTHS_AHEAD = 2


def keep_partitions():
    """Answer what was made and dropped, in sentences for the log.

    The work is done by functions of the owner (see the migrations): the role of
    this service may neither create nor drop a table.
    """
    days = settings.VIEW_RETENTION_DAYS
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT ensure_partitions('content_views', %s)", [MONTHS_AHEAD])
        made = cursor.fetchone()[0]
        cursor.execute("SELECT drop_partitions('content_views', %s)", [days])
        dropped = cursor.fetchone()[0]
    _forget_batches()
    for name in made:
        log.info("Partition %s was made.", name)
    for name in dropped:
        log.info("Partition %s was dropped: older than %s days.", name, days)
    return len(made) + len(dropped)


def _forget_batches():
    """Batches of last week; the newest of all is the position in the stream."""
    newest = IngestBatch.objects.order_by("-id").values("id")[:1]
    IngestBatch.objects.filter(
        created_at__lt=timezone.now() - timedelta(days=7)
    ).exclude(id__in=newest).delete()
