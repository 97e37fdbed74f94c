"""People who write here."""

from django.urls import reverse
from django.views.decorators.http import require_safe

from publishing.models import PublicRedirect, PublicUserProfile, PublishedArticle
from publishing.views.missing import not_here
from publishing.views.navigation import arrived_with, riding_on
from publishing.views.page import Head, absolute, page
from publishing.views.paging import slice_of


@require_safe
def author(request, slug):
    found = PublicUserProfile.objects.filter(slug=slug).order_by("-synced_at")
    person = riding_on(found).first()
    if person is None:
        return not_here(request, PublicRedirect.Kind.PROFILE, slug, author_path)
    arrived_with(person)
    listed = PublishedArticle.objects.posts().by(person.id).newest_first().for_cards()
    part = slice_of(listed, request)
    path = author_path(slug)
    return page(
        request,
        "publishing/author.html",
        head=Head(
            title=person.display_name,
            url=path,
            description=person.bio,
            kind="profile",
            image={"url": person.avatar_url, "alt": ""} if person.avatar_url else None,
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first else "noindex, follow",
            feed=f"{path}feed.",
            trail=[("Home", "/"), (person.display_name, path)],
            data=[_profile_page(person, path)],
        ),
        keys=[f"author-{person.id}", "articles"],
        person=person,
        part=part,
    )


def author_path(slug):
    return reverse("publishing:author", args=[slug])


def _profile_page(person, path):
    entity = {
        "@type": "Person",
        "name": person.display_name,
        "url": absolute(path),
        "description": person.bio,
        "image": absolute(person.avatar_url),
        "sameAs": person.website,
    }
    return {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "mainEntity": {name: value for name, value in entity.items() if value},
    }
