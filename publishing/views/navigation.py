"""The sections in the masthead, kept in process memory.

They change rarely and stand on every page. When the kept ones are older than
`SECONDS`, they travel as one more column of a query that the page makes anyway, so
no page ever has a query more because of them.
"""

import json
import logging
from time import monotonic

from django.conf import settings
from django.db import Error, connections
from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.template.loader import get_template

from cms.databases import PUBLIC
from publishing import theme

logger = logging.getLogger(__name__)

SECONDS = 0 if settings.CMS_SERVICE == "test" else 30
COLUMN = """
(SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'slug', slug)), '[]')
 FROM (SELECT name, slug FROM published_categories WHERE parent_id IS NULL
       ORDER BY display_order, name LIMIT 8) AS section)
"""
"""As many as fit the masthead; the others are on the page of all sections."""


class _Kept:
    masthead = ""
    colophon = ""
    until = 0.0


def are_old():
    return monotonic() >= _Kept.until


def column():
    """SQL for the column `sections` of a row: the sections, or null if ours are new."""
    return COLUMN if are_old() else "NULL"


def arrived_with(row):
    """Keep the sections that a row brought, if it brought any."""
    if row["sections"] is not None:
        _keep(json.loads(row["sections"]))


def riding_on(queryset):
    """The same for a queryset; hand its first row to `arrived_on`."""
    if not are_old():
        return queryset
    sections = RawSQL(COLUMN, (), output_field=JSONField())  # noqa: S611  (a constant)
    return queryset.annotate(sections=sections)


def arrived_on(item):
    if getattr(item, "sections", None) is not None:
        _keep(item.sections)


def masthead():
    """The head of every page as HTML."""
    _refresh()
    return _Kept.masthead


def colophon():
    """The foot of every page as HTML."""
    _refresh()
    return _Kept.colophon


def _refresh():
    if not are_old() or (_Kept.masthead and not SECONDS):
        return
    try:
        with connections[PUBLIC].cursor() as cursor:
            cursor.execute(f"SELECT {COLUMN}")
            _keep(json.loads(cursor.fetchone()[0]))
    except Error:
        # A sign-in page is of use without sections; try again in a while.
        logger.warning("The sections could not be read.", exc_info=True)
        if _Kept.masthead:
            _Kept.until = monotonic() + SECONDS
        else:
            _keep([])


def _keep(sections):
    context = {
        "sections": sections,
        "site_name": settings.SITE_NAME,
        "site_tagline": settings.SITE_TAGLINE,
        "logo": theme.logo(),
        "footer_links": theme.footer_links(),
    }
    _Kept.masthead = get_template("components/masthead.html").render(context)
    _Kept.colophon = get_template("components/colophon.html").render(context)
    _Kept.until = monotonic() + SECONDS
