"""Search over everything editorial: works, who may not, bad input, costs."""

import pytest
from django.db import connections

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import Finding
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


def committed():
    """What PostgreSQL does when a transaction commits: words are read."""
    connections[EDITORIAL].check_constraints()


def test_words_are_read_when_the_transaction_commits(wim):
    article = factories.article(by=wim, title="Über die Häfen")
    course = factories.course(by=wim)
    committed()

    found = Finding.objects.get(pk=article.pk)
    assert found.folded == "uber die hafen"
    assert "The harbour at five." in found.body
    assert not found.is_stale
    assert Finding.objects.filter(kind="lesson", item_id=course.pk).count() == 2

    factories.edit(article, by=wim, body=[factories.paragraph("A lighthouse.")])
    committed()
    assert Finding.objects.get(pk=article.pk).body.strip() == "A lighthouse."
