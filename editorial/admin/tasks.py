"""Tasks: what somebody is to do, about what, until when."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import may
from editorial import assignments
from editorial.admin.filters import WithKeptFilters
from editorial.admin.house import HousePage, moment, origin_of
from editorial.admin.items import uuid_or_none
from editorial.models import ITEM_MODELS, EditorialTask

STATES = {
    # what the button says
    EditorialTask.Status.PENDING: "Back to “to do”",
    EditorialTask.Status.IN_PROGRESS: "I am on it",
    EditorialTask.Status.COMPLETED: "Done",
}


def item_of(about, user):
    """The item that "article:<id>" names, if this person may view it."""
    kind, _, pk = str(about or "").partition(":")
    model = ITEM_MODELS.get(kind)
    if model is None or uuid_or_none(pk) is None:
        return None
    return model.objects.visible_to(user).filter(pk=pk).first()


def about(task):
    return f"{task.content_type}:{task.content_id}" if task.content_id else ""


class TaskForm(forms.ModelForm):
    about = forms.CharField(required=False, widget=forms.HiddenInput)

    user: User
    """Set by `EditorialTaskAdmin.get_form`."""

    class Meta:
        model = EditorialTask
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["about"] = about(self.instance)

    def clean_about(self):
        wanted = self.cleaned_data["about"]
        if not wanted or wanted == about(self.instance):
            return wanted
        item = item_of(wanted, self.user)
        if item is None:
            raise ValidationError(
                "What this task is about is not there any more. Begin again from the "
                "page of the article or course."
            )
        self.instance.content_type, self.instance.content_id = item.KIND, item.pk
        return wanted


class WhoseTasks(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request, model_admin):
        return [("mine", "Mine"), ("given", "Given by me"), ("nobody", "Nobody's")]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(assigned_to=request.user)
        if self.value() == "given":
            return queryset.filter(assigned_by=request.user)
        if self.value() == "nobody":
            return queryset.filter(assigned_to=None)
        return queryset


class OpenTasks(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", "To do or in progress"), *EditorialTask.Status.choices]

    def queryset(self, request, queryset):
        if self.value() == "open":
            return queryset.open()
        if self.value() in EditorialTask.Status.values:
            return queryset.filter(status=self.value())
        return queryset


@admin.register(EditorialTask)
class EditorialTaskAdmin(WithKeptFilters, HousePage):
    form = TaskForm
    change_form_template = "admin/editorial/task/change_form.html"
    list_display = (
        "title",
        "about_what",
        "assigned_to",
        "due",
        "priority",
        "status",
    )
    list_filter = (WhoseTasks, OpenTasks, "priority", "task_type")
    list_select_related = ("assigned_to",)
    search_fields = ("title",)
    fields = (
        "title",
        "description",
        ("task_type", "priority"),
        ("assigned_to", "due_date"),
        "status",
        "about",
    )

    # One rule for desk and API: EditorialTaskQuerySet.visible_to ---------------

    def get_queryset(self, request):
        found = super().get_queryset(request).visible_to(request.user)
        return with_titles(found, request.user)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and (
            obj is None or self._is_seen_by(request.user, obj)
        )

    def _is_seen_by(self, user, task):
        mine = user.pk in (task.assigned_to_id, task.assigned_by_id)
        return mine or may(user, "edit_tasks")

    def find(self, request, pk):
        task = self.get_queryset(request).filter(pk=pk).first()
        if task is None:
            raise Http404("There is no such task.")
        return task

    def history_view(self, request, object_id, extra_context=None):
        self.find(request, uuid_or_none(object_id))
        return super().history_view(request, object_id, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        self.find(request, uuid_or_none(object_id))
        return super().delete_view(request, object_id, extra_context)

    # The form ----------------------------------------------------------------

    def get_fields(self, request, obj=None):
        """`about` is for those who write; others read it above the form."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return [name for name in self.fields if name != "about"]

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.user = request.user
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "assigned_to":
            kwargs["queryset"] = User.objects.staff()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        given = super().get_changeform_initial_data(request)
        item = item_of(given.get("about"), request.user)
        given["about"] = f"{item.KIND}:{item.pk}" if item else ""
        return {"assigned_to": request.user.pk, **given}

    def render_change_form(self, request, context, *args, **kwargs):
        task, form = context.get("original"), context["adminform"].form
        item = item_of(form["about"].value(), request.user)
        if item is not None:
            context["item"] = item
            context["item_url"] = reverse(
                f"admin:editorial_{item.KIND}_change", args=[item.pk]
            )
        if task is not None and self._may_move(request.user, task):
            context["moves"] = [
                (state, says) for state, says in STATES.items() if state != task.status
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.assigned_by = request.user
        assignments.keep(
            obj,
            by=request.user,
            action="edit" if change else "create",
            origin=origin_of(request),
        )

    def log_addition(self, request, obj, message):
        """`assignments.keep` has written the audit log."""

    log_change = log_addition

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"title": "Tasks", **(extra_context or {})}
        )

    # How far it is -----------------------------------------------------------

    def get_urls(self):
        return [
            path(
                "<uuid:pk>/done/",
                self.admin_site.admin_view(self.done),
                name="editorial_editorialtask_done",
            ),
            path(
                "<uuid:pk>/state/",
                self.admin_site.admin_view(self.state),
                name="editorial_editorialtask_state",
            ),
            *super().get_urls(),
        ]

    def _may_move(self, user, task):
        return assignments.may_tick(user, task) or may(user, "edit_tasks")

    def done(self, request, pk):
        return require_POST(self._move)(request, pk, EditorialTask.Status.COMPLETED)

    def state(self, request, pk):
        return require_POST(self._move)(request, pk, request.POST.get("state"))

    def _move(self, request, pk, status):
        """Whoever a task was given to may say how far it is."""
        task = self.find(request, pk)
        if not self._may_move(request.user, task):
            raise PermissionDenied("This task was given to somebody else.")
        if status not in STATES:
            messages.error(request, "Choose to do, in progress or done.")
        else:
            task = assignments.move(
                task, status, by=request.user, origin=origin_of(request)
            )
            says = task.get_status_display().lower()
            messages.success(request, f"“{task}” is {says}.")
        if request.POST.get("back") == "task":
            return HttpResponseRedirect(
                reverse("admin:editorial_editorialtask_change", args=[pk])
            )
        return HttpResponseRedirect(reverse("admin:index"))

    # The list ----------------------------------------------------------------

    @admin.display(description="Due", ordering="due_date")
    def due(self, task):
        if task.due_date is None:
            return "–"
        return format_html(
            '<span class="{}">{}</span>',
            "late" if task.is_late else "",
            moment(task.due_date),
        )

    @admin.display(description="About")
    def about_what(self, task):
        title = task.article_title or task.course_title
        if not title:
            return "–"
        return format_html(
            '<a href="{}">{}</a>',
            reverse(
                f"admin:editorial_{task.content_type}_change", args=[task.content_id]
            ),
            title,
        )


def with_titles(tasks, user):
    """Each task with the title of what it is about, where the person may view that."""
    titles = {
        f"{kind}_title": Subquery(
            model.objects.visible_to(user)
            .filter(pk=OuterRef("content_id"))
            .values("title")[:1]
        )
        for kind, model in ITEM_MODELS.items()
    }
    return tasks.annotate(**titles)
