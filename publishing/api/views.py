"""The endpoints of published content."""

import json
import re
from datetime import datetime
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.views import APIView

from cms.api.fields import fields_asked_for, refuse_unknown
from cms.api.pagination import (
    Place,
    cursor_of,
    limit_of,
    link,
    ordering_asked_for,
    page_parameters,
    place_at,
    split,
)
from cms.api.problems import Problem, answer, error
from cms.api.views import is_served
from publishing.api import shapes, sql
from publishing.models import PublicRedirect, PublishedCourse
from publishing.search.asked import KINDS, LONGEST, NARROWING, SORTS, Asked
from publishing.search.hits import COUNTED
from publishing.views.page import BRIEF, FRESH, stamped
from publishing.views.search import answer as search_for

PAGE = 20
MOST = 100


def parameter(name, text, **more):
    return OpenApiParameter(name, more.pop("type", str), description=text, **more)


PAGING = [
    OpenApiParameter(
        each["name"],
        each["schema"],
        OpenApiParameter.QUERY,
        description=each["description"],
    )
    for each in page_parameters(PAGE, MOST)
]
FILTERS = [
    parameter("category", "Slug of a category; those below it count too."),
    parameter("tag", "Slug of a tag."),
    parameter("author", "Slug of an author."),
    parameter(
        "published_after",
        "First published then or later.",
        type={"type": "string", "format": "date-time"},
    ),
    parameter(
        "published_before",
        "First published earlier than that.",
        type={"type": "string", "format": "date-time"},
    ),
]
ORDER = parameter(
    "ordering",
    "Newest first, or oldest first.",
    enum=["-first_published_at", "first_published_at"],
    default="-first_published_at",
)


class ContentView(APIView):
    """Nobody is asked who they are; a wrong query is refused; answers are cacheable."""

    authentication_classes = ()
    permission_classes = ()
    http_method_names = ("get", "head")
    limits = {"read": "content", "write": "content"}
    tags = ("content",)
    table = ""
    """Of `sql.FIELDS`; what `?fields=` chooses from. Empty: nothing is chosen."""
    query_parameters = ()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        known = {*self.query_parameters, *(["fields"] if self.table else [])}
        if is_served(self, request):
            refuse_unknown(request, known)

    def sparse_fields(self):
        return tuple(sql.FIELDS[self.table]) if self.table else ()

    def chosen(self):
        names = fields_asked_for(self.request, self.sparse_fields())
        return sql.built(tuple(names), self.table)

    def sent(self, text, keys, cache=FRESH):
        return stamped(
            self.request._request,
            text,
            keys=keys,
            cache=cache,
            content_type="application/json",
        )

    def not_here(self, kind, slug, path):
        """What there is instead of a slug that no live item has: asked on a miss only.

        `path` has `{}` where the slug of the address stands.
        """
        old = PublicRedirect.objects.filter(kind=kind, old_slug=slug)
        newest_first = old.exclude(new_slug=slug).order_by("-synced_at")
        places = list(newest_first.values_list("new_slug", flat=True)[:10])
        for new_slug in filter(None, places):
            address = path.format(new_slug)
            query = self.request.META.get("QUERY_STRING", "")
            address = f"{address}?{query}" if query else address
            return answer(
                self.request,
                "moved",
                f"It is at {address} now.",
                location=address,
                headers={"Location": address, "Cache-Control": FRESH},
            )
        if places:
            return answer(
                self.request,
                "gone",
                "It was published here once and was taken down.",
                headers={"Cache-Control": BRIEF},
            )
        raise Problem(
            "not-found",
            "Nothing that is published has this address.",
            headers={"Cache-Control": BRIEF},
        )


