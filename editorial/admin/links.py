"""Links for somebody outside: who made which, and how often it was opened."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from editorial.admin.house import origin_of
from editorial.exceptions import Refused
from editorial.models import ReviewLink
from editorial.sharing import check_may_share, make_link, revoke_link

LIVES = {1: "A day", 7: "A week", 30: "30 days", 90: "90 days"}
SHOWN = 50


class LinkForm(forms.Form):
    label = forms.CharField(
        max_length=100,
        label="For whom",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "Dr. Okafor, fact check"}
        ),
    )
    days = forms.TypedChoiceField(
        label="Opens for", coerce=int, choices=list(LIVES.items()), initial=7
    )
    may_comment = forms.BooleanField(
        label="They may leave remarks", required=False, initial=True
    )


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("address")
def page(request, pk, *, desk):
    """The address stands in the answer to the form, once, and nowhere else."""
    item = desk.find(request, pk)
    check_may_share(item, request.user)
    form = LinkForm(request.POST or None, label_suffix="")
    made = address = None
    if request.method == "POST" and form.is_valid():
        try:
            made, address = make_link(
                item, by=request.user, origin=origin_of(request), **form.cleaned_data
            )
            form = LinkForm(label_suffix="")
        except Refused as problem:
            messages.error(request, str(problem))
    listed = ReviewLink.objects.on(item).select_related(
        "version", "created_by", "revoked_by"
    )
    heavy = ("snapshot", "rendered", "diff_from_previous")
    listed = listed.defer(*(f"version__{name}" for name in heavy))[:SHOWN]
    answer = desk.page(
        request,
        "admin/editorial/item/links.html",
        item,
        title="Guests",
        status=422 if form.errors else 200,
        back=desk.address(item),
        base=f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
        form=form,
        made=made,
        link_address=address,
        links=listed,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@require_POST
def revoke(request, pk, link, *, desk):
    item = desk.find(request, pk)
    found = ReviewLink.objects.on(item).filter(pk=link).first()
    if found is None:
        raise Http404("There is no such link.")
    revoke_link(found, item, by=request.user, origin=origin_of(request))
    messages.success(request, f"The link for “{found}” opens nothing now.")
    return HttpResponseRedirect(desk.address(item, "guests"))
