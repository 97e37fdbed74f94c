"""`/review/<token>/`: the page of somebody without an account.

It shows one version in the site's look and takes remarks on it. It knows no session
and links to nothing of the desk. A link that is revoked, over, mistyped or never was
gives the same answer.
"""

from functools import wraps

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from cms.addresses import address_of
from cms.limits import network_of, take
from editorial import blocks, library, sharing
from editorial.exceptions import Refused
from editorial.models.articles import images

HOUR = 60 * 60
OPENINGS = (600, HOUR)
"""Of pages, from one network: whoever guesses, and whoever fetches without end."""
REMARKS_BY_LINK, REMARKS_BY_NETWORK = (60, HOUR), (30, 10 * 60)
TOO_OFTEN = (
    "That was a lot at once. Your words are below; wait a few minutes, then say them "
    "again."
)


class GuestForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    comment = forms.CharField(
        max_length=sharing.LONGEST,
        label="Your remark",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    block = forms.UUIDField(required=False)
    quote = forms.CharField(max_length=20_000, required=False, strip=False)


def kept_private(view):
    """Whatever is answered: no cache keeps it, no other site and no index hears of it.

    The address goes to our own pages alone ("same-origin"): with "no-referrer" the
    browser would hide from us, too, that a form comes from here.
    """

    @wraps(view)
    def answer(request, token):
        response = view(request, token)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@kept_private
@csrf_protect
@sensitive_variables("token")
def page(request, token):
    network = network_of(address_of(request))
    if take("review-page", network, *OPENINGS):
        return _not_here(request, status=429)
    link = sharing.opened_by(token)
    if link is None:
        return _not_here(request)
    if request.method != "POST":
        said = request.GET.get("said", "")
        mine = next((one for one in link.comments.all() if str(one.pk) == said), None)
        if mine is None and request.method == "GET":
            sharing.note_opening(link)
        name = mine.guest_name if mine else ""
        return _shown(request, link, GuestForm(initial={"name": name}))
    form = GuestForm(request.POST)
    if not form.is_valid():
        return _shown(request, link, form, status=422)
    if take("review-link", link.pk, *REMARKS_BY_LINK) or take(
        "review-network", network, *REMARKS_BY_NETWORK
    ):
        form.add_error(None, TOO_OFTEN)
        return _shown(request, link, form, status=429)
    said = form.cleaned_data
    try:
        remark = sharing.remark_by_guest(
            link,
            name=said["name"],
            comment=said["comment"],
            block_id=said["block"],
            quote=said["quote"],
            origin={
                "ip_address": address_of(request) or None,
                "user_agent": request.headers.get("User-Agent", ""),
            },
        )
    except (Refused, PermissionDenied) as problem:
        form.add_error(None, str(problem))
        return _shown(request, link, form, status=409)
    return redirect(f"{request.path}?said={remark.pk}#said")


def _not_here(request, status=404):
    return render(request, "editorial/no_review.html", status=status)


def _shown(request, link, form, status=200):
    version = link.version
    snapshot = version.snapshot
    remarks = list(link.comments.order_by("created_at"))
    body = _blocks_of(snapshot)
    known = {part["id"] for part in body}
    for part in body:
        part["remarks"] = [one for one in remarks if _place_of(one) == part["id"]]
    asked = str(form["block"].value() or "") if form.is_bound else ""
    return render(
        request,
        "editorial/review.html",
        {
            "link": link,
            "version": version,
            "snapshot": snapshot,
            "title": version.title or "Untitled",
            "standfirst": snapshot.get("excerpt", ""),
            "parts": body,
            "whole": _whole_of(version, body),
            "remarks": [one for one in remarks if _place_of(one) not in known],
            "form": form,
            "asked": asked,
            "said": request.GET.get("said", ""),
            "name": form["name"].value() or "",
            "typed": form["comment"].value() or "",
            "quoted": form["quote"].value() or "",
        },
        status=status,
    )


def _place_of(remark):
    return str(remark.block_id) if remark.block_id else ""


def _blocks_of(snapshot):
    """Each block of the version by itself, so that a remark can stand below it."""
    body = snapshot.get("blocks") or []
    media = images(blocks.media_ids(body))
    return [
        {
            "id": block["id"],
            "html": mark_safe(blocks.render([block], media=media)),  # noqa: S308
        }
        for block in body
    ]


def _whole_of(version, body):
    """A course has no blocks of its own: its text and its lessons, as kept."""
    if body:
        return []
    rendered = library.as_made_now(version.rendered)
    names = {
        lesson["id"]: lesson["title"]
        for section in version.snapshot.get("sections", [])
        for lesson in section["lessons"]
    }
    return [
        ("", mark_safe(rendered.get("html", ""))),  # noqa: S308
        *(
            (names.get(pk, ""), mark_safe(lesson["html"]))  # noqa: S308
            for pk, lesson in rendered.get("lessons", {}).items()
        ),
    ]
