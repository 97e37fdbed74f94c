import io
import zipfile

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from accounts.models import User
from cms.databases import EDITORIAL, ENGAGEMENT
from editorial import actions
from editorial.models import (
    Article,
    AuditLog,
    Category,
    ImportRecord,
    Media,
    OutboxEvent,
    Redirect,
    Status,
    Tag,
    Version,
    WorkflowHistory,
)
from editorial.wordpress.importing import Import
from engagement.activity.models import Activity
from engagement.comments.actions import moderate
from engagement.comments.models import Comment
from engagement.counters.models import CounterTotal
from engagement.refs.models import UserRef
from tests import factories

from .conftest import HARBOUR, SOURCE, notes_of, skips_of

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT])


def article(number):
    record = ImportRecord.objects.get(
        source=SOURCE, kind__in=["post", "page"], external_id=str(number)
    )
    return Article.objects.get(pk=record.item_id)


def comment(number):
    return Comment.objects.get(source_key=f"{SOURCE}#{number}")


# --- what comes in ----------------------------------------------------------------


def test_everything_is_counted(take):
    report = take()

    assert report["taken"] == {
        "author": 3,
        "category": 3,
        "tag": 2,
        "post": 10,
        "page": 2,
        "attachment": 1,
        "comment": 5,
    }
    assert report["changed"] == report["unchanged"] == {}
    assert set(skips_of(report, "post")) == {"19"}
    assert set(skips_of(report, "nav_menu_item")) == {"60"}
    assert set(skips_of(report, "revision")) == {"61"}
    assert set(skips_of(report, "product")) == {"62"}
    assert set(skips_of(report, "comment")) == {"106", "110", "120"}
    assert set(skips_of(report, "term")) == {"main"}
    assert "The Harbour Post" in report["said"]
    assert "1 declared in the export, 2 more used" in report["said"]


def test_a_post_comes_in_with_all_it_has(take, ines):
    take(by=ines.email)
    first = article(1)
    quay = Media.objects.get()

    assert first.title == "First & foremost"
    assert first.slug == "first"
    assert first.excerpt == "A quiet morning."
    assert first.status == Status.PUBLISHED
    assert first.kind == Article.Kind.POST
    assert first.post_format == Article.Format.ASIDE
    assert first.is_featured
    assert first.comments_open
    assert first.author.display_name == "Ada & Co"
    assert first.category.name == "Ferries"
    assert {tag.slug for tag in first.tags.all()} == {"storm", "undeclared"}
    assert first.featured_image == quay
    assert first.og_image == quay
    assert first.meta_title == "First & foremost - The Harbour Post"
    assert first.meta_description == "What the quay is like at five."
    assert first.no_index
    assert f"{first.created_at:%Y-%m-%d %H:%M}" == "2020-01-02 09:00"
    assert first.first_published_at == first.published_at == first.created_at
    assert f"{first.updated_at:%Y-%m-%d}" == "2020-03-04"
    assert [one["type"] for one in first.block_list()] == [
        "paragraph",
        "image",
        "divider",
        "gallery",
        "paragraph",
    ]
    assert first.body_media(first.snapshot()) == {str(quay.pk)}


def test_its_import_is_its_approval_and_announces_nothing(take, ines):
    take(by=ines.email)
    first = article(1)
    [history] = WorkflowHistory.objects.of(first)

    assert (
        first.approved_version == first.live_version == Version.objects.of(first).get()
    )
    assert first.approved_by == ines
    assert (history.transition, history.to_status) == ("import", "published")
    assert history.metadata["number"] == "1"
    assert history.metadata["meta"]["mood"] == "calm"
    assert history.metadata["categories"][2] == "News"
    assert AuditLog.objects.filter(action="import", resource_id=first.pk).exists()
    events = OutboxEvent.objects.filter(cause="import")
    assert events.exists()
    assert not events.filter(announce=True).exists()
    assert not OutboxEvent.objects.filter(priority__gte=0).filter(
        cause__in=["import", "category changed", "tag changed", "media changed"]
    )
    assert not Activity.objects.exists()


