"""The moderators' desk: what waits, why, and the four decisions."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import OuterRef, Subquery
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from accounts.permissions import may
from cms.admin import DeskPage
from engagement.comments import actions
from engagement.comments.models import Comment
from engagement.comments.screening import Refused
from engagement.refs.models import ContentRef

Status = Comment.Status


class ModerationForm(ActionForm):
    """Beside the choice of the action: the reason, which the author will read."""

    reason = forms.ChoiceField(choices=Comment.Reason.choices, required=False)
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "Note for the team"}),
    )


class WaitsFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request, model_admin):
        return [("waiting", "Waiting for a decision")]

    def queryset(self, request, queryset):
        if self.value() == "waiting":
            return queryset.awaiting_moderation()
        return queryset


def _decision(status, label):
    @admin.action(description=label)
    def decide(model_admin, request, queryset):
        model_admin.decide(request, queryset, status)

    decide.__name__ = f"decide_{status}"
    return decide


@admin.register(Comment)
class CommentAdmin(DeskPage):
    """Read here, decided by actions; the text of others is never changed."""

    action_form = ModerationForm
    view_on_site = False  # readers' pages may be another service's
    actions = [
        _decision(Status.APPROVED, "Approve"),
        _decision(Status.WITHHELD, "Withhold"),
        _decision(Status.REJECTED, "Reject"),
        _decision(Status.SPAM, "Mark as spam"),
        "pin",
        "unpin",
    ]
    list_display = ["text", "author", "content", "status", "why", "created_at"]
    list_filter = [WaitsFilter, "status", "kind", "content_kind", "is_pinned"]
    list_select_related = ["user"]
    search_fields = ["body", "guest_name", "user__display_name"]
    ordering = ["-created_at", "-id"]
    date_hierarchy = None
    fields = [
        "shown_text",
        "author",
        "content",
        "created_at",
        "is_edited",
        "status",
        "reason",
        "reason_note",
        "moderated_by",
        "moderated_at",
        "is_pinned",
        "like_count",
        "reply_count",
    ]
    readonly_fields = fields

    def get_queryset(self, request):
        content = ContentRef.objects.filter(pk=OuterRef("content_id"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                content_title=Subquery(content.values("title")[:1]),
                content_url=Subquery(content.values("url")[:1]),
            )
        )

    def has_module_permission(self, request):
        return may(request.user, "moderate_comments")

    def has_view_permission(self, request, obj=None):
        return may(request.user, "moderate_comments")

    def has_change_permission(self, request, obj=None):
        return may(request.user, "moderate_comments")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description="comment")
    def text(self, comment):
        return comment.body[:120] or "(deleted)"

    @admin.display(description="text")
    def shown_text(self, comment):
        # `body_html` was sanitised when it was written.
        return mark_safe(comment.body_html) or "(deleted)"  # noqa: S308

    @admin.display(description="by")
    def author(self, comment):
        return comment.author_name

    @admin.display(description="on")
    def content(self, comment):
        title = comment.content_title or comment.content_kind
        if not comment.content_url:
            return title
        return format_html('<a href="{}">{}</a>', comment.content_url, title)

    @admin.display(description="reason")
    def why(self, comment):
        return comment.get_reason_display() if comment.reason else ""

    def decide(self, request, queryset, status):
        # Django has checked both against `ModerationForm` before it calls an action.
        reason, note = request.POST.get("reason", ""), request.POST.get("note", "")
        if status in {Status.WITHHELD, Status.REJECTED} and not reason:
            self.message_user(
                request,
                "Nothing was decided: choose a reason, the author will read it.",
                messages.ERROR,
            )
            return
        self._each(
            request,
            queryset,
            lambda pk: actions.moderate(
                pk,
                by=request.user.pk,
                status=status,
                reason=reason,
                note=note,
            ),
            done=f"now {Status(status).label.lower()}",
        )

    @admin.action(description="Pin on top")
    def pin(self, request, queryset):
        self._each(request, queryset, actions.pin, done="pinned")

    @admin.action(description="Unpin")
    def unpin(self, request, queryset):
        self._each(
            request,
            queryset,
            lambda pk: actions.pin(pk, pinned=False),
            done="no longer pinned",
        )

    def _each(self, request, queryset, action, *, done):
        count = 0
        for pk in list(queryset.values_list("pk", flat=True)):
            try:
                action(pk)
                count += 1
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
        if count:
            noun = "comment is" if count == 1 else "comments are"
            self.message_user(request, f"{count} {noun} {done}.", messages.SUCCESS)
