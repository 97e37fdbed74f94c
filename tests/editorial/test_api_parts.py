"""What stands around items in the API: parts, versions, remarks, library, taxonomy,
tasks. Works, who may not, bad input, stale writes."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from guardian.shortcuts import assign_perm
from PIL import Image

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import (
    AuditLog,
    Category,
    Course,
    CourseSection,
    EditorialTask,
    Lesson,
    Media,
    OutboxEvent,
    Review,
    Tag,
)
from tests import factories
from tests.editorial.api import UNKNOWN, caller, do, patch, sentences, tag

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture(autouse=True)
def _no_limits_and_files_of_its_own(settings, tmp_path):
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (0, 60))
    settings.MEDIA_ROOT = tmp_path


def one(item):
    return f"/{item.KIND}s/{item.pk}/"


def picture(size=(640, 360), kind="JPEG"):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def upload(client, content, name="harbour.jpg", **words):
    return client.post(
        "/media/", {"file": SimpleUploadedFile(name, content), **words}, "multipart"
    )


@pytest.fixture
def reviewed(draft, wim, ines):
    """An article in review by Ines."""
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    return draft


# --- Courses ----------------------------------------------------------------------


def test_a_course_is_written_and_published(wim, ines):
    writer, editor = caller(wim), caller(ines)
    category = factories.CategoryFactory()
    made = writer.post(
        "/courses/",
        {"title": "Sailing", "category": str(category.pk), "is_free": False,
         "price_cents": 4900, "currency": "EUR"},
    )  # fmt: skip
    assert made.status_code == 201, made.json()
    path = f"/courses/{made.json()['id']}/"

    section = writer.post(f"{path}sections/", {"title": "Basics"})
    assert section.status_code == 201, section.json()
    assert section["ETag"] == tag(writer, path)
    lesson = writer.post(
        f"{path}lessons/",
        {
            "section": section.json()["id"],
            "title": "Knots",
            "is_preview": True,
            "blocks": [factories.paragraph("All about knots.")],
        },
    )
    assert lesson.status_code == 201, lesson.json()
    assert lesson.json()["slug"] == "knots"

    course = writer.get(path).json()
    assert course["missing"] == []
    assert course["sections"][0]["lessons"][0]["title"] == "Knots"
    assert writer.post(f"{path}submit/").status_code == 200
    for verb in ("start_review", "approve", "publish"):
        assert editor.post(f"{path}{verb}/").status_code == 200, verb
    assert editor.get(path).json()["is_live"]


def test_parts_are_changed_moved_put_in_order_and_dropped(wim):
    course = factories.course(by=wim)
    client, path = caller(wim), one(course)
    basics = course.sections.get()
    knots, wind = course.lessons.all()
    more = client.post(f"{path}sections/", {"title": "More"}).json()

    renamed = patch(client, f"{path}sections/{basics.pk}/", title="The basics")
    moved = patch(
        client,
        f"{path}lessons/{wind.pk}/",
        section=more["id"],
        blocks=[factories.paragraph("Wind, again.")],
    )
    ordered = client.post(
        f"{path}sections/order/", {"order": [more["id"], str(basics.pk)]}
    )

    assert renamed.json()["title"] == "The basics"
    assert moved.json()["section"] == more["id"]
    assert [one["title"] for one in ordered.json()] == ["More", "The basics"]
    rows = client.get(f"{path}lessons/").json()
    assert [one["title"] for one in rows] == ["Wind", "Knots"]
    other = client.post(
        f"{path}lessons/", {"section": str(basics.pk), "title": "Knots"}
    ).json()
    assert other["slug"] == "knots-2"
    turned = client.post(
        f"{path}sections/{basics.pk}/lessons/order/",
        {"order": [other["id"], str(knots.pk)]},
    )
    assert [one["id"] for one in turned.json()["lessons"]] == [
        other["id"],
        str(knots.pk),
    ]
    headers = {"If-Match": tag(client, path)}
    dropped = client.delete(f"{path}lessons/{knots.pk}/", headers=headers)
    stale = client.delete(f"{path}sections/{more['id']}/", headers=headers)
    assert (dropped.status_code, stale.status_code) == (204, 412)
    gone = client.delete(f"{path}sections/{more['id']}/", headers={"If-Match": "*"})
    assert gone.status_code == 204
    assert Lesson.objects.filter(course=course).count() == 1


def test_a_part_of_another_course_is_not_there(wim):
    mine, other = factories.course(by=wim), factories.course(by=wim, title="Other")
    client, path = caller(wim), one(mine)
    section, lesson = other.sections.get(), other.lessons.first()
    for method, rest in (
        ("get", f"sections/{section.pk}/"),
        ("patch", f"sections/{section.pk}/"),
        ("delete", f"sections/{section.pk}/"),
        ("post", f"sections/{section.pk}/lessons/order/"),
        ("get", f"lessons/{lesson.pk}/"),
        ("patch", f"lessons/{lesson.pk}/"),
        ("delete", f"lessons/{lesson.pk}/"),
    ):
        answer = getattr(client, method)(path + rest, {}, headers={"If-Match": "*"})
        assert answer.status_code == 404, (method, rest)
    bad = client.post(f"{path}lessons/", {"section": str(section.pk), "title": "x"})
    own = mine.lessons.first()
    moved = patch(client, f"{path}lessons/{own.pk}/", section=str(section.pk))
    assert bad.status_code == moved.status_code == 400
    wrong = client.post(f"{path}sections/order/", {"order": [str(section.pk)]})
    twice = client.post(
        f"{path}sections/order/", {"order": [str(mine.sections.get().pk)] * 2}
    )
    assert wrong.status_code == twice.status_code == 400
    assert other.lessons.count() == 2


def test_parts_are_for_who_may_edit_the_course(wim, omar, rosa):
    course = factories.course(by=wim)
    rex = factories.staff("rex", "reviewer")
    section, lesson = course.sections.get(), course.lessons.first()
    path = one(course)
    doors = [
        ("post", "sections/", {"title": "x"}),
        ("patch", f"sections/{section.pk}/", {"title": "x"}),
        ("delete", f"sections/{section.pk}/", {}),
        ("post", "sections/order/", {"order": [str(section.pk)]}),
        ("post", f"sections/{section.pk}/lessons/order/", {"order": []}),
        ("post", "lessons/", {"section": str(section.pk), "title": "x"}),
        ("patch", f"lessons/{lesson.pk}/", {"title": "x"}),
        ("delete", f"lessons/{lesson.pk}/", {}),
    ]
    for person, expected in ((rex, 403), (omar, 404), (rosa, 404)):
        client = caller(person)
        for method, rest, body in doors:
            answer = getattr(client, method)(
                path + rest, body, headers={"If-Match": "*"}
            )
            assert answer.status_code == expected, (person, method, rest)
    assert CourseSection.objects.get().title == "Basics"
    assert Lesson.objects.count() == 2


def test_a_course_that_is_not_free_needs_a_price(wim):
    course = factories.course(by=wim)
    client, path = caller(wim), one(course)
    for body in (
        {"is_free": False},
        {"is_free": False, "price_cents": 0},
        {"price_cents": 2**40},
        {"currency": "euro"},
        {"currency": "EU\n"},
        {"difficulty_level": "impossible"},
        {"estimated_duration_minutes": -1},
        {"instructor_id": str(wim.pk)},
        {"sections": []},
        {"status": "published"},
    ):
        answer = patch(client, path, **body)
        assert answer.status_code == 400, body
    course.refresh_from_db()
    assert course.is_free
    for name in ("course", "course_id", "order_index", "id", "created_at"):
        section = course.sections.get()
        answer = patch(client, f"{path}sections/{section.pk}/", **{name: 1})
        assert name in sentences(answer)


# --- Versions and history ---------------------------------------------------------


def test_versions_are_read_compared_and_brought_back(wim, draft):
    client, path = caller(wim), one(draft)
    first = draft.block_list()
    patch(client, path, change_summary="One.")
    patch(client, path, title="Second light", change_summary="Two.")
    added = [*first, factories.paragraph("And then?")]
    patch(client, path, blocks=added, change_summary="Three.")

    rows = client.get(f"{path}versions/?limit=2").json()
    assert [row["number"] for row in rows["results"]] == [3, 2]
    assert rows["next"]
    version = client.get(f"{path}versions/1/").json()
    assert version["snapshot"]["title"] == "First light"
    assert "<p>" in version["html"]
    changes = client.get(f"{path}versions/3/diff/?against=1").json()
    assert changes["fields"]["title"] == ["First light", "Second light"]
    assert changes["blocks"]["added"] == [added[1]["id"]]
    assert client.get(f"{path}versions/1/diff/").json()["before"] is None

    restored = client.post(f"{path}versions/1/restore/")
    assert restored.status_code == 200, restored.json()
    assert restored.json()["title"] == "First light"
    assert restored.json()["current_version"] == 4
    block = client.post(f"{path}versions/3/restore/", {"block": added[1]["id"]})
    assert len(block.json()["blocks"]) == 2
    for address in ("versions/99/", "versions/99999999999999999999/"):
        assert client.get(path + address).status_code == 404
    for query in ("against=0", "against=x", "against=9999999999999999", "with=1"):
        assert client.get(f"{path}versions/3/diff/?{query}").status_code == 400, query
    no_block = client.post(f"{path}versions/1/restore/", {"block": UNKNOWN})
    assert no_block.status_code == 409


def test_a_course_is_brought_back_as_a_whole(wim):
    course = factories.course(by=wim)
    client, path = caller(wim), one(course)
    patch(client, path, title="Sailing", change_summary="One.")
    patch(client, path, title="Rowing", change_summary="Two.")

    by_block = client.post(f"{path}versions/1/restore/", {"block": UNKNOWN})
    whole = client.post(f"{path}versions/1/restore/", {})

    assert by_block.status_code == 409
    assert whole.json()["title"] == "Sailing"
    assert len(whole.json()["sections"][0]["lessons"]) == 2


def test_a_version_of_another_item_is_not_there(wim, omar, draft):
    mine = factories.article(by=omar)
    factories.edit(draft, by=wim, title="Secret")
    client = caller(omar)

    assert client.get(f"{one(mine)}versions/1/").status_code == 404
    assert client.post(f"{one(mine)}versions/1/restore/").status_code == 404


def test_who_may_read_but_not_edit_does_not_restore(wim, draft):
    factories.edit(draft, by=wim, title="Second light")
    rex = factories.staff("rex", "reviewer")

    assert caller(rex).get(f"{one(draft)}versions/1/").status_code == 200
    assert caller(rex).post(f"{one(draft)}versions/1/restore/").status_code == 403


# --- Reviews and remarks ----------------------------------------------------------


def test_remarks_are_made_answered_and_resolved(wim, ines, reviewed):
    editor, writer, path = caller(ines), caller(wim), one(reviewed)
    block = reviewed.block_list()[0]["id"]

    made = editor.post(
        f"{path}remarks/",
        {"comment": "Says who?", "block": block, "quote": "harbour"},
    )
    assert made.status_code == 201, made.json()
    remark = made.json()
    assert (remark["selection_start"], remark["selection_end"]) == (4, 11)
    reply = writer.post(
        f"{path}remarks/", {"comment": "The master.", "parent": remark["id"]}
    )
    assert reply.json()["parent"] == remark["id"]
    done = writer.post(f"{path}remarks/{remark['id']}/resolve/")
    assert done.json()["is_resolved"]
    assert done.json()["resolved_by"]["name"] == "Wim"
    again = writer.post(f"{path}remarks/{remark['id']}/resolve/", {"resolved": False})
    assert not again.json()["is_resolved"]
    rows = writer.get(f"{path}remarks/").json()["results"]
    assert [row["comment"] for row in rows] == ["Says who?", "The master."]
    reviews = writer.get(f"{path}reviews/").json()["results"]
    assert reviews[0]["reviewer"]["name"] == "Ines"
    assert reviews[0]["version"] == 1


def test_remarks_need_words_and_a_place_that_is_there(wim, ines, omar, draft, reviewed):
    course, other = factories.course(by=wim), factories.article(by=ines)
    actions.submit(other, by=ines)
    actions.start_review(other, by=factories.staff("eva", "editor"))
    foreign = caller(ines).post(f"{one(other)}remarks/", {"comment": "x"}).json()
    client, path = caller(wim), one(reviewed)
    bad = [
        {},
        {"comment": ""},
        {"comment": "x" * 5001},
        {"comment": "x", "quote": "harbour"},
        {"comment": "x", "block": "x"},
        {"comment": "x", "author": str(ines.pk)},
        {"comment": "x", "is_resolved": True},
        {"comment": "x", "review": UNKNOWN},
    ]
    for body in bad:
        assert client.post(f"{path}remarks/", body).status_code == 400, body
    gone = client.post(f"{path}remarks/", {"comment": "x", "block": UNKNOWN})
    elsewhere = client.post(
        f"{path}remarks/", {"comment": "x", "parent": foreign["id"]}
    )
    wrong = client.post(f"{path}remarks/{foreign['id']}/resolve/")
    no_review = client.post(f"{one(course)}remarks/", {"comment": "x"})
    on_a_block = client.post(
        f"{one(course)}remarks/", {"comment": "x", "block": UNKNOWN}
    )
    assert gone.status_code == 409
    assert (no_review.status_code, no_review.json()["review"]) == (201, None)
    assert elsewhere.status_code == wrong.status_code == 404
    assert on_a_block.status_code == 400
    assert not reviewed.open_review().comments.exists()


def test_a_named_reviewer_sees_it_as_long_as_the_review_lasts(wim, ines, draft):
    rex = factories.staff("rex", "author")
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines, reviewer=rex)
    client, path = caller(rex), one(draft)

    assert client.get(path).json()["available_actions"] == [
        "hand_over",
        "request_changes",
    ]
    handed_back = client.post(f"{path}request_changes/", {"comment": "Shorter."})

    assert handed_back.status_code == 204
    assert client.get(path).status_code == 404
    assert Review.objects.get().overall_comment == "Shorter."


# --- The library ------------------------------------------------------------------


def test_a_picture_is_uploaded_described_and_used(wim, ines, draft):
    client = caller(wim)
    made = upload(client, picture(), alt_text="A harbour.", credit="W. Visser")
    assert made.status_code == 201, made.json()
    media = made.json()
    path = f"/media/{media['id']}/"
    assert (media["mime_type"], media["width"]) == ("image/jpeg", 640)
    assert made["Location"].endswith(path)
    assert media["used_by"] == []
    assert Media.objects.get().file.storage.exists(Media.objects.get().file.name)

    changed = patch(client, path, caption="At dawn.", focal_x=0.2, tags=["sea"])
    assert changed.json()["caption"] == "At dawn."
    patch(client, one(draft), featured_image=media["id"])
    used = client.get(path).json()["used_by"]
    assert used == [
        {"kind": "article", "id": str(draft.pk), "title": "First light",
         "how": "picture"}
    ]  # fmt: skip
    for query, count in (
        ("q=visser", 1),
        ("q=nothing", 0),
        ("tag=sea", 1),
        ("mine=true", 1),
        ("wants_alt=true", 0),
        ("file_type=video", 0),
    ):
        rows = client.get(f"/media/?{query}").json()["results"]
        assert len(rows) == count, query
    assert AuditLog.objects.filter(resource_type="media").count() == 2


def test_what_is_shown_somewhere_is_not_deleted(wim, draft):
    adam = factories.staff("adam", "admin")
    media = factories.MediaFactory(uploaded_by=wim)
    shown = {
        "id": UNKNOWN,
        "type": "quote",
        "content": {
            "type": "blockquote",
            "content": [{"type": "image", "attrs": {"media": str(media.pk)}}],
        },
    }
    client, path = caller(adam), f"/media/{media.pk}/"
    factories.edit(draft, by=wim, body=[shown])

    used = client.delete(path, headers={"If-Match": "*"})
    assert used.status_code == 409
    assert "“First light”" in used.json()["detail"]
    factories.edit(draft, by=wim, body=[factories.paragraph("No picture.")])
    stale = client.delete(path, headers={"If-Match": '"old"'})
    gone = client.delete(path, headers={"If-Match": tag(client, path)})
    assert (stale.status_code, gone.status_code) == (412, 204)
    assert not Media.objects.exists()


def test_a_deleted_picture_takes_its_files_along(
    wim, settings, django_capture_on_commit_callbacks
):
    adam = factories.staff("adam", "admin")
    made = upload(caller(adam), picture()).json()
    from editorial import imaging

    imaging.make_variants(made["id"])
    files = [one for one in settings.MEDIA_ROOT.rglob("*") if one.is_file()]
    assert len(files) == 6, "the file, two widths in two formats, and a card"

    with django_capture_on_commit_callbacks(using=EDITORIAL, execute=True):
        answer = caller(adam).delete(f"/media/{made['id']}/", headers={"If-Match": "*"})

    assert answer.status_code == 204
    assert not [one for one in settings.MEDIA_ROOT.rglob("*") if one.is_file()]


def test_where_it_is_used_names_only_what_one_may_see(wim, omar, draft):
    media = factories.MediaFactory(uploaded_by=omar)
    factories.edit(draft, by=wim, featured_image=media)
    adam = factories.staff("adam", "admin")

    answer = caller(omar).get(f"/media/{media.pk}/")
    refused = caller(adam).delete(f"/media/{media.pk}/", headers={"If-Match": "*"})

    assert answer.json()["used_by"] == []
    assert "First light" not in answer.content.decode()
    assert refused.status_code == 409


def test_only_harmless_files_come_in(wim):
    client = caller(wim)
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    for name, content in (
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.jpg", b"<html><script>alert(1)</script>"),
        ("a.png", picture(kind="PNG")[:200]),
        ("a.php", b"<?php echo 1;"),
        ("bomb.png", bomb.getvalue()),
        ("empty.jpg", b""),
    ):
        answer = upload(client, content, name)
        assert answer.status_code == 400, name
    assert client.post("/media/", {"title": "x"}, "multipart").status_code == 400
    assert client.post("/media/", {"file": "text"}, "multipart").status_code == 400
    assert client.post("/media/", {"file": "x"}).status_code == 415
    assert upload(client, picture(), uploaded_by="x").status_code == 400
    assert upload(client, picture(), title="a\x00b").status_code == 400
    assert not Media.objects.exists()
    odd = upload(client, picture(), "../../x\x00.jpg.html")
    assert odd.status_code == 201
    assert odd.json()["url"].endswith(".jpg"), "its ending says what it is"


def test_the_library_is_described_by_editors_and_by_who_brought_it_in(wim, ines, omar):
    media = factories.MediaFactory(uploaded_by=wim)
    path = f"/media/{media.pk}/"

    assert patch(caller(omar), path, caption="Mine now").status_code == 403
    assert patch(caller(wim), path, caption="Mine").status_code == 200
    assert patch(caller(ines), path, caption="Ours").status_code == 200
    assert caller(ines).patch(path, {}).status_code == 428
    for person in (wim, ines):
        gone = caller(person).delete(path, headers={"If-Match": "*"})
        assert gone.status_code == 403
    for name in ("url", "file", "mime_type", "uploaded_by", "variants", "id", "width",
                 "processing_status", "source_url", "folder"):  # fmt: skip
        assert name in sentences(patch(caller(ines), path, **{name: "x"})), name
    for body in ({"focal_x": 2}, {"focal_y": "left"}, {"tags": ["x" * 101]},
                 {"title": "x" * 501}, {"licence_expires_on": "soon"}):  # fmt: skip
        assert patch(caller(ines), path, **body).status_code == 400, body


# --- Categories and tags ----------------------------------------------------------


def test_categories_and_tags_are_kept_by_editors(ines, wim):
    client = caller(ines)
    made = client.post("/categories/", {"name": "Science"})
    assert made.status_code == 201, made.json()
    science = made.json()
    assert science["slug"] == "science"
    space = client.post(
        "/categories/", {"name": "Space", "parent": science["id"]}
    ).json()
    assert space["depth"] == 1
    renamed = patch(client, f"/categories/{science['id']}/", name="Sciences")
    assert (renamed.json()["name"], renamed.json()["slug"]) == ("Sciences", "science")
    rows = caller(wim).get(f"/categories/?below={science['id']}").json()["results"]
    assert [row["name"] for row in rows] == ["Sciences", "Space"]
    keyword = client.post("/tags/", {"name": "Deep sea"}).json()
    assert keyword["slug"] == "deep-sea"
    path = f"/tags/{keyword['id']}/"
    unchanged = client.get(path, headers={"If-None-Match": tag(client, path)})
    assert unchanged.status_code == 304
    assert client.delete(path, headers={"If-Match": "*"}).status_code == 204
    assert OutboxEvent.objects.filter(cause="tag deleted").exists()
    assert AuditLog.objects.filter(resource_type="tag", action="delete").exists()


def test_taxonomy_is_read_by_writers_and_changed_within_ones_scope(wim, rosa):
    science, arts = factories.CategoryFactory(), factories.CategoryFactory()
    space = factories.CategoryFactory(parent=science)
    sam = factories.staff("sam", "editor", category=science)
    client = caller(sam)

    assert caller(wim).get("/categories/").status_code == 200
    assert caller(rosa).get("/categories/").status_code == 403
    assert caller(wim).post("/categories/", {"name": "x"}).status_code == 403
    assert caller(wim).post("/tags/", {"name": "x"}).status_code == 403
    assert patch(client, f"/categories/{space.pk}/", name="x").status_code == 200
    assert patch(client, f"/categories/{arts.pk}/", name="x").status_code == 403
    moved = patch(client, f"/categories/{space.pk}/", parent=str(arts.pk))
    top = patch(client, f"/categories/{space.pk}/", parent=None)
    new = client.post("/categories/", {"name": "Own"})
    for answer in (moved, top, new):
        assert "parent" in sentences(answer), answer.json()
    below = client.post("/categories/", {"name": "Mars", "parent": str(space.pk)})
    assert below.status_code == 201


def test_what_is_used_or_has_others_below_it_stays(ines, draft, wim):
    top = draft.category
    factories.CategoryFactory(parent=top)
    word = factories.TagFactory()
    with actions.editing(draft, by=wim) as fresh:
        fresh.tags.add(word)
    client = caller(ines)
    for path in (f"/categories/{top.pk}/", f"/tags/{word.pk}/"):
        answer = client.delete(path, headers={"If-Match": "*"})
        assert answer.status_code == 409, path
    assert "First light" in answer.json()["detail"]
    assert Category.objects.count() == 2 and Tag.objects.count() == 1


def test_a_category_keeps_to_the_rules_of_the_tree(ines):
    client = caller(ines)
    top = factories.CategoryFactory(slug="taken")
    below = factories.CategoryFactory(parent=top)
    path = f"/categories/{top.pk}/"
    for body in (
        {"parent": str(below.pk)},
        {"parent": str(top.pk)},
        {"parent": UNKNOWN},
        {"slug": below.slug},
        {"slug": "!!"},
        {"name": ""},
        {"display_order": 2**40},
        {"path": "x"},
        {"depth": 5},
    ):
        assert patch(client, path, **body).status_code == 400, body
    for body in ({}, {"name": "!!"}, {"name": "x", "slug": "taken"}):
        assert client.post("/categories/", body).status_code == 400, body
        assert client.post("/tags/", {**body, "path": "x"}).status_code == 400
    stale = client.patch(path, {"name": "x"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412


# --- Tasks ------------------------------------------------------------------------


def test_a_task_is_given_and_done(ines, wim, draft):
    editor, writer = caller(ines), caller(wim)
    made = editor.post(
        "/tasks/",
        {
            "title": "Check the figures",
            "assigned_to": str(wim.pk),
            "priority": "high",
            "content_type": "article",
            "content_id": str(draft.pk),
            "due_date": "2030-01-01T09:00:00+01:00",
        },
    )
    assert made.status_code == 201, made.json()
    task = made.json()
    assert task["assigned_by"]["name"] == "Ines"
    path = f"/tasks/{task['id']}/"
    assert patch(editor, path, priority="urgent").json()["priority"] == "urgent"
    assert len(writer.get("/tasks/?mine=true&status=pending").json()["results"]) == 1
    assert len(editor.get("/tasks/?given=true").json()["results"]) == 1
    assert editor.get("/tasks/?mine=true").json()["results"] == []
    done = writer.post(f"{path}done/")
    assert done.json()["status"] == "completed"
    assert done.json()["completed_at"]


def test_tasks_are_seen_by_whom_they_concern(ines, wim, omar, rosa, draft):
    task = EditorialTask.objects.create(title="Secret", assigned_to=wim)
    path = f"/tasks/{task.pk}/"

    assert caller(omar).get("/tasks/").json()["results"] == []
    assert caller(omar).get(path).status_code == 404
    assert caller(omar).post(f"{path}done/").status_code == 404
    assert caller(rosa).get("/tasks/").status_code == 403
    assert patch(caller(wim), path, title="x").status_code == 403
    assert caller(wim).post("/tasks/", {"title": "x"}).status_code == 403
    editor = caller(ines)
    sam = factories.staff("sam", "editor", category=factories.CategoryFactory())
    hidden = {"content_type": "article", "content_id": str(draft.pk)}
    for client, body in (
        (editor, {}),
        (editor, {"title": "x", "content_id": str(draft.pk)}),
        (editor, {"title": "x", "content_type": "article", "content_id": UNKNOWN}),
        (caller(sam), {"title": "x", **hidden}),
        (editor, {"title": "x", "assigned_to": str(rosa.pk)}),
        (editor, {"title": "x", "assigned_by": str(wim.pk)}),
        (editor, {"title": "x", "completed_at": "2030-01-01T00:00:00Z"}),
        (editor, {"title": "x", "due_date": "tomorrow"}),
        (editor, {"title": "x", "status": "forgotten"}),
    ):
        assert client.post("/tasks/", body).status_code == 400, body
    stale = editor.patch(path, {"title": "x"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412


def test_a_co_author_edits_and_submits_what_is_not_theirs(wim, omar, draft):
    assign_perm("co_author", omar, draft)
    client = caller(omar)

    assert client.get(one(draft)).json()["available_actions"] == ["edit", "submit"]
    assert patch(client, one(draft), excerpt="Together.").status_code == 200
    assert do(client, draft, "submit").status_code == 200
    assert do(client, draft, "withdraw").status_code == 403
    assert Course.objects.count() == 0


# --- Releases ---------------------------------------------------------------------


def test_a_release_goes_out_at_once_or_not_at_all(ines, wim):
    client = caller(ines)
    ready = factories.approve(factories.article(by=wim, title="Ready"), editor=ines)
    course = factories.approve(factories.course(by=wim), editor=ines)
    raw = factories.article(by=wim, title="Raw")
    made = client.post("/releases/", {"name": "Monday"})
    assert made.status_code == 201, made.json()
    path = f"/releases/{made.json()['id']}/"

    for item in (ready, course, raw):
        answer = client.post(f"{path}items/", {"kind": item.KIND, "id": str(item.pk)})
        assert answer.status_code == 201, answer.json()
    again = client.post(f"{path}items/", {"kind": "article", "id": str(raw.pk)})
    early = client.post(f"{path}release/")
    assert again.status_code == early.status_code == 409
    ready.refresh_from_db()
    assert not ready.is_live
    out = client.delete(f"{path}items/{raw.pk}/", headers={"If-Match": "*"})
    assert out.status_code == 204
    done = client.post(f"{path}release/", headers={"If-Match": tag(client, path)})
    assert done.status_code == 200, done.json()
    assert done.json()["released_at"]
    assert {one["title"] for one in done.json()["members"]} == {
        "Ready",
        "Sailing for beginners",
    }
    for method, rest in (
        ("post", "release/"),
        ("delete", ""),
        ("patch", ""),
        ("delete", f"items/{ready.pk}/"),
    ):
        late = getattr(client, method)(
            path + rest, {"name": "x"} if method == "patch" else {},
            headers={"If-Match": "*"},
        )  # fmt: skip
        assert late.status_code == 409, (method, rest)
    assert len(client.get("/releases/?fields=id").json()["results"]) == 1


def test_a_release_says_how_it_stands_has_a_time_and_is_taken_back(ines, wim):
    client = caller(ines)
    article = factories.publish(factories.article(by=wim), editor=ines)
    raw = factories.edit(article, by=wim, title="Second light")
    path = f"/releases/{client.post('/releases/', {'name': 'Monday'}).json()['id']}/"
    client.post(f"{path}items/", {"kind": "article", "id": str(raw.pk)})

    early = client.get(path).json()
    assert early["ready"] is False
    [member] = early["members"]
    assert member["problems"] == ["It is a draft. Submit it, and have it approved."]
    factories.approve(raw, editor=ines)
    ready = client.get(path).json()
    assert ready["ready"] is True
    [member] = ready["members"]
    assert (member["version"], member["instead_of"]) == (2, 1)
    assert member["will"] == "v2 replaces v1: the title."

    timed = client.post(f"{path}schedule/", {"at": "2099-01-01T06:00:00Z"})
    assert timed.json()["release_at"] == "2099-01-01T06:00:00Z"
    for body in ({}, {"at": "soon"}, {"at": "2099-01-01T06:00:00Z", "by": "me"}):
        assert client.post(f"{path}schedule/", body).status_code == 400, body
    past = client.post(f"{path}schedule/", {"at": "2001-01-01T06:00:00Z"})
    assert past.status_code == 409
    assert client.post(f"{path}unschedule/").json()["release_at"] is None
    assert client.post(f"{path}unschedule/").status_code == 409
    assert client.post(f"{path}revert/", {}).status_code == 409

    assert client.post(f"{path}release/").status_code == 200
    back = client.post(f"{path}revert/", {})
    assert back.status_code == 201, back.json()
    assert back.json()["reverts"] == early["id"]
    assert back.json()["members"][0]["version"] == 1
    assert client.post(f"{path}revert/", {}).status_code == 409


def test_releases_are_for_editors_and_show_what_one_may_see(ines, wim, draft):
    science = factories.CategoryFactory()
    sam = factories.staff("sam", "editor", category=science)
    editor, scoped, writer = caller(ines), caller(sam), caller(wim)
    path = f"/releases/{editor.post('/releases/', {'name': 'x'}).json()['id']}/"
    member = {"kind": "article", "id": str(draft.pk)}
    editor.post(f"{path}items/", member)

    seen = scoped.get(path)
    assert seen.json()["members"] == []
    assert seen.json()["hidden_members"] == 1
    assert "First light" not in seen.content.decode()
    assert scoped.post(f"{path}items/", member).status_code == 400
    out = scoped.delete(f"{path}items/{draft.pk}/", headers={"If-Match": "*"})
    assert out.status_code == 404
    assert writer.get(path).status_code == 404
    assert writer.post("/releases/", {"name": "x"}).status_code == 403
    assert caller(ines, "editorial:write").post(f"{path}release/").status_code == 403
    for body in ({}, {"name": ""}, {"name": "x", "released_at": "2030-01-01"},
                 {"name": "x", "created_by": str(wim.pk)}):  # fmt: skip
        assert editor.post("/releases/", body).status_code == 400, body
    stale = editor.patch(path, {"name": "y"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
