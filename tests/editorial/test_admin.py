"""The desk: pages, saves and verbs. Works, who may not, bad input, races."""

import re

import pytest
from django.urls import reverse

from accounts.permissions import may
from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import (
    Article,
    AuditLog,
    Course,
    Lesson,
    Review,
    ReviewComment,
    Status,
    Version,
)
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def address(item, name="change", *args):
    model = type(item)._meta.model_name
    return reverse(f"admin:editorial_{model}_{name}", args=[item.pk, *args])


def fields(item, **changes):
    """What the form of an article posts when nothing was touched, and the changes."""
    posted = {
        "title": item.title,
        "slug": item.slug,
        "excerpt": getattr(item, "excerpt", ""),
        "category": str(item.category_id or ""),
        "tags": [],
        "kind": "post",
        "post_format": "standard",
        "menu_order": "0",
        "comments_open": "on",
        "seen_revision": str(item.revision),
        "body": changes.pop("body", "The harbour at five."),
        "_save": "1",
    }
    return posted | changes


# --- Works ------------------------------------------------------------------------


def test_an_author_writes_a_new_article(signed_in, wim):
    category = factories.CategoryFactory()
    posted = {
        "title": "Low water",
        "body": "One paragraph.\n\nAnother <strong>one</strong>.",
        "category": str(category.pk),
        "kind": "post",
        "post_format": "standard",
        "menu_order": "0",
        "_save": "1",
    }

    answer = signed_in(wim).post(reverse("admin:editorial_article_add"), posted)

    article = Article.objects.get()
    assert answer.status_code == 302, answer.context["errors"]
    assert answer.url == address(article)
    assert (article.author, article.slug) == (wim, "low-water")
    assert [one["type"] for one in article.block_list()] == ["paragraph"] * 2


def test_opening_and_saving_changes_nothing(signed_in, wim, draft):
    before = draft.block_list()

    page = signed_in(wim).get(address(draft))
    shown = page.context["adminform"].form["body"].value()
    signed_in(wim).post(address(draft), fields(draft, body=shown))

    draft = Article.objects.get(pk=draft.pk)
    assert draft.block_list() == before
    assert draft.revision == int(fields(draft)["seen_revision"])


def test_a_paragraph_that_stays_keeps_its_id(signed_in, wim, draft):
    kept = draft.block_list()[0]["id"]

    signed_in(wim).post(
        address(draft), fields(draft, body="The harbour at five.\n\nA gull.")
    )

    assert [one["id"] for one in Article.objects.get().block_list()][0] == kept


def test_save_as_a_version_keeps_its_summary(signed_in, wim, draft):
    posted = fields(draft, title="First light, again", summary="A better title.")
    posted["_version"] = posted.pop("_save")

    signed_in(wim).post(address(draft), posted)

    version = Version.objects.of(draft).get()
    assert version.change_summary == "A better title."
    assert version.created_by == wim


def test_a_text_goes_from_draft_to_published_by_the_buttons(
    signed_in, wim, ines, draft
):
    def press(person, verb, **said):
        article = Article.objects.get()
        said |= {
            "seen_revision": article.revision,
            "seen_hash": article.content_hash(),
        }
        return signed_in(person).post(address(draft, "do", verb), said)

    press(wim, "submit")
    press(ines, "start_review", reviewer=str(ines.pk))
    press(ines, "approve")
    press(ines, "publish")

    article = Article.objects.get()
    assert article.status == Status.PUBLISHED
    assert article.live_version.number == 1


def test_save_and_submit_does_both(signed_in, wim, draft):
    posted = fields(draft, body="New words.")
    posted["_submit"] = posted.pop("_save")

    signed_in(wim).post(address(draft), posted)

    article = Article.objects.get()
    assert article.status == Status.PENDING_REVIEW
    assert article.latest_version.rendered["text"] == "New words."


