"""Deactivating somebody: one click, and they are nobody everywhere."""

import threading
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import access
from accounts.models import User
from cms.databases import EDITORIAL, PUBLIC
from editorial.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


def address(person, name):
    return reverse(f"admin:accounts_user_{name}", args=[person.pk])


def browser_of(person):
    browser = Client()
    browser.force_login(person, backend="accounts.backends.RoleBackend")
    assert browser.get("/admin/").status_code == 200
    return browser


def test_one_click_ends_all_sessions_and_tokens_for_good(signed_in, ada, wim):
    desk, phone = browser_of(wim), browser_of(wim)
    wim.api_tokens.create(
        name="Script",
        scopes=["content:read"],
        hint="abc",
        digest="d" * 64,
        expires_at=timezone.now() + timedelta(days=1),
    )
    UserSession.objects.get_or_create(
        user=wim,
        session_key=phone.session.session_key,
        defaults={"ip": "127.0.0.1", "user_agent": "phone"},
    )
    admin = signed_in(ada)

    question = admin.get(address(wim, "deactivate"))
    assert "signed out everywhere" in question.content.decode()
    assert User.objects.get(pk=wim.pk).is_active
    assert admin.post(address(wim, "deactivate")).status_code == 302

    assert not User.objects.get(pk=wim.pk).is_active
    for browser in (desk, phone):
        assert browser.get("/admin/").status_code == 302
    assert not UserSession.objects.filter(user=wim).exists()
    assert wim.api_tokens.filter(revoked_at=None).count() == 0
    assert wim.role_assignments.exists()

    assert admin.post(address(wim, "reactivate")).status_code == 302
    for browser in (desk, phone):
        assert browser.get("/admin/").status_code == 302, "the old session stays dead"
    assert browser_of(User.objects.get(pk=wim.pk))
    done = AuditLog.objects.filter(resource_id=wim.pk).order_by("number")
    assert [row.action for row in done] == ["deactivate", "reactivate"]
    assert {row.user_id for row in done} == {ada.pk}


def test_a_session_that_no_list_knows_ends_too(ada, wim):
    browser = browser_of(wim)
    UserSession.objects.all().delete()

    access.deactivate(wim, by=ada)
    access.reactivate(wim, by=ada)

    assert browser.get("/admin/").status_code == 302


def test_nobody_is_deactivated_by_looking_nor_twice(signed_in, ada, wim):
    admin = signed_in(ada)
    admin.get(address(wim, "deactivate"))
    assert User.objects.get(pk=wim.pk).is_active

    assert access.deactivate(wim, by=ada)
    assert not access.deactivate(wim, by=ada)
    assert AuditLog.objects.filter(action="deactivate").count() == 1


def test_who_may_not(signed_in, ada, wim, ines):
    above = factories.staff("mara", "super_admin")
    for by, whom in (
        (ada, ada),
        (ada, above),
        (ines, wim),
        (factories.staff("helen", "editor_chief"), wim),
        (wim, ines),
    ):
        for verb in ("deactivate", "reactivate"):
            answer = signed_in(by).post(address(whom, verb))
            assert answer.status_code in (403, 404), (by, whom, verb)
    assert User.objects.filter(is_active=False).count() == 0


def test_the_form_of_a_person_switches_nothing(signed_in, ada, wim):
    """Neither by a field that is not there, nor by one that is made up."""
    posted = {
        "email": wim.email,
        "display_name": "Wim",
        "slug": wim.slug,
        "is_active": "",
        "is_superuser": "on",
        "password": "x",
        "sessions_epoch": "7",
        "badge_verified_at": "2020-01-01",
        "role_assignments-TOTAL_FORMS": "0",
        "role_assignments-INITIAL_FORMS": "0",
    }
    assert signed_in(ada).post(address(wim, "change"), posted).status_code == 302

    now = User.objects.get(pk=wim.pk)
    assert (now.is_active, now.is_superuser, now.sessions_epoch) == (True, False, 0)
    assert (now.password, now.badge_verified_at) == (wim.password, None)


# --- Races ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=[EDITORIAL])
def test_of_admins_who_shut_each_other_out_one_is_left():
    admins = [factories.staff(f"admin{n}", "admin") for n in range(6)]
    problems = []

    def shut_the_others_out(me):
        try:
            for one in admins:
                if one != me:
                    access.deactivate(one, by=me)
        except PermissionDenied:
            problems.append(me)
        finally:
            connections[EDITORIAL].close()

    threads = [
        threading.Thread(target=shut_the_others_out, args=[User.objects.get(pk=one.pk)])
        for one in admins
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.filter(is_active=True).count() == 1
    assert len(problems) == 5
    assert AuditLog.objects.filter(action="deactivate").count() == 5


# --- What is written ---------------------------------------------------------------


def test_saving_a_person_writes_what_was_changed_and_nothing_else(wim):
    """A page that was open for long does not let somebody in again."""
    seen = User.objects.get(pk=wim.pk)
    access_ends = User.objects.get(pk=wim.pk)
    access_ends.is_active = False
    access_ends.save()

    seen.bio = "Writes about tides."
    seen.save()

    now = User.objects.get(pk=wim.pk)
    assert (now.is_active, now.bio) == (False, "Writes about tides.")
    assert now.sessions_epoch == 1
    assert now.updated_at > wim.updated_at
