"""Numbers as people say them."""

from django import template

register = template.Library()


@register.filter
def minutes(seconds):
    """84.2 → "1:24 min"; None, where nobody told, is a dash."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02} min"


@register.filter
def per_cent(value):
    """66.7 → "67 %"."""
    return "–" if value is None else f"{value:.0f} %"
