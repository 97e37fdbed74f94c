"""Every field of the model is sent to every door that writes. Only what the door
offers may change; states, owners, versions and rights do not."""

from datetime import timedelta

import pytest
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleAssignment, User
from cms.databases import ALIASES, ENGAGEMENT
from editorial.models import Article, Course
from engagement.comments.models import Comment
from engagement.refs.models import ContentRef
from tests import factories

pytestmark = pytest.mark.django_db(databases=list(ALIASES))

ALWAYS_MOVE = {"updated_at", "revision", "current_version"}
"""They tell that something was saved."""
AUTHORS_SET = {
    # what the desk and the API offer to somebody who may edit
    "title",
    "slug",
    "excerpt",
    "description",
    "category_id",
    "tags",
    "featured_image_id",
    "kind",
    "post_format",
    "parent_id",
    "menu_order",
    "is_featured",
    "comments_open",
    "difficulty_level",
    "estimated_duration_minutes",
    "is_free",
    "price_cents",
    "currency",
    *Article.SEO_FIELDS,
}


def hostile(model, *, other):
    """{name: value} for every column of a model: whatever somebody would like."""
    sent = {}
    for field in model._meta.concrete_fields:
        if field.is_relation:
            value = str(other.pk)
        elif isinstance(field, models.BooleanField):
            value = "on"
        elif isinstance(field, models.DateTimeField):
            value = (timezone.now() - timedelta(days=3)).isoformat()
        elif isinstance(field, models.IntegerField):
            value = "7"
        elif field.name == "status":
            value = "published"
        elif isinstance(field, models.UUIDField):
            value = str(other.pk)
        else:
            value = "taken"
        sent[field.name] = sent[field.attname] = value
    return sent | {"is_staff": "on", "role": "super_admin", "roles": ["super_admin"]}


def columns(row):
    row.refresh_from_db()
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
    }


def moved(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("model", [Article, Course])
def test_the_desk_writes_what_its_form_shows_and_nothing_else(model, client, wim, ines):
    make = factories.article if model is Article else factories.course
    item = make(by=wim)
    client.force_login(wim)
    before = columns(item)
    address = reverse(
        f"admin:editorial_{model._meta.model_name}_change", args=[item.pk]
    )

    for offered in (True, False):
        sent = hostile(model, other=ines)
        if offered:  # what the form needs to be taken at all
            sent |= {
                "title": "Taken",
                "category": str(item.category_id),
                "kind": "post",
                "post_format": "standard",
                "difficulty_level": "beginner",
                "currency": "EUR",
                "price": "7.00",
                "body": "Taken.",
                "canonical_url": "",
                "structured_data": "",
                "meta_keywords": "",
                "featured_image": "",
                "og_image": "",
                "parent": "",
                "seen_revision": str(item.revision),
            }
            for prefix in ("sections", "lessons"):
                sent |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        answer = client.post(address, sent)
        if offered:
            assert answer.status_code == 302, answer.context["errors"]
        item.refresh_from_db()

    after = columns(item)
    assert after["title"] == "Taken"
    assert moved(before, after) <= AUTHORS_SET | ALWAYS_MOVE


@pytest.mark.parametrize("noun", ["article", "course"])
def test_the_api_refuses_what_it_does_not_offer(noun, client, wim, ines):
    make = factories.article if noun == "article" else factories.course
    item = make(by=wim)
    client.force_login(wim)
    before = columns(item)
    address = f"/api/v1/editorial/{noun}s/{item.pk}/"
    sent = hostile(type(item), other=ines)

    def send(method, fields):
        return getattr(client, method)(
            address,
            fields,
            content_type="application/json",
            headers={"If-Match": "*"},
        )

    whole = {"title": item.title, "description": "All.", "blocks": []}
    for name, value in sent.items():
        answer = send("patch", {name: value})
        assert answer.status_code < 500, name
        if name not in AUTHORS_SET and name not in ("category", "featured_image"):
            assert answer.status_code in (400, 403), name
    assert send("put", whole | sent).status_code in (400, 403)
    assert send("patch", sent).status_code in (400, 403)

    assert moved(before, columns(item)) <= AUTHORS_SET | ALWAYS_MOVE


def test_a_new_item_belongs_to_whoever_writes_it_and_is_a_draft(client, wim, ines):
    client.force_login(wim)
    category = factories.CategoryFactory()
    sent = hostile(Article, other=ines) | {
        "title": "Taken",
        "category": str(category.pk),
        "kind": "post",
        "post_format": "standard",
        "menu_order": "0",
        "body": "Taken.",
        "canonical_url": "",
        "structured_data": "",
        "meta_keywords": "",
        "featured_image": "",
        "og_image": "",
        "parent": "",
        "slug": "",
    }

    client.post(reverse("admin:editorial_article_add"), sent)

    article = Article.objects.get(title="Taken")
    assert article.author == wim
    assert article.status == "draft"
    assert not article.is_live and article.approved_version is None


def test_signing_up_gives_an_account_and_no_rights(client):
    sent = hostile(User, other=User(pk=factories.uuid7())) | {
        "email": "new@example.org",
        "display_name": "New",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
        "password": factories.PASSWORD,
    }

    answer = client.post("/accounts/signup/", sent)

    assert answer.status_code < 400
    user = User.objects.filter(email="new@example.org").first()
    if user is not None:  # an account may be made when its address is confirmed
        assert not user.is_superuser and not user.is_staff
        assert user.badge_verified_at is None
        assert user.created_at > timezone.now() - timedelta(minutes=5)
    assert not RoleAssignment.objects.exists()


def test_who_looks_after_their_account_gives_themselves_nothing(client, rosa):
    client.force_login(rosa)
    before = columns(rosa)
    sent = hostile(User, other=User(pk=factories.uuid7()))

    for address in ("/accounts/", "/accounts/email/", "/api/v1/me/"):
        for method in ("post", "put", "patch"):
            kind = {} if method == "post" else {"content_type": "application/json"}
            assert getattr(client, method)(address, sent, **kind).status_code < 500

    for name in ("is_superuser", "is_active", "password", "badge_verified_at"):
        assert columns(rosa)[name] == before[name], name
    assert not rosa.role_assignments.exists()


def test_a_comment_carries_a_text_and_nothing_else(client, rosa, ines):
    content = ContentRef.objects.create(
        id=factories.uuid7(), kind="article", state="live", title="First light"
    )
    client.force_login(rosa)
    sent = hostile(Comment, other=ines) | {"body": "Just this."}

    client.post(reverse("engagement:discussion", args=["article", content.pk]), sent)

    comment = Comment.objects.using(ENGAGEMENT).get()
    assert comment.user_id == rosa.pk
    assert (comment.content_id, comment.content_kind) == (content.pk, "article")
    assert not (comment.is_pinned or comment.is_author_reply or comment.is_edited)
    assert (comment.like_count, comment.reply_count) == (0, 0)
    assert comment.kind == "comment" and comment.guest_name == ""
    assert comment.moderated_by is None and comment.source_key is None
    assert comment.created_at > timezone.now() - timedelta(minutes=5)
