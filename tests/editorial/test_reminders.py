"""Reminders: to whom they concern, once, and by mail to those who want it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions, letters, reminders
from editorial.models import Media, Notice, NoticeWish, Review
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def late(draft, wim, ines):
    """A review by Ines that was due yesterday."""
    due = timezone.now() + timedelta(hours=1)
    actions.submit(draft, by=wim, reviewer=ines, due_at=due)
    Review.objects.update(due_at=timezone.now() - timedelta(days=1))
    Notice.objects.all().delete()
    return draft


def told(person):
    return [one.sentence for one in Notice.objects.of(person).filter(kind="reminded")]


def test_a_late_review_is_said_to_both_once_a_day(late, wim, ines):
    assert reminders.remind_of_late_reviews() == 2
    assert "Your review of “First light” was due on" in told(ines)[0]
    assert "The review of “First light” by Ines was due on" in told(wim)[0]
    assert reminders.remind_of_late_reviews() == 0  # the clock comes every hour

    tomorrow = timezone.now() + timedelta(days=1)
    assert reminders.remind_of_late_reviews(now=tomorrow) == 2
    assert reminders.remind_of_late_reviews(now=tomorrow) == 0


def test_what_is_not_late_or_answered_is_not_said(late, wim, ines):
    Review.objects.update(due_at=timezone.now() + timedelta(days=1))
    assert reminders.remind_of_late_reviews() == 0
    actions.withdraw(late, by=wim)
    Notice.objects.all().delete()
    assert reminders.remind_of_late_reviews(timezone.now() + timedelta(days=3)) == 0


def test_who_left_the_house_is_not_reminded(late, wim, ines):
    type(ines).objects.filter(pk=ines.pk).update(is_active=False)
    assert reminders.remind_of_late_reviews() == 1
    assert told(ines) == []


def test_a_licence_is_said_a_month_and_a_week_before(wim, ines):
    today = timezone.localdate()
    noor = factories.staff("noor", "author")
    crane = factories.MediaFactory(
        title="A crane", uploaded_by=noor, licence_expires_on=today + timedelta(days=30)
    )
    factories.article(by=wim, featured_image=crane, assigned_editor=ines)
    factories.article(by=noor, title="Without it")

    assert reminders.remind_of_licences() == 3
    assert "ends in less than a month" in told(wim)[0]
    assert told(ines) and told(noor)
    assert reminders.remind_of_licences() == 0
    later = timezone.now() + timedelta(days=10)
    assert reminders.remind_of_licences(now=later) == 0
    week_before = timezone.now() + timedelta(days=23)
    assert reminders.remind_of_licences(now=week_before) == 3
    assert "ends in less than a week" in told(wim)[0]
    assert reminders.remind_of_licences(now=week_before) == 0

    # Renewed for a year: nothing until then, and then anew.
    Media.objects.update(licence_expires_on=today + timedelta(days=400))
    assert reminders.remind_of_licences() == 0
    next_time = timezone.now() + timedelta(days=380)
    assert reminders.remind_of_licences(now=next_time) == 3


def test_mail_goes_to_those_who_want_it(
    late, wim, ines, monkeypatch, django_capture_on_commit_callbacks
):
    from accounts.tasks import send

    monkeypatch.setattr(send, "delay", send.run)
    NoticeWish.objects.create(person=wim, by_mail=False)
    reminders.remind()
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    with django_capture_on_commit_callbacks(using=EDITORIAL, execute=True):
        letters.mail_notices()
    assert [letter.to for letter in mail.outbox] == [[ines.email]]
    assert "was due on" in mail.outbox[0].body
