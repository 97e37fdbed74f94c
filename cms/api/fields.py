"""What may be asked for by query: known names only, and an unknown one is a 400.

A parameter that is silently ignored answers another question than the one asked.
"""

import django_filters
from django_filters.rest_framework import DjangoFilterBackend

from cms.api.problems import Problem, error


def refuse_unknown(request, known):
    """A Problem that names the parameters this endpoint does not have."""
    unknown = sorted(set(request.GET) - set(known))
    if unknown:
        raise Problem(
            "bad-query",
            f"Known here: {', '.join(sorted(known)) or 'none'}.",
            errors=[
                error([name[:100]], "There is no such parameter here.", code="unknown")
                for name in unknown[:20]
            ],
        )
    for name in known:
        values = request.GET.getlist(name)
        if any("\x00" in value for value in values):
            raise Problem("bad-query", f"{name} holds a NUL character.")
        if len(values) > 1:
            raise Problem("bad-query", f"{name} is given more than once.")


def fields_asked_for(request, allowed):
    """The names of `?fields=`, in the order of `allowed`; all of them without it."""
    text = request.GET.get("fields")
    if text is None:
        return list(allowed)
    asked = set(text.split(","))
    unknown = sorted(asked - set(allowed))
    if unknown:
        raise Problem(
            "bad-query",
            f"fields takes names from: {', '.join(allowed)}.",
            errors=[
                error(["fields"], f"There is no field {name[:100]!r}.", code="unknown")
                for name in unknown[:20]
            ],
        )
    return [name for name in allowed if name in asked]


class SparseFields:
    """A serializer whose answer has only what `?fields=a,b` names.

    Put it before the serializer's own base. It narrows the answer to a GET of the
    serializer the view uses, never one inside another, and never what is written.
    """

    takes_sparse_fields = True

    def get_fields(self):
        fields = super().get_fields()
        request = self.context.get("request")
        outermost = self.parent is None or (
            self.parent.parent is None and getattr(self.parent, "many", False)
        )
        if not outermost or request is None or request.method not in {"GET", "HEAD"}:
            return fields
        chosen = fields_asked_for(request, tuple(fields))
        return {name: fields[name] for name in chosen}


class StrictFilterSet(django_filters.FilterSet):
    """Filters by the names it declares; a value that does not fit is a 400."""


NEVER_EMPTY = (
    django_filters.DateTimeFilter,
    django_filters.IsoDateTimeFilter,
    django_filters.NumberFilter,
    django_filters.UUIDFilter,
)
"""Django's forms take no value for "whatever"; here it is one that does not fit."""


class StrictFilters(DjangoFilterBackend):
    """django-filter, answering with our problems."""

    def filter_queryset(self, request, queryset, view):
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        for name, filter_ in filterset.filters.items():
            if request.GET.get(name) == "" and isinstance(filter_, NEVER_EMPTY):
                raise Problem("bad-query", f"{name} is given, and empty.")
        if not filterset.is_valid():
            raise Problem(
                "bad-query",
                "A filter has a value that does not fit.",
                errors=[
                    error([name], message)
                    for name, messages in filterset.errors.items()
                    for message in messages
                ],
            )
        return filterset.qs
