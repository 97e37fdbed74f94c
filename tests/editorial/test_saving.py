"""Saving as one types: works, who may not, bad input, races."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.blocks import plain_text
from editorial.models import (
    Article,
    AuditLog,
    Clash,
    Lesson,
    OutboxEvent,
    Sitting,
    Status,
    Version,
)
from tests import factories
from tests.editorial import writers
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


class Page:
    """The writing page of somebody: what it knows, and what it sends."""

    def __init__(self, client, row):
        self.client, self.row, self.tab = client, row, str(uuid4())
        self.kind = type(row)._meta.model_name
        row = type(row).objects.get(pk=row.pk)
        self.item = getattr(row, "course", row)
        self.revision = self.item.revision
        bodies = {"lesson": lambda: row.content_blocks, "course": list}
        self.was = bodies.get(self.kind, lambda: row.block_list())()
        self.fields = {"title": row.title}

    def door(self, name):
        return reverse(f"admin:editorial_{self.kind}_{name}", args=[self.row.pk])

    def post(self, name, data):
        body = data if isinstance(data, str | bytes) else json.dumps(data)
        return self.client.post(self.door(name), body, content_type="application/json")

    def payload(self, now=None, save_id=None, title=None, **more):
        now = self.was if now is None else now
        before = {block["id"]: block for block in self.was}
        after = {block["id"]: block for block in now}
        data = {
            "save_id": save_id or str(uuid4()),
            "tab": self.tab,
            "revision": self.revision,
            "changed": [
                {"was": before.get(pk), "now": block}
                for pk, block in after.items()
                if before.get(pk) != block
            ],
            "removed": [
                {"was": block} for pk, block in before.items() if pk not in after
            ],
            "was_order": list(before),
            "order": list(after),
        }
        if title is not None:
            data["fields"] = {"title": {"was": self.fields["title"], "now": title}}
        return data | more

    def save(self, now=None, **options):
        return self.post("autosave", self.payload(now, **options))

    def beat(self, state="here", wants="write", **more):
        data = {"tab": self.tab, "state": state, "wants": wants}
        return self.post("here", data | {"revision": self.revision} | more)


@pytest.fixture
def opens(django_user_model):
    from django.test import Client

    def open_page(person, row):
        client = Client()
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return Page(client, row)

    return open_page


def words(article):
    return [plain_text([block]) for block in article.block_list()]


# --- Works ------------------------------------------------------------------------


def test_what_was_typed_is_in_the_draft(opens, wim, draft):
    page = opens(wim, draft)
    more = paragraph("A second thought.")

    answer = page.save([*page.was, more], title="Second light").json()

    draft.refresh_from_db()
    assert words(draft) == ["The harbour at five.", "A second thought."]
    assert draft.title == "Second light"
    assert answer["revision"] == draft.revision == page.revision + 1
    assert (answer["text"], answer["clashes"], answer["remap"]) == (None, [], {})


def test_a_day_of_typing_floods_nothing(
    opens, wim, draft, django_assert_max_num_queries
):
    page = opens(wim, draft)
    before = AuditLog.objects.count(), OutboxEvent.objects.count()
    for number in range(5):
        now = [paragraph(f"Draft {number}.", page.was[0]["id"])]
        page.revision = page.save(now).json()["revision"]
        page.was = now
    assert Version.objects.count() == 0
    assert OutboxEvent.objects.count() == before[1]
    assert AuditLog.objects.count() == before[0] + 1
    row = AuditLog.objects.first()
    assert (row.action, row.user_id, row.resource_id) == ("write", wim.pk, draft.pk)

    another = opens(wim, draft)
    another.save(title="Another sitting")
    assert AuditLog.objects.filter(action="write").count() == 2


def test_of_two_hundred_blocks_one_is_written(opens, wim, draft, count_writes):
    body = [paragraph(f"Paragraph {number}.") for number in range(200)]
    factories.edit(draft, by=wim, body=body)
    page = opens(wim, draft)
    page.save(title="To have a sitting")
    page = opens(wim, draft)
    stamps = dict(draft.blocks.values_list("pk", "updated_at"))
    now = [*body[:100], paragraph("Changed.", body[100]["id"]), *body[101:]]

    with count_writes() as seen:
        assert page.save(now).status_code == 200

    after = dict(draft.blocks.values_list("pk", "updated_at"))
    assert [str(pk) for pk in after if after[pk] != stamps[pk]] == [body[100]["id"]]
    assert len(seen) <= 45, len(seen)


@pytest.fixture
def count_writes():
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connections[EDITORIAL])


def test_lessons_are_saved_alike(opens, wim):
    course = factories.course(by=wim)
    lesson = Lesson.objects.get(title="Knots")
    page = opens(wim, lesson)

    more = [*page.was, paragraph("And the bowline.")]
    answer = page.save(more, title="All knots")

    assert answer.status_code == 200, answer.content
    lesson.refresh_from_db()
    course.refresh_from_db()
    assert lesson.title == "All knots"
    assert plain_text(lesson.content_blocks).endswith("And the bowline.")
    assert answer.json()["revision"] == course.revision
    assert Lesson.objects.get(title="Wind").content_blocks


def test_the_words_about_a_course_are_saved_beside_its_lessons(opens, wim, ines):
    course = factories.course(by=wim)
    mine, theirs = opens(wim, course), opens(ines, course)
    words = {"description": {"was": "", "now": "For those who like wind."}}

    assert mine.save(title="Sailing").status_code == 200
    answer = theirs.post("autosave", theirs.payload(fields=words))

    course.refresh_from_db()
    assert (course.title, course.description) == ("Sailing", "For those who like wind.")
    # Whoever was behind is told the whole, and that is fields alone.
    assert answer.json()["text"]["blocks"] == []
    assert answer.json()["text"]["fields"]["title"] == "Sailing"
    assert Lesson.objects.get(title="Knots").content_blocks
    assert mine.beat().json()["may_write"]

    body = mine.save([paragraph("A course has none.")])
    assert body.status_code == 409
    assert "write in its lessons" in body.json()["sentence"]


def test_a_new_article_is_on_the_desk_from_its_first_words(opens, wim, draft):
    page = opens(wim, draft)
    door = reverse("admin:editorial_article_begin")
    sent = {"tab": page.tab, "save_id": str(uuid4()), "title": ""}
    told = [
        page.client.post(door, sent, content_type="application/json").json()
        for _ in range(2)
    ]
    begun = Article.objects.exclude(pk=draft.pk).get()
    assert [one["id"] for one in told] == [str(begun.pk)] * 2
    assert (begun.author, begun.status) == (wim, Status.DRAFT)
    assert begun.slug == "untitled-article"

    page = opens(wim, begun)
    answer = page.save([paragraph("First words.")], title="Low water").json()
    begun.refresh_from_db()
    assert begun.slug == answer["slug"] == "low-water"

    rita = opens(factories.staff("rita", "reviewer"), draft)
    answer = rita.client.post(door, sent, content_type="application/json")
    assert answer.status_code == 403 and Article.objects.count() == 2


def test_two_who_wrote_elsewhere_are_merged(opens, wim, ines, draft):
    factories.edit(draft, by=wim, body=[paragraph("one"), paragraph("two")])
    his, hers = opens(wim, draft), opens(ines, draft)
    one, two = his.was

    his.save([paragraph("ONE", one["id"]), two])
    answer = hers.save([one, paragraph("TWO", two["id"])], title="Hers").json()

    draft.refresh_from_db()
    assert (words(draft), draft.title) == (["ONE", "TWO"], "Hers")
    assert [plain_text([b]) for b in answer["text"]["blocks"]] == ["ONE", "TWO"]
    assert answer["text"]["fields"]["title"] == "Hers"


def test_of_two_changes_of_one_block_both_are_kept_until_somebody_decides(
    opens, wim, ines, draft
):
    his, hers = opens(wim, draft), opens(ines, draft)
    pk = his.was[0]["id"]
    his.save([paragraph("His.", pk)], title="His title")

    answer = hers.save([paragraph("Hers.", pk)], title="Her title").json()

    draft.refresh_from_db()
    assert (words(draft), draft.title) == (["His.", "Hers."], "His title")
    block, field = sorted(answer["clashes"], key=lambda one: one["field"])
    assert (block["block"], block["by"]) == (pk, "Ines")
    assert (field["field"], field["text"]) == ("title", "Her title")

    # Opened anew, it is still to be decided. Keep hers, and her title.
    page = opens(wim, draft)
    assert len(page.beat().json()["clashes"]) == 2
    kept = [{**page.was[1], "id": pk}]
    answer = page.save(kept, title="Her title", settled=[field["id"]]).json()
    draft.refresh_from_db()
    assert (words(draft), draft.title) == (["Hers."], "Her title")
    assert answer["clashes"] == [] and not Clash.objects.exists()


def test_a_save_whose_answer_was_lost_changes_nothing(opens, wim, ines, draft):
    his, hers = opens(wim, draft), opens(ines, draft)
    pk = his.was[0]["id"]
    sent = his.payload([paragraph("His.", pk), paragraph("More.")], title="His")
    first = his.post("autosave", sent).json()
    hers.was = his.was
    theirs = Article.objects.get(pk=draft.pk).block_list()
    hers.was, hers.revision = theirs, first["revision"]
    hers.save([paragraph("Hers, later.", pk), theirs[1]])

    again = his.post("autosave", sent).json()

    draft.refresh_from_db()
    assert words(draft) == ["Hers, later.", "More."]
    assert again["clashes"] == [] and again["revision"] == draft.revision
    assert [plain_text([b]) for b in again["text"]["blocks"]] == words(draft)


def test_an_unfinished_draft_is_saved_and_what_does_not_fit_is_said(opens, wim, draft):
    page = opens(wim, draft)
    answer = page.save([], title="x" * 501)
    draft.refresh_from_db()
    assert answer.status_code == 200
    assert words(draft) == [] and draft.title == "First light"
    assert "1 characters too long" in answer.json()["unkept"]["title"]
    assert page.save(title="").status_code == 200
    draft.refresh_from_db()
    assert draft.title == ""
    assert "Give it a title." in draft.missing()


def test_an_id_that_another_text_has_is_exchanged(opens, wim, draft):
    other = factories.article(by=wim)
    taken = other.block_list()[0]["id"]
    page = opens(wim, draft)
    answer = page.save([*page.was, paragraph("Copied.", taken)]).json()
    assert answer["remap"] == {taken: draft.block_list()[1]["id"]}
    assert words(other) == ["The harbour at five."]


def test_during_a_review_autosave_makes_no_version(opens, wim, ines, draft):
    actions.submit(draft, by=wim)
    assert Version.objects.count() == 1
    page = opens(ines, draft)
    page.save([paragraph("Edited in review.", page.was[0]["id"])])
    assert Version.objects.count() == 1
    assert opens(wim, draft).save(title="Mine").status_code == 403
    draft.refresh_from_db()
    actions.start_review(draft, by=ines)
    actions.approve(draft, by=ines)
    assert plain_text(draft.approved_version.snapshot["blocks"]) == "Edited in review."


def test_an_approval_is_not_ended_by_a_slip(opens, wim, ines, approved):
    page = opens(ines, approved)
    answer = page.save(title="Slip")
    assert answer.status_code == 409 and answer.json()["ends"]
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED

    assert page.save(title="On purpose", may_end=True).status_code == 200
    approved.refresh_from_db()
    assert (approved.status, approved.title) == (Status.DRAFT, "On purpose")


def test_the_first_edit_of_what_is_live_begins_the_next_draft(opens, ines, published):
    page = opens(ines, published)
    assert page.save(title="Next").json()["status"] == Status.DRAFT
    published.refresh_from_db()
    assert published.is_live and published.live_version.title == "First light"


# --- Who is here ------------------------------------------------------------------


def test_people_see_each_other_and_one_holds_the_lease(opens, wim, ines, draft):
    his, hers = opens(wim, draft), opens(ines, draft)
    assert his.beat(state="typing").json()["lease"]["yours"]

    told = hers.beat().json()
    assert told["lease"] == {
        "yours": False,
        "holder": "Wim",
        "same_person": False,
        "taken": False,
    }
    assert {one["name"]: one["state"] for one in told["people"]} == {
        "Wim": "typing",
        "Ines": "here",
    }
    assert hers.beat(wants="wait").json()["people"][1]["state"] == "reading"

    # She takes over; he is told, and still saves what he has.
    assert hers.beat(wants="take").json()["lease"]["yours"]
    told = his.beat().json()["lease"]
    assert (told["yours"], told["taken"], told["holder"]) == (False, True, "Ines")
    assert his.save(title="His last words").status_code == 200

    # She closes the page: the lease is free, and she is gone, though something she
    # said before arrives after her goodbye.
    hers.client.post(hers.door("here"), {"tab": hers.tab})
    hers.beat()
    told = his.beat(wants="wait").json()
    assert told["lease"]["yours"]
    assert [one["name"] for one in told["people"]] == ["Wim"]


def test_who_opens_a_second_window_goes_on_in_it(opens, wim, draft):
    first, second = opens(wim, draft), opens(wim, draft)
    first.beat(fresh=True)
    assert second.beat(fresh=True).json()["lease"]["yours"]
    told = first.beat().json()["lease"]
    assert (told["yours"], told["same_person"], told["taken"]) == (False, True, True)
    assert second.beat().json()["lease"]["yours"]


def test_a_lease_runs_out_when_the_browser_is_gone(opens, wim, ines, draft):
    his, hers = opens(wim, draft), opens(ines, draft)
    his.beat()
    long_ago = timezone.now() - timedelta(seconds=119)
    Sitting.objects.update(seen_at=long_ago)
    assert not hers.beat().json()["lease"]["yours"]
    Sitting.objects.filter(person=wim).update(seen_at=long_ago - timedelta(seconds=2))
    assert hers.beat(wants="wait").json()["lease"]["yours"]


def test_who_may_not_write_reads_along_and_takes_nothing(opens, wim, draft):
    reviewer = factories.staff("rita", "reviewer")
    page = opens(reviewer, draft)
    told = page.beat(wants="take").json()
    assert not told["may_write"] and not told["lease"]["yours"]
    assert told["people"][0]["state"] == "reading"
    assert page.save(title="Mine").status_code == 403

    opens(wim, draft).save(title="Newer")
    assert page.beat().json()["text"]["fields"]["title"] == "Newer"


# --- Who may not ------------------------------------------------------------------


def test_who_may_not_see_it_finds_no_door(opens, omar, rosa, draft, client):
    page = opens(omar, draft)
    assert page.save(title="Mine").status_code == 404
    assert page.beat().status_code == 404
    assert page.client.post(page.door("here"), {"tab": page.tab}).status_code == 404
    page.client = client
    answer = page.save(title="Mine")
    assert answer.status_code == 401
    assert "text waits" in answer.json()["sentence"]
    assert opens(rosa, draft).beat().status_code == 401
    assert page.client.get(page.door("autosave")).status_code == 405


def test_raw_html_is_for_those_who_may(opens, wim, ines, draft):
    raw = {
        "id": str(uuid4()),
        "type": "html",
        "content": {"type": "html", "attrs": {"html": "<p>hello</p>"}},
    }
    page = opens(wim, draft)
    assert page.save([*page.was, raw]).status_code == 403
    assert opens(ines, draft).save([*page.was, raw]).status_code == 200


# --- Bad input --------------------------------------------------------------------


def test_nonsense_is_refused_and_keeps_the_text(opens, wim, draft):
    page = opens(wim, draft)
    good = page.payload(page.was)
    block = paragraph("x")
    for bad in (
        "{",
        "[]",
        "null",
        '"\\ud800"',
        "[" * 100_000,
        {**good, "save_id": 3},
        {**good, "save_id": None},
        {**good, "tab": "mine"},
        {**good, "revision": "1"},
        {**good, "revision": True},
        {**good, "order": "ab"},
        {**good, "order": [{}]},
        {**good, "changed": [3]},
        {**good, "changed": [{"now": {**block, "evil": 1}}]},
        {**good, "changed": [{"now": {**block, "id": []}}]},
        {**good, "removed": [{"was": None}]},
        {**good, "removed": [{"was": {"id": "x"}}]},
        {**good, "settled": ["x"]},
        {**good, "fields": []},
        {**good, "fields": {"status": {"was": "", "now": "published"}}},
        {**good, "fields": {"title": {"was": "", "now": None}}},
        {**good, "fields": {"title": {"was": "a", "now": "b\x00"}}},
        {**good, "fields": {"title": "b"}},
    ):
        assert page.post("autosave", bad).status_code == 400, bad
    for bad in ({}, {"tab": page.tab}, {"tab": page.tab, "state": "gone"}):
        assert page.post("here", bad).status_code == 400, bad
    assert page.client.post(page.door("here"), {"tab": "x"}).status_code == 400

    changed = [{"was": None, "now": {**block, "content": {"type": "script"}}}]
    answer = page.post("autosave", {**good, "changed": changed})
    assert answer.status_code == 422
    assert answer.json()["faults"][0].startswith("Block 2 (paragraph)")
    draft.refresh_from_db()
    assert words(draft) == ["The harbour at five."]


# --- Races ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=[EDITORIAL, PUBLIC])
def test_nobody_who_was_told_saved_lost_a_word():
    """Six at once; fifty are in tests/chaos."""
    article, people = writers.newsroom_full(6)
    saved = writers.all_at_once(writers.by_the_api(article, 1), people[:3])
    saved += writers.all_at_once(writers.by_the_desk(article, 2), people)
    assert len(saved) == 2 * 3 + 2 * 2 * 6
    assert writers.lost(article, saved) == set()
    assert Sitting.objects.count() == 6
