"""Who stands behind an item: co-authors, reviewers, and who may not approve it."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.permissions import may
from cms.databases import EDITORIAL, PUBLIC
from editorial import actions, byline
from editorial.exceptions import Refused
from editorial.models import Article, AuditLog, Status, WorkflowHistory
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


def fresh(item):
    return type(item).objects.get(pk=item.pk)


def person(one):
    return User.objects.get(pk=one.pk)


# --- Naming people ----------------------------------------------------------------


def test_an_author_names_a_co_author_and_takes_it_back(draft, wim, omar):
    actions.grant(draft, omar, "co_author", by=wim)

    assert may(omar, "edit", fresh(draft))
    assert draft in Article.objects.visible_to(omar)
    assert byline.people(draft) == [(omar, [byline.HANDS["co_author"]])]
    row = AuditLog.objects.get(action="grant", resource_id=draft.pk)
    assert row.new_values["person"] == str(omar.pk)

    actions.revoke(draft, omar, "co_author", by=wim)

    assert not may(omar, "edit", fresh(draft))
    assert byline.people(draft) == []
    done = WorkflowHistory.objects.of(draft).values_list("transition", flat=True)
    assert set(done) >= {"grant", "revoke"}


def test_an_editor_names_a_reviewer_who_may_approve(draft, wim, ines, omar):
    actions.grant(draft, omar, "approve_review", by=ines)
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=omar)
    actions.approve(draft, by=omar)

    assert fresh(draft).status == Status.APPROVED

    actions.revoke(draft, omar, "approve_review", by=ines)
    assert byline.people(draft) == [(omar, [byline.HANDS["review"]])]
    actions.revoke(draft, omar, "review", by=ines)
    assert byline.people(draft) == []


def test_nobody_gives_more_than_they_have(draft, wim, omar, cleo, ines):
    own = factories.article(by=cleo)
    for item, by, hand in (
        (draft, wim, "approve_review"),  # an author does not choose who approves
        (draft, omar, "co_author"),  # somebody else's article
        (own, cleo, "co_author"),  # a contributor writes and submits, no more
    ):
        with pytest.raises(PermissionDenied):
            actions.grant(item, omar, hand, by=by)
        with pytest.raises(PermissionDenied):
            actions.revoke(item, omar, hand, by=by)
    assert byline.people(draft) == []


def test_who_cannot_be_named_is_told_in_a_sentence(draft, wim, rosa, omar, ines):
    actions.grant(draft, omar, "review", by=wim)
    for one, hand, sentence in (
        (rosa, "co_author", "has no role on the desk"),
        (wim, "co_author", "is the author"),
        (omar, "review", "is named reviewer"),
        (omar, "king", "There is no such part"),
    ):
        with pytest.raises(Refused, match=sentence):
            actions.grant(draft, one, hand, by=wim)
    with pytest.raises(Refused, match="is not co-author"):
        actions.revoke(draft, omar, "co_author", by=wim)


# --- Nobody approves what is their own --------------------------------------------


def to_review(item, *, by, editor):
    actions.submit(item, by=by)
    actions.start_review(item, by=editor)
    return item


def test_an_editor_who_gave_the_article_away_does_not_approve_it(ines, wim):
    with_version = factories.article(by=ines)
    actions.save_version(with_version, by=ines)
    without = factories.article(by=ines)
    for item in (with_version, without):
        factories.edit(item, by=ines, author=wim)
        to_review(item, by=wim, editor=ines)

        with pytest.raises(PermissionDenied, match="was an author of this text"):
            actions.approve(item, by=ines)
        actions.approve(item, by=factories.staff(f"helen-{item.pk}", "editor"))


def test_giving_it_away_and_back_and_away_makes_no_difference(ines, wim):
    item = factories.article(by=ines)
    factories.edit(item, by=ines, author=wim)
    factories.edit(item, by=ines, author=ines)
    factories.edit(item, by=ines, author=wim)
    to_review(item, by=wim, editor=ines)

    with pytest.raises(PermissionDenied, match="was an author of this text"):
        actions.approve(item, by=ines)


def test_who_was_a_co_author_in_this_round_does_not_approve(draft, wim, ines):
    actions.grant(draft, ines, "co_author", by=wim)
    factories.edit(draft, by=ines, title="Second light")
    actions.revoke(draft, ines, "co_author", by=ines)
    to_review(fresh(draft), by=wim, editor=ines)

    with pytest.raises(PermissionDenied, match="was an author of this text"):
        actions.approve(fresh(draft), by=person(ines))


def test_writing_alone_in_anothers_name_is_not_approved_by_the_writer(ines, wim):
    category = factories.CategoryFactory()
    item = actions.create(
        Article(title="Ghost", author=wim, category=category), by=ines
    )
    factories.edit(item, by=ines, body=[factories.paragraph("All by Ines.")])
    to_review(item, by=ines, editor=ines)

    with pytest.raises(PermissionDenied, match="in another's name"):
        actions.approve(item, by=ines)

    actions.withdraw(item, by=wim)
    to_review(item, by=wim, editor=ines)
    actions.approve(item, by=ines)


def test_an_editor_who_polished_the_text_may_approve_it(draft, wim, ines):
    to_review(draft, by=wim, editor=ines)
    factories.edit(draft, by=ines, title="Better light")

    actions.approve(draft, by=ines)

    assert fresh(draft).status == Status.APPROVED


def test_after_an_approval_by_somebody_else_a_new_round_begins(ines, wim):
    item = factories.article(by=ines)
    factories.edit(item, by=ines, author=wim)
    to_review(item, by=wim, editor=ines)
    helen = factories.staff("helen", "editor")
    actions.approve(item, by=helen)
    actions.publish(item, by=helen)
    factories.edit(item, by=wim, title="The next version")
    to_review(item, by=wim, editor=ines)

    actions.approve(item, by=ines)

    assert fresh(item).status == Status.APPROVED


def test_a_house_may_let_authors_approve(settings, ines):
    settings.AUTHOR_MAY_APPROVE_OWN = True
    item = to_review(factories.article(by=ines), by=ines, editor=ines)

    actions.approve(item, by=ines)

    assert fresh(item).status == Status.APPROVED


# --- Moving from one category to another ------------------------------------------


@pytest.fixture
def places():
    arts, science = factories.CategoryFactory.create_batch(2)
    return arts, science, factories.CategoryFactory(parent=science)


def test_nobody_moves_an_article_into_their_scope(places, wim):
    arts, science, space = places
    sam = factories.staff("sam", "author")
    factories.give_role(sam, "editor", category=science)
    own = factories.article(by=sam, category=arts)
    others = factories.article(by=wim, category=arts)

    for target in (science, space):
        with pytest.raises(PermissionDenied, match="Ask an editor of"):
            factories.edit(own, by=sam, category=target)
        with pytest.raises(PermissionDenied):
            factories.edit(others, by=sam, category=target)
    assert fresh(own).category == fresh(others).category == arts


def test_nobody_moves_an_article_out_of_their_scope(places, wim):
    arts, science, space = places
    sam = factories.staff("sam", "editor", category=science)
    item = factories.article(by=wim, category=science)

    with pytest.raises(PermissionDenied):
        factories.edit(item, by=sam, category=arts)
    with pytest.raises(PermissionDenied):
        factories.edit(item, by=sam, category=None)

    factories.edit(item, by=sam, category=space)
    assert fresh(item).category == space


def test_who_has_the_right_in_both_places_moves_it(places, wim, ines):
    arts, science, _ = places
    both = factories.staff("bo", "editor", category=science)
    factories.give_role(both, "editor", category=arts)
    item = factories.article(by=wim, category=arts)

    factories.edit(item, by=both, category=science)
    factories.edit(item, by=ines, category=arts)
    factories.edit(item, by=wim, category=science)  # an author moves their own draft

    assert fresh(item).category == science


def test_restoring_a_version_moves_nothing_into_a_scope(places, ines):
    arts, science, _ = places
    sam = factories.staff("sam", "author")
    factories.give_role(sam, "editor", category=science)
    item = factories.article(by=sam, category=science)
    old = actions.save_version(item, by=sam)
    factories.edit(item, by=ines, category=arts)

    with pytest.raises(PermissionDenied, match="Ask an editor of"):
        actions.restore_version(item, old, by=sam)

    assert fresh(item).category == arts