def test_a_category_that_is_not_the_first_choice_is_told(take):
    report = take()

    assert "It stood in more categories: News." in notes_of(report, "post", 1)


def test_an_old_address_leads_to_the_new_one(take):
    take()

    assert Redirect.objects.get().old_slug == "very-first"
    assert Redirect.objects.get().item_id == article(1).pk


@pytest.mark.parametrize(
    ("number", "status", "note"),
    [
        (10, "scheduled", ""),
        (11, "scheduled", "scheduled for a time that has passed"),
        (12, "pending_review", ""),
        (13, "draft", ""),
        (14, "draft", "private"),
        (15, "draft", "password"),
        (16, "archived", ""),
    ],
)
def test_every_state_has_a_state_here(take, ines, number, status, note):
    report = take(by=ines.email)
    found = article(number)

    assert found.status == status
    assert not found.is_live
    assert note in " ".join(notes_of(report, "post", number))
    [history] = WorkflowHistory.objects.of(found)
    assert history.to_status == status


def test_what_was_due_in_the_past_waits_for_a_person(take, ines):
    take(by=ines.email)

    assert article(11).held_reason
    assert article(10).scheduled_by == ines
    assert set(Article.objects.due_to_publish()) == set()


def test_addresses_are_made_where_there_are_none_and_are_unique(take):
    report = take()

    assert article(17).slug == "first-2"
    assert "because “first” is taken" in " ".join(notes_of(report, "post", 17))
    assert article(17).title == "Markup here"
    assert article(18).slug == "λιμάνι-της-αθήνας"
    assert article(12).slug == "waiting"
    assert article(13).slug.startswith("untitled")
    assert article(13).title == ""


def test_pages_stand_below_their_page_even_when_it_comes_later(take):
    take()

    assert article(3).parent == article(2)
    assert article(3).kind == Article.Kind.PAGE
    assert article(3).menu_order == 4
    assert not article(3).comments_open


def test_pages_in_a_circle_come_in_all_the_same(take, harbour):
    report = take(
        harbour(
            (
                "<wp:status>publish</wp:status>\n\t\t<wp:post_parent>0</wp:post_parent>",
                "<wp:status>publish</wp:status>\n\t\t<wp:post_parent>3</wp:post_parent>",
            )
        )
    )

    assert report["taken"]["page"] == 2
    assert article(2).parent is None or article(3).parent is None


def test_categories_keep_their_tree_and_terms_their_names(take):
    take()
    ships, ferries = (Category.objects.get(slug=one) for one in ("ships", "ferries"))

    assert ferries.parent == ships
    assert ferries.path.startswith(ships.path)
    assert ships.name == "Ships & boats"
    assert ships.description == "What floats."
    assert Tag.objects.get(slug="λιμάνι").name == "λιμάνι"


def test_categories_in_a_circle_stand_at_the_top(take, harbour):
    report = take(
        harbour(
            (
                "<wp:category_parent></wp:category_parent><wp:cat_name><![CDATA[Ships",
                "<wp:category_parent>ferries</wp:category_parent>"
                "<wp:cat_name><![CDATA[Ships",
            )
        )
    )

    assert report["taken"]["category"] == 3
    again = take(HARBOUR)
    assert again["taken"] == {}


def test_a_category_that_is_here_already_is_the_same(take):
    mine = factories.CategoryFactory(name="News", slug="news")
    take()

    assert Category.objects.filter(name="News").get() == mine


def test_authors_cannot_sign_in_and_have_no_rights(take):
    take()
    ada = User.objects.get(email="ada@harbour.example")
    guest = User.objects.get(display_name="guest writer")

    assert article(3).author == guest
    assert guest.email.endswith(".invalid")
    for person in (ada, guest):
        assert not person.has_usable_password()
        assert not person.is_staff


