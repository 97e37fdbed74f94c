"""The map of `/api/v1/editorial/`. Each door is a method of a view.

An address that is not listed here does not exist; the walk fails on one that the
expected table does not know.
"""

from django.urls import path

from editorial.api.articles import ArticleView
from editorial.api.courses import CourseView, LessonView, SectionView
from editorial.api.ledger import LedgerView
from editorial.api.media import MediaView
from editorial.api.notices import NoticeView
from editorial.api.releases import ReleaseView
from editorial.api.rights import VERBS
from editorial.api.tasks import TaskView
from editorial.api.taxonomy import CategoryView, TagView

LIST = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
WHOLE = {**ONE, "put": "update"}


def pages(view, action, *, order, post=None):
    """A list below an item, with an order of its own and no filters."""
    methods = {"get": action, **({"post": post} if post else {})}
    return view.as_view(
        methods, is_list=True, ordering=order, ordering_fields=(), filterset_class=None
    )


def plain(view, methods):
    """No pages, no filters."""
    return view.as_view(methods, pagination_class=None, filterset_class=None)


def item_doors(view, noun):
    """What articles and courses have in common."""
    one = f"{noun}s/<uuid:pk>/"
    version = f"{one}versions/<int:number>/"
    remark = f"{one}remarks/<uuid:remark>/"
    return [
        path(f"{noun}s/", view.as_view(LIST), name=f"{noun}s"),
        path(one, plain(view, WHOLE), name=noun),
        *(
            path(f"{one}{verb}/", plain(view, {"post": verb}), name=f"{noun}-{verb}")
            for verb in VERBS
        ),
        path(
            f"{one}versions/",
            pages(view, "versions", order="-number"),
            name=f"{noun}-versions",
        ),
        path(version, plain(view, {"get": "version"}), name=f"{noun}-version"),
        path(
            f"{version}diff/",
            view.as_view(
                {"get": "compare"},
                query_parameters=("against",),
                pagination_class=None,
                filterset_class=None,
            ),
            name=f"{noun}-diff",
        ),
        path(
            f"{version}restore/",
            plain(view, {"post": "restore"}),
            name=f"{noun}-restore",
        ),
        path(
            f"{one}history/",
            pages(view, "history", order="-changed_at"),
            name=f"{noun}-history",
        ),
        path(
            f"{one}reviews/",
            pages(view, "reviews", order="-created_at"),
            name=f"{noun}-reviews",
        ),
        path(
            f"{one}remarks/",
            pages(view, "remarks", order="created_at", post="remark"),
            name=f"{noun}-remarks",
        ),
        path(
            remark,
            plain(view, {"patch": "reword", "delete": "unsay"}),
            name=f"{noun}-remark",
        ),
        path(
            f"{one}before/<slug:verb>/",
            plain(view, {"get": "before"}),
            name=f"{noun}-before",
        ),
        path(
            f"{one}look_again/",
            plain(view, {"post": "look_again"}),
            name=f"{noun}-look-again",
        ),
        path(
            f"{one}links/",
            pages(view, "links", order="-created_at", post="share"),
            name=f"{noun}-links",
        ),
        path(
            f"{one}links/<uuid:link>/revoke/",
            plain(view, {"post": "revoke"}),
            name=f"{noun}-revoke",
        ),
        path(
            f"{remark}resolve/",
            plain(view, {"post": "resolve"}),
            name=f"{noun}-resolve",
        ),
    ]


COURSE = "courses/<uuid:pk>/"
SECTION = f"{COURSE}sections/<uuid:section>/"

urlpatterns = [
    *item_doors(ArticleView, "article"),
    *item_doors(CourseView, "course"),
    path(
        f"{COURSE}sections/",
        plain(SectionView, {"get": "sections", "post": "add_section"}),
        name="sections",
    ),
    path(
        f"{COURSE}sections/order/",
        plain(SectionView, {"post": "order_sections"}),
        name="sections-order",
    ),
    path(
        SECTION,
        plain(
            SectionView,
            {"get": "section", "patch": "change_section", "delete": "drop_section"},
        ),
        name="section",
    ),
    path(
        f"{SECTION}lessons/order/",
        plain(SectionView, {"post": "order_lessons"}),
        name="lessons-order",
    ),
    path(
        f"{COURSE}lessons/",
        plain(LessonView, {"get": "lessons", "post": "add_lesson"}),
        name="lessons",
    ),
    path(
        f"{COURSE}lessons/<uuid:lesson>/",
        plain(
            LessonView,
            {"get": "lesson", "patch": "change_lesson", "delete": "drop_lesson"},
        ),
        name="lesson",
    ),
    path("categories/", CategoryView.as_view(LIST), name="categories"),
    path("categories/<uuid:pk>/", plain(CategoryView, ONE), name="category"),
    path("tags/", TagView.as_view(LIST), name="tags"),
    path("tags/<uuid:pk>/", plain(TagView, ONE), name="tag"),
    path("media/", MediaView.as_view(LIST), name="media"),
    path("media/<uuid:pk>/", plain(MediaView, ONE), name="medium"),
    path(
        "media/<uuid:pk>/file/",
        plain(MediaView, {"post": "replace"}),
        name="medium-file",
    ),
    path("notices/", NoticeView.as_view({"get": "list"}), name="notices"),
    path(
        "notices/read/",
        plain(NoticeView, {"post": "read_all"}),
        name="notices-read",
    ),
    path(
        "notices/<uuid:pk>/read/",
        plain(NoticeView, {"post": "read"}),
        name="notice-read",
    ),
    path("tasks/", TaskView.as_view(LIST), name="tasks"),
    path(
        "tasks/<uuid:pk>/",
        plain(TaskView, {"get": "retrieve", "patch": "partial_update"}),
        name="task",
    ),
    path("tasks/<uuid:pk>/done/", plain(TaskView, {"post": "done"}), name="task-done"),
    path("ledger/", plain(LedgerView, {"get": "retrieve"}), name="ledger"),
    path("releases/", ReleaseView.as_view(LIST), name="releases"),
    path("releases/<uuid:pk>/", plain(ReleaseView, ONE), name="release"),
    path(
        "releases/<uuid:pk>/items/", plain(ReleaseView, {"post": "add"}), name="members"
    ),
    path(
        "releases/<uuid:pk>/items/<uuid:item>/",
        plain(ReleaseView, {"delete": "take_out"}),
        name="member",
    ),
    path(
        "releases/<uuid:pk>/schedule/",
        plain(ReleaseView, {"post": "schedule"}),
        name="release-schedule",
    ),
    path(
        "releases/<uuid:pk>/unschedule/",
        plain(ReleaseView, {"post": "unschedule"}),
        name="release-unschedule",
    ),
    path(
        "releases/<uuid:pk>/revert/",
        plain(ReleaseView, {"post": "revert"}),
        name="release-revert",
    ),
    path(
        "releases/<uuid:pk>/release/",
        plain(ReleaseView, {"post": "release"}),
        name="release-release",
    ),
]
