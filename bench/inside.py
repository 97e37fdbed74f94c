"""What the bench does inside Django, each task as the service that may do it.

    CMS_SERVICE=worker python -m bench.inside rebuild '{}'

The last line of the output is the answer as JSON.
"""

import hashlib
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.db import connections, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.articles import CATEGORIES, MARK, TAGS, article, headline, html  # noqa: E402
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC  # noqa: E402

BODIES = 500
"""So many different texts; beyond them only titles and addresses are new."""
TASKS = {}


def task(function):
    TASKS[function.__name__] = function
    return function


# --- Articles ---------------------------------------------------------------------


@task
def start_over():
    """No articles, no views, no counters: every run begins with the same."""
    for alias, tables in (
        (EDITORIAL, "articles, versions, live_slugs, live_uses, redirects"),
        (PUBLIC, "published_articles, publish_receipts, content_counters"),
        (
            ENGAGEMENT,
            "content_refs, content_views, content_view_stats, counter_totals, "
            "counter_deltas, counter_publish, activities",
        ),
    ):
        with connections[alias].cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("DELETE FROM sync_state WHERE kind = 'article'")
        cursor.execute("DELETE FROM outbox_events")
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("DELETE FROM sync_fences WHERE kind = 'article'")
    return {}


@task
def grow(to):
    """Bring the newsroom to this many live articles, by COPY; answers how many were
    there. The public store knows nothing of them until it is rebuilt."""
    from editorial.models import Article, LiveSlug, LiveUse, SyncState, Version

    author, categories, tags = _people_and_taxonomy()
    there = Article.objects.filter(slug__endswith="-bench").count()
    if there >= to:
        return {"there": there}
    bodies = {}
    now = timezone.now()
    for start in range(there, to, 1000):
        rows = defaultdict(list)
        links = []
        for number in range(start, min(start + 1000, to)):
            body = bodies.get(number % BODIES)
            if body is None:
                body = bodies[number % BODIES] = _body(number % BODIES)
            one = _live_article(number, body, author, categories, tags, now)
            for row in one:
                rows[type(row)].append(row)
            links += [(one[0].pk, tags[tag].pk) for tag in article_tags(number, body)]
        with transaction.atomic(using=EDITORIAL):
            for model in (Version, Article, LiveSlug, LiveUse, SyncState):
                _copy(model, rows[model])
            _copy_links(Article.tags.through, links)
    with connections[EDITORIAL].cursor() as cursor:
        for model in (Article, Version, LiveSlug, LiveUse, SyncState):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return {"there": there}


def article_tags(number, body):
    return body["tags"]


def _people_and_taxonomy():
    from accounts.models import Role, RoleAssignment, User
    from accounts.permissions import ROLES
    from editorial.models import Category, Tag

    def person(name, role):
        user = User.objects.filter(email=f"{name}@bench.example").first()
        if user is None:
            user = User.objects.create_user(
                f"{name}@bench.example", "bench", display_name=name.capitalize()
            )
            code, (title, rank, said) = role, ROLES[role]
            Role.objects.get_or_create(
                code=code, defaults={"name": title, "rank": rank, "description": said}
            )
            RoleAssignment.objects.create(user=user, role_id=code)
        return user

    author = person("wim", "author")
    person("ines", "editor_chief")
    categories = [
        Category.objects.filter(slug=name.lower()).first()
        or Category.objects.create(name=name, slug=name.lower())
        for name in CATEGORIES
    ]
    tags = [
        Tag.objects.filter(slug=name).first()
        or Tag.objects.create(name=name, slug=name)
        for name in TAGS
    ]
    return author, categories, tags


def _body(number):
    """The text of one article, rendered as a version keeps it."""
    from editorial import blocks

    text = article(number)
    body, _ = blocks.from_html(html(text))
    if len(body) != 12:
        raise RuntimeError(f"The article has {len(body)} blocks, its peer has 12.")
    return {
        "text": text,
        "tags": text.tags,
        "blocks": body,
        "rendered": {"html": blocks.render(body), "text": blocks.plain_text(body)},
        "renderer": blocks.RENDERER_VERSION,
    }


