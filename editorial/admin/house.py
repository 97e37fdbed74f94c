"""The house rules of every page on the desk: one table of rights, one audit log."""

from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.backends import VERBS
from accounts.permissions import may
from cms.addresses import address_of
from cms.admin import MOMENTS, DeskPage
from cms.databases import EDITORIAL
from editorial.models import AuditLog

REMEMBERED = 50
"""Lines of the audit log on a history page."""


def moment(when):
    """A time on a page; `desk.js` shows it by the reader's own clock."""
    if when is None:
        return "–"
    return format_html(
        '<time datetime="{}" data-local>{}</time>',
        when.isoformat(),
        timezone.localtime(when).strftime("%-d %b %Y, %H:%M %Z"),
    )


def asked_words(data, name, most=100):
    """What somebody searches for; PostgreSQL knows no NUL, so neither does a search."""
    return data.get(name, "").replace("\x00", "").strip()[:most]


def origin_of(request):
    """Where a request came from, as the audit log keeps it."""
    return {
        "ip_address": address_of(request) or None,
        "user_agent": request.META.get("HTTP_USER_AGENT", ""),
    }


class HousePage(DeskPage):
    """Rights from `accounts.permissions`; what is done is written to the audit log.

    Django's own log of the admin is not used: it could be edited, and would tell
    half of the story.
    """

    formfield_overrides = MOMENTS

    # Rights ------------------------------------------------------------------

    def _may(self, request, verb, obj=None):
        action = VERBS.get(verb, {}).get(self.opts.model_name)
        if action is None:
            return False
        # Only what stands in a category can be out of somebody's scope.
        item = obj if hasattr(obj, "scope_ids") else None
        return may(request.user, action, item)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return self._may(request, "view", obj)

    def has_add_permission(self, request):
        return self._may(request, "add")

    def has_change_permission(self, request, obj=None):
        return self._may(request, "change", obj)

    def has_delete_permission(self, request, obj=None):
        return self._may(request, "delete", obj)

    # The audit log -----------------------------------------------------------

    def _audit(self, request, action, obj, **values):
        with transaction.atomic(using=EDITORIAL):
            AuditLog.objects.record(
                action,
                by=request.user,
                resource_type=self.opts.model_name,
                resource_id=obj.pk,
                **values,
                **origin_of(request),
            )

    def log_addition(self, request, obj, message):
        self._audit(request, "create", obj, new={"name": str(obj)})

    def log_change(self, request, obj, message):
        changed = [
            name
            for one in message or ()
            for name in one.get("changed", {}).get("fields", ())
        ]
        if message:
            self._audit(request, "edit", obj, new={"name": str(obj), "fields": changed})

    def log_deletions(self, request, queryset):
        for obj in queryset:
            self._audit(request, "delete", obj, old={"name": str(obj)})

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        rows = AuditLog.objects.filter(
            resource_type=self.opts.model_name, resource_id=obj.pk
        )
        return self.page(
            request,
            "admin/history.html",
            obj,
            title=f"History of {obj}",
            rows=rows[:REMEMBERED],
        )

    def page(self, request, template, obj, *, title, status=200, **context):
        """A page of ours, framed as the admin frames its own."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "object": obj,
                "original": obj,
                "media": self.media,
                **context,
            },
            status=status,
        )

    # Deleting ----------------------------------------------------------------

    def delete_queryset(self, request, queryset):
        """One by one: a shared row tells the outbox that it goes."""
        with transaction.atomic(using=EDITORIAL):
            for obj in queryset:
                obj.delete()


class ReadOnlyPage(HousePage):
    """Ledgers: everything may be read by those who may, nothing is written here."""

    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
