"""`/media`: the library. What comes in is known by its content, never by its name."""

from django.db import transaction
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from cms.api import etags
from cms.api.bodies import StrictJSONParser
from cms.api.fields import SparseFields, StrictFilterSet
from cms.api.problems import Problem
from cms.databases import EDITORIAL
from editorial import actions, library
from editorial.api.docs import describe, door
from editorial.api.fields import KINDS, Line, Person, Strict, Text, YesOrNo
from editorial.api.frame import EditorialView
from editorial.imaging import MAX_FILE_BYTES
from editorial.models import Media
from editorial.models.media import is_a_crop

LARGEST_UPLOAD = MAX_FILE_BYTES + 1024 * 1024
"""Bytes of a request: the largest file, and the words that come with it."""


class MediaVariant(serializers.Serializer):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    type = serializers.CharField()


class Crop(serializers.Serializer):
    """What is shown of an image, in fractions of it. The file itself is not cut."""

    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    width = serializers.FloatField(min_value=0, max_value=1)
    height = serializers.FloatField(min_value=0, max_value=1)


class MediaRow(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    url = serializers.CharField(read_only=True)
    file_type = serializers.ChoiceField(choices=Media.FileType.choices, read_only=True)
    mime_type = serializers.CharField(read_only=True)
    original_filename = serializers.CharField(read_only=True)
    file_size_bytes = serializers.IntegerField(allow_null=True, read_only=True)
    width = serializers.IntegerField(allow_null=True, read_only=True)
    height = serializers.IntegerField(allow_null=True, read_only=True)
    title = serializers.CharField(read_only=True)
    alt_text = serializers.CharField(read_only=True)
    is_decorative = serializers.BooleanField(read_only=True)
    caption = serializers.CharField(read_only=True)
    credit = serializers.CharField(read_only=True)
    licence = serializers.CharField(read_only=True)
    licence_expires_on = serializers.DateField(allow_null=True, read_only=True)
    licence_state = serializers.ChoiceField(
        choices=["none", "fine", "ending", "ended"], read_only=True
    )
    source = serializers.CharField(read_only=True)
    focal_x = serializers.FloatField(read_only=True)
    focal_y = serializers.FloatField(read_only=True)
    crop = Crop(read_only=True, allow_null=True)
    is_animated = serializers.BooleanField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    processing_status = serializers.ChoiceField(
        choices=Media.Processing.choices, read_only=True
    )
    processing_note = serializers.CharField(
        read_only=True, help_text="Why an image could not be processed."
    )
    variants = MediaVariant(many=True, read_only=True)
    uploaded_by = Person(read_only=True)
    uploaded_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class Use(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.UUIDField()
    title = serializers.CharField()
    how = serializers.ChoiceField(choices=["picture", "text", "lesson", "live"])


class MediaShown(MediaRow):
    used_by = serializers.SerializerMethodField(
        help_text="Items that show it, as far as you may see them."
    )

    @extend_schema_field(Use(many=True))
    def get_used_by(self, media):
        user = self.context["request"].user
        return Use(library.named_uses(library.uses_of(media), user), many=True).data


class MediaWrite(Strict):
    """What is said about a file; the file itself stays what it is."""

    title = Line(max_length=500, allow_blank=True, required=False)
    alt_text = Text(
        max_length=2000,
        allow_blank=True,
        required=False,
        help_text="What a reader who cannot see the image needs to know.",
    )
    is_decorative = serializers.BooleanField(required=False)
    caption = Text(max_length=2000, allow_blank=True, required=False)
    credit = Line(max_length=500, allow_blank=True, required=False)
    licence = Line(max_length=255, allow_blank=True, required=False)
    licence_expires_on = serializers.DateField(allow_null=True, required=False)
    source = Line(max_length=500, allow_blank=True, required=False)
    crop = Crop(allow_null=True, required=False)
    focal_x = serializers.FloatField(min_value=0, max_value=1, required=False)
    focal_y = serializers.FloatField(min_value=0, max_value=1, required=False)
    tags = serializers.ListField(
        child=Line(max_length=100), max_length=50, required=False
    )

    def validate_crop(self, crop):
        crop = crop and dict(crop)
        is_a_crop(crop)
        return crop


class MediaUpload(Strict):
    """`multipart/form-data`: the file, and what is said about it."""

    file = serializers.FileField(max_length=500)
    title = Line(max_length=500, allow_blank=True, required=False)
    alt_text = Text(max_length=2000, allow_blank=True, required=False)
    is_decorative = serializers.BooleanField(required=False)
    caption = Text(max_length=2000, allow_blank=True, required=False)
    credit = Line(max_length=500, allow_blank=True, required=False)
    licence = Line(max_length=255, allow_blank=True, required=False)


class MediaFile(Strict):
    """`multipart/form-data`: the file that takes the place of the other."""

    file = serializers.FileField(max_length=500)


class MediaFilters(StrictFilterSet):
    file_type = filters.ChoiceFilter(choices=Media.FileType.choices)
    q = filters.CharFilter(
        method="with_words",
        max_length=100,
        help_text="Words of the name, the texts beside it, the credit, or a tag.",
    )
    tag = filters.CharFilter(field_name="tags", method="tagged", max_length=100)
    mine = YesOrNo(method="of_mine", help_text="What you brought in.")
    licence = filters.ChoiceFilter(
        choices=[("ending", "ending"), ("ended", "ended")],
        method="licensed",
        help_text="Whose licence ends within thirty days (or has ended), or has ended.",
    )
    unused = YesOrNo(method="not_used", help_text="What nothing shows, live or draft.")
    wants_alt = YesOrNo(
        method="without_alt", help_text="Images that nobody has described yet."
    )

    def with_words(self, queryset, name, value):
        return queryset.with_words(value)

    def tagged(self, queryset, name, value):
        return queryset.tagged(value)

    def licensed(self, queryset, name, value):
        found = queryset.licence_ended()
        if value == "ending":
            found = queryset.licence_ending()
        # The list has an order of its own, which its pages follow.
        return queryset.filter(pk__in=found.order_by().values("pk"))

    def not_used(self, queryset, name, value):
        unused = queryset.unused()
        if value:
            return unused
        return queryset.exclude(pk__in=unused.order_by().values("pk"))

    def of_mine(self, queryset, name, value):
        mine = {"uploaded_by": self.request.user}
        return queryset.filter(**mine) if value else queryset.exclude(**mine)

    def without_alt(self, queryset, name, value):
        wanting = {"file_type": Media.FileType.IMAGE, "alt_text": ""}
        wanting["is_decorative"] = False
        return queryset.filter(**wanting) if value else queryset.exclude(**wanting)


@describe(
    "media",
    list=door("List what is in the library", gives=MediaRow(many=True)),
    create=extend_schema(
        summary="Upload a file",
        description="JPEG, PNG, WebP, GIF, AVIF, PDF, MP3, Ogg, MP4 or WebM, known by "
        "its content and not by its name. What a camera wrote about place and person "
        "is taken out of images; smaller copies are made shortly after.",
        request={"multipart/form-data": MediaUpload},
        responses={201: MediaShown},
    ),
    retrieve=door("Read what is known of a file", gives=MediaShown),
    partial_update=door(
        "Change what is said about a file",
        takes=MediaWrite,
        gives=MediaShown,
        example={"alt_text": "A harbour at dawn.", "focal_x": 0.3, "focal_y": 0.5},
        says="For editors; and for you, what you brought in yourself.",
    ),
    destroy=door(
        "Delete a file that nothing shows", status=204, says="409 names what shows it."
    ),
    replace=extend_schema(
        summary="Put another file in its place",
        description="Of the same kind. Whatever shows it shows the new one; what is "
        "said about it stays.",
        request={"multipart/form-data": MediaFile},
        responses={200: MediaShown},
    ),
)
class MediaView(EditorialView):
    queryset = Media.objects.none()
    scope_to_write = "media:write"
    filterset_class = MediaFilters
    ordering = "-uploaded_at"
    ordering_fields = ("uploaded_at", "updated_at")
    rows = {"list": MediaRow, "retrieve": MediaShown}

    def initial(self, request, *args, **kwargs):
        """What is too large is refused before it is read."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LARGEST_UPLOAD:
            megabytes = MAX_FILE_BYTES // 1024 // 1024
            raise Problem("too-large", f"A file may have at most {megabytes} MB.")

    def get_parsers(self):
        posts = self.request is None or self.request.method == "POST"
        return [MultiPartParser() if posts else StrictJSONParser()]

    def get_queryset(self):
        actions.check(self.request.user, "view_media")
        return Media.objects.select_related("uploaded_by")

    def find(self, pk):
        media = self.get_queryset().filter(pk=pk).first()
        if media is None:
            self.not_found("medium")
        return media

    def etag_of(self, media):
        return etags.etag(media.pk, media.updated_at.isoformat())

    def answer(self, media, status=200, headers=None):
        shown = MediaShown(media, context=self.get_serializer_context())
        return Response(
            shown.data,
            status=status,
            headers={"ETag": self.etag_of(media), **(headers or {})},
        )

    def list(self, request):
        return self.page_of(self.filter_queryset(self.get_queryset()), MediaRow)

    def retrieve(self, request, pk):
        return self.answer(self.find(pk))

    def create(self, request):
        actions.check(request.user, "upload_media")
        words = self.taken(MediaUpload, request)
        media = library.bring_in(
            words.pop("file"), by=request.user, origin=self.origin, **words
        )
        return self.answer(media, 201, {"Location": f"{request.path}{media.pk}/"})

    def partial_update(self, request, pk):
        media = self.find(pk)
        if not library.may_describe(request.user, media):
            actions.check(request.user, "edit_media")
        words = self.taken(MediaWrite, request, item=media, partial=True)
        etags.must_match(request, self.etag_of(media))
        with transaction.atomic(using=EDITORIAL):
            found = self.get_queryset().select_for_update(of=("self",))
            media = found.get(pk=pk)
            etags.may_match(request, self.etag_of(media))
            library.describe(media, words, by=request.user, origin=self.origin)
        return self.answer(media)

    def replace(self, request, pk):
        media = self.find(pk)
        if not library.may_describe(request.user, media):
            actions.check(request.user, "edit_media")
        upload = self.taken(MediaFile, request, item=media)["file"]
        etags.may_match(request, self.etag_of(media))
        library.replace(media, upload, by=request.user, origin=self.origin)
        return self.answer(self.find(pk))

    def destroy(self, request, pk):
        media = self.find(pk)
        actions.check(request.user, "delete_media")
        etags.must_match(request, self.etag_of(media))
        library.take_out(media, by=request.user, origin=self.origin)
        return Response(status=204)
