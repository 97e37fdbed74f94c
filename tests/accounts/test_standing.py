"""What may Cleo do, and why? The page, and the sentences."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleAssignment, User
from accounts.permissions import decide
from cms.databases import EDITORIAL, PUBLIC
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

MOMENT = datetime(2099, 3, 1, 12, tzinfo=ZoneInfo("UTC"))


@pytest.fixture
def sam(ines):
    """Editor in Science until 2099, by Ines; and an author."""
    science = factories.CategoryFactory(name="Science")
    sam = factories.staff("sam", "author")
    factories.give_role(sam, "editor", category=science, expires_at=MOMENT)
    RoleAssignment.objects.filter(user=sam).update(
        assigned_by=ines, assigned_at=MOMENT - timedelta(days=30_000)
    )
    return User.objects.get(pk=sam.pk)


def test_a_reason_names_role_scope_end_and_giver(sam, draft):
    day = (MOMENT - timedelta(days=30_000)).strftime("%-d %B %Y")
    role = f"Editor in Science until 1 March 2099, given by Ines on {day}"

    assert decide(sam, "publish").why == f"{role}."
    assert decide(sam, "publish", draft).why == f"{role}: this covers other categories."
    assert "concerns the whole house" not in decide(sam, "view_people").why
    assert decide(sam, "view_people").why == (
        "No role in force allows to see people and their roles."
    )
    chief = factories.staff("helen")
    factories.give_role(
        chief, "editor_chief", category=factories.CategoryFactory(name="Arts")
    )
    assert "whole house" in decide(chief, "view_people").why


def test_deciding_asks_the_database_nothing_and_explaining_little(
    sam, django_assert_num_queries
):
    assert sam.current_roles
    with django_assert_num_queries(0):
        decisions = [decide(sam, "publish") for _ in range(50)]
    with django_assert_num_queries(2):
        assert len({decision.why for decision in decisions}) == 1


def test_the_page_of_a_person_tells_each_action_with_its_reason(
    signed_in, ada, sam, django_assert_max_num_queries
):
    factories.give_role(sam, "moderator", expires_at=timezone.now())
    client = signed_in(ada)
    with django_assert_max_num_queries(16):
        page = client.get(reverse("admin:accounts_user_rights", args=[sam.pk]))

    text = page.content.decode()
    assert "What may Sam do?" in text
    assert "Editor in Science until 1 March 2099, given by Ines" in text
    assert "Over or not in force: Moderator" in text
    assert "No role in force allows to see people and their roles." in text


def test_people_without_a_role_and_deactivated_ones_are_told_apart(
    signed_in, ada, rosa, wim
):
    User.objects.filter(pk=wim.pk).update(is_active=False)
    for person, sentence in (
        (rosa, "No role is in force"),
        (wim, "Wim is deactivated"),
        (User.objects.create_superuser("root@example.org"), "by the account itself"),
    ):
        page = signed_in(ada).get(
            reverse("admin:accounts_user_rights", args=[person.pk])
        )
        assert sentence in page.content.decode(), person


def test_who_may_not_see_people_finds_nobody(signed_in, wim, ines):
    for person in (wim, ines):
        page = reverse("admin:accounts_user_rights", args=[ines.pk])
        assert signed_in(person).get(page).status_code == 404
