"""Builders for people, categories, articles and courses in the editorial database."""

import factory
from django.db import transaction
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from accounts.permissions import ROLES
from cms.databases import EDITORIAL
from cms.uuids import uuid7
from editorial import actions
from editorial.models import (
    Article,
    Category,
    Course,
    CourseSection,
    Lesson,
    Media,
    Tag,
)

PASSWORD = "correct horse battery staple"


def paragraph(text, block_id=None):
    """A paragraph block as `editorial.blocks` knows it."""
    return {
        "id": str(block_id or uuid7()),
        "type": "paragraph",
        "content": {
            "type": "paragraph",
            "content": [{"type": "text", "text": text}],
        },
    }


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        database = EDITORIAL
        skip_postgeneration_save = True

    display_name = factory.Sequence(lambda n: f"Person {n}")
    slug = factory.Sequence(lambda n: f"person-{n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password(PASSWORD)
    email_verified_at = factory.LazyFunction(timezone.now)


def give_role(user, code, *, category=None, expires_at=None):
    """Assign a role, within a category if given, and forget what was cached."""
    name, rank, description = ROLES[code]
    role, _ = Role.objects.get_or_create(
        code=code, defaults={"name": name, "rank": rank, "description": description}
    )
    assignment = RoleAssignment.objects.create(
        user=user,
        role=role,
        category_id=category.pk if category else None,
        expires_at=expires_at,
    )
    user.__dict__.pop("current_roles", None)
    return assignment


def staff(name, *codes, **kwargs):
    """Somebody with a name and roles."""
    user = UserFactory(
        display_name=name.capitalize(), slug=name, email=f"{name}@example.org"
    )
    for code in codes:
        give_role(user, code, **kwargs)
    return user


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category
        database = EDITORIAL

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")


class TagFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tag
        database = EDITORIAL

    name = factory.Sequence(lambda n: f"Tag {n}")
    slug = factory.Sequence(lambda n: f"tag-{n}")


class MediaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Media
        database = EDITORIAL

    original_filename = factory.Sequence(lambda n: f"photo-{n}.jpg")
    source_url = factory.Sequence(lambda n: f"/media/photo-{n}.jpg")
    alt_text = "A harbour at dawn."
    mime_type = "image/jpeg"
    width, height = 1600, 900
    uploaded_by = factory.SubFactory(UserFactory)


def article(*, by, title="First light", body=None, category=None, **fields):
    """A draft with a body, as its author would write it."""
    category = category or CategoryFactory()
    draft = actions.create(
        Article(title=title, author=by, category=category, **fields), by=by
    )
    with transaction.atomic(using=EDITORIAL), actions.editing(draft, by=by) as fresh:
        fresh.set_blocks(body or [paragraph("The harbour at five.")])
    return draft


def course(*, by, title="Sailing for beginners", category=None, is_free=True, **fields):
    """A course with a section, an open lesson and one that may be gated."""
    if not is_free:
        fields.setdefault("price_cents", 4900)
    draft = actions.create(
        Course(
            title=title,
            instructor=by,
            category=category or CategoryFactory(),
            is_free=is_free,
            **fields,
        ),
        by=by,
    )
    with actions.editing(draft, by=by) as fresh:
        section = CourseSection.objects.create(course=fresh, title="Basics")
        for order, (name, preview) in enumerate((("Knots", True), ("Wind", False))):
            Lesson.objects.create(
                course=fresh,
                section=section,
                title=name,
                slug=name.lower(),
                is_preview=preview,
                order_index=order,
                content_blocks=[paragraph(f"All about {name.lower()}.")],
            )
    return draft


def approve(item, *, editor):
    """Bring a draft to approval: submitted by its owner, approved by an editor."""
    actions.submit(item, by=item.owner)
    actions.start_review(item, by=editor)
    actions.approve(item, by=editor)
    return item


def publish(item, *, editor):
    """All the way to live, through every action."""
    approve(item, editor=editor)
    actions.publish(item, by=editor)
    return item


def edit(item, *, by, **fields):
    """Change fields (or `body`, blocks) of an item the way the desk does."""
    body = fields.pop("body", None)
    with actions.editing(item, by=by, summary="Edited.") as fresh:
        for name, value in fields.items():
            setattr(fresh, name, value)
        if body is not None:
            fresh.set_blocks(body)
    return item
