"""Articles on the desk."""

from django import forms
from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from accounts.permissions import may
from editorial import blocks
from editorial.admin import intake
from editorial.admin.body import BodyField, addresses, blocks_of, text_of
from editorial.admin.items import SEO, ItemAdmin, ItemForm
from editorial.models import Article
from editorial.models.articles import images

FOR_READING = ("remarks", "named")
"""What the editor may ask about a text that one may only read."""


class ArticleForm(ItemForm):
    body = BodyField()

    item_fields = (
        "title",
        "slug",
        "excerpt",
        "category",
        "featured_image",
        "kind",
        "post_format",
        "parent",
        "menu_order",
        "is_featured",
        "comments_open",
        "assigned_editor",
        "author",
        *SEO,
    )
    merged = ("title", "excerpt", "body")

    class Meta:
        model = Article
        exclude = ()
        widgets = {
            "title": forms.Textarea(
                attrs={"rows": 1, "class": "title-text", "placeholder": "Title"}
            ),
            "excerpt": forms.Textarea(
                attrs={"rows": 2, "placeholder": "What it is about, in a sentence"}
            ),
            "meta_description": forms.Textarea(attrs={"rows": 2}),
            "og_description": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "slug": "Part of the page's address. Empty: made of the title.",
            "excerpt": "The standfirst: one or two sentences under the title.",
            "meta_keywords": "Words separated by commas.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.old = [] if self.instance._state.adding else self.instance.block_list()
        if "body" in self.fields:
            adding = self.instance._state.adding
            self.initial["body"] = text_of(self.old)
            self.fields["body"].open(
                self.old,
                kind="article",
                item=None if adding else self.instance.pk,
                revision=self.instance.revision,
                may_insert_raw=may(
                    self.user, "insert_raw_html", None if adding else self.instance
                ),
            )
        if "author" in self.fields:
            self.fields["author"].required = False
            if self.instance._state.adding:
                self.initial.setdefault("author", self.user.pk)

    def clean_title(self):
        """One line, whatever was pasted."""
        return " ".join(self.cleaned_data["title"].split())

    def clean_author(self):
        if chosen := self.cleaned_data["author"]:
            return chosen
        return self.user if self.instance._state.adding else self.instance.owner

    def clean_body(self):
        item = None if self.instance._state.adding else self.instance
        made, notes = blocks_of(
            self.cleaned_data["body"],
            old=self.old,
            may_insert_raw=may(self.user, "insert_raw_html", item),
        )
        self.blocks, self.notes = made, list(notes)
        return self.cleaned_data["body"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("parent") and cleaned.get("kind") != Article.Kind.PAGE:
            self.add_error("parent", "Only pages stand below another page.")
        return cleaned

    def write(self, item):
        super().write(item)
        if self.blocks is not self.old:
            item.set_blocks(self.blocks)


@admin.register(Article)
class ArticleAdmin(ItemAdmin):
    form = ArticleForm
    autocomplete_fields = (*ItemAdmin.autocomplete_fields, "parent")

    def get_urls(self):
        return [*intake.urls(self.admin_site), *super().get_urls()]

    def get_fieldsets(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return [
                (
                    None,
                    {"fields": ("title", "excerpt", "as_read"), "classes": ["main"]},
                ),
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
                    "fields": ("title", "excerpt", "body", "seen_revision"),
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
                "On the page",
                {
                    "fields": (
                        *(("author", "assigned_editor") if editor else ()),
                        "is_featured",
                        "comments_open",
                    ),
                    "classes": ["side"],
                },
            ),
            (
                "Kind of page",
                {
                    "fields": ("kind", "post_format", "parent", "menu_order"),
                    "classes": ["side", "collapse"],
                },
            ),
            ("Search and social", {"fields": SEO, "classes": ["side", "collapse"]}),
        ]

    def get_readonly_fields(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return ("title", "excerpt", "as_read", "category", "tags", "featured_image")
        return ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            kwargs["queryset"] = Article.objects.visible_to(request.user).filter(
                kind=Article.Kind.PAGE
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Text")
    def as_read(self, item):
        """The text in the editor, which lets nothing be changed, so that words can
        be selected and remarked on; without scripts, as readers see it."""
        body = item.block_list()
        html = item.render(item.snapshot())["html"]
        return render_to_string(
            "admin/editorial/body.html",
            {
                "read_only": True,
                "area": format_html(
                    '<textarea id="id_body" hidden disabled></textarea>'
                    '<div class="reading body-as-read">{}</div>',
                    mark_safe(html),  # noqa: S308  (made by editorial.blocks)
                ),
                "id": "id_body",
                "kind": item.KIND,
                "item": item.pk,
                "revision": item.revision,
                "addresses": {
                    name: address
                    for name, address in addresses(item.KIND, item.pk).items()
                    if name in FOR_READING
                },
                "blocks": body,
                "media": images(blocks.media_ids(body)),
            },
        )