def _live_article(number, body, author, categories, tags, now):
    from editorial.models import (
        Article,
        ItemKind,
        LiveSlug,
        LiveUse,
        SyncState,
        Version,
    )

    text = body["text"]
    title, slug = headline(number)
    slug = f"{slug}-bench"
    digest = hashlib.sha256(f"bench {number}".encode())
    at = now - timedelta(minutes=number)
    pk = UUID(bytes=digest.digest()[:16], version=4)
    category = categories[text.category]
    item = Article(
        id=pk,
        title=title,
        slug=slug,
        excerpt=text.excerpt,
        author=author,
        category=category,
        meta_title=text.meta_title,
        meta_description=text.meta_description,
        status="published",
        current_version=1,
        created_at=at,
        updated_at=at,
        submitted_at=at,
        approved_at=at,
        approved_by=author,
        first_published_at=at,
        published_at=at,
    )
    snapshot = {
        "title": title,
        "slug": slug,
        "author": str(author.pk),
        "category": str(category.pk),
        "tags": [str(tags[tag].pk) for tag in text.tags],
        "image": None,
        "seo": {
            "meta_title": text.meta_title,
            "meta_description": text.meta_description,
            "meta_keywords": [],
            "canonical_url": "",
            "og_title": "",
            "og_description": "",
            "og_image_id": None,
            "no_index": False,
            "no_follow": False,
            "structured_data": None,
        },
        "kind": "post",
        "format": "standard",
        "parent": None,
        "excerpt": text.excerpt,
        "is_featured": False,
        "comments_open": True,
        "menu_order": 0,
        "blocks": body["blocks"],
    }
    version = Version(
        kind=ItemKind.ARTICLE,
        item_id=pk,
        number=1,
        title=title,
        snapshot=snapshot,
        content_hash=digest.hexdigest(),
        rendered=body["rendered"],
        renderer_version=body["renderer"],
        created_by=author,
        created_at=at,
    )
    item.live_version = item.approved_version = version
    uses = [(author.pk, ItemKind.PROFILE), (category.pk, ItemKind.CATEGORY)]
    uses += [(tags[tag].pk, ItemKind.TAG) for tag in text.tags]
    return [
        item,
        version,
        LiveSlug(item_id=pk, kind=ItemKind.ARTICLE, slug=slug),
        *(
            LiveUse(
                item_id=pk, item_kind=ItemKind.ARTICLE, used_id=used, used_kind=kind
            )
            for used, kind in uses
        ),
        SyncState(item_id=pk, kind=ItemKind.ARTICLE, sequence=1),
    ]