class ListView(ContentView):
    """A list, by the key of its rows. Subclasses say of what."""

    source = ""
    keys = ()
    filters = {}
    ordering_fields = ("first_published_at",)
    ordering = "-first_published_at"
    column = "first_published_at"
    always = ""

    def initial(self, request, *args, **kwargs):
        self.query_parameters = {"cursor", "limit", *self.filters}
        if self.ordering_fields:
            self.query_parameters.add("ordering")
        super().initial(request, *args, **kwargs)

    def get(self, request):
        limit = limit_of(request, default=PAGE, most=MOST)
        order = ordering_asked_for(request, self)
        falling = order.startswith("-")
        name = f"{self.table}:{order}"
        cursor = request.GET.get("cursor", "")
        place = place_at(cursor, name) if cursor else None

        where, values = self.asked_for(request)
        if place:
            falling = falling != place.backwards
            where = f"{where} {self.beyond(falling)}"
            values |= {"value": self.value_at(place), "id": UUID(place.key[1])}
        turn = "DESC" if falling else "ASC"
        statement = (
            f"SELECT {self.chosen()}::text, a.{self.column}, a.id "
            f"FROM {self.source} WHERE {self.always or 'true'} {where} "
            f"ORDER BY a.{self.column} {turn}, a.id {turn} LIMIT %(size)s"
        )
        rows = sql.answers(statement, values | {"size": limit + 1})
        rows, before, after = split(rows, limit, place, lambda row: (row[1], row[2]))
        return self.sent(self.envelope(rows, before, after, name), self.keys)

    def beyond(self, falling):
        sign = "<" if falling else ">"
        return f"AND (a.{self.column}, a.id) {sign} (%(value)s, %(id)s)"

    def value_at(self, place):
        value = place.key[0]
        return datetime.fromisoformat(value) if self.ordering_fields else value

    def asked_for(self, request):
        """SQL and values of the filters that were given."""
        where, values = [], {}
        for name, (condition, read) in self.filters.items():
            if (text := request.GET.get(name)) is not None:
                values[name] = read(name, text)
                where.append(condition)
        return " ".join(where), values

    def envelope(self, rows, before, after, name):
        """The page as JSON: the rows are JSON already."""
        results = ",".join(row[0] for row in rows)
        ways = [
            json.dumps(link(self.request, each and cursor_of(each, name)))
            for each in (after, before)
        ]
        return f'{{"results":[{results}],"next":{ways[0]},"previous":{ways[1]}}}'


def slug(name, text):
    return text[:500]


MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)


def moment(name, text):
    """A moment as RFC 3339 writes it."""
    try:
        found = datetime.fromisoformat(text) if MOMENT.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        message = "Write a moment with its zone, e.g. 2026-03-14T12:00:00Z."
        raise Problem("bad-query", message, errors=[error([name], message)])
    return found


def choice(*allowed):
    def read(name, text):
        if text not in allowed:
            message = f"{name} is one of: {', '.join(allowed)}."
            raise Problem("bad-query", message, errors=[error([name], message)])
        return text

    return read


def flag(name, text):
    return choice("true", "false")(name, text) == "true"


SHARED = {
    "category": (sql.IN_CATEGORY, slug),
    "tag": (sql.TAGGED, slug),
    "author": (sql.BY_AUTHOR, slug),
    "published_after": (sql.SINCE, moment),
    "published_before": (sql.UNTIL, moment),
}


class Articles(ListView):
    """Articles, newest first. Bodies come with one article, not with the list."""

    table = "article card"
    source = sql.ARTICLES
    keys = ("articles",)
    filters = SHARED | {
        "featured": (sql.FEATURED, flag),
        "kind": ("AND a.kind = %(kind)s", choice("post", "page")),
    }

    def asked_for(self, request):
        where, values = super().asked_for(request)
        return (
            (where, values)
            if "kind" in values
            else (f"AND a.kind = 'post' {where}", values)
        )

    @extend_schema(
        operation_id="content_articles_list",
        parameters=[
            *PAGING,
            ORDER,
            *FILTERS,
            parameter(
                "featured", "Only what is featured, or only what is not.", type=bool
            ),
            parameter(
                "kind",
                "Posts are news, pages stand alone.",
                enum=["post", "page"],
                default="post",
            ),
        ],
        responses=shapes.page_of(shapes.ArticleCard),
    )
    def get(self, request):
        return super().get(request)


