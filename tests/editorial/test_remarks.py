"""Remarks follow the text, find people, and are never lost."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from editorial import actions
from editorial.anchors import Anchor, follow, texts_of
from editorial.exceptions import Refused, StaleEdit
from editorial.models import (
    AuditLog,
    EditorialTask,
    Notice,
    Review,
    ReviewComment,
    Status,
)
from editorial.remarks import (
    add_remark,
    delete_remark,
    edit_remark,
    resolve_remark,
    threads_on,
    who_may_be_named,
)
from tests import factories
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(databases="__all__")


def block_of(item, index=0):
    return item.block_list()[index]["id"]


def write(item, by, *texts):
    """Put paragraphs into the body; those that are there keep their ids."""
    ids = [one["id"] for one in item.block_list()] + [None] * len(texts)
    body = [
        paragraph(text, pk) if isinstance(text, str) else text
        for text, pk in zip(texts, ids, strict=False)
    ]
    with actions.editing(item, by=by) as fresh:
        fresh.set_blocks(body)
    return item


def place(remark):
    remark.refresh_from_db()
    return (remark.selection_start, remark.selection_end, remark.quote)


# --- Following the text -----------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "quote", "after", "expected"),
    [
        ("The harbour at five.", "harbour", "Now: the harbour.", "harbour"),
        ("One 🌊 wave.", "wave", "One 🌊🌊 more wave.", "wave"),
        ("The harbour at five.", "harbour", "The harbours at five.", "harbour"),
        (
            "The harbour at five.",
            "harbour at five",
            "The harbour at six.",
            "harbour at",
        ),
        ("A quay, a quay.", "quay", "A long quay, a quay.", "quay"),
        ("Boats sleep here.", "sleep", "Here boats sleep.", "sleep"),
        ("The harbour at five.", "harbour", "The sea.", None),
        ("The harbour at five.", "harbour", "", None),
        ("The harbour at five.", "harbour", "The port at five.", None),
    ],
)
def test_an_anchor_stays_on_its_words(before, quote, after, expected):
    start = before.index(quote)
    anchor = Anchor("a", start, start + len(quote), quote)

    found = follow(anchor, {"a": before}, {"a": after})

    assert (found is None) == (expected is None)
    if found:
        assert after[found.start : found.end] == found.quote
        assert found.quote.startswith(expected)


def test_an_anchor_keeps_to_its_own_of_two_equal_words():
    anchor = Anchor("a", 10, 14, "quay")
    found = follow(anchor, {"a": "A quay, a quay."}, {"a": "A long quay, a quay."})
    assert (found.start, found.end) == (15, 19)


def test_an_anchor_goes_with_its_words_into_another_block():
    words = "at five in the morning"
    before = {"a": f"The harbour {words}.", "b": "And so on."}
    anchor = Anchor("a", 12, 12 + len(words), words)
    split = follow(anchor, before, {"a": "The harbour ", "n": f"{words}.", "b": "And"})
    moved = follow(anchor, before, {"a": "The harbour", "b": f"So {words}, on."})
    short = follow(Anchor("a", 4, 11, "harbour"), before, {"b": "And harbour so on."})
    assert (split.block, split.start) == ("n", 0)
    assert (moved.block, moved.start) == ("b", 3)
    assert short is None


def test_a_remark_follows_its_words_through_saves(wim, ines, draft):
    remark = add_remark(
        draft, by=ines, comment="Which?", block_id=block_of(draft), quote="harbour"
    )
    write(draft, wim, "In winter, the harbour at five.")
    assert place(remark) == (15, 22, "harbour")
    write(draft, wim, "In winter, the harbours at five.")
    assert place(remark) == (15, 22, "harbour") and not remark.is_orphan
    resolved = resolve_remark(remark, item=draft, by=ines)
    write(draft, wim, "Nothing of it.")
    remark.refresh_from_db()
    assert remark.is_orphan and remark.original_quote == "harbour"
    assert resolved.is_resolved and len(threads_on(draft)) == 1


def test_undo_brings_a_lost_remark_back(wim, ines, draft):
    pk = block_of(draft)
    remark = add_remark(draft, by=ines, comment="?", block_id=pk, quote="harbour")
    whole = add_remark(draft, by=ines, comment="All of it?", block_id=pk)
    write(draft, wim, paragraph("Something else."))
    for one in (remark, whole):
        one.refresh_from_db()
        assert one.is_orphan
    write(draft, wim, paragraph("The harbour at five.", pk))
    for one in (remark, whole):
        one.refresh_from_db()
        assert not one.is_orphan and str(one.block_id) == pk
    assert place(remark) == (4, 11, "harbour")


def test_a_save_without_remarks_asks_for_them_once(
    wim, draft, django_assert_max_num_queries
):
    from editorial.placing import standing_in

    with django_assert_max_num_queries(1):
        assert standing_in(draft) is None


def test_offsets_are_code_points_of_the_flat_text(wim, ines, draft):
    body = draft.block_list()
    body[0]["content"]["content"] = [
        {"type": "text", "text": "Ein 🌊"},
        {"type": "hardBreak"},
        {"type": "text", "text": "Meer", "marks": [{"type": "bold"}]},
    ]
    with actions.editing(draft, by=wim) as fresh:
        fresh.set_blocks(body)
    remark = add_remark(
        draft, by=ines, comment="?", block_id=body[0]["id"], quote="Meer"
    )
    assert place(remark) == (6, 10, "Meer")
    text = texts_of(draft.block_list())[body[0]["id"]]
    assert text[remark.selection_start : remark.selection_end] == "Meer"


# --- Said, changed, resolved ------------------------------------------------------


def test_remarks_need_no_review_and_no_right_to_write(wim, draft):
    rex = factories.staff("rex", "reviewer")
    remark = add_remark(draft, by=rex, comment="A word before the review.")
    answer = add_remark(draft, by=wim, comment="Thanks.", parent=remark)
    deeper = add_remark(draft, by=rex, comment="Welcome.", parent=answer)
    assert remark.review is None
    assert deeper.parent == remark
    thread = threads_on(draft)[0]
    assert [one.comment for one in thread.answers] == ["Thanks.", "Welcome."]
    assert AuditLog.objects.filter(action="remark").count() == 3


def test_only_colleagues_who_may_read_it_remark(wim, omar, rosa, ines, draft):
    remark = add_remark(draft, by=wim, comment="Mine.")
    for stranger in (omar, rosa):
        with pytest.raises(PermissionDenied):
            add_remark(draft, by=stranger, comment="Hello?")
        with pytest.raises(PermissionDenied):
            resolve_remark(remark, item=draft, by=stranger)
    with pytest.raises(PermissionDenied):
        edit_remark(remark, item=draft, by=ines, comment="Yours?")
    with pytest.raises(PermissionDenied):
        delete_remark(remark, item=draft, by=ines)


def test_ones_own_words_are_changed_and_taken_back_until_answered(wim, ines, draft):
    remark = add_remark(draft, by=wim, comment="Mein")
    changed = edit_remark(remark, item=draft, by=wim, comment="Mine")
    assert changed.comment == "Mine" and changed.edited_at
    answer = add_remark(draft, by=ines, comment="Yes.", parent=remark)
    with pytest.raises(Refused, match="Resolve it instead"):
        delete_remark(remark, item=draft, by=wim)
    delete_remark(answer, item=draft, by=ines)
    delete_remark(remark, item=draft, by=wim)
    assert not ReviewComment.objects.exists()


def test_said_twice_it_is_made_once(wim, ines, draft):
    first = add_remark(draft, by=ines, comment="Once.")
    again = add_remark(draft, by=ines, comment="Once.", pk=first.pk)
    assert again == first and ReviewComment.objects.count() == 1
    with pytest.raises(Refused):
        add_remark(draft, by=wim, comment="Other.", pk=first.pk)


def test_words_that_are_not_saved_yet_wait_for_them(wim, ines, draft):
    pk = block_of(draft)
    with pytest.raises(Refused, match="no longer in the block"):
        add_remark(draft, by=ines, comment="?", block_id=pk, quote="lighthouse")
    early = add_remark(
        draft,
        by=ines,
        comment="Which?",
        block_id=pk,
        quote="lighthouse",
        start=4,
        is_strict=False,
    )
    assert early.is_orphan
    write(draft, wim, "The lighthouse at five.")
    assert place(early) == (4, 14, "lighthouse") and not early.is_orphan


def test_open_remarks_are_reason_enough_to_ask_for_changes(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    with pytest.raises(Refused, match="Say what should change"):
        actions.request_changes(draft, by=ines)
    add_remark(draft, by=ines, comment="Too short.")
    actions.request_changes(draft, by=ines)
    assert draft.status == Status.CHANGES_REQUESTED


# --- Naming somebody --------------------------------------------------------------


def test_who_is_named_hears_of_it_and_has_a_task(wim, ines, draft):
    remark = add_remark(draft, by=ines, comment="@wim, which harbour? Ask @nobody.")
    task = EditorialTask.objects.get()
    assert (task.assigned_to, task.content_id) == (wim, draft.pk)
    assert draft.title not in task.title
    notice = Notice.objects.get(person=wim)
    assert notice.kind == Notice.Kind.MENTIONED
    assert notice.url.endswith(f"#remark-{remark.pk}")
    resolve_remark(remark, item=draft, by=wim)
    task.refresh_from_db()
    assert task.status == EditorialTask.Status.COMPLETED
    resolve_remark(remark, item=draft, by=wim, resolved=False)
    task.refresh_from_db()
    assert task.status == EditorialTask.Status.PENDING


def test_who_may_not_read_it_cannot_be_named(wim, ines, omar, rosa, draft):
    with pytest.raises(Refused, match="Omar may not view"):
        add_remark(draft, by=ines, comment="@omar, look.")
    add_remark(draft, by=ines, comment="@rosa is a reader, and only a word.")
    assert not Notice.objects.filter(person__in=[omar, rosa]).exists()
    assert not EditorialTask.objects.exists()
    names = [one.slug for one in who_may_be_named(draft)]
    assert names == ["ines", "wim"]
    assert [one.slug for one in who_may_be_named(draft, "in")] == ["ines"]


def test_other_words_name_other_people(wim, ines, draft):
    eva = factories.staff("eva", "editor")
    remark = add_remark(draft, by=ines, comment="@wim, please.")
    edit_remark(remark, item=draft, by=ines, comment="@eva, please.")
    tasks = {one.assigned_to: one.status for one in EditorialTask.objects.all()}
    assert tasks == {wim: "cancelled", eva: "pending"}
    assert [one.person for one in remark.mentions.all()] == [eva]
    delete_remark(remark, item=draft, by=ines)
    assert not EditorialTask.objects.filter(status="pending").exists()


def test_an_answer_is_told_to_those_in_the_thread(wim, ines, draft):
    eva = factories.staff("eva", "editor")
    remark = add_remark(draft, by=ines, comment="Why?")
    add_remark(draft, by=eva, comment="Indeed.", parent=remark)
    Notice.objects.all().delete()
    add_remark(draft, by=wim, comment="Because.", parent=remark)
    told = {one.person: one.kind for one in Notice.objects.all()}
    assert told == {ines: "answered", eva: "answered"}


# --- A named reviewer -------------------------------------------------------------


def later(days=2):
    from django.utils import timezone

    return timezone.now() + timezone.timedelta(days=days)


def test_a_reviewer_is_named_with_a_day_when_submitting(wim, ines, draft):
    rex = factories.staff("rex", "reviewer")
    due = later()
    actions.submit(draft, by=wim, reviewer=rex, due_at=due)
    review = draft.open_review()
    assert (review.reviewer, review.due_at, review.asked_by) == (rex, due, wim)
    task = EditorialTask.objects.get()
    assert (task.assigned_to, task.due_date, task.task_type) == (rex, due, "review")
    assert Notice.objects.get(person=rex).kind == Notice.Kind.ASSIGNED
    actions.start_review(draft, by=ines)
    assert draft.open_review() == review
    actions.request_changes(draft, by=ines, comment="Shorter.")
    task.refresh_from_db()
    assert task.status == EditorialTask.Status.COMPLETED
    assert Notice.objects.filter(person=wim, kind="reviewed").count() == 1


def test_a_review_opens_nothing_that_nobody_may_open(wim, cleo, ines, omar):
    text = factories.article(by=cleo)
    with pytest.raises(PermissionDenied, match="may not read this"):
        actions.submit(text, by=cleo, reviewer=omar)
    with pytest.raises(Refused, match="your own text"):
        actions.submit(text, by=cleo, reviewer=cleo)
    with pytest.raises(Refused, match="in the past"):
        actions.submit(text, by=cleo, reviewer=ines, due_at=later(-1))
    with pytest.raises(Refused, match="name a reviewer"):
        actions.submit(text, by=cleo, due_at=later())
    text.refresh_from_db()
    assert text.status == Status.DRAFT and not Review.objects.exists()


def test_a_review_is_handed_over_or_handed_back(wim, ines, omar, draft):
    rex, eva = factories.staff("rex", "reviewer"), factories.staff("eva", "editor")
    actions.submit(draft, by=wim, reviewer=rex, due_at=later())
    with pytest.raises(PermissionDenied):
        actions.hand_over(draft, by=ines, reviewer=eva)
    with pytest.raises(Refused, match="may not review"):
        actions.hand_over(draft, by=rex, reviewer=omar)
    actions.hand_over(draft, by=rex, reviewer=eva)
    tasks = {one.assigned_to: one.status for one in EditorialTask.objects.all()}
    assert tasks == {rex: "cancelled", eva: "pending"}
    actions.start_review(draft, by=eva)
    actions.hand_over(draft, by=eva, comment="On holiday.")
    draft.refresh_from_db()
    assert (draft.status, draft.open_review()) == (Status.PENDING_REVIEW, None)
    assert Review.objects.get().status == Review.Status.DECLINED
    assert Notice.objects.filter(
        person=wim, sentence__contains="cannot review"
    ).exists()
    actions.start_review(draft, by=ines)
    assert draft.open_review().reviewer == ines


def test_what_is_put_away_or_deleted_waits_for_nobody(wim, ines, draft):
    rex, admin = factories.staff("rex", "reviewer"), factories.staff("ada", "admin")
    actions.submit(draft, by=wim, reviewer=rex)
    actions.archive(draft, by=ines)
    assert draft.open_review() is None
    actions.unarchive(draft, by=ines)
    actions.submit(draft, by=wim, reviewer=rex)
    add_remark(draft, by=ines, comment="@wim, look.")
    actions.delete(draft, by=admin)
    assert not ReviewComment.objects.exists() and not Review.objects.exists()
    open_tasks = EditorialTask.objects.exclude(status="cancelled")
    assert not open_tasks.exists()


# --- Approving what one has read --------------------------------------------------


def test_only_the_text_that_was_read_can_be_approved(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    eva = factories.staff("eva", "editor")
    seen = draft.content_hash()
    write(draft, eva, "The harbour at six.")
    with pytest.raises(StaleEdit, match="not the text"):
        actions.approve(draft, by=ines, seen_hash=seen)
    draft.refresh_from_db()
    assert draft.status == Status.IN_REVIEW
    actions.approve(draft, by=ines, seen_hash=draft.content_hash())
    assert draft.approved_version.content_hash == draft.content_hash()


# --- The doors of the desk --------------------------------------------------------


def door(item, name, *args):
    return reverse(f"admin:editorial_article_{name}", args=[item.pk, *args])


def test_the_editor_speaks_json_to_the_desk(client, wim, ines, omar, draft):
    programs = {"headers": {"Accept": "application/json"}}

    def say(where, **said):
        return client.post(where, said, content_type="application/json", **programs)

    client.force_login(ines)
    pk = block_of(draft)
    made = say(door(draft, "threads"), comment="?", block_id=pk, quote="five", start=15)
    thread = made.json()["thread"]
    assert made.status_code == 201
    assert (thread["start"], thread["end"], thread["orphan"]) == (15, 19, False)
    early = say(door(draft, "threads"), comment="?", block_id=pk, quote="lighthouse")
    assert early.json()["thread"]["orphan"]
    assert say(door(draft, "threads"), comment=" ").status_code == 422
    refused = say(door(draft, "threads"), comment="@omar, look")
    assert refused.status_code == 409
    assert "Omar may not view" in refused.json()["problem"]
    people = client.get(door(draft, "named"), {"q": "wi"}, **programs).json()
    assert people == {"people": [{"handle": "wim", "name": "Wim"}]}
    changed = say(door(draft, "reword", thread["id"]), comment="Which?")
    assert changed.json()["thread"]["comment"] == "Which?"
    assert changed.json()["thread"]["edited"]

    client.force_login(wim)
    answered = say(door(draft, "threads"), comment="Ours.", parent=thread["id"])
    assert answered.json()["thread"]["answers"][0]["comment"] == "Ours."
    assert say(door(draft, "unsay", thread["id"])).status_code == 403
    done = say(door(draft, "resolve", thread["id"])).json()["thread"]
    assert (done["resolved"], done["resolved_by"]) == (True, "Wim")
    listed = client.get(door(draft, "threads"), **programs).json()
    assert [one["mine"] for one in listed["threads"]] == [False, False]
    assert listed["may_remark"]
    other = factories.article(by=wim)
    assert say(door(other, "resolve", thread["id"])).status_code == 404

    client.force_login(omar)
    for name in ("threads", "named", "remarks"):
        assert client.get(door(draft, name), **programs).status_code == 404


def test_without_scripts_a_page_does_the_same(client, wim, ines, draft):
    remark = add_remark(
        draft, by=wim, comment="Mine.", block_id=block_of(draft), quote="five"
    )
    add_remark(draft, by=ines, comment="On the whole.")
    write(draft, wim, "Nothing of it.")
    client.force_login(wim)
    page = client.get(door(draft, "remarks")).content.decode()
    assert "Words that are gone" in page and "On the whole." in page
    assert door(draft, "reword", remark.pk) in page
    client.post(door(draft, "reword", remark.pk), {"comment": "Still mine."})
    remark.refresh_from_db()
    assert remark.comment == "Still mine."
    client.post(door(draft, "unsay", remark.pk))
    assert ReviewComment.objects.get().author == ines
