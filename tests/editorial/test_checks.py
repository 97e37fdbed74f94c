"""What a text is checked for, what stops it, and who may let it pass."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.timezone import localdate

from cms.uuids import uuid7
from editorial import actions, blocks, checks
from editorial.checks import asking, languages, web
from editorial.checks.registry import CHECKS, blocking_checks_exist
from editorial.exceptions import Refused
from editorial.models import (
    AuditLog,
    LinkAnswer,
    Notice,
    Override,
    Status,
    WorkflowHistory,
)
from tests import factories
from tests.editorial.api import caller, do

pytestmark = pytest.mark.django_db(databases="__all__")


def body(html):
    made, _ = blocks.from_html(html)
    return made


def image(**attrs):
    return blocks.new_block({"type": "image", "attrs": attrs})


def found(item, *codes, **kwargs):
    """{code: [concern, …]} of the item as it is, of these codes or of all."""
    by_code = {}
    for one in checks.look(checks.Text(item, **kwargs)):
        if not codes or one.check in codes:
            by_code.setdefault(one.check, []).append(one)
    return by_code


def said(item, code):
    return [one.sentence for one in found(item).get(code, [])]


# --- What is found ----------------------------------------------------------------


def test_a_text_in_order_has_nothing_to_say(wim):
    item = factories.article(
        by=wim,
        excerpt="How the market opens when the water is low, and who comes for it "
        "from the other side.",
        featured_image=factories.MediaFactory(),
        body=body(
            "<p>Read <a href='/articles/'>all the stories</a> of the harbour.</p>"
            "<h2>The quay</h2><p>Low water.</p><h3>The steps</h3><p>Wet.</p>"
        ),
    )

    assert found(item) == {}


def test_pictures_without_a_description_are_found_where_they_are(wim):
    silent = factories.MediaFactory(alt_text="")
    frame = factories.MediaFactory(alt_text="", is_decorative=True)
    told = factories.MediaFactory()
    here = image(media=str(silent.pk))
    item = factories.article(
        by=wim,
        featured_image=silent,
        body=[
            here,
            image(media=str(silent.pk), alt="Boats."),
            image(media=str(frame.pk)),
            image(media=str(told.pk)),
            image(media=str(uuid7())),
        ],
    )

    concerns = found(item)

    featured, inside = concerns["alt-text"]
    assert featured.field == "featured_image"
    assert inside.block == here["id"]
    assert inside.severity == "block"
    assert len(concerns["image-lost"]) == 1


def test_licences_that_ended_stop_and_those_that_end_soon_warn(wim):
    today = localdate()
    media = [
        factories.MediaFactory(licence_expires_on=today + timedelta(days=days))
        for days in (-2, 10, 90)
    ]
    item = factories.article(
        by=wim, body=[image(media=str(one.pk), alt="A boat.") for one in media]
    )

    concerns = found(item)

    assert [one.severity for one in concerns["licence-expired"]] == ["block"]
    assert [one.severity for one in concerns["licence-ending"]] == ["warn"]


def test_headings_tables_and_embeds_are_for_everybody(wim):
    item = factories.article(
        by=wim,
        body=[
            *body(
                "<h3>Too deep</h3><h2>Fine</h2><h4>Skipped</h4>"
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>"
                "</table><table><tr><th>a</th></tr><tr><td>c</td></tr></table>"
            ),
            blocks.new_block({"type": "heading", "attrs": {"level": 2}}),
            blocks.new_block(
                {"type": "embed", "attrs": {"url": "https://youtu.be/dQw4w9WgXcQ"}}
            ),
        ],
    )

    concerns = found(item)

    assert len(concerns["heading-skipped"]) == 2
    assert "“Too deep” is of level 3 and follows the title" in (
        concerns["heading-skipped"][0].sentence
    )
    assert len(concerns["heading-empty"]) == 1
    assert len(concerns["table-header"]) == 1
    assert "YouTube" in concerns["embed-title"][0].sentence


def test_placeholders_are_found_in_every_field_and_no_word_is_taken_for_one(wim):
    item = factories.article(
        by=wim,
        title="Harbour TK",
        excerpt="XXX boats left.",
        body=body(
            "<p>The mayor, TKTK, said so.</p><p>Здесь ТК слов.</p>"
            "<p>TKs of ATK and the XXIst century, XX and taktk: words. Why???</p>"
            "<pre><code>XXX = 1</code></pre><p>lorem ipsum</p><p>[…]</p>"
        ),
    )

    sentences = said(item, "placeholder")

    assert len(sentences) == 6
    assert "left in the title" in sentences[0]
    assert "left in the standfirst" in sentences[1]
    assert "“TKTK” is left in the text: “The mayor, TKTK, said so.”" in sentences[2]


def test_links_to_our_own_pages_are_checked_at_once(wim, ines, published):
    draft = factories.article(by=wim, title="Not yet")
    gone = factories.publish(factories.article(by=wim, title="Gone"), editor=ines)
    actions.unpublish(gone, by=ines)
    moved = factories.publish(factories.article(by=wim, title="Old"), editor=ines)
    actions.revise(moved, by=ines)
    factories.edit(moved, by=ines, slug="new")
    for act in (actions.submit, actions.start_review, actions.approve):
        act(moved, by=ines) if act is not actions.submit else act(moved, by=wim)
    actions.publish(moved, by=ines)
    item = factories.article(
        by=wim,
        title="Links",
        body=body(
            f"<p><a href='/articles/{published.slug}/'>a live page</a>"
            f"<a href='/articles/{draft.slug}/'>a draft</a> "
            f"<a href='/articles/{gone.slug}/'>taken down</a> "
            "<a href='/articles/old/'>an old address</a> "
            "<a href='/articles/never/'>never there</a> "
            "<a href='/nowhere/at/all/'>no such page</a> "
            "<a href='/archive/'>the archive</a> <a href='#h-top'>up</a> "
            "<a href='/categories/nothing/'>a category</a></p>"
        ),
    )

    concerns = found(item)

    # Taken down is a text that is not public: its draft is still there.
    assert [
        one.sentence.split("“")[1].split("”")[0] for one in concerns["link-to-draft"]
    ] == ["a draft", "taken down"]
    assert [
        one.sentence.split("“")[1].split("”")[0] for one in concerns["link-gone"]
    ] == ["never there", "no such page", "a category"]
    assert len(concerns["link-moved"]) == 1


def test_a_check_tells_nobody_of_drafts_that_they_may_not_see(wim, ines, omar):
    secret = factories.article(by=ines, title="Secret")
    item = factories.article(
        by=omar, body=body(f"<p>See <a href='/articles/{secret.slug}/'>it</a>.</p>")
    )

    assert "link-to-draft" in found(item, viewer=ines)
    assert "link-to-draft" not in found(item, viewer=omar)
    assert "link-gone" in found(item, viewer=omar)


def test_words_that_say_nothing_and_lengths_are_advice(wim):
    item = factories.article(
        by=wim,
        title="The harbour " * 8,
        meta_description="Short.",
        body=body(
            "<p><a href='https://example.org/a'>Click here</a> or see "
            "<a href='https://example.org/b'>https://example.org/b</a>.</p>"
            f"<p>{'word ' * 160}</p>"
        ),
    )

    concerns = found(item)

    assert len(concerns["link-words"]) == 2
    assert len(concerns["search-length"]) == 2
    assert concerns["long-paragraph"][0].severity == "advice"
    assert {"excerpt", "featured-image"} <= concerns.keys()


def test_a_page_needs_no_standfirst_and_an_empty_draft_says_what_is_missing(wim):
    page = factories.article(by=wim, kind="page")
    assert not {"excerpt", "featured-image"} & found(page).keys()

    draft = factories.article(by=wim, title="", body=[factories.paragraph("x")])
    factories.edit(draft, by=wim, category=None, body=[])

    assert [one.field for one in found(draft)["incomplete"]] == [
        "title",
        "category",
        "body",
    ]


def test_how_hard_a_text_is_depends_on_its_language():
    easy = "The cat sat on the mat. It was warm in the sun. We like the sea. " * 12
    hard = (
        "Notwithstanding the aforementioned institutional considerations, the "
        "administrative reorganisation of the municipal authorities necessitated "
        "comprehensive interdepartmental negotiations that the representatives of "
        "the participating organisations characterised as extraordinarily difficult. "
    ) * 6
    german = "Der Hafen ist nicht groß und die Boote sind alt. " * 20

    assert languages.language_of(easy) == "en"
    assert languages.language_of(german) == "de"
    assert languages.language_of("Лодки стоят в гавани. " * 20) == ""
    assert not languages.readability_of(easy, "en").is_hard
    assert languages.readability_of(hard, "en").is_hard
    assert languages.readability_of("Лодки.", "ru") is None


def test_a_course_is_checked_lesson_by_lesson(wim):
    course = factories.course(by=wim, description="TK about boats.")
    lesson = course.lessons.first()
    lesson.content_blocks = [factories.paragraph("More TK here.")]
    lesson.save()

    field, inside = found(course)["placeholder"]

    assert field.field == "description"
    assert inside.lesson == str(lesson.pk)
    assert inside.block == lesson.content_blocks[0]["id"]


def test_a_setting_that_names_no_check_is_an_error(settings):
    assert blocking_checks_exist(None) == []
    settings.CHECKS_THAT_BLOCK = ["alt-text", "spelling"]

    (error,) = blocking_checks_exist(None)

    assert "spelling" in error.msg
    assert CHECKS["alt-text"].severity == "block"
    assert CHECKS["placeholder"].severity == "warn"


# --- What stops, and who lets it pass ---------------------------------------------


@pytest.fixture
def unready(wim, ines):
    """In review, with a placeholder."""
    item = factories.article(by=wim, body=[factories.paragraph("TK, said the mayor.")])
    actions.submit(item, by=wim)
    actions.start_review(item, by=ines)
    return item


def test_drafts_save_and_are_submitted_but_a_blocking_check_stops_approval(
    unready, ines
):
    assert unready.status == Status.IN_REVIEW

    with pytest.raises(checks.Stopped, match="“TK” is left in the text") as stopped:
        actions.approve(unready, by=ines)

    assert [one.check for one in stopped.value.concerns] == ["placeholder"]
    unready.refresh_from_db()
    assert unready.status == Status.IN_REVIEW


def test_an_override_has_a_reason_is_logged_and_holds_for_this_text_alone(
    unready, ines, wim
):
    actions.approve(unready, by=ines, override="The mayor's name is TK, really.")
    actions.publish(unready, by=ines)

    override = Override.objects.get()
    assert override.made_by == ines
    assert override.content_hash == unready.content_hash()
    logged = AuditLog.objects.get(action="override_checks")
    assert logged.user_id == ines.pk
    assert logged.new_values["reason"] == "The mayor's name is TK, really."
    assert "“TK” is left" in logged.new_values["checks"][0]
    history = WorkflowHistory.objects.get(transition="approve")
    assert history.metadata["override"] == override.reason

    actions.revise(unready, by=ines)
    factories.edit(unready, by=wim, body=[factories.paragraph("TK, said the baker.")])
    actions.submit(unready, by=wim)
    actions.start_review(unready, by=ines)
    with pytest.raises(checks.Stopped):
        actions.approve(unready, by=ines)


def test_a_reason_that_is_none_is_not_enough_and_one_that_is_not_needed_is_not_kept(
    unready, approved, ines
):
    for reason in ("", "   "):
        with pytest.raises(checks.Stopped):
            actions.approve(unready, by=ines, override=reason)
    with pytest.raises(Refused, match="few words"):
        actions.approve(unready, by=ines, override="ok")

    actions.publish(approved, by=ines, override="Because I said so.")

    assert not Override.objects.exists()


def test_who_may_approve_and_not_override_hears_why(unready, ines, wim):
    reader = factories.staff("nora", "reviewer")
    actions.grant(unready, reader, "approve_review", by=ines)

    with pytest.raises(PermissionDenied, match="let a text pass"):
        actions.approve(unready, by=reader, override="It is fine as it is.")


def test_what_only_time_brings_stops_a_person_and_not_the_schedule(wim, ines):
    picture = factories.MediaFactory()
    item = factories.approve(
        factories.article(by=wim, featured_image=picture), editor=ines
    )
    at = timezone.now() + timedelta(hours=1)
    actions.schedule(item, by=ines, publish_at=at)
    picture.licence_expires_on = localdate() - timedelta(days=2)
    picture.save()

    with pytest.raises(checks.Stopped, match="licence"):
        actions.publish(item, by=ines)
    item.refresh_from_db()
    type(item).objects.filter(pk=item.pk).update(publish_at=timezone.now())
    assert actions.fire_due() == 1

    item.refresh_from_db()
    assert item.is_live
    history = WorkflowHistory.objects.of(item).first()
    assert "licence" in history.metadata["checks"][0]
    notice = Notice.objects.get(person=ines)
    assert "went out on schedule" in notice.sentence
    assert "licence" in notice.sentence


def test_house_rules_decide_what_stops(unready, ines, settings):
    settings.CHECKS_THAT_BLOCK = []

    actions.approve(unready, by=ines)

    assert unready.status == Status.APPROVED


# --- The API ----------------------------------------------------------------------


def test_the_api_lists_what_stops_and_takes_a_reason(unready, ines):
    client = caller(ines)

    answer = do(client, unready, "approve")

    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"].endswith(":checks")
    (error,) = problem["errors"]
    assert error["code"] == "placeholder"
    assert error["block"] == unready.block_list()[0]["id"]

    answer = do(client, unready, "approve", override_checks="The mayor is called TK.")

    assert answer.status_code == 200, answer.json()
    assert Override.objects.get().reason == "The mayor is called TK."


# --- Links to other sites ---------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """A site with a page, a page that moved, one for GET only, and a loop."""

    asked: list

    def _answer(self):
        self.asked.append((self.command, self.path))
        status = {"/there": 200, "/moved": 301, "/loop": 302, "/slow": 503}.get(
            self.path, 404
        )
        if self.path == "/get-only":
            status = 200 if self.command == "GET" else 405
        self.send_response(status)
        if self.path == "/inside":
            self.send_header("Location", "http://10.0.0.1/")
        if self.path in ("/moved", "/loop"):
            self.send_header("Location", "/there" if self.path == "/moved" else "/loop")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = _answer

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    Site.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_site_is_asked_by_head_then_get_and_redirects_are_followed(site):
    base = f"http://127.0.0.1:{site}"
    how = {"may_ask": lambda number: True, "ports": {"http": site, "https": site}}

    def state(path):
        return web.ask(base + path, **how).state

    assert state("/there") == "fine"
    assert state("/moved") == "fine"
    assert state("/get-only") == "fine"
    assert Site.asked[-2:] == [("HEAD", "/get-only"), ("GET", "/get-only")]
    assert web.ask(f"{base}/gone", **how).said == "The page is not there (404)."
    assert state("/gone") == "broken"
    assert state("/slow") == "away"
    assert "redirects more than" in web.ask(f"{base}/loop", **how).said
    assert web.ask(f"https://127.0.0.1:{site}/there", **how).state == "away"


def test_private_networks_are_never_asked(site):
    for url in (
        f"http://127.0.0.1:{site}/there",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[fd00::1]/",
        "http://user:secret@127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:6379/",
    ):
        answer = web.ask(url)
        assert answer.state == "refused", (url, answer)
    # A redirect is looked at like the address itself.
    inside = web.ask(
        f"http://127.0.0.1:{site}/redirect",
        may_ask=lambda number: number == "127.0.0.2",
        ports={"http": site, "https": site},
    )
    assert inside.state == "refused"
    assert Site.asked == []


def test_each_site_is_asked_one_question_at_a_time_and_answers_are_kept(wim, site):
    base = f"http://127.0.0.1:{site}"
    item = factories.article(
        by=wim,
        body=body(
            f"<p><a href='{base}/there'>a page</a> <a href='{base}/gone'>lost</a> "
            f"<a href='{base}/there#part'>part of it</a> <a href='/articles/'>ours</a>"
            "</p>"
        ),
    )
    text = checks.Text(item)
    how = {
        "pause": 0,
        "may_ask": lambda number: True,
        "ports": {"http": site, "https": site},
    }

    assert found(item, "link-broken") == {}
    assert asking.queue(text) == 2
    assert asking.ask_site("127.0.0.1", **how) == 2

    (broken,) = found(item)["link-broken"]
    assert "“lost” is broken: The page is not there (404)." in broken.sentence
    assert broken.severity == "warn"
    assert asking.queue(text) == 0, "it has just been asked"
    LinkAnswer.objects.update(checked_at=timezone.now() - timedelta(hours=1))
    assert asking.queue(text, every=False) == 0
    assert asking.queue(text) == 2

    cache.add("link-check:127.0.0.1", 1)
    assert asking.ask_site("127.0.0.1", **how) is None
