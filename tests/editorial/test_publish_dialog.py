"""What the desk shows before a verb is done, what it says the verb does, and after."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial import actions, blocks, press
from editorial.admin.next_step import in_site_time, next_step
from editorial.admin.verbs import offers
from editorial.models import AuditLog, OutboxEvent, Override, Status
from publishing import sync
from publishing.models import PublicRedirect, PublishedArticle
from tests import factories

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def signed_in():
    def enter(person):
        client = Client()
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def where(item, name="", kind="article"):
    return f"/admin/editorial/{kind}/{item.pk}/{name}"


def look(client, item, **posted):
    return client.post(
        where(item, "look/", item.KIND), posted, content_type="application/json"
    )


def step(item, person):
    item = type(item).objects.get(pk=item.pk)
    return next_step(item, offers(item, person))


# --- The one button ---------------------------------------------------------------


def test_the_button_says_what_it_does_in_every_state(wim, ines, draft):
    seen = []

    def note(person):
        now = step(draft, person)
        seen.append(now.main.label if now.main else None)

    note(wim)
    draft.assigned_editor = ines
    draft.save()
    note(wim)
    actions.submit(draft, by=wim)
    note(wim)
    note(ines)
    actions.start_review(draft, by=ines)
    note(ines)
    actions.approve(draft, by=ines)
    note(ines)
    actions.publish(draft, by=ines)
    note(ines)
    actions.revise(draft, by=ines)
    factories.edit(draft, by=wim, title="Second light")
    factories.approve(draft, editor=ines)
    note(ines)
    actions.publish(draft, by=ines)
    actions.unpublish(draft, by=ines)
    note(ines)
    actions.archive(draft, by=ines)
    note(ines)

    assert seen == [
        "Submit for review",
        "Submit for review to Ines",
        "Withdraw",
        "Start the review",
        "Approve",
        "Publish now",
        "Start the next version",
        "Update the live article",
        "Publish it again",
        "Take out of the archive",
    ]


def test_times_are_those_of_the_site_with_their_zone(approved, ines, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        at = datetime(timezone.now().year + 1, 3, 3, 8, 0, tzinfo=UTC)
        actions.schedule(approved, by=ines, publish_at=at)
        now = step(approved, ines)

        assert now.says == f"It goes live on 3 Mar {at.year} 09:00 CET"
        assert now.main.label == f"Publish now, ahead of 3 Mar {at.year} 09:00 CET"
        summer = datetime(2026, 7, 3, 8, 0, tzinfo=UTC)
        assert in_site_time(summer, now=summer) == "3 Jul 10:00 CEST"


def test_what_is_held_or_late_is_urgent(approved, ines):
    at = timezone.now() + timedelta(hours=1)
    actions.schedule(approved, by=ines, publish_at=at)
    rows = type(approved).objects.filter(pk=approved.pk)

    rows.update(publish_at=timezone.now() - timedelta(minutes=5))
    late = step(approved, ines)
    assert late.is_urgent and "the scheduler is late" in late.says
    rows.update(held_reason="The address is taken.")
    held = step(approved, ines)
    assert held.is_urgent and held.says == "Held back: The address is taken."


# --- Its question -----------------------------------------------------------------


def test_the_question_has_checks_changes_and_a_reason_where_one_is_needed(
    signed_in, wim, ines
):
    item = factories.article(by=wim, body=[factories.paragraph("TK, said the mayor.")])
    actions.submit(item, by=wim)
    actions.start_review(item, by=ines)
    desk = signed_in(ines)

    page = desk.get(where(item, "do/approve/"))

    text = page.content.decode()
    assert "These stop it, unless you say why" in text
    assert "“TK” is left in the text" in text
    assert "They see it for the first time" in text
    assert f"<code>/articles/{item.slug}/</code>" in text
    assert 'name="override"' in text

    hidden = dict(re.findall(r'name="(seen_\w+)" value="([^"]*)"', text))
    answer = desk.post(where(item, "do/approve/"), hidden)
    assert answer.status_code == 409
    assert Override.objects.count() == 0

    answer = desk.post(
        where(item, "do/approve/"), {**hidden, "override": "It is the mayor's name."}
    )
    assert answer.status_code == 302
    item.refresh_from_db()
    assert item.status == Status.APPROVED
    assert AuditLog.objects.filter(action="override_checks").count() == 1

    published = desk.get(where(item, "do/publish/")).content.decode()
    assert "It is the mayor&#x27;s name." in published
    assert 'name="override"' not in published


def test_who_may_not_override_reads_what_stops_it_and_gets_no_button(
    signed_in, wim, ines
):
    item = factories.article(by=wim, body=[factories.paragraph("XXX")])
    actions.submit(item, by=wim)
    actions.start_review(item, by=ines)
    nora = factories.staff("nora", "reviewer")
    actions.grant(item, nora, "approve_review", by=ines)

    page = signed_in(nora).get(where(item, "do/approve/")).content.decode()

    assert "Not yet:" in page
    assert "“XXX” is left in the text" in page
    assert "data-do=" not in page


# --- What will change -------------------------------------------------------------


def test_what_will_change_is_what_then_changes(wim, ines):
    section = factories.CategoryFactory(name="Harbour", slug="harbour")
    tag = factories.TagFactory(name="Boats", slug="boats")
    picture = factories.MediaFactory()
    item = factories.article(by=wim, category=section, featured_image=picture)
    item.tags.set([tag])
    factories.approve(item, editor=ines)

    changes = press.changes_of(item, "publish")
    actions.publish(item, by=ines)

    event = OutboxEvent.objects.order_by("-id").first()
    assert {str(pk) for pk in changes.marks} == event.items.keys()
    assert {wim.pk, picture.pk, item.pk} == changes.marks.keys()
    assert not changes.was_live and changes.will_be_live
    paths = [one.path for one in changes.pages]
    assert "/" in paths and "/categories/harbour/" in paths and "/tags/boats/" in paths
    assert f"/authors/{wim.slug}/" in paths
    assert "/tags/boats/feed.rss" in [one.path for one in changes.feeds]
    assert changes.count == 3 + len(changes.pages) + len(changes.feeds)

    # Another address, another section, no picture.
    other = factories.CategoryFactory(name="Town", slug="town")
    actions.revise(item, by=ines)
    factories.edit(item, by=ines, slug="low-tide", category=other, featured_image=None)
    factories.approve(item, editor=ines)
    changes = press.changes_of(item, "publish")
    old = f"/articles/{item.live_version.snapshot['slug']}/"

    assert changes.redirects == [(old, "/articles/low-tide/")]
    assert [one.path for one in changes.left if not one.is_feed] == [
        "/categories/harbour/"
    ]
    assert changes.text
    actions.publish(item, by=ines)
    event = OutboxEvent.objects.order_by("-id").first()
    assert {str(pk) for pk in changes.marks} == event.items.keys()

    changes = press.changes_of(item, "unpublish")
    assert changes.redirects == [("/articles/low-tide/", "")]
    actions.unpublish(item, by=ines)
    event = OutboxEvent.objects.order_by("-id").first()
    assert {str(pk) for pk in changes.marks} == event.items.keys()


def test_verbs_that_readers_notice_nothing_of_change_nothing(draft, wim, ines):
    assert press.changes_of(draft, "submit") is None
    assert press.changes_of(draft, "unpublish") is None
    assert press.changes_of(draft, "publish") is None


# --- Preview and cards ------------------------------------------------------------


def tags_of(html):
    """{name: content} of the metadata of a page."""
    found = dict(
        re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', html)
    )
    found["canonical"] = re.search(r'<link rel="canonical" href="([^"]*)"', html)[1]
    found["title"] = re.search(r"<title>(.*?)</title>", html, re.S)[1]
    return {name: unescape(value) for name, value in found.items()}


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_card_preview_and_the_real_page_say_the_same(
    epochs, client, signed_in, wim, ines
):
    item = factories.article(
        by=wim,
        title="Low water & high prices",
        excerpt="The market opens “after” the water.",
        featured_image=factories.MediaFactory(),
        og_title="On the quay <now>",
        meta_description="What the harbour costs.",
        body=blocks.from_html("<h2>Quay</h2><p>Wet <b>steps</b>.</p><ul><li>a</ul>")[0],
    )
    card = press.card_of(item, item.snapshot())
    preview = signed_in(ines).get(where(item, "preview/?pane=1"))
    factories.publish(item, editor=ines)
    sync.deliver_waiting()
    page = client.get(f"/articles/{item.slug}/").content.decode()

    draft = preview.content.decode()
    for html in (draft, page):
        tags = tags_of(html)
        assert tags["title"] == card["window_title"]
        assert tags["description"] == card["description"] == "What the harbour costs."
        assert tags["canonical"] == card["address"]
        assert tags["og:title"] == card["share_title"] == "On the quay <now>"
        assert tags["og:description"] == card["share_description"]
        assert tags["og:image"].endswith(card["image"])

    def prose(html):
        text = html.split('<div class="prose" dir="auto">')[1].split("</div>\n<")[0]
        return re.sub(r"\s+", " ", re.sub(r' data-block-id="[^"]*"', "", text)).strip()

    assert prose(draft) == prose(page)
    for block in item.block_list():
        assert f'data-block-id="{block["id"]}"' in draft
    assert "data-block-id" not in page
    assert PublishedArticle.objects.count() == 1
    assert PublicRedirect.objects.count() == 0


def test_a_preview_runs_nothing_and_is_framed_by_the_desk_alone(signed_in, wim, draft):
    answer = signed_in(wim).get(where(draft, "preview/?pane=1"))

    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'none'" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in re.sub(
        r'<script type="application/ld\+json">.*?</script>',
        "",
        answer.content.decode(),
        flags=re.S,
    )
    assert "private" in answer["Cache-Control"]
    desk = signed_in(wim).get(where(draft, "change/"))
    assert "frame-src 'self'" in desk["Content-Security-Policy"]
    assert desk["X-Frame-Options"] == "DENY"


def test_a_look_is_at_the_text_that_is_open_and_keeps_nothing(signed_in, wim, draft):
    typed = [factories.paragraph("TK, said the mayor.")]
    before = draft.content_hash()

    answer = look(
        signed_in(wim),
        draft,
        fields={"title": "Typed just now", "excerpt": "Short.", "no_index": True},
        blocks=typed,
        want=["checks", "card", "page"],
    ).json()

    codes = {one["check"]: one for one in answer["checks"]["concerns"]}
    assert codes["placeholder"]["block"] == typed[0]["id"]
    assert answer["checks"]["counts"]["block"] == 1
    assert answer["card"]["title"] == "Typed just now"
    assert answer["card"]["robots"] == "noindex"
    assert '<h1 dir="auto">Typed just now</h1>' in answer["page"]
    assert f'data-block-id="{typed[0]["id"]}"' in answer["page"]
    draft.refresh_from_db()
    assert draft.content_hash() == before


def test_a_look_at_a_course_has_its_lessons(signed_in, wim):
    course = factories.course(by=wim)

    answer = look(signed_in(wim), course, fields={}, want=["checks", "card", "page"])

    page = answer.json()["page"]
    assert "All about knots." in page and "All about wind." in page
    assert answer.json()["card"]["title"] == course.title


def test_what_cannot_be_read_is_said_and_never_an_error(signed_in, wim, draft):
    desk = signed_in(wim)

    answer = look(desk, draft, fields={}, blocks=[{"id": "x", "type": "evil"}])
    assert answer.status_code == 200
    assert answer.json()["faults"]
    for nonsense in ("", "[", "[]", '"x"', '{"fields": 3}', '{"want": 1}'):
        refused = desk.post(
            where(draft, "look/"), nonsense, content_type="application/json"
        )
        assert refused.status_code == 400, nonsense
    odd = look(
        desk,
        draft,
        fields={
            "title": "\x00half \ud83d",
            "category": "nothing",
            "tags": ["x", 3],
            "featured_image": None,
            "og_image": {},
            "canonical_url": "javascript:alert(1)",
            "slug": "///",
        },
        want=["card", "page"],
    )
    assert odd.status_code == 200
    assert "javascript:" not in odd.json()["page"]
    assert desk.get(where(draft, "look/")).status_code == 405


def test_hostile_text_is_as_harmless_in_a_look_as_on_the_page(signed_in, ines, wim):
    item = factories.article(by=wim)
    raw = {
        "id": "01980000-0000-7000-8000-00000000000a",
        "type": "html",
        "content": {
            "type": "html",
            "attrs": {"html": "<script>alert(1)</script><b onclick=x>Hi</b>"},
        },
    }

    page = look(
        signed_in(ines),
        item,
        fields={"title": "<img src=x onerror=alert(1)>"},
        blocks=[raw],
        want=["page"],
    ).json()["page"]

    assert "alert(1)</script>" not in page
    assert "onclick" not in page
    assert "<img src=x" not in page


def test_others_can_neither_look_nor_ask(signed_in, omar, rosa, wim, draft):
    for person in (omar, rosa):
        desk = signed_in(person)
        for name in ("look/", "links/"):
            answer = desk.post(
                where(draft, name), "{}", content_type="application/json"
            )
            assert answer.status_code in (302, 403, 404), (person, name)
        for name in ("receipt/", "preview/"):
            assert desk.get(where(draft, name)).status_code in (302, 403, 404)


# --- Afterwards -------------------------------------------------------------------


def test_the_receipt_tells_how_far_a_publish_has_come(signed_in, ines, published):
    desk = signed_in(ines)

    told = desk.get(where(published, "receipt/")).json()

    assert told["done"] is False
    assert "On its way" in told["sentence"]
    page = desk.get(where(published, "change/")).content.decode()
    assert f'data-receipt="{where(published, "receipt/")}"' in page


def test_links_are_asked_for_from_the_desk(
    signed_in, wim, django_capture_on_commit_callbacks
):
    item = factories.article(
        by=wim,
        body=blocks.from_html(
            "<p>See <a href='https://example.org/x'>the harbour</a>.</p>"
        )[0],
    )
    desk = signed_in(wim)

    with django_capture_on_commit_callbacks(using=EDITORIAL):
        answer = desk.post(
            where(item, "links/"), headers={"Accept": "application/json"}
        )

    assert json.loads(answer.content) == {"asked": 1}
    told = look(desk, item, fields={}).json()["checks"]["links"]
    assert told == {
        "sentence": "1 link to other sites: 1 still being asked.",
        "count": 1,
        "waiting": 1,
    }


def test_a_lesson_has_its_checks_beside_it_and_those_of_others_not(
    signed_in, wim, rosa
):
    course = factories.course(by=wim)
    knots, wind = course.lessons.all()
    client = signed_in(wim)
    door = f"/admin/editorial/lesson/{knots.pk}/look/"
    placeholder = factories.paragraph("TK, says the harbour master.")
    asked = {"fields": {"title": "All knots"}, "blocks": [placeholder]}

    told = client.post(door, asked, content_type="application/json").json()
    found = told["checks"]["concerns"]
    assert {one["block"] for one in found} == {placeholder["id"]}
    assert {one["lesson"] for one in found} == {str(knots.pk)}
    page = f"/admin/editorial/lesson/{knots.pk}/change/"
    assert found[0]["href"] == f"{page}#block-{placeholder['id']}"
    assert told["checks"]["counts"]["block"] == 1
    knots.refresh_from_db()
    assert knots.title == "Knots"  # nothing is kept

    # Of the other lesson nothing is said here, and all of it at the course.
    wind.content_blocks = [placeholder | {"id": factories.paragraph("x")["id"]}]
    wind.save()
    html = client.get(page).content.decode()
    assert 'id="panel-checks"' in html and "TK" not in html.split("data-concerns")[1]

    assert client.post(door, "{", content_type="application/json").status_code == 400
    stranger = signed_in(factories.staff("omar", "author"))
    assert (
        stranger.post(door, asked, content_type="application/json").status_code == 404
    )