def test_a_schedule_is_meant_in_the_editors_own_time_zone(signed_in, ines, approved):
    signed_in(ines).post(
        address(approved, "do", "schedule"),
        {
            "publish_at": "2099-01-15T09:30",
            "zone": "Europe/Berlin",
            "seen_revision": approved.revision,
        },
    )

    article = Article.objects.get()
    assert article.publish_at.isoformat() == "2099-01-15T08:30:00+00:00"
    assert article.scheduled_by == ines


def test_every_page_of_an_item_opens(signed_in, ines, published):
    factories.edit(published, by=ines, title="First light, revised")
    for name, args in (
        ("change", ()),
        ("versions", ()),
        ("version", (2,)),
        ("remarks", ()),
        ("preview", ()),
        ("do", ("archive",)),
    ):
        answer = signed_in(ines).get(address(published, name, *args))
        assert answer.status_code == 200, name


def test_a_version_page_says_what_changed_in_words(signed_in, ines, published):
    body = [factories.paragraph("The harbour at six.", published.block_list()[0]["id"])]
    factories.edit(published, by=ines, title="Second light", body=body)

    page = signed_in(ines).get(address(published, "version", 2)).content.decode()

    seen = re.sub(r'<span class="visually-hidden">[^<]*</span>', "", page)
    assert "<del>First </del><ins>Second </ins>" in seen
    assert "<del>five</del><ins>six</ins>" in seen


def test_restoring_a_version_never_publishes(signed_in, ines, published):
    factories.edit(published, by=ines, title="Second light")

    signed_in(ines).post(address(published, "restore", 1))

    article = Article.objects.get()
    assert article.title == "First light"
    assert (article.status, article.live_version.number) == (Status.DRAFT, 1)


