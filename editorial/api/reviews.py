"""`…/reviews` and `…/remarks`: who reads it, and what they say about it."""

from rest_framework import serializers
from rest_framework.response import Response

from editorial import actions
from editorial.api.fields import Person, Strict, Text
from editorial.models import Review, ReviewComment
from editorial.remarks import (
    add_remark,
    delete_remark,
    edit_remark,
    resolve_remark,
)


class ReviewRow(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    reviewer = Person(read_only=True)
    status = serializers.ChoiceField(choices=Review.Status.choices, read_only=True)
    version = serializers.IntegerField(
        source="version.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="What is read, or was.",
    )
    asked_by = Person(read_only=True, allow_null=True)
    due_at = serializers.DateTimeField(read_only=True, allow_null=True)
    overall_comment = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    completed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class Remark(serializers.Serializer):
    """Said of the whole, of a block, or of words in it; or in answer to another."""

    id = serializers.UUIDField(read_only=True)
    review = serializers.UUIDField(
        source="review_id",
        allow_null=True,
        read_only=True,
        help_text="The review that was open when it was made, if any.",
    )
    parent = serializers.UUIDField(source="parent_id", allow_null=True, read_only=True)
    author = Person(
        read_only=True, allow_null=True, help_text="Null: a guest with a review link."
    )
    guest_name = serializers.CharField(
        read_only=True, help_text="The name that a guest gave; nobody has checked it."
    )
    comment = serializers.CharField(
        read_only=True, help_text="`@handle` names a colleague who may view the item."
    )
    block = serializers.UUIDField(source="block_id", allow_null=True, read_only=True)
    quote = serializers.CharField(read_only=True)
    selection_start = serializers.IntegerField(allow_null=True, read_only=True)
    selection_end = serializers.IntegerField(allow_null=True, read_only=True)
    original_quote = serializers.CharField(read_only=True)
    is_orphan = serializers.BooleanField(
        read_only=True, help_text="Whether its words are gone from the text."
    )
    is_resolved = serializers.BooleanField(read_only=True)
    resolved_by = Person(read_only=True, allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    edited_at = serializers.DateTimeField(allow_null=True, read_only=True)


class NewRemark(Strict):
    comment = Text(max_length=5000)
    block = serializers.UUIDField(
        required=False, help_text="A block of the article that it is about."
    )
    quote = Text(
        max_length=2000,
        required=False,
        help_text="Words of that block, exactly as they stand there.",
    )
    parent = serializers.UUIDField(required=False, help_text="The remark it answers.")


class RewordRemark(Strict):
    comment = Text(max_length=5000)


class Resolve(Strict):
    resolved = serializers.BooleanField(default=True, help_text="False opens it again.")


class WithReviews:
    """For a view of items: every read asks for the item first."""

    def reviews(self, request, pk):
        item = self.find(pk)
        found = Review.objects.on(item).select_related(
            "reviewer", "asked_by", "version"
        )
        found = found.defer(
            "version__snapshot", "version__rendered", "version__diff_from_previous"
        )
        return self.page_of(found, ReviewRow)

    def remarks(self, request, pk):
        item = self.find(pk)
        found = ReviewComment.objects.on(item)
        found = found.select_related("author", "resolved_by")
        return self.page_of(found, Remark)

    def remark(self, request, pk):
        item = self.find(pk)
        actions.check(request.user, "comment_on_draft", item)
        data = self.taken(NewRemark, request, item=item)
        if "block" in data and not hasattr(item, "block_list"):
            raise serializers.ValidationError(
                {"block": ["Remarks on a course are about the whole of it."]}
            )
        if "quote" in data and "block" not in data:
            raise serializers.ValidationError(
                {"quote": ["Say which block the words stand in."]}
            )
        parent = self._remark(item, data["parent"]) if "parent" in data else None
        made = add_remark(
            item,
            by=request.user,
            comment=data["comment"],
            block_id=data.get("block"),
            quote=data.get("quote", ""),
            parent=parent,
            origin=self.origin,
        )
        return Response(Remark(made).data, status=201)

    def resolve(self, request, pk, remark):
        item = self.find(pk)
        found = self._remark(item, remark)
        actions.check(request.user, "comment_on_draft", item)
        resolved = self.taken(Resolve, request, item=item)["resolved"]
        found = resolve_remark(
            found,
            item=item,
            by=request.user,
            resolved=resolved,
            origin=self.origin,
        )
        return Response(Remark(found).data)

    def reword(self, request, pk, remark):
        item = self.find(pk)
        found = self._remark(item, remark)
        actions.check(request.user, "comment_on_draft", item)
        words = self.taken(RewordRemark, request, item=item)["comment"]
        found = edit_remark(
            found, item=item, by=request.user, comment=words, origin=self.origin
        )
        return Response(Remark(found).data)

    def unsay(self, request, pk, remark):
        item = self.find(pk)
        found = self._remark(item, remark)
        delete_remark(found, item=item, by=request.user, origin=self.origin)
        return Response(status=204)

    def _remark(self, item, pk):
        """A remark on this item; one on another is not there."""
        found = ReviewComment.objects.on(item).filter(pk=pk)
        found = found.select_related("author", "review", "parent").first()
        if found is None:
            self.not_found("remark")
        return found
