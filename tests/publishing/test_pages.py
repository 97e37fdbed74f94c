"""Reader pages, as an anonymous reader gets them. They know the public store only."""

import gzip
import json
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from publishing.models import PublicRedirect
from tests.publishing.factories import (
    NOON,
    ArticleFactory,
    CategoryFactory,
    CounterFactory,
    CourseFactory,
    GatedLessonFactory,
    LessonFactory,
    ProfileFactory,
    RedirectFactory,
    TagFactory,
)

pytestmark = pytest.mark.django_db(databases=[PUBLIC])


@pytest.fixture
def queries():
    """`with queries(2): …` fails unless exactly two were sent to the public store."""

    class Exactly(CaptureQueriesContext):
        def __init__(self, number):
            super().__init__(connections[PUBLIC])
            self.number = number

        def __exit__(self, *error):
            super().__exit__(*error)
            sent = [each["sql"][:200] for each in self.captured_queries]
            assert error[0] or len(sent) == self.number, sent

    return Exactly


def text_of(response):
    return response.content.decode()


def linked_data(response):
    pieces = text_of(response).split('<script type="application/ld+json">')[1:]
    return [json.loads(piece.split("</script>")[0]) for piece in pieces]


# --- An article ---


def test_an_article_page_shows_the_article(client):
    ArticleFactory(
        slug="first-light",
        title="First light",
        excerpt="What the harbour looks like at five.",
        content_version=7,
    )

    response = client.get("/articles/first-light/")

    assert response.status_code == 200
    assert '<h1 dir="auto">First light</h1>' in text_of(response)
    assert "<p>The harbour at five.</p>" in text_of(response)
    assert response["X-Masthead-Version"] == "7"
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_an_article_page_is_one_query(client, queries):
    sea = CategoryFactory()
    article = ArticleFactory(category=sea, tagged=[TagFactory()])
    CounterFactory(id=article.id, comment_count=1204, view_count=98765)

    with queries(1):
        response = client.get(article.get_absolute_url())

    assert "1,204 comments" in text_of(response)
    assert "98,765 views" in text_of(response)


def test_of_two_articles_with_one_slug_the_newest_publication_is_shown(client):
    ArticleFactory(slug="swap", title="Old", published_at=NOON)
    ArticleFactory(slug="swap", title="New", published_at=NOON + timedelta(hours=1))

    assert "New</h1>" in text_of(client.get("/articles/swap/"))


def test_a_standing_page_has_its_parents_as_breadcrumbs_and_no_discussion(client):
    ArticleFactory(
        slug="imprint",
        kind="page",
        parents=[{"title": "About us", "slug": "about"}],
    )

    text = text_of(client.get("/articles/imprint/"))

    assert '<a href="/articles/about/" dir="auto">About us</a>' in text
    assert "data-fragment" not in text


def test_a_slug_may_be_in_any_script(client):
    ArticleFactory(slug="привет-мир", title="Привет, мир")

    assert client.get("/articles/привет-мир/").status_code == 200


def test_a_page_knows_nothing_about_its_reader(client):
    article = ArticleFactory()

    response = client.get(article.get_absolute_url())

    assert not response.cookies
    assert response["Vary"] == "Accept-Encoding"
    assert "csrf" not in text_of(response)
    assert response["Cache-Control"].startswith("public, max-age=0, s-maxage=")
    assert response["Surrogate-Key"] == f"item-{article.id}"


def test_a_reader_who_has_the_page_hears_that_nothing_changed(client):
    article = ArticleFactory()
    etag = client.get(article.get_absolute_url())["ETag"]

    again = client.get(article.get_absolute_url(), headers={"if-none-match": etag})

    assert again.status_code == 304
    assert again["ETag"] == etag
    assert not again.content


def test_a_change_changes_the_validator(client):
    article = ArticleFactory(title="Before")
    etag = client.get(article.get_absolute_url())["ETag"]
    article.title = "After"
    article.save(using=PUBLIC)

    again = client.get(article.get_absolute_url(), headers={"if-none-match": etag})

    assert again.status_code == 200


