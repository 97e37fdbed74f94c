"""Releases."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import may
from editorial import actions
from editorial.admin.house import HousePage, moment, origin_of
from editorial.admin.items import uuid_or_none
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    Release,
    ReleaseItem,
    Status,
)

CHOICES_SHOWN = 200


# --- Releases ---------------------------------------------------------------------


class ReleaseItemForm(forms.ModelForm):
    item = forms.ChoiceField(label="Article or course")

    user: User

    class Meta:
        model = ReleaseItem
        fields = ("item", "change")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = list(self.known)
        if not self.instance._state.adding:
            mine = f"{self.instance.kind}:{self.instance.item_id}"
            self.initial["item"] = mine
            if mine not in dict(choices):
                choices.append((mine, "An item that cannot be released now"))
        self.fields["item"].choices = [("", "Choose"), *choices]

    def clean_item(self):
        kind, _, pk = self.cleaned_data["item"].partition(":")
        item = (
            ITEM_MODELS[kind].objects.visible_to(self.user).filter(pk=uuid_or_none(pk))
        )
        if not item.exists():
            raise ValidationError("This item is not there any more. Choose another.")
        self.instance.kind, self.instance.item_id = kind, uuid_or_none(pk)
        return self.cleaned_data["item"]


def releasable(user):
    """(value, label) of what can go live, or down, in a release."""
    found = []
    for kind, model in ITEM_MODELS.items():
        items = (
            model.objects.visible_to(user)
            .filter(
                Q(status__in=[Status.APPROVED, Status.SCHEDULED, Status.UNPUBLISHED])
                | Q(live_version__isnull=False)
            )
            .only("title", "status")[:CHOICES_SHOWN]
        )
        found += [
            (f"{kind}:{one.pk}", f"{one} ({one.get_status_display().lower()})")
            for one in items
        ]
    return found


class ReleaseItemInline(admin.TabularInline):
    model = ReleaseItem
    form = ReleaseItemForm
    fields = ("item", "change")
    extra = 2
    verbose_name = "member"

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.user = request.user
        formset.form.known = releasable(request.user)
        return formset

    def _may(self, request, obj=None):
        return may(request.user, "release") and (obj is None or not obj.released_at)

    has_add_permission = has_change_permission = has_delete_permission = _may

    def has_view_permission(self, request, obj=None):
        return may(request.user, "release")


@admin.register(Release)
class ReleaseAdmin(HousePage):
    change_form_template = "admin/editorial/release/change_form.html"
    list_display = ("name", "created_by", "created", "released")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    fields = ("name", "released_at")
    readonly_fields = ("released_at",)
    inlines = (ReleaseItemInline,)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.released_at
        )

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        obj.save()

    @admin.display(description="Made", ordering="created_at")
    def created(self, release):
        return moment(release.created_at)

    @admin.display(description="Went out", ordering="released_at")
    def released(self, release):
        return moment(release.released_at)

    def get_urls(self):
        return [
            path(
                "<uuid:pk>/release/",
                self.admin_site.admin_view(self.release),
                name="editorial_release_release",
            ),
            *super().get_urls(),
        ]

    def release(self, request, pk):
        return require_POST(self._release)(request, pk)

    def _release(self, request, pk):
        release = Release.objects.filter(pk=pk).first()
        if release is None or not self.has_view_permission(request, release):
            raise Http404("There is no such release.")
        try:
            actions.release(release, by=request.user, origin=origin_of(request))
        except Refused as problem:
            messages.error(request, str(problem))
        else:
            messages.success(
                request, f"“{release}” went out: readers see all of it, or none."
            )
        return HttpResponseRedirect(
            reverse("admin:editorial_release_change", args=[release.pk])
        )
