"""RSS, Atom and the sitemap."""

from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.databases import PUBLIC
from publishing import feeds, sitemaps
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
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


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


IMAGE = {"url": "/media/quay.png", "alt": "The quay", "width": 1600, "height": 900}
BODY = (
    '<p>See <a href="/articles/two/">two</a>, <a href="#note">the note</a> and '
    '<a href="https://example.org/x">x</a>.</p><figure data-media="7" tabindex="0">'
    '<img src="/media/a.png" srcset="/media/a.png 400w, /media/b.png 800w" alt="A">'
    '</figure><pre>src="/not/a/link" role="text"</pre>'
)


def test_feeds_hold_whole_stories_with_absolute_links(client, settings):
    ArticleFactory(slug="one", content_html=BODY, image=IMAGE)

    item = xml_of(client.get("/feed.rss")).find("channel/item")
    whole = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    image = item.find("{http://search.yahoo.com/mrss/}content")
    entry = xml_of(client.get("/feed.atom")).find(f"{ATOM}entry")

    site = settings.SITE_ORIGIN
    assert f'href="{site}/articles/two/"' in whole
    assert f'href="{site}/articles/one/#note"' in whole
    assert 'href="https://example.org/x"' in whole
    assert f'srcset="{site}/media/a.png 400w, {site}/media/b.png 800w"' in whole
    assert "<figure><img" in whole
    assert '<pre>src="/not/a/link" role="text"</pre>' in whole
    assert (image.get("url"), image.get("width")) == (f"{site}/media/quay.png", "1600")
    assert entry.findtext(f"{ATOM}content") == whole


def test_feeds_can_hold_summaries_alone(client, monkeypatch):
    ArticleFactory(content_html=BODY, excerpt="In short.")
    monkeypatch.setattr(feeds, "IN_FULL", False)

    for form in ("rss", "atom"):
        text = client.get(f"/feed.{form}").content.decode()
        assert "In short." in text
        assert "quay" not in text and "articles/two" not in text


def test_a_reader_of_feeds_has_nothing_to_complain_of(client):
    for path in ("/feed.rss", "/feed.atom"):
        empty = client.get(path).content
        assert empty == client.get(path).content
        assert not feedparser.parse(empty).bozo
    ArticleFactory(slug="λιμάνι", content_html=BODY, image=IMAGE, title="A & <b>")

    for path in ("/feed.rss", "/feed.atom"):
        found = feedparser.parse(client.get(path).content)

        assert not found.bozo
        assert [link.rel for link in found.feed.links if link.rel == "self"]
        [entry] = found.entries
        assert entry.id.startswith("urn:uuid:")
        assert entry.published_parsed
        assert entry.author == "Wim de Vries"
        assert entry.link.endswith("/articles/%CE%BB%CE%B9%CE%BC%CE%AC%CE%BD%CE%B9/")


def test_what_has_its_home_elsewhere_is_in_no_sitemap(client, settings):
    published = timezone.now()
    ArticleFactory(slug="ours", first_published_at=published)
    ArticleFactory(canonical_url="https://else.example/", first_published_at=published)
    ArticleFactory(no_index=True, first_published_at=published)

    [part] = [one for one in locations(client, "/sitemap.xml") if "/articles/" in one]
    path = part.removeprefix(settings.SITE_ORIGIN)
    [page] = xml_of(client.get(path)).findall(f"{SITEMAP}url")

    assert page.findtext(f"{SITEMAP}loc").endswith("/articles/ours/")
    assert page.findtext(f"{SITEMAP}lastmod") == f"{published:%Y-%m-%dT%H:%M:%S}+00:00"
    assert locations(client, "/sitemaps/news.xml") == [
        f"{settings.SITE_ORIGIN}/articles/ours/"
    ]


def test_the_news_are_the_stories_of_two_days(client, settings):
    now = timezone.now()
    ArticleFactory(title="Tide & time", language="pt-br", first_published_at=now)
    ArticleFactory(first_published_at=now - timedelta(hours=49))
    ArticleFactory(kind="page", first_published_at=now)

    [page] = xml_of(client.get("/sitemaps/news.xml")).findall(f"{SITEMAP}url")

    story = page.find(f"{NEWS}news")
    assert story.findtext(f"{NEWS}title") == "Tide & time"
    assert story.findtext(f"{NEWS}publication/{NEWS}name") == settings.SITE_NAME
    assert story.findtext(f"{NEWS}publication/{NEWS}language") == "pt"


MANY = """
INSERT INTO published_articles (
    id, slug, title, author_id, author_name, author_slug, author_avatar_url, author_bio,
    category_name, category_slug, breadcrumbs, tags, tag_slugs, meta_title,
    meta_description, meta_keywords, canonical_url, og_title, og_description,
    og_image_url, no_index, no_follow, structured_data, first_published_at,
    published_at, original_created_at, last_modified_at, search_summary, search_text,
    content_version, content_hash, synced_at, kind, excerpt, content_html,
    content_json, word_count, reading_minutes, is_featured, comments_open, parents,
    related)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'story-' || n, 'Story', gen_random_uuid(), '',
    '', '', '', '', '', '[]', '[]', '{}', '', '', '{}', '', '', '', '', false, false,
    '{}', now(), now(), now(), now(), '', '', 1, '', now(), 'post', '', '', '[]', 0, 1,
    false, true, '[]', '[]'
FROM generate_series(1, 3000) AS n
"""


def test_however_many_there_are_each_part_is_read_from_its_own_key(
    client, settings, monkeypatch
):
    monkeypatch.setattr(sitemaps, "PART_SIZE", 500)
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("ANALYZE published_articles")

    with CaptureQueriesContext(connections[PUBLIC]) as sent:
        parts = locations(client, "/sitemap.xml")
    assert len(sent) == 1

    with CaptureQueriesContext(connections[PUBLIC]) as sent:
        pages = locations(client, parts[-1].removeprefix(settings.SITE_ORIGIN))
    assert len(parts) == 1 + 6
    assert len(pages) == 500
    assert len(sent) == 1
    [query] = sent.captured_queries
    assert "OFFSET" not in query["sql"]
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index" in plan and "Index Cond" in plan
    assert "Sort" not in plan and "Seq Scan" not in plan


def test_robots_are_told_what_is_for_them(client, settings):
    settings.ROBOTS_BLOCKED, settings.ROBOTS_DISALLOW = ["GPTBot"], ["/drafts/"]

    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[:2] == ["User-agent: GPTBot", "Disallow: /"]
    assert "Disallow: /drafts/" in lines
    assert f"Sitemap: {settings.SITE_ORIGIN}/sitemap.xml" in lines


def test_a_preview_of_the_site_is_not_to_be_found(client, settings):
    settings.PREVIEW_HOSTS, settings.ALLOWED_HOSTS = ["*.preview.example"], ["*"]
    ArticleFactory(slug="tide")

    def asked(path, host):
        return client.get(path, headers={"host": host})

    for path in ("/articles/tide/", "/feed.rss", "/"):
        assert (
            asked(path, "mine.preview.example:8000")["X-Robots-Tag"]
            == "noindex, nofollow"
        )
        assert "X-Robots-Tag" not in asked(path, "example.org")
    there = asked("/robots.txt", "mine.preview.example").content
    assert there == b"User-agent: *\nDisallow: /\n"
    settings.SITE_INDEXED = False
    assert client.get("/robots.txt").content == there
