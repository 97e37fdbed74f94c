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
    Media,
    OutboxEvent,
    Status,
    Tag,
    Version,
)
from editorial.wordpress.importing import Import
from engagement.activity.models import Activity
from engagement.comments.actions import moderate
from engagement.counters.models import CounterTotal
from tests import factories

from .conftest import HARBOUR, article, comment, notes_of, skips_of

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT])


# --- awkward sites ----------------------------------------------------------------


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


def test_who_may_not_import_cannot_answer_for_it(take, rosa, wim):
    scoped = factories.staff("sam", "editor", category=factories.CategoryFactory())
    for person, reason in (
        (rosa, "No editorial role"),
        (wim, "No role in force allows to import"),
        (scoped, "concerns the whole house"),
    ):
        with pytest.raises(CommandError, match=reason):
            take(by=person.email)


def test_without_anybody_in_charge_authors_answer_for_their_own(take):
    report = take()

    assert article(1).approved_by == article(1).author
    assert "Name somebody with --by" in report["said"]
