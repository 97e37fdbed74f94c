"""Series, and which articles they are made of."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from accounts.permissions import may
from cms.admin import NamedRows
from editorial.admin.house import HousePage
from editorial.models import Article, Series, SeriesPart


class PartForm(forms.ModelForm):
    user = None

    class Meta:
        model = SeriesPart
        fields = ("article", "order_index")

    def clean_article(self):
        """Its page will say so: that is for those who keep its section."""
        article = self.cleaned_data["article"]
        if "article" not in self.changed_data:
            return article
        if not may(self.user, "view", article):
            raise ValidationError("This article is not there any more. Choose another.")
        if article.kind != Article.Kind.POST:
            raise ValidationError("A series is made of posts; this is a page.")
        if not may(self.user, "edit_taxonomy", article):
            raise ValidationError(
                "Your role covers other categories. Ask an editor of this article's."
            )
        return article


class PartInline(admin.TabularInline):
    model = SeriesPart
    form = PartForm
    formset = NamedRows
    autocomplete_fields = ("article",)
    extra = 1
    verbose_name = "part"

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.user = request.user
        return formset

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("article")

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view_taxonomy")

    def _may_change(self, request, obj=None):
        return may(request.user, "edit_taxonomy")

    has_add_permission = has_change_permission = has_delete_permission = _may_change


@admin.register(Series)
class SeriesAdmin(HousePage):
    list_display = ("name", "slug", "parts_in_it")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description")
    inlines = (PartInline,)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("parts")

    @admin.display(description="Parts")
    def parts_in_it(self, series):
        return len(series.parts.all())

    def get_readonly_fields(self, request, obj=None):
        """Readers have its address: it stays."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def save_related(self, request, form, formsets, change):
        series = form.instance
        before = series.article_ids()
        super().save_related(request, form, formsets, change)
        # In the transaction of the whole page.
        series.changed(left=before - series.article_ids())
