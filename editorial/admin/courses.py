"""Courses on the desk: sections and lessons, each change in the course's frame."""

from decimal import Decimal
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import slugify

from accounts.permissions import may
from cms.admin import NamedRows
from editorial import actions
from editorial.admin import before, saving
from editorial.admin.body import BodyField, Script, blocks_of, text_of
from editorial.admin.house import HousePage, origin_of
from editorial.admin.items import SEO, ItemAdmin, ItemForm, kept_text, uuid_or_none
from editorial.exceptions import Refused, StaleEdit
from editorial.models import Course, CourseSection, Lesson, Media


class CourseForm(ItemForm):
    price = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
        help_text="For a course that is not free.",
    )

    item_fields = (
        "title",
        "slug",
        "description",
        "category",
        "featured_image",
        "difficulty_level",
        "estimated_duration_minutes",
        "is_free",
        "currency",
        "assigned_editor",
        "instructor",
        *SEO,
    )
    merged = ("title", "description")

    class Meta:
        model = Course
        exclude = ("price_cents",)
        widgets = {
            "title": forms.Textarea(
                attrs={"rows": 1, "class": "title-text", "placeholder": "Title"}
            ),
            "description": forms.Textarea(attrs={"rows": 6}),
            "meta_description": forms.Textarea(attrs={"rows": 2}),
            "og_description": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "slug": "Part of the page's address. Empty: made of the title.",
            "description": "What one learns, and for whom it is.",
            "currency": "Three letters, e.g. EUR.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.price_cents:
            self.initial["price"] = Decimal(self.instance.price_cents) / 100
        if "instructor" in self.fields:
            self.fields["instructor"].required = False
            if self.instance._state.adding:
                self.initial.setdefault("instructor", self.user.pk)

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_currency(self):
        currency = self.cleaned_data["currency"].upper()
        if len(currency) != 3 or not currency.isalpha():
            raise ValidationError("A currency has three letters, e.g. EUR.")
        return currency

    def clean_instructor(self):
        if chosen := self.cleaned_data["instructor"]:
            return chosen
        return self.user if self.instance._state.adding else self.instance.owner

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("is_free") is False and not cleaned.get("price"):
            self.add_error("price", "A course that is not free needs a price.")
        price = cleaned.get("price")
        # Before the constraints are checked on the instance.
        self.instance.price_cents = int(price * 100) if price else None
        return cleaned

    def write(self, item):
        super().write(item)
        price = self.cleaned_data.get("price")
        item.price_cents = int(price * 100) if price else None


class SectionInline(admin.TabularInline):
    model = CourseSection
    formset = NamedRows
    fields = ("title", "description", "order_index")
    extra = 1
    formfield_overrides = {}
    verbose_name = "section"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "description":
            field.widget = forms.Textarea(attrs={"rows": 1})
        if db_field.name == "order_index":
            field.label = "Place"
        return field

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return True

    def has_change_permission(self, request, obj=None):
        return True

    def has_delete_permission(self, request, obj=None):
        return True


class LessonRow(forms.ModelForm):
    """A lesson in the table of contents; its text has a page of its own."""

    class Meta:
        model = Lesson
        fields = ("title", "section", "order_index", "is_preview")

    def clean(self):
        cleaned = super().clean()
        if not self.instance.slug and cleaned.get("title"):
            self.instance.slug = slugify(cleaned["title"], allow_unicode=True)[:200]
        return cleaned

    def save(self, commit=True):
        free_lesson_slug(self.instance)
        return super().save(commit)


def free_lesson_slug(lesson):
    """An address that no other lesson of the course has."""
    others = Lesson.objects.filter(course=lesson.course_id).exclude(pk=lesson.pk)
    stem = lesson.slug or slugify(lesson.title, allow_unicode=True)[:200] or "lesson"
    slug, number = stem, 1
    while others.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    lesson.slug = slug


class LessonInline(SectionInline):
    model = Lesson
    form = LessonRow
    fields = ("title", "section", "order_index", "is_preview", "open_text")
    readonly_fields = ("open_text",)
    verbose_name = "lesson"

    def get_queryset(self, request):
        found = super().get_queryset(request).select_related("section")
        return found.order_by("section__order_index", "section_id", "order_index", "id")

    def get_max_num(self, request, obj=None, **kwargs):
        """Lessons stand in sections; a new course has none yet."""
        return None if obj is not None and obj.sections.exists() else 0

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if field := formset.form.base_fields.get("section"):
            field.queryset = CourseSection.objects.filter(course=obj)
            # Read once, and not once for each row.
            field.choices = [
                ("", "Choose a section"),
                *((one.pk, str(one)) for one in field.queryset),
            ]
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = field.widget.can_delete_related = False
        return formset

    @admin.display(description="Text")
    def open_text(self, lesson):
        if lesson._state.adding:
            return "Save first"
        words = "Write" if not lesson.content_blocks else "Edit"
        return format_html(
            '<a href="{}">{} the lesson</a>',
            reverse("admin:editorial_lesson_change", args=[lesson.pk]),
            words,
        )


@admin.register(Course)
class CourseAdmin(ItemAdmin):
    form = CourseForm
    inlines = (SectionInline, LessonInline)

    class Media:
        # It has fields alone; what saves them as one types is the editor's.
        js = (Script("editor/editor.js", defer=True),)

    def get_fieldsets(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return [
                (None, {"fields": ("title", "as_read"), "classes": ["main"]}),
                (
                    "Filed under",
                    {
                        "fields": ("category", "tags", "featured_image"),
                        "classes": ["side"],
                    },
                ),
            ]
        editor = may(request.user, "change_author", obj)
        return [
            (
                None,
                {
                    "fields": ("title", "description", "seen_revision"),
                    "classes": ["main", "writing"],
                },
            ),
            (
                "Filed under",
                {
                    "fields": ("category", "tags", "featured_image", "slug"),
                    "classes": ["side"],
                },
            ),
            (
                "The course",
                {
                    "fields": (
                        *(("instructor", "assigned_editor") if editor else ()),
                        "difficulty_level",
                        "estimated_duration_minutes",
                        "is_free",
                        "price",
                        "currency",
                    ),
                    "classes": ["side"],
                },
            ),
            ("Search and social", {"fields": SEO, "classes": ["side", "collapse"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return ("title", "as_read", "category", "tags", "featured_image")
        return ()

    def get_inline_instances(self, request, obj=None):
        return super().get_inline_instances(request, obj) if obj else []

    def write_parts(self, item, formsets):
        # Lessons first: those of a section that goes are saved, then go with it.
        for formset in reversed(formsets):
            formset.save()

    @admin.display(description="Description")
    def as_read(self, item):
        html = item.render(item.snapshot())["html"]
        return format_html(
            '<div class="reading">{}</div>',
            mark_safe(html),  # noqa: S308  (made by editorial.blocks)
        )


# --- One lesson -------------------------------------------------------------------


class LessonForm(forms.ModelForm):
    body = BodyField()
    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    user = None

    class Meta:
        model = Lesson
        fields = (
            "title",
            "slug",
            "description",
            "section",
            "content_type",
            "is_preview",
            "order_index",
            "video",
        )
        widgets = {
            "title": forms.Textarea(
                attrs={"rows": 1, "class": "title-text", "placeholder": "Title"}
            ),
            "description": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"order_index": "Place"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.old = self.instance.content_blocks or []
        self.notes = []
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "body" in self.fields:
            course = self.instance.course
            self.initial["body"] = text_of(self.old)
            self.fields["body"].open(
                self.old,
                kind="lesson",
                item=self.instance.pk,
                revision=course.revision,
                may_insert_raw=may(self.user, "insert_raw_html", course),
            )
        if "seen_revision" in self.fields:
            self.initial["seen_revision"] = self.instance.course.revision
        if "section" in self.fields:
            self.fields["section"].queryset = CourseSection.objects.filter(
                course=self.instance.course_id
            )

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_slug(self):
        slug = self.cleaned_data["slug"] or self.cleaned_data.get("title", "")
        return slugify(slug, allow_unicode=True)[:200]

    def clean_body(self):
        self.blocks, notes = blocks_of(
            self.cleaned_data["body"],
            old=self.old,
            may_insert_raw=may(self.user, "insert_raw_html", self.instance.course),
        )
        self.notes = list(notes)
        return self.cleaned_data["body"]

    def clean(self):
        cleaned = super().clean()
        course = self.instance.course
        has_field = "seen_revision" in self.fields
        if has_field and cleaned.get("seen_revision") != course.revision:
            self.data = self.data.copy()
            self.data["seen_revision"] = str(course.revision)
            raise ValidationError(
                "Somebody else saved this course while you were writing. Your text "
                "is below, nothing of it is lost. Look at the course, then save again.",
                code="stale",
            )
        return cleaned


@admin.register(Lesson)
class LessonAdmin(HousePage):
    """Reached from its course; it is edited, versioned and published with it."""

    form = LessonForm
    change_form_template = "admin/editorial/lesson/change_form.html"
    autocomplete_fields = ("video",)
    fieldsets = (
        (
            None,
            {
                "fields": ("title", "description", "body", "seen_revision"),
                "classes": ["main", "writing"],
            },
        ),
        (
            "In the course",
            {
                "fields": (
                    "section",
                    "order_index",
                    "is_preview",
                    "content_type",
                    "video",
                    "slug",
                ),
                "classes": ["side"],
            },
        ),
    )

    def get_model_perms(self, request):
        return {}  # not on the desk by itself

    def get_queryset(self, request):
        visible = Course.objects.visible_to(request.user)
        found = super().get_queryset(request).filter(course__in=visible)
        return found.select_related("course__category")

    def get_urls(self):
        look = self.admin_site.admin_view(partial(before.look_at_lesson, desk=self))
        return [
            path("<uuid:pk>/look/", look, name="editorial_lesson_look"),
            *saving.doors(self),
            *super().get_urls(),
        ]

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view", obj.course if obj else None)

    def has_add_permission(self, request):
        return False  # from the table of contents of the course

    def has_change_permission(self, request, obj=None):
        if obj is None:
            return may(request.user, "edit")
        desk = self.admin_site.get_model_admin(Course)
        return desk.has_change_permission(request, obj.course)

    has_delete_permission = has_change_permission

    def changelist_view(self, request, extra_context=None):
        return HttpResponseRedirect(reverse("admin:editorial_course_changelist"))

    def get_fieldsets(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": ("title", "description", "as_read")})]
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return ("title", "description", "as_read")
        return ()

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.user = request.user
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "video":
            kwargs["queryset"] = Media.objects.filter(file_type=Media.FileType.VIDEO)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_form(self, request, form, change):
        return form.instance

    def save_model(self, request, obj, form, change):
        obj.content_blocks = form.blocks
        free_lesson_slug(obj)
        with actions.editing(
            obj.course,
            by=request.user,
            seen_revision=form.cleaned_data.get("seen_revision"),
            summary=f"Lesson “{obj}”." if "_version" in request.POST else None,
            origin=origin_of(request),
        ):
            obj.save()
        for note in form.notes:
            messages.warning(request, note)

    def save_related(self, request, form, formsets, change):
        """A lesson has no parts."""

    def delete_model(self, request, obj):
        with actions.editing(obj.course, by=request.user, origin=origin_of(request)):
            obj.delete()

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        see = super().changeform_view
        try:
            return see(request, object_id, form_url, extra_context)
        except StaleEdit:
            return see(request, object_id, form_url, extra_context)
        except (Refused, PermissionDenied) as problem:
            lesson = self.get_queryset(request).filter(pk=uuid_or_none(object_id))
            if (lesson := lesson.first()) is None:
                raise Http404("There is no such lesson.") from None
            return self.page(
                request,
                "admin/editorial/item/kept.html",
                lesson,
                title="This was not saved",
                status=403 if isinstance(problem, PermissionDenied) else 409,
                problem=str(problem) or "You may not change this.",
                kept=kept_text(request.POST, ("title", "description", "body")),
            )

    def render_change_form(self, request, context, *args, **kwargs):
        if lesson := context.get("original"):
            context["course"] = lesson.course
            context["state_line"] = lesson.course.state_line()
            context["saving"] = saving.told(request, lesson)
            context["checked"] = before.checks_in_lesson(lesson, request.user)
            context["base"] = "admin:editorial_lesson"
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request, obj):
        messages.success(request, f"“{obj}” is saved.")
        if "_continue" in request.POST or "_version" in request.POST:
            return HttpResponseRedirect(request.path)
        return self._to_the_course(obj)

    def response_delete(self, request, obj_display, obj_id):
        messages.success(request, f"The lesson “{obj_display}” was taken out.")
        return HttpResponseRedirect(reverse("admin:editorial_course_changelist"))

    def _to_the_course(self, lesson):
        return HttpResponseRedirect(
            reverse("admin:editorial_course_change", args=[lesson.course_id])
        )

    @admin.display(description="Text")
    def as_read(self, lesson):
        rendered = lesson.course.render(lesson.course.snapshot())
        html = rendered["lessons"][str(lesson.pk)]["html"]
        return format_html(
            '<div class="reading">{}</div>',
            mark_safe(html),  # noqa: S308  (made by editorial.blocks)
        )
