"""Categories, tags and people whose address changes leave the old one behind."""

import pytest

from cms.databases import EDITORIAL
from editorial.models import Category, Redirect, Tag
from editorial.wordpress import addresses
from publishing.models import PublicRedirect
from publishing.projection import project
from publishing.truth import truths_of

pytestmark = pytest.mark.django_db(databases=[EDITORIAL])


def public_redirects(kind, row):
    truth = truths_of({row.pk: kind})[row.pk]
    return {
        (one.old_slug, one.new_slug)
        for one in project(truth)
        if isinstance(one, PublicRedirect)
    }


def test_every_old_address_leads_to_the_one_of_today(wim):
    for kind, row in (
        ("category", Category.objects.create(name="News", slug="news")),
        ("tag", Tag.objects.create(name="Sea", slug="news")),
    ):
        for slug in ("newer", "newest"):
            row = type(row).objects.get(pk=row.pk)
            row.slug = slug
            row.save()
        assert public_redirects(kind, row) == {("news", "newest"), ("newer", "newest")}

        row.slug = "news"  # back again: nothing leads to itself
        row.save()
        assert public_redirects(kind, row) == {("newer", "news"), ("newest", "news")}

    old = wim.slug
    wim = type(wim).objects.get(pk=wim.pk)
    wim.slug = "willem"
    wim.save()
    assert Redirect.objects.get(item_id=wim.pk).old_slug == old


def test_what_is_deleted_is_gone(wim):
    tag = Tag.objects.create(name="Sea", slug="sea")
    pk = tag.pk
    tag.delete()

    tag.pk = pk
    assert public_redirects("tag", tag) == {("sea", "")}


def test_an_address_that_is_too_long_or_known_is_not_kept_twice():
    tag = Tag.objects.create(name="Sea", slug="sea")
    paths = ["/tag/sea", "/tag/sea", "", "/" + "x" * 600]

    assert Redirect.objects.remember("tag", tag.pk, paths)
    assert not Redirect.objects.remember("tag", tag.pk, paths)
    assert Redirect.objects.get().old_slug == "/tag/sea"


def test_links_of_the_old_site_become_paths():
    for link, path in {
        "https://old.example/2010/05/tide/": "/2010/05/tide",
        "https://old.example/blog/tide.html?utm=1#x": "/blog/tide.html",
        "https://old.example/%CE%BB%CE%B9/": "/λι",
        "https://old.example/?p=007": "/?p=7",
        "https://old.example/blog/?page_id=7": "/blog/?p=7",
        "https://old.example/": "",
        "https://[broken/": "",
        "tide": "",
        "": "",
    }.items():
        assert addresses.path_of(link) == path, link
