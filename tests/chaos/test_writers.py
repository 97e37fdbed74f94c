"""Fifty writers save one article at once: nobody who was told "saved" lost a word."""

import pytest

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import AuditLog, Sitting, Version
from tests.editorial import writers

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.django_db(transaction=True, databases=[EDITORIAL, PUBLIC]),
]

FIFTY = 50


def test_fifty_writers_through_the_api():
    article, people = writers.newsroom_full(FIFTY)
    saved = writers.all_at_once(writers.by_the_api(article, 1), people)
    assert len(saved) == 2 * FIFTY, "everybody got through in the end"
    assert writers.lost(article, saved) == set()


def test_fifty_writers_on_the_desk():
    article, people = writers.newsroom_full(FIFTY)
    saved = writers.all_at_once(writers.by_the_desk(article, 2), people)
    assert len(saved) == 2 * 2 * FIFTY
    assert writers.lost(article, saved) == set()
    assert writers.doubled(article) == set()
    assert Sitting.objects.count() == FIFTY
    assert AuditLog.objects.filter(action="write").count() == FIFTY
    assert Version.objects.count() == 0
