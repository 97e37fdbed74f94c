"""The doors behind the writing page: save as one types, who else is here, the lease.

They answer JSON. Who is signed out hears it as 401 and not as a page, so that the
browser can keep the words and ask.
"""

import json
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cms.admin import page
from cms.api.bodies import fault_of
from cms.databases import EDITORIAL
from editorial import merging, saving
from editorial.admin.house import origin_of
from editorial.blocks.nodes import MAX_BLOCKS
from editorial.exceptions import Refused
from editorial.models import Article, Clash, Course, Lesson, Sitting

LARGEST = 12 * 1024 * 1024
MOST_SETTLED = 200
LONGEST_TEXT = 100_000


WRITTEN = (Article, Course, Lesson)
"""What is saved as one types. Of a course: the words about it, beside its lessons."""


WANTS = ("read", "wait", "write", "too", "take")
"""To read, to read until it is free, to write, to write beside whoever has the lease,
or to take the lease away."""


class Nonsense(Exception):
    """What was sent is nothing that our page would send."""


def doors(desk):
    """Routes of the writing page, for the admin of what is saved as one types."""
    if desk.model not in WRITTEN:
        return []
    info = f"{desk.opts.app_label}_{desk.opts.model_name}"
    found = [
        path("<uuid:pk>/autosave/", _open(autosave, desk), name=f"{info}_autosave"),
        path("<uuid:pk>/here/", _open(here, desk), name=f"{info}_here"),
    ]
    if desk.model is Article:
        door = _open(partial(begin, desk), desk)
        found.append(path("begin/", door, name=f"{info}_begin"))
    return found


def _open(view, desk):
    """POST by staff who are signed in; every refusal is a sentence in JSON."""

    @never_cache
    @require_POST
    def door(request, pk=None):
        if not desk.admin_site.has_permission(request):
            return _say("You were signed out. Sign in again; your text waits.", 401)
        try:
            return view(request, *([_find(desk, request, pk)] if pk else []))
        except Http404 as problem:
            return _say(str(problem), 404)
        except Nonsense as problem:
            return _say(str(problem), 400)
        except ValidationError as problem:
            return _say(" ".join(problem.messages), 422, faults=problem.messages)
        except PermissionDenied as problem:
            return _say(str(problem) or "You may not change this.", 403)
        except saving.Ends as problem:
            return _say(str(problem), 409, ends=True)
        except Refused as problem:
            return _say(str(problem), 409)

    return door


def _say(sentence, status, **more):
    return JsonResponse({"sentence": sentence, **more}, status=status)


def _find(desk, request, pk):
    if desk.model is not Lesson:
        return saving.text_of(desk.find(request, pk))
    found = desk.get_queryset(request).filter(pk=pk).first()
    if found is None or not desk.has_view_permission(request, found):
        raise Http404("There is no such lesson.")
    return saving.text_of(found)


# --- Saving -----------------------------------------------------------------------


def begin(desk, request):
    """The first words on the page of a new article: it is on the desk from now on."""
    data = _taken(request)
    if not desk.has_add_permission(request):
        raise PermissionDenied("You may not write new articles.")
    title = data.get("title")
    if not isinstance(title, str) or len(title) > LONGEST_TEXT:
        raise Nonsense("The title is no text, or is too long.")
    item = saving.begin(
        desk.model(author=request.user, title=" ".join(title.split())[:500]),
        by=request.user,
        tab=_uuid(data.get("tab")),
        save_id=_uuid(data.get("save_id")),
        origin=origin_of(request),
    )
    return JsonResponse({**told(request, item), "change": desk.address(item)})


def autosave(request, text):
    data = _taken(request)
    draft = _draft(data, text)
    sitting = _sitting(request, text, data)
    saved = saving.autosave(
        text, draft, by=request.user, sitting=sitting, origin=origin_of(request)
    )
    return JsonResponse(
        {
            "save_id": str(draft.save_id),
            "revision": saved.revision,
            "saved_at": timezone.now().isoformat(),
            "remap": saved.remap,
            "unkept": saved.unkept,
            "text": _whole(saved.text) if saved.others else None,
            "clashes": _clashes(text),
            "status": saved.text.item.status,
            "slug": saved.text.row.slug,
        }
    )


def _whole(text):
    return {"blocks": text.blocks(), "fields": saving.words_of(text)}


