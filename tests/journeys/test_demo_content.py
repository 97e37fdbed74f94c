"""The demo newspaper: complete, and the same after a second run."""

import pytest
from django.core.management import call_command

from accounts.models import User
from accounts.permissions import ROLES
from cms.databases import PUBLIC
from editorial import imaging
from editorial.models import (
    Article,
    AuditLog,
    Course,
    Media,
    OutboxEvent,
    ReviewComment,
    Status,
    Version,
)
from engagement.models import Comment, Reaction
from publishing.models import PublishedArticle, PublishedCourse

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

COUNTED = (
    User,
    Article,
    Course,
    Media,
    Version,
    ReviewComment,
    OutboxEvent,
    AuditLog,
    PublishedArticle,
    PublishedCourse,
    Comment,
    Reaction,
)


def test_the_demo_has_everything_and_a_second_run_changes_nothing(
    settings, tmp_path, monkeypatch, capsys
):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(imaging, "WIDTHS", (480,))
    monkeypatch.setattr(imaging, "LARGEST", 480)

    call_command("demo_content")
    first = {model: model.objects.count() for model in COUNTED}
    call_command("demo_content")

    assert {model: model.objects.count() for model in COUNTED} == first
    statuses = set(Article.objects.values_list("status", flat=True))
    assert statuses == set(Status.values)
    assert not OutboxEvent.objects.waiting().exists()
    live = set(Article.objects.live().values_list("pk", flat=True))
    assert set(PublishedArticle.objects.values_list("pk", flat=True)) == live
    assert PublishedCourse.objects.using(PUBLIC).filter(is_free=False).count() == 1
    assert Comment.objects.filter(parent__isnull=False).exists()
    assert {
        code
        for person in User.objects.all()
        for code in person.role_assignments.values_list("role_id", flat=True)
    } == set(ROLES)
    assert not [one for one in Media.objects.all() if one.needs_alt_text]
    printed = capsys.readouterr().out
    assert "editor@masthead.example" in printed and "masthead-demo" in printed


def test_the_sign_ins_are_printed_without_writing_anything(capsys, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "another one")

    call_command("demo_content", "--sign-ins")

    assert "super@masthead.example" in (said := capsys.readouterr().out)
    assert "another one" in said
    assert not User.objects.exists()
