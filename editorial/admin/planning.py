"""Tasks and releases."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import may
from editorial import actions
from editorial.admin.house import HousePage, moment, origin_of
from editorial.admin.items import uuid_or_none
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    EditorialTask,
    Release,
    ReleaseItem,
    Status,
)

CHOICES_SHOWN = 200


# --- Tasks ------------------------------------------------------------------------


class TaskForm(forms.ModelForm):
    class Meta:
        model = EditorialTask
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
        }


class MyTasks(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request, model_admin):
        return [("mine", "Mine"), ("given", "Given by me")]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(assigned_to=request.user)
        if self.value() == "given":
            return queryset.filter(assigned_by=request.user)
        return queryset


@admin.register(EditorialTask)
class EditorialTaskAdmin(HousePage):
    form = TaskForm
    change_form_template = "admin/editorial/task/change_form.html"
    list_display = ("title", "task_type", "assigned_to", "due", "priority", "status")
    list_filter = (MyTasks, "status", "priority", "task_type")
    list_select_related = ("assigned_to",)
    search_fields = ("title",)
    fields = (
        "title",
        "description",
        ("task_type", "priority"),
        ("assigned_to", "due_date"),
        "status",
    )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "assigned_to":
            kwargs["queryset"] = User.objects.staff()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        given = super().get_changeform_initial_data(request)
        return {"assigned_to": request.user.pk, **given}

    def save_model(self, request, obj, form, change):
        if not change:
            obj.assigned_by = request.user
        obj.save()

    def get_urls(self):
        return [
            path(
                "<uuid:pk>/done/",
                self.admin_site.admin_view(self.done),
                name="editorial_editorialtask_done",
            ),
            *super().get_urls(),
        ]

    def done(self, request, pk):
        return require_POST(self._done)(request, pk)

    def _done(self, request, pk):
        """Whoever a task was given to may say that it is done."""
        task = EditorialTask.objects.filter(pk=pk).first()
        if task is None or not self.has_view_permission(request, task):
            raise Http404("There is no such task.")
        mine = task.assigned_to_id == request.user.pk
        if not mine and not may(request.user, "edit_tasks"):
            raise PermissionDenied("This task was given to somebody else.")
        task.status = EditorialTask.Status.COMPLETED
        task.save()
        self._audit(request, "complete", task, new={"name": str(task)})
        messages.success(request, f"“{task}” is done.")
        return HttpResponseRedirect(reverse("admin:index"))

    @admin.display(description="Due", ordering="due_date")
    def due(self, task):
        if task.due_date is None:
            return "–"
        late = task.due_date < timezone.now() and task.completed_at is None
        return format_html(
            '<span class="{}">{}</span>', "late" if late else "", moment(task.due_date)
        )


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
