"""What is sent through each door: enough for it to be done by whoever may."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from editorial.api.rights import VERBS
from tests.editorial.wordfile import word_file
from tests.walk.world import STATES, picture

TAB, SAVE = (f"01980000-0000-7000-8000-00000000000{one}" for one in (1, 2))


def body(world, method, route, case):
    """Form fields for the desk and readers' pages; nothing for a GET."""
    if method == "GET":
        return {}
    words = case.split()
    whose = "own" if "own" in words else "other"
    state = next((one for one in words if one in STATES), "draft")
    if route.startswith("api/v1/editorial/"):
        return api_body(world, method, route, whose, state)
    for end, make in FORMS:
        if route.endswith(end):
            return make(world, whose, state, words)
    return {}


def api_body(world, method, route, whose, state):
    """What the newsroom's API takes."""
    noun, *rest = route.removeprefix("api/v1/editorial/").strip("/").split("/")
    last = rest[-1] if rest else ""
    if last in SAID_BY_VERB:
        return SAID_BY_VERB[last](world)
    if method == "DELETE":
        return {}
    if last == "restore":
        return {}
    if noun in ("articles", "courses") and last in ("", "<uuid:pk>"):
        whole = {"articles": {"blocks": []}, "courses": {"description": "All."}}
        fields = {"title": "Low water"}
        if method == "PUT":
            fields |= whole[noun] | {"category": str(world.space.pk)}
        return fields
    if last == "order":
        item = world.item("course", whose, state)
        ids = item.sections if "lessons" not in rest else item.lessons
        return {"order": [str(one.pk) for one in ids.all()]}
    if last == "lessons":
        section = world.item("course", whose, state).lessons.first().section_id
        return {"title": "Reefs", "section": str(section)}
    if last in ("sections", "<uuid:section>", "<uuid:lesson>"):
        return {"title": "Reefs"}
    if last == "remarks":
        return {"comment": "Is this so?"}
    if last == "<uuid:remark>":
        return {"comment": "Was this so?"}
    if last == "resolve":
        return {"resolved": True}
    if last == "look_again":
        return {"on": "2031-01-01"}
    if last == "links":
        return {"label": "Legal", "days": 7}
    if last == "file":
        return {"file": picture()}
    if last in ("revoke", "read"):
        return {}
    if noun == "media" and method == "POST":
        return {"file": picture(), "is_decorative": "true"}
    if last == "items":
        live = world.item("article", "other", "published")
        return {"kind": "article", "id": str(live.pk), "change": "unpublish"}
    if noun in ("articles", "courses") or last in ("done", "release", "revert"):
        return {}  # a verb that needs no words
    named = {"tasks": "title", "media": "title"}
    return {named.get(noun, "name"): "Sun"}


def _later(world):
    return {"at": (timezone.now() + timedelta(days=2)).isoformat()}


def _reviewer(world):
    return {"reviewer": str(world.people["R"].pk)}


def _word(world):
    return {"comment": "As agreed."}


SAID_BY_VERB = {
    **dict.fromkeys(VERBS, _word),
    "schedule": _later,
    "set_unpublish_at": _later,
    "start_review": _reviewer,
    "reassign_review": _reviewer,
}


def article(world, whose, state, words):
    item = world.item("article", whose, state)
    return item_fields(item, world) | {
        "excerpt": item.excerpt,
        "kind": "post",
        "post_format": "standard",
        "menu_order": "0",
        "body": "The harbour at six.",
    }


def new_article(world, whose, state, words):
    return {
        "title": "Low water",
        "category": str(world.space.pk),
        "kind": "post",
        "post_format": "standard",
        "menu_order": "0",
        "body": "The harbour at six.",
    }


def item_fields(item, world):
    return {
        "title": item.title,
        "slug": item.slug,
        "category": str(item.category_id),
        "seen_revision": str(item.revision),
        "_save": "1",
    }


def course(world, whose, state, words):
    item = world.item("course", whose, state)
    fields = item_fields(item, world) | {
        "description": "All about it.",
        "difficulty_level": "beginner",
        "is_free": "on",
        "currency": "EUR",
    }
    for prefix in ("sections", "lessons"):
        fields |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return fields


def new_course(world, whose, state, words):
    return {
        "title": "Sailing",
        "category": str(world.space.pk),
        "difficulty_level": "beginner",
        "is_free": "on",
        "currency": "EUR",
    }


def lesson(world, whose, state, words):
    item = world.item("course", whose, state)
    one = item.lessons.first()
    return {
        "title": one.title,
        "slug": one.slug,
        "section": str(one.section_id),
        "content_type": "text",
        "order_index": "0",
        "body": "All about it.",
        "seen_revision": str(item.revision),
    }


def course_verb(*case):
    return verb(*case, kind="course")


def verb(world, whose, state, words, kind="article"):
    later = timezone.now() + timedelta(days=2)
    read = {}
    if words and words[0] == "approve":
        read = {"seen_hash": world.item(kind, whose, state).content_hash()}
    return {
        **read,
        "comment": "As agreed.",
        "reviewer": str(world.people["R"].pk),
        "publish_at": later.strftime("%Y-%m-%dT%H:%M"),
        "unpublish_at": later.strftime("%Y-%m-%dT%H:%M"),
    }


def category(world, *case):
    return {
        "name": "Planets",
        "slug": "planets",
        "parent": str(world.science.pk),
        "display_order": "0",
        "is_active": "on",
    }


