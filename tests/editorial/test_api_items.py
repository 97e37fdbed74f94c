"""Articles and courses through the API. Works, who may not, bad input, races."""

import random
from itertools import cycle
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from accounts.permissions import may
from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import (
    Article,
    AuditLog,
    Course,
    CourseSection,
    EditorialTask,
    Lesson,
    OutboxEvent,
    Release,
    Review,
    Status,
    Version,
)
from editorial.remarks import add_remark
from tests import factories
from tests.editorial.api import UNKNOWN, caller, do, patch, sentences, tag

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture(autouse=True)
def _no_limits(settings):
    """How often somebody may call is tested elsewhere."""
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (0, 60))


def one(item):
    return f"/{item.KIND}s/{item.pk}/"


# --- Works ------------------------------------------------------------------------


def test_an_article_goes_from_nothing_to_published(wim, ines):
    writer, editor = caller(wim), caller(ines)
    category, tag_ = factories.CategoryFactory(), factories.TagFactory()

    made = writer.post(
        "/articles/",
        {
            "title": "First  light",
            "excerpt": "At five.",
            "category": str(category.pk),
            "tags": [str(tag_.pk)],
            "blocks": [
                {
                    "type": "paragraph",
                    "content": {
                        "type": "paragraph",
                        "content": [{"type": "text", "text": "The harbour."}],
                    },
                }
            ],
            "seo": {"meta_title": "Light", "meta_keywords": ["sea"]},
        },
    )

    assert made.status_code == 201, made.json()
    article = made.json()
    path = f"/articles/{article['id']}/"
    assert made["Location"].endswith(path)
    assert (article["title"], article["slug"]) == ("First light", "first-light")
    assert article["author"] == str(wim.pk)
    assert article["tags"] == [str(tag_.pk)]
    assert article["seo"]["meta_keywords"] == ["sea"]
    assert article["blocks"][0]["id"]
    assert article["available_actions"] == ["edit", "submit"]

    for client, verb, status in (
        (writer, "submit", "pending_review"),
        (editor, "start_review", "in_review"),
        (editor, "approve", "approved"),
        (editor, "publish", "published"),
    ):
        answer = client.post(f"{path}{verb}/", {"comment": "Fine."})
        assert answer.status_code == 200, answer.json()
        assert answer.json()["status"] == status

    article = editor.get(path).json()
    assert article["is_live"] and article["live_version"] == 1
    assert OutboxEvent.objects.filter(cause="publish").exists()
    history = editor.get(f"{path}history/").json()["results"]
    assert [row["transition"] for row in history] == [
        "publish",
        "approve",
        "start_review",
        "submit",
    ]
    assert history[0]["comment"] == "Fine."


def test_every_transition_has_a_door_of_its_own(wim, ines, published):
    editor, path = caller(ines), one(published)

    def go(verb, **body):
        answer = editor.post(f"{path}{verb}/", body)
        assert answer.status_code == 200, (verb, answer.json())
        return answer.json()

    assert go("set_unpublish_at", at="2100-01-01T00:00:00Z")["unpublish_at"]
    assert go("set_unpublish_at", at=None)["unpublish_at"] is None
    assert go("unpublish")["status"] == "unpublished"
    assert go("revise")["status"] == "draft"
    assert go("submit")["status"] == "pending_review"
    assert go("start_review", reviewer=str(ines.pk))["open_review"]["reviewer"] == {
        "id": str(ines.pk),
        "name": "Ines",
    }
    ada = factories.staff("ada", "editor")
    reassigned = go("reassign_review", reviewer=str(ada.pk))
    assert reassigned["open_review"]["reviewer"]["name"] == "Ada"
    assert go("request_changes", comment="Shorter.")["status"] == "changes_requested"
    assert caller(wim).post(f"{path}submit/").status_code == 200
    assert caller(wim).post(f"{path}withdraw/").json()["status"] == "draft"
    go("submit"), go("start_review")
    assert go("approve")["approved_version"]
    assert go("schedule", at="2100-01-01T08:00:00+01:00")["publish_at"] == (
        "2100-01-01T07:00:00Z"
    )
    assert go("unschedule")["status"] == "approved"
    assert go("reopen")["status"] == "draft"
    assert go("archive")["status"] == "archived"
    assert go("unarchive")["status"] == "draft"