def _clashes(text):
    return [
        {
            "id": str(clash.pk),
            "block": str(clash.block_id) if clash.block_id else None,
            "field": clash.field,
            "text": clash.text,
            "by": str(clash.written_by) if clash.written_by else "somebody",
        }
        for clash in Clash.objects.on(text.pk).select_related("written_by")
    ]


# --- Being here -------------------------------------------------------------------


def here(request, text):
    """Heard every few seconds from every open page; answers who else is there."""
    if request.content_type != "application/json":
        return _goodbye(request, text)
    data = _taken(request)
    state, wants = data.get("state"), data.get("wants")
    if state not in (Sitting.State.TYPING, Sitting.State.HERE, Sitting.State.IDLE):
        raise Nonsense("The state is typing, here or idle.")
    if wants not in WANTS:
        raise Nonsense("One wants to read, to wait, to write, to write too or to take.")
    may_write = saving.may_write(request.user, text.item)
    sitting = _sitting(request, text, data)
    with transaction.atomic(using=EDITORIAL):
        sitting = sitting.locked()
        if not sitting.has_just_left or data.get("fresh") is True:
            _note(sitting, state, wants, may_write, is_fresh=data.get("fresh") is True)
    revision = text.item.revision
    return JsonResponse(
        {
            "revision": revision,
            "status": text.item.status,
            "may_write": may_write,
            "people": _people(text, sitting),
            "lease": _lease(text, sitting),
            "text": _whole(text) if data.get("revision") != revision else None,
            "clashes": _clashes(text),
        }
    )


def _note(sitting, state, wants, may_write, *, is_fresh):
    """What a page said of itself; and the lease, where it may have it."""
    sitting.state, sitting.seen_at = state, timezone.now()
    sitting.reads = not may_write or wants in ("read", "wait")
    sitting.holds = sitting.holds and may_write and wants != "read"
    if wants == "too":
        sitting.taken_by = None
    sitting.save(update_fields=["state", "seen_at", "reads", "holds", "taken_by"])
    if may_write and wants != "read" and not sitting.holds:
        goes_on = is_fresh and wants == "write"
        sitting.take_lease(by_force=wants == "take", from_own=goes_on)


def _goodbye(request, text):
    """The page is closed: a beacon, with its CSRF token in the form."""
    tab = _uuid(request.POST.get("tab"))
    with transaction.atomic(using=EDITORIAL):
        own = Sitting.objects.at(text.pk).filter(tab=tab, person=request.user)
        for sitting in own.select_for_update():
            sitting.leave()
    return JsonResponse({})


def _people(text, own):
    """Everybody who is here: one line a person, as lively as their liveliest page."""
    found = {}
    liveliness = list(Sitting.State.values)
    for one in Sitting.objects.at(text.pk).here().select_related("person"):
        state = "reading" if one.reads and one.state == "here" else one.state
        rank = liveliness.index(one.state)
        before = found.get(one.person_id)
        if before is None or rank < before[0]:
            found[one.person_id] = (rank, one.person, state)
    return [
        {
            "id": str(person.pk),
            "name": str(person),
            "state": state,
            "you": person.pk == own.person_id,
        }
        for _, person, state in found.values()
    ]


def _lease(text, own):
    """Whose it is, in this page's eyes."""
    holder = Sitting.objects.at(text.pk).holding().select_related("person").first()
    if holder is None:
        return {"yours": False, "holder": None, "taken": False}
    return {
        "yours": holder.pk == own.pk,
        "holder": str(holder.person),
        "same_person": holder.person_id == own.person_id,
        "taken": own.taken_by_id is not None,
    }


@page("signed-in-again/", name="again")
def again(request, desk):
    """Where signing in anew leads: tells the waiting page its new token.

    Asked by a program it answers JSON; no other origin can read either.
    """
    told = {"person": str(request.user.pk), "token": get_token(request)}
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(told)
    return desk.show(
        request, "admin/editorial/item/again.html", title="Signed in again", told=told
    )


def _sitting(request, text, data):
    return Sitting.objects.sit_down(
        text_id=text.pk, tab=_uuid(data.get("tab")), person=request.user
    )


# --- What is sent -----------------------------------------------------------------


