"""People on the desk: works, who may not, bad input."""

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Role, RoleAssignment, User
from cms.databases import EDITORIAL, PUBLIC
from editorial.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def roles():
    """Every role's row, whoever has it."""
    for code in ("author", "editor", "super_admin"):
        factories.staff(f"some-{code}", code)


def address(person, name="change"):
    return reverse(f"admin:accounts_user_{name}", args=[person.pk])


def fields(person, *assignments, **changes):
    """What the page of a person posts, with rows of roles."""
    known = list(person.role_assignments.order_by("user", "role"))
    posted = {
        "email": person.email,
        "display_name": person.display_name,
        "slug": person.slug,
        "bio": "",
        "website": "",
        "avatar_url": "",
        "role_assignments-TOTAL_FORMS": str(len(known) + len(assignments)),
        "role_assignments-INITIAL_FORMS": str(len(known)),
    }
    for n, one in enumerate(known):
        posted |= {
            f"role_assignments-{n}-id": str(one.pk),
            f"role_assignments-{n}-role": one.role_id,
            f"role_assignments-{n}-category_id": str(one.category_id or ""),
        }
    for n, (role, category) in enumerate(assignments, start=len(known)):
        posted |= {
            f"role_assignments-{n}-role": role,
            f"role_assignments-{n}-category_id": str(category or ""),
        }
    return posted | changes


# --- Works ------------------------------------------------------------------------


def test_a_role_is_given_within_one_category(signed_in, ada, roles):
    category = factories.CategoryFactory()
    person = factories.staff("nele")

    answer = signed_in(ada).post(
        address(person), fields(person, ("editor", category.pk))
    )

    assert answer.status_code == 302, answer.context["errors"]
    assignment = person.role_assignments.get()
    assert (assignment.role_id, assignment.category_id) == ("editor", category.pk)
    assert assignment.assigned_by == ada
    written = AuditLog.objects.get(resource_type="user", resource_id=person.pk)
    assert (written.user_id, written.action) == (ada.pk, "edit")
    assert "editor" in str(written.new_values["changes"])


def test_another_address_is_not_taken_for_verified(signed_in, ada, wim):
    EmailAddress.objects.create(user=wim, email=wim.email, verified=True, primary=True)
    User.objects.filter(pk=wim.pk).update(email_verified_at=timezone.now())

    signed_in(ada).post(address(wim), fields(wim, email="wim@example.com"))

    wim = User.objects.get(pk=wim.pk)
    assert (wim.email, wim.email_verified_at) == ("wim@example.com", None)
    assert not EmailAddress.objects.filter(user=wim).exists()


def test_the_list_costs_the_same_with_many_people(
    signed_in, ada, django_assert_max_num_queries
):
    for n in range(12):
        factories.staff(f"person{n}", "author")

        invitations.send(factories.staff(f"new{n}"), by=ada)

    page, client = reverse("admin:accounts_user_changelist"), signed_in(ada)
    for query in (
        "",
        "?role=staff",
        "?role=author",
        "?access=invited",
        "?access=in",
        "?access=out",
    ):
        with django_assert_max_num_queries(8):
            assert client.get(page + query).status_code == 200


def test_pages_of_people_and_roles_cost_the_same_in_a_large_house(
    signed_in, ada, wim, django_assert_max_num_queries
):
    for category in factories.CategoryFactory.create_batch(12):
        factories.give_role(wim, "editor", category=category)
    client = signed_in(ada)
    for page, most in (
        (address(wim), 20),
        (reverse("admin:accounts_user_add"), 14),
        (reverse("admin:accounts_role_changelist"), 10),
        (reverse("admin:accounts_role_change", args=["editor"]), 10),
        (address(wim, "deactivate"), 14),
        (address(wim, "simulate"), 14),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(page).status_code == 200, page


# --- Who may not ------------------------------------------------------------------


def test_nobody_gives_a_role_above_their_own(signed_in, ada, roles):
    person = factories.staff("nele")

    answer = signed_in(ada).post(address(person), fields(person, ("super_admin", None)))

    assert "stands above your own role" in answer.content.decode()
    assert not person.role_assignments.exists()


def test_nobody_changes_people_who_stand_above_them(signed_in, ada):
    above = factories.staff("mara", "super_admin")

    answer = signed_in(ada).post(address(above), fields(above, display_name="Changed"))

    assert answer.status_code == 403
    assert User.objects.get(pk=above.pk).display_name == "Mara"


@pytest.mark.parametrize("role", ["editor", "author", "moderator", "reviewer"])
def test_people_are_not_for_everybody(signed_in, role):
    person = factories.staff("nele", role)

    listed = signed_in(person).get(reverse("admin:accounts_user_changelist"))
    added = signed_in(person).get(reverse("admin:accounts_user_add"))

    assert (listed.status_code, added.status_code) == (403, 403)


def test_a_chief_sees_people_and_changes_nothing(signed_in, wim):
    chief = factories.staff("helen", "editor_chief")

    assert signed_in(chief).get(address(wim)).status_code == 200
    assert signed_in(chief).post(address(wim), fields(wim)).status_code == 403


def test_nobody_is_deleted(signed_in, wim):
    everything = factories.staff("mara", "super_admin")

    answer = signed_in(everything).post(address(wim, "delete"), {"post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(pk=wim.pk).exists()


def test_only_what_an_admin_could_give_may_come_from_the_provider(signed_in, ada):
    page = "admin:accounts_role_change"
    for code, expected in (("editor", 302), ("super_admin", 403)):
        answer = signed_in(ada).post(
            reverse(page, args=[code]), {"from_provider": "on", "rank": "1"}
        )
        assert answer.status_code == expected, code
    opened = Role.objects.filter(from_provider=True)
    assert [(role.code, role.rank) for role in opened] == [("editor", 60)]
    written = AuditLog.objects.get(action="role_from_provider")
    assert written.new_values["role"] == "editor"
    assert (
        signed_in(ada).get(reverse("admin:accounts_role_changelist")).status_code == 200
    )


def test_roles_are_not_for_everybody_to_see(signed_in, ines):
    answer = signed_in(ines).get(reverse("admin:accounts_role_changelist"))
    assert answer.status_code == 403


# --- Bad input --------------------------------------------------------------------


def test_a_role_that_ended_before_it_began_is_refused(signed_in, ada, roles):
    person = factories.staff("nele")
    posted = fields(person, ("author", None))
    posted["role_assignments-0-expires_at"] = "2020-01-01T10:00"

    answer = signed_in(ada).post(address(person), posted)

    assert "Choose a time in the future" in answer.content.decode()
    assert not RoleAssignment.objects.filter(user=person).exists()
