"""`{% place item gap as href %}`: where on the desk a sentence is about."""

from django import template

register = template.Library()


@register.simple_tag
def place(item, found):
    # The admin may not be installed where this library is: templates load it there.
    from editorial.admin.places import as_gap, place_of

    return place_of(item, as_gap(found))
