"""The publication ledger: what an address said, when, and who made it so."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from editorial import actions, ledger
from editorial.models import AuditLog, LedgerEntry, Release, ReleaseItem, Version
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "public"])

PAGE = "admin:editorial_ledger"
API = "/api/v1/editorial/ledger/"


def now():
    return timezone.now()


def moved(item, ines, slug):
    factories.edit(item, by=ines, slug=slug)
    factories.publish(item, editor=ines)


# --- Works ------------------------------------------------------------------------


def test_it_knows_what_an_address_said_at_any_time(wim, ines):
    before = now()
    item = factories.publish(factories.article(by=wim), editor=ines)
    first = now()
    moved(item, ines, "second-light")
    second = now()
    actions.unpublish(item, by=ines)
    down = now()
    other = factories.article(by=wim, title="Another", slug="first-light-2")
    factories.edit(other, by=wim, slug="first-light")
    factories.publish(other, editor=ines)

    def outcome(address, at):
        answer = ledger.said(address, at)
        return answer.outcome, answer.fact and answer.fact.number

    assert outcome("/articles/first-light/", before) == ("nothing", None)
    assert outcome("https://x.example/articles/first-light", first) == ("live", 1)
    assert outcome("/articles/second-light/", first) == ("nothing", None)
    assert outcome("/articles/first-light/", second) == ("moved", 2)
    assert outcome("/articles/second-light/", second) == ("live", 2)
    assert outcome("/articles/second-light/", down) == ("gone", None)
    assert outcome("/articles/first-light/", down) == ("gone", None)
    assert outcome("/articles/first-light/", now()) == ("live", 1)
    assert ledger.said("/articles/first-light/", now()).fact.item_id == other.pk
    assert ledger.said("/tags/sea/", now()) is None

    answer = ledger.said("/articles/first-light/", first)
    assert answer.text_is_untouched
    assert answer.version.snapshot["slug"] == "first-light"
    assert answer.fact.by == "Ines" and answer.fact.until <= second
    assert [fact.word for fact in answer.facts][:3] == [
        "Published",
        "Published",
        "Taken down",
    ]


def test_each_item_has_a_chain_that_the_audit_log_names(published, ines):
    moved(published, ines, "elsewhere")
    actions.set_unpublish_at(
        published, by=ines, unpublish_at=now() + timedelta(days=1)
    )  # planned, not done
    actions.archive(published, by=ines)

    entries = list(LedgerEntry.objects.filter(item_id=published.pk).order_by("number"))

    assert [(one.verb, one.version_number, one.slug) for one in entries] == [
        ("publish", 1, "first-light"),
        ("publish", 2, "elsewhere"),
        ("archive", None, ""),
    ]
    assert ledger.broken_links(entries) == []
    named = AuditLog.objects.filter(new_values__ledger__isnull=False)
    assert [row.new_values["ledger"] for row in named.order_by("number")] == [
        one.hash for one in entries
    ]
    LedgerEntry.objects.filter(pk=entries[1].pk).update(slug="forged")
    entries = LedgerEntry.objects.filter(item_id=published.pk).order_by("number")
    assert ledger.broken_links(entries) == [2]


def test_releases_and_their_reverts_are_in_the_ledger(wim, ines):
    item = factories.publish(factories.article(by=wim), editor=ines)
    factories.edit(item, by=ines, title="Second light")
    factories.approve(item, editor=ines)
    release = Release.objects.create(name="R", created_by=ines)
    ReleaseItem.objects.create(release=release, kind="article", item_id=item.pk)
    actions.release(release, by=ines)
    actions.revert_release(release, by=ines)

    entries = LedgerEntry.objects.filter(item_id=item.pk).order_by("number")

    assert [(one.verb, one.version_number) for one in entries] == [
        ("publish", 1),
        ("publish", 2),
        ("revert", 1),
    ]
    assert entries[1].release == release.pk


def test_before_the_ledger_began_the_workflow_history_is_asked(published, ines):
    first = now()
    moved(published, ines, "elsewhere")
    actions.unpublish(published, by=ines)
    LedgerEntry.objects.all().delete()

    facts = ledger.said("/articles/first-light/", first).facts
    assert [(one.number, one.slug) for one in facts] == [
        (1, "first-light"),
        (2, "elsewhere"),
        (None, ""),
    ]
    actions.publish(published, by=ines)
    answer = ledger.said("/articles/elsewhere/", now())
    assert [bool(one.entry) for one in answer.facts] == [False, False, False, True]
    assert answer.outcome == "live"


def test_the_page_and_the_export_tell_the_same(client, published, ines):
    client.force_login(ines)
    Version.objects.filter(item_id=published.pk).update(content_hash="0" * 64)
    page = client.get(reverse(PAGE), {"address": "/articles/first-light/"})
    text = page.content.decode()
    assert "it showed version 1." in text and "The harbour at five." in text
    assert "was changed past this program" in text

    answer = client.post(
        reverse("admin:editorial_ledger_evidence"),
        {
            "address": "/articles/first-light/",
            # The form asks by the second; it was published within this one.
            "at": (now() + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )

    assert "attachment" in answer["Content-Disposition"]
    found = json.loads(answer.content)
    assert found["version"]["hash_is_right"] is False
    assert found["ledger"][0]["hash"] == found["audit"][0]["new_values"]["ledger"]
    assert AuditLog.objects.filter(action="export_evidence").exists()
    api = client.get(API, {"address": "/articles/first-light/"}).json()
    assert api["outcome"] == "live" and api["facts"][0]["by"] == "Ines"


# --- Who may not, and bad input -----------------------------------------------------


def test_authors_do_not_read_the_ledger_and_other_desks_are_not_told(
    client, published, wim
):
    client.force_login(wim)
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.get(API, {"address": "/articles/x/"}).status_code == 403
    scoped = factories.staff("una")
    factories.give_role(scoped, "editor", category=factories.CategoryFactory())
    client.force_login(scoped)

    answer = client.get(API, {"address": "/articles/first-light/"}).json()
    page = client.get(reverse(PAGE), {"address": "/articles/first-light/"})

    assert answer["outcome"] == "hidden" and answer["facts"] == []
    assert answer["version"] is None and answer["ledger"] == []
    assert "The harbour" not in page.content.decode()


@pytest.mark.parametrize(
    "query", [{}, {"address": "/tags/sea/"}, {"address": "/articles/x/", "at": "soon"}]
)
def test_a_wrong_question_is_answered_with_what_to_do(client, ines, query):
    client.force_login(ines)
    assert client.get(API, query).status_code == 400
    assert client.get(reverse(PAGE), query).status_code == 200
