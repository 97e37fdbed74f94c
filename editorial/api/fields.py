"""What the API takes and gives: strict fields, and nothing that nobody named."""

import json

from django.core.exceptions import ValidationError as ModelValidationError
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cms.uuids import uuid7
from editorial import blocks
from editorial.blocks.attributes import fault_of_text
from editorial.models import ITEM_MODELS, Media

MOST_TAGS = 100
MOST_KEYWORDS = 50
LONGEST_JSON = 50_000
DEEPEST_JSON = 20
LARGEST_INTEGER = 2**31 - 1
RAW = "html"
KINDS = [str(kind) for kind in ITEM_MODELS]


class Strict(serializers.Serializer):
    """Whatever is not one of its fields is refused, not ignored.

    So nobody believes that they have set a status, and no misspelt word is lost.
    """

    def to_internal_value(self, data):
        if hasattr(data, "keys"):
            writable = {
                name for name, field in self.fields.items() if not field.read_only
            }
            unknown = [str(name) for name in data if name not in writable]
            if unknown:
                raise serializers.ValidationError(
                    {
                        speakable(name): ["There is no such field to be set here."]
                        for name in unknown[:20]
                    }
                )
        return super().to_internal_value(data)


def speakable(name):
    """A key that somebody sent, as it can be said back."""
    return name[:60].encode("utf-8", "replace").decode().replace("\x00", "?")


# --- Fields -----------------------------------------------------------------------


class Whole(serializers.IntegerField):
    """A whole number that fits into its column."""

    def __init__(self, **kwargs):
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", LARGEST_INTEGER)
        super().__init__(**kwargs)


class Text(serializers.CharField):
    """Text, and nothing that could be written as one."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Line(Text):
    """One line, whatever was pasted."""

    def to_internal_value(self, data):
        return " ".join(super().to_internal_value(data).split())


class Row(serializers.PrimaryKeyRelatedField):
    """A row by its id. What the person may not see is answered as what is not there."""

    default_error_messages = {
        "does_not_exist": "There is no such {noun}.",
        "incorrect_type": "An id is a UUID.",
    }

    def __init__(self, *, noun, **kwargs):
        self.noun = noun
        kwargs.setdefault("pk_field", serializers.UUIDField())
        super().__init__(**kwargs)

    def fail(self, key, **kwargs):
        super().fail(key, **{**kwargs, "noun": self.noun})


class ImageRow(Row):
    def __init__(self, **kwargs):
        if not kwargs.get("read_only"):
            images = Media.objects.filter(file_type=Media.FileType.IMAGE)
            kwargs.setdefault("queryset", images)
        super().__init__(noun="image", **kwargs)


class Rows(serializers.ListField):
    """Several rows by their ids, found in one query."""

    child = serializers.UUIDField()

    def __init__(self, *, queryset, noun, **kwargs):
        self.queryset, self.noun = queryset, noun
        super().__init__(**kwargs)

    def to_internal_value(self, data):
        ids = list(dict.fromkeys(super().to_internal_value(data)))
        found = self.queryset.all().in_bulk(ids)
        missing = [str(pk) for pk in ids if pk not in found]
        if missing:
            raise serializers.ValidationError(
                [f"There is no such {self.noun}: {pk}." for pk in missing[:10]]
            )
        return [found[pk] for pk in ids]

    def to_representation(self, data):
        return [str(row.pk) for row in data.all()]


def faults_of_json(value, depth=0):
    """Why a JSON value cannot be kept, or None."""
    if depth > DEEPEST_JSON:
        return f"It is nested more than {DEEPEST_JSON} levels deep."
    if isinstance(value, str):
        fault = fault_of_text(value)
        return f"A text in it {fault}." if fault else None
    if isinstance(value, int | float) and not -(2**53) <= value <= 2**53:
        return "A number in it is too large."
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        faults = (faults_of_json(one, depth + 1) for one in value)
        return next((fault for fault in faults if fault), None)
    return None


@extend_schema_field(
    {
        "type": ["object", "null"],
        "additionalProperties": True,
        "description": "More JSON-LD properties, for specialists.",
    }
)
class SmallObject(serializers.JSONField):
    """An object of JSON that is no larger and no deeper than anybody needs."""

    def to_internal_value(self, data):
        data = super().to_internal_value(data)
        if not isinstance(data, dict):
            raise serializers.ValidationError("It must be an object, or null.")
        if fault := faults_of_json(data):
            raise serializers.ValidationError(fault)
        if len(json.dumps(data)) > LONGEST_JSON:
            raise serializers.ValidationError(
                f"It has more than {LONGEST_JSON:,} characters."
            )
        return data


BLOCK = {
    "type": "object",
    "required": ["type", "content"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "Kept across edits; given by the server where it is left "
            "out. Send it back, so that remarks and comparisons follow the block.",
        },
        "type": {"type": "string", "enum": sorted(blocks.BLOCKS)},
        "content": {
            "type": "object",
            "additionalProperties": True,
            "description": "A node as ProseMirror knows it.",
        },
    },
}


@extend_schema_field(
    {"type": "array", "items": BLOCK, "maxItems": 5000, "description": "The body."}
)
class Body(serializers.Field):
    """A list of blocks, checked by `editorial.blocks`; each fault names its block."""

    def to_internal_value(self, data):
        if isinstance(data, list):
            data = [
                {"id": str(uuid7()), **one}
                if isinstance(one, dict) and "id" not in one
                else one
                for one in data
            ]
        try:
            blocks.validate(data)
        except ModelValidationError as problem:
            raise serializers.ValidationError(
                [speakable_sentence(one) for one in problem.messages]
            ) from None
        return data

    def to_representation(self, value):
        return value


def speakable_sentence(text):
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")


def new_raw_html(body, old):
    """Whether a body brings in raw HTML that was not in the old one."""
    known = [block["content"] for block in old if block["type"] == RAW]
    return any(block["type"] == RAW and block["content"] not in known for block in body)


@extend_schema_field(OpenApiTypes.BOOL)
class YesOrNo(filters.TypedChoiceFilter):
    """`true` or `false`; anything else is refused, not taken for "either"."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("choices", [("true", "true"), ("false", "false")])
        super().__init__(*args, coerce=lambda value: value == "true", **kwargs)


# --- What is shown of others ------------------------------------------------------


class Person(serializers.Serializer):
    """Somebody of the house, as everybody in it may know them."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="display_name", read_only=True)


class WebAddress(serializers.URLField):
    def to_internal_value(self, data):
        url = super().to_internal_value(data)
        if url and not url.startswith(("https://", "http://")):
            raise serializers.ValidationError(
                "The address must begin with https:// or http://."
            )
        return url


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {}, "maxItems": 2},
    }
)
class Pairs(serializers.Field):
    """{name: [before, after]}"""

    def to_representation(self, value):
        return value
