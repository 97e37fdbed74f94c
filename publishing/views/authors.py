"""People who write here."""

from django.views.decorators.http import require_safe

from publishing.models import PublicRedirect
from publishing.views.missing import not_here
from publishing.views.page import Head, absolute, page
from publishing.views.paging import slice_of
from publishing.views.paths import path_to
from publishing.views.rows import ARTICLE_CARDS, AUTHOR, BY_AUTHOR, row


@require_safe
def author(request, slug):
    person = row(AUTHOR, slug=slug)
    if person is None:
        return not_here(request, PublicRedirect.Kind.PROFILE, slug, "author")
    part = slice_of(ARTICLE_CARDS, request, BY_AUTHOR, author=person["id"])
    path = path_to("author", slug)
    return page(
        request,
        "publishing/author.html",
        head=Head(
            title=person["display_name"],
            url=path,
            description=person["bio"],
            kind="profile",
            image={"url": person["avatar_url"]} if person["avatar_url"] else None,
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first else "noindex, follow",
            feed=f"{path}feed.",
            trail=[("Home", "/"), (person["display_name"], path)],
            data=[_profile_page(person, path)],
        ),
        keys=[f"author-{person['id']}", "articles"],
        person=person,
        part=part,
    )


def _profile_page(person, path):
    entity = {
        "@type": "Person",
        "name": person["display_name"],
        "url": absolute(path),
        "description": person["bio"],
        "image": absolute(person["avatar_url"]),
        "sameAs": person["website"],
    }
    return {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "mainEntity": {name: value for name, value in entity.items() if value},
    }