def test_an_author_who_has_an_account_keeps_it(take):
    ada = factories.UserFactory(email="Ada@Harbour.example", display_name="Ada L.")
    report = take()

    assert article(1).author == ada
    ada.refresh_from_db()
    assert ada.display_name == "Ada L."
    assert "account here already" in " ".join(notes_of(report, "author", "ada"))


# --- files ------------------------------------------------------------------------


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(out, "JPEG")
    return out.getvalue()


def test_an_attachment_without_its_file_keeps_its_words(take):
    take()
    quay = Media.objects.get()

    assert quay.title == "The quay"
    assert quay.alt_text == "An empty quay"
    assert quay.caption == "At five."
    assert (quay.width, quay.height) == (1200, 800)
    assert quay.processing_status == Media.Processing.MISSING
    assert quay.url == "https://harbour.example/wp-content/uploads/2020/01/quay.jpg"


@pytest.mark.parametrize(
    "place", ["2020/01/quay.jpg", "quay.jpg", "uploads/2020/01/quay.jpg"]
)
def test_a_file_from_the_folder_comes_along(take, tmp_path, settings, place):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "uploads" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(jpeg())
    report = take(media=str(tmp_path / "uploads"))
    quay = Media.objects.get()

    with quay.file.open() as file:
        assert file.read() == jpeg()
    assert (quay.width, quay.height) == (60, 40)
    assert quay.processing_status == Media.Processing.PENDING
    assert notes_of(report, "attachment", 50) == ["Its description: “Taken by Ada.”"]


def test_a_folder_that_is_given_later_brings_the_file(take, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    take()
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "quay.jpg").write_bytes(jpeg())
    report = take(media=str(tmp_path / "uploads"))

    assert report["changed"] == {"attachment": 1}
    assert Media.objects.get().file


def test_a_file_that_is_no_image_is_left_and_told(take, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "quay.jpg").write_text("<svg onload=alert(1)>")
    report = take(media=str(tmp_path))

    assert not Media.objects.get().file
    assert "was not taken" in " ".join(notes_of(report, "attachment", 50))


def test_a_path_that_leads_out_of_the_folder_is_not_followed(take, tmp_path, harbour):
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for name in ("../secret.jpg", "link.jpg", "/../../secret.jpg"):
        path = harbour(("2020/01/quay.jpg</wp:meta_value>", f"{name}</wp:meta_value>"))
        take(path, media=str(tmp_path / "uploads"))

        assert not Media.objects.get().file


# --- comments ---------------------------------------------------------------------


def test_comments_come_in_as_threads(take):
    take()
    first = article(1)
    bo, ada = comment(101), comment(102)

    assert ada.parent_id == ada.root_id == bo.pk
    assert bo.reply_count == 1
    assert (bo.content_kind, bo.content_id) == ("article", first.pk)
    assert ada.user_id == first.author_id
    assert ada.is_author_reply
    assert UserRef.objects.get(pk=ada.user_id).display_name == "Ada & Co"
    assert f"{bo.created_at:%Y-%m-%d %H:%M}" == "2020-01-03 10:00"


def test_a_guest_keeps_the_name_and_a_keyed_hash_of_the_address(take):
    take()
    bo = comment(101)

    assert bo.guest_name == "Bo & Li"
    assert bo.guest_url == "https://bo.example/"
    assert len(bo.guest_email_hash) == 64
    assert "mail.example" not in str(vars(bo))
    assert "192.0.2.7" not in str(vars(bo))
    assert comment(103).guest_email_hash != bo.guest_email_hash
    assert comment(104).guest_email_hash == ""


def test_what_a_guest_wrote_is_harmless(take):
    report = take()

    assert "script" not in comment(101).body_html
    assert "<strong>there</strong>" in comment(101).body_html
    assert comment(103).guest_url == ""
    assert "javascript" in " ".join(notes_of(report, "comment", 103))