def space(world, *case):
    return category(world) | {"name": "Space", "slug": "space"}


def tag(world, *case):
    return {"name": "Sun", "slug": "sun"}


def series(world, *case):
    empty = {"parts-TOTAL_FORMS": "0", "parts-INITIAL_FORMS": "0"}
    return {"name": "Tides", "slug": "tides", **empty}


def task(world, *case):
    return {
        "title": "Call the harbour",
        "task_type": "other",
        "priority": "medium",
        "status": "pending",
        "assigned_to": str(world.wim.pk),
    }


def media(world, *case):
    return {"title": "A dot", "file": picture(), "is_decorative": "on"}


def word_document(world, *case):
    return {"file": SimpleUploadedFile("harbour.docx", word_file(picture=b"none"))}


def known_media(world, *case):
    return {"title": "A dot", "is_decorative": "on", "focal_x": "0.5", "focal_y": "0.5"}


def tagged_media(world, whose, *case):
    return {"do": "tag", "tag": "sea", "ids": str(world.media(whose).pk)}


def release(world, *case):
    return {"name": "Tuesday", "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0"}


def on_the_board(world, whose, state, words):
    item = world.item("article", whose, state)
    return {"item": f"article:{item.pk}", "to": "pending_review"}


def on_the_calendar(world, whose, state, words):
    item = world.item("article", whose, state)
    return {"entry": f"look:article:{item.pk}", "day": "2099-01-01"}


def typed(*case):
    """What the writing page sends, of a text that it saw when it was empty."""
    return {
        "tab": TAB,
        "save_id": SAVE,
        "revision": 0,
        "fields": {"title": {"was": "", "now": "Low water"}},
    }


FORMS = (
    ("/begin/", lambda *case: {"tab": TAB, "save_id": SAVE, "title": "Low"}),
    ("/autosave/", typed),
    ("/here/", lambda *case: {"tab": TAB, "state": "here", "wants": "write"}),
    ("/look/", lambda *case: {"fields": {"title": "Low"}, "want": ["checks", "card"]}),
    ("admin/board/move/", on_the_board),
    ("admin/calendar/move/", on_the_calendar),
    ("admin/filters/<uuid:pk>/", lambda *case: {"do": "first"}),
    (
        "admin/filters/",
        lambda *case: {"page": "article", "name": "Mine", "query": "whose=mine"},
    ),
    ("admin/panels/", lambda *case: {"order": ["my_drafts"], "shown": ["my_drafts"]}),
    (
        "admin/editorial/editorialtask/<uuid:pk>/state/",
        lambda *case: {"state": "in_progress"},
    ),
    ("admin/editorial/article/intake/paste/", lambda *case: {"text": "A. B."}),
    ("admin/editorial/article/intake/word/", word_document),
    ("admin/editorial/article/add/", new_article),
    ("admin/editorial/article/<path:object_id>/change/", article),
    ("admin/editorial/course/add/", new_course),
    ("admin/editorial/course/<path:object_id>/change/", course),
    ("admin/editorial/lesson/<path:object_id>/change/", lesson),
    ("admin/editorial/course/<uuid:pk>/do/<slug:verb>/", course_verb),
    ("/do/<slug:verb>/", verb),
    ("/remarks/", lambda *case: {"comment": "Is this so?"}),
    ("/remarks/all/", lambda *case: {"comment": "Is this so?"}),
    ("<uuid:remark>/change/", lambda *case: {"comment": "Was this so?"}),
    ("/guests/", lambda *case: {"label": "Legal", "days": "7"}),
    ("review/<str:token>/", lambda *case: {"name": "Ada", "comment": "So?"}),
    ("admin/editorial/notice/mail/", lambda *case: {"by_mail": "no"}),
    (
        "/people/",
        lambda world, *case: {
            "person": str(world.people["R"].pk),
            "hand": "co_author",
        },
    ),
    ("admin/editorial/category/add/", category),
    ("admin/editorial/category/<path:object_id>/change/", space),
    ("admin/editorial/tag/add/", tag),
    ("admin/editorial/tag/<path:object_id>/change/", tag),
    ("admin/editorial/series/add/", series),
    ("admin/editorial/series/<path:object_id>/change/", series),
    ("admin/editorial/media/add/", media),
    ("admin/editorial/media/upload/", lambda *case: {"file": picture()}),
    ("admin/editorial/media/do/", tagged_media),
    ("admin/editorial/media/<path:object_id>/change/", known_media),
    ("admin/editorial/mediafolder/add/", lambda *case: {"name": "Boats"}),
    (
        "admin/editorial/mediafolder/<path:object_id>/change/",
        lambda *case: {"name": "Boats"},
    ),
    ("admin/editorial/editorialtask/add/", task),
    ("admin/editorial/editorialtask/<path:object_id>/change/", task),
    ("admin/editorial/release/add/", release),
    (
        "admin/editorial/release/<uuid:pk>/schedule/",
        lambda *case: {"release_at": "2099-01-15T09:30"},
    ),
    ("admin/editorial/release/<path:object_id>/change/", release),
    ("/delete/", lambda *case: {"post": "yes"}),
    ("engagement/discussion/<slug:kind>/<uuid:content_id>/", lambda *case: SAID),
    ("/reply/", lambda *case: SAID),
    ("/edit/", lambda *case: SAID),
    ("engagement/reactions/<slug:kind>/<uuid:target_id>/", lambda *case: LIKED),
)
SAID = {"body": "It was a fine morning."}
LIKED = {"reaction": "like"}
