"""The diff: a story that loses nothing, words marked in the rendered text, versions
compared on the desk, and what is brought back."""

import random
import re
import time

import pytest
from django.urls import reverse

from cms.databases import EDITORIAL, PUBLIC
from cms.uuids import uuid7
from editorial import actions, blocks
from editorial.admin.comparison import compare
from editorial.admin.versions import standing_of
from editorial.diff import by_id, story, with_block_back
from editorial.exceptions import Refused, StaleEdit
from editorial.models import AuditLog, Status, Version
from editorial.redline import redline, words
from tests import factories
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

VOCABULARY = ["the", "harbour", "at", "five", "a", "boat", "left", "its", "light", "on"]


@pytest.fixture
def signed_in(client):
    def as_person(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return as_person


def address(item, name, *args):
    kind = item._meta.model_name
    return reverse(f"admin:editorial_{kind}_{name}", args=[item.pk, *args])


def block(html):
    found, _ = blocks.from_html(html)
    return found[0]


def bare(html):
    """Without the words for those who do not see the marks."""
    return re.sub(r'<span class="visually-hidden">[^<]*</span>', "", html)


def between(old, new):
    line = redline(block(old), block(new))
    return bare(line.both), line.notes


def sentence(chance, length=6):
    return " ".join(chance.choices(VOCABULARY, k=length))


def edited(chance, old):
    """`old` after some rough editing: cut, moved, rewritten, with new ids, added to."""
    new = [one for one in old if chance.random() < 0.8]
    if chance.random() < 0.5:
        chance.shuffle(new)
    for index, one in enumerate(new):
        what = chance.random()
        if what < 0.2:
            new[index] = paragraph(sentence(chance), one["id"])
        elif what < 0.3:
            new[index] = one | {"id": str(uuid7())}
    for _ in range(chance.randint(0, 3)):
        new.insert(chance.randint(0, len(new)), paragraph(sentence(chance)))
    return new


# --- The story --------------------------------------------------------------------


def test_no_block_is_lost_in_the_story_however_a_text_was_edited():
    chance = random.Random(20261121)
    for _ in range(400):
        old = [paragraph(sentence(chance)) for _ in range(chance.randint(0, 9))]
        new = edited(chance, old)

        told = story(old, new)

        assert told.before() == old
        assert told.after() == new
        for step in told.steps:
            assert step.what != "same" or step.old["content"] == step.new["content"]


def test_one_block_that_moved_is_the_only_one_that_moved():
    old = [paragraph(f"Number {n}.") for n in range(8)]
    new = [*old[1:7], old[0], old[7]]

    told = story(old, new)

    assert told.counts() == {"moved": 1}
    assert [one.way for one in told.steps if one.what == "moved"] == ["down"]
    assert by_id(old, new)["moved"] == [old[0]["id"]]


def test_a_text_that_got_new_ids_is_not_told_as_a_new_text():
    old = [paragraph(f"Paragraph {n} about the harbour at five.") for n in range(5)]
    new = [one | {"id": str(uuid7())} for one in old]
    new[2] = paragraph("Paragraph 2 about the harbour at six.")

    assert story(old, new).counts() == {"changed": 1}


# --- Words in the rendered text ---------------------------------------------------


def test_words_are_marked_where_they_stand():
    html, notes = between(
        "<p>The harbour at five, a boat.</p>",
        "<p>The <b>harbour</b> at six, a small boat.</p>",
    )

    assert "<del>five</del><ins>six</ins>, a <ins>small </ins>boat" in html
    assert '<strong><span class="dressed">harbour</span></strong>' in html
    assert not notes


def test_what_no_word_says_is_said():
    said = {
        "Only the formatting is different.": (
            "<p>So it is</p>", "<p><em>So</em> it is"
        ),
        "Was a paragraph, is a heading 2.": ("<p>Five</p>", "<h2>Five</h2>"),
        "Was a quote, is a paragraph.": (
            "<blockquote><p>To be</p></blockquote>", "<p>To be</p>"
        ),
        "Link put in: https://b.example/": (
            "<p>x y</p>", "<p><a href='https://b.example/'>x</a> y</p>"
        ),
        "Alternative text: “A” → “B”.": (
            "<figure><img src='/media/a.jpg' alt='A'></figure>",
            "<figure><img src='/media/a.jpg' alt='B'></figure>",
        ),
        "Another picture.": (
            "<figure><img src='/media/a.jpg' alt='A'></figure>",
            "<figure><img src='/media/b.jpg' alt='A'></figure>",
        ),
    }  # fmt: skip
    for sentence_, pair in said.items():
        assert sentence_ in between(*pair)[1]


def test_lists_tables_and_pictures_are_compared_part_by_part():
    points, _ = between(
        "<ul><li>One thing<li>Two things</ul>",
        "<ul><li>One thing<li>Two other things<li>Three</ul>",
    )
    cells, _ = between(
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table><tr><td>a</td><td>e</td></tr><tr><td>c</td><td>d</td></tr></table>",
    )
    figure, _ = between(
        "<figure><img src='/media/a.jpg' alt='A'><figcaption>Old</figcaption></figure>",
        "<figure><img src='/media/b.jpg' alt='B'><figcaption>New</figcaption></figure>",
    )

    assert "<li>One thing</li>" in points
    assert "<ins>other </ins>" in points
    assert "<li><ins>Three</ins></li>" in points
    assert "<td><del>b</del><ins>e</ins></td>" in cells
    assert cells.count("<tr>") == 2
    assert figure.index("/media/a.jpg") < figure.index("<del>Old</del>")
    assert figure.index("/media/b.jpg") < figure.index("<ins>New</ins>")


def test_each_mark_has_a_word_for_those_who_do_not_see_it():
    line = redline(block("<p>at five</p>"), block("<p>at six</p>"))

    assert "[removed: </span>five" in line.both
    assert "[added: </span>six" in line.both
    assert "six" not in line.before and "five" not in line.after


def test_nothing_in_a_text_can_become_markup_of_ours():
    forged = "\ue000<script>alert(1)</script>\ue003"
    old, new = paragraph(f"a {forged} b"), paragraph("a c b")
    new["content"]["content"][0]["marks"] = [
        {
            "type": "link",
            "attrs": {"href": "https://x.example/\ue001q\ue003", "title": forged},
        }
    ]

    for html in (redline(old, new).both, redline(new, old).both, words(forged, "x")):
        assert "<script" not in html
        assert not set("\ue000\ue001\ue002\ue003") & set(html)
        tags = re.findall(r'<(?:[^"<>]|"[^"]*")*>', html)
        assert not any("<del>" in tag[1:] or "<ins>" in tag[1:] for tag in tags)


def test_long_texts_are_told_more_coarsely_and_in_time():
    chance = random.Random(4)
    body = [paragraph(sentence(chance, 60)) for _ in range(500)]
    later = edited(chance, body)
    novel = [paragraph(sentence(chance, 40_000))]
    novel_later = [paragraph(sentence(chance, 40_000), novel[0]["id"])]

    began = time.monotonic()
    found = compare({"blocks": body}, {"blocks": later})
    took = time.monotonic() - began
    long = compare({"blocks": novel}, {"blocks": novel_later})

    assert found and not found.is_coarse
    assert long.is_coarse
    # Half a second on a quiet machine; a broken bound takes minutes.
    assert took < 10
    assert time.monotonic() - began < 20


# --- The pages --------------------------------------------------------------------


def test_any_two_versions_and_the_draft_are_compared(signed_in, ines, published):
    first = published.block_list()[0]
    body = [factories.paragraph("The harbour at six.", first["id"]), paragraph("New.")]
    tag = factories.TagFactory(name="Sea")
    factories.edit(published, by=ines, title="Second light", body=body)
    with actions.editing(published, by=ines) as fresh:
        fresh.tags.add(tag)
        fresh.meta_title = "Light"
    client = signed_in(ines)

    whole = bare(client.get(address(published, "compare")).content.decode())
    assert "<del>First </del><ins>Second </ins>" in whole
    assert "<del>five</del><ins>six</ins>" in whole
    assert "1 block changed, 1 block added, title, tags and meta title differ" in whole
    assert "<ins>Sea</ins>" in whole

    for query, expected in (
        ("?from=1&to=2", "1 block changed, 1 block added, title differs"),
        ("?from=2&to=1", "1 block changed, 1 block removed, title differs"),
        ("?from=2&to=2", "Nothing is different"),
        ("?from=live&to=2&view=side&only=1", "Side by side"),
        ("?from=nothing&to=1", "1 block added"),
    ):
        page = client.get(address(published, "compare") + query)
        assert page.status_code == 200, query
        assert expected in page.content.decode(), query
    for query in ("?from=9", "?from=x", "?to=0", "?from=99999999999999999999"):
        assert client.get(address(published, "compare") + query).status_code == 404


def test_the_list_says_what_is_live_and_who_approved_what(signed_in, ines, published):
    factories.edit(published, by=ines, title="Second light")

    page = signed_in(ines).get(address(published, "versions")).content.decode()

    assert "Readers have <strong>v1</strong>" in page
    assert "Not live yet: the title." in page
    assert "Approved by Ines" in page and "Published by Ines" in page
    assert 'name="from" value="1"' in page and 'name="to" value="draft"' in page


def test_the_workspace_always_says_what_is_live_and_what_is_not(
    signed_in, ines, published
):
    page = address(published, "change")
    assert "nothing is waiting" in signed_in(ines).get(page).content.decode()
    body = [*published.block_list(), paragraph("More."), paragraph("And more.")]
    with actions.editing(published, by=ines) as fresh:
        fresh.set_blocks(body)

    told = signed_in(ines).get(page).content.decode()

    assert "Live: v1" in told
    assert "this draft differs in 2 blocks" in told
    assert standing_of(published).unkept == "2 blocks"
    anew = signed_in(ines).get(address(published, "standing")).content.decode()
    assert "this draft differs in 2 blocks" in anew and "Not live yet: 2 blocks" in anew


def test_a_course_is_compared_by_sections_and_lessons(signed_in, ines, wim):
    course = factories.course(by=wim)
    actions.save_version(course, by=wim)
    with actions.editing(course, by=wim, summary="Another wind.") as fresh:
        knots, wind = fresh.lessons.order_by("order_index")
        knots.title, knots.order_index = "Knots and ropes", 5
        wind.content_blocks = [
            paragraph("All about storms.", wind.content_blocks[0]["id"])
        ]
        knots.save()
        wind.save()
        fresh.sections.update(title="The basics")

    page = bare(
        signed_in(ines).get(f"{address(course, 'compare')}?from=1").content.decode()
    )

    assert "Lesson moved" in page and "Lesson changed" in page
    assert "about <del>wind</del><ins>storms</ins>." in page
    assert "<ins>The basics</ins>" in page


def test_what_went_with_its_lesson_comes_back_with_the_version_only(wim):
    course = factories.course(by=wim)
    version = actions.save_version(course, by=wim)
    with actions.editing(course, by=wim) as fresh:
        fresh.lessons.get(title="Knots").delete()

    found = compare(version.snapshot, course.snapshot())

    assert found.sentence() == "1 lesson removed."
    [gone] = [part for part in found.parts if part.what == "removed"]
    rows = [row for stretch in gone.stretches for row in stretch.rows]
    assert rows and not any(row.can_come_back for row in rows)
    with pytest.raises(Refused, match="“Knots” is not there any more"):
        actions.restore_version(
            course,
            version,
            by=wim,
            block_id=version.snapshot["sections"][0]["lessons"][0]["blocks"][0]["id"],
        )
    actions.restore_version(course, version, by=wim)
    assert course.lessons.count() == 2


# --- Bringing back ----------------------------------------------------------------


def test_a_block_that_was_removed_comes_back_at_its_place(signed_in, ines, wim):
    body = [paragraph(name) for name in ("One.", "Two.", "Three.", "Four.")]
    article = factories.article(by=wim, body=body)
    actions.save_version(article, by=wim)
    factories.edit(article, by=wim, body=[body[3], paragraph("New."), body[0]])
    article.refresh_from_db()

    for number, name in ((1, "Two."), (2, "Three.")):
        lost = body[number]["id"]
        answer = signed_in(wim).post(
            address(article, "restore", 1),
            {"block": lost, "seen_revision": article.revision, "stay": "1"},
        )
        assert answer.url == f"{address(article, 'compare')}?from=1"
        article.refresh_from_db()
        order = [blocks.plain_text([one]) for one in article.block_list()]
        assert order.index(name) == order.index(("One.", "Two.")[number - 1]) + 1

    assert order == ["Four.", "New.", "One.", "Two.", "Three."]
    assert with_block_back([], body, body[2]["id"]) == [body[2]]


def test_what_the_draft_was_is_kept_and_restoring_it_undoes_the_restoring(
    ines, published
):
    first = published.live_version
    with actions.editing(published, by=ines) as fresh:
        fresh.title = "Written a moment ago, and kept by nobody"

    actions.restore_version(published, first, by=ines)

    assert published.title == "First light"
    assert (published.status, published.live_version) == (Status.DRAFT, first)
    kept = Version.objects.of(published).get(number=published.current_version - 1)
    assert kept.change_summary == "Kept before v1 was restored"
    actions.restore_version(published, kept, by=ines)
    assert published.title == "Written a moment ago, and kept by nobody"
    told = AuditLog.objects.filter(action="restore_version", resource_id=published.pk)
    assert [one.new_values["from_version"] for one in told.order_by("id")] == [1, 2]


def test_a_block_of_a_lesson_comes_back_into_its_lesson(wim):
    course = factories.course(by=wim)
    version = actions.save_version(course, by=wim)
    lesson = course.lessons.get(title="Knots")
    was = lesson.content_blocks[0]
    with actions.editing(course, by=wim) as fresh:
        fresh.lessons.filter(pk=lesson.pk).update(content_blocks=[paragraph("New.")])

    actions.restore_version(course, version, by=wim, block_id=was["id"])

    lesson.refresh_from_db()
    assert lesson.content_blocks[-1] == was
    assert len(lesson.content_blocks) == 2


def test_who_may_not_write_it_brings_nothing_back(signed_in, omar, published):
    assert signed_in(omar).get(address(published, "compare")).status_code == 404
    assert signed_in(omar).post(address(published, "restore", 1)).status_code == 404


def test_nothing_is_brought_back_over_what_one_has_not_seen(wim, draft):
    version = actions.save_version(draft, by=wim)
    seen = draft.revision
    factories.edit(draft, by=wim, title="Somebody was faster")

    with pytest.raises(StaleEdit):
        actions.restore_version(draft, version, by=wim, seen_revision=seen)
