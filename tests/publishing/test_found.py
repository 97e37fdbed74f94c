"""What pages say about themselves to search engines and to other sites."""

import json
import re

import pytest

from cms.databases import EDITORIAL, PUBLIC
from publishing import appearance
from publishing.models import PublishedArticle, PublishedCourse
from tests import factories
from tests.publishing.factories import (
    ArticleFactory,
    CategoryFactory,
    CourseFactory,
    ProfileFactory,
)

pytestmark = pytest.mark.django_db(databases=[PUBLIC])

META = re.compile(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">')
CARD = {"url": "/media/card.jpg", "alt": "The quay", "width": 1200, "height": 630}


def head_of(client, path):
    """(tags, canonical address, JSON-LD by type) of a page."""
    response = client.get(path)
    assert response.status_code == 200, path
    text = response.content.decode()
    tags = {}
    for name, value in META.findall(text):
        tags.setdefault(name, []).append(value)
    scripts = text.split('<script type="application/ld+json">')[1:]
    data = [json.loads(each.split("</script>")[0]) for each in scripts]
    [canonical] = re.findall(r'<link rel="canonical" href="([^"]+)">', text)
    return tags, canonical, {each.get("@type"): each for each in data}


def test_an_article_says_who_wrote_it_when_and_what_it_shows(client, settings):
    section, author = CategoryFactory(name="News"), ProfileFactory(slug="wim")
    ArticleFactory(
        slug="tide", category=section, author=author, share_image=CARD, language="nl-be"
    )

    tags, canonical, _ = head_of(client, "/articles/tide/?utm_source=mail&page=2")

    site = settings.SITE_ORIGIN
    assert canonical == f"{site}/articles/tide/"
    for name, value in {
        "og:type": "article",
        "og:url": canonical,
        "og:image": f"{site}/media/card.jpg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "The quay",
        "og:locale": "nl_BE",
        "twitter:card": "summary_large_image",
        "twitter:image": f"{site}/media/card.jpg",
        "twitter:image:alt": "The quay",
        "article:author": f"{site}/authors/wim/",
        "article:section": "News",
        "robots": "max-image-preview:large",
    }.items():
        assert tags[name] == [value], name


def test_each_part_of_a_list_has_an_address_of_its_own_and_the_first_is_found(
    client, settings
):
    settings.SITE_ORIGIN = "https://site.example"
    section, author = CategoryFactory(slug="news"), ProfileFactory(slug="wim")
    many = settings.SITE_LIST_SIZE + 1
    ArticleFactory.create_batch(many, category=section, author=author)
    for path in ("/articles/", "/categories/news/", "/authors/wim/"):
        tags, canonical, data = head_of(client, f"{path}?utm_source=mail")
        assert canonical == f"https://site.example{path}"
        assert tags["robots"] == ["max-image-preview:large"]
        if "CollectionPage" in data:
            listed = data["CollectionPage"]["mainEntity"]["itemListElement"]
            places = [each["position"] for each in listed]
            assert places == list(range(1, settings.SITE_LIST_SIZE + 1))
            assert listed[0]["url"].startswith("https://site.example/articles/story-")
        else:
            assert data["ProfilePage"]["mainEntity"]["@type"] == "Person"

        older = re.search(r'rel="next" href="(\?[^"]+)"', _text(client, path))[1]
        tags, canonical, data = head_of(client, f"{path}{older}&amp;utm_source=mail")
        assert canonical == f"https://site.example{path}{older}"
        assert tags["robots"] == ["noindex, follow"]
        assert "CollectionPage" not in data

    CourseFactory(slug="knots")
    _, _, data = head_of(client, "/courses/")
    [course] = data["CollectionPage"]["mainEntity"]["itemListElement"]
    assert course["url"] == "https://site.example/courses/knots/"


def _text(client, path):
    return client.get(path).content.decode()


def test_what_must_not_be_found_says_so_in_its_head_and_before_it(client):
    ArticleFactory(slug="hidden", no_index=True, no_follow=True)
    CourseFactory(slug="quiet", no_index=True)

    response = client.get("/articles/hidden/")
    tags, _, _ = head_of(client, "/articles/hidden/")
    again = client.get("/articles/hidden/", headers={"if-none-match": response["ETag"]})

    assert tags["robots"] == ["noindex, nofollow"]
    assert response["X-Robots-Tag"] == again["X-Robots-Tag"] == "noindex, nofollow"
    assert again.status_code == 304
    assert client.get("/courses/quiet/")["X-Robots-Tag"] == "noindex"
    assert client.get("/search/?q=x")["X-Robots-Tag"] == "noindex, follow"
    assert client.get("/nothing/")["X-Robots-Tag"] == "noindex"


def test_the_front_page_says_where_to_search(client, settings):
    _, canonical, data = head_of(client, "/?utm_source=mail")

    assert canonical == f"{settings.SITE_ORIGIN}/"
    action = data["WebSite"]["potentialAction"]
    assert action["@type"] == "SearchAction"
    assert "{search_term_string}" in action["target"]["urlTemplate"]


@pytest.mark.django_db(databases=[EDITORIAL])
def test_an_article_is_described_by_schema_org(settings, wim):
    settings.ARTICLE_TYPE = "NewsArticle"
    draft = factories.article(by=wim, slug="tide", title="Tide")

    [row, *_] = appearance.printed(draft, draft.snapshot())

    assert isinstance(row, PublishedArticle)
    data = row.structured_data
    assert data["@type"] == "NewsArticle"
    assert data["headline"] == "Tide"
    assert data["author"]["name"] == wim.display_name
    assert data["author"]["url"] == f"site:/authors/{wim.slug}/"
    assert data["publisher"]["name"] == settings.SITE_NAME
    assert data["mainEntityOfPage"]["@id"] == data["url"] == "site:/articles/tide/"
    assert data["wordCount"] == row.word_count > 0
    assert data["datePublished"] <= data["dateModified"]
    assert data["inLanguage"] == settings.LANGUAGE_CODE


@pytest.mark.django_db(databases=[EDITORIAL])
def test_a_course_says_its_price_and_how_long_it_takes_if_that_is_known(wim):
    course = factories.course(by=wim, is_free=False)
    course.price_cents, course.estimated_duration_minutes = 1950, 90

    def data():
        [row, *_] = appearance.printed(course, course.snapshot())
        assert isinstance(row, PublishedCourse)
        return row.structured_data

    assert data()["offers"] == {
        "@type": "Offer",
        "category": "Paid",
        "price": "19.50",
        "priceCurrency": course.currency,
    }
    assert data()["hasCourseInstance"]["courseWorkload"] == "PT1H30M"
    assert data()["hasCourseInstance"]["courseMode"] == "Online"
    assert data()["provider"]["@type"] == "Organization"
    assert data()["syllabusSections"][0]["name"]
    course.price_cents, course.estimated_duration_minutes = None, None
    assert "offers" not in data()
    assert "hasCourseInstance" not in data()
