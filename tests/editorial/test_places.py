"""From what stands in the way of a step to the field where it is put right."""

import json
import re
from html import unescape

import pytest
from django.urls import reverse

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.checks import Stopped
from editorial.exceptions import Refused
from editorial.models import Article, Lesson
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def bare(wim):
    """An article that is nothing yet."""
    return actions.create(Article(title="", author=wim), by=wim)


def page_of(item, name="change", *args):
    return reverse(f"admin:editorial_{item.KIND}_{name}", args=[item.pk, *args])


def ways(html):
    """[(where a link leads, what it says)] of the sentences that lead somewhere."""
    found = re.findall(r'<a href="([^"]+)" data-jump[^>]*>(.*?)</a>', html, re.DOTALL)
    return [(unescape(where), unescape(words)) for where, words in found]


def test_each_thing_that_is_missing_leads_to_its_field(signed_in, wim):
    item = bare(wim)
    page = page_of(item)

    html = signed_in(wim).get(page_of(item, "do", "submit")).content.decode()

    assert ways(html)[:3] == [
        (f"{page}#id_title", "Give it a title."),
        (f"{page}#id_category", "Choose a category."),
        (f"{page}#id_body", "Write the body: it is empty."),
    ]
    # The page itself knows them, too: who comes by a link is told beside the field.
    html = signed_in(wim).get(page).content.decode()
    told = re.search(r'id="gaps-told"[^>]*>(.*?)</script>', html).group(1)
    assert [one["field"] for one in json.loads(told)] == ["title", "category", "body"]


def test_a_course_without_a_text_leads_to_its_first_lesson(signed_in, ines):
    course = factories.course(by=ines)
    Lesson.objects.filter(course=course).update(content_blocks=[])
    first = course.lessons.first()

    html = signed_in(ines).get(page_of(course, "do", "submit")).content.decode()
    there = reverse("admin:editorial_lesson_change", args=[first.pk])
    assert ways(html)[0] == (f"{there}#id_body", "Add at least one lesson with a body.")

    course.lessons.all().delete()
    html = signed_in(ines).get(page_of(course, "do", "submit")).content.decode()
    assert ways(html)[0][0] == f"{page_of(course)}#lessons-group"


def test_what_checks_stop_leads_to_the_block(signed_in, wim, ines):
    body = [factories.paragraph("TK, said the mayor.")]
    item = factories.article(by=wim, body=body)
    actions.submit(item, by=wim)
    actions.start_review(item, by=ines)

    html = signed_in(ines).get(page_of(item, "do", "approve")).content.decode()

    assert f"{page_of(item)}#block-{body[0]['id']}" in dict(ways(html))
    with pytest.raises(Stopped) as refused:
        actions.approve(item, by=ines)
    assert [gap.block for gap in refused.value.gaps] == [body[0]["id"]]


def test_a_refusal_after_saving_and_on_the_board_says_where_too(signed_in, wim):
    item = bare(wim)
    client = signed_in(wim)
    answer = client.post(page_of(item, "do", "submit"), {"seen_revision": 0})
    assert answer.status_code == 409
    message = unescape(answer.content.decode())
    assert f'{page_of(item)}#id_category" data-jump data-says="Choose a cat' in message

    told = client.post(
        reverse("admin:editorial_board_move"),
        {
            "item": f"article:{item.pk}",
            "to": "pending_review",
            "answered": "1",
            "seen_revision": item.revision,
        },
        headers={"accept": "application/json"},
    )
    assert told.status_code == 409
    assert told.json()["ways"][1] == [
        "Choose a category.",
        f"{page_of(item)}#id_category",
    ]


def test_an_address_that_is_taken_names_the_field(ines, wim):
    live = factories.publish(factories.article(by=wim, title="Salt"), editor=ines)
    other = factories.article(by=wim, title="Water")
    factories.edit(other, by=wim, slug=live.slug)
    factories.approve(other, editor=ines)
    with pytest.raises(Refused) as refused:
        actions.publish(other, by=ines)
    assert [gap.field for gap in refused.value.gaps] == ["slug"]


def test_what_cannot_be_saved_is_listed_with_the_way_to_it(signed_in, ines):
    item = factories.article(by=ines)
    form = {
        "title": "Low water",
        "canonical_url": "not an address",
        "seen_revision": item.revision,
    }
    html = signed_in(ines).post(page_of(item), form).content.decode()
    assert "#id_canonical_url" in dict(ways(html))


def test_versions_are_said_beside_what_the_checks_say(signed_in, ines, wim):
    """Both read how the item stands, once for a page: neither may read the other's."""
    item = factories.approve(factories.article(by=wim), editor=ines)
    html = signed_in(wim).get(page_of(item)).content.decode()
    assert "v1 is approved" in html and "no version yet" not in html
    html = signed_in(ines).get(page_of(item)).content.decode()
    assert "v1 is approved" in html and "no version yet" not in html
