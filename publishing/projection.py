"""From the truth of one item to its public rows. Pure: no query, no clock.

Being pure, it also answers "what would change?" before anything is published.
"""

import math
import re
import uuid

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator

from editorial import blocks
from editorial.models import ItemKind
from publishing.models import (
    GatedLesson,
    PublicRedirect,
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedLesson,
    PublishedMedia,
    PublishedTag,
)
from publishing.models.publication import THIS_SITE

WORDS_A_MINUTE = 220
NO_HEADING = re.compile(r"<th\b[^>]*>\s*</th>")

OWNED = {
    ItemKind.ARTICLE: ((PublishedArticle, "id"),),
    ItemKind.COURSE: (
        (PublishedCourse, "id"),
        (PublishedLesson, "course_id"),
        (GatedLesson, "course_id"),
    ),
    ItemKind.CATEGORY: ((PublishedCategory, "id"),),
    ItemKind.TAG: ((PublishedTag, "id"),),
    ItemKind.MEDIA: ((PublishedMedia, "id"),),
    ItemKind.PROFILE: ((PublicUserProfile, "id"),),
}
"""The tables that hold an item of each kind, and the column with the item's id."""


def project(truth):
    """The public rows of one item, unsaved and without `synced_at`.

    An item that is not live has none, but for the old addresses that say "gone".
    """
    rows = PROJECT[truth.kind](truth) if truth.live else []
    return [*rows, *_redirects(truth)]


def url_of(truth):
    """The page of an item, from the site's root; empty where it has none."""
    if truth.kind in (ItemKind.MEDIA,) or not truth.slug:
        return ""
    name = "author" if truth.kind == ItemKind.PROFILE else truth.kind
    return reverse(f"publishing:{name}", args=[truth.slug])


def reference(truth):
    """What the engagement database keeps of it; see `publishing.signals`."""
    if truth.kind == ItemKind.PROFILE and truth.row is not None:
        return {
            "display_name": truth.row.display_name,
            "slug": truth.row.slug,
            "avatar_url": truth.row.avatar_url,
            "is_verified": truth.row.badge_verified_at is not None,
        }
    if truth.kind in (ItemKind.ARTICLE, ItemKind.COURSE) and truth.live:
        snapshot = truth.row.live_version.snapshot
        return {
            "title": snapshot["title"],
            "url": url_of(truth),
            "author_id": snapshot["author"],
            "comments_open": snapshot.get("comments_open", True),
        }
    return {}


# --- Articles and courses ------------------------------------------------------------


def _image(media, pk):
    found = media.get(pk)
    return found.as_image() if found and found.url else None


def _prepared(truth, html):
    """A stored text with its images as the library makes them now, with code that a
    keyboard can scroll, and without headings of tables that say nothing."""
    html = html.replace("<pre>", '<pre tabindex="0" role="group" aria-label="Code">')
    html = NO_HEADING.sub("<td></td>", html)
    images = {
        pk: one.as_image() for pk, one in truth.related["media"].items() if one.url
    }
    return blocks.refreshed(html, images)


def _common(truth):
    """The columns that articles and courses share."""
    item, snapshot = truth.row, truth.row.live_version.snapshot
    person = truth.related["people"][snapshot["author"]]
    lineage = truth.related["lineages"].get(snapshot["category"], [])
    category = lineage[-1] if lineage else None
    tags = [truth.related["tags"].get(pk) for pk in snapshot["tags"]]
    tags = [tag for tag in tags if tag]
    image = _image(truth.related["media"], snapshot["image"])
    seo = snapshot["seo"]
    social = _image(truth.related["media"], seo.get("og_image_id")) or image
    return {
        "id": item.pk,
        "slug": truth.slug,
        "title": snapshot["title"],
        "language": snapshot.get("language") or settings.LANGUAGE_CODE,
        "author_id": person.pk,
        "author_name": person.display_name,
        "author_slug": person.slug,
        "author_avatar_url": person.avatar_url,
        "author_bio": person.bio,
        "category_id": category.pk if category else None,
        "category_name": category.name if category else "",
        "category_slug": category.slug if category else "",
        "category_path": category.path if category else None,
        "breadcrumbs": [{"name": one.name, "slug": one.slug} for one in lineage],
        "tags": [
            {"id": str(tag.pk), "name": tag.name, "slug": tag.slug} for tag in tags
        ],
        "tag_slugs": [tag.slug for tag in tags],
        "image": image,
        "meta_title": seo.get("meta_title", ""),
        "meta_description": seo.get("meta_description", ""),
        "meta_keywords": seo.get("meta_keywords", []),
        "canonical_url": seo.get("canonical_url", ""),
        "og_title": seo.get("og_title", ""),
        "og_description": seo.get("og_description", ""),
        "og_image_url": social.get("social", social["url"]) if social else "",
        "share_image": _share_image(truth, seo.get("og_image_id"), snapshot["image"]),
        "no_index": seo.get("no_index", False),
        "no_follow": seo.get("no_follow", False),
        "first_published_at": item.first_published_at,
        "published_at": item.published_at,
        "original_created_at": item.created_at,
        "last_modified_at": item.live_version.created_at,
        "content_version": item.live_version.number,
        "content_hash": item.live_version.content_hash,
    }