def test_a_patch_changes_what_it_names_and_nothing_else(wim, draft):
    client, path = caller(wim), one(draft)
    before = client.get(path).json()

    answer = patch(client, path, excerpt="At five.", change_summary="A standfirst.")

    assert answer.status_code == 200, answer.json()
    after = answer.json()
    assert after["excerpt"] == "At five."
    assert after["revision"] == before["revision"] + 1
    assert after["blocks"] == before["blocks"]
    assert after["title"] == before["title"]
    assert Version.objects.of(draft).first().change_summary == "A standfirst."
    assert answer["ETag"] == tag(client, path)


def test_a_put_replaces_the_whole_and_keeps_address_and_author(wim, draft):
    client, path = caller(wim), one(draft)
    patch(client, path, excerpt="At five.", seo={"meta_title": "Light"})
    before = client.get(path)

    answer = client.put(
        path,
        {
            "title": "Second light",
            "category": str(draft.category_id),
            "blocks": [factories.paragraph("Another text.")],
        },
        headers={"If-Match": before["ETag"]},
    )

    assert answer.status_code == 200, answer.json()
    after = answer.json()
    assert (after["title"], after["excerpt"]) == ("Second light", "")
    assert after["seo"]["meta_title"] == ""
    assert after["slug"] == before.json()["slug"]
    assert after["author"] == str(wim.pk)


def test_what_was_read_can_be_sent_back(wim, draft):
    client, path = caller(wim), one(draft)
    read = client.get(path).json()
    names = [
        "title",
        "slug",
        "category",
        "tags",
        "featured_image",
        "kind",
        "format",
        "parent",
        "excerpt",
        "blocks",
        "is_featured",
        "comments_open",
        "menu_order",
        "seo",
        "author",
        "assigned_editor",
    ]

    answer = client.put(
        path, {name: read[name] for name in names}, headers={"If-Match": "*"}
    )

    assert answer.status_code == 200, answer.json()
    assert {name: answer.json()[name] for name in names} == {
        name: read[name] for name in names
    }
    assert answer.json()["revision"] == read["revision"]


def test_the_first_edit_of_what_is_published_begins_the_next_version(wim, published):
    answer = patch(caller(wim), one(published), title="Second light")

    assert answer.json()["status"] == "draft"
    assert answer.json()["is_live"]


def test_an_empty_patch_reopens_nothing(wim, ines, approved):
    answer = patch(caller(wim), one(approved))

    assert answer.status_code == 200
    assert answer.json()["status"] == "approved"


def test_a_page_stays_where_it_is_though_its_writer_does_not_see_that(wim, ines):
    above = factories.article(by=ines, title="Above", kind="page")
    page = factories.article(by=wim, title="Below", kind="page", parent=above)
    other = factories.article(by=ines, title="Other", kind="page")
    client = caller(wim)

    kept = patch(client, one(page), parent=str(above.pk), excerpt="Still here.")
    moved = patch(client, one(page), parent=str(other.pk))

    assert kept.status_code == 200
    assert moved.status_code == 400


def test_lists_are_filtered_by_known_names(wim, ines):
    science = factories.CategoryFactory()
    space = factories.CategoryFactory(parent=science)
    sea = factories.TagFactory()
    first = factories.article(by=wim, title="Mars", category=space)
    second = factories.article(by=ines, title="Rain")
    factories.edit(first, by=wim).tags.add(sea)
    actions.submit(second, by=ines)
    client = caller(ines)

    def found(query):
        answer = client.get(f"/articles/?{query}")
        assert answer.status_code == 200, answer.json()
        return {row["title"] for row in answer.json()["results"]}

    assert found("") == {"Mars", "Rain"}
    assert found("status=draft") == {"Mars"}
    assert found("status=draft,pending_review") == {"Mars", "Rain"}
    assert found(f"category={science.pk}") == {"Mars"}
    assert found(f"category={UNKNOWN}") == set()
    assert found(f"author={wim.pk}") == {"Mars"}
    assert found("mine=true") == {"Rain"}
    assert found("mine=false") == {"Mars"}
    assert found(f"tag={sea.pk}") == {"Mars"}
    assert found("q=mar") == {"Mars"}
    assert found("live=true") == set()
    assert found("live=false") == {"Mars", "Rain"}
    assert found("updated_after=2100-01-01T00:00:00Z") == set()
    assert found("updated_before=2100-01-01T00:00:00Z") == {"Mars", "Rain"}
    assert found("kind=page") == set()


