"""What the desk tells people: seen by them alone, and mailed without a flood."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from editorial import actions, letters
from editorial.models import Notice, NoticeWish
from editorial.remarks import add_remark
from tests import factories

pytestmark = pytest.mark.django_db(databases="__all__")

LIST = reverse("admin:editorial_notice_changelist")


def tell(person, sentence="The tide is out.", kind="assigned", minutes=5, **kwargs):
    notice = Notice.objects.tell(person, kind, sentence, "/admin/", **kwargs)
    Notice.objects.filter(pk=notice.pk).update(
        created_at=timezone.now() - timedelta(minutes=minutes)
    )
    return notice


def sent(django_capture_on_commit_callbacks):
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(using="default", execute=True):
        letters.mail_notices()
    return mail.outbox


@pytest.fixture
def mailed(django_capture_on_commit_callbacks, monkeypatch):
    """The clock's round, with the worker's part of it done at once."""
    from accounts.tasks import send

    monkeypatch.setattr(send, "delay", send.run)
    return lambda: sent(django_capture_on_commit_callbacks)


def test_the_bell_counts_what_is_not_read(client, wim, ines):
    first, second = tell(wim), tell(wim, "The tide is in.")
    tell(ines, "SECRET for Ines")
    client.force_login(wim)
    count = reverse("admin:editorial_notice_count")
    assert client.get(count).json() == {"unread": 2}
    page = client.get(LIST).content.decode()
    assert "The tide is out." in page and "SECRET" not in page
    assert "2 notices not read" in page

    went = client.post(reverse("admin:editorial_notice_open", args=[first.pk]))
    assert went["Location"] == "/admin/"
    assert client.get(count).json() == {"unread": 1}
    client.post(reverse("admin:editorial_notice_read"))
    assert client.get(count).json() == {"unread": 0}
    second.refresh_from_db()
    assert second.read_at


def test_nobody_opens_or_sees_what_another_was_told(client, wim, ines, rosa):
    notice = tell(ines)
    where = reverse("admin:editorial_notice_open", args=[notice.pk])
    client.force_login(wim)
    assert client.post(where).status_code == 404
    client.force_login(rosa)
    assert client.get(LIST).status_code in (302, 403)
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_notice_leads_to_our_own_pages_only(client, wim):
    notice = tell(wim)
    client.force_login(wim)
    for url in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:x"):
        Notice.objects.filter(pk=notice.pk).update(url=url)
        went = client.post(reverse("admin:editorial_notice_open", args=[notice.pk]))
        assert went["Location"] == LIST


def test_the_same_is_said_once(wim, draft):
    for _ in range(3):
        Notice.objects.tell(wim, "told", "Again.", "/admin/", item=draft)
    Notice.objects.tell(wim, "told", "Again.", "/admin/elsewhere/", item=draft)
    assert Notice.objects.of(wim).count() == 2


def test_who_may_no_longer_view_it_is_told_nothing_of_it(client, wim, ines, draft):
    omar = factories.staff("omar", "author")
    tell(omar, "SECRET “First light”", item=draft)
    client.force_login(omar)
    page = client.get(LIST).content.decode()
    assert "SECRET" not in page and "not read" not in page


def test_one_mail_says_what_waits_and_no_flood_follows(mailed, wim, ines, draft):
    add_remark(draft, by=ines, comment="@wim, which harbour?")
    tell(wim, "Ines asks you to review “Low water”.")
    tell(wim, "Good to know.", kind="told")
    assert len(mailed()) == 1  # the remark was made this minute: it is not mailed yet
    letter = mail.outbox[0]
    assert letter.to == [wim.email]
    assert letter.subject == "Ines asks you to review “Low water”."
    assert "http://127.0.0.1:8000/admin/" in letter.body
    assert "Good to know" not in letter.body
    assert mailed() == []
    tell(wim, "And again.")
    assert mailed() == []  # within ten minutes of the one before
    Notice.objects.exclude(mailed_at=None).update(
        mailed_at=timezone.now() - timedelta(minutes=11)
    )
    assert len(mailed()) == 1


def test_what_was_read_is_not_mailed_and_nobody_is_who_does_not_wish_it(
    mailed, client, wim, ines
):
    tell(wim)
    Notice.objects.of(wim).read()
    tell(ines)
    client.force_login(ines)
    client.post(reverse("admin:editorial_notice_mail"), {"by_mail": "no"})
    assert not NoticeWish.objects.get(person=ines).by_mail
    assert mailed() == []
    client.post(reverse("admin:editorial_notice_mail"), {"by_mail": "yes"})
    assert len(mailed()) == 1
    assert client.post(reverse("admin:editorial_notice_mail"), {}).status_code == 403


def test_no_mail_tells_of_what_one_may_not_view(mailed, wim, omar, draft):
    tell(omar, "SECRET “First light”", item=draft)
    assert mailed() == []
    assert Notice.objects.of(omar).get().mailed_at


def test_the_author_hears_what_became_of_the_text(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    actions.approve(draft, by=ines)
    assert [one.sentence for one in Notice.objects.of(wim)] == [
        "Ines approved “First light”."
    ]
