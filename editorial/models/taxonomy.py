"""Categories (a tree) and tags (rows)."""

import uuid

from django.contrib.postgres.indexes import GistIndex
from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models.functions import Lower
from django.utils.text import slugify

from cms.databases import EDITORIAL
from cms.ltree import LtreeField
from cms.uuids import uuid7
from editorial.models.outbox import ItemKind
from editorial.models.shared import SharedRow

TREE_LOCK = 0x74726565


def lock_tree():
    """One change of the tree at a time: a path repeats those above it.

    Taken before the lock of any row in it.
    """
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


class CategoryQuerySet(models.QuerySet):
    def subtree_of(self, category):
        """The category itself and everything below it."""
        return self.filter(path__descendant_of=category.path)

    def paths_of_scopes(self, user, assignments):
        """Paths of the categories that roles are limited to; read once for `user`."""
        ids = {one.category_id for one in assignments}
        if not ids:
            return []
        known = user.__dict__.setdefault("_paths_of_scopes", {})
        if missing := ids - known.keys():
            rows = self.filter(pk__in=missing).values_list("pk", "path")
            known |= dict.fromkeys(missing) | dict(rows)
        return [known[pk] for pk in sorted(ids) if known[pk]]

    def lineage_of(self, category):
        """The categories from the root down to this one."""
        return self.filter(path__ancestor_of=category.path).order_by("depth")


class Category(SharedRow):
    """A section of the publication. `path` is kept by `save`, never by hand."""

    SYNC_KIND = ItemKind.CATEGORY
    SHOWN = ("name", "slug", "path", "is_active")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=255, unique=True, allow_unicode=True)
    description = models.TextField(blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    path = LtreeField(editable=False)
    depth = models.PositiveIntegerField(default=0, editable=False)
    icon = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=50, blank=True)
    display_order = models.IntegerField(default=0)
    is_featured = models.BooleanField(default=False)
    is_active = models.BooleanField(
        "active", default=True, help_text="Readers see active categories only."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        db_table = "categories"
        ordering = ["path"]
        verbose_name_plural = "categories"
        indexes = [GistIndex(fields=["path"], name="categories_path")]

    def __str__(self):
        return self.name

    @property
    def label(self):
        """Its own label in the path: the id, so that a new slug moves nothing."""
        return self.id.hex

    def clean(self):
        if not self.parent_id:
            return
        if self.parent_id == self.pk or (
            self.path and self.label in self.parent.path.split(".")
        ):
            raise ValidationError(
                {"parent": "A category cannot stand below itself. Choose another."}
            )

    def save(self, *args, **kwargs):
        """Keep the path, and move the subtree along when the parent changed."""
        with transaction.atomic(using=EDITORIAL):
            lock_tree()
            known = Category.objects.filter(pk=self.pk).values_list("path", flat=True)
            before = known.first() or ""
            above = (
                Category.objects.only("path").get(pk=self.parent_id).path
                if self.parent_id
                else ""
            )
            self.path = f"{above}.{self.label}" if above else self.label
            self.depth = self.path.count(".")
            super().save(*args, **kwargs)
            if before and before != self.path:
                self._move_subtree(before)

    def _move_subtree(self, before):
        for child in Category.objects.filter(path__descendant_of=before).exclude(
            pk=self.pk
        ):
            path = self.path + child.path.removeprefix(before)
            Category.objects.filter(pk=child.pk).update(
                path=path, depth=path.count(".")
            )

    def scope_ids(self):
        """Ids of the categories whose editors have rights here."""
        if not self.path:
            return {self.parent_id} if self.parent_id else set()
        return {uuid.UUID(label) for label in self.path.split(".")}


class Tag(SharedRow):
    SYNC_KIND = ItemKind.TAG
    SHOWN = ("name", "slug")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(max_length=255, unique=True, allow_unicode=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "tags"
        ordering = [Lower("name")]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.slug = self.slug or slugify(self.name, allow_unicode=True)
        super().save(*args, **kwargs)
