"""Search: the words, what narrows them, what was found, and what to do if nothing was.

Two queries however much there is; only where nothing fits are other spellings looked
for. What readers searched and opened is told to engagement by their browsers, with a
beacon: this page knows nothing of it.
"""

from dataclasses import dataclass

from django.views.decorators.http import require_safe

from publishing.search.asked import LONGEST, NARROWING, Asked
from publishing.search.hits import COUNTED, MARKS, RANKED, Found, cards, find
from publishing.search.spelling import spellings
from publishing.views.missing import close_titles
from publishing.views.page import BRIEF, Head, page
from publishing.views.paging import cursor_of, key_at
from publishing.views.paths import path_to

__all__ = ["LONGEST", "MARKS", "Results", "answer", "search"]

PAGE_SIZE = 10
FACETS = {
    "kind": "Kind",
    "category": "Section",
    "tag": "Tag",
    "year": "Year",
    "author": "Author",
}
KIND_NAMES = {"article": "Articles", "course": "Courses"}


@dataclass(slots=True)
class Choice:
    """A value of a facet: how many there are, and the address that chooses it."""

    name: str
    amount: int
    address: str


@dataclass(slots=True)
class Facet:
    name: str
    choices: list


@dataclass(slots=True)
class Chosen:
    """A facet that narrows the results, and the address without it."""

    facet: str
    name: str
    value: str
    label: str
    address: str


@dataclass(slots=True)
class Results:
    """What was found, and how: as typed, with another spelling, or in parts."""

    found: Found
    outcome: str = "found"
    """As `engagement.searches` knows them: found, corrected, some, nothing."""
    close: list | None = None
    """Titles that come close, where nothing was found."""


def answer(asked, *, size=PAGE_SIZE, offset=0, place=None, turn="DESC"):
    """Search as it was typed; where that finds nothing, as it may have been meant."""
    found = find(asked, size=size, offset=offset, place=place, turn=turn)
    # Nothing on a page beyond the last is nothing that was not found.
    if found.total or asked.narrowed or not asked.terms:
        return Results(found, "found" if found.total else "nothing")
    meant, known = spellings(asked)
    if meant:
        other = find(asked.respelt(meant), size=size, offset=offset, place=place)
        if other.total:
            return Results(other, "corrected")
    if len(known) + len(meant) > 1:
        some = find(asked.respelt(meant).any_word, size=size, offset=offset)
        if some.total:
            return Results(some, "some")
    return Results(found, "nothing")


@require_safe
def search(request):
    asked = Asked.of(request.GET)
    newest = asked.sort == "newest"
    after = key_at(request.GET.get("after", "")) if newest else {}
    before = key_at(request.GET.get("before", "")) if newest and not after else {}
    number = 1 if newest else _number(request.GET.get("page", ""))
    results = Results(Found(asked), "nothing")
    if asked:
        results = answer(
            asked,
            size=PAGE_SIZE + 1,
            offset=(number - 1) * PAGE_SIZE,
            place=after or before or None,
            turn="ASC" if before else "DESC",
        )
    found = results.found
    has_more = len(found.hits) > PAGE_SIZE
    found.hits = found.hits[:PAGE_SIZE]
    if before:
        found.hits.reverse()
    shown = cards(found)
    if asked and results.outcome == "nothing" and not asked.narrowed and asked.terms:
        results.close = [
            {**each, "extract": each["summary"]}
            for each in close_titles(" ".join(asked.terms), at_most=PAGE_SIZE)
        ]
    newer, older = _neighbours(asked, shown, number, has_more, after, before)
    return page(
        request,
        "publishing/search.html",
        head=Head(
            title=f"Search: {asked.words}" if asked else "Search",
            url=path_to("search"),
            robots="noindex, follow",
            newer=newer,
            older=older,
        ),
        keys=["search"],
        cache=BRIEF,
        asked=asked,
        results=results,
        found=found,
        hits=shown or results.close or [],
        first=(number - 1) * PAGE_SIZE,
        page_number=number,
        total=min(found.total, COUNTED),
        ranked_only=not newest and found.total > found.ranked and not older,
        counted=COUNTED,
        facets=_facets(asked, found),
        chosen=_chosen(asked, shown),
        orders=[
            ("Closest first", asked.address(sort=""), not newest),
            ("Newest first", asked.address(sort="newest"), newest),
        ],
        at_large=asked.at_large.address(),
        all_newest=asked.address(sort="newest"),
    )


def _number(text):
    """A page of those that are ranked, whatever was asked for."""
    last = -(-4 * RANKED // PAGE_SIZE)
    is_number = text.isascii() and text.isdecimal() and len(text) < 6
    return min(max(int(text), 1), last) if is_number else 1


def _neighbours(asked, shown, number, has_more, after, before):
    """The query strings of the page before and the page after, where there are any."""
    if asked.sort == "newest":
        if not shown:
            return "", ""
        has_newer = has_more if before else bool(after)
        has_older = True if before else has_more
        return (
            asked.address(before=cursor_of(shown[0])) if has_newer else "",
            asked.address(after=cursor_of(shown[-1])) if has_older else "",
        )
    return (
        asked.address(page=number - 1) if number > 1 else "",
        asked.address(page=number + 1) if has_more else "",
    )


def _facets(asked, found):
    """What could narrow the results further and is not chosen yet."""
    facets = []
    for name in FACETS:
        # What all of them have would narrow nothing.
        values = [
            each
            for each in found.facets.get(name, [])
            if found.is_bounded or each[2] < found.total
        ]
        if getattr(asked, name) or not values:
            continue
        choices = [
            Choice(
                KIND_NAMES.get(value, label) if name == "kind" else label,
                amount,
                asked.address(**{name: value}),
            )
            for value, label, amount in values
        ]
        facets.append(Facet(FACETS[name], choices))
    return facets


def _chosen(asked, shown):
    """What narrows them now, each with the way back."""
    chosen = []
    for name in NARROWING:
        value = getattr(asked, name)
        if value:
            chosen.append(
                Chosen(
                    FACETS[name],
                    name,
                    value,
                    _label(name, value, shown),
                    asked.address(**{name: ""}),
                )
            )
    return chosen


def _label(name, value, shown):
    """The name of a value that is chosen, as far as the results tell it."""
    if name == "kind":
        return KIND_NAMES[value]
    if shown and name == "category":
        return shown[0]["category_name"]
    if shown and name == "author":
        return shown[0]["author_name"]
    return value
