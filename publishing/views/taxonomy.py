"""Stories by subject: the tree of categories, and tags."""

from django.views.decorators.http import require_safe

from publishing.models import PublicRedirect, PublishedCategory
from publishing.views.missing import not_here
from publishing.views.navigation import arrived_on, riding_on
from publishing.views.page import Head, page
from publishing.views.paging import slice_of
from publishing.views.paths import path_to
from publishing.views.rows import (
    ARTICLE_CARDS,
    CATEGORY,
    IN_CATEGORY,
    TAG,
    TAGGED,
    row,
)


@require_safe
def categories(request):
    everything = PublishedCategory.objects.order_by("path").only(
        "name", "slug", "description", "depth", "parent_id", "display_order", "path"
    )
    listed = list(riding_on(everything))
    if listed:
        arrived_on(listed[0])
    path = path_to("categories")
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
    item = row(CATEGORY, decode=("breadcrumbs", "children"), slug=slug)
    if item is None:
        return not_here(request, PublicRedirect.Kind.CATEGORY, slug, "category")
    above = [
        (each["name"], path_to("category", each["slug"]))
        for each in item["breadcrumbs"]
    ]
    return _listing(
        request,
        "publishing/category.html",
        slice_of(ARTICLE_CARDS, request, IN_CATEGORY, path=item["path"]),
        item,
        path=path_to("category", slug),
        above=above,
        key=f"category-{item['id']}",
    )


@require_safe
def tag(request, slug):
    item = row(TAG, slug=slug)
    if item is None:
        return not_here(request, PublicRedirect.Kind.TAG, slug, "tag")
    return _listing(
        request,
        "publishing/tag.html",
        slice_of(ARTICLE_CARDS, request, TAGGED, slug=slug),
        item,
        path=path_to("tag", slug),
        key=f"tag-{item['id']}",
    )


def _listing(request, template, part, item, *, path, key, above=()):
    return page(
        request,
        template,
        head=Head(
            title=item["name"],
            url=path,
            description=item["description"],
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first else "noindex, follow",
            feed=f"{path}feed.",
            trail=[("Home", "/"), *above, (item["name"], path)],
        ),
        keys=[key, "articles"],
        subject=item,
        part=part,
    )
