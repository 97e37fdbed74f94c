"""What the workspace says of an item's versions."""

from django import template

register = template.Library()


@register.simple_tag
def standing(item):
    """What is live and what is not; see `editorial.admin.versions.Standing`.

    Looked up once for each page: the bar says it, and the panel does.
    """
    # The admin may not be installed where this library is: templates load it there.
    from editorial.admin.versions import standing_of

    if not hasattr(item, "_standing_of_versions"):
        item._standing_of_versions = standing_of(item)
    return item._standing_of_versions


@register.simple_tag
def latest_versions(item):
    from editorial.admin.versions import latest

    return latest(item)
