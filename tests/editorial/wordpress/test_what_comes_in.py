"""One import of the small site, looked at from every side."""

import pytest

from accounts.models import User
from cms.databases import EDITORIAL, ENGAGEMENT
from editorial.models import (
    Article,
    AuditLog,
    Category,
    Media,
    OutboxEvent,
    Redirect,
    Status,
    Tag,
    Version,
    WorkflowHistory,
)
from engagement.activity.models import Activity
from engagement.refs.models import UserRef

from .conftest import article, comment, notes_of, skips_of

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT])


def test_everything_is_counted(imported):
    assert imported["taken"] == {
        "author": 3,
        "category": 3,
        "tag": 2,
        "post": 10,
        "page": 2,
        "attachment": 1,
        "comment": 5,
    }
    assert imported["changed"] == imported["unchanged"] == {}
    assert set(skips_of(imported, "post")) == {"19"}
    assert set(skips_of(imported, "nav_menu_item")) == {"60"}
    assert set(skips_of(imported, "revision")) == {"61"}
    assert set(skips_of(imported, "product")) == {"62"}
    assert set(skips_of(imported, "comment")) == {"106", "110", "120"}
    assert set(skips_of(imported, "term")) == {"main"}
    assert "The Harbour Post" in imported["said"]
    assert "1 declared in the export, 2 more used" in imported["said"]


def test_a_post_comes_in_with_all_it_has(imported):
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


def test_its_import_is_its_approval_and_announces_nothing(imported):
    first = article(1)
    [history] = WorkflowHistory.objects.of(first)

    assert (
        first.approved_version == first.live_version == Version.objects.of(first).get()
    )
    assert first.approved_by.slug == "ines"
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


def test_a_category_that_is_not_the_first_choice_is_told(imported):
    assert "It stood in more categories: News." in notes_of(imported, "post", 1)


def test_an_old_address_leads_to_the_new_one(imported):
    [former] = Redirect.objects.filter(kind="article").exclude(old_slug__startswith="/")

    assert former.old_slug == "very-first"
    assert former.item_id == article(1).pk


def test_the_links_of_the_old_site_are_kept_as_paths(imported):
    def paths(kind):
        kept = Redirect.objects.filter(kind=kind, old_slug__startswith="/")
        return set(kept.values_list("old_slug", flat=True))

    first = Redirect.objects.filter(item_id=article(1).pk)

    assert {"/2020/01/first", "/?p=1"} < set(first.values_list("old_slug", flat=True))
    assert not Redirect.objects.filter(item_id=article(13).pk).exists()  # a draft
    assert {"/author/ada", "/?author=2"} <= paths("profile")
    assert "/tag/storm" in paths("tag")
    assert {"/category/news", "/category/ships/ferries"} <= paths("category")


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
def test_every_state_has_a_state_here(imported, number, status, note):
    found = article(number)

    assert found.status == status
    assert not found.is_live
    assert note in " ".join(notes_of(imported, "post", number))
    [history] = WorkflowHistory.objects.of(found)
    assert history.to_status == status


def test_what_was_due_in_the_past_waits_for_a_person(imported):
    assert article(11).held_reason
    assert article(10).scheduled_by.slug == "ines"
    assert set(Article.objects.due_to_publish()) == set()


def test_addresses_are_made_where_there_are_none_and_are_unique(imported):
    assert article(17).slug == "first-2"
    assert "because “first” is taken" in " ".join(notes_of(imported, "post", 17))
    assert article(17).title == "Markup here"
    assert article(18).slug == "λιμάνι-της-αθήνας"
    assert article(12).slug == "waiting"
    assert article(13).slug.startswith("untitled")
    assert article(13).title == ""


def test_pages_stand_below_their_page_even_when_it_comes_later(imported):
    assert article(3).parent == article(2)
    assert article(3).kind == Article.Kind.PAGE
    assert article(3).menu_order == 4
    assert not article(3).comments_open


def test_categories_keep_their_tree_and_terms_their_names(imported):
    ships, ferries = (Category.objects.get(slug=one) for one in ("ships", "ferries"))

    assert ferries.parent == ships
    assert ferries.path.startswith(ships.path)
    assert ships.name == "Ships & boats"
    assert ships.description == "What floats."
    assert Tag.objects.get(slug="λιμάνι").name == "λιμάνι"


def test_authors_cannot_sign_in_and_have_no_rights(imported):
    ada = User.objects.get(email="ada@harbour.example")
    guest = User.objects.get(display_name="guest writer")

    assert article(3).author == guest
    assert guest.email.endswith(".invalid")
    for person in (ada, guest):
        assert not person.has_usable_password()
        assert not person.is_staff


def test_an_attachment_without_its_file_keeps_its_words(imported):
    quay = Media.objects.get()

    assert quay.title == "The quay"
    assert quay.alt_text == "An empty quay"
    assert quay.caption == "At five."
    assert (quay.width, quay.height) == (1200, 800)
    assert quay.processing_status == Media.Processing.MISSING
    assert quay.url == "https://harbour.example/wp-content/uploads/2020/01/quay.jpg"


def test_comments_come_in_as_threads(imported):
    first = article(1)
    bo, ada = comment(101), comment(102)

    assert ada.parent_id == ada.root_id == bo.pk
    assert bo.reply_count == 1
    assert (bo.content_kind, bo.content_id) == ("article", first.pk)
    assert ada.user_id == first.author_id
    assert ada.is_author_reply
    assert UserRef.objects.get(pk=ada.user_id).display_name == "Ada & Co"
    assert f"{bo.created_at:%Y-%m-%d %H:%M}" == "2020-01-03 10:00"


def test_a_guest_keeps_the_name_and_a_keyed_hash_of_the_address(imported):
    bo = comment(101)

    assert bo.guest_name == "Bo & Li"
    assert bo.guest_url == "https://bo.example/"
    assert len(bo.guest_email_hash) == 64
    assert "mail.example" not in str(vars(bo))
    assert "192.0.2.7" not in str(vars(bo))
    assert comment(103).guest_email_hash != bo.guest_email_hash
    assert comment(104).guest_email_hash == ""


def test_what_a_guest_wrote_is_harmless(imported):
    assert "script" not in comment(101).body_html
    assert "<strong>there</strong>" in comment(101).body_html
    assert comment(103).guest_url == ""
    assert "javascript" in " ".join(notes_of(imported, "comment", 103))


@pytest.mark.parametrize(
    ("number", "kind", "status"),
    [
        (101, "comment", "approved"),
        (103, "comment", "pending"),
        (104, "pingback", "approved"),
        (105, "trackback", "spam"),
    ],
)
def test_comments_keep_their_kind_and_state(imported, number, kind, status):
    assert (comment(number).kind, comment(number).status) == (kind, status)
