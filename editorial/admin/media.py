"""The media library."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import JsonResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from accounts.permissions import may
from cms.databases import EDITORIAL
from cms.files import FilesAway
from editorial import imaging
from editorial.admin.house import HousePage, moment
from editorial.admin.taxonomy import NAMED
from editorial.library import ask_for_variants
from editorial.models import Article, ArticleBlock, Course, LiveUse, Media, MediaFolder

IN_THE_PICKER = 24


class MediaForm(forms.ModelForm):
    class Meta:
        model = Media
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)
        widgets = {
            "alt_text": forms.Textarea(attrs={"rows": 2}),
            "caption": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "tags": "Words separated by commas.",
            "focal_x": "0 is the left edge, 1 the right one.",
            "focal_y": "0 is the top, 1 the bottom.",
            "credit": "Whose work it is; printed with the image.",
        }

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if "file" not in self.changed_data:
            return upload
        if not upload:
            raise ValidationError("Choose a file to upload.")
        upload, self.facts = imaging.received(upload)
        return upload

    def _post_clean(self):
        """Kept before anything is written: what was typed stays where it cannot be."""
        super()._post_clean()
        if self.errors or "file" not in self.changed_data:
            return
        file = self.instance.file
        try:
            file.save(file.name, file.file, save=False)
        except FilesAway as away:
            self.add_error("file", f"{away} Then choose the file again.")

    def clean(self):
        cleaned = super().clean()
        if self.instance._state.adding and not cleaned.get("file") and not self.errors:
            self.add_error("file", "Choose a file to upload.")
        return cleaned


class KindFilter(admin.SimpleListFilter):
    title = "what is wanting"
    parameter_name = "wants"

    def lookups(self, request, model_admin):
        return [
            ("alt", "No alternative text"),
            ("failed", "Could not be processed"),
            ("licence", "Licence has run out"),
        ]

    def queryset(self, request, queryset):
        if self.value() == "alt":
            return queryset.filter(
                file_type=Media.FileType.IMAGE, alt_text="", is_decorative=False
            )
        if self.value() == "failed":
            return queryset.filter(
                processing_status__in=[
                    Media.Processing.FAILED,
                    Media.Processing.MISSING,
                ]
            )
        if self.value() == "licence":
            return queryset.licence_ended()
        return queryset


@admin.register(Media)
class MediaAdmin(HousePage):
    form = MediaForm
    list_display = (
        "thumbnail",
        "__str__",
        "facts",
        "alt_state",
        "folder",
        "uploaded",
    )
    list_display_links = ("thumbnail", "__str__")
    list_filter = ("file_type", KindFilter)
    list_select_related = ("folder",)
    search_fields = ("title", "original_filename", "alt_text", "credit")
    ordering = ("-uploaded_at", "-id")
    fieldsets = (
        (None, {"fields": ("large", "file", "title", "processing")}),
        ("For readers", {"fields": ("alt_text", "is_decorative", "caption")}),
        ("Rights", {"fields": ("credit", "licence", "licence_expires_on")}),
        ("Where the eye goes", {"fields": (("focal_x", "focal_y"),)}),
        ("In the library", {"fields": ("folder", "tags", "facts", "where_used")}),
    )
    readonly_fields = ("large", "processing", "facts", "where_used")

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [
                (None, {"fields": ("file", "title")}),
                ("For readers", {"fields": ("alt_text", "is_decorative", "caption")}),
                ("Rights", {"fields": ("credit", "licence", "licence_expires_on")}),
                ("In the library", {"fields": ("folder", "tags")}),
            ]
        return super().get_fieldsets(request, obj)

    def has_change_permission(self, request, obj=None):
        """Editors; and everybody what they brought in themselves."""
        if super().has_change_permission(request, obj):
            return True
        if not may(request.user, "upload_media"):
            return False
        return obj is None or obj.uploaded_by_id == request.user.pk

    def has_delete_permission(self, request, obj=None):
        return False  # versions may show it for as long as there are versions

    def save_model(self, request, obj, form, change):
        for name, value in getattr(form, "facts", {}).items():
            setattr(obj, name, value)
        if not change:
            obj.uploaded_by = request.user
        obj.save()
        if obj.processing_status == Media.Processing.PENDING:
            transaction.on_commit(
                lambda: ask_for_variants(obj.pk), using=EDITORIAL, robust=True
            )

    def get_urls(self):
        return [
            path(
                "library/",
                self.admin_site.admin_view(self.library),
                name="editorial_media_library",
            ),
            *super().get_urls(),
        ]

    def library(self, request):
        """Images for the picker beside the body, newest first."""
        return require_safe(self._library)(request)

    def _library(self, request):
        if not self.has_view_permission(request):
            return JsonResponse({"error": "You may not see the library."}, status=403)
        found = Media.objects.filter(file_type=Media.FileType.IMAGE)
        if words := request.GET.get("q", "").strip()[:100]:
            found = found.filter(
                Q(title__icontains=words)
                | Q(original_filename__icontains=words)
                | Q(alt_text__icontains=words)
            )
        return JsonResponse(
            {
                "images": [
                    {
                        "id": str(one.pk),
                        "name": str(one),
                        "alt": "" if one.is_decorative else one.alt_text,
                        "url": one.url,
                        "small": small(one),
                    }
                    for one in found[:IN_THE_PICKER]
                ]
            }
        )

    @admin.display(description="Uploaded", ordering="uploaded_at")
    def uploaded(self, media):
        return moment(media.uploaded_at)

    @admin.display(description="")
    def thumbnail(self, media):
        return picture(media, "thumb")

    @admin.display(description="Preview")
    def large(self, media):
        return picture(media, "thumb-large")

    @admin.display(description="File")
    def facts(self, media):
        parts = [media.mime_type or media.get_file_type_display()]
        if media.width:
            parts.append(f"{media.width} × {media.height}")
        if media.file_size_bytes:
            parts.append(_size(media.file_size_bytes))
        return " · ".join(parts)

    @admin.display(description="Alternative text")
    def alt_state(self, media):
        if media.file_type != Media.FileType.IMAGE:
            return "–"
        if media.is_decorative:
            return "Decorative"
        if media.needs_alt_text:
            return format_html('<strong class="wants">{}</strong>', "Missing")
        return media.alt_text[:60]

    @admin.display(description="Processing")
    def processing(self, media):
        if media.processing_status == Media.Processing.FAILED:
            return (
                "The image could not be read. Upload another copy of it; until then "
                "readers get the file as it is."
            )
        if media.processing_status == Media.Processing.MISSING:
            return "The file is not there any more. Upload it again."
        if media.file_type == Media.FileType.IMAGE and media.variants:
            widths = ", ".join(str(one["width"]) for one in media.variants)
            return f"Ready in {widths} pixels."
        return media.get_processing_status_display()

    def get_object(self, request, object_id, from_field=None):
        media = super().get_object(request, object_id, from_field)
        if media is not None:
            media.seen_by = request.user
        return media

    @admin.display(description="Where it is used")
    def where_used(self, media):
        uses = used_by(media, seen_by=media.seen_by) if media.pk else []
        if not uses:
            return "Nowhere yet."
        return format_html(
            "<ul>{}</ul>",
            format_html_join("", '<li><a href="{}">{}</a> ({})</li>', uses),
        )


def used_by(media, *, seen_by, limit=4 * NAMED):
    """(address, title, how) of the items that show it, live ones and drafts, as far
    as `seen_by` may know of them."""
    uses = {}
    for model in (Article, Course):
        pictured = model.objects.filter(Q(featured_image=media) | Q(og_image=media))
        for pk in pictured.values_list("pk", flat=True)[:limit]:
            uses.setdefault((model, pk), "its picture")
    holding = ArticleBlock.objects.filter(block_type__in=["image", "gallery"]).filter(
        Q(content__contains={"attrs": {"media": str(media.pk)}})
        | Q(content__contains={"content": [{"attrs": {"media": str(media.pk)}}]})
    )
    for pk in holding.values_list("article_id", flat=True)[:limit]:
        uses.setdefault((Article, pk), "in the text")
    live = LiveUse.objects.filter(used_id=media.pk)
    for pk, kind in live.values_list("item_id", "item_kind")[:limit]:
        uses[Course if kind == Course.KIND else Article, pk] = "live"
    found = []
    for model in (Article, Course):
        titles = {
            row.pk: str(row)
            for row in model.objects.visible_to(seen_by)
            .only("title")
            .filter(pk__in=[pk for one, pk in uses if one is model])
        }
        name = f"admin:editorial_{model._meta.model_name}_change"
        found += [
            (reverse(name, args=[pk]), titles[pk], how)
            for (one, pk), how in uses.items()
            if one is model and pk in titles
        ]
    return found[:limit]


def small(media):
    """The address of the smallest copy."""
    return media.variants[0]["url"] if media.variants else media.url


def picture(media, css_class):
    if media.file_type != Media.FileType.IMAGE or not media.url:
        return format_html('<span class="{}">{}</span>', css_class, media.file_type)
    source = small(media) if css_class == "thumb" else media.url
    if media.variants and css_class != "thumb":
        source = media.variants[min(1, len(media.variants) - 1)]["url"]
    return format_html(
        '<img class="{}" src="{}" alt="" loading="lazy">', css_class, source
    )


def _size(size):
    return f"{size / 1024:.0f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"


@admin.register(MediaFolder)
class MediaFolderAdmin(HousePage):
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)
