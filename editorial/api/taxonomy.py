"""`/categories` and `/tags`: read by whoever writes, changed by editors."""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from accounts.permissions import may
from cms.api import etags
from cms.api.fields import SparseFields, StrictFilterSet
from cms.databases import EDITORIAL
from editorial import actions
from editorial.api.docs import describe, door
from editorial.api.fields import Line, Row, Strict, Text, Whole, YesOrNo
from editorial.api.frame import EditorialView
from editorial.exceptions import Refused
from editorial.models import ITEM_MODELS, AuditLog, Category, LiveUse, Tag
from editorial.models.taxonomy import lock_tree

NAMED = 5
"""Items that a refusal names."""


class CategoryShown(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    parent = serializers.UUIDField(source="parent_id", allow_null=True, read_only=True)
    depth = serializers.IntegerField(read_only=True)
    icon = serializers.CharField(read_only=True)
    color = serializers.CharField(read_only=True)
    display_order = serializers.IntegerField(read_only=True)
    is_featured = serializers.BooleanField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class Address(serializers.CharField):
    """A slug; what is left out is made of the name."""

    def to_internal_value(self, data):
        slug = slugify(super().to_internal_value(data), allow_unicode=True)
        if data and not slug:
            raise serializers.ValidationError(
                "An address is made of letters and digits."
            )
        return slug


class CategoryWrite(Strict):
    name = Line(max_length=255, required=False)
    slug = Address(max_length=255, required=False)
    description = Text(max_length=5000, allow_blank=True, required=False)
    parent = Row(
        queryset=Category.objects.all(),
        noun="category",
        allow_null=True,
        required=False,
        help_text="One that you have rights over, too.",
    )
    icon = Line(max_length=100, allow_blank=True, required=False)
    color = Line(max_length=50, allow_blank=True, required=False)
    display_order = Whole(min_value=-1_000_000, max_value=1_000_000, required=False)
    is_featured = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(
        required=False, help_text="Readers see active categories only."
    )


class CategoryCreate(CategoryWrite):
    name = Line(max_length=255)


class TagShown(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class TagWrite(Strict):
    name = Line(max_length=255, required=False)
    slug = Address(max_length=255, required=False)
    description = Text(max_length=5000, allow_blank=True, required=False)


class TagCreate(TagWrite):
    name = Line(max_length=255)


class TagFilters(StrictFilterSet):
    q = filters.CharFilter(
        field_name="name",
        lookup_expr="icontains",
        max_length=100,
        help_text="Words of the name.",
    )
    slug = filters.CharFilter(max_length=255)


class CategoryFilters(TagFilters):
    parent = filters.UUIDFilter(help_text="Directly below this one.")
    below = filters.UUIDFilter(
        method="in_subtree", help_text="Anywhere below this one, itself included."
    )
    active = YesOrNo(field_name="is_active")

    def in_subtree(self, queryset, name, value):
        top = Category.objects.filter(pk=value).first()
        return queryset.subtree_of(top) if top else queryset.none()


class SharedRowView(EditorialView):
    """What readers' pages repeat: changing it publishes whatever shows it anew."""

    model: type
    shown: type
    create_fields: type
    write_fields: type
    ordering = "name"
    ordering_fields = ("name", "updated_at")

    def get_queryset(self):
        actions.check(self.request.user, "view_taxonomy")
        return self.model.objects.all()

    def find(self, pk):
        row = self.get_queryset().filter(pk=pk).first()
        if row is None:
            self.not_found(self.model._meta.verbose_name)
        return row

    def etag_of(self, row):
        return etags.etag(row.pk, row.updated_at.isoformat())

    def answer(self, row, status=200, headers=None):
        shown = self.shown(row, context=self.get_serializer_context())
        return Response(
            shown.data,
            status=status,
            headers={"ETag": self.etag_of(row), **(headers or {})},
        )

    def list(self, request):
        return self.page_of(self.filter_queryset(self.get_queryset()), self.shown)

    def retrieve(self, request, pk):
        row = self.find(pk)
        tag = self.etag_of(row)
        return etags.not_modified(request, tag) or self.answer(row)

    def create(self, request):
        self.get_queryset()
        actions.check(request.user, "edit_taxonomy")
        data = self.taken(self.create_fields, request)
        row = self.model(**data)
        self.check_place(row)
        with transaction.atomic(using=EDITORIAL):
            self.put_in_place(row)
            row.save(force_insert=True)
            self.record("create", row, new={"name": row.name})
        return self.answer(row, 201, {"Location": f"{request.path}{row.pk}/"})

    def partial_update(self, request, pk):
        row = self.find(pk)
        self.check_scope(row)
        data = self.taken(self.write_fields, request, item=row, partial=True)
        etags.must_match(request, self.etag_of(row))
        with self.locked(pk) as row:
            for name, value in data.items():
                setattr(row, name, value)
            if "parent" in data:
                self.check_place(row)
            self.put_in_place(row)
            row.save()
            self.record("edit", row, new={"name": row.name, "fields": sorted(data)})
        return self.answer(row)

    def destroy(self, request, pk):
        row = self.find(pk)
        self.check_scope(row)
        etags.must_match(request, self.etag_of(row))
        with self.locked(pk) as row:
            if reason := self.in_use(row):
                raise Refused(reason)
            self.record("delete", row, old={"name": row.name})
            row.delete()
        return Response(status=204)

    @contextmanager
    def locked(self, pk):
        """The row as it still is what the client read, and still theirs to change."""
        with transaction.atomic(using=EDITORIAL):
            self.lock_what_is_around()
            row = self.model.objects.select_for_update(of=("self",)).get(pk=pk)
            etags.may_match(self.request, self.etag_of(row))
            self.check_scope(row)
            yield row

    def lock_what_is_around(self):
        """Before the row itself, what saving it will lock anyway."""

    # Rights and places --------------------------------------------------------------

    def check_scope(self, row):
        scoped = row if hasattr(row, "scope_ids") else None
        actions.check(self.request.user, "edit_taxonomy", scoped)

    def check_place(self, row):
        """Where it is put, the person must have rights, too."""

    def put_in_place(self, row):
        """An address that nobody else has."""
        row.slug = row.slug or slugify(row.name, allow_unicode=True)
        if not row.slug:
            raise serializers.ValidationError(
                {"slug": ["Give it an address: its name has no letters or digits."]}
            )
        taken = self.model.objects.exclude(pk=row.pk).filter(slug=row.slug)
        if taken.exists():
            raise serializers.ValidationError(
                {"slug": [f"Another {row._meta.verbose_name} has this address."]}
            )

    def in_use(self, row):
        """Why it cannot be deleted, or nothing."""
        named, count = [], 0
        for model in ITEM_MODELS.values():
            using = model.objects.filter(self.used_by(row))
            count += using.count()
            visible = using.visible_to(self.request.user).only("title")
            named += [f"“{item}”" for item in visible.order_by()[:NAMED]]
        named = named[:NAMED]
        if count > len(named):
            named.append("other items")
        if not named and LiveUse.objects.filter(used_id=row.pk).exists():
            named.append("live pages")
        if named:
            return (
                f"“{row}” is still used by {', '.join(named)}. Move those first; then "
                "it can be deleted."
            )
        return ""

    def used_by(self, row):
        raise NotImplementedError(type(self))

    def record(self, action, row, **values):
        AuditLog.objects.record(
            action,
            by=self.request.user,
            resource_type=self.model._meta.model_name,
            resource_id=row.pk,
            **values,
            **self.origin,
        )


@describe(
    "categories",
    list=door("List the categories", gives=CategoryShown(many=True)),
    create=door(
        "Add a category",
        takes=CategoryCreate,
        gives=CategoryShown,
        status=201,
        example={"name": "Science"},
    ),
    retrieve=door("Read a category", gives=CategoryShown),
    partial_update=door(
        "Change a category",
        takes=CategoryWrite,
        gives=CategoryShown,
        example={"name": "Science and space"},
        says="Whatever shows it is published anew.",
    ),
    destroy=door(
        "Delete a category that nothing uses",
        status=204,
        says="409 names what uses it.",
    ),
)
class CategoryView(SharedRowView):
    queryset = Category.objects.none()
    model, shown = Category, CategoryShown
    create_fields, write_fields = CategoryCreate, CategoryWrite
    filterset_class = CategoryFilters
    rows = {"list": CategoryShown, "retrieve": CategoryShown}

    def lock_what_is_around(self):
        lock_tree()

    def check_place(self, row):
        user = self.request.user
        if not may(user, "edit_taxonomy", row.parent or Category()):
            raise serializers.ValidationError(
                {
                    "parent": [
                        "Your role covers other categories. Choose one of those as "
                        "the parent."
                    ]
                }
            )
        row.clean()

    def in_use(self, row):
        below = Category.objects.filter(parent=row)
        if names := [f"“{one}”" for one in below[:NAMED]]:
            return f"Categories stand below “{row}”: {', '.join(names)}. Move them."
        return super().in_use(row)

    def used_by(self, row):
        return Q(category=row)


@describe(
    "tags",
    list=door("List the tags", gives=TagShown(many=True)),
    create=door(
        "Add a tag",
        takes=TagCreate,
        gives=TagShown,
        status=201,
        example={"name": "Science"},
    ),
    retrieve=door("Read a tag", gives=TagShown),
    partial_update=door(
        "Change a tag",
        takes=TagWrite,
        gives=TagShown,
        example={"name": "Science and space"},
        says="Whatever shows it is published anew.",
    ),
    destroy=door(
        "Delete a tag that nothing uses", status=204, says="409 names what uses it."
    ),
)
class TagView(SharedRowView):
    queryset = Tag.objects.none()
    model, shown = Tag, TagShown
    create_fields, write_fields = TagCreate, TagWrite
    filterset_class = TagFilters
    rows = {"list": TagShown, "retrieve": TagShown}

    def used_by(self, row):
        return Q(tags=row)
