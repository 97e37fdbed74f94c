"""RSS 2.0 and Atom: of everything, a category, a tag, an author."""

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.views.decorators.http import require_safe

from publishing.models import (
    PublicRedirect,
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedTag,
)
from publishing.views.missing import not_here
from publishing.views.page import FRESH, absolute, stamped

FORMS = {
    "rss": (Rss201rev2Feed, "application/rss+xml"),
    "atom": (Atom1Feed, "application/atom+xml"),
}
ENTRIES = 20


@require_safe
def everything(request, form):
    return _feed(
        request,
        form,
        PublishedArticle.objects.posts(),
        title=settings.SITE_NAME,
        description=settings.SITE_TAGLINE,
        path="/",
        own_path=reverse("publishing:feed", args=[form]),
    )


@require_safe
def category(request, slug, form):
    found = PublishedCategory.objects.filter(slug=slug).order_by("-synced_at").first()
    if found is None:
        return _not_here(request, PublicRedirect.Kind.CATEGORY, slug, form)
    return _feed_about(
        request,
        form,
        PublishedArticle.objects.in_category(found.path).posts(),
        name=found.name,
        description=found.description,
        page_name="category",
        slug=slug,
    )


@require_safe
def tag(request, slug, form):
    found = PublishedTag.objects.filter(slug=slug).order_by("-synced_at").first()
    if found is None:
        return _not_here(request, PublicRedirect.Kind.TAG, slug, form)
    return _feed_about(
        request,
        form,
        PublishedArticle.objects.tagged(slug).posts(),
        name=found.name,
        description=found.description,
        page_name="tag",
        slug=slug,
    )


@require_safe
def author(request, slug, form):
    found = PublicUserProfile.objects.filter(slug=slug).order_by("-synced_at").first()
    if found is None:
        return _not_here(request, PublicRedirect.Kind.PROFILE, slug, form)
    return _feed_about(
        request,
        form,
        PublishedArticle.objects.by(found.id).posts(),
        name=found.display_name,
        description=found.bio,
        page_name="author",
        slug=slug,
    )


PAGE_OF = {
    PublicRedirect.Kind.CATEGORY: "category",
    PublicRedirect.Kind.TAG: "tag",
    PublicRedirect.Kind.PROFILE: "author",
}


def _not_here(request, kind, slug, form):
    return not_here(request, kind, slug, f"{PAGE_OF[kind]}_feed", form)


def _feed_about(request, form, articles, *, name, description, page_name, slug):
    return _feed(
        request,
        form,
        articles,
        title=f"{name} · {settings.SITE_NAME}",
        description=description or f"{name} in {settings.SITE_NAME}",
        path=reverse(f"publishing:{page_name}", args=[slug]),
        own_path=reverse(f"publishing:{page_name}_feed", args=[slug, form]),
    )


def _feed(request, form, articles, *, title, description, path, own_path):
    generator, content_type = FORMS[form]
    feed = generator(
        title=title,
        link=absolute(path),
        description=description,
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(own_path),
        feed_guid=absolute(own_path),
    )
    newest = articles.newest_first().only(
        "id",
        "slug",
        "title",
        "excerpt",
        "author_name",
        "category_name",
        "tags",
        "first_published_at",
        "last_modified_at",
    )
    for article in newest[:ENTRIES]:
        feed.add_item(
            title=printable(article.title),
            link=absolute(article.get_absolute_url()),
            description=printable(article.excerpt),
            author_name=printable(article.author_name),
            pubdate=article.first_published_at,
            updateddate=max(article.last_modified_at, article.first_published_at),
            # Stays the same when the address changes, so nothing is shown twice.
            unique_id=article.id.urn,
            unique_id_is_permalink=False,
            categories=[
                printable(name)
                for name in dict.fromkeys(
                    [article.category_name, *(tag["name"] for tag in article.tags)]
                )
                if name
            ],
        )
    return stamped(
        request,
        feed.writeString("utf-8"),
        keys=["feeds", "articles"],
        cache=FRESH,
        content_type=content_type,
    )


NOT_IN_XML = dict.fromkeys(range(32))
for allowed in "\t\n\r":
    NOT_IN_XML.pop(ord(allowed))


def printable(text):
    """XML has no place for control characters, not even escaped."""
    return text.translate(NOT_IN_XML)
