"""The audit log and the outbox: read here, written by the actions alone."""

import json

from django.contrib import admin, messages
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from editorial.admin.house import ReadOnlyPage, moment
from editorial.models import AuditLog, OutboxEvent
from editorial.signals import outbox_written


def as_text(value):
    """JSON for people."""
    if value is None:
        return "–"
    return format_html(
        '<pre class="json">{}</pre>',
        json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True),
    )


class AboutFilter(admin.SimpleListFilter):
    """A fixed list: asking the log for its kinds would read all of it."""

    title = "what it is about"
    parameter_name = "about"

    def lookups(self, request, model_admin):
        return [
            ("article", "Articles"),
            ("course", "Courses"),
            ("user", "People"),
            ("category", "Categories"),
            ("tag", "Tags"),
            ("media", "Media"),
            ("release", "Releases"),
            ("editorialtask", "Tasks"),
        ]

    def queryset(self, request, queryset):
        return queryset.filter(resource_type=self.value()) if self.value() else queryset


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyPage):
    list_display = (
        "number",
        "created",
        "user_label",
        "action",
        "resource_type",
        "what",
    )
    list_filter = (AboutFilter,)
    search_fields = ("user_label", "action")
    ordering = ("-number",)
    fields = (
        "number",
        "created_at",
        "user_label",
        "action",
        "resource_type",
        "resource_id",
        "before",
        "after",
        "ip_address",
        "user_agent",
        "hash",
        "previous_hash",
    )

    @admin.display(description="When", ordering="created_at")
    def created(self, row):
        return moment(row.created_at)

    @admin.display(description="What")
    def what(self, row):
        values = row.new_values or row.old_values or {}
        return values.get("title") or values.get("name") or ""

    @admin.display(description="Before")
    def before(self, row):
        return as_text(row.old_values)

    @admin.display(description="After")
    def after(self, row):
        return as_text(row.new_values)


class Delivered(admin.SimpleListFilter):
    title = "delivery"
    parameter_name = "delivery"

    def lookups(self, request, model_admin):
        return [("waiting", "Waiting"), ("failed", "Failed, will be tried again")]

    def queryset(self, request, queryset):
        if self.value() == "waiting":
            return queryset.waiting()
        if self.value() == "failed":
            return queryset.waiting().exclude(error="")
        return queryset


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyPage):
    change_form_template = "admin/editorial/outbox/change_form.html"
    list_display = ("cause", "created", "kind", "how_many", "attempts", "outcome")
    list_filter = (Delivered,)
    ordering = ("-id",)
    fields = (
        "cause",
        "kind",
        "created_at",
        "delivered_at",
        "attempts",
        "lease_until",
        "error",
        "priority",
        "group",
        "carries",
    )

    def get_urls(self):
        return [
            path(
                "<uuid:pk>/retry/",
                self.admin_site.admin_view(self.retry),
                name="editorial_outboxevent_retry",
            ),
            *super().get_urls(),
        ]

    def retry(self, request, pk):
        return require_POST(self._retry)(request, pk)

    def _retry(self, request, pk):
        """Do not wait out the pause after a failure: a worker may take it at once."""
        event = OutboxEvent.objects.waiting().filter(pk=pk).first()
        if event is None or not self.has_view_permission(request, event):
            raise Http404("There is no such event, or it was delivered meanwhile.")
        OutboxEvent.objects.waiting().filter(pk=pk).exclude(error="").update(
            lease_until=None
        )
        self._audit(request, "retry", event, new={"name": event.cause})
        outbox_written.send(OutboxEvent, event=event)
        messages.success(request, "It is tried again now. Reload the page to see.")
        return HttpResponseRedirect(
            reverse("admin:editorial_outboxevent_change", args=[pk])
        )

    @admin.display(description="When", ordering="id")
    def created(self, event):
        return moment(event.created_at)

    @admin.display(description="Items")
    def how_many(self, event):
        return len(event.items)

    @admin.display(description="Delivery")
    def outcome(self, event):
        if event.delivered_at:
            took = (event.delivered_at - event.created_at).total_seconds()
            return f"Delivered after {took:.1f} s"
        if event.error:
            return format_html('<strong class="wants">{}</strong>', event.error[:80])
        return "Waiting"

    @admin.display(description="Items and their sequences")
    def carries(self, event):
        return as_text(event.items)