def test_a_page_is_compressed_for_those_who_take_it(client):
    article = ArticleFactory()
    plain = client.get(article.get_absolute_url())

    squeezed = client.get(
        article.get_absolute_url(), headers={"accept-encoding": "gzip, br"}
    )

    assert squeezed["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.content) == plain.content
    assert squeezed["ETag"] == plain["ETag"]


def test_a_title_cannot_break_out_of_the_structured_data(client):
    hostile = "</script><script>alert(1)</script><!-- \u2028"
    article = ArticleFactory(
        title=hostile, structured_data={"@type": "Article", "headline": hostile}
    )

    response = client.get(article.get_absolute_url())

    assert "<script>alert(1)" not in text_of(response)
    assert linked_data(response)[0]["headline"] == hostile
    assert linked_data(response)[1]["itemListElement"][-1]["name"] == hostile


def test_every_page_states_its_address_and_what_it_is_for_others(client, settings):
    sea = CategoryFactory(name="Sea", slug="sea")
    ArticleFactory(
        slug="tide",
        category=sea,
        meta_title="The tide, explained",
        meta_description="Twice a day.",
        image={"url": "/media/tide.jpg", "alt": "Low water", "width": 9, "height": 6},
    )

    response = client.get("/articles/tide/?utm_source=mail")

    text = text_of(response)
    origin = settings.SITE_ORIGIN
    assert f'<link rel="canonical" href="{origin}/articles/tide/">' in text
    assert '<meta property="og:title" content="The tide, explained">' in text
    assert f'<meta property="og:image" content="{origin}/media/tide.jpg">' in text
    assert '<meta property="og:image:alt" content="Low water">' in text
    crumbs = linked_data(response)[-1]["itemListElement"]
    assert [crumb["name"] for crumb in crumbs][:2] == ["Home", "Sea"]


def test_an_item_may_keep_search_engines_out(client):
    article = ArticleFactory(no_index=True, no_follow=True)

    response = client.get(article.get_absolute_url())

    assert '<meta name="robots" content="noindex, nofollow">' in text_of(response)


def test_an_image_is_offered_in_every_size_and_format(client):
    variants = [
        {"url": f"/media/a-{w}.{e}", "width": w, "height": w // 2, "type": f"image/{e}"}
        for e in ("webp", "jpeg")
        for w in (800, 400)
    ]
    image = {"url": "/media/a.jpeg", "alt": 'A "boat"', "variants": variants}
    article = ArticleFactory(image={**image, "width": 1600, "height": 800})

    text = text_of(client.get(article.get_absolute_url()))

    assert 'srcset="/media/a-400.webp 400w, /media/a-800.webp 800w"' in text
    assert 'srcset="/media/a-400.jpeg 400w, /media/a-800.jpeg 800w"' in text
    assert 'alt="A &quot;boat&quot;"' in text


def test_the_policy_allows_no_inline_script_or_style_and_the_page_has_none(client):
    sea = CategoryFactory()
    article = ArticleFactory(category=sea)

    response = client.get(article.get_absolute_url())

    text = text_of(response)
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert " style=" not in text and "<style" not in text
    assert "<script>" not in text and " onclick=" not in text


def test_a_page_can_only_be_read(client):
    article = ArticleFactory()

    assert client.post(article.get_absolute_url()).status_code == 405
    assert client.head(article.get_absolute_url()).status_code == 200


# --- What is not found ---


def test_what_has_never_been_here_is_404_with_suggestions(client, queries):
    ArticleFactory(slug="climate-policy", title="A climate policy for the harbour")

    with queries(3):
        response = client.get("/articles/climate-polcy/")

    assert response.status_code == 404
    assert "A climate policy for the harbour" in text_of(response)
    assert "X-Masthead-Version" not in response


def test_an_old_address_leads_to_the_new_one(client):
    ArticleFactory(slug="new")
    RedirectFactory(old_slug="old", new_slug="new")

    response = client.get("/articles/old/?utm_source=mail")

    assert response.status_code == 301
    assert response["Location"] == "/articles/new/?utm_source=mail"


def test_what_was_taken_down_is_410(client):
    RedirectFactory(old_slug="gone", new_slug="")

    response = client.get("/articles/gone/")

    assert response.status_code == 410
    assert "taken down" in text_of(response)


def test_an_address_that_is_used_again_is_not_redirected(client, queries):
    ArticleFactory(slug="here", title="Here again")
    RedirectFactory(old_slug="here", new_slug="elsewhere")

    with queries(1):
        assert client.get("/articles/here/").status_code == 200


def test_a_redirect_to_itself_ends_in_404(client):
    RedirectFactory(old_slug="loop", new_slug="loop")

    assert client.get("/articles/loop/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (PublicRedirect.Kind.COURSE, "/courses/old/", "/courses/new/"),
        (PublicRedirect.Kind.COURSE, "/courses/old/one/", "/courses/new/one/"),
        (PublicRedirect.Kind.CATEGORY, "/categories/old/", "/categories/new/"),
        (PublicRedirect.Kind.TAG, "/tags/old/", "/tags/new/"),
        (PublicRedirect.Kind.PROFILE, "/authors/old/", "/authors/new/"),
        (PublicRedirect.Kind.TAG, "/tags/old/feed.rss", "/tags/new/feed.rss"),
    ],
)
def test_old_addresses_of_every_kind_lead_on(client, kind, old, new):
    RedirectFactory(kind=kind, old_slug="old", new_slug="new")

    response = client.get(old)

    assert (response.status_code, response["Location"]) == (301, new)


def test_an_unknown_address_is_404_on_our_own_page(client):
    response = client.get("/wp-login.php")

    assert response.status_code == 404
    assert "This page is not here" in text_of(response)


def test_a_forgotten_slash_is_added(client):
    assert client.get("/courses")["Location"] == "/courses/"


@pytest.mark.parametrize("path", ["/articles/a%00b/", "/search/?q=%00", "/tags/%ff/"])
def test_bytes_that_postgresql_cannot_hold_break_nothing(client, path):
    assert client.get(path).status_code in (200, 404)


# --- Lists ---


def test_a_new_site_says_that_nothing_is_there_yet(client):
    assert "first story is still being written" in text_of(client.get("/"))
    for path in ("/articles/", "/courses/", "/categories/", "/archive/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "yet" in text_of(response)


def test_the_front_page_leads_with_the_newest_featured_story(client, queries):
    CategoryFactory()
    ArticleFactory(title="Featured", is_featured=True)
    ArticleFactory.create_batch(9)
    CourseFactory(title="Knots")

    with queries(2):
        response = client.get("/")

    lead = text_of(response).split("card--lead")[1].split("</article>")[0]
    assert "Featured" in lead
    assert "Knots" in text_of(response)


def test_a_category_shows_what_is_in_its_subtree(client, queries):
    news = CategoryFactory(name="News", slug="news")
    science = CategoryFactory(name="Science", slug="science", parent=news)
    CategoryFactory(name="Sport", slug="sport")
    ArticleFactory(title="In science", category=science)
    ArticleFactory(title="Elsewhere")

    with queries(2):
        text = text_of(client.get("/categories/news/"))

    assert "In science" in text and "Elsewhere" not in text
    assert '<a href="/categories/science/" dir="auto">Science</a>' in text
    assert "/categories/news/feed.rss" in text


def test_a_category_has_those_above_it_as_breadcrumbs(client):
    news = CategoryFactory(name="News", slug="news")
    CategoryFactory(name="Science", slug="science", parent=news)

    crumbs = linked_data(client.get("/categories/science/"))[-1]["itemListElement"]

    assert [crumb["name"] for crumb in crumbs] == ["Home", "News", "Science"]


def test_a_tag_and_an_author_list_their_stories_in_two_queries(client, queries):
    tag, author = TagFactory(slug="sea"), ProfileFactory(slug="ines")
    ArticleFactory.create_batch(30, tagged=[tag], author=author)
    ArticleFactory(title="By nobody here")

    for path in ("/tags/sea/", "/authors/ines/"):
        with queries(2):
            text = text_of(client.get(path))
        assert text.count('class="card ') == 13
        assert "By nobody here" not in text


@pytest.mark.parametrize("existing", [15, 60])
def test_a_list_costs_one_query_however_long_it_is(client, queries, existing):
    CategoryFactory()
    ArticleFactory.create_batch(existing)

    with queries(1):
        client.get("/articles/")


def test_the_whole_list_can_be_walked_both_ways_even_within_one_moment(client):
    ArticleFactory.create_batch(20, first_published_at=NOON)
    ArticleFactory.create_batch(9)

    def walk(path, direction):
        seen = []
        while path:
            response = client.get(f"/articles/{path}")
            seen.append([story["title"] for story in response.context["part"].items])
            path = getattr(response.context["part"], direction)
        return seen, response.wsgi_request.get_full_path()

    forward, last = walk("?", "older")
    backward, _ = walk(last.removeprefix("/articles/"), "newer")

    assert [len(page) for page in forward] == [13, 13, 3]
    assert len({title for page in forward for title in page}) == 29
    # Walking back, pages fill from the old end: all is seen, nothing twice.
    assert len([title for page in backward for title in page]) == 29


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "f" * 500, "_" * 32])
def test_a_mangled_cursor_gives_the_first_page(client, cursor):
    ArticleFactory(title="Newest")

    response = client.get("/articles/", {"after": cursor})

    assert response.status_code == 200


