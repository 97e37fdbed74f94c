"""`/articles`: posts and pages."""

from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from editorial import actions
from editorial.api.docs import describe_items
from editorial.api.fields import (
    BLOCK,
    Body,
    Line,
    Row,
    Text,
    Whole,
    YesOrNo,
    new_raw_html,
)
from editorial.api.items import (
    SHARED_DOORS,
    ItemFilters,
    ItemRow,
    ItemShown,
    ItemView,
    ItemWrite,
    Staff,
    owner_field,
)
from editorial.models import Article, Category

HIGHEST_PAGE = 30
"""Pages that may stand above a page."""


class ArticleRow(ItemRow):
    """An article in a list: without its text."""

    kind = serializers.ChoiceField(choices=Article.Kind.values, read_only=True)
    format = serializers.ChoiceField(
        source="post_format", choices=Article.Format.choices, read_only=True
    )
    author = serializers.UUIDField(source="author_id", read_only=True)
    author_name = serializers.CharField(source="author.display_name", read_only=True)
    is_featured = serializers.BooleanField(read_only=True)


@extend_schema_field({"type": "array", "items": BLOCK})
class BodyShown(serializers.Field):
    def get_attribute(self, article):
        return article.block_list()

    def to_representation(self, value):
        return value


class ArticleShown(ItemShown, ArticleRow):
    """The working copy of an article, text and all."""

    excerpt = serializers.CharField(read_only=True)
    blocks = BodyShown(read_only=True)
    parent = serializers.UUIDField(source="parent_id", allow_null=True, read_only=True)
    comments_open = serializers.BooleanField(read_only=True)
    menu_order = serializers.IntegerField(read_only=True)


class PageAbove(Row):
    """A page that the person may view, or the one that stands there already."""

    def get_queryset(self):
        user, item = self.context["request"].user, self.context.get("item")
        visible = Q(pk__in=Article.objects.visible_to(user).values("pk"))
        if item is not None and item.parent_id:
            visible |= Q(pk=item.parent_id)
        return super().get_queryset().filter(visible)


class ArticleWrite(ItemWrite):
    author = Staff(
        now=owner_field, required=False, help_text="Another than you: for editors."
    )
    kind = serializers.ChoiceField(choices=Article.Kind.values, required=False)
    format = serializers.ChoiceField(
        source="post_format", choices=Article.Format.choices, required=False
    )
    parent = PageAbove(
        queryset=Article.objects.filter(kind=Article.Kind.PAGE),
        noun="page",
        allow_null=True,
        required=False,
        help_text="Pages only: the page above this one.",
    )
    excerpt = Text(max_length=20_000, allow_blank=True, required=False)
    blocks = Body(required=False)
    is_featured = serializers.BooleanField(required=False)
    comments_open = serializers.BooleanField(required=False)
    menu_order = Whole(min_value=-1_000_000, max_value=1_000_000, required=False)

    def validate_blocks(self, body):
        """Raw HTML is for those who may insert it; what stood there may stay."""
        item = self.context.get("item")
        if new_raw_html(body, item.block_list() if item else []):
            actions.check(self.context["request"].user, "insert_raw_html", item)
        return body


class ArticleCreate(ArticleWrite):
    title = Line(max_length=500)


class ArticleReplace(ArticleWrite):
    """A whole article. What is left out becomes what it is in a new one; the
    address and the author stay."""

    title = Line(max_length=500, allow_blank=True)
    category = Row(queryset=Category.objects.all(), noun="category", allow_null=True)
    blocks = Body()


class ArticleFilters(ItemFilters):
    kind = filters.ChoiceFilter(choices=Article.Kind.choices)
    featured = YesOrNo(field_name="is_featured")

    class Meta:
        model = Article
        fields = ()


@describe_items(
    "article",
    row=ArticleRow,
    shown=ArticleShown,
    create=ArticleCreate,
    write=ArticleWrite,
    replace=ArticleReplace,
    parts=SHARED_DOORS,
)
class ArticleView(ItemView):
    queryset = Article.objects.none()
    model = Article
    row, shown = ArticleRow, ArticleShown
    create_fields, write_fields, replace_fields = (
        ArticleCreate,
        ArticleWrite,
        ArticleReplace,
    )
    filterset_class = ArticleFilters
    not_in_rows = ("structured_data", "excerpt")
    item_fields = (
        "title",
        "category",
        "featured_image",
        "assigned_editor",
        "author",
        "kind",
        "post_format",
        "parent",
        "excerpt",
        "is_featured",
        "comments_open",
        "menu_order",
    )
    reset = {
        "tags": (),
        "featured_image": None,
        "kind": Article.Kind.POST,
        "post_format": Article.Format.STANDARD,
        "parent": None,
        "excerpt": "",
        "is_featured": False,
        "comments_open": True,
        "menu_order": 0,
    }

    def put_on(self, item, data):
        super().put_on(item, data)
        if item.parent_id and item.kind != Article.Kind.PAGE:
            raise serializers.ValidationError(
                {"parent": ["Only pages stand below another page."]}
            )
        if data.get("parent") and is_below(item.parent, item):
            raise serializers.ValidationError(
                {"parent": ["A page cannot stand below itself. Choose another."]}
            )
        if "blocks" in data:
            item.set_blocks(data["blocks"])


def is_below(page, other):
    """Whether `page` is `other`, or stands anywhere below it."""
    for _ in range(HIGHEST_PAGE):
        if page is None:
            return False
        if page.pk == other.pk:
            return True
        page = page.parent
    return True