class Article(ContentView):
    """One article with its body. A slug it once had answers 301, one that was taken
    down 410."""

    problem_statuses = (301, 410)
    table = "article"

    @extend_schema(
        operation_id="content_article",
        parameters=[shapes.slug_parameter("harbour-lights-on")],
        responses=shapes.Article,
        examples=[shapes.ARTICLE_EXAMPLE],
    )
    def get(self, request, slug):
        found = sql.answers(
            f"SELECT {self.chosen()}::text, a.id FROM {sql.ARTICLES} "
            "WHERE a.slug = %(slug)s ORDER BY a.published_at DESC LIMIT 1",
            {"slug": slug},
        )
        if not found:
            kind = PublicRedirect.Kind.ARTICLE
            return self.not_here(kind, slug, "/api/v1/content/articles/{}/")
        return self.sent(found[0][0], [f"item-{found[0][1]}"])


class Courses(ListView):
    """Courses, newest first."""

    table = "course card"
    source = sql.COURSES
    keys = ("courses",)
    filters = SHARED | {
        "is_free": ("AND a.is_free = %(is_free)s", flag),
    }

    @extend_schema(
        operation_id="content_courses_list",
        parameters=[
            *PAGING,
            ORDER,
            *FILTERS,
            parameter("is_free", "Free courses, or those with a price.", type=bool),
        ],
        responses=shapes.page_of(shapes.CourseCard),
    )
    def get(self, request):
        return super().get(request)


class Course(ContentView):
    """One course with its curriculum."""

    problem_statuses = (301, 410)
    table = "course"

    @extend_schema(
        operation_id="content_course",
        parameters=[shapes.slug_parameter("reading-the-tide")],
        responses=shapes.Course,
    )
    def get(self, request, slug):
        found = sql.answers(
            f"SELECT {self.chosen()}::text, a.id FROM {sql.COURSES} "
            "WHERE a.slug = %(slug)s ORDER BY a.published_at DESC LIMIT 1",
            {"slug": slug},
        )
        if not found:
            kind = PublicRedirect.Kind.COURSE
            return self.not_here(kind, slug, "/api/v1/content/courses/{}/")
        return self.sent(found[0][0], [f"item-{found[0][1]}"])


class Lessons(ContentView):
    """The lessons of a course in their order; bodies come with one lesson."""

    problem_statuses = (301, 410)
    table = "lesson card"

    @extend_schema(
        operation_id="content_lessons_list",
        parameters=[shapes.slug_parameter("reading-the-tide")],
        responses=shapes.page_of(shapes.LessonCard),
    )
    def get(self, request, slug):
        found = sql.answers(
            f"""SELECT (SELECT coalesce(json_agg({self.chosen()}
                        ORDER BY l.section_order, l.lesson_order), '[]')
                    FROM published_lessons AS l WHERE l.course_id = a.id)::text, a.id
                FROM published_courses AS a WHERE a.slug = %(slug)s
                ORDER BY a.published_at DESC LIMIT 1""",
            {"slug": slug},
        )
        if not found:
            kind = PublicRedirect.Kind.COURSE
            return self.not_here(kind, slug, "/api/v1/content/courses/{}/lessons/")
        text = f'{{"results":{found[0][0]},"next":null,"previous":null}}'
        return self.sent(text, [f"item-{found[0][1]}"])


class Lesson(ContentView):
    """One lesson. `html`, `blocks` and `video_url` are null if it is for members who
    are enrolled."""

    problem_statuses = (301, 410)
    table = "lesson"

    @extend_schema(
        operation_id="content_lesson",
        parameters=[
            shapes.slug_parameter("reading-the-tide"),
            shapes.slug_parameter("why-the-sea-moves", name="lesson"),
        ],
        responses=shapes.Lesson,
    )
    def get(self, request, slug, lesson):
        found = sql.answers(
            f"SELECT {self.chosen()}::text, a.id FROM {sql.LESSONS} "
            "WHERE a.slug = %(slug)s AND l.slug = %(lesson)s "
            "ORDER BY a.published_at DESC LIMIT 1",
            {"slug": slug, "lesson": lesson},
        )
        if not found:
            path = f"/api/v1/content/courses/{{}}/lessons/{lesson}/"
            if PublishedCourse.objects.filter(slug=slug).exists():
                # Its course has not moved: looking elsewhere could go in circles.
                slug = ""
            kind = PublicRedirect.Kind.COURSE
            return self.not_here(kind, slug, path)
        return self.sent(found[0][0], [f"item-{found[0][1]}"])