def _share_image(truth, *ids):
    """The first of these media that there is: its card, if one was cut, or itself."""
    for pk in ids:
        media = truth.related["media"].get(pk)
        if media and media.url:
            whole = media.as_image()
            card = media.renditions.get("social") or whole
            return {
                "url": card["url"],
                "alt": whole["alt"],
                "width": card.get("width"),
                "height": card.get("height"),
            }
    return None


def _here(url):
    return THIS_SITE + url if url.startswith("/") else url


def _pictures(common):
    """The image whole, and the card that was cut for other sites."""
    found = {}
    for image in (common["image"], common["share_image"]):
        if image and image["url"] not in found:
            found[image["url"]] = {
                name: value
                for name, value in {
                    "@type": "ImageObject",
                    "url": _here(image["url"]),
                    "width": image["width"],
                    "height": image["height"],
                    "caption": image["alt"],
                }.items()
                if value
            }
    return list(found.values())


def _structured_data(truth, common, summary, **properties):
    """The page's JSON-LD: what we know, then whatever specialists added."""
    address = THIS_SITE + url_of(truth)
    data = {
        "@context": "https://schema.org",
        "@id": f"{address}#main",
        "url": address,
        "mainEntityOfPage": {"@type": "WebPage", "@id": address},
        "description": summary,
        "image": _pictures(common),
        "inLanguage": common["language"],
        **properties,
    }
    data |= truth.row.live_version.snapshot["seo"].get("structured_data") or {}
    return {key: value for key, value in data.items() if value not in ("", [], None)}


def _person(common):
    person = {
        "@type": "Person",
        "name": common["author_name"],
        "url": THIS_SITE + reverse("publishing:author", args=[common["author_slug"]]),
        "image": _here(common["author_avatar_url"]),
    }
    return {name: value for name, value in person.items() if value}


def _publisher():
    return {
        "@type": "Organization",
        "name": settings.SITE_NAME,
        "url": THIS_SITE + "/",
    }


def _article(truth):
    common = _common(truth)
    version = truth.row.live_version
    snapshot, rendered = version.snapshot, version.rendered
    words = len(rendered["text"].split())
    summary = snapshot["excerpt"] or Truncator(rendered["text"]).chars(300)
    is_page = snapshot["kind"] == PublishedArticle.Kind.PAGE
    return [
        PublishedArticle(
            **common,
            kind=snapshot["kind"],
            excerpt=snapshot["excerpt"],
            content_html=_prepared(truth, rendered["html"]),
            content_json=snapshot["blocks"],
            word_count=words,
            reading_minutes=max(1, math.ceil(words / WORDS_A_MINUTE)),
            is_featured=snapshot["is_featured"],
            comments_open=snapshot["comments_open"],
            parent_id=uuid.UUID(snapshot["parent"]) if snapshot["parent"] else None,
            parents=truth.related["parents"].get(snapshot["parent"], []),
            **_series(truth),
            search_summary=" ".join(
                [snapshot["excerpt"], *(tag["name"] for tag in common["tags"])]
            ).strip(),
            search_text=rendered["text"][:500_000],
            structured_data=_structured_data(
                truth,
                common,
                common["meta_description"] or summary,
                **{
                    "@type": "WebPage" if is_page else settings.ARTICLE_TYPE,
                    "headline": snapshot["title"][:110],
                    "datePublished": common["first_published_at"].isoformat(),
                    "dateModified": common["last_modified_at"].isoformat(),
                    "author": _person(common),
                    "publisher": _publisher(),
                    "articleSection": common["category_name"],
                    "keywords": [tag["name"] for tag in common["tags"]],
                    "wordCount": words,
                    "isAccessibleForFree": True,
                    **({"mainEntityOfPage": None} if is_page else {}),
                },
            ),
        )
    ]