def test_a_list_is_read_page_by_page_and_field_by_field(wim):
    for number in range(5):
        factories.article(by=wim, title=f"No. {number}")
    client = caller(wim)

    seen, address = [], "/articles/?limit=2&fields=id,title&ordering=created_at"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.json()
        page = answer.json()
        seen += [row["title"] for row in page["results"]]
        assert all(set(row) == {"id", "title"} for row in page["results"])
        address = page["next"] and page["next"].removeprefix("http://testserver")

    assert seen == [f"No. {number}" for number in range(5)]


def test_available_actions_are_what_the_actions_accept(wim, ines, cleo, published):
    """For each state and person: what is offered is not refused for want of a right,
    and what is not offered is."""
    people = [wim, ines, cleo, factories.staff("rex", "reviewer")]
    submitted = factories.article(by=wim, title="Submitted")
    actions.submit(submitted, by=wim)
    in_review = factories.article(by=wim, title="In review")
    actions.submit(in_review, by=wim)
    actions.start_review(in_review, by=ines)
    items = [
        factories.article(by=wim),
        submitted,
        in_review,
        factories.approve(factories.article(by=wim), editor=ines),
        published,
    ]
    for person in people:
        client = caller(person)
        for item in items:
            answer = client.get(one(item))
            if answer.status_code == 404:
                assert not may(person, "view", item)
                continue
            offered = answer.json()["available_actions"]
            row = client.get(f"/articles/?q={item.title}&limit=100").json()["results"]
            listed = next(one for one in row if one["id"] == str(item.pk))
            assert listed["available_actions"] == offered
            for verb in ("publish", "approve", "withdraw"):
                if verb in offered:
                    continue
                status = do(client, item, verb).status_code
                assert status in (403, 409), (person, item.status, verb)


def test_what_no_reader_saw_may_be_deleted_by_an_admin(wim, draft):
    adam = factories.staff("adam", "admin")
    client, path = caller(adam), one(draft)
    assert "delete" in client.get(path).json()["available_actions"]

    answer = client.delete(path, headers={"If-Match": tag(client, path)})

    assert answer.status_code == 204
    assert client.get(path).status_code == 404
    assert AuditLog.objects.filter(action="delete", resource_id=draft.pk).exists()


def test_what_was_published_is_archived_and_not_deleted(published):
    adam = factories.staff("adam", "admin")

    answer = caller(adam).delete(one(published), headers={"If-Match": "*"})

    assert answer.status_code == 409
    assert "Archive it" in answer.json()["detail"]
    assert Article.objects.filter(pk=published.pk).exists()


def test_the_audit_log_says_which_token_it_was(wim, draft):
    do(caller(wim), draft, "submit")

    row = AuditLog.objects.filter(action="submit").first()
    assert row.user_id == wim.pk
    assert row.ip_address == "127.0.0.1"
    assert row.user_agent.startswith("API token “Tests” (mst_")


def test_a_post_sent_twice_is_done_once(wim):
    client = caller(wim)
    headers = {"Idempotency-Key": "one-article"}

    first, second = (
        client.post("/articles/", {"title": "Once"}, headers=headers) for _ in range(2)
    )

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert Article.objects.filter(title="Once").count() == 1


# --- No query for each row --------------------------------------------------------


def queries_of(client, path):
    """How many queries a list takes, and how many rows it has."""
    client.get(path)
    with CaptureQueriesContext(connections[EDITORIAL]) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, answer.json()
    found = answer.json()
    return len(captured), len(found if isinstance(found, list) else found["results"])


