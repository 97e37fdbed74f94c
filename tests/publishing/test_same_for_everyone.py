"""Every address of reader pages: no cookie, and the same bytes whoever asks."""

import pytest

from publishing.api.urls import urlpatterns as content
from publishing.urls import urlpatterns as pages
from tests.publishing.factories import (
    NOON,
    ArticleFactory,
    CategoryFactory,
    CourseFactory,
    LessonFactory,
    ProfileFactory,
    RedirectFactory,
    TagFactory,
)

pytestmark = pytest.mark.django_db(databases="__all__")

PARTS = {
    "<name:slug>": "thing",
    "<name:course_slug>": "thing",
    "<name:lesson>": "lesson",
    "<feed:form>": "rss",
    "<month:month>": f"{NOON:%Y-%m}",
    "<year:year>": f"{NOON:%Y}",
    "<day:day>": f"{NOON:%Y-%m-%d}",
    "<str:section>": "articles",
}


@pytest.fixture
def addresses():
    story = ArticleFactory(slug="thing")
    course = CourseFactory(slug="thing")
    LessonFactory(course=course, slug="lesson")
    for factory in (CategoryFactory, TagFactory, ProfileFactory):
        factory(slug="thing")
    RedirectFactory(old_slug="moved", new_slug="thing")
    RedirectFactory(old_slug="gone", new_slug="")
    found = ["/articles/moved/", "/articles/gone/", "/articles/never/", "/nothing-here"]
    parts = PARTS | {"<uuid:start>": str(story.pk)}
    for prefix, patterns in (("/", pages), ("/api/v1/content/", content)):
        for each in patterns:
            path = str(each.pattern).replace("<name:slug>/feed", "thing/feed")
            for name, value in parts.items():
                path = path.replace(name, value)
            assert "<" not in path, f"{path}: say in PARTS what it stands for"
            found.append(prefix + path)
    return [
        f"{path}?q=thing" if "search" in path or "suggest" in path else path
        for path in found
    ]


def test_no_page_has_a_cookie_and_all_are_the_same_for_everyone(
    addresses, client, rosa, ines
):
    client.get("/")  # the process keeps the masthead of whatever it showed last
    seen = {}
    for person in (None, rosa, ines):
        client.logout() if person is None else client.force_login(person)
        if person is not None:
            client.cookies["csrftoken"] = "x" * 32
        for path in addresses:
            client.cookies.pop("messages", None)
            before = dict(client.cookies)
            response = client.get(path, headers={"accept-encoding": "gzip"})
            assert not response.headers.get("Set-Cookie"), path
            assert dict(client.cookies) == before, path
            assert "cookie" not in response.headers.get("Vary", "").lower(), path
            rules = response.headers.get("Cache-Control", "")
            assert "private" not in rules, path
            assert response.status_code < 500, path
            said = (response.status_code, response.content, response.headers)
            first = seen.setdefault(path, said)
            assert said[:2] == first[:2], path
            assert said[2].get("ETag") == first[2].get("ETag"), path
            # What is for everyone says so: shared caches may keep it.
            if response.status_code in (200, 301, 410) and "/changes/" not in path:
                assert "public" in rules, path
    assert {status for status, *_ in seen.values()} >= {200, 301, 404, 410}