def _series(truth):
    """Which part of which series it is, and its neighbours that are live."""
    if truth.id not in truth.related["series"]:
        return {"series": None, "series_slug": "", "series_part": None}
    series, parts = truth.related["series"][truth.id]
    ids = [part["id"] for part in parts]
    # Only a preview of what is not live yet is not among the live parts.
    place = ids.index(truth.id) if truth.id in ids else len(ids)

    def named(part):
        return {"title": part["title"], "slug": part["slug"]}

    return {
        "series": {
            "name": series.name,
            "slug": series.slug,
            "description": series.description,
            "part": place + 1,
            "of": max(len(ids), place + 1),
            "previous": named(parts[place - 1]) if place else None,
            "next": named(parts[place + 1]) if place + 1 < len(parts) else None,
        },
        "series_slug": series.slug,
        "series_part": place + 1,
    }


def _course(truth):
    common = _common(truth)
    version = truth.row.live_version
    snapshot, rendered = version.snapshot, version.rendered
    lessons = list(_lessons(truth, snapshot, rendered["lessons"]))
    course = PublishedCourse(
        **common,
        description=snapshot["description"],
        description_html=rendered["html"],
        difficulty_level=snapshot["difficulty_level"],
        estimated_duration_minutes=snapshot["estimated_duration_minutes"],
        lesson_count=sum(isinstance(one, PublishedLesson) for one in lessons),
        is_free=snapshot["is_free"],
        price_cents=None if snapshot["is_free"] else snapshot["price_cents"],
        currency=snapshot["currency"],
        curriculum=_curriculum(truth, snapshot),
        search_summary=rendered["text"][:2000],
        # The words of gated lessons are not for everybody: titles only.
        search_text=" ".join(
            text
            for section in snapshot["sections"]
            for text in (
                section["title"],
                *(lesson["title"] for lesson in section["lessons"]),
            )
        ),
        structured_data=_structured_data(
            truth,
            common,
            common["meta_description"] or Truncator(rendered["text"]).chars(300),
            **{
                "@type": "Course",
                "name": snapshot["title"],
                "provider": _publisher(),
                "author": _person(common),
                "isAccessibleForFree": snapshot["is_free"],
                "datePublished": common["first_published_at"].isoformat(),
                "dateModified": common["last_modified_at"].isoformat(),
                "educationalLevel": snapshot["difficulty_level"].capitalize(),
                "keywords": [tag["name"] for tag in common["tags"]],
                "about": common["category_name"],
                "offers": _offer(snapshot),
                "hasCourseInstance": _instance(common, snapshot),
                "syllabusSections": _syllabus(snapshot),
            },
        ),
    )
    return [course, *lessons]


def _offer(snapshot):
    """What it costs; nothing where nobody has said a price."""
    if snapshot["is_free"]:
        return {"@type": "Offer", "category": "Free", "price": 0} | {
            "priceCurrency": snapshot["currency"]
        }
    if not snapshot["price_cents"]:
        return None
    return {
        "@type": "Offer",
        "category": "Paid",
        "price": f"{snapshot['price_cents'] / 100:.2f}",
        "priceCurrency": snapshot["currency"],
    }


def _instance(common, snapshot):
    """Courses here are taken online, when and as fast as one likes."""
    instance = {
        "@type": "CourseInstance",
        "courseMode": "Online",
        "instructor": _person(common),
    }
    if minutes := snapshot["estimated_duration_minutes"]:
        hours, minutes = divmod(minutes, 60)
        parts = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        instance["courseWorkload"] = f"PT{parts}"
    return instance if "courseWorkload" in instance else None