def test_remarks_are_made_answered_and_resolved(signed_in, wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    block = draft.block_list()[0]["id"]

    signed_in(ines).post(
        address(draft, "remarks"), {"comment": "Which harbour?", "block_id": block}
    )
    remark = ReviewComment.objects.get()
    signed_in(wim).post(
        address(draft, "remarks"), {"comment": "Ours.", "parent": str(remark.pk)}
    )
    signed_in(wim).post(address(draft, "resolve", remark.pk))

    remark.refresh_from_db()
    assert str(remark.block_id) == block
    assert remark.replies.get().comment == "Ours."
    assert remark.resolved_by == wim


def test_the_desk_shows_what_waits_for_whom(signed_in, wim, ines, draft):
    mine = signed_in(wim).get(reverse("admin:index")).content.decode()
    assert "My drafts" in mine and "First light" in mine
    assert "Waiting for review" not in mine

    actions.submit(draft, by=wim)

    theirs = signed_in(ines).get(reverse("admin:index")).content.decode()
    assert "Waiting for review" in theirs and "First light" in theirs


def test_a_course_with_its_lessons_is_edited_as_one_item(signed_in, wim):
    course = factories.course(by=wim)
    page = signed_in(wim).get(address(course))
    assert page.status_code == 200
    lesson = Lesson.objects.get(slug="knots")

    lesson_page = reverse("admin:editorial_lesson_change", args=[lesson.pk])
    assert signed_in(wim).get(lesson_page).status_code == 200
    answer = signed_in(wim).post(
        lesson_page,
        {
            "title": "Knots that hold",
            "slug": "knots",
            "description": "",
            "body": "The bowline.",
            "section": str(lesson.section_id),
            "content_type": "text",
            "order_index": "0",
            "is_preview": "on",
            "seen_revision": str(course.revision),
            "_save": "1",
        },
    )

    assert answer.status_code == 302, answer.context["errors"]
    lesson.refresh_from_db()
    assert lesson.content_blocks[0]["type"] == "paragraph"
    assert Course.objects.get().revision == course.revision + 1


def course_fields(course, **changes):
    sections = list(course.sections.all())
    lessons = list(
        course.lessons.order_by("section__order_index", "section_id", "order_index")
    )
    posted = {
        "title": course.title,
        "slug": course.slug,
        "description": course.description,
        "category": str(course.category_id),
        "is_free": "on",
        "currency": "EUR",
        "seen_revision": str(course.revision),
        "sections-TOTAL_FORMS": str(len(sections) + 1),
        "sections-INITIAL_FORMS": str(len(sections)),
        "lessons-TOTAL_FORMS": str(len(lessons) + 1),
        "lessons-INITIAL_FORMS": str(len(lessons)),
        f"sections-{len(sections)}-order_index": "0",
        f"lessons-{len(lessons)}-order_index": "0",
        "_save": "1",
    }
    for n, section in enumerate(sections):
        posted |= {
            f"sections-{n}-id": str(section.pk),
            f"sections-{n}-title": section.title,
            f"sections-{n}-order_index": str(section.order_index),
        }
    for n, lesson in enumerate(lessons):
        posted |= {
            f"lessons-{n}-id": str(lesson.pk),
            f"lessons-{n}-title": lesson.title,
            f"lessons-{n}-section": str(lesson.section_id),
            f"lessons-{n}-order_index": str(lesson.order_index),
        }
    return posted | changes


def test_a_lesson_is_added_in_the_table_of_contents(signed_in, wim):
    course = factories.course(by=wim)
    posted = course_fields(
        course,
        **{
            "lessons-2-title": "Rain",
            "lessons-2-section": str(course.sections.get().pk),
            "lessons-2-order_index": "2",
        },
    )

    answer = signed_in(wim).post(address(course), posted)

    assert answer.status_code == 302, answer.context["errors"]
    assert Lesson.objects.get(title="Rain").slug == "rain"
    assert Course.objects.get().revision == course.revision + 1


def test_what_is_done_to_a_category_stands_in_the_audit_log(signed_in, ines):
    signed_in(ines).post(
        reverse("admin:editorial_category_add"),
        {"name": "Ports", "slug": "ports", "display_order": "0", "is_active": "on"},
    )

    row = AuditLog.objects.get(resource_type="category")
    assert (row.user_id, row.action) == (ines.pk, "create")


# --- Who may not ------------------------------------------------------------------


VERBS = ("approve", "publish", "schedule", "archive", "unpublish")


@pytest.mark.parametrize("verb", VERBS)
def test_an_author_cannot_do_an_editors_work_by_posting_the_address(
    signed_in, wim, approved, verb
):
    answer = signed_in(wim).post(
        address(approved, "do", verb), {"seen_revision": approved.revision}
    )

    assert answer.status_code == 403
    assert Article.objects.get().status == Status.APPROVED


def test_a_contributor_cannot_reopen(signed_in, cleo, ines):
    own = factories.approve(factories.article(by=cleo), editor=ines)

    answer = signed_in(cleo).post(address(own, "do", "reopen"))
    edit = signed_in(cleo).post(address(own), fields(own, title="Changed"))

    assert (answer.status_code, edit.status_code) == (403, 403)
    assert "Changed" in edit.content.decode()  # the text is shown, to copy
    assert Article.objects.get().status == Status.APPROVED


def test_an_editor_of_one_section_cannot_touch_another(signed_in, wim):
    sports, politics = factories.CategoryFactory(), factories.CategoryFactory()
    editor = factories.staff("sam", "editor", category=sports)
    theirs = factories.article(by=wim, category=sports)
    other = factories.article(by=wim, category=politics, title="Elsewhere")
    client = signed_in(editor)

    listed = client.get(reverse("admin:editorial_article_changelist"))

    assert [row.pk for row in listed.context["cl"].result_list] == [theirs.pk]
    assert client.get(address(theirs)).status_code == 200
    assert client.get(address(other)).status_code == 404
    assert client.post(address(other), fields(other)).status_code == 404
    assert client.post(address(other, "do", "archive")).status_code == 404
    for name, args in (("versions", ()), ("preview", ()), ("remarks", ())):
        assert client.get(address(other, name, *args)).status_code == 404


def test_what_one_may_not_view_is_not_offered_as_a_parent(signed_in, wim, omar):
    factories.article(by=wim, title="Secret page", kind="page")

    answer = signed_in(omar).get(
        reverse("admin:autocomplete"),
        {
            "app_label": "editorial",
            "model_name": "article",
            "field_name": "parent",
            "term": "Secret",
        },
    )

    assert answer.json()["results"] == []


@pytest.mark.parametrize(
    "roles", [("author",), ("contributor",), ("reviewer",), ("editor",), ("moderator",)]
)
def test_lists_and_the_table_of_rights_agree(roles, wim, ines):
    ours, other = factories.CategoryFactory(), factories.CategoryFactory()
    below = factories.CategoryFactory(parent=ours)
    somebody = factories.staff("somebody", *roles)
    scoped = factories.staff("scoped", *roles, category=ours)
    items = [
        factories.article(by=wim, category=ours),
        factories.article(by=wim, category=below),
        factories.article(by=wim, category=other),
    ]
    named = factories.article(by=wim, category=other)
    actions.submit(named, by=wim)
    actions.start_review(named, by=ines, reviewer=somebody)
    for person in (somebody, scoped):
        if may(person, "create"):
            items.append(factories.article(by=person, category=other))
    items.append(named)

    for person in (somebody, scoped, wim, factories.staff("nobody")):
        seen = set(Article.objects.visible_to(person))
        assert seen == {one for one in items if may(person, "view", one)}


def test_a_get_never_changes_a_state(signed_in, ines, approved):
    before = Article.objects.get().status
    for verb in ("publish", "reopen", "archive", "schedule"):
        signed_in(ines).get(address(approved, "do", verb))
    signed_in(ines).get(address(approved, "restore", 1))

    assert Article.objects.get().status == before


def test_a_reader_finds_no_desk(signed_in, rosa):
    assert signed_in(rosa).get(reverse("admin:index")).status_code == 302


def test_nobody_deletes_an_article(signed_in, draft):
    chief = factories.staff("chief", "super_admin")

    answer = signed_in(chief).post(
        reverse("admin:editorial_article_delete", args=[draft.pk]), {"post": "yes"}
    )

    assert answer.status_code == 403
    assert Article.objects.exists()


def test_only_editors_insert_raw_html(signed_in, wim, ines, draft):
    raw = "<!--html--><marquee>Hot</marquee><!--/html-->"

    refused = signed_in(wim).post(address(draft), fields(draft, body=raw))
    assert "Raw HTML" in str(refused.context["adminform"].form.errors)

    signed_in(ines).post(address(draft), fields(draft, body=raw))
    assert Article.objects.get().block_list()[0]["type"] == "html"


# --- Bad input --------------------------------------------------------------------


def test_an_incomplete_text_is_kept_and_the_reason_is_said(signed_in, wim, draft):
    posted = fields(draft, title="", body="")
    posted["_submit"] = posted.pop("_save")

    page = signed_in(wim).post(address(draft), posted, follow=True).content.decode()

    assert "Give it a title." in page and "the body" in page.lower()
    assert Article.objects.get().status == Status.DRAFT
    assert Article.objects.get().title == ""


def test_changes_are_not_requested_without_a_word(signed_in, wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    answer = signed_in(ines).post(
        address(draft, "do", "request_changes"), {"seen_revision": draft.revision}
    )

    assert answer.status_code == 409
    assert "Say what should change" in answer.content.decode()


@pytest.mark.parametrize("when", ["", "yesterday", "2001-01-01T10:00"])
def test_a_schedule_needs_a_time_to_come(signed_in, ines, approved, when):
    answer = signed_in(ines).post(
        address(approved, "do", "schedule"),
        {"publish_at": when, "seen_revision": approved.revision},
    )

    assert answer.status_code in (409, 422)
    assert Article.objects.get().status == Status.APPROVED


def test_an_unknown_verb_is_not_there(signed_in, ines, draft):
    assert signed_in(ines).post(address(draft, "do", "explode")).status_code == 404


# --- Races ------------------------------------------------------------------------


def test_a_stale_edit_keeps_both_texts(signed_in, wim, ines, draft):
    posted = fields(draft, title="Mine", body="What I wrote meanwhile.")
    posted |= {
        "initial-title": draft.title,
        "initial-excerpt": draft.excerpt,
        "initial-body": "The harbour at five.",
    }
    factories.edit(draft, by=ines, title="Theirs", excerpt="A standfirst.")

    answer = signed_in(wim).post(address(draft), posted)

    page = answer.content.decode()
    form = answer.context["adminform"].form
    assert form["title"].value() == "Mine"
    assert form["body"].value() == "What I wrote meanwhile."
    assert form["excerpt"].value() == "A standfirst."  # I had not touched it
    assert "Theirs" in page and "Somebody else saved this" in page
    assert Article.objects.get().title == "Theirs"

    posted |= {
        "seen_revision": form["seen_revision"].value(),
        "excerpt": "A standfirst.",
    }
    signed_in(wim).post(address(draft), posted)
    assert Article.objects.get().title == "Mine"
    assert Article.objects.get().excerpt == "A standfirst."


def test_nobody_approves_a_text_they_have_not_read(signed_in, wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    seen = {"seen_revision": draft.revision, "seen_hash": draft.content_hash()}
    factories.edit(draft, by=ines, title="Changed under review")

    answer = signed_in(ines).post(address(draft, "do", "approve"), seen)
    blind = signed_in(ines).post(
        address(draft, "do", "approve"), {"seen_revision": draft.revision}
    )

    page = signed_in(ines).get(address(draft)).content.decode()
    assert f"/do/approve/?seen={draft.revision}" in page
    asked = signed_in(ines).get(f"{address(draft, 'do', 'approve')}?seen=1")

    assert 'name="seen_revision" value="1"' in asked.content.decode()
    assert answer.status_code == 409
    assert "See what changed" in answer.content.decode()
    assert f"{address(draft, 'compare')}?from=1" in answer.content.decode()
    assert blind.status_code == 422
    assert Article.objects.get().status == Status.IN_REVIEW


def test_an_author_who_saves_after_the_review_began_loses_no_word(
    signed_in, wim, ines, draft
):
    posted = fields(draft, body="Words that must not be lost.")
    actions.submit(draft, by=wim)

    answer = signed_in(wim).post(address(draft), posted)

    assert answer.status_code == 403
    assert "Words that must not be lost." in answer.content.decode()
    assert Review.objects.count() == 0


# --- At any amount of content -----------------------------------------------------


LISTS = [
    "editorial_article",
    "editorial_course",
    "editorial_category",
    "editorial_tag",
    "editorial_media",
    "editorial_editorialtask",
    "editorial_release",
    "editorial_auditlog",
    "editorial_outboxevent",
    "accounts_user",
    "publishing_receipt",
]


def test_lists_cost_the_same_with_many_rows(
    signed_in, wim, ines, django_assert_max_num_queries
):
    chief = factories.staff("boss", "super_admin")
    for n in range(6):
        factories.publish(factories.article(by=wim, title=f"Story {n}"), editor=ines)
        factories.course(by=wim, title=f"Course {n}")
        factories.MediaFactory(uploaded_by=wim)
        factories.TagFactory()
    client = signed_in(chief)

    for name in LISTS:
        page = reverse(f"admin:{name}_changelist")
        with django_assert_max_num_queries(12, info=name):
            assert client.get(page).status_code == 200, name


def test_the_desk_costs_the_same_with_many_items(
    signed_in, wim, ines, django_assert_max_num_queries
):
    for n in range(12):
        one = factories.article(by=wim, title=f"Story {n}")
        if n % 2:
            actions.submit(one, by=wim)
        if n % 4 == 1:
            actions.start_review(one, by=ines)

    client = signed_in(ines)
    with django_assert_max_num_queries(40):
        assert client.get(reverse("admin:index")).status_code == 200


def test_the_change_page_costs_the_same_with_many_blocks(
    signed_in, wim, ines, django_assert_max_num_queries
):
    body = [factories.paragraph(f"Paragraph {n}.") for n in range(200)]
    article = factories.article(by=wim, body=body)

    client = signed_in(ines)
    with django_assert_max_num_queries(40):
        assert client.get(address(article)).status_code == 200