@pytest.mark.parametrize(
    ("number", "kind", "status"),
    [
        (101, "comment", "approved"),
        (103, "comment", "pending"),
        (104, "pingback", "approved"),
        (105, "trackback", "spam"),
    ],
)
def test_comments_keep_their_kind_and_state(take, number, kind, status):
    take()

    assert (comment(number).kind, comment(number).status) == (kind, status)


def test_visible_comments_are_counted_once_however_often_it_runs(take):
    take()
    take()

    assert CounterTotal.objects.of([article(1).pk])[article(1).pk]["comment"] == 3


# --- again ------------------------------------------------------------------------


def test_a_second_run_changes_nothing(take):
    first = take()
    stamps = dict(Article.objects.values_list("pk", "updated_at"))
    events = OutboxEvent.objects.count()
    audits = AuditLog.objects.count()
    again = take()

    assert again["taken"] == again["changed"] == {}
    assert again["unchanged"] == first["taken"]
    assert dict(Article.objects.values_list("pk", "updated_at")) == stamps
    assert (OutboxEvent.objects.count(), AuditLog.objects.count()) == (events, audits)
    assert Version.objects.count() == Article.objects.count()


def test_a_newer_export_brings_what_changed(take, harbour, ines):
    take(by=ines.email)
    before = article(1)
    ids = [one["id"] for one in before.block_list()]
    newer = harbour(
        ("Nobody there.", "Nobody was there."),
        ("Hold this.", "Hold that."),
        ("<wp:tag_name>Storm", "<wp:tag_name>Storms"),
    )
    report = take(newer, by=ines.email)
    after = article(1)

    assert report["changed"] == {"post": 1, "comment": 1, "tag": 1}
    assert report["taken"] == {}
    assert after.pk == before.pk
    assert after.slug == "first"
    assert "Nobody was there." in after.live_version.rendered["text"]
    assert after.live_version.number == 2
    assert [one["id"] for one in after.block_list()] == ids
    assert after.first_published_at == before.first_published_at
    assert "Hold that." in comment(103).body
    assert Tag.objects.get(slug="storm").name == "Storms"


def test_a_post_that_was_taken_down_there_is_taken_down_here(take, harbour):
    take()
    path = harbour(
        (
            "<wp:status><![CDATA[publish]]></wp:status>",
            "<wp:status><![CDATA[draft]]></wp:status>",
        )
    )
    report = take(path)

    assert report["changed"] == {"post": 1}
    assert article(1).status == Status.DRAFT
    assert not article(1).is_live


def test_a_comment_that_was_approved_there_counts_here(take, harbour):
    take()
    take(
        harbour(
            (
                "<wp:comment_approved>0</wp:comment_approved>",
                "<wp:comment_approved>1</wp:comment_approved>",
            )
        )
    )

    assert comment(103).status == "approved"
    assert CounterTotal.objects.of([article(1).pk])[article(1).pk]["comment"] == 4
    assert not Activity.objects.exists()


def test_what_staff_edited_is_not_overwritten(take, harbour, ines):
    take(by=ines.email)
    mine = article(1)
    with actions.editing(mine, by=ines) as fresh:
        fresh.title = "Our own title"
    moderate(comment(103).pk, by=ines.pk, status="rejected")

    same = take(by=ines.email)
    newer = take(
        harbour(("Nobody there.", "Nobody."), ("Hold this.", "Hold that.")),
        by=ines.email,
    )

    assert same["unchanged"]["post"] == 10
    assert "edited here" in skips_of(newer, "post")["1"]
    assert "moderated" in skips_of(newer, "comment")["103"]
    assert article(1).title == "Our own title"
    assert comment(103).status == "rejected"
    assert comment(103).body == "Hold this."


