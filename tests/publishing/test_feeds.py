"""RSS, Atom and the sitemap."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from publishing import sitemaps
from tests.publishing.factories import (
    NOON,
    ArticleFactory,
    CategoryFactory,
    CourseFactory,
    LessonFactory,
    ProfileFactory,
    TagFactory,
)

pytestmark = pytest.mark.django_db(databases=[PUBLIC])

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def xml_of(response):
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def test_rss_lists_the_newest_stories_with_absolute_links(client, settings):
    story = ArticleFactory(title="Tide & time", slug="tide", excerpt="<b>Twice</b>")
    ArticleFactory(kind="page", title="Imprint")

    response = client.get("/feed.rss")

    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    items = xml_of(response).findall("channel/item")
    assert len(items) == 1
    assert items[0].findtext("title") == "Tide & time"
    assert items[0].findtext("link") == f"{settings.SITE_ORIGIN}/articles/tide/"
    assert items[0].findtext("guid") == story.id.urn
    assert xml_of(response).find(f"channel/{ATOM}link").get("rel") == "self"


def test_atom_entries_are_dated_identified_and_signed(client):
    story = ArticleFactory(
        first_published_at=NOON, last_modified_at=NOON + timedelta(hours=2)
    )

    entry = xml_of(client.get("/feed.atom")).find(f"{ATOM}entry")

    assert entry.findtext(f"{ATOM}id") == story.id.urn
    assert entry.findtext(f"{ATOM}published") == "2026-03-14T12:00:00+00:00"
    assert entry.findtext(f"{ATOM}updated") == "2026-03-14T14:00:00+00:00"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Wim de Vries"


def test_categories_tags_and_authors_have_feeds_of_their_own(client):
    news = CategoryFactory(slug="news")
    science = CategoryFactory(slug="science", parent=news)
    tag, author = TagFactory(slug="sea"), ProfileFactory(slug="ines")
    ArticleFactory(title="Mine", category=science, tagged=[tag], author=author)
    ArticleFactory(title="Not mine")

    for path in ("/categories/news/", "/tags/sea/", "/authors/ines/"):
        with CaptureQueriesContext(connections[PUBLIC]) as sent:
            rss = xml_of(client.get(f"{path}feed.rss"))
        assert len(sent) == 2

        atom = xml_of(client.get(f"{path}feed.atom"))
        assert [each.findtext("title") for each in rss.findall("channel/item")] == [
            "Mine"
        ]
        assert len(atom.findall(f"{ATOM}entry")) == 1


def test_characters_that_xml_cannot_hold_are_left_out(client):
    ArticleFactory(title="Bell \x07 rings", excerpt="\x0b]]>")

    assert xml_of(client.get("/feed.rss")).findtext("channel/item/title")
    assert xml_of(client.get("/feed.atom")) is not None


def test_a_feed_that_did_not_change_is_not_sent_again(client):
    ArticleFactory(first_published_at=NOON)
    etag = client.get("/feed.rss")["ETag"]

    again = client.get("/feed.rss", headers={"if-none-match": etag})

    assert again.status_code == 304


def test_a_feed_of_nothing_is_404(client):
    assert client.get("/tags/none/feed.rss").status_code == 404


def locations(client, path):
    return [each.text for each in xml_of(client.get(path)).iter(f"{SITEMAP}loc")]


def test_the_sitemap_names_every_page_that_may_be_indexed_and_each_answers(
    client, settings
):
    category, tag, author = CategoryFactory(), TagFactory(), ProfileFactory()
    ArticleFactory(category=category, tagged=[tag], author=author, slug="a&b's")
    ArticleFactory(no_index=True, slug="hidden")
    course = CourseFactory(slug="knots")
    LessonFactory(course=course, slug="free")
    LessonFactory(course=course, slug="gated", is_gated=True)

    pages = [
        page
        for part in locations(client, "/sitemap.xml")
        for page in locations(client, part.removeprefix(settings.SITE_ORIGIN))
    ]

    assert len(pages) == len(set(pages)) == 5 + 6
    assert not [page for page in pages if "hidden" in page or "gated" in page]
    for page in pages:
        assert client.get(page.removeprefix(settings.SITE_ORIGIN)).status_code == 200


def test_a_long_sitemap_is_cut_into_parts_that_miss_nothing(
    client, settings, monkeypatch
):
    monkeypatch.setattr(sitemaps, "PART_SIZE", 10)
    ArticleFactory.create_batch(25)

    parts = [each for each in locations(client, "/sitemap.xml") if "/articles/" in each]
    pages = [
        page
        for part in parts
        for page in locations(client, part.removeprefix(settings.SITE_ORIGIN))
    ]

    assert len(parts) == 3
    assert len(pages) == len(set(pages)) == 25


@pytest.mark.parametrize("name", ["nothing/00000000-0000-0000-0000-000000000000", "x"])
def test_a_part_that_does_not_exist_is_404(client, name):
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404