class Categories(ContentView):
    """All categories as a tree, in the editors' order."""

    @extend_schema(
        operation_id="content_categories_list",
        responses=shapes.page_of(shapes.CategoryBranch),
    )
    def get(self, request):
        fields = sql.built(tuple(sql.CATEGORY_FIELDS), "category")
        found = sql.answers(
            f"SELECT {fields}::text, a.id, a.parent_id FROM published_categories AS a "
            "ORDER BY a.display_order, a.name, a.id",
            {},
        )
        below = {}
        for text, pk, parent in found:
            below.setdefault(parent, []).append((json.loads(text), pk))

        def branch(parent):
            return [
                each | {"children": branch(pk)} for each, pk in below.get(parent, [])
            ]

        tree = {"results": branch(None), "next": None, "previous": None}
        return self.sent(json.dumps(tree, ensure_ascii=False), ["categories"])


class OneOf(ContentView):
    """One category, tag or author by its slug."""

    table = ""
    source = ""
    kind = ""
    path = ""
    key = ""
    problem_statuses = (301, 410)

    def get(self, request, slug):
        found = sql.answers(
            f"SELECT {self.chosen()}::text, a.id FROM {self.source} AS a "
            "WHERE a.slug = %(slug)s ORDER BY a.synced_at DESC LIMIT 1",
            {"slug": slug},
        )
        if not found:
            return self.not_here(self.kind, slug, self.path)
        return self.sent(found[0][0], [f"{self.key}-{found[0][1]}"])


class Category(OneOf):
    """One category. Its articles: `/content/articles/?category=`."""

    table, source, key = "category", "published_categories", "category"
    kind = PublicRedirect.Kind.CATEGORY
    path = "/api/v1/content/categories/{}/"

    @extend_schema(
        operation_id="content_category",
        parameters=[shapes.slug_parameter("science")],
        responses=shapes.Category,
    )
    def get(self, request, slug):
        return super().get(request, slug)


class Tags(ListView):
    """Tags that something published has, by slug."""

    table, source = "tag", "published_tags AS a"
    keys = ("tags",)
    ordering_fields = ()
    ordering = "slug"
    column = "slug"

    @extend_schema(
        operation_id="content_tags_list",
        parameters=PAGING,
        responses=shapes.page_of(shapes.Tag),
    )
    def get(self, request):
        return super().get(request)


class Tag(OneOf):
    """One tag. Its articles: `/content/articles/?tag=`."""

    table, source, key = "tag", "published_tags", "tag"
    kind = PublicRedirect.Kind.TAG
    path = "/api/v1/content/tags/{}/"

    @extend_schema(
        operation_id="content_tag",
        parameters=[shapes.slug_parameter("sea")],
        responses=shapes.Tag,
    )
    def get(self, request, slug):
        return super().get(request, slug)


class Authors(ListView):
    """People who have something published, by slug."""

    table, source = "author", "public_user_profiles AS a"
    keys = ("authors",)
    ordering_fields = ()
    ordering = "slug"
    column = "slug"

    @extend_schema(
        operation_id="content_authors_list",
        parameters=PAGING,
        responses=shapes.page_of(shapes.Author),
    )
    def get(self, request):
        return super().get(request)


class Author(OneOf):
    """One author. Their articles: `/content/articles/?author=`."""

    table, source, key = "author", "public_user_profiles", "author"
    kind = PublicRedirect.Kind.PROFILE
    path = "/api/v1/content/authors/{}/"

    @extend_schema(
        operation_id="content_author",
        parameters=[shapes.slug_parameter("wim-okafor")],
        responses=shapes.Author,
    )
    def get(self, request, slug):
        return super().get(request, slug)


HITS = f"""
SELECT hit.id::text, json_build_object('kind', hit.kind, 'id', hit.id,
    'slug', hit.slug, 'url', '{sql.ORIGIN}/' || hit.kind || 's/' || hit.slug || '/',
    'title', hit.title, 'summary', hit.summary, 'author', hit.author_name,
    'category', nullif(hit.category_name, ''),
    'first_published_at', hit.first_published_at)::text
FROM (
    SELECT 'article' AS kind, id, slug, title, excerpt AS summary, author_name,
           category_name, first_published_at
    FROM published_articles WHERE id = ANY(%(ids)s::uuid[])
  UNION ALL
    SELECT 'course', id, slug, title, description, author_name,
           category_name, first_published_at
    FROM published_courses WHERE id = ANY(%(ids)s::uuid[])) AS hit
"""