def test_lists_take_as_many_queries_for_many_as_for_few(wim, ines):
    rex = factories.staff("rex", "author")
    article, course = factories.article(by=wim), factories.course(by=wim)
    actions.submit(article, by=wim)
    actions.start_review(article, by=ines)
    lists = ["articles", "courses", "categories", "tags", "media", "tasks", "releases"]
    below = ["versions", "history", "reviews", "remarks"]
    addresses = [(ines, f"/{name}/") for name in lists]
    addresses += [(ines, f"{one(article)}{name}/") for name in below]
    addresses += [(ines, f"{one(course)}{name}/") for name in ("sections", "lessons")]
    addresses += [(rex, "/articles/"), (rex, "/courses/"), (wim, "/articles/")]

    def grow(count):
        for number in range(count):
            item = factories.article(by=wim, title=f"No. {number}")
            item.tags.add(factories.TagFactory())
            assign_perm("co_author", rex, item)
            if number % 2:
                actions.submit(item, by=wim)
                actions.start_review(item, by=ines)
            assign_perm("co_author", rex, factories.course(by=wim))
            factories.MediaFactory(uploaded_by=wim)
            EditorialTask.objects.create(title="x", assigned_to=wim, assigned_by=ines)
            Release.objects.create(name="x", created_by=ines)
            factories.edit(article, by=ines, title=f"Title {number}")
            add_remark(article, by=ines, comment="Who says so?")
            section = CourseSection.objects.create(course=course, title="More")
            for slug in ("a", "b"):
                Lesson.objects.create(
                    course=course,
                    section=section,
                    title="x",
                    slug=f"{slug}-{section.pk}",
                )

    grow(1)
    few = [queries_of(caller(person), at) for person, at in addresses]
    grow(4)
    many = [queries_of(caller(person), at) for person, at in addresses]

    for (person, at), (before, _), (now, rows) in zip(
        addresses, few, many, strict=True
    ):
        assert now <= before, (person, at, before, now, rows)
        assert now < 16, (person, at, now)


# --- Who may not ------------------------------------------------------------------


def test_without_a_token_or_a_role_nothing_opens(draft, rosa):
    path = one(draft)
    for method, address in (
        ("get", "/articles/"),
        ("post", "/articles/"),
        ("get", path),
        ("patch", path),
        ("delete", path),
        ("post", f"{path}submit/"),
        ("get", f"{path}versions/"),
        ("get", "/media/"),
        ("get", "/tasks/"),
        ("get", "/categories/"),
    ):
        body = {} if method == "get" else {"title": "x"}
        anonymous = getattr(caller(None), method)(address, body)
        assert anonymous.status_code == 401, (method, address)
        member = getattr(caller(rosa), method)(address, body)
        expected = 404 if str(draft.pk) in address else 403
        assert member.status_code == expected, (method, address)


def test_what_one_may_not_see_is_answered_as_what_is_not_there(wim, omar, draft):
    """Every address below an article of somebody else, by every method."""
    factories.edit(draft, by=wim, title="Second light")
    client = caller(omar)
    doors = [
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("get", "versions/"),
        ("get", "versions/1/"),
        ("get", "versions/1/diff/"),
        ("post", "versions/1/restore/"),
        ("get", "history/"),
        ("get", "reviews/"),
        ("get", "remarks/"),
        ("post", "remarks/"),
        ("post", f"remarks/{UNKNOWN}/resolve/"),
        *(("post", f"{verb}/") for verb in ("submit", "publish", "archive", "revise")),
    ]
    for method, rest in doors:
        answers = [
            getattr(client, method)(
                f"/articles/{pk}/{rest}", {}, headers={"If-Match": "*"}
            )
            for pk in (draft.pk, UNKNOWN)
        ]
        assert [one.status_code for one in answers] == [404, 404], (method, rest)
        seen, random = (one.json() for one in answers)
        assert seen["instance"].replace(str(draft.pk), UNKNOWN) == random["instance"]
        assert {**seen, "instance": ""} == {**random, "instance": ""}
        assert "ETag" not in answers[0]


def test_a_list_holds_what_one_may_view_and_nothing_else(wim, ines):
    """The rule in SQL and the rule in Python are one, for random people and items."""
    dice = random.Random(3)
    top = [factories.CategoryFactory() for _ in range(2)]
    tree = top + [factories.CategoryFactory(parent=one) for one in top]
    people = [wim, ines]
    for number, role in enumerate(
        ["author", "editor", "editor", "editor", "reviewer", "reviewer", "moderator"]
    ):
        scope = dice.choice([None, *tree]) if role in ("editor", "reviewer") else None
        people.append(factories.staff(f"p{number}", role, category=scope))
    items = []
    for number in range(16):
        model = dice.choice([Article, Course])
        item = model(title=f"{number}", category=dice.choice([None, *tree]))
        setattr(item, model.OWNER_FIELD, dice.choice(people))
        item.save()
        if dice.random() < 0.3:
            assign_perm(dice.choice(["co_author", "review"]), dice.choice(people), item)
        if dice.random() < 0.3:
            Review.objects.create(
                content_type=item.KIND,
                content_id=item.pk,
                reviewer=dice.choice(people),
            )
        items.append(item)
    for person in people:
        client = caller(person)
        for kind, model in (("articles", Article), ("courses", Course)):
            fresh = [type(one).objects.get(pk=one.pk) for one in items]
            expected = {
                str(one.pk)
                for one in fresh
                if isinstance(one, model) and may(person, "view", one)
            }
            rows = client.get(f"/{kind}/?limit=100").json()["results"]
            assert {row["id"] for row in rows} == expected, person