def _syllabus(snapshot):
    return [
        {
            "@type": "Syllabus",
            "name": section["title"],
            **({"description": text} if (text := section["description"]) else {}),
        }
        for section in snapshot["sections"]
        if section["title"]
    ]


def _video(truth, lesson):
    return truth.related["media"].get(lesson["video"])


def _curriculum(truth, snapshot):
    return [
        {
            "id": section["id"],
            "title": section["title"],
            "description": section["description"],
            "lessons": [
                {
                    "id": lesson["id"],
                    "title": lesson["title"],
                    "slug": lesson["slug"],
                    "description": lesson["description"],
                    "content_type": lesson["content_type"],
                    "is_preview": lesson["is_preview"],
                    "duration_seconds": video.duration_seconds
                    if (video := _video(truth, lesson))
                    else None,
                }
                for lesson in section["lessons"]
            ],
        }
        for section in snapshot["sections"]
    ]


def _lessons(truth, snapshot, rendered):
    """The rows of a course's lessons; a gated body goes to `GatedLesson` alone."""
    for section_order, section in enumerate(snapshot["sections"]):
        for lesson_order, lesson in enumerate(section["lessons"]):
            gated = not snapshot["is_free"] and not lesson["is_preview"]
            video = _video(truth, lesson)
            body = {
                "content_html": _prepared(truth, rendered[lesson["id"]]["html"]),
                "content_json": lesson["blocks"],
                "video_url": video.url if video else "",
            }
            nothing = {"content_html": "", "content_json": [], "video_url": ""}
            yield PublishedLesson(
                id=uuid.UUID(lesson["id"]),
                course_id=truth.id,
                section_id=uuid.UUID(section["id"]),
                section_title=section["title"],
                slug=lesson["slug"],
                title=lesson["title"],
                description=lesson["description"],
                content_type=lesson["content_type"],
                video_duration_seconds=video.duration_seconds if video else None,
                section_order=section_order,
                lesson_order=lesson_order,
                is_preview=lesson["is_preview"],
                is_gated=gated,
                content_version=truth.row.live_version.number,
                **(nothing if gated else body),
            )
            if gated:
                yield GatedLesson(
                    id=uuid.UUID(lesson["id"]), course_id=truth.id, **body
                )


# --- Everything else -----------------------------------------------------------------


def _category(truth):
    row = truth.row
    above = truth.related["lineages"][str(row.pk)][:-1]
    return [
        PublishedCategory(
            id=row.pk,
            slug=row.slug,
            name=row.name,
            description=row.description,
            icon=row.icon,
            color=row.color,
            parent_id=row.parent_id,
            path=row.path,
            depth=row.depth,
            breadcrumbs=[{"name": one.name, "slug": one.slug} for one in above],
            display_order=row.display_order,
            is_featured=row.is_featured,
        )
    ]


def _tag(truth):
    row = truth.row
    return [
        PublishedTag(
            id=row.pk, slug=row.slug, name=row.name, description=row.description
        )
    ]


def _media(truth):
    row = truth.row
    shown = row.as_image()
    return [
        PublishedMedia(
            id=row.pk,
            url=shown["url"],
            file_type=row.file_type,
            mime_type=row.mime_type,
            file_size_bytes=row.file_size_bytes,
            width=shown["width"],
            height=shown["height"],
            variants=row.variants,
            alt_text=shown["alt"],
            caption=row.caption,
            credit=row.credit,
        )
    ]


def _profile(truth):
    row = truth.row
    return [
        PublicUserProfile(
            id=row.pk,
            slug=row.slug,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            bio=row.bio,
            website=row.website,
            is_verified=row.badge_verified_at is not None,
        )
    ]


def _redirects(truth):
    """Old addresses lead to the new one; of what was taken down, nowhere."""
    return [
        PublicRedirect(
            kind=truth.kind,
            old_slug=slug,
            item_id=truth.id,
            new_slug=truth.slug if truth.live else "",
        )
        for slug in truth.old_slugs
    ]


PROJECT = {
    ItemKind.ARTICLE: _article,
    ItemKind.COURSE: _course,
    ItemKind.CATEGORY: _category,
    ItemKind.TAG: _tag,
    ItemKind.MEDIA: _media,
    ItemKind.PROFILE: _profile,
}
