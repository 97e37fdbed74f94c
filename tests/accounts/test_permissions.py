"""Who may do what, from one table."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.models import RoleAssignment, User
from accounts.permissions import ALLOWED, ROLES, decide, may
from cms.databases import EDITORIAL
from editorial.models import Article
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL])

WORKFLOW = [
    "submit",
    "withdraw",
    "start_review",
    "request_changes",
    "approve",
    "reopen",
    "schedule",
    "unschedule",
    "publish",
    "revise",
    "unpublish",
    "archive",
    "unarchive",
]

# role: what it may do to a draft of its own, and to somebody else's
EXPECTED = {
    "super_admin": (set(WORKFLOW), set(WORKFLOW)),
    "admin": (set(WORKFLOW), set(WORKFLOW) - {"withdraw"}),
    "editor_chief": (set(WORKFLOW), set(WORKFLOW) - {"withdraw"}),
    "editor": (set(WORKFLOW), set(WORKFLOW) - {"withdraw"}),
    "moderator": ({"submit", "withdraw", "reopen", "revise"}, set()),
    "reviewer": (
        {"submit", "withdraw", "reopen", "revise", "start_review"},
        {"start_review"},
    ),
    "author": ({"submit", "withdraw", "reopen", "revise"}, set()),
    "creator": ({"submit", "withdraw", "reopen", "revise"}, set()),
    "contributor": ({"submit"}, set()),
}


@pytest.mark.parametrize("role", ROLES)
def test_the_workflow_of_each_role_is_what_the_table_says(role, wim):
    person = factories.staff("pat", role)
    own = Article.objects.create(title="Own", author=person)
    others = Article.objects.create(title="Other", author=wim)

    assert {verb for verb in WORKFLOW if may(person, verb, own)} == EXPECTED[role][0]
    assert {verb for verb in WORKFLOW if may(person, verb, others)} == EXPECTED[role][1]


@pytest.mark.parametrize("action", ALLOWED)
def test_a_member_without_a_role_may_do_nothing(action, rosa, draft):
    assert not may(rosa, action)
    assert not may(rosa, action, draft)


@pytest.mark.parametrize("action", ["", "fly", "delete", "editorial.publish"])
def test_an_action_that_nobody_listed_is_refused(action, ines, draft):
    assert not may(ines, action, draft)


def test_nobody_may_do_nothing(draft):
    assert not may(None, "view", draft)


def test_a_scoped_role_covers_the_subtree_and_no_more(wim):
    science = factories.CategoryFactory()
    space = factories.CategoryFactory(parent=science)
    arts = factories.CategoryFactory()
    sam = factories.staff("sam", "editor", category=science)

    inside = Article.objects.create(title="In", author=wim, category=space)
    outside = Article.objects.create(title="Out", author=wim, category=arts)
    nowhere = Article.objects.create(title="No category", author=wim)

    assert may(sam, "publish", inside)
    assert not may(sam, "publish", outside)
    assert not may(sam, "publish", nowhere)
    assert "other categories" in decide(sam, "publish", outside).why


def test_a_role_in_one_category_does_not_reach_the_whole_house():
    science = factories.CategoryFactory()
    chief = factories.staff("chris", "editor_chief", category=science)

    assert may(chief, "publish")
    assert not may(chief, "view_people")
    assert not may(chief, "moderate_comments")


def test_an_admin_is_one_everywhere():
    with pytest.raises(IntegrityError), transaction.atomic(using=EDITORIAL):
        factories.staff("ada", "admin", category=factories.CategoryFactory())


def test_a_role_ends_when_it_expires(draft):
    assignment = factories.give_role(
        lena := factories.staff("lena"),
        "editor",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    assert may(lena, "publish", draft)

    RoleAssignment.objects.filter(pk=assignment.pk).update(expires_at=timezone.now())
    assert not may(User.objects.get(pk=lena.pk), "publish", draft)


def test_a_deactivated_superuser_may_do_nothing(draft):
    root = User.objects.create_superuser("root@example.org")
    assert may(root, "publish", draft)

    root.is_active = False

    assert not may(root, "publish", draft)


def test_a_co_author_may_edit_and_submit_but_not_withdraw(draft, omar):
    assign_perm("co_author", omar, draft)

    assert may(omar, "edit", draft)
    assert may(omar, "submit", draft)
    assert not may(omar, "withdraw", draft)


def test_a_named_reviewer_approves_only_where_the_grant_says_so(draft, omar):
    assign_perm("review", omar, draft)
    assert may(omar, "request_changes", draft)
    assert not may(omar, "approve", draft)

    assign_perm("approve_review", omar, draft)
    fresh = Article.objects.get(pk=draft.pk)
    assert may(omar, "approve", fresh)


def test_a_grant_gives_nothing_to_somebody_without_a_role(draft, rosa):
    assign_perm("co_author", rosa, draft)

    assert not may(rosa, "edit", draft)


def test_the_same_role_cannot_be_given_twice(ines):
    with pytest.raises(IntegrityError), transaction.atomic(using=EDITORIAL):
        factories.give_role(ines, "editor")


def test_addresses_differ_by_more_than_case(ines):
    with pytest.raises(IntegrityError), transaction.atomic(using=EDITORIAL):
        factories.UserFactory(email="INES@example.org")


def test_django_admin_asks_the_same_table(wim, ines, draft):
    assert ines.has_perm("editorial.change_article", draft)
    assert wim.has_perm("editorial.change_article", draft)
    assert not wim.has_perm("editorial.delete_article", draft)
    assert not wim.has_perm("accounts.change_user")
    assert not wim.has_perm("auth.change_group")