def test_a_token_reaches_as_far_as_its_scopes(ines, draft, approved):
    reader = caller(ines, "editorial:read")
    writer = caller(ines, "editorial:read", "editorial:write")
    publisher = caller(ines, "editorial:publish")

    assert reader.get("/articles/").status_code == 200
    assert reader.post("/articles/", {"title": "x"}).status_code == 403
    assert patch(writer, one(draft), title="Edited").status_code == 200
    assert do(writer, approved, "publish").status_code == 403
    assert do(writer, approved, "archive").status_code == 403
    assert publisher.get("/articles/").status_code == 403
    assert writer.post("/media/", {}, format="multipart").status_code == 403
    for verb in ("approve", "schedule", "unschedule", "unpublish", "unarchive"):
        assert do(writer, draft, verb).json()["type"].endswith(":scope"), verb


def test_a_person_sees_but_may_not_do(wim, cleo, ines, draft):
    rex = factories.staff("rex", "reviewer")
    own = factories.article(by=cleo)

    assert caller(rex).get(one(draft)).status_code == 200
    assert caller(rex).patch(one(draft), {}).status_code == 403
    assert do(caller(rex), draft, "submit").status_code == 403
    assert do(caller(wim), draft, "publish").status_code == 403
    assert do(caller(cleo), own, "archive").status_code == 403
    assert caller(ines).delete(one(draft), headers={"If-Match": "*"}).status_code == 403
    assert caller(rex).post("/articles/", {"title": "x"}).status_code == 403


def test_moving_to_another_category_widens_no_right(wim):
    science, arts = factories.CategoryFactory(), factories.CategoryFactory()
    sam = factories.staff("sam", "editor", category=science)
    item = factories.article(by=wim, category=science)
    foreign = factories.article(by=wim, category=arts)

    moved = patch(caller(sam), one(item), category=str(arts.pk))
    stolen = caller(sam).patch(
        one(foreign), {"category": str(science.pk)}, headers={"If-Match": "*"}
    )

    assert moved.status_code == 403
    assert stolen.status_code == 404
    item.refresh_from_db()
    assert item.category == science


def test_only_an_editor_writes_in_anothers_name(wim, omar, ines, draft):
    refused = patch(caller(wim), one(draft), author=str(omar.pk))
    nobody = patch(caller(wim), one(draft), author=UNKNOWN)
    new = caller(wim).post("/articles/", {"title": "x", "author": str(omar.pk)})
    done = patch(caller(ines), one(draft), author=str(omar.pk))

    assert refused.status_code == nobody.status_code == new.status_code == 403
    assert refused.json()["detail"] == nobody.json()["detail"]
    assert done.status_code == 200
    assert done.json()["author"] == str(omar.pk)


def test_raw_html_is_for_editors(wim, ines, draft):
    from cms.uuids import uuid7

    def raw():
        return {
            "id": str(uuid7()),
            "type": "html",
            "content": {"type": "html", "attrs": {"html": "<b>x</b>"}},
        }

    assert patch(caller(wim), one(draft), blocks=[raw()]).status_code == 403
    kept = raw()
    assert patch(caller(ines), one(draft), blocks=[kept]).status_code == 200
    again = patch(
        caller(wim), one(draft), blocks=[kept, factories.paragraph("And more.")]
    )
    assert again.status_code == 200


# --- Bad input --------------------------------------------------------------------


