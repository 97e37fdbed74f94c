"""How long searches are kept: then they go, a few thousand at a time."""

import logging

from django.conf import settings
from django.db import connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks

log = logging.getLogger(__name__)

RETENTION_DAYS = 180
BATCH = 5_000

FORGET = """
WITH old AS (
    SELECT id FROM search_queries
    WHERE searched_at < now() - make_interval(days => %(days)s)
    ORDER BY searched_at LIMIT %(batch)s),
clicks AS (DELETE FROM search_clicks WHERE search_id IN (SELECT id FROM old))
DELETE FROM search_queries WHERE id IN (SELECT id FROM old)
"""


def forget_old_searches():
    """Delete what is too old; answer how many searches that were."""
    days = getattr(settings, "SEARCH_RETENTION_DAYS", RETENTION_DAYS)
    gone = 0
    while True:
        with transaction.atomic(using=ENGAGEMENT):
            if not locks.take("forget searches", using=ENGAGEMENT):
                return gone
            with connections[ENGAGEMENT].cursor() as cursor:
                cursor.execute(FORGET, {"days": days, "batch": BATCH})
                count = cursor.rowcount
        gone += count
        if count < BATCH:
            break
    if gone:
        log.info("%s searches older than %s days were forgotten.", gone, days)
    return gone
