"""Stories by subject: the tree of categories, and tags."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.views.decorators.http import require_safe

from publishing.models import (
    PublicRedirect,
    PublishedArticle,
    PublishedCategory,
    PublishedTag,
)
from publishing.views.missing import not_here
from publishing.views.navigation import arrived_with, riding_on
from publishing.views.page import Head, page
from publishing.views.paging import slice_of


@require_safe
def categories(request):
    everything = PublishedCategory.objects.order_by("path").only(
        "name", "slug", "description", "depth", "parent_id", "display_order", "path"
    )
    listed = list(riding_on(everything))
    if listed:
        arrived_with(listed[0])
    path = reverse("publishing:categories")
    return page(
        request,
        "publishing/categories.html",
        head=Head(
            title="Sections",
            url=path,
            description="All sections of this site.",
            trail=[("Home", "/"), ("Sections", path)],
        ),
        keys=["categories"],
        tree=_tree(listed),
    )


def _tree(listed):
    """[(category, subtree), …] in the editors' order."""
    below = {}
    for each in sorted(listed, key=lambda each: (each.display_order, each.name)):
        below.setdefault(each.parent_id, []).append(each)

    def branch(parent_id):
        return [(each, branch(each.id)) for each in below.get(parent_id, [])]

    return branch(None)


@require_safe
def category(request, slug):
    children = PublishedCategory.objects.filter(parent_id=OuterRef("pk"))
    found = PublishedCategory.objects.filter(slug=slug).annotate(
        children=ArraySubquery(
            children.order_by("display_order", "name").values(
                json=JSONObject(name="name", slug="slug")
            )
        )
    )
    item = riding_on(found.order_by("-synced_at")).first()
    if item is None:
        return not_here(request, PublicRedirect.Kind.CATEGORY, slug, category_path)
    arrived_with(item)
    parents = [
        (above["name"], category_path(above["slug"])) for above in item.breadcrumbs
    ]
    path = category_path(slug)
    return _listing(
        request,
        "publishing/category.html",
        PublishedArticle.objects.in_category(item.path),
        title=item.name,
        description=item.description,
        path=path,
        trail=[("Home", "/"), *parents, (item.name, path)],
        keys=[f"category-{item.id}"],
        category=item,
    )


def category_path(slug):
    return reverse("publishing:category", args=[slug])


@require_safe
def tag(request, slug):
    found = PublishedTag.objects.filter(slug=slug).order_by("-synced_at")
    item = riding_on(found).first()
    if item is None:
        return not_here(request, PublicRedirect.Kind.TAG, slug, tag_path)
    arrived_with(item)
    path = tag_path(slug)
    return _listing(
        request,
        "publishing/tag.html",
        PublishedArticle.objects.tagged(slug),
        title=item.name,
        description=item.description,
        path=path,
        trail=[("Home", "/"), (item.name, path)],
        keys=[f"tag-{item.id}"],
        tag=item,
    )


def tag_path(slug):
    return reverse("publishing:tag", args=[slug])


def _listing(
    request, template, listed, *, title, description, path, trail, keys, **more
):
    part = slice_of(listed.posts().newest_first().for_cards(), request)
    return page(
        request,
        template,
        head=Head(
            title=title,
            url=path,
            description=description,
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first else "noindex, follow",
            feed=f"{path}feed.",
            trail=trail,
        ),
        keys=[*keys, "articles"],
        part=part,
        **more,
    )
