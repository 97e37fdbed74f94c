"""The HTML of a mail is made of its text."""

from django import template

register = template.Library()


@register.filter
def body_of_mail(text):
    """Without the signature: the frame has the site's name already."""
    return text.partition("\n-- \n")[0]
