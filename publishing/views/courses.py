"""Courses and their lessons.

The body of a gated lesson is not asked for here: the role that serves these pages
has no right to the table it stands in.
"""

import re
from urllib.parse import urlencode

from django.views.decorators.http import require_safe

from publishing.models import PublicRedirect, PublishedCourse, PublishedLesson
from publishing.views.articles import robots
from publishing.views.missing import not_found, not_here
from publishing.views.navigation import arrived_on, riding_on
from publishing.views.page import Head, page
from publishing.views.paging import slice_of
from publishing.views.paths import path_to
from publishing.views.rows import (
    COURSE_CARDS,
    COURSE_SHELVES,
    IN_SECTION,
    OF_LEVEL,
    rows,
)

PLAYABLE = re.compile(r"^/(?!/)[^?#]*\.(?:mp4|webm|ogv|m4v)$", re.IGNORECASE)
"""A video file of our own; others are linked to, the page's policy admits no frames."""
PRINTED = (
    "id",
    "slug",
    "title",
    "description",
    "description_html",
    "content_version",
    "difficulty_level",
    "estimated_duration_minutes",
    "lesson_count",
    "is_free",
    "price_cents",
    "currency",
    "curriculum",
    "author_name",
    "author_slug",
    "author_avatar_url",
    "category_name",
    "tags",
    "image",
    "first_published_at",
    "last_modified_at",
    "meta_title",
    "meta_description",
    "canonical_url",
    "og_title",
    "og_description",
    "share_image",
    "language",
    "no_index",
    "no_follow",
    "structured_data",
    "counters__comment_count",
    "counters__enrollment_count",
)


@require_safe
def newest(request):
    shelves = rows(COURSE_SHELVES)
    levels = _choices(request, "level", [(one["level"],) * 2 for one in shelves])
    subjects = _choices(
        request, "section", [(one["slug"], one["name"]) for one in shelves]
    )
    chosen = {
        name: value
        for name, choices in (("level", levels), ("section", subjects))
        for value, _, _, is_chosen in choices
        if is_chosen
    }
    where = (OF_LEVEL if "level" in chosen else "") + (
        f" {IN_SECTION}" if "section" in chosen else ""
    )
    part = slice_of(COURSE_CARDS, request, where, **chosen)
    if chosen:
        part.newer, part.older = (
            each and f"{each}&{urlencode(chosen)}" for each in (part.newer, part.older)
        )
    path = path_to("courses")
    return page(
        request,
        "publishing/courses.html",
        head=Head(
            title="Courses",
            url=path,
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first and not chosen else "noindex, follow",
            trail=[("Home", "/"), ("Courses", path)],
        ),
        keys=["courses"],
        part=part,
        shelves=[("Level", levels), ("Section", subjects)],
        is_narrowed=bool(chosen),
    )


def _choices(request, name, pairs):
    """[(value, words, address that chooses it or lets go of it, is it chosen)]."""
    asked = {key: request.GET.get(key, "") for key in ("level", "section")}
    found = []
    for value, words in sorted({pair for pair in pairs if pair[0]}):
        is_chosen = asked[name] == value
        query = {**asked, name: "" if is_chosen else value}
        query = urlencode({key: given for key, given in query.items() if given})
        address = f"?{query}" if query else path_to("courses")
        found.append((value, words.capitalize(), address, is_chosen))
    return found if len(found) > 1 else []


@require_safe
def course(request, slug):
    found = PublishedCourse.objects.filter(slug=slug).order_by("-published_at")
    item = riding_on(found.select_related("counters").only(*PRINTED)).first()
    if item is None:
        return not_here(request, PublicRedirect.Kind.COURSE, slug, "course")
    arrived_on(item)
    return page(
        request,
        "publishing/course.html",
        head=head_of(item),
        keys=[f"item-{item.id}"],
        version=item.content_version,
        course=item,
    )


def head_of(item):
    path = path_to("course", item.slug)
    return Head(
        title=item.meta_title or item.title,
        url=item.canonical_url or path,
        description=item.meta_description or item.description,
        image=item.share_image or item.image,
        robots=robots(item.no_index, item.no_follow),
        share_title=item.og_title,
        share_description=item.og_description,
        author=item.author_name,
        author_path=path_to("author", item.author_slug),
        tags=[each["name"] for each in item.tags],
        language=item.language,
        published=item.first_published_at,
        modified=item.last_modified_at,
        section=item.category_name,
        trail=[
            ("Home", "/"),
            ("Courses", path_to("courses")),
            (item.title, path),
        ],
        data=[item.structured_data] if item.structured_data else [],
    )


NOT_WITH_A_LESSON = (
    "description_html",
    "search_summary",
    "search_text",
    "search_vector",
    "structured_data",
)


@require_safe
def lesson(request, course_slug, slug):
    found = (
        PublishedLesson.objects.filter(course__slug=course_slug, slug=slug)
        .select_related("course")
        .defer("content_json", *(f"course__{name}" for name in NOT_WITH_A_LESSON))
        .order_by("-course__published_at")
    )
    item = riding_on(found).first()
    if item is None:
        if PublishedCourse.objects.filter(slug=course_slug).exists():
            # The course is where it always was: looking elsewhere could go in circles.
            return not_found(request, slug)
        kind = PublicRedirect.Kind.COURSE
        return not_here(request, kind, course_slug, "lesson", slug)
    arrived_on(item)
    path = path_to("lesson", course_slug, slug)
    before, after = _neighbours(item)
    return page(
        request,
        "publishing/lesson.html",
        head=Head(
            title=f"{item.title} · {item.course.title}",
            url=path,
            description=item.description,
            image=item.course.image,
            robots=robots(item.course.no_index, item.course.no_follow),
            trail=[
                ("Home", "/"),
                ("Courses", path_to("courses")),
                (item.course.title, path_to("course", course_slug)),
                (item.title, path),
            ],
        ),
        keys=[f"item-{item.course_id}"],
        version=item.content_version,
        lesson=item,
        plays_here=PLAYABLE.search(item.video_url) is not None,
        course=item.course,
        before=before,
        after=after,
    )


def _neighbours(item):
    """The lessons before and after this one, from the curriculum on the course."""
    lessons = [
        each for section in item.course.curriculum for each in section["lessons"]
    ]
    ids = [each["id"] for each in lessons]
    if str(item.id) not in ids:
        return None, None
    place = ids.index(str(item.id))
    before = lessons[place - 1] if place else None
    after = lessons[place + 1] if place + 1 < len(lessons) else None
    return before, after
