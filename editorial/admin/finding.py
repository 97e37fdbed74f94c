"""The search of the desk, and the palette: one box that goes anywhere."""

from django import forms
from django.http import JsonResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import may
from cms.admin import page
from editorial.admin.board import moves
from editorial.admin.items import CategoryChoice, uuid_or_none
from editorial.api.rights import know_relations
from editorial.finding import ALL_OF_ONE, EACH, PEOPLE, Wish, find
from editorial.models import ITEM_MODELS, Category, Finding, Status

RECENT = 8
IN_PALETTE = 4


class WishForm(forms.Form):
    q = forms.CharField(
        required=False,
        max_length=200,
        label="Words",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Everything"), *Finding.Kind.choices, (PEOPLE, "People")],
        label="What",
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), ("live", "Live for readers"), *Status.choices],
    )
    section = CategoryChoice(
        Category.objects.all(), required=False, empty_label="All", label="Category"
    )
    person = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Everybody", label="By"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["person"].queryset = User.objects.staff().order_by("display_name")

    def wish(self):
        """What was asked that makes sense; the rest is as if it were not there."""
        self.full_clean()
        asked = self.cleaned_data
        return Wish(
            text=asked.get("q", ""),
            kind=asked.get("kind", ""),
            state=asked.get("state", ""),
            person=asked.get("person"),
            section=asked.get("section"),
        )


@page("search/", name="editorial_search")
@require_safe
def search(request, *, desk):
    form = WishForm(request.GET)
    wish = form.wish()
    groups = find(request.user, wish, each=ALL_OF_ONE if wish.kind else EACH)
    return desk.show(
        request,
        "admin/desk/search.html",
        title="Search",
        form=form,
        wish=wish,
        groups=groups,
        count=sum(len(group.hits) for group in groups),
        more=any(group.more for group in groups),
    )


# --- The palette ------------------------------------------------------------------

PLACES = (
    # title, name of its address, right
    ("Desk", "index", ""),
    ("Board", "editorial_board", "view"),
    ("Calendar", "editorial_calendar", "view"),
    ("Articles", "editorial_article_changelist", "view"),
    ("Courses", "editorial_course_changelist", "view"),
    ("Media library", "editorial_media_changelist", "view_media"),
    ("Tasks", "editorial_editorialtask_changelist", "view_tasks"),
    ("Releases", "editorial_release_changelist", "release"),
    ("Categories", "editorial_category_changelist", "view_taxonomy"),
    ("Tags", "editorial_tag_changelist", "view_taxonomy"),
    ("Series", "editorial_series_changelist", "view_taxonomy"),
    ("People", "accounts_user_changelist", "view_people"),
    ("Audit log", "editorial_auditlog_changelist", "view_audit"),
    ("Your start page: choose panels", "editorial_panels", ""),
)
NEW = (
    ("New article", "editorial_article_add", "create"),
    ("New course", "editorial_course_add", "create"),
    ("New task", "editorial_editorialtask_add", "edit_tasks"),
    ("New release", "editorial_release_add", "release"),
    ("Upload files", "editorial_media_add", "upload_media"),
)


@page("palette/", name="editorial_palette")
@require_safe
def palette(request, *, desk):
    """What fits the words; without any, what is near: this item, the last ones."""
    user, text = request.user, request.GET.get("q", "")[:200].strip()
    item = _item(request.GET.get("item"), user)
    groups = [
        _group("This text", _verbs(item, user), text) if item else None,
        _group("Lately", _recent(request, user), "") if not text else None,
    ]
    if text:
        groups += [
            {
                "title": group.title,
                "rows": [
                    {
                        "title": hit.title,
                        "url": hit.url,
                        "hint": hit.item.get_status_display() if hit.item else "",
                    }
                    for hit in group.hits
                ],
            }
            for group in find(user, Wish(text=text), each=IN_PALETTE)
        ]
    groups.append(_group("New", _doors(NEW, user), text))
    groups.append(_group("Go to", _doors(PLACES, user), text))
    if text:
        everything = f"{reverse('admin:editorial_search')}?q="
        groups.append(
            {
                "title": "Search",
                "rows": [
                    {
                        "title": f"Search everything for “{text}”",
                        "url": everything,
                        "hint": "",
                        "words": True,
                    }
                ],
            }
        )
    return JsonResponse({"groups": [group for group in groups if group]})


def _group(title, rows, text):
    """Rows with all the words in their titles."""
    words = text.lower().split()
    fits = [row for row in rows if all(word in row["title"].lower() for word in words)]
    return {"title": title, "rows": fits} if fits else None


def _doors(doors, user):
    found = []
    for title, name, right in doors:
        if right and not may(user, right):
            continue
        try:
            found.append({"title": title, "url": reverse(f"admin:{name}"), "hint": ""})
        except NoReverseMatch:  # a part of the desk that this service has not
            continue
    return found


def _item(named, user):
    kind, _, pk = str(named or "").partition(":")
    model = ITEM_MODELS.get(kind)
    if model is None or uuid_or_none(pk) is None:
        return None
    return model.objects.visible_to(user).filter(pk=pk).first()


def _verbs(item, user):
    know_relations([item], user)
    found = [
        {"title": move.verb.label, "url": move.url, "hint": ""}
        for move in moves(item, user)
    ]
    base = f"admin:editorial_{item.KIND}"
    for title, name in (
        ("Versions", "versions"),
        ("Remarks", "remarks"),
        ("People", "people"),
        ("Preview", "preview"),
    ):
        address = reverse(f"{base}_{name}", args=[item.pk])
        found.append({"title": f"{title} of this text", "url": address, "hint": ""})
    if may(user, "edit_tasks"):
        address = reverse("admin:editorial_editorialtask_add")
        address += f"?about={item.KIND}:{item.pk}"
        found.append({"title": "New task about this", "url": address, "hint": ""})
    return found


def _recent(request, user):
    """Where this browser was lately, as far as the person may still view it."""
    named = request.GET.get("recent", "").split(",")[: 2 * RECENT]
    wanted = {}
    for one in named:
        kind, _, pk = one.partition(":")
        if kind in ITEM_MODELS and uuid_or_none(pk):
            wanted.setdefault(kind, []).append(uuid_or_none(pk))
    found = {}
    for kind, ids in wanted.items():
        rows = ITEM_MODELS[kind].objects.visible_to(user).filter(pk__in=ids)
        for item in rows.only("title", "status"):
            address = reverse(f"admin:editorial_{kind}_change", args=[item.pk])
            found[f"{kind}:{item.pk}"] = {
                "title": str(item),
                "url": address,
                "hint": item.get_status_display(),
            }
    return [found[one] for one in named if one in found][:RECENT]
