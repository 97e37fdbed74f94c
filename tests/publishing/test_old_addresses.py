"""Where the links of an earlier site and of earlier slugs lead."""

import pytest

from cms.databases import PUBLIC
from cms.uuids import uuid7
from publishing.models import PublicRedirect
from tests.publishing.factories import (
    ArticleFactory,
    CategoryFactory,
    CourseFactory,
    LessonFactory,
    RedirectFactory,
)

pytestmark = pytest.mark.django_db(databases=[PUBLIC])

Kind = PublicRedirect.Kind


def leads(client, path):
    response = client.get(path)
    return response.status_code, response.headers.get("Location")


def test_links_of_wordpress_lead_to_the_pages_of_today(client):
    ArticleFactory(slug="tide")
    for old in ("/2010/05/tide-and-time", "/?p=123", "/blog/?p=9", "/about/crew"):
        RedirectFactory(old_slug=old, new_slug="tide")
    RedirectFactory(kind=Kind.CATEGORY, old_slug="/category/a/b", new_slug="b")
    RedirectFactory(kind=Kind.CATEGORY, old_slug="/?cat=4", new_slug="b")
    RedirectFactory(kind=Kind.TAG, old_slug="/tag/λιμάνι", new_slug="harbour")
    RedirectFactory(kind=Kind.PROFILE, old_slug="/author/ada", new_slug="ada-co")
    for old, new in {
        "/2010/05/tide-and-time/": "/articles/tide/",
        "/2010/05/tide-and-time": "/articles/tide/",
        "/2010/05/tide-and-time/?utm_source=x": "/articles/tide/?utm_source=x",
        "/2010/05/tide-and-time/comment-page-2/": "/articles/tide/",
        "/2010/05/tide-and-time/feed/": "/articles/tide/",
        "/?p=123": "/articles/tide/",
        "/?page_id=123": "/articles/tide/",
        "/blog/?p=9": "/articles/tide/",
        "/about/crew/": "/articles/tide/",
        "/category/a/b/": "/categories/b/",
        "/category/a/b/page/3/": "/categories/b/",
        "/category/a/b/feed/": "/categories/b/feed.rss",
        "/category/a/b/feed/atom/": "/categories/b/feed.atom",
        "/?cat=4": "/categories/b/",
        "/?cat=4&feed=rss2": "/categories/b/feed.rss",
        "/tag/%CE%BB%CE%B9%CE%BC%CE%AC%CE%BD%CE%B9/": "/tags/harbour/",
        "/?tag=λιμάνι": "/tags/harbour/",
        "/author/ada/": "/authors/ada-co/",
        "/author/ada/feed/": "/authors/ada-co/feed.rss",
        # These every WordPress has, and nobody needs to know of.
        "/feed/": "/feed.rss",
        "/feed/atom/": "/feed.atom",
        "/?feed=atom": "/feed.atom",
        "/?s=high+tide": "/search/?q=high+tide",
        "/2010/05/": "/archive/2010-05/",
        "/2010/05/12/": "/archive/2010-05/",
        "/2010/": "/archive/2010/",
        "/page/4/": "/articles/",
    }.items():
        assert leads(client, old) == (301, new), old


def test_what_nobody_knows_is_not_found_and_the_front_page_stays(client):
    RedirectFactory(old_slug="/?p=1", new_slug="tide")

    for path in ("/2010/05/nothing/", "/category/none/", "/blog/?p=77", "/wp-admin/"):
        assert client.get(path).status_code == 404
    for path in ("/?p=77", "/?p=x", "/?p=²", "/?utm_source=x", "/?tag=%00", "/?tag="):
        assert client.get(path).status_code == 200


def test_old_links_of_what_was_taken_down_say_gone_and_help(client):
    ArticleFactory(slug="tide-two", title="Tide and time again")
    RedirectFactory(old_slug="/2010/05/tide-and-time", new_slug="")
    RedirectFactory(old_slug="tide-and-time", new_slug="")

    for path in ("/2010/05/tide-and-time/", "/articles/tide-and-time/"):
        response = client.get(path)

        assert response.status_code == 410
        assert b'href="/articles/tide-two/"' in response.content
        assert response["X-Robots-Tag"] == "noindex"


def test_an_imported_path_may_look_like_one_of_ours(client):
    RedirectFactory(old_slug="/articles/tide", new_slug="time")
    RedirectFactory(kind=Kind.PROFILE, old_slug="/courses/ada", new_slug="ada")

    assert leads(client, "/articles/tide/") == (301, "/articles/time/")
    assert leads(client, "/articles/tide") == (301, "/articles/time/")
    assert leads(client, "/courses/ada/") == (301, "/authors/ada/")


def test_an_address_without_its_slash_leads_on_in_one_step(client):
    ArticleFactory(slug="new")
    RedirectFactory(old_slug="old", new_slug="new")
    RedirectFactory(old_slug="gone", new_slug="")

    assert leads(client, "/articles/new") == (301, "/articles/new/")
    assert leads(client, "/articles/old") == (301, "/articles/new/")
    assert client.get("/articles/gone").status_code == 410


def test_two_courses_that_swapped_addresses_do_not_send_readers_in_circles(client):
    one, two = uuid7(), uuid7()
    LessonFactory(course=CourseFactory(id=one, slug="knots"), slug="bowline")
    CourseFactory(id=two, slug="sails")
    RedirectFactory(kind=Kind.COURSE, old_slug="sails", new_slug="knots", item_id=one)
    RedirectFactory(kind=Kind.COURSE, old_slug="knots", new_slug="sails", item_id=two)

    for path in ("/courses/knots/none/", "/courses/sails/none/"):
        assert client.get(path).status_code == 404
        api = f"/api/v1/content{path.replace('/none', '/lessons/none')}"
        assert client.get(api).status_code == 404


def test_the_newest_of_several_old_holders_wins_and_a_live_one_before_a_gone_one(
    client,
):
    for place, new in enumerate(("first", "second", "")):
        RedirectFactory(
            old_slug="/?p=5", new_slug=new, synced_at=f"2026-03-1{place}T12:00Z"
        )
    CategoryFactory(slug="second")

    assert leads(client, "/?p=5") == (301, "/articles/second/")
