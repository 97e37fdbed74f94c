"""The discussion as a fragment of a reader page, and as a page of its own.

A form that is sent by fetch (`X-Requested-With: fetch`) gets the fragment back; a
plain one gets a redirect, so that everything works without JavaScript.
"""

import logging
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from engagement.comments import actions as comments
from engagement.comments.models import Comment
from engagement.comments.screening import Refused
from engagement.comments.writing import MAX_LENGTH
from engagement.discussion.context import discussion_context, sign_in_url
from engagement.discussion.members import (
    DATABASE_DOWN,
    SignInUnavailable,
    member_of,
    member_or_none,
)
from engagement.reactions import actions as reactions
from engagement.reactions.models import Reaction
from engagement.refs.models import ContentRef, UserRef

log = logging.getLogger(__name__)

FRAGMENT = "engagement/_discussion.html"
PAGE = "engagement/discussion.html"


# --- What all answers have in common -------------------------------------------------


def by_fetch(request):
    return request.headers.get("x-requested-with") == "fetch"


def answer(request, ref, member, *, status=200, **extra):
    """The discussion as it is now, as fragment or as page."""
    context = discussion_context(ref, member, request.GET, **extra)
    template = FRAGMENT if by_fetch(request) else PAGE
    return render(request, template, context, status=status)


