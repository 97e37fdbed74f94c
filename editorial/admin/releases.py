"""Releases: what goes live, or down, together; previewed, timed and taken back."""

from csp.decorators import csp_replace, csp_update
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may
from cms.admin import NamedRows
from editorial import actions, press
from editorial.admin.house import HousePage, moment, origin_of
from editorial.admin.items import uuid_or_none
from editorial.admin.preview import FRAMED
from editorial.admin.verbs import Moment, MomentField
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    Release,
    ReleaseItem,
)
from editorial.releases import can_be_reverted, conflicts, standings

CHOICES_SHOWN = 200


# --- Members ----------------------------------------------------------------------


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
                choices.append((mine, self._name_of_mine()))
        self.fields["item"].choices = [("", "Choose"), *choices]

    def _name_of_mine(self):
        model = ITEM_MODELS[self.instance.kind]
        visible = model.objects.visible_to(self.user)
        item = visible.filter(pk=self.instance.item_id).first()
        return _named(item) if item else "An item of another desk"

    def clean_item(self):
        kind, _, pk = self.cleaned_data["item"].partition(":")
        item = (
            ITEM_MODELS[kind].objects.visible_to(self.user).filter(pk=uuid_or_none(pk))
        )
        if not item.exists():
            raise ValidationError("This item is not there any more. Choose another.")
        self.instance.kind, self.instance.item_id = kind, uuid_or_none(pk)
        return self.cleaned_data["item"]


def _named(item):
    return f"{item} ({item.get_status_display().lower()})"


def releasable(user):
    """(value, label) of what may be put into a release; it need not be ready yet."""
    found = []
    for kind, model in ITEM_MODELS.items():
        items = (
            model.objects.visible_to(user)
            .not_archived()
            .only("title", "status")[:CHOICES_SHOWN]
        )
        found += [(f"{kind}:{one.pk}", _named(one)) for one in items]
    return found