def _copy(model, rows):
    connection = connections[EDITORIAL]
    columns = [
        field
        for field in model._meta.concrete_fields
        if not field.generated
        and not (field.primary_key and field.get_internal_type() == "BigAutoField")
    ]
    names = ", ".join(f'"{field.column}"' for field in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(
                [
                    field.get_db_prep_save(getattr(row, field.attname), connection)
                    for field in columns
                ]
            )


def _copy_links(through, links):
    with (
        connections[EDITORIAL].cursor() as cursor,
        cursor.copy(
            f'COPY "{through._meta.db_table}" (article_id, tag_id) FROM STDIN'
        ) as copy,
    ):
        for link in links:
            copy.write_row(link)


@task
def addresses(count):
    """Paths and ids of some live articles, spread over all of them."""
    from publishing.models import PublishedArticle

    total = PublishedArticle.objects.count()
    rows = PublishedArticle.objects.order_by("id").values_list("slug", "id")
    step = max(1, total // count)
    return {
        "total": total,
        "articles": [(f"/articles/{slug}/", str(pk)) for slug, pk in rows[::step]],
    }


@task
def session():
    """A session of the chief editor: the name and value of its cookie."""
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    editor = User.objects.get(email="ines@bench.example")
    store = SessionStore()
    store[SESSION_KEY] = str(editor.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = editor.get_session_auth_hash()
    store.save()
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={store.session_key}"}


@task
def long_article(blocks):
    """A draft with so many blocks; answers its id."""
    from accounts.models import User
    from editorial import actions
    from editorial import blocks as body
    from editorial.models import Article, Category

    title = f"{blocks} blocks"
    known = Article.objects.filter(title=title).first()
    if known is None:
        editor = User.objects.get(email="ines@bench.example")
        category = Category.objects.order_by("path").first()
        known = actions.create(
            Article(title=title, author=editor, category=category), by=editor
        )
        text = "\n".join(html(article(number)) for number in range(blocks // 12 + 1))
        with actions.editing(known, by=editor, summary="Long.") as fresh:
            fresh.set_blocks(body.from_html(text)[0][:blocks])
    return {"id": str(known.pk), "blocks": known.blocks.count()}


# --- Publishing -------------------------------------------------------------------


@task
def publish_and_look(count, port, pause=0.15):
    """Publish so many articles, one at a time on an idle site; see each appear.

    Milliseconds from the call of the action until an anonymous GET showed the
    article's text, and the part of it that the action itself took.
    """
    from accounts.models import User
    from editorial import actions, blocks
    from editorial.models import Article, Category

    author = User.objects.get(email="wim@bench.example")
    editor = User.objects.get(email="ines@bench.example")
    category = Category.objects.order_by("path").first()
    run = f"{time.time():.0f}"
    seen, acted = [], []
    for number in range(count):
        text = article(number)
        item = actions.create(
            Article(
                title=f"{text.title} {run}",
                slug=f"{text.slug}-{run}",
                excerpt=text.excerpt,
                author=author,
                category=category,
            ),
            by=author,
        )
        with actions.editing(item, by=author, summary="Written.") as fresh:
            fresh.set_blocks(blocks.from_html(html(text))[0])
        actions.submit(item, by=author)
        actions.start_review(item, by=editor)
        actions.approve(item, by=editor)
        time.sleep(pause)  # idle again
        began = time.perf_counter()
        actions.publish(item, by=editor)
        acted.append(1000 * (time.perf_counter() - began))
        _look(port, f"/articles/{item.live_version.snapshot['slug']}/", began + 30)
        seen.append(1000 * (time.perf_counter() - began))
    return {"seen": seen, "acted": acted}


def _look(port, path, until):
    """Ask, as nobody in particular, until the page is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        while time.perf_counter() < until:
            connection.request("GET", path, headers={"User-Agent": "bench"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200 and MARK.encode() in body:
                return
            time.sleep(0.004)
    finally:
        connection.close()
    raise RuntimeError(f"{path} was not seen within 30 seconds.")


@task
def rebuild():
    from publishing import rebuild as public

    began = time.perf_counter()
    written = public.rebuild()
    seconds = time.perf_counter() - began
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM published_articles")
        articles = cursor.fetchone()[0]
    return {"seconds": seconds, "written": written, "articles": articles}


@task
def copy_articles():
    """Seconds of a plain COPY of the rows of the published articles.

    Into a table of the same columns ("plain": the search vector is one of them, and is
    made on the way), into one without it ("bare"), and into one with all the indexes,
    which PostgreSQL then keeps row by row ("indexed").
    """
    from publishing.models import PublishedArticle

    table = PublishedArticle._meta.db_table
    columns = ", ".join(
        field.column
        for field in PublishedArticle._meta.concrete_fields
        if not field.generated
    )
    answer = {}
    with tempfile.TemporaryFile() as rows, connections[PUBLIC].cursor() as cursor:
        with cursor.copy(f"COPY (SELECT {columns} FROM {table}) TO STDOUT") as copy:
            for data in copy:
                rows.write(data)
        answer["megabytes"] = rows.tell() / 1e6
        for name, like in (
            ("plain", f"LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED"),
            ("bare", f"LIKE {table} INCLUDING DEFAULTS"),
            ("indexed", f"LIKE {table} INCLUDING ALL"),
        ):
            cursor.execute("DROP TABLE IF EXISTS bench_copy")
            cursor.execute(f"CREATE TABLE bench_copy ({like})")
            rows.seek(0)
            began = time.perf_counter()
            with cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as copy:
                while data := rows.read(1 << 20):
                    copy.write(data)
            answer[name] = time.perf_counter() - began
            cursor.execute("SELECT count(*) FROM bench_copy")
            answer["rows"] = cursor.fetchone()[0]
            cursor.execute("DROP TABLE bench_copy")
    return answer


@task
def settle():
    """VACUUM ANALYZE of what was just written, as autovacuum would do in a while."""
    for alias in (EDITORIAL, PUBLIC, ENGAGEMENT):
        with connections[alias].cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return {}


# --- Reading ----------------------------------------------------------------------


@task
def queries(article, listing, search):
    """How many queries each page makes: with nothing kept in memory, and afterwards."""
    answer = {}
    with override_settings(ALLOWED_HOSTS=["*"]):
        for name, path in (
            ("article", article),
            ("listing", listing),
            ("search", search),
        ):
            answer[name] = [_queries_of(path), _queries_of(path)]
    return answer


def _queries_of(path):
    with CaptureQueriesContext(connections[PUBLIC]) as caught:
        response = Client(headers={"host": "127.0.0.1"}).get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}.")
    # A new connection says what it is; that is no query of the page.
    return sum(not one["sql"].startswith(("SET ", "BEGIN")) for one in caught)


# --- Views and counters -----------------------------------------------------------


@task
def know_content():
    """Tell engagement of the articles, as their deliveries would have done."""
    from engagement.models import ContentRef
    from publishing.models import PublishedArticle

    rows = PublishedArticle.objects.values_list("id", "title", "slug", "author_id")
    ContentRef.objects.bulk_create(
        (
            ContentRef(
                id=pk,
                kind="article",
                state=ContentRef.State.LIVE,
                title=title,
                url=f"/articles/{slug}/",
                author_id=author,
            )
            for pk, title, slug, author in rows
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    return {"known": ContentRef.objects.count()}


@task
def drain():
    """Seconds to drain the stream, and to COPY the same rows plainly."""
    from engagement.models import PageView
    from engagement.views import drain as views

    columns = ", ".join(field.column for field in PageView._meta.concrete_fields)
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM content_views")
        before = cursor.fetchone()[0]
    began = time.perf_counter()
    drained = views.drain_views()
    seconds = time.perf_counter() - began
    with tempfile.TemporaryFile() as rows, connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM content_views")
        written = cursor.fetchone()[0] - before
        newest = f"SELECT {columns} FROM content_views ORDER BY id DESC LIMIT {written}"
        with cursor.copy(f"COPY ({newest}) TO STDOUT") as copy:
            for data in copy:
                rows.write(data)
        rows.seek(0)
        plain = _copy_views(cursor, rows, columns, newest)
    return {"seconds": seconds, "drained": drained, "written": written, "copy": plain}


def _copy_views(cursor, rows, columns, newest):
    """Seconds of a COPY of these rows into their table, which is then taken back."""
    try:
        with transaction.atomic(using=ENGAGEMENT):
            cursor.execute(
                "DELETE FROM content_views "
                f"WHERE id IN (SELECT id FROM ({newest}) AS newest)"
            )
            began = time.perf_counter()
            with cursor.copy(f"COPY content_views ({columns}) FROM STDIN") as copy:
                while data := rows.read(1 << 20):
                    copy.write(data)
            seconds = time.perf_counter() - began
            raise _RollBack
    except _RollBack:
        return seconds


class _RollBack(Exception):
    """What was done was for the clock only."""


@task
def have_counters(items):
    """So many items with a folded number each, in both databases; owner's work."""
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO counter_totals (kind, target_id, metric, amount)
            SELECT 'article', md5('bench ' || n)::uuid, 'view', 1 + mod(n, 1000)
            FROM generate_series(1, %s) AS n
            ON CONFLICT (target_id, metric, kind) DO NOTHING
            """,
            [items],
        )
        cursor.execute("ANALYZE counter_totals")
        cursor.execute("SELECT count(*) FROM counter_totals")
        there = cursor.fetchone()[0]
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'content_counters' AND table_schema = 'public' "
            "AND is_nullable = 'NO' AND column_name NOT IN ('id', 'view_count')"
        )
        others = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            f"""
            INSERT INTO content_counters ({", ".join(["id", "view_count", *others])})
            SELECT md5('bench ' || n)::uuid, 1 + mod(n, 1000) {", 0" * len(others)}
            FROM generate_series(1, %s) AS n
            ON CONFLICT (id) DO NOTHING
            """,
            [items],
        )
        cursor.execute("ANALYZE content_counters")
    return {"there": there}


@task
def forget_counters():
    for alias, table in (
        (ENGAGEMENT, "counter_totals"),
        (ENGAGEMENT, "counter_deltas"),
        (ENGAGEMENT, "counter_publish"),
        (PUBLIC, "content_counters"),
    ):
        with connections[alias].cursor() as cursor:
            cursor.execute(f"TRUNCATE {table}")
    return {}


@task
def counter_cycle(items, changes=1000, times=7):
    """Milliseconds from so many deltas to the public numbers: fold, then copy."""
    from engagement.counters import ledger, public
    from engagement.counters.models import CounterDelta, Metric

    dice = random.Random(items)
    taken = []
    for _ in range(times + 1):
        chosen = dice.sample(range(1, items + 1), changes)
        with transaction.atomic(using=ENGAGEMENT):
            CounterDelta.objects.write(
                ("article", _counted(n), Metric.VIEW, 1) for n in chosen
            )
        began = time.perf_counter()
        ledger.fold()
        public.publish_counters()
        taken.append(1000 * (time.perf_counter() - began))
    return {"median": statistics.median(taken[1:]), "all": taken[1:]}


def _counted(number):
    """The id that `have_counters` made for this number."""
    return UUID(hashlib.md5(f"bench {number}".encode()).hexdigest())


def main():
    name, arguments = (
        sys.argv[1],
        json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"),
    )
    print(json.dumps(TASKS[name](**arguments)))


if __name__ == "__main__":
    main()