def test_the_archive_lists_the_months_that_have_stories(client, queries):
    ArticleFactory(first_published_at=NOON)
    ArticleFactory(first_published_at=NOON - timedelta(days=400), title="A year ago")

    with queries(1):
        text = text_of(client.get("/archive/"))
    month = text_of(client.get("/archive/2025-02/"))

    assert "/archive/2026-03/" in text and "/archive/2025-02/" in text
    assert "/archive/2026-02/" not in text
    assert "February 2025" in month and "A year ago" in month


@pytest.mark.parametrize("month", ["2025-13", "2025-00", "0000-01", "x"])
def test_a_month_that_does_not_exist_is_404(client, month):
    assert client.get(f"/archive/{month}/").status_code == 404


def test_sections_are_shown_as_a_tree(client, queries):
    news = CategoryFactory(name="News", slug="news")
    CategoryFactory(name="Science", slug="science", parent=news)

    with queries(1):
        text = text_of(client.get("/categories/"))

    assert "Science" in text


# --- Courses ---


def test_a_course_shows_its_curriculum_in_one_query(client, queries):
    lesson = {"id": "1", "title": "Bowline", "slug": "bowline", "is_preview": True}
    CourseFactory(
        slug="knots",
        is_free=False,
        price_cents=4900,
        curriculum=[{"id": "1", "title": "Start", "lessons": [lesson]}],
        content_version=3,
    )

    with queries(1):
        response = client.get("/courses/knots/")

    assert "/courses/knots/bowline/" in text_of(response)
    assert "Free preview" in text_of(response)
    assert "49.00 USD" in text_of(response)
    assert response["X-Masthead-Version"] == "3"


