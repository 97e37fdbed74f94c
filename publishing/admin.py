"""What publishing shows on the desk: receipts, and what went live lately."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone

from accounts.permissions import may
from cms import outages
from cms.admin import panel
from editorial.admin.house import ReadOnlyPage, moment
from editorial.models import ITEM_MODELS
from publishing import desk as _desk  # noqa: F401  (its pages)
from publishing.models import Receipt
from publishing.purging import sending
from publishing.templatetags.receipts import outcome

SHOWN = 8
LATELY = timedelta(days=1)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyPage):
    list_display = ("url", "cause", "committed", "content_version", "how_fast")
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

    @admin.display(description="When", ordering="committed_at")
    def committed(self, receipt):
        return moment(receipt.committed_at)

    @admin.display(description="For readers")
    def how_fast(self, receipt):
        return outcome(receipt)


@panel(order=6, title="Caches in front of the site")
@outages.otherwise(None)
def caches_in_front(request):
    """Those that could not be told what is out of date, and what to do."""
    if not may(request.user, "view_sync"):
        return None
    rows = sending.troubles()
    return {"template": "admin/desk/purges.html", "rows": rows} if rows else None


@panel(order=65, title="Lately for readers")
@outages.otherwise(
    {"rows": [], "empty": "The public store does not answer. Try again in a minute."}
)
def recently_published(request):
    """What went live lately, with its receipt, and what was taken down."""
    if not may(request.user, "view"):
        return None
    items = {}
    for model in ITEM_MODELS.values():
        rows = model.objects.visible_to(request.user)
        live = (
            rows.live()
            .order_by("-published_at")
            .only("title", "published_at", "updated_at")
        )
        items |= {row.pk: row for row in live[:SHOWN]}
        gone = Receipt.objects.filter(
            is_live=False, committed_at__gt=timezone.now() - LATELY
        ).order_by("-committed_at")
        gone = rows.filter(pk__in=list(gone.values_list("item_id", flat=True)[:SHOWN]))
        items |= {
            row.pk: row for row in gone.only("title", "published_at", "updated_at")
        }
    receipts = Receipt.objects.filter(item_id__in=items)
    newest = {
        receipt.item_id: receipt
        for receipt in receipts.order_by("item_id", "-committed_at").distinct("item_id")
    }
    rows = [
        {
            "item": item,
            "receipt": newest.get(pk),
            "when": newest[pk].committed_at
            if pk in newest
            else item.published_at or item.updated_at,
            "url": newest[pk].url if pk in newest and newest[pk].is_live else "",
        }
        for pk, item in items.items()
    ]
    rows.sort(key=lambda row: row["when"], reverse=True)
    return {
        "template": "admin/desk/receipts.html",
        "rows": rows[:SHOWN],
        "empty": "Nothing was published lately.",
    }
