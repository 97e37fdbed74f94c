"""A medium of the library: its words and rights, crop and focal point, its uses."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import path, reverse

from accounts.permissions import may
from cms.databases import EDITORIAL
from cms.files import FilesAway
from editorial import imaging, library
from editorial.admin import shelves
from editorial.admin.filters import with_kept_filters
from editorial.admin.house import HousePage, origin_of
from editorial.admin.shelves import size_in_words
from editorial.models import (
    ITEM_MODELS,
    AuditLog,
    Lesson,
    Media,
    MediaFolder,
)
from editorial.models.media import CROP, is_a_crop

USES_SHOWN = 40
REMEMBERED = 12

RATIOS = (
    # how readers' pages cut it: name, width, height
    ("Card", 3, 2),
    ("Wide", 16, 9),
    ("Square", 1, 1),
    ("Social card", 1200, 630),
    ("Portrait", 4, 5),
)
WAYS = {
    "picture": "as its picture",
    "text": "in the text",
    "lesson": "in a lesson",
    "live": "live for readers",
}


class MediaForm(forms.ModelForm):
    crop_x, crop_y, crop_width, crop_height = (
        forms.FloatField(required=False, min_value=0, max_value=1) for _ in CROP
    )

    class Meta:
        model = Media
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)
        widgets = {
            "file": forms.FileInput,
            "alt_text": forms.Textarea(attrs={"rows": 2}),
            "caption": forms.Textarea(attrs={"rows": 2}),
            "licence_expires_on": forms.DateInput(
                attrs={"type": "date"}, format="%Y-%m-%d"
            ),
        }
        labels = {
            "focal_x": "From the left",
            "focal_y": "From the top",
            "is_decorative": "Decorative",
        }
        help_texts = {
            "tags": "Words separated by commas.",
            "focal_x": "0 is the left edge, 1 the right one.",
            "focal_y": "0 is the top, 1 the bottom.",
            "credit": "Whose work it is; printed with the image.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        if "folder" in self.fields:
            folder = self.fields["folder"]
            folder.choices = [("", "(no folder)")] + [
                (one.pk, " / ".join(path)) for _, path, one in library.folder_tree()
            ]
            for way in ("add", "change", "view"):  # the library's page does that
                setattr(folder.widget, f"can_{way}_related", False)
        for name in CROP:
            if self.instance.crop and f"crop_{name}" in self.fields:
                self.initial[f"crop_{name}"] = round(self.instance.crop[name], 4)
        for name in [f"crop_{one}" for one in CROP] + ["focal_x", "focal_y"]:
            if name in self.fields:
                self.fields[name].widget.attrs |= {"step": "0.0001", "min": 0, "max": 1}
        if "file" in self.fields and not self.instance._state.adding:
            self.fields["file"].label = "Replace the file"
            self.fields["file"].help_text = (
                "Whatever shows this file shows the new one; its words stay. The old "
                "one is kept while pages that live may still name it."
            )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if "file" not in self.changed_data:
            return upload
        if not upload:
            raise ValidationError("Choose a file to upload.")
        upload, self.facts = imaging.received(upload)
        is_new = self.instance._state.adding
        if not is_new and (why := library.other_kind(self.instance, self.facts)):
            raise ValidationError(why)
        return upload

    def clean_tags(self):
        tags = [one.strip().lower() for one in self.cleaned_data["tags"] or ()]
        return list(dict.fromkeys(filter(None, tags)))

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
        self._clean_crop(cleaned)
        return cleaned

    def _clean_crop(self, cleaned):
        sides = [cleaned.get(f"crop_{name}") for name in CROP]
        cleaned["crop"] = None
        if all(side is None for side in sides) or self.errors:
            return
        if any(side is None for side in sides):
            raise ValidationError(
                "A crop has four numbers. Give them all, or none for the whole image."
            )
        if sides == [0, 0, 1, 1]:
            return
        crop = dict(zip(CROP, sides, strict=True))
        is_a_crop(crop)
        crop["width"] = min(crop["width"], 1 - crop["x"])
        crop["height"] = min(crop["height"], 1 - crop["y"])
        cleaned["crop"] = crop


IN_THE_LIBRARY = ("In the library", {"fields": ("title", "folder", "tags")})
RIGHTS = ("Rights", {"fields": ("credit", "licence", "licence_expires_on", "source")})
FOR_READERS = (
    "For readers",
    {"fields": ("alt_text", "is_decorative", "caption")},
)


@admin.register(Media)
class MediaAdmin(HousePage):
    form = MediaForm
    change_form_template = "admin/editorial/media/change_form.html"
    search_fields = ("title", "original_filename", "alt_text", "credit")
    ordering = ("-uploaded_at", "-id")
    list_select_related = ("folder",)
    actions = None
    new_title = "New file"

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            first = (None, {"fields": ("file",)})
            return [first, FOR_READERS, RIGHTS, IN_THE_LIBRARY]
        numbers = tuple(f"crop_{name}" for name in CROP)
        cut = {
            "fields": (("focal_x", "focal_y"), numbers),
            "classes": ("by-numbers", "collapse"),
        }
        found = [FOR_READERS, RIGHTS, IN_THE_LIBRARY, (None, {"fields": ("file",)})]
        if obj.is_image:
            found.insert(1, ("Focal point and crop in numbers", cut))
        if not self.has_change_permission(request, obj):
            # What is only read has no numbers of a form, and no file to choose.
            found = [FOR_READERS, RIGHTS, IN_THE_LIBRARY]
        return found

    # Rights ------------------------------------------------------------------

    def has_change_permission(self, request, obj=None):
        """Editors; and everybody what they brought in themselves."""
        if super().has_change_permission(request, obj):
            return True
        if not may(request.user, "upload_media"):
            return False
        return obj is None or obj.uploaded_by_id == request.user.pk

    def has_delete_permission(self, request, obj=None):
        return False  # the library's own page deletes what nothing shows

    # The library -------------------------------------------------------------

    def get_urls(self):
        pages = [
            ("library/", shelves.picker, "library"),
            ("upload/", shelves.upload, "upload"),
            ("do/", shelves.do, "do"),
        ]
        return [
            path(
                where, self.admin_site.admin_view(view), name=f"editorial_media_{name}"
            )
            for where, view, name in pages
        ] + super().get_urls()

    def changelist_view(self, request, extra_context=None):
        def page(request):
            return shelves.page(request, desk=self)

        return with_kept_filters(request, "media", page)

    def address_of_list(self):
        return reverse("admin:editorial_media_changelist")

    # One medium --------------------------------------------------------------

    def render_change_form(self, request, context, *args, **kwargs):
        media = context.get("original")
        if media is not None:
            shelves.cards([media], request.user)
            context |= {
                "medium": media,
                "facts": facts_of(media),
                "uses": uses_for(media, request.user),
                "happened": [
                    (sentence_of(row), row)
                    for row in AuditLog.objects.filter(
                        resource_type="media", resource_id=media.pk
                    )[:REMEMBERED]
                ],
                "show_save_and_add_another": False,
                "show_save_and_continue": False,
                "ratios": RATIOS,
                "can_be_cut": media.is_image
                and not media.is_animated
                and bool(media.file),
                "here": request.get_full_path(),
                "may_delete": may(request.user, "delete_media"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        origin = origin_of(request)
        facts = getattr(form, "facts", {})
        if not change:
            for name, value in facts.items():
                setattr(obj, name, value)
            obj.uploaded_by = request.user
            obj.save()
            if obj.processing_status == Media.Processing.PENDING:
                library.make_again(obj)
            return
        words = {
            name: form.cleaned_data[name]
            for name in ("title", "alt_text", "is_decorative", "caption", "credit",
                         "licence", "licence_expires_on", "source", "focal_x",
                         "focal_y", "crop", "folder", "tags")
            if name in form.cleaned_data
        }  # fmt: skip
        if not obj.is_image:
            words.pop("crop", None)
        with transaction.atomic(using=EDITORIAL):
            fresh = Media.objects.select_for_update().get(pk=obj.pk)
            if facts:
                new_name = obj.file.name
                # The crop was drawn on the old picture.
                words["crop"] = None
                library.take_over(
                    fresh, facts, new_name, by=request.user, origin=origin
                )
            library.describe(fresh, words, by=request.user, origin=origin)
        obj.processing_status = fresh.processing_status

    def log_change(self, request, obj, message):
        """`library.describe` has written it down already."""

    def response_change(self, request, obj):
        if "_popup" in request.POST or "_continue" in request.POST:
            return super().response_change(request, obj)
        if obj.processing_status == Media.Processing.PENDING:
            said = "Saved. Its sizes are being made; readers see them in a moment."
        else:
            said = "Saved."
        self.message_user(request, said)
        here = reverse("admin:editorial_media_change", args=[obj.pk])
        return HttpResponseRedirect(here)


def facts_of(media):
    """The line under the picture."""
    found = [media.original_filename, media.mime_type or media.get_file_type_display()]
    if media.width:
        found.append(f"{media.width} × {media.height}")
    found.append(size_in_words(media.file_size_bytes))
    return [one for one in found if one]


NAMED = {
    "alt_text": "alternative text",
    "is_decorative": "decorative or not",
    "licence_expires_on": "end of the licence",
    "focal_x": "focal point",
    "focal_y": "focal point",
    "variants": "sizes made again",
}


def sentence_of(row):
    """A line of the audit log about a medium."""
    old, new = row.old_values or {}, row.new_values or {}
    if row.action == "replace":
        return f"File replaced: {old.get('file')} → {new.get('file')}"
    if row.action == "create":
        return "Brought in"
    if row.action == "edit" and new.get("fields"):
        names = dict.fromkeys(NAMED.get(name, name) for name in new["fields"])
        return f"Changed: {', '.join(names)}"
    return row.action.capitalize()


def uses_for(media, user):
    """{"seen": [{"url", "title", "state", "ways", "lessons"}], "others": how many}.

    Only what `user` may view has a name.
    """
    found = library.uses_in_full(media, USES_SHOWN)
    seen = []
    for kind, model in ITEM_MODELS.items():
        ids = [pk for one, pk in found if one == kind]
        visible = model.objects.visible_to(user).filter(pk__in=ids) if ids else ()
        for item in visible:
            ways = found[kind, item.pk]
            seen.append(
                {
                    "url": reverse(f"admin:editorial_{kind}_change", args=[item.pk]),
                    "title": str(item),
                    "kind": model._meta.verbose_name,
                    "status": item.status,
                    "state": item.get_status_display(),
                    "is_live": "live" in ways,
                    "ways": [WAYS[way] for way in ways if way != "live"],
                    "lessons": _lessons(item, media) if "lesson" in ways else [],
                }
            )
    return {"seen": seen, "others": len(found) - len(seen)}


def _lessons(course, media):
    """(address, title) of the course's lessons that show it."""
    return [
        (reverse("admin:editorial_lesson_change", args=[lesson.pk]), lesson.title)
        for lesson in Lesson.objects.filter(course=course)
        if lesson.video_id == media.pk or str(media.pk) in str(lesson.content_blocks)
    ]


class FolderForm(forms.ModelForm):
    class Meta:
        model = MediaFolder
        fields = ("name", "parent")
        labels = {"parent": "Inside"}

    def clean_parent(self):
        parent = self.cleaned_data["parent"]
        is_new = self.instance._state.adding
        if parent and not is_new and parent.pk in library.subtree_of(self.instance):
            raise ValidationError(
                "A folder cannot lie inside itself. Choose one that is elsewhere."
            )
        return parent


@admin.register(MediaFolder)
class MediaFolderAdmin(HousePage):
    form = FolderForm
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)

    def response_add(self, request, obj, post_url_continue=None):
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, f"The folder “{obj}” is made.")
        return HttpResponseRedirect(self._in_the_library(obj))

    def response_change(self, request, obj):
        if "_popup" in request.POST or "_continue" in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, f"The folder “{obj}” is saved.")
        return HttpResponseRedirect(self._in_the_library(obj))

    def response_delete(self, request, obj_display, obj_id):
        self.message_user(request, f"The folder “{obj_display}” is gone.")
        return HttpResponseRedirect(reverse("admin:editorial_media_changelist"))

    def _in_the_library(self, folder):
        return f"{reverse('admin:editorial_media_changelist')}?folder={folder.pk}"
