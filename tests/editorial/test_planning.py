"""The start page, board, calendar, tasks and kept filters.

Works, who may not, bad input, what it costs.
"""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import EditorialTask, Notice, SavedFilter, Status
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

JSON = {"Accept": "application/json"}


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def text(answer):
    return answer.content.decode()


def test_smoke(signed_in, ines, wim):
    one = factories.article(by=wim)
    factories.publish(factories.article(by=wim, title="Two"), editor=ines)
    actions.schedule(factories.approve(factories.article(by=wim, title="Three"), editor=ines), by=ines, publish_at=timezone.now()+timedelta(hours=1))
    EditorialTask.objects.create(title="Ring", assigned_to=ines, due_date=timezone.now()+timedelta(hours=3))
    c = signed_in(ines)
    for name in ("index", "editorial_board", "editorial_calendar", "editorial_panels", "editorial_search", "editorial_palette", "editorial_editorialtask_changelist", "editorial_editorialtask_add"):
        a = c.get(reverse(f"admin:{name}") + ("?q=first" if "sea" in name or "pal" in name else ""))
        assert a.status_code == 200, (name, text(a)[:500])
