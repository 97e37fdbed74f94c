"""Categories, as the tree they are, and tags."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from accounts.permissions import may
from editorial.admin.house import HousePage
from editorial.admin.items import CategoryChoice
from editorial.models import Article, Category, Course, LiveUse, Tag

NAMED = 5


def items_with(**lookup):
    """Titles of a few articles and courses, for a sentence; never all of them."""
    found = []
    for model in (Article, Course):
        rows = model.objects.filter(**lookup).only("title").order_by()
        found += [f"{model._meta.verbose_name}: {row}" for row in rows[:NAMED]]
    return found[:NAMED]


class SharedRowAdmin(HousePage):
    """Rows that live items show. What is still in use is not deleted."""

    in_use_lookup: str

    def get_deleted_objects(self, objs, request):
        """Django's own would load every article of a category to say no."""
        protected = []
        for obj in objs:
            protected += items_with(**{self.in_use_lookup: obj})
            if LiveUse.objects.filter(used_id=obj.pk).exists():
                protected.append(f"live pages show {obj}")
        names, noun = [str(obj) for obj in objs], self.opts.verbose_name
        may_all = all(self.has_delete_permission(request, obj) for obj in objs)
        needed = set() if may_all else {noun}
        return names, {noun: len(names)}, needed, protected


class CategoryForm(forms.ModelForm):
    user = None

    class Meta:
        model = Category
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)

    def clean_parent(self):
        """It is put below one that the person has rights over, too."""
        parent = self.cleaned_data["parent"]
        if not self.instance._state.adding and "parent" not in self.changed_data:
            return parent
        if not may(self.user, "edit_taxonomy", parent or Category()):
            raise ValidationError(
                "Your role covers other categories. Choose one of those as the parent."
            )
        return parent


@admin.register(Category)
class CategoryAdmin(SharedRowAdmin):
    form = CategoryForm
    in_use_lookup = "category"
    list_display = ("in_the_tree", "slug", "is_active", "is_featured", "display_order")
    list_filter = ("is_active",)
    search_fields = ("name", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "parent", "description")}),
        (
            "For readers",
            {
                "fields": (
                    "is_active",
                    "is_featured",
                    "display_order",
                    "color",
                    "icon",
                )
            },
        ),
    )

    def has_view_permission(self, request, obj=None):
        """The tree is no secret in the house; a scope limits who may change it."""
        return may(request.user, "view_taxonomy")

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.user = request.user
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            kwargs["form_class"] = CategoryChoice
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_deleted_objects(self, objs, request):
        names, counts, needed, protected = super().get_deleted_objects(objs, request)
        below = Category.objects.filter(parent__in=[obj.pk for obj in objs])
        protected += [f"category below it: {one}" for one in below[:NAMED]]
        return names, counts, needed, protected

    @admin.display(description="Name", ordering="path")
    def in_the_tree(self, category):
        return format_html(
            '<span class="branch branch-{}">{}</span>',
            min(category.depth, 6),
            category.name,
        )


@admin.register(Tag)
class TagAdmin(SharedRowAdmin):
    in_use_lookup = "tags"
    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description")
