"""Search over the public store."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from tests.publishing.factories import ArticleFactory, CategoryFactory, CourseFactory

pytestmark = pytest.mark.django_db(databases=[PUBLIC])


def titles(response):
    return [hit["title"] for hit in response.context["hits"]]


def search(client, words, **more):
    return client.get("/search/", {"q": words, **more})


def test_the_empty_search_page_asks_what_to_look_for(client):
    response = client.get("/search/")

    assert response.status_code == 200
    assert "Search stories and courses" in response.content.decode()


def test_articles_courses_and_pages_are_found_by_any_form_of_a_word(client):
    ArticleFactory(title="Harbours at dawn")
    ArticleFactory(title="About", kind="page", search_text="We love harbours.")
    CourseFactory(title="Sailing", search_text="Leaving the harbour under sail")
    ArticleFactory(title="Something else", search_text="Mountains")

    response = search(client, "harbour")

    assert len(titles(response)) == 3


def test_a_word_in_the_title_counts_more_than_in_the_text(client):
    ArticleFactory(title="Whales", search_text="Large and quiet.")
    ArticleFactory(title="Plankton", search_text="Food of whales.")

    response = search(client, "whales")

    assert titles(response)[0].endswith("Whales\ue001")


def test_quotes_and_minus_work_as_people_expect(client):
    ArticleFactory(title="One", search_text="red sails in the sunset")
    ArticleFactory(title="Two", search_text="sails that are red")

    assert len(titles(search(client, '"red sails"'))) == 1
    assert titles(search(client, "red sails -sunset")) == ["Two"]


def test_found_words_are_marked_and_everything_else_is_escaped(client):
    ArticleFactory(title="<b>Whales</b>", search_text="<script>whales</script> & co")

    text = search(client, "whales").content.decode()

    assert "&lt;b&gt;<mark>Whales</mark>&lt;/b&gt;" in text
    assert "<script>whales" not in text


def test_an_extract_shows_the_words_wherever_they_stand(client):
    filler = " ".join(f"word{number}" for number in range(1500))
    text = f"{filler} the happy lighthouse {filler} a quiet keeper {filler}"
    ArticleFactory(title="Long", excerpt="", search_text=text)

    found = search(client, "keepers happiness").content.decode()

    assert "the <mark>happy</mark> lighthouse" in found
    assert "a quiet <mark>keeper</mark>" in found


def test_a_typo_finds_titles_that_come_close(client):
    ArticleFactory(title="The lighthouse keeper", search_text="")
    CourseFactory(title="Lighthouses of the north", search_text="")

    response = search(client, "lighthuose")

    assert "come close" in response.content.decode()
    assert len(titles(response)) == 2


def test_nothing_found_is_said_with_what_to_do_next(client):
    response = search(client, "xyzzy")

    assert response.status_code == 200
    assert "Check the spelling" in response.content.decode()


def test_results_can_be_narrowed_to_a_section_or_a_kind(client):
    sea, land = CategoryFactory(name="Sea", slug="sea"), CategoryFactory(name="Land")
    ArticleFactory(title="Storm at sea", category=sea)
    ArticleFactory(title="Storm on land", category=land)
    CourseFactory(title="Storm sailing")

    assert len(titles(search(client, "storm"))) == 3
    assert len(titles(search(client, "storm", section="sea"))) == 1
    assert len(titles(search(client, "storm", kind="course"))) == 1
    names = {facet.name for facet in search(client, "storm").context["facets"]}
    assert names == {"Articles", "Courses", "Sea", "Land"}


@pytest.mark.parametrize("existing", [15, 60])
def test_a_search_is_two_queries_however_much_it_finds(client, existing):
    CategoryFactory()
    ArticleFactory.create_batch(existing, search_text="harbour")

    with CaptureQueriesContext(connections[PUBLIC]) as sent:
        response = search(client, "harbour")

    assert len(sent) == 2
    assert len(titles(response)) == 10


def test_more_results_are_on_further_pages_and_pages_end(client):
    ArticleFactory.create_batch(25, search_text="harbour")

    pages = [set(titles(search(client, "harbour", page=n))) for n in (1, 2, 3)]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert len(set.union(*pages)) == 25
    assert len(titles(search(client, "harbour", page=99))) == 5
    assert len(titles(search(client, "harbour", page="x"))) == 10


@pytest.mark.parametrize(
    "words", ["'", '"', "& | !", "((((", "a" * 5000, "%", "\\", "<->", "é ß 漢字", "$$"]
)
def test_any_words_get_an_answer(client, words):
    ArticleFactory()

    assert search(client, words).status_code == 200


def test_searches_are_kept_out_of_search_engines(client):
    assert 'content="noindex, follow"' in search(client, "x").content.decode()
