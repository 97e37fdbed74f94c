"""`…/versions` and `…/history`: what an item was, and what was done to it."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from editorial import actions
from editorial.api.fields import Person, Strict
from editorial.diff import difference
from editorial.models import Version, WorkflowHistory

LARGEST_NUMBER = 2**31 - 1


class VersionRow(serializers.Serializer):
    number = serializers.IntegerField(read_only=True)
    title = serializers.CharField(read_only=True)
    change_summary = serializers.CharField(read_only=True)
    created_by = Person(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    content_hash = serializers.CharField(read_only=True)


class VersionShown(VersionRow):
    snapshot = serializers.DictField(
        read_only=True, help_text="The whole item as it was, blocks and all."
    )
    html = serializers.CharField(
        source="rendered.html", read_only=True, help_text="As it was rendered then."
    )


class Moves(serializers.Serializer):
    """Ids of what was added, removed, changed and moved."""

    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    moved = serializers.ListField(child=serializers.CharField())


@extend_schema_field(
    {
        "type": "object",
        "description": "Name of a field to what it was and what it is.",
        "additionalProperties": {
            "type": "array",
            "items": {},
            "minItems": 2,
            "maxItems": 2,
        },
    }
)
class Pairs(serializers.Field):
    def to_representation(self, value):
        return value


class Difference(serializers.Serializer):
    """What one version has that another has not; parts by their ids."""

    before = serializers.IntegerField(
        allow_null=True, help_text="Null: compared with nothing at all."
    )
    after = serializers.IntegerField()
    fields = Pairs()
    blocks = Moves(required=False, help_text="Of an article.")
    sections = Moves(required=False, help_text="Of a course.")
    lessons = Moves(required=False, help_text="Of a course.")


class Restore(Strict):
    block = serializers.UUIDField(
        required=False, help_text="Only this block of an article."
    )


class HistoryRow(serializers.Serializer):
    transition = serializers.CharField(read_only=True)
    from_status = serializers.CharField(read_only=True)
    to_status = serializers.CharField(read_only=True)
    version = serializers.IntegerField(
        source="version.number", default=None, allow_null=True, read_only=True
    )
    changed_by = Person(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True)
    comment = serializers.CharField(read_only=True)


class WithVersions:
    """For a view of items: every read asks for the item first."""

    def versions(self, request, pk):
        item = self.find(pk)
        found = Version.objects.of(item).light().select_related("created_by")
        return self.page_of(found, VersionRow)

    def version(self, request, pk, number):
        return Response(VersionShown(self._version(self.find(pk), number)).data)

    def compare(self, request, pk, number):
        """With the one before, or with the version that `against` names."""
        item = self.find(pk)
        after = self._version(item, number)
        asked = Against(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        against = asked.validated_data.get("against")
        before = (
            self._version(item, against)
            if against is not None
            else Version.objects.of(item).filter(number__lt=number).first()
        )
        changes = difference(before and before.snapshot, after.snapshot)
        return Response(
            {"before": before and before.number, "after": after.number, **changes}
        )

    def restore(self, request, pk, number):
        item = self.find(pk)
        actions.check(request.user, "restore_version", item)
        self.check_editable(item)
        version = self._version(item, number)
        block = self.taken(Restore, request, item=item).get("block")
        with self.seen(item) as seen:
            actions.restore_version(
                seen, version, by=request.user, block_id=block, origin=self.origin
            )
        return self.answer(item.pk)

    def history(self, request, pk):
        item = self.find(pk)
        found = WorkflowHistory.objects.of(item).select_related("changed_by", "version")
        found = found.defer(
            "metadata", "version__snapshot", "version__rendered",
            "version__diff_from_previous",
        )  # fmt: skip
        return self.page_of(found, HistoryRow)

    def _version(self, item, number):
        if number > LARGEST_NUMBER:
            self.not_found("version")
        found = Version.objects.of(item).filter(number=number)
        version = found.select_related("created_by").first()
        if version is None:
            self.not_found("version")
        return version


class Against(Strict):
    against = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_NUMBER,
        required=False,
        help_text="Number of the version to compare with; left out: the one before.",
    )