def outlives_the_databases(*, always_fragment=False):
    """With a database down: 503 and a sentence, in the shape that was asked for."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            as_fragment = always_fragment or by_fetch(request)
            try:
                return view(request, *args, **kwargs)
            except Http404:
                if not as_fragment:
                    raise
                # A whole page must not be put into the middle of one.
                return sentence(
                    request,
                    "This discussion is not there. Please reload the page.",
                    status=404,
                )
            except SignInUnavailable:
                message = (
                    "Signing in does not work right now, so nothing was saved. "
                    "Please try again in a few minutes."
                )
            except DATABASE_DOWN as problem:
                log.warning("The engagement database does not answer: %s", problem)
                message = "Comments and reactions are resting. Please look again soon."
            response = sentence(request, message, status=503, as_fragment=as_fragment)
            response.headers["Retry-After"] = "60"
            return response

        return wrapped

    return decorate


def sentence(request, message, *, status, as_fragment=True):
    """Nothing but a sentence; what was typed goes back to its writer."""
    template = "_unavailable.html" if as_fragment else "unavailable.html"
    context = {"message": message, "body": request.POST.get("body", "")}
    return render(request, f"engagement/{template}", context, status=status)


def live_content(kind, content_id):
    return get_object_or_404(ContentRef.objects.live(), pk=content_id, kind=kind)


def visible_comment(comment_id):
    comment = get_object_or_404(Comment.objects.visible().with_people(), pk=comment_id)
    return comment, live_content(comment.content_kind, comment.content_id)


def own_comment(comment_id, member):
    """The lookup is the permission: what is not theirs is not there."""
    comment = get_object_or_404(
        Comment.objects.by(member.pk).with_people(), pk=comment_id
    )
    return comment, live_content(comment.content_kind, comment.content_id)


def ask_to_sign_in(request, ref):
    if by_fetch(request):
        return answer(request, ref, None, status=403, error="Please sign in first.")
    return redirect(sign_in_url(ref))


def redirect_to_sign_in(request):
    if by_fetch(request):
        return sentence(request, "Please sign in first.", status=403)
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}")


def back_to(request, ref, member, comment=None):
    if by_fetch(request):
        return answer(request, ref, member)
    if comment is not None:
        return redirect(comment.get_absolute_url())
    page = reverse("engagement:discussion", args=[ref.kind, ref.pk])
    return redirect(f"{page}#discussion")


# --- Reading -------------------------------------------------------------------------


@never_cache
@require_safe
@outlives_the_databases(always_fragment=True)
def fragment(request, kind, content_id):
    ref = live_content(kind, content_id)
    context = discussion_context(ref, member_or_none(request), request.GET)
    return render(request, FRAGMENT, context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@outlives_the_databases()
def page(request, kind, content_id):
    """GET: the discussion. POST: a new comment."""
    ref = live_content(kind, content_id)
    if request.method == "POST":
        return _post_comment(request, ref)
    return answer(request, ref, member_or_none(request))


# --- Writing -------------------------------------------------------------------------


def _post_comment(request, ref, parent=None):
    member = member_of(request)
    if member is None:
        return ask_to_sign_in(request, ref)
    try:
        comment = comments.post(
            by=UserRef.objects.remember(member),
            ref=ref,
            body=request.POST.get("body", ""),
            parent_id=parent.pk if parent else None,
        )
    except Refused as refusal:
        return _try_again(request, ref, member, refusal, parent)
    return back_to(request, ref, member, comment)


def _try_again(request, ref, member, refusal, comment=None, **extra):
    """The form once more, with what was typed and what is wrong with it."""
    typed = {"error": str(refusal), "body": request.POST.get("body", "")}
    if comment is not None and not by_fetch(request):
        return _form_page(request, ref, comment, status=422, **typed, **extra)
    if comment is not None:
        typed["open_comment"] = comment.pk
        typed["open_form"] = "edit" if extra.get("is_edit") else "reply"
    return answer(request, ref, member, status=422, **typed)


def _form_page(request, ref, comment, *, status=200, **extra):
    """A reply or an edit on a page of its own, for those without JavaScript."""
    context = {
        "content": ref,
        "comment": comment,
        "max_length": MAX_LENGTH,
        "body": "",
        "error": "",
        **extra,
    }
    return render(request, "engagement/comment_form.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@outlives_the_databases()
def reply(request, comment_id):
    comment, ref = visible_comment(comment_id)
    if request.method == "POST":
        return _post_comment(request, ref, parent=comment)
    if member_or_none(request) is None:
        return ask_to_sign_in(request, ref)
    return _form_page(request, ref, comment)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@outlives_the_databases()
def edit(request, comment_id):
    member = member_of(request)
    if member is None:
        return redirect_to_sign_in(request)
    comment, ref = own_comment(comment_id, member)
    if request.method == "POST":
        try:
            comments.edit(comment.pk, by=member.pk, body=request.POST.get("body", ""))
        except Refused as refusal:
            return _try_again(request, ref, member, refusal, comment, is_edit=True)
        return back_to(request, ref, member, comment)
    return _form_page(request, ref, comment, body=comment.body, is_edit=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@outlives_the_databases()
def delete(request, comment_id):
    """GET asks whether it is meant, POST does it."""
    member = member_of(request)
    if member is None:
        return redirect_to_sign_in(request)
    comment, ref = own_comment(comment_id, member)
    if request.method == "POST":
        try:
            comments.delete(comment.pk, by=member.pk)
        except Refused as refusal:
            return answer(request, ref, member, status=422, error=str(refusal))
        return back_to(request, ref, member)
    return render(
        request,
        "engagement/comment_delete.html",
        {"content": ref, "comment": comment},
    )


@never_cache
@require_POST
@outlives_the_databases()
def react(request, kind, target_id):
    """`reaction` names one of the five; empty takes mine back."""
    if kind == "comment":
        _, ref = visible_comment(target_id)
    else:
        ref = live_content(kind, target_id)
    member = member_of(request)
    if member is None:
        return ask_to_sign_in(request, ref)
    reaction = request.POST.get("reaction")
    if reaction is None or (reaction and reaction not in Reaction.Kind.values):
        return answer(
            request, ref, member, status=422, error="There is no such reaction."
        )
    UserRef.objects.remember(member)
    reactions.react(
        by=member.pk, kind=kind, target_id=target_id, reaction=reaction or None
    )
    return back_to(request, ref, member)
