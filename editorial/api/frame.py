"""The frame of every door: who comes in, what was sent, in whose name it is logged."""

from contextlib import contextmanager

from django.db import transaction
from django.http import Http404
from rest_framework import serializers, viewsets

from cms.api import etags
from cms.api.bodies import StrictJSONParser
from cms.api.views import FrontDoor
from cms.databases import EDITORIAL
from editorial import actions
from editorial.admin.house import origin_of


class EditorialView(FrontDoor, viewsets.GenericViewSet):
    """A view of the newsroom. What is sent and shown is named in serializers; a
    token needs the scopes below."""

    tags = ("editorial",)
    parser_classes = (StrictJSONParser,)
    scope_to_read = "editorial:read"
    scope_to_write = "editorial:write"
    scope_of: dict = {}
    is_list = False
    ordering = "-pk"
    ordering_fields: tuple = ()
    filterset_class = None
    rows: dict = {}
    """Action to the serializer of one row, for lists that take `?fields=`."""

    def get_serializer_class(self):
        """Of what is read; what is written is named where it is taken in."""
        return self.rows.get(self.action, serializers.Serializer)

    @property
    def serializer_class(self):
        return self.get_serializer_class()

    def get_queryset(self):
        """Lists name what they filter; nothing is visible by default."""
        raise NotImplementedError(type(self))

    # In whose name ----------------------------------------------------------------

    @property
    def origin(self):
        """Where this came from, for the audit log: the address and the token."""
        origin = origin_of(self.request)
        if (token := self.request.auth) is not None:
            origin["user_agent"] = (
                f"API token “{token.name}” ({token.hint}…), {origin['user_agent']}"
            )
        return origin

    # What was sent ----------------------------------------------------------------

    def taken(self, fields, request, *, item=None, partial=False, **known):
        """What was sent, checked by the named fields and by nothing else."""
        context = {**self.get_serializer_context(), "item": item, **known}
        serializer = fields(data=request.data, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    # What was seen ----------------------------------------------------------------

    def etag_of(self, item):
        """Of one state of an item: its text, and where it stands in the workflow."""
        return etags.etag(item.pk, item.revision, item.updated_at.isoformat())

    @contextmanager
    def seen(self, item, *, must=False):
        """A transaction with the item locked, if it still is what the client read.

        `must`: edits say which state they are about; verbs may.
        """
        check = etags.must_match if must else etags.may_match
        check(self.request, self.etag_of(item))
        with transaction.atomic(using=EDITORIAL):
            fresh = actions.locked(item)
            etags.may_match(self.request, self.etag_of(fresh))
            yield fresh

    # What is answered -------------------------------------------------------------

    def not_found(self, noun):
        """The same answer for what is not there and for what one may not see."""
        raise Http404(f"There is no such {noun}.")

    def page_of(self, queryset, row):
        """A page of a list, in the order that the address names."""
        return self.page(self.paginate_queryset(queryset), row)

    def page(self, found, row):
        rows = row(found, many=True, context=self.get_serializer_context())
        _ = rows.child.fields  # `?fields=` is looked at, even where no row is found
        return self.get_paginated_response(rows.data)
