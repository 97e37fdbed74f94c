"""From a sentence about a text to the place it is about: an address with an anchor.

Without JavaScript the browser goes to the field; `jumping.js` opens the tab and the
folds around it, puts the caret there, and keeps the sentence beside it.
"""

from django.urls import reverse
from django.utils.html import format_html, format_html_join

from editorial.gaps import Gap


def place_of(item, gap):
    """The address of what a gap, or what a check found, is about; "" if of nothing."""
    if gap.lesson:
        page = reverse("admin:editorial_lesson_change", args=[gap.lesson])
    else:
        page = reverse(f"admin:editorial_{item.KIND}_change", args=[item.pk])
    return page + gap.anchor if gap.anchor else ""


def as_gap(found):
    """A check's finding, or what `Concern.as_json` made of it, as something that has
    a place."""
    if isinstance(found, Gap):
        return found
    told = found if isinstance(found, dict) else found.as_json()
    return Gap(told["sentence"], told["field"], told["block"], told["lesson"])


def as_links(item, problem):
    """A refusal as a sentence, in which each field that is named is a way to it."""
    placed = [gap for gap in problem.gaps if gap.anchor]
    if not placed:
        return str(problem)
    lines = format_html_join(
        " ",
        '<a href="{}" data-jump data-says="{}">{}</a>',
        ((place_of(item, gap), gap, gap) for gap in placed),
    )
    others = [str(gap) for gap in problem.gaps if not gap.anchor]
    return format_html("{} {}", lines, " ".join(others)) if others else lines