def test_no_field_of_a_model_can_be_set_that_was_not_named(wim, ines, draft):
    """Mass assignment: every field of the model and those attackers try first."""
    open_fields = set(
        [
            "title",
            "slug",
            "category",
            "tags",
            "featured_image",
            "assigned_editor",
            "seo",
            "change_summary",
            "author",
            "kind",
            "format",
            "parent",
            "excerpt",
            "blocks",
            "is_featured",
            "comments_open",
            "menu_order",
        ]
    )
    names = {field.name for field in Article._meta.get_fields()}
    names |= {field.attname for field in Article._meta.concrete_fields}
    names |= set(
        [
            "author_id",
            "status",
            "role",
            "is_staff",
            "version",
            "body_html",
            "published_at",
            "owner",
            "is_verified_purchase",
            "is_superuser",
            "id",
            "pk",
            "revision",
            "live_version",
        ]
    )
    before = Article.objects.filter(pk=draft.pk).values().get()
    forbidden = sorted(names - open_fields)
    for person in (wim, ines):
        client, path = caller(person), one(draft)
        for name, value in zip(
            forbidden, cycle([str(ines.pk), "published", 1, True]), strict=False
        ):
            answer = client.patch(path, {name: value}, headers={"If-Match": "*"})
            assert answer.status_code == 400, (person, name, value)
            assert name in sentences(answer)
        for start in range(0, len(forbidden), 20):
            some = forbidden[start : start + 20]
            answer = client.post(
                "/articles/", {"title": "Mine", **dict.fromkeys(some, "published")}
            )
            assert answer.status_code == 400
            assert set(sentences(answer)) == set(some)
    assert Article.objects.filter(pk=draft.pk).values().get() == before
    assert Article.objects.count() == 1


def test_bad_values_are_told_field_by_field(wim, draft):
    factories.article(by=wim, title="A post")
    bad = {
        "title": ["x" * 501, 5.5e300, [], {}, None],
        "slug": ["!!!", [], None],
        "category": [UNKNOWN, "x", 5, [], {}],
        "tags": [[UNKNOWN], "x", [5], [None], [[]], [str(draft.pk)] * 200],
        "featured_image": [UNKNOWN, "x"],
        "parent": [str(draft.pk), UNKNOWN, "x"],
        "kind": ["news", 5, [], {}],
        "is_featured": ["maybe", 7, [], {}],
        "menu_order": [2**62, "x", 1.5, [], -(10**9)],
        "blocks": [
            "text",
            {},
            [5],
            [{"type": "weather", "content": {}}],
            [{"type": "paragraph"}],
            [{"type": "paragraph", "content": {"type": "paragraph", "x": 1}}],
            [{"id": "x", "type": "paragraph", "content": {"type": "paragraph"}}],
            [factories.paragraph("a", UNKNOWN), factories.paragraph("b", UNKNOWN)],
            None,
        ],
        "seo": [
            5,
            {"meta_title": "x" * 161},
            {"canonical_url": "javascript:alert(1)"},
            {"structured_data": [1]},
            {"structured_data": {"a": {"b": "x" * 60_000}}},
            {"og_image": UNKNOWN},
            {"hidden": True},
        ],
    }
    client, path = caller(wim), one(draft)
    for name, values in bad.items():
        for value in values:
            answer = client.patch(path, {name: value}, headers={"If-Match": "*"})
            assert answer.status_code == 400, (name, str(value)[:60], answer.json())
            fields = sentences(answer)
            assert any(found.startswith(name) for found in fields), (name, fields)
    draft.refresh_from_db()
    assert (draft.title, draft.revision) == ("First light", 1)