def test_a_free_lesson_can_be_read(client, queries):
    course = CourseFactory(slug="knots")
    LessonFactory(course=course, slug="bowline", content_html="<p>Make a loop.</p>")

    with queries(1):
        response = client.get("/courses/knots/bowline/")

    assert "Make a loop." in text_of(response)
    assert response["X-Masthead-Version"] == "1"


def test_a_gated_lesson_says_so_and_never_shows_its_body(client, queries):
    course = CourseFactory(slug="knots", is_free=False)
    lesson = LessonFactory(course=course, slug="splice", is_gated=True)
    GatedLessonFactory(id=lesson.id, course_id=course.id, content_html="<p>Secret</p>")

    with queries(1) as sent:
        response = client.get("/courses/knots/splice/")

    assert response.status_code == 200
    assert "This lesson is for enrolled members" in text_of(response)
    assert "Secret" not in text_of(response)
    assert "gated_lessons" not in sent.captured_queries[0]["sql"]


def test_a_lesson_leads_to_its_neighbours(client):
    course = CourseFactory(slug="knots")
    lessons = [LessonFactory(course=course, slug=slug) for slug in ("a", "b", "c")]
    course.curriculum = [
        {
            "id": "1",
            "title": "All",
            "lessons": [
                {"id": str(each.id), "title": each.title, "slug": each.slug}
                for each in lessons
            ],
        }
    ]
    course.save(using=PUBLIC)

    text = text_of(client.get("/courses/knots/b/"))

    assert 'rel="prev" href="/courses/knots/a/"' in text
    assert 'rel="next" href="/courses/knots/c/"' in text


def test_a_lesson_that_is_not_there_is_404(client):
    CourseFactory(slug="knots")

    assert client.get("/courses/knots/none/").status_code == 404


# --- For machines ---


def test_robots_find_the_sitemap(client, settings):
    text = text_of(client.get("/robots.txt"))

    assert f"Sitemap: {settings.SITE_ORIGIN}/sitemap.xml" in text