def year(name, text):
    if not re.fullmatch(r"[12][0-9]{3}", text, re.ASCII):
        message = "Write a year with four digits, e.g. 2026."
        raise Problem("bad-query", message, errors=[error([name], message)])
    return text


class Search(ContentView):
    """Articles and courses that hold the words, as the search page finds them.

    Quotes keep words together, `OR` is either, a minus leaves out. Where nothing fits,
    another spelling is searched for, then some of the words: `outcome` says so. By
    relevance the newest hits are ranked, with the newest that have the words in their
    title; `sort=newest` goes through all of them."""

    query_parameters = (
        "q",
        "kind",
        "category",
        "tag",
        "author",
        "year",
        "sort",
        "limit",
        "cursor",
    )

    @extend_schema(
        operation_id="content_search",
        parameters=[
            parameter(
                "q",
                "The words, 200 characters at most.",
                type={
                    "type": "string",
                    "maxLength": LONGEST,
                    "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
                },
                required=True,
                examples=[OpenApiExample("A word", value="tide")],
            ),
            parameter("kind", "Only these.", enum=list(KINDS)),
            parameter("category", "Slug of the hit's own category."),
            parameter("tag", "Slug of a tag."),
            parameter("author", "Slug of an author."),
            parameter(
                "year",
                "First published in that year.",
                type={"type": "string", "pattern": "^[12][0-9]{3}$"},
            ),
            parameter("sort", "The closest first, or the newest.", enum=list(SORTS)),
            *PAGING,
        ],
        responses=shapes.SearchResults,
    )
    def get(self, request):
        typed = request.GET.get("q", "")
        asked = Asked.of(request.GET)
        if not asked or len(typed) > LONGEST:
            message = f"Say in q what to look for, in {LONGEST} characters."
            raise Problem("bad-query", message, errors=[error(["q"], message)])
        for name, read in (
            ("kind", choice(*KINDS)),
            ("sort", choice(*SORTS)),
            ("year", year),
        ):
            if name in request.GET:
                read(name, request.GET[name])
        limit = limit_of(request, default=PAGE, most=MOST)
        cursor = request.GET.get("cursor", "")
        name = f"search:{asked.address()}"
        place = place_at(cursor, name) if cursor else None
        if asked.sort == "newest":
            turn = "ASC" if place and place.backwards else "DESC"
            key = place and {"moment": place.key[0], "id": place.key[1]}
            results = search_for(asked, size=limit + 1, place=key, turn=turn)
            hits, before, after = split(
                results.found.hits, limit, place, lambda hit: (hit[2], hit[1])
            )
        else:
            offset = place.key[0] if place else 0
            results = search_for(asked, size=limit + 1, offset=offset)
            hits = results.found.hits
            after = Place((offset + limit,)) if len(hits) > limit else None
            before = Place((max(offset - limit, 0),)) if offset else None
            hits = hits[:limit]
        return self.sent(
            self.envelope(results, hits, before, after, name), ["search"], BRIEF
        )

    def envelope(self, results, hits, before, after, name):
        """The page as JSON: the hits are JSON already."""
        found = results.found
        by_id = dict(
            sql.answers(HITS, {"ids": [hit[1] for hit in hits]}) if hits else []
        )
        facets = {
            facet: [
                {"value": value, "name": label, "count": amount}
                for value, label, amount in found.facets.get(facet, [])
            ]
            for facet in NARROWING
        }
        facts = {
            "outcome": results.outcome,
            "searched_for": found.asked.words,
            "total": min(found.total, COUNTED),
            "is_more": found.is_bounded,
            "facets": facets,
            "next": link(self.request, after and cursor_of(after, name)),
            "previous": link(self.request, before and cursor_of(before, name)),
        }
        listed = ",".join(by_id[hit[1]] for hit in hits if hit[1] in by_id)
        return f'{{"results":[{listed}],{json.dumps(facts, ensure_ascii=False)[1:]}'
