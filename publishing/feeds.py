"""RSS 2.0 and Atom: of everything, a category, a tag, an author.

What search engines are asked to leave alone stands here all the same: a feed is for
readers who asked for it. `FEED_CONTENT` says whether it holds whole stories.
"""

import re
from datetime import UTC, datetime
from html import escape, unescape
from urllib.parse import urljoin

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

ENTRIES = 20
IN_FULL = settings.FEED_CONTENT == "full"
NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)
"""When a feed without entries changed last; the same each time it is asked for."""


class Dated:
    """The newest change of any entry, so that an unchanged feed is the same bytes."""

    def latest_post_date(self):
        dates = [item["updateddate"] or item["pubdate"] for item in self.items]
        return max(dates, default=NOTHING_YET)


class Rss(Dated, Rss201rev2Feed):
    def rss_attributes(self):
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content:encoded", item["content"])
        if image := item["image"]:
            attributes = {"url": image["url"], "medium": "image"}
            for name in ("width", "height"):
                if image.get(name):
                    attributes[name] = str(image[name])
            handler.startElement("media:content", attributes)
            if image.get("alt"):
                handler.addQuickElement("media:description", image["alt"])
            handler.endElement("media:content")


class Atom(Dated, Atom1Feed):
    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content", item["content"], {"type": "html"})


FORMS = {
    "rss": (Rss, "application/rss+xml"),
    "atom": (Atom, "application/atom+xml"),
}


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
        "image",
        "first_published_at",
        "last_modified_at",
        *(["content_html"] if IN_FULL else []),
    )
    for article in newest[:ENTRIES]:
        feed.add_item(
            title=printable(article.title),
            link=absolute(article.get_absolute_url()),
            description=printable(article.excerpt),
            content=in_full(article) if IN_FULL else "",
            image=_image(article.image),
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


def _image(image):
    if not image or not image["url"]:
        return None
    return image | {
        "url": absolute(image["url"]),
        "alt": printable(image.get("alt", "")),
    }


TAG = re.compile(r'<[a-z](?:[^>"]|"[^"]*")*>', re.IGNORECASE)
ADDRESS = re.compile(r'(?<=\s)(href|src|poster|cite)="([^"]*)"')
SIZES = re.compile(r'(?<=\s)srcset="([^"]*)"')
FOR_THE_PAGE = re.compile(r'\s(?:data-[\w-]+|aria-[\w-]+|tabindex|role)="[^"]*"')


def in_full(article):
    """The text for readers that know nothing of this site: all links are absolute."""
    page = absolute(article.get_absolute_url())

    def whole(url):
        return escape(urljoin(page, unescape(url)))

    def every_size(sizes):
        return ", ".join(whole(each.strip()) for each in sizes.split(",") if each)

    def alone(tag):
        tag = FOR_THE_PAGE.sub("", tag[0])
        tag = ADDRESS.sub(lambda one: f'{one[1]}="{whole(one[2])}"', tag)
        return SIZES.sub(lambda one: f'srcset="{every_size(one[1])}"', tag)

    return printable(TAG.sub(alone, article.content_html))


NOT_IN_XML = dict.fromkeys((*range(32), 0xFFFE, 0xFFFF))
for allowed in "\t\n\r":
    NOT_IN_XML.pop(ord(allowed))


def printable(text):
    """XML has no place for control characters, not even escaped."""
    return text.translate(NOT_IN_XML)
