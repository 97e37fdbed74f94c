"""The content API, as anybody gets it. It knows the public store only."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from publishing.api import shapes, sql
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
ROOT = "/api/v1/content"
IMAGE = {
    "url": "/media/sea.jpg",
    "alt": "The sea",
    "width": 800,
    "height": 600,
    "caption": 'He said "url": "/etc"',
    "credit": "",
    "variants": [
        {"url": "/media/sea.400.webp", "width": 400, "height": 300, "type": "webp"}
    ],
}


@pytest.fixture
def get(client):
    """The JSON of an address under the content API, in one query."""

    def fetch(path, status=200, queries=1, **query):
        with CaptureQueriesContext(connections[PUBLIC]) as sent:
            response = client.get(f"{ROOT}{path}", query)
        assert response.status_code == status, response.content
        assert len(sent) == queries, [each["sql"] for each in sent.captured_queries]
        return response.json()

    return fetch


def slugs(page):
    return [each["slug"] for each in page["results"]]


# --- One of each ---


def test_an_article_comes_whole(get, settings):
    section = CategoryFactory(slug="sea", name="Sea")
    tag = TagFactory(slug="tides", name="Tides")
    author = ProfileFactory(slug="wim", display_name="Wim")
    item = ArticleFactory(
        slug="first-light",
        title='Light "first"',
        category=section,
        author=author,
        tagged=[tag],
        image=IMAGE,
        content_version=3,
        structured_data={"@type": "NewsArticle", "url": "site:/articles/x/"},
    )
    CounterFactory(id=item.id, view_count=7, comment_count=2)

    found = get("/articles/first-light/")

    assert found["id"] == str(item.id)
    assert found["title"] == 'Light "first"'
    assert found["url"] == f"{settings.SITE_ORIGIN}/articles/first-light/"
    assert found["version"] == 3
    assert found["html"] == "<p>The harbour at five.</p>"
    assert found["author"]["slug"] == "wim"
    assert found["category"] == {"id": str(section.id), "slug": "sea", "name": "Sea"}
    assert found["tags"] == [{"id": str(tag.id), "name": "Tides", "slug": "tides"}]
    assert found["counters"]["views"] == 7
    assert found["counters"]["comments"] == 2
    assert found["image"]["url"] == f"{settings.SITE_ORIGIN}/media/sea.jpg"
    variant = found["image"]["variants"][0]
    assert variant["url"] == f"{settings.SITE_ORIGIN}/media/sea.400.webp"
    assert found["image"]["caption"] == IMAGE["caption"]
    assert found["structured_data"]["url"].startswith(f"{settings.SITE_ORIGIN}/")


def test_a_list_has_cards_and_no_bodies(get):
    ArticleFactory(slug="one")

    (card,) = get("/articles/")["results"]

    assert card["slug"] == "one"
    assert set(card) == set(sql.ARTICLE_CARD)
    assert card["category"] is None and card["image"] is None


def test_pages_lead_to_each_other_without_a_gap(get, client):
    same_moment = [ArticleFactory(first_published_at=NOON) for _ in range(7)]
    seen, page = [], get("/articles/", limit=3)
    while True:
        seen += slugs(page)
        if page["next"] is None:
            break
        page = client.get(page["next"]).json()

    assert len(seen) == 7 == len(set(seen))
    back = client.get(page["previous"]).json()
    assert slugs(back) == seen[3:6]
    assert slugs(client.get(back["previous"]).json()) == seen[:3]
    assert client.get(back["previous"]).json()["previous"] is None
    assert {each.slug for each in same_moment} == set(seen)


def test_a_cursor_keeps_what_was_filtered_and_chosen(get, client):
    tag = TagFactory(slug="sea")
    for _ in range(3):
        ArticleFactory(tagged=[tag])
        ArticleFactory()

    page = get("/articles/", tag="sea", fields="slug", limit=2)
    after = client.get(page["next"]).json()

    assert len(slugs(page)) == 2 and len(slugs(after)) == 1
    assert after["results"][0].keys() == {"slug"}


def test_articles_are_filtered(get):
    above = CategoryFactory(slug="science")
    below = CategoryFactory(slug="space", parent=above)
    author = ProfileFactory(slug="wim")
    ArticleFactory(slug="a", category=below, author=author)
    ArticleFactory(slug="b", is_featured=True, first_published_at=NOON)
    ArticleFactory(slug="about", kind="page")

    assert slugs(get("/articles/", category="science")) == ["a"]
    assert slugs(get("/articles/", author="wim")) == ["a"]
    assert slugs(get("/articles/", featured="true")) == ["b"]
    assert slugs(get("/articles/", featured="false")) == ["a"]
    assert slugs(get("/articles/", kind="page")) == ["about"]
    assert slugs(get("/articles/", category="nowhere")) == []
    later = (NOON + timedelta(seconds=1)).isoformat()
    assert slugs(get("/articles/", published_after=later)) == ["a"]
    assert slugs(get("/articles/", published_before=later)) == ["b"]
    assert slugs(get("/articles/", ordering="first_published_at")) == ["b", "a"]


def test_only_the_fields_asked_for_are_sent(get):
    ArticleFactory(slug="one")

    assert get("/articles/one/", fields="title,slug").keys() == {"slug", "title"}


def test_a_course_and_its_lessons(get):
    course = CourseFactory(slug="sailing", image=IMAGE)
    LessonFactory(course=course, slug="knots", content_html="<p>Knots</p>")

    assert get("/courses/sailing/")["slug"] == "sailing"
    assert slugs(get("/courses/")) == ["sailing"]
    assert slugs(get("/courses/sailing/lessons/")) == ["knots"]
    lesson = get("/courses/sailing/lessons/knots/")
    assert lesson["html"] == "<p>Knots</p>"
    assert lesson["course"]["slug"] == "sailing"


def test_categories_are_a_tree(get):
    above = CategoryFactory(slug="science", display_order=1)
    CategoryFactory(slug="space", parent=above)
    CategoryFactory(slug="art", display_order=0)

    tree = get("/categories/")["results"]

    assert [each["slug"] for each in tree] == ["art", "science"]
    assert [each["slug"] for each in tree[1]["children"]] == ["space"]
    assert get("/categories/space/")["breadcrumbs"][0]["slug"] == "science"


def test_tags_and_authors_are_listed_by_slug(get, client):
    for name in "cab":
        TagFactory(slug=name)
        ProfileFactory(slug=name)

    page = get("/tags/", limit=2)

    assert slugs(page) == ["a", "b"]
    assert slugs(client.get(page["next"]).json()) == ["c"]
    assert slugs(get("/authors/")) == ["a", "b", "c"]
    assert get("/tags/a/")["slug"] == get("/authors/a/")["slug"] == "a"


def test_search_finds_articles_and_courses_in_two_queries(get, client):
    for number in range(3):
        ArticleFactory(slug=f"harbour-{number}", title="The harbour")
    CourseFactory(slug="harbour-course", title="Harbour pilots")
    ArticleFactory(slug="else", title="Else", search_text="Else")

    page = get("/search/", q="harbour", limit=3, queries=2)
    rest = client.get(page["next"]).json()

    found = slugs(page) + slugs(rest)
    assert sorted(found) == [
        "harbour-0", "harbour-1", "harbour-2", "harbour-course"
    ]  # fmt: skip
    assert slugs(client.get(rest["previous"]).json()) == slugs(page)
    courses = get("/search/", q="harbour", kind="course", queries=2)
    assert slugs(courses) == ["harbour-course"]
    assert page["total"] == 4 and page["outcome"] == "found"
    assert page["facets"]["kind"] == [
        {"value": "article", "name": "article", "count": 3},
        {"value": "course", "name": "course", "count": 1},
    ]


def test_search_finds_what_the_page_finds(get, client):
    ArticleFactory(slug="keeper", title="The lighthouse keeper")
    ArticleFactory.create_batch(6, search_text="lighthouse")
    for asked in ({"q": "lighthouse"}, {"q": "lighthouse", "sort": "newest"}):
        page = client.get("/search/", asked).context["hits"]
        whole = get("/search/", queries=2, **asked)
        assert slugs(whole) == [hit["slug"] for hit in page], asked
        part = get("/search/", queries=2, limit=4, **asked)
        rest = client.get(part["next"]).json()
        assert slugs(part) + slugs(rest) == slugs(whole), asked
        assert slugs(client.get(rest["previous"]).json()) == slugs(part), asked
    typo = get("/search/", queries=4, q="lighthuose")
    assert typo["outcome"] == "corrected" and typo["searched_for"] == "lighthouse"
    assert typo["total"] == 7
    for wrong in ({"year": "19"}, {"sort": "up"}, {"kind": "x"}, {"q": "a" * 201}):
        answer = client.get(f"{ROOT}/search/", {"q": "lighthouse", **wrong})
        assert answer.status_code == 400, wrong


# --- Caching ---


def test_an_answer_is_for_anybody_and_for_caches(client):
    item = ArticleFactory(slug="one")

    response = client.get(f"{ROOT}/articles/one/")

    assert response["Cache-Control"].startswith("public")
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    assert response["Surrogate-Key"] == f"item-{item.id}"
    again = client.get(
        f"{ROOT}/articles/one/", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304 and not again.content


def test_a_new_version_or_count_has_a_new_tag(client):
    item = ArticleFactory(slug="one")
    tags = [client.get(f"{ROOT}/articles/one/")["ETag"]]
    item.content_version = 2
    item.save()
    tags.append(client.get(f"{ROOT}/articles/one/")["ETag"])
    CounterFactory(id=item.id, view_count=1)
    tags.append(client.get(f"{ROOT}/articles/one/")["ETag"])

    assert len(set(tags)) == 3


# --- What is not there ---


def test_an_old_slug_leads_to_the_new_one(client):
    item = ArticleFactory(slug="new")
    RedirectFactory(old_slug="old", new_slug="new", item_id=item.id)

    response = client.get(f"{ROOT}/articles/old/", {"fields": "slug"})

    assert response.status_code == 301
    assert response["Location"] == f"{ROOT}/articles/new/?fields=slug"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"].endswith(":moved")


def test_what_was_taken_down_is_gone(get):
    RedirectFactory(old_slug="scandal", new_slug="")
    RedirectFactory(old_slug="sailing", new_slug="", kind=PublicRedirect.Kind.COURSE)

    assert get("/articles/scandal/", status=410, queries=2)["status"] == 410
    assert get("/courses/sailing/lessons/", status=410, queries=2)["status"] == 410


def test_what_never_was_is_not_found(get):
    for path in (
        "/articles/x/", "/courses/x/", "/courses/x/lessons/", "/tags/x/",
        "/courses/x/lessons/y/", "/categories/x/", "/authors/x/",
    ):  # fmt: skip
        # Of a lesson, whether its course is there, too.
        queries = 3 if path.endswith("/lessons/y/") else 2
        found = get(path, status=404, queries=queries)
        assert found["type"].endswith(":not-found"), path


def test_a_gated_lesson_shows_no_body(get, client):
    course = CourseFactory(slug="sailing")
    lesson = LessonFactory(course=course, slug="secret", is_gated=True)
    GatedLessonFactory(id=lesson.id, course_id=course.id, content_html="<p>CANARY</p>")

    found = get("/courses/sailing/lessons/secret/")

    assert found["is_gated"] is True
    assert found["html"] is found["blocks"] is found["video_url"] is None
    for path in ("/courses/sailing/lessons/", "/courses/sailing/", "/search/?q=canary"):
        assert b"CANARY" not in client.get(f"{ROOT}{path}").content


# --- Bad input ---


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/articles/?author__password=x", "author__password"),
        ("/articles/?ordering=author__password", "ordering"),
        ("/articles/?ordering=-title", "ordering"),
        ("/articles/?fields=slug,search_vector", "search_vector"),
        ("/articles/one/?fields=,", "fields"),
        ("/articles/?limit=0", "limit"),
        ("/articles/?limit=101", "limit"),
        ("/articles/?limit=1e3", "limit"),
        ("/articles/?limit=٣", "limit"),
        ("/articles/?featured=yes", "featured"),
        ("/articles/?kind=draft", "kind"),
        ("/articles/?published_after=yesterday", "published_after"),
        ("/articles/?published_after=2026-02-31T00:00:00Z", "published_after"),
        ("/articles/?published_after=2026-02-01 00:00:00Z", "published_after"),
        ("/articles/?published_after=", "published_after"),
        ("/articles/?limit=", "limit"),
        ("/articles/?ordering=", "ordering"),
        ("/articles/?tag=a&tag=b", "tag"),
        ("/articles/?tag=%00", "tag"),
        ("/tags/?ordering=slug", "ordering"),
        ("/categories/?fields=slug", "fields"),
        ("/search/", "q"),
        ("/search/?q=%00%20", "q"),
        ("/search/?q=x&kind=person", "kind"),
    ],
)
def test_a_wrong_query_is_refused_by_name(client, path, word):
    response = client.get(ROOT + path)

    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert word in response.content.decode()


def test_a_cursor_that_was_changed_or_belongs_elsewhere_is_refused(get, client):
    for _ in range(3):
        ArticleFactory()
        CourseFactory()
    cursor = get("/articles/", limit=1)["next"].partition("cursor=")[2]

    flipped = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    other_order = f"{cursor}&ordering=first_published_at"
    for wrong in (flipped, "x", "%F0%9F%8C%8A", cursor[:-2], other_order):
        answer = client.get(f"{ROOT}/articles/?cursor={wrong}")
        assert answer.status_code == 404, wrong
        assert answer.json()["type"].endswith(":bad-cursor")
    assert client.get(f"{ROOT}/courses/?cursor={cursor}").status_code == 404


def test_nothing_is_written_here(client):
    ArticleFactory(slug="one")
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(client, method)(f"{ROOT}/articles/one/")
        assert response.status_code == 405, method
        assert response.json()["type"].endswith(":method")


def test_hostile_words_are_searched_like_others(client):
    for words in (
        "'; DROP TABLE x; --",
        "((((",
        '"' * 50,
        "a & | ! <-> :*",
        "%s %(x)s",
    ):
        answer = client.get(f"{ROOT}/search/", {"q": words})
        assert answer.status_code == 200 and answer.json()["results"] == [], words


# --- Its description ---


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        ("article", shapes.Article),
        ("article card", shapes.ArticleCard),
        ("course", shapes.Course),
        ("course card", shapes.CourseCard),
        ("lesson", shapes.Lesson),
        ("lesson card", shapes.LessonCard),
        ("category", shapes.Category),
        ("tag", shapes.Tag),
        ("author", shapes.Author),
    ],
)
def test_the_document_describes_what_is_sent(table, shape):
    assert set(shape().fields) == set(sql.FIELDS[table])


# --- How often ---


def test_who_asks_too_often_is_told_to_wait(client, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"content": (2, 60)}
    forged = [client.get(f"{ROOT}/tags/", headers={"X-Forwarded-For": f"10.0.0.{n}"})
              for n in range(4)]  # fmt: skip

    assert [each.status_code for each in forged] == [200, 200, 429, 429]
    assert 50 <= int(forged[-1]["Retry-After"]) <= 60
    assert forged[-1].json()["type"].endswith(":throttled")