def _taken(request):
    raw = request.body
    if len(raw) > LARGEST:
        raise Nonsense("That is more text than fits. Divide the article.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise Nonsense("This is not JSON.") from None
    if not isinstance(data, dict):
        raise Nonsense("This is not an object.")
    if fault := fault_of(data):
        raise Nonsense(fault)
    return data


def _draft(data, text):
    revision = data.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise Nonsense("The revision is missing.")
    return saving.Draft(
        save_id=_uuid(data.get("save_id")),
        revision=revision,
        body=_edit(data),
        fields=_fields(data.get("fields", {}), text),
        settled=[str(_uuid(one)) for one in _list(data, "settled", MOST_SETTLED)],
        may_end=data.get("may_end") is True,
    )


def _edit(data):
    """Ids are checked here, content by `editorial.blocks` when it is stored."""
    changed, removed = {}, {}
    for one in _list(data, "changed", MAX_BLOCKS):
        block = one.get("now") if isinstance(one, dict) else None
        if not isinstance(block, dict) or set(block) != {"id", "type", "content"}:
            raise Nonsense("A changed block is not one.")
        pk = str(_uuid(block["id"]))
        changed[pk] = one.get("was"), {**block, "id": pk}
    for one in _list(data, "removed", MAX_BLOCKS):
        if not isinstance(one, dict) or not isinstance(one.get("was"), dict):
            raise Nonsense("A removed block is not one.")
        removed[str(_uuid(one["was"].get("id")))] = one["was"]
    order = _ids(data, "order")
    was_order = _ids(data, "was_order") if "was_order" in data else order
    return merging.Edit(changed, removed, was_order, order)


def _ids(data, name):
    return list(dict.fromkeys(str(_uuid(one)) for one in _list(data, name, MAX_BLOCKS)))


def _fields(data, text):
    if not isinstance(data, dict):
        raise Nonsense("The fields are not an object.")
    found = {}
    for name, pair in data.items():
        if name not in text.fields:
            raise Nonsense("There is no such field to be saved as one types.")
        texts = [pair.get("was"), pair.get("now")] if isinstance(pair, dict) else [None]
        if not all(isinstance(one, str) and len(one) <= LONGEST_TEXT for one in texts):
            raise Nonsense(f"The {name} is no text, or is too long.")
        found[name] = tuple(texts)
    return found


def _list(data, name, most):
    value = data.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise Nonsense(f"“{name}” is not a list, or is too long.")
    return value


def _uuid(value):
    try:
        return UUID(value) if isinstance(value, str) else _no_uuid()
    except ValueError:
        return _no_uuid()


def _no_uuid():
    raise Nonsense("An id is missing, or is none.")


def told(request, row):
    """What the writing page of a text is told when it is opened, or nothing."""
    if not isinstance(row, WRITTEN) or getattr(request, "simulation", None):
        return None
    if row._state.adding:
        return _told_of_a_new_one(request, row) if isinstance(row, Article) else None
    text = saving.text_of(row)
    return {
        **_told_of_all(request, text),
        "autosave": _address(text, "autosave"),
        "here": _address(text, "here"),
        "id": str(text.pk),
        "holder": _holder(request, text),
        # What was refused is shown again; it is compared with what is kept.
        "blocks": text.blocks() if request.method == "POST" else None,
        "revision": text.item.revision,
        "may_write": saving.may_write(request.user, text.item),
    }


def _told_of_all(request, text):
    return {
        "again": reverse("admin:again"),
        "sign_in": reverse("admin:login"),
        "kind": text.model._meta.model_name,
        "person": str(request.user.pk),
        "name": str(request.user),
        "fields": saving.words_of(text),
        "slug": text.row.slug,
    }


def _told_of_a_new_one(request, row):
    """It is begun at the first words."""
    return {
        **_told_of_all(request, saving.text_of(row)),
        "begin": reverse("admin:editorial_article_begin"),
        "id": "new",
        "revision": 0,
        "may_write": True,
        "holder": None,
        "blocks": [],
    }


def _holder(request, text):
    """Somebody else who writes now: the page opens for reading along."""
    holding = Sitting.objects.at(text.pk).holding().exclude(person=request.user)
    holder = holding.select_related("person").first()
    return str(holder.person) if holder else None


def _address(text, door):
    model = text.model._meta.model_name
    return reverse(f"admin:editorial_{model}_{door}", args=[text.pk])
