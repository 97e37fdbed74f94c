"""The receipt of the last publish, for the newsroom's pages."""

from django import template

from cms import outages
from publishing.models import Receipt
from publishing.purging import sending

register = template.Library()


@register.simple_tag
@outages.otherwise(None)
def last_receipt(item_id):
    """The newest receipt of an item, or nothing."""
    return Receipt.objects.filter(item_id=item_id).order_by("-committed_at").first()


@register.filter
def outcome(receipt):
    """ "live in 0.4 s", or how far it has come, or what is wrong."""
    took = receipt.seconds_to_live
    word = "live" if receipt.is_live else "gone"
    in_front = sending.waiting_for(receipt)
    if took is not None:
        return (
            f"{word} in {took:.1f} s. {in_front}"
            if in_front
            else (f"{word} in {took:.1f} s")
        )
    if in_front or receipt.error:
        return in_front or receipt.error
    delivered = (receipt.projected_at - receipt.committed_at).total_seconds()
    return f"delivered in {delivered:.1f} s, not yet seen by a reader"
