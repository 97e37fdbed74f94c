"""What publishing shows on the desk: receipts, and what went live lately."""

from django.contrib import admin

from accounts.permissions import may
from cms.admin import panel
from editorial.admin.house import ReadOnlyPage
from editorial.models import ITEM_MODELS
from publishing.models import Receipt
from publishing.templatetags.receipts import outcome

SHOWN = 8


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyPage):
    list_display = ("url", "cause", "committed_at", "content_version", "how_fast")
    list_filter = ("is_live",)
    ordering = ("-committed_at",)
    fields = (
        "url",
        "cause",
        "content_version",
        "committed_at",
        "projected_at",
        "purged_at",
        "seen_at",
        "how_fast",
        "error",
    )

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view_sync")

    @admin.display(description="For readers")
    def how_fast(self, receipt):
        return outcome(receipt)


@panel(order=65)
def recently_published(request):
    """The newest receipts of what this person may view, with their titles."""
    if not may(request.user, "view"):
        return None
    receipts = list(Receipt.objects.order_by("-committed_at")[: 6 * SHOWN])
    ids = [receipt.item_id for receipt in receipts]
    items = {}
    for model in ITEM_MODELS.values():
        rows = model.objects.visible_to(request.user).filter(pk__in=ids)
        items |= {row.pk: row for row in rows.only("title")}
    rows, seen = [], set()
    for receipt in receipts:
        item = items.get(receipt.item_id)
        if item is None or item.pk in seen:
            continue
        seen.add(item.pk)
        rows.append({"item": item, "receipt": receipt, "outcome": outcome(receipt)})
    return {
        "title": "Lately for readers",
        "template": "admin/desk/receipts.html",
        "rows": rows[:SHOWN],
        "empty": "Nothing was published lately.",
    }
