"""The bell in the header of the desk."""

from django import template

from editorial.admin.notices import unread_of

register = template.Library()


@register.simple_tag
def unread_notices(user):
    """A number for the bell: "" for none, "99+" for too many to count."""
    count = unread_of(user)
    return "" if not count else "99+" if count > 99 else str(count)
