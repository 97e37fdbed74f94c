"""The origin page cache: the same answer for everyone, and none that is out of date."""

import gzip
import re
import threading
import time
from wsgiref.util import setup_testing_defaults

import pytest
import redis
from django.conf import settings as site
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections, transaction

from cms.databases import PUBLIC
from editorial import actions
from publishing.page_cache import build, layer
from publishing.purging import log
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


class Reader:
    """Asks the layer as a web server does."""

    def __init__(self, cache):
        self.cache = cache

    def get(self, path, *, method="GET", **headers):
        path, _, query = path.partition("?")
        environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        setup_testing_defaults(environ)
        environ["HTTP_HOST"] = headers.get("host", "testserver")
        said = Answer()
        chunks = self.cache(environ, said.start)
        said.body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        return said


class Answer:
    def start(self, status, headers, exc_info=None):
        self.status, self.pairs = int(status[:3]), headers
        self.headers = {name.lower(): value for name, value in headers}

    @property
    def came_from(self):
        return self.headers.get("cache-status", "").removeprefix("masthead; ")


class Counting:
    """Django, and how often it was asked."""

    def __init__(self):
        self.app, self.asked = WSGIHandler(), []
        self.slowly = 0

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        time.sleep(self.slowly)
        return self.app(environ, start_response)


@pytest.fixture
def django_app():
    return Counting()


@pytest.fixture
def cache(django_app, settings):
    settings.CMS_SERVICE, settings.PAGE_CACHE = "all", True
    redis.Redis.from_url(settings.PAGE_CACHE_REDIS_URL).flushdb()
    made = build.in_front_of(django_app)
    yield made
    if made.news:
        made.news.stop()
        both = threading.Barrier(2)
        for _ in range(2):
            made._pool.submit(lambda: (both.wait(), connections.close_all()))
        made._pool.shutdown()


@pytest.fixture
def reader(cache):
    return Reader(cache)


@pytest.fixture
def story(published, deliver_all):
    deliver_all()
    return f"/articles/{published.slug}/"


