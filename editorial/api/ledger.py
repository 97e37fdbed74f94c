"""`/ledger`: what an address said at a moment, with the hashes that prove it."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from editorial import ledger
from editorial.actions import check
from editorial.admin.ledger import NOT_OURS, visible
from editorial.api.docs import describe, door
from editorial.api.fields import Strict
from editorial.api.frame import EditorialView


class Question(Strict):
    address = serializers.CharField(
        max_length=1000, help_text="Of an article, a course or a lesson: path or URL."
    )
    at = serializers.DateTimeField(
        required=False, help_text="With its zone; left out: now."
    )

    def validate_address(self, address):
        if ledger.parsed(address) is None:
            raise serializers.ValidationError(NOT_OURS)
        return address


class Fact(serializers.Serializer):
    """`from` this moment on readers got this version there, or nothing."""

    until = serializers.DateTimeField(allow_null=True)
    item = serializers.UUIDField()
    verb = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    content_hash = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    by = serializers.CharField()
    hash = serializers.CharField(
        allow_null=True, help_text="Of the entry in the chain of the item."
    )
    source = serializers.ChoiceField(choices=["ledger", "workflow history"])

    def get_fields(self):
        return {"from": serializers.DateTimeField(), **super().get_fields()}


class Evidence(serializers.Serializer):
    """All that is known; `how_to_check` says how to check it without this program."""

    format = serializers.CharField()
    question = serializers.DictField()
    answer = serializers.CharField(help_text="In a sentence.")
    outcome = serializers.ChoiceField(
        choices=["live", "moved", "gone", "nothing", "hidden"],
        help_text="`hidden`: it belongs to an item that you may not view.",
    )
    facts = Fact(many=True)
    version = serializers.DictField(
        allow_null=True, help_text="The very version, with its snapshot and its hash."
    )
    ledger = serializers.ListField(child=serializers.DictField())
    broken_links = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Numbers of entries whose hash is wrong; empty if all is well.",
    )
    audit = serializers.ListField(child=serializers.DictField())
    how_to_check = serializers.ListField(child=serializers.CharField())


def in_words(method):
    words = door(
        "What did an address say at a moment?",
        gives=Evidence,
        says="Articles and courses have immutable versions, so the answer is the very "
        "text, with its hash, who published it, and the history of the address.",
    )
    return extend_schema(parameters=[Question])(words(method))


@describe("ledger", retrieve=in_words)
class LedgerView(EditorialView):
    query_parameters = ("address", "at")

    def retrieve(self, request):
        check(request.user, "view_sync")
        question = Question(data=request.query_params.dict())
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        answer = ledger.said(asked["address"], asked.get("at") or timezone.now())
        return Response(ledger.evidence(visible(answer, request.user)))
