"""Real sites that nobody here wrote. Skipped where their exports are not at hand."""

import pytest

from cms.databases import EDITORIAL, ENGAGEMENT
from editorial.models import Article, Category, Media, Status
from engagement.comments.models import Comment

from .conftest import real_export

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT])


@pytest.mark.chaos  # it takes its time
def test_a_blog_of_five_years_comes_in_whole(take):
    report = take(real_export("cclabs.wordpress.xml"))

    assert report["taken"] == {
        "author": 30,
        "category": 98,
        "tag": 171,
        "post": 219,
        "page": 5,
        "comment": 181,
    }
    assert report["skipped"] == []
    assert Article.objects.in_status(Status.PUBLISHED).count() == 224
    assert Comment.objects.filter(kind="pingback").count() == 62
    assert Comment.objects.filter(thread_depth=1).count() == 3


def test_a_site_made_to_be_awkward_comes_in_whole(take, ines):
    path = real_export("themeunittest.wordpress.xml")
    report = take(path, by=ines.email)

    assert report["taken"] == {
        "author": 4,
        "category": 68,
        "tag": 110,
        "post": 58,
        "page": 21,
        "attachment": 37,
        "comment": 33,
    }
    assert sum(one["kind"] == "nav_menu_item" for one in report["skipped"]) == 70
    assert Article.objects.in_status(Status.PUBLISHED).count() == 76
    assert Article.objects.in_status(Status.SCHEDULED).count() == 1
    assert Article.objects.exclude(parent=None).count() == 13
    assert Category.objects.exclude(parent=None).count() == 10
    assert Media.objects.count() == 37
    assert Comment.objects.filter(status="pending").count() == 3
    assert Comment.objects.order_by("-thread_depth").first().thread_depth == 9

    again = take(path, by=ines.email)
    assert again["taken"] == again["changed"] == {}
    assert again["unchanged"] == report["taken"]