def test_what_cannot_be_stored_is_refused_and_breaks_nothing(wim, draft):
    client, path = caller(wim), one(draft)
    deep = "[" * 100_000 + "]" * 100_000
    for body in (
        '{"title": "a\\u0000b"}',
        '{"title": "a\\ud800b"}',
        '{"\\ud800": 1}',
        '{"kind": "\\udfff"}',
        '{"menu_order": 1e999}',
        '{"menu_order": NaN}',
        '{"menu_order": %s}' % ("9" * 5000),
        '{"menu_order": 9223372036854775808}',
        f'{{"blocks": {deep}}}',
        '{"seo": {"structured_data": %s}}' % ('{"a":' * 150 + "1" + "}" * 150),
        deep,
        "{",
        "null",
        "[]",
        '"text"',
        "\xff",
    ):
        answer = client.patch(
            path,
            body.encode("latin-1") if body == "\xff" else body,
            content_type="application/json",
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 400, body[:60]
        assert answer["Content-Type"] == "application/problem+json"


def test_unknown_parameters_and_values_are_refused(ines):
    client = caller(ines)
    for query in (
        "ordering=author__password",
        "author__password=x",
        "fields=title,password",
        "status=secret",
        "category=x",
        "live=perhaps",
        "updated_after=yesterday",
        "q=" + "x" * 101,
        "q=%00",
        "limit=0",
        "limit=99999999999",
        "page=2",
    ):
        answer = client.get(f"/articles/?{query}")
        assert answer.status_code == 400, query
    assert client.get("/articles/?cursor=AAAA").status_code == 404


def test_a_verb_in_the_wrong_state_says_what_can_be_done(ines, wim, draft):
    client = caller(ines)

    published = do(client, draft, "publish")
    past = do(client, draft, "schedule", at="2001-01-01T00:00:00Z")
    no_time = do(client, draft, "schedule")
    nobody = do(client, draft, "start_review", reviewer=UNKNOWN)
    more = do(client, draft, "submit", status="published")
    empty = factories.article(by=wim, title="Empty")
    factories.edit(empty, by=wim, category=None)

    assert published.status_code == past.status_code == 409
    assert "cannot publish from there" in published.json()["detail"]
    assert no_time.status_code == nobody.status_code == more.status_code == 400
    assert "Choose a category." in do(client, empty, "submit").json()["detail"]
    assert caller(wim).get(one(empty)).json()["missing"] == ["Choose a category."]


def test_a_page_cannot_stand_below_itself(ines):
    top = factories.article(by=ines, title="Top", kind="page")
    below = factories.article(by=ines, title="Below", kind="page")
    client = caller(ines)
    assert patch(client, one(below), parent=str(top.pk)).status_code == 200

    for parent in (below, top):
        answer = patch(client, one(top), parent=str(parent.pk))
        assert "parent" in sentences(answer)
    post = patch(client, one(below), kind="post")
    assert "parent" in sentences(post)


# --- Stale writes and races -------------------------------------------------------


def test_an_edit_says_which_text_it_is_about(wim, draft):
    client, path = caller(wim), one(draft)
    old = tag(client, path)
    patch(client, path, title="Second light")

    without = client.patch(path, {"title": "Third light"})
    stale = client.patch(path, {"title": "Third light"}, headers={"If-Match": old})
    weak = client.patch(path, {}, headers={"If-Match": f"W/{tag(client, path)}"})

    assert without.status_code == 428
    assert stale.status_code == weak.status_code == 412
    assert stale["ETag"] == tag(client, path)
    draft.refresh_from_db()
    assert draft.title == "Second light"


def test_a_verb_may_say_which_text_it_is_about(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    client, path = caller(ines), one(draft)
    old = tag(client, path)
    patch(client, path, title="Changed during the review")

    for verb in ("approve", "request_changes", "archive"):
        answer = client.post(
            f"{path}{verb}/", {"comment": "x"}, headers={"If-Match": old}
        )
        assert answer.status_code == 412, verb
    draft.refresh_from_db()
    assert draft.status == Status.IN_REVIEW


def at_once(count, call):
    """Statuses of `count` calls that begin together, in threads of their own."""
    barrier, statuses = Barrier(count), []

    def run(number):
        try:
            barrier.wait(timeout=10)
            statuses.append(call(number))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(statuses)


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC], transaction=True)
def test_of_several_at_once_one_wins_and_nobody_overwrites(epochs, wim, ines):
    draft = factories.article(by=wim)
    approved = factories.approve(factories.article(by=wim), editor=ines)
    path = one(draft)
    seen = tag(caller(wim), path)
    writers = [caller(wim) for _ in range(3)]
    editors = [caller(ines) for _ in range(3)]

    edits = at_once(
        3,
        lambda n: (
            writers[n]
            .patch(path, {"title": f"By {n}"}, headers={"If-Match": seen})
            .status_code
        ),
    )
    publishes = at_once(3, lambda n: do(editors[n], approved, "publish").status_code)
    creations = at_once(
        3,
        lambda n: (
            writers[n]
            .post(
                "/articles/", {"title": "Once"}, headers={"Idempotency-Key": "the-same"}
            )
            .status_code
        ),
    )

    assert edits == [200, 412, 412]
    assert publishes == [200, 409, 409]
    assert set(creations) <= {201, 409} and 201 in creations
    assert Article.objects.filter(title="Once").count() == 1
    draft.refresh_from_db()
    assert draft.revision == 2
    assert OutboxEvent.objects.filter(cause="publish").count() == 1