def test_what_staff_took_down_stays_down(take, harbour, ines):
    take(by=ines.email)
    actions.unpublish(article(1), by=ines)
    report = take(harbour(("Nobody there.", "Nobody.")), by=ines.email)

    assert "1" in skips_of(report, "post")
    assert article(1).status == Status.UNPUBLISHED


def test_an_interrupted_run_goes_on_where_it_was(take, harbour):
    class Cut(BaseException):
        pass

    def cut(fresh, changed):
        raise Cut

    with pytest.raises(Cut), Import(str(HARBOUR), comments=cut) as run:
        run.run()
    assert Article.objects.count() == 1  # whole, and recorded
    assert article(1).is_live

    report = take()

    assert report["unchanged"]["post"] == 1
    assert report["taken"]["post"] == 9
    assert report["taken"]["comment"] == 5
    assert Article.objects.count() == 12


def test_a_row_that_is_refused_does_not_stop_the_others(take, harbour):
    huge = "x" * 5_000_001
    report = take(harbour(("Nobody there.", huge)))

    assert "5,000,000 characters" in skips_of(report, "post")["1"]
    assert report["taken"]["post"] == 9
    assert set(skips_of(report, "comment")) >= {"101", "102", "103"}
    assert not Article.objects.filter(slug="first", title="First & foremost").exists()


# --- what is no export ------------------------------------------------------------


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>
<rss><channel><title>&lol2;</title></channel></rss>"""
EXTERNAL = """<?xml version="1.0"?>
<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><title>&x;</title></channel></rss>"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1, column 1"),
        (b"not xml at all", "line 1, column 1"),
        (b"\x00\x01\x02\xff", "line 1"),
        (
            b"<rss><channel><item></channel></rss>",
            "mismatched tag in line 1, column 23",
        ),
        (b"<rss><channel>\n<title>x</title>\n<item>", "line 3"),
        (b"<html><body>x</body></html>", "begins with <html>"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "begins with"),
        (b"<rss><channel><title>x</title></channel></rss>", "no export of WordPress"),
        (b"<rss/>", "no export of WordPress"),
        (BOMB.encode(), "document type or entities in line 2"),
        (EXTERNAL.encode(), "document type or entities"),
        (b"<?xml version='1.0' encoding='klingon'?><rss/>", "encoding"),
        (b"<rss>" + b"<a>" * 50, "deeper"),
    ],
)
def test_what_is_no_export_is_refused_with_a_place(take, tmp_path, content, message):
    path = tmp_path / "bad.xml"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=message) as caught:
        take(path)

    assert str(path) in str(caught.value)
    assert not Article.objects.exists()


def test_a_zip_is_no_export(take, tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", "<rss/>")

    with pytest.raises(CommandError, match="not well-formed"):
        take(path)


def test_a_file_that_breaks_off_takes_nothing_in(take, tmp_path):
    path = tmp_path / "cut.xml"
    path.write_bytes(HARBOUR.read_bytes()[:-200])

    with pytest.raises(CommandError, match="line"):
        take(path)

    assert not Article.objects.exists()
    assert not User.objects.exists()


def test_paths_that_lead_nowhere_are_said(take, tmp_path):
    for arguments, message in (
        ({"path": tmp_path / "absent.xml"}, "does not exist"),
        ({"path": tmp_path}, "is a folder"),
        ({"media": str(tmp_path / "absent")}, "no folder"),
        ({"by": "nobody@example.org"}, "Nobody here has"),
    ):
        with pytest.raises(CommandError, match=message):
            take(**arguments)
    with pytest.raises(CommandError, match="Make it first"):
        call_command("import_wordpress", str(HARBOUR), report="/nowhere/at/all.json")


def test_who_has_no_role_cannot_answer_for_it(take, rosa):
    with pytest.raises(CommandError, match="no editorial role"):
        take(by=rosa.email)


def test_without_anybody_in_charge_authors_answer_for_their_own(take):
    report = take()

    assert article(1).approved_by == article(1).author
    assert "Name somebody with --by" in report["said"]
