"""Kept filters: named questions to the desk's lists, one's own or a role's.

A list opens with the filter that somebody chose as theirs, when its address asks for
nothing at all.
"""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from cms.admin import page
from cms.databases import EDITORIAL
from editorial.admin.house import origin_of
from editorial.models import AuditLog, DeskPreference, SavedFilter

PAGES = {
    SavedFilter.Page.ARTICLES: "admin:editorial_article_changelist",
    SavedFilter.Page.COURSES: "admin:editorial_course_changelist",
    SavedFilter.Page.MEDIA: "admin:editorial_media_changelist",
    SavedFilter.Page.TASKS: "admin:editorial_editorialtask_changelist",
    SavedFilter.Page.BOARD: "admin:editorial_board",
    SavedFilter.Page.CALENDAR: "admin:editorial_calendar",
}
ALL = "all"
"""Asks a list for everything, whatever its filter at the start is."""
PASSING = {
    "after",
    "p",
    "page",
    "cursor",
    "e",
    "_changelist_filters",
    ALL,
    "day",
    "month",
}
"""Where one is in a list, not what one asked it."""


def asked(query):
    """A query string as it is kept: sorted, without paging and empty parts."""
    pairs = [
        (name, value)
        for name, values in QueryDict(query[:2000]).lists()
        for value in values
        if value and name not in PASSING
    ]
    return urlencode(sorted(pairs))


def kept_for(request, which):
    """What the bar of kept filters on a page needs."""
    user = request.user
    mine = list(
        SavedFilter.objects.visible_to(user)
        .filter(page=which)
        .select_related("owner", "shared_with")
    )
    now = asked(request.META.get("QUERY_STRING", ""))
    opens_with = (preference_of(user).defaults or {}).get(which)
    for one in mine:
        one.url = f"{reverse(PAGES[which])}?{one.query or ALL + '=1'}"
        one.is_now = one.query == now
        one.is_first = str(one.pk) == opens_with
        one.is_mine = one.owner_id == user.pk
    return {
        "page": which,
        "rows": mine,
        "query": now,
        "is_kept": any(one.is_now for one in mine),
        "current": next((one for one in mine if one.is_now), None),
        "all_url": f"{reverse(PAGES[which])}?{ALL}=1",
        "roles": Role.objects.filter(pk__in=[r.role_id for r in user.current_roles])
        if mine or now
        else [],
    }


def preference_of(user):
    found = DeskPreference.objects.filter(person=user).first()
    return found or DeskPreference(person=user)


def first_filter(request, which):
    """Where a list sends somebody who asked it for nothing; None: it stays."""
    if request.method != "GET" or request.GET:
        return None
    chosen = (preference_of(request.user).defaults or {}).get(which)
    if not chosen:
        return None
    found = (
        SavedFilter.objects.visible_to(request.user)
        .filter(pk=chosen, page=which)
        .first()
    )
    if found is None or not found.query:
        return None
    return HttpResponseRedirect(f"{reverse(PAGES[which])}?{found.query}")


class FilterForm(forms.ModelForm):
    class Meta:
        model = SavedFilter
        fields = ("name", "page", "query", "shared_with")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        held = {one.role_id for one in user.current_roles}
        self.fields["shared_with"].queryset = Role.objects.filter(pk__in=held)

    def clean_query(self):
        return asked(self.cleaned_data["query"])


@page("filters/", name="editorial_filters")
@require_http_methods(["POST"])
def keep(request, *, desk):
    """Keep the filter that is set, under a name."""
    form = FilterForm(request.POST, user=request.user)
    which = request.POST.get("page")
    if which not in PAGES:
        raise Http404("There is no such list.")
    back = f"{reverse(PAGES[which])}?{asked(request.POST.get('query', '')) or 'all=1'}"
    if not form.is_valid():
        said = [text for lines in form.errors.values() for text in lines]
        messages.error(request, "The filter was not kept. " + " ".join(said))
        return HttpResponseRedirect(back)
    kept = form.save(commit=False)
    kept.owner = request.user
    try:
        with transaction.atomic(using=EDITORIAL):
            kept.save()
            _record(request, "create", kept)
    except IntegrityError:
        messages.error(
            request, f"You have a filter called “{kept.name}” here. Choose a new name."
        )
    else:
        whom = f" for every {kept.shared_with}" if kept.shared_with else ""
        messages.success(request, f"“{kept.name}” is kept{whom}.")
    return HttpResponseRedirect(back)


@page("filters/<uuid:pk>/", name="editorial_filter")
@require_http_methods(["POST"])
def change(request, pk, *, desk):
    """`do=first` opens the list with it, `do=not_first` no more, `do=forget`."""
    found = SavedFilter.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such filter.")
    do = request.POST.get("do")
    with transaction.atomic(using=EDITORIAL):
        if do in ("first", "not_first"):
            wish = preference_of(request.user)
            wish.defaults = {**wish.defaults, found.page: str(found.pk)}
            if do == "not_first":
                del wish.defaults[found.page]
            wish.save()
            messages.success(
                request,
                f"This list opens with “{found.name}” from now on."
                if do == "first"
                else "This list opens with everything again.",
            )
        elif do == "forget" and found.owner_id == request.user.pk:
            _record(request, "delete", found)
            messages.success(request, f"“{found.name}” is not kept any more.")
            found.delete()
        elif do == "forget":
            messages.error(request, f"Only {found.owner} may take this filter away.")
        else:
            messages.error(request, "Choose what is to become of the filter.")
    return HttpResponseRedirect(
        f"{reverse(PAGES[found.page])}?{found.query or 'all=1'}"
    )


def _record(request, action, kept):
    AuditLog.objects.record(
        action,
        by=request.user,
        resource_type="savedfilter",
        resource_id=kept.pk,
        new={"name": kept.name, "page": kept.page, "query": kept.query},
        **origin_of(request),
    )


def with_kept_filters(request, which, page):
    """A page of ours with its bar of kept filters, opened with somebody's own."""
    if away := first_filter(request, which):
        return away
    answer = page(request)
    if hasattr(answer, "context_data"):
        answer.context_data["kept"] = kept_for(request, which)
    return answer


class WithKeptFilters:
    """For lists of the admin: the bar above them, and the filter at the start."""

    def changelist_view(self, request, extra_context=None):
        which = self.opts.model_name
        if self.has_view_permission(request):
            if away := first_filter(request, which):
                return away
            if ALL in request.GET:
                # The admin's lists refuse what they do not know.
                request.GET = request.GET.copy()
                del request.GET[ALL]
            extra_context = {
                "kept": kept_for(request, which),
                **(extra_context or {}),
            }
        return super().changelist_view(request, extra_context)
