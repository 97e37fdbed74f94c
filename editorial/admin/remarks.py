"""Remarks beside the text, and on a page of their own for those without JavaScript.

The editor speaks JSON to the same doors; it is an endpoint of its own, not a part of
saving: who may not write in a text may still remark on it.
"""

import json

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.permissions import may
from editorial import blocks
from editorial.admin.body import ITEM_PAGES
from editorial.admin.house import asked_words, origin_of
from editorial.exceptions import Refused
from editorial.models import ReviewComment
from editorial.remarks import (
    LONGEST,
    add_remark,
    delete_remark,
    edit_remark,
    resolve_remark,
    threads_on,
    who_may_be_named,
)

ITEM_PAGES |= {
    "remarks": "admin:editorial_{kind}_threads",
    "named": "admin:editorial_{kind}_named",
}


class RemarkForm(forms.Form):
    """What is sent, as a form or as JSON; nothing else is looked at."""

    id = forms.UUIDField(required=False)
    comment = forms.CharField(max_length=LONGEST)
    block_id = forms.UUIDField(required=False)
    parent = forms.UUIDField(required=False)
    quote = forms.CharField(max_length=20_000, required=False, strip=False)
    start = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


# --- The page ---------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def page(request, pk, *, desk):
    item = desk.find(request, pk)
    if request.method == "POST":
        form = RemarkForm(request.POST)
        if not form.is_valid():
            messages.error(request, "The remark is empty. Say what you mean.")
        elif _try(request, lambda: _add(request, item, form.cleaned_data)):
            messages.success(request, "Your remark is there.")
            return HttpResponseRedirect(desk.address(item, "remarks"))
    return desk.page(
        request,
        "admin/editorial/item/remarks.html",
        item,
        title=f"Remarks on “{item}”",
        back=desk.address(item),
        here=desk.address(item, "remarks"),
        base=f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
        may_remark=may(request.user, "comment_on_draft", item),
        may_share=may(request.user, "grant", item),
        typed=request.POST.get("comment", ""),
        **_by_block(item),
    )


def _by_block(item):
    """Blocks with their remarks; those on the whole; those whose words are gone."""
    threads = threads_on(item)
    body = item.block_list() if hasattr(item, "block_list") else []
    known = {block["id"] for block in body}
    at = {}
    for one in threads:
        if one.block_id is None:
            at.setdefault("whole", []).append(one)
        elif one.is_orphan or str(one.block_id) not in known:
            at.setdefault("orphans", []).append(one)
        else:
            at.setdefault(str(one.block_id), []).append(one)
    for there in at.values():
        there.sort(key=lambda one: one.selection_start or 0)
    return {
        "general": at.get("whole", []),
        "orphans": at.get("orphans", []),
        "blocks": [
            {
                "id": block["id"],
                "type": block["type"].replace("_", " "),
                "text": blocks.plain_text([block]),
                "remarks": at.get(block["id"], []),
            }
            for block in body
        ],
    }


def _try(request, act):
    try:
        act()
    except Refused as problem:
        messages.error(request, str(problem))
        return False
    return True


def _add(request, item, data, **kwargs):
    parent = data["parent"] and find(item, data["parent"])
    return add_remark(
        item,
        by=request.user,
        comment=data["comment"],
        block_id=data["block_id"],
        quote=data["quote"],
        start=data["start"],
        parent=parent or None,
        pk=data["id"],
        origin=origin_of(request),
        **kwargs,
    )


def find(item, pk):
    """A remark on this item; one on another is not there."""
    found = ReviewComment.objects.on(item).filter(pk=pk)
    found = found.select_related("author", "parent").first()
    if found is None:
        raise Http404("There is no such remark.")
    return found


# --- What the editor asks ---------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def threads(request, pk, *, desk):
    """All remarks as JSON; a POST says one, wherever the text then stands."""
    item = desk.find(request, pk)
    if request.method != "POST":
        found = threads_on(item)
        return _private(
            {
                "threads": [shown(one, item, request.user) for one in found],
                "may_remark": may(request.user, "comment_on_draft", item),
            }
        )
    form = RemarkForm(_sent(request))
    if not form.is_valid():
        return _private({"problem": "The remark is empty, or too long."}, 422)
    return _answer(
        request,
        item,
        desk,
        lambda: _add(request, item, form.cleaned_data, is_strict=False),
        status=201,
    )


def _done_to(request, pk, remark, desk, action, **words):
    """One action on one remark of this item, and what became of it."""
    item = desk.find(request, pk)
    found = find(item, remark)
    about = {"item": item, "by": request.user, "origin": origin_of(request)}
    return _answer(request, item, desk, lambda: action(found, **about, **words))


@require_POST
def change(request, pk, remark, *, desk):
    words = str(_sent(request).get("comment", ""))
    return _done_to(request, pk, remark, desk, edit_remark, comment=words)


@require_POST
def delete(request, pk, remark, *, desk):
    return _done_to(request, pk, remark, desk, delete_remark)


@require_POST
def resolve(request, pk, remark, *, desk):
    resolved = "reopen" not in _sent(request)
    return _done_to(request, pk, remark, desk, resolve_remark, resolved=resolved)


@require_safe
def people(request, pk, *, desk):
    """Colleagues who may read this, for the list that opens after an @."""
    item = desk.find(request, pk)
    if not may(request.user, "comment_on_draft", item):
        raise PermissionDenied("You may not remark on this.")
    words = asked_words(request.GET, "q", 60)
    return _private(
        {
            "people": [
                {"handle": one.slug, "name": str(one)}
                for one in who_may_be_named(item, words)
            ]
        }
    )


def wants_json(request):
    return "application/json" in request.headers.get("Accept", "")


def _sent(request):
    if request.content_type != "application/json":
        return request.POST
    try:
        found = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _answer(request, item, desk, act, status=200):
    """JSON for the editor, a page for a form; a refusal is a sentence either way."""
    if not wants_json(request):
        _try(request, act)
        return HttpResponseRedirect(desk.address(item, "remarks"))
    try:
        made = act()
    except Refused as problem:
        return _private({"problem": str(problem)}, 409)
    except PermissionDenied as problem:
        return _private({"problem": str(problem) or "You may not do this."}, 403)
    if made is None:
        return _private({})
    head = made.parent_id or made.pk
    thread = next(one for one in threads_on(item, head=head) if one.pk == head)
    return _private({"thread": shown(thread, item, request.user)}, status)


def _private(data, status=200):
    return JsonResponse(data, status=status, headers={"Cache-Control": "no-store"})


def shown(remark, item, user):
    """One remark, with its answers if it began a thread, as the editor knows it."""
    found = {
        "id": str(remark.pk),
        "by": str(remark.by),
        "external": remark.author_id is None,
        "mine": remark.author_id == user.pk,
        "may_delete": remark.author_id == user.pk
        or (remark.author_id is None and may(user, "grant", item)),
        "at": remark.created_at.isoformat(),
        "edited": remark.edited_at is not None,
        "comment": remark.comment,
        "names": {one.person.slug: str(one.person) for one in remark.mentions.all()},
    }
    if remark.parent_id is None:
        found |= {
            "block": remark.block_id and str(remark.block_id),
            "start": remark.selection_start,
            "end": remark.selection_end,
            "quote": remark.quote,
            "original_quote": remark.original_quote,
            "orphan": remark.is_orphan,
            "resolved": remark.is_resolved,
            "resolved_by": str(remark.resolved_by) if remark.resolved_by else "",
            "answers": [shown(one, item, user) for one in remark.answers],
        }
    return found