class Members(forms.BaseInlineFormSet):
    """Columns have their names on top; each field says its own to who hears it."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for name, label in (
            ("item", "Article or course"),
            ("change", "What happens to it"),
            ("DELETE", "Take it out"),
        ):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = label


class ReleaseItemInline(admin.TabularInline):
    model = ReleaseItem
    formset = NamedRows
    form = ReleaseItemForm
    formset = Members
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


# --- Releases ---------------------------------------------------------------------


class WhenToRelease(Moment):
    release_at = MomentField(label="Goes out at")
    comment = None

    field_order = ["release_at", "zone"]

    def __init__(self, *args, **kwargs):
        # It asks nothing about one item.
        forms.Form.__init__(self, *args, label_suffix="", **kwargs)
        del self.fields["seen_revision"]

    def answers(self):
        return {"release_at": self.aware("release_at")}


@admin.register(Release)
class ReleaseAdmin(HousePage):
    change_form_template = "admin/editorial/release/change_form.html"
    list_display = ("name", "state", "created_by", "created", "out_at")
    list_select_related = ("created_by", "reverted_by")
    search_fields = ("name",)
    fields = ("name",)
    inlines = (ReleaseItemInline,)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.released_at
        )

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by = request.user
        obj.save()

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, f"“{obj}” is planned. It changes nothing until then.")
        return HttpResponseRedirect(self._address(obj))

    def response_change(self, request, obj):
        messages.success(request, "Saved.")
        return HttpResponseRedirect(self._address(obj))

    @admin.display(description="Made", ordering="created_at")
    def created(self, release):
        return moment(release.created_at)

    @admin.display(description="When", ordering="released_at")
    def out_at(self, release):
        return moment(release.released_at or release.release_at)

    @admin.display(description="State")
    def state(self, release):
        name, label = _state_of(release)
        return format_html('<span class="state state-{}">{}</span>', name, label)

    def render_change_form(self, request, context, *args, **kwargs):
        release = context.get("original")
        if release is not None:
            context |= self._standing(request, release)
        return super().render_change_form(request, context, *args, **kwargs)

    def _standing(self, request, release):
        members = standings(release, request.user)
        asked = {"release_at": release.release_at} if release.release_at else {}
        return {
            "standings": members,
            "unready": [one for one in members if not one.is_ready],
            "state": _state_of(release),
            "when": WhenToRelease(initial=asked),
            "may_revert": can_be_reverted(release),
            "conflicts": conflicts(release, request.user)
            if can_be_reverted(release)
            else [],
            "reverted_by": Release.objects.filter(reverts=release).first(),
            "preview_url": self._address(release, "preview"),
        }

    # Doors -------------------------------------------------------------------

    def get_urls(self):
        doors = [
            ("release", self.release, "release"),
            ("schedule", self.schedule, "schedule"),
            ("unschedule", self.unschedule, "unschedule"),
            ("revert", self.revert, "revert"),
            ("preview", self.preview, "preview"),
            ("preview/<uuid:item>", self.one, "preview_one"),
        ]
        return [
            path(
                f"<uuid:pk>/{where}/",
                self.admin_site.admin_view(view),
                name=f"editorial_release_{name}",
            )
            for where, view, name in doors
        ] + super().get_urls()

    def _address(self, release, name="change", *args):
        return reverse(f"admin:editorial_release_{name}", args=[release.pk, *args])

    def find(self, request, pk):
        release = Release.objects.filter(pk=pk).first()
        if release is None or not self.has_view_permission(request, release):
            raise Http404("There is no such release.")
        return release

    def _do(self, request, release, action, done, **answers):
        """Call the action; a sentence either way. What it returns, or None."""
        try:
            found = action(
                release, by=request.user, origin=origin_of(request), **answers
            )
        except Refused as problem:
            messages.error(request, str(problem))
            return None
        messages.success(request, done)
        return found

    def release(self, request, pk):
        return require_POST(self._release)(request, pk)

    def _release(self, request, pk):
        release = self.find(request, pk)
        done = f"“{release}” went out: readers see all of it, or none."
        self._do(request, release, actions.release, done)
        return HttpResponseRedirect(self._address(release))

    def schedule(self, request, pk):
        return require_POST(self._schedule)(request, pk)

    def _schedule(self, request, pk):
        release = self.find(request, pk)
        form = WhenToRelease(request.POST)
        if not form.is_valid():
            messages.error(
                request, "Choose the day and the time at which it is to go out."
            )
        else:
            when = timezone.localtime(form.answers()["release_at"])
            done = f"“{release}” goes out on {when:%-d %b %Y at %H:%M %Z}."
            self._do(request, release, actions.schedule_release, done, **form.answers())
        return HttpResponseRedirect(self._address(release))

    def unschedule(self, request, pk):
        return require_POST(self._unschedule)(request, pk)

    def _unschedule(self, request, pk):
        release = self.find(request, pk)
        done = (
            f"“{release}” has no time any more; it waits for somebody to send it out."
        )
        self._do(request, release, actions.unschedule_release, done)
        return HttpResponseRedirect(self._address(release))

    def revert(self, request, pk):
        return require_POST(self._revert)(request, pk)

    def _revert(self, request, pk):
        release = self.find(request, pk)
        back = self._do(
            request,
            release,
            actions.revert_release,
            f"“{release}” was taken back: readers have what they had before. The texts "
            "of the drafts stay as they are.",
            leave="leave" in request.POST,
        )
        return HttpResponseRedirect(self._address(back or release))

    # All of it, before anybody else sees it -----------------------------------

    def preview(self, request, pk):
        framing = csp_update({"frame-src": ["'self'"]})
        return require_safe(framing(self._preview))(request, pk)

    def _preview(self, request, pk):
        release = self.find(request, pk)
        return self.page(
            request,
            "admin/editorial/release/preview.html",
            release,
            title=f"Preview of “{release}”",
            back=self._address(release),
            **self._standing(request, release),
        )

    def one(self, request, pk, item):
        """One member as readers will see it, for a frame of the preview."""
        return require_safe(xframe_options_sameorigin(csp_replace(FRAMED)(self._one)))(
            request, pk, item
        )

    def _one(self, request, pk, item):
        release = self.find(request, pk)
        for standing in standings(release, request.user, only=item):
            if standing.is_hidden or standing.item is None:
                break
            shown = standing.version
            snapshot = shown.snapshot if shown else standing.item.snapshot()
            html = press.page_of(standing.item, snapshot)
            return HttpResponse(html, headers={"X-Robots-Tag": "noindex"})
        raise Http404("There is no such member.")


def _state_of(release):
    """(class, words) of where a release stands."""
    if release.released_at:
        if release.reverts_id:
            return "unpublished", "Took one back"
        if hasattr(release, "reverted_by"):
            return "archived", "Taken back"
        return "published", "Went out"
    if release.held_reason:
        return "changes_requested", "Held back"
    if release.release_at:
        return "scheduled", "Has a time"
    return "draft", "Being planned"