def together(*calls):
    """All at once, each in a thread that leaves no connection behind."""

    def run(call):
        try:
            call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def has_heard(cache):
    """Wait until this process knows what was committed."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT position FROM page_clock")
        position = cursor.fetchone()[0]
    until = time.monotonic() + 5
    while cache.news.position < position and time.monotonic() < until:
        time.sleep(0.005)
    assert cache.news.position >= position


# --- It works -------------------------------------------------------------------------


def test_a_page_is_made_once_and_is_the_same_for_everyone(
    reader, story, django_app, client, ines
):
    first = reader.get(story)
    client.force_login(ines)
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    again = reader.get(story, cookie=cookies, authorization="Bearer secret")

    assert (first.status, first.came_from) == (200, "fwd=miss")
    assert again.came_from == "hit"
    assert again.body == first.body
    assert "set-cookie" not in again.headers
    assert again.headers["vary"] == "Accept-Encoding"
    assert "surrogate-key" not in again.headers
    assert "s-maxage=1," in again.headers["cache-control"]
    assert django_app.asked == [story]


def test_addresses_of_any_script_are_kept(reader, story):
    # As servers hand them on: the bytes of UTF-8, each as a character.
    for path in ("/articles/λιμάνι/", f"{story}επίπεδο"):
        assert reader.get(path.encode().decode("latin-1")).status == 404


def test_it_is_asked_for_compressed_plain_or_only_whether_it_changed(reader, story):
    whole = reader.get(story)
    squeezed = reader.get(story, accept_encoding="br, gzip")
    head = reader.get(story, method="HEAD")
    same = reader.get(story, if_none_match=f'"other", {whole.headers["etag"]}')
    refused = reader.get(story, accept_encoding="gzip;q=0")

    assert gzip.decompress(squeezed.body) == whole.body == refused.body
    assert squeezed.headers["content-encoding"] == "gzip"
    assert squeezed.headers["content-length"] == str(len(squeezed.body))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert (same.status, same.body) == (304, b"")
    assert same.headers["etag"] == whole.headers["etag"]
    assert "content-length" not in same.headers


def test_what_advertisers_add_is_the_same_page_and_the_unknown_is_not_kept(
    reader, story, django_app
):
    reader.get(story)

    assert reader.get(f"{story}?utm_source=x&fbclid=y").came_from == "hit"
    assert reader.get(f"{story}?surprise=1").came_from == ""
    assert reader.get(f"{story}?surprise=1").came_from == ""
    assert reader.get("/search/?q=a&q=b").came_from == ""
    assert len(django_app.asked) == 4


def test_an_old_address_leads_on_from_memory(
    reader, published, story, wim, ines, deliver_all, django_app
):
    edited = factories.edit(published, by=wim, slug="a-new-address")
    factories.publish(edited, editor=ines)
    deliver_all()

    assert reader.get(story).headers["location"] == "/articles/a-new-address/"
    assert reader.get(story).came_from == "hit"
    tagged = reader.get(f"{story}?utm_source=x")
    assert tagged.headers["location"] == "/articles/a-new-address/?utm_source=x"


# --- What is never kept ---------------------------------------------------------------


def test_pages_of_people_pass_untouched(reader, cache, django_app):
    for path in ("/admin/", "/accounts/login/", "/healthz", "/api/v1/me/"):
        assert reader.get(path).came_from == ""
        reader.get(path)
    assert len(django_app.asked) == 8
    assert len(cache.shelf) == 0


@pytest.mark.parametrize(
    "headers",
    [
        [("Set-Cookie", "a=b")],
        [("Vary", "Accept-Encoding, Cookie")],
        [("Cache-Control", "private, s-maxage=60")],
        [("Surrogate-Key", "item-1 of-nobody")],
        [("Surrogate-Key", "")],
        [("Content-Encoding", "gzip")],
    ],
)
def test_an_answer_that_is_not_for_everyone_is_not_kept(
    settings, headers, transactional_db
):
    def app(environ, start_response):
        usual = {
            "Cache-Control": "public, max-age=0, s-maxage=60",
            "Surrogate-Key": "home",
        }
        start_response("200 OK", list((usual | dict(headers)).items()))
        return [b"hello"]

    settings.CMS_SERVICE, settings.PAGE_CACHE = "all", True
    cache = build.in_front_of(app)
    try:
        for _ in range(2):
            assert Reader(cache).get("/").came_from == ""
    finally:
        cache.news.stop()


def test_addresses_that_do_not_exist_push_no_page_off_the_shelf(
    reader, cache, story, deliver_all
):
    cache.aside.most_bytes = 400_000
    reader.get(story)
    for number in range(40):
        assert reader.get(f"/articles/nothing-{number}/").status == 404

    assert reader.get(story).came_from == "hit"
    assert cache.aside.bytes <= 400_000
    assert 0 < len(cache.aside) < 40


# --- Out of date ----------------------------------------------------------------------


def test_what_is_taken_down_is_gone_from_every_surface(
    reader, cache, published, story, ines, deliver_all
):
    surfaces = [
        story,
        f"/api/v1/content{story}",
        "/",
        "/articles/",
        "/feed.rss",
        f"/categories/{published.category.slug}/",
        f"/authors/{published.author.slug}/",
        "/api/v1/content/articles/",
        f"/search/?q={published.title.split()[0]}",
        sitemap_of_articles(reader),
    ]
    before = [reader.get(path) for path in surfaces]
    assert [reader.get(path).came_from for path in surfaces] == ["hit"] * len(surfaces)
    actions.unpublish(published, by=ines)
    deliver_all()
    has_heard(cache)

    after = [reader.get(path) for path in surfaces]

    assert after[0].status == 410
    assert after[1].status == 410
    slug = published.slug.encode()
    for path, was, now in zip(surfaces[2:], before[2:], after[2:], strict=True):
        assert slug in was.body, path
        assert slug not in now.body, path
        assert now.came_from == "fwd=miss", path


def sitemap_of_articles(reader):
    index = reader.get("/sitemap.xml").body.decode()
    parts = re.findall(r"<loc>[^<]*(/sitemaps/articles/[^<]*)</loc>", index)
    assert len(parts) == 1, index
    return parts[0]


def test_a_404_becomes_a_page(reader, cache, approved, ines, deliver_all):
    path = f"/articles/{approved.slug}/"
    assert reader.get(path).status == 404
    actions.publish(approved, by=ines)
    deliver_all()
    has_heard(cache)

    assert reader.get(path).status == 200


def test_both_sections_forget_an_article_that_moves(
    reader, cache, published, wim, ines, deliver_all
):
    deliver_all()
    old, new = published.category, factories.CategoryFactory()
    other = factories.publish(
        factories.article(by=wim, category=factories.CategoryFactory()), editor=ines
    )
    deliver_all()
    lists = [f"/categories/{one.slug}/" for one in (old, new, other.category)]
    for path in lists:
        reader.get(path)
    factories.publish(factories.edit(published, by=wim, category=new), editor=ines)
    deliver_all()
    has_heard(cache)

    after = [reader.get(path) for path in lists[:2]]

    assert published.slug.encode() not in after[0].body
    assert published.slug.encode() in after[1].body


def test_a_page_that_was_read_before_a_delivery_does_not_outlive_it(
    reader, cache, published, story, ines, deliver_all, django_app
):
    """Made from the old rows, brought to the shelf after the purge."""
    reader.get("/")  # the news run
    django_app.slowly = 0.6
    django = django_app.app

    def read_then_dawdle(environ, start_response):
        answer = django(environ, start_response)
        time.sleep(0.6)
        return answer

    django_app.app, django_app.slowly = read_then_dawdle, 0
    (slow,) = together(lambda: reader.get(story))
    time.sleep(0.3)
    actions.unpublish(published, by=ines)
    deliver_all()
    slow.join()
    has_heard(cache)
    django_app.app = django

    assert reader.get(story).status == 410
    assert Reader(cache).get(story).status == 410


def test_everything_is_made_anew_after_a_rebuild_or_a_restore(reader, cache, story):
    for forget in (log.note_everything, log.begin_an_era):
        reader.get(story)
        assert reader.get(story).came_from == "hit"
        with transaction.atomic(using=PUBLIC):
            forget()
        has_heard(cache)
        time.sleep(0.05)
        assert reader.get(story).came_from == "fwd=miss"


# --- Together, and without Redis ------------------------------------------------------


def test_many_at_once_wait_for_one(reader, story, django_app):
    reader.get("/")
    django_app.asked.clear()
    django_app.slowly = 0.3
    said = []
    for one in together(*[lambda: said.append(reader.get(story))] * 12):
        one.join()

    assert django_app.asked == [story]
    assert {answer.status for answer in said} == {200}


def test_another_process_takes_the_page_from_redis(
    reader, story, django_app, published, ines, deliver_all
):
    reader.get(story)
    other = build.in_front_of(django_app)
    try:
        assert Reader(other).get(story).came_from == "hit; detail=shared"
        other.shelf.forget(next(iter(other.shelf._pages)))
        # Redis keeps the page; the log says that it is out of date.
        actions.unpublish(published, by=ines)
        deliver_all()
        has_heard(other)
        assert Reader(other).get(story).status == 410
    finally:
        other.news.stop()


def test_a_page_that_is_due_is_served_at_once_and_made_anew_behind(
    reader, cache, story, django_app
):
    reader.get(story)
    page = next(iter(cache.shelf._pages.values()))
    page.made -= 3600
    cache.shared._is_away, cache.shared.url = True, ""
    django_app.slowly = 0.2

    assert reader.get(story).came_from == "hit; detail=stale"
    until = time.monotonic() + 5
    while reader.get(story).came_from != "hit" and time.monotonic() < until:
        time.sleep(0.02)
    assert reader.get(story).came_from == "hit"
    assert django_app.asked == [story, story]


def test_a_redis_that_is_away_costs_nothing(settings, django_app, story):
    settings.CMS_SERVICE, settings.PAGE_CACHE = "all", True
    settings.PAGE_CACHE_REDIS_URL = "redis://127.0.0.1:1/0"
    cache = build.in_front_of(django_app)
    try:
        assert Reader(cache).get(story).status == 200
        assert not cache.shared.is_there
        assert Reader(cache).get(story).came_from == "hit"
    finally:
        cache.news.stop()


def test_django_fails_and_readers_have_what_was_good(reader, cache, story, django_app):
    reader.get(story)
    next(iter(cache.shelf._pages.values())).made -= 3600

    def broken(environ, start_response):
        start_response("500 Internal Server Error", [])
        return [b""]

    django_app.app = broken
    for _ in range(3):
        assert reader.get(story).status == 200
        time.sleep(0.05)


def test_readers_have_what_was_good_while_the_database_is_silent(
    reader, cache, story, django_app
):
    reader.get(story)
    cache.news.stop()
    time.sleep(1.3)

    began = time.monotonic()
    assert reader.get(story).status == 200
    assert time.monotonic() - began < 0.5
    began = time.monotonic()
    assert reader.get(story).came_from == "hit"
    assert time.monotonic() - began < 0.05
    cache.news._over.clear()
    cache.news.start()


def test_queries_are_put_in_order():
    assert layer._tidy("q=b&page=2") == layer._tidy("page=2&utm_id=1&q=b")
    assert layer._tidy("gclid=1") == ""
    assert layer._tidy("__proto__=1") is None
    assert site.PAGE_CACHE_REDIS_URL
