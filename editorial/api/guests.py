"""`…/links`: who outside may read one version of it, and until when."""

from rest_framework import serializers
from rest_framework.response import Response

from editorial.api.fields import Line, Person, Strict
from editorial.models import ReviewLink
from editorial.sharing import LONGEST_LIFE, check_may_share, make_link, revoke_link


class LinkRow(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    label = serializers.CharField(read_only=True, help_text="For whom it is.")
    version = serializers.IntegerField(source="version.number", read_only=True)
    may_comment = serializers.BooleanField(read_only=True)
    is_in_force = serializers.BooleanField(read_only=True)
    created_by = Person(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)
    times_opened = serializers.IntegerField(read_only=True)
    last_opened_at = serializers.DateTimeField(read_only=True, allow_null=True)


class LinkMade(LinkRow):
    address = serializers.CharField(
        read_only=True, help_text="Said this once: nobody can read it again."
    )


class NewLink(Strict):
    label = Line(max_length=100, help_text="For whom, so that you know it again.")
    days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_LIFE.days, default=7, help_text="It opens for."
    )
    may_comment = serializers.BooleanField(default=True)


class NoWords(Strict):
    """No body is needed."""


class WithGuests:
    """For a view of items. Who may give colleagues a hand in it may share it."""

    def links(self, request, pk):
        item = self._shared(pk)
        found = ReviewLink.objects.on(item).select_related("version", "created_by")
        heavy = ("snapshot", "rendered", "diff_from_previous")
        return self.page_of(found.defer(*(f"version__{n}" for n in heavy)), LinkRow)

    def share(self, request, pk):
        item = self._shared(pk)
        words = self.taken(NewLink, request, item=item)
        link, address = make_link(item, by=request.user, origin=self.origin, **words)
        link.address = address
        made = Response(
            LinkMade(link).data, status=201, headers={"Cache-Control": "no-store"}
        )
        made.kept_data = LinkRow(link).data
        return made

    def revoke(self, request, pk, link):
        item = self._shared(pk)
        self.taken(NoWords, request, item=item)
        found = ReviewLink.objects.on(item).filter(pk=link).first()
        if found is None:
            self.not_found("link")
        found = revoke_link(found, item, by=request.user, origin=self.origin)
        return Response(LinkRow(found).data)

    def _shared(self, pk):
        item = self.find(pk)
        check_may_share(item, self.request.user)
        return item
