"""Search over the public store."""

from datetime import UTC, datetime

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from publishing.search import hits
from publishing.search.asked import Asked
from publishing.search.spelling import slips_between
from publishing.views import search as views
from tests.publishing.factories import (
    ArticleFactory,
    CategoryFactory,
    CourseFactory,
    ProfileFactory,
    TagFactory,
)

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


def test_accents_are_found_without_them_and_the_other_way_round(client):
    ArticleFactory(title="Café society", search_text="Über den Wolken")
    ArticleFactory(title="Cafe hours", search_text="")

    assert len(titles(search(client, "cafe"))) == 2
    assert len(titles(search(client, "CAFÉ"))) == 2
    found = search(client, "uber").content.decode()
    assert "<mark>Über</mark> den Wolken" in found


def test_the_words_are_read_in_the_language_of_the_text(client):
    from publishing.models import PublishedArticle

    german = ArticleFactory(title="Häuser am Meer", language="de", search_text="")
    other = ArticleFactory(title="talossa taloissa", language="xx-unknown")

    vectors = dict(PublishedArticle.objects.values_list("id", "search_vector"))
    assert "'haus'" in vectors[german.id]
    assert "'talossa'" in vectors[other.id]


def test_the_author_is_found_by_name(client):
    ArticleFactory(author=ProfileFactory(display_name="Zoë Quartermain"), title="Boats")

    assert titles(search(client, "quartermain")) == ["Boats"]


def test_a_typo_is_searched_for_as_it_was_meant(client):
    ArticleFactory(title="The lighthouse keeper", search_text="")
    CourseFactory(title="Lighthouses of the north", search_text="")

    response = search(client, "lighthuose")
    text = response.content.decode()

    assert "Nothing has “lighthuose” in it. 2 results" in text
    assert '<a href="?q=lighthouse">lighthouse</a>' in text
    assert len(titles(response)) == 2
    assert response.context["results"].outcome == "corrected"


@pytest.mark.parametrize(
    ("typed", "meant"), [("tdies", "tides"), ("mooon tides", "moon tides")]
)
def test_short_words_are_respelt_too(client, typed, meant):
    ArticleFactory(title="Moon and tides", search_text="")
    TagFactory(name="tidewater")

    results = search(client, typed).context["results"]

    assert (results.outcome, results.found.asked.words) == ("corrected", meant)


def test_where_nothing_has_all_words_those_with_some_are_shown(client):
    ArticleFactory(title="Whales", search_text="")
    ArticleFactory(title="Cranes", search_text="")
    ArticleFactory(title="Whales of the north", search_text="")

    response = search(client, "whales cranes -north")

    assert response.context["results"].outcome == "some"
    assert "Nothing has all the words" in response.content.decode()
    assert len(titles(response)) == 2


def test_titles_that_come_close_are_shown_where_nothing_else_fits(client):
    ArticleFactory(title="The lighthouse keeper", search_text="")

    response = search(client, "lightouskeepr")

    assert "come close" in response.content.decode()
    assert titles(response) == ["The lighthouse keeper"]


def test_nothing_found_is_said_with_what_to_do_next(client):
    response = search(client, "xyzzy")

    assert response.status_code == 200
    assert "Check the spelling" in response.content.decode()


@pytest.mark.parametrize(
    ("words", "terms", "left_out"),
    [
        ('red "sails in" -sunset', ["red", "sails", "in"], ["-sunset"]),
        ('a OR b -"two words"', ["a", "b"], ['-"two words"']),
        ("state-of-the-art", ["state-of-the-art"], []),
        ("& | ! <-> ()", [], []),
    ],
)
def test_the_words_of_a_question_are_told_from_its_signs(words, terms, left_out):
    asked = Asked(words=words)

    assert asked.terms == terms
    assert asked.left_out == left_out


def test_a_slip_of_the_hand_is_one_slip():
    assert slips_between("lighthuose", "lighthouse") == 1
    assert slips_between("habour", "harbour") == 1
    assert slips_between("harbour", "harbour") == 0
    assert slips_between("fog", "gull") > 2


# --- Facets and orders -----------------------------------------------------------


@pytest.fixture
def storms():
    sea, land = CategoryFactory(name="Sea", slug="sea"), CategoryFactory(name="Land")
    wim, ada = ProfileFactory(display_name="Wim"), ProfileFactory(display_name="Ada")
    night = TagFactory(name="Night", slug="night")
    old = datetime(2019, 5, 1, tzinfo=UTC)
    ArticleFactory(title="Storm at sea", category=sea, author=wim, tagged=[night])
    ArticleFactory(
        title="Storm on land", category=land, author=ada, first_published_at=old
    )
    CourseFactory(title="Storm sailing", category=sea, author=ada)
    return {"sea": sea, "wim": wim, "ada": ada}


def facet(response, name):
    for one in response.context["facets"]:
        if one.name == name:
            return {choice.name: choice.amount for choice in one.choices}
    return None


def test_results_are_counted_by_kind_section_tag_year_and_author(client, storms):
    response = search(client, "storm")

    assert facet(response, "Kind") == {"Articles": 2, "Courses": 1}
    assert facet(response, "Section") == {"Sea": 2, "Land": 1}
    assert facet(response, "Tag") == {"Night": 1}
    assert facet(response, "Year") == {"2026": 2, "2019": 1}
    assert facet(response, "Author") == {"Ada": 2, "Wim": 1}


def test_facets_combine_and_can_be_taken_off(client, storms):
    one = search(client, "storm", category="sea", author=storms["ada"].slug)

    assert len(titles(one)) == 1
    assert [(each.facet, each.label) for each in one.context["chosen"]] == [
        ("Section", "Sea"),
        ("Author", "Ada"),
    ]
    assert one.context["chosen"][0].address == f"?q=storm&author={storms['ada'].slug}"
    for narrowed, there in (
        ({"kind": "course"}, 1),
        ({"tag": "night"}, 1),
        ({"year": "2019"}, 1),
        ({"category": "sea", "year": "2026"}, 2),
        ({"category": "nowhere"}, 0),
        # What makes no sense narrows nothing.
        ({"year": "19"}, 3),
        ({"kind": "spell", "sort": "sideways"}, 3),
    ):
        assert len(titles(search(client, "storm", **narrowed))) == there, narrowed
    nowhere = search(client, "storm", tag="none").content.decode()
    assert "in everything" in nowhere


def test_newest_first_goes_through_all_of_them_by_key(client):
    ArticleFactory.create_batch(18, search_text="harbour")
    CourseFactory.create_batch(4, search_text="harbour")
    ArticleFactory(kind="page", search_text="harbour")

    seen, address = [], "?q=harbour&sort=newest"
    pages = 0
    while address:
        response = client.get(f"/search/{address}")
        seen += [hit["first_published_at"] for hit in response.context["hits"]]
        address = response.context["head"].older
        pages += 1
    back = client.get(f"/search/{response.context['head'].newer}")

    assert (len(seen), pages) == (23, 3)
    assert seen == sorted(seen, reverse=True)
    assert [hit["first_published_at"] for hit in back.context["hits"]] == seen[10:20]


def test_common_words_are_counted_up_to_a_bound_and_the_page_says_so(
    client, monkeypatch
):
    ArticleFactory.create_batch(12, search_text="harbour", category=CategoryFactory())
    CourseFactory.create_batch(2, search_text="harbour")
    for name in ("COUNTS", "COUNTED_OF", "TOGETHER"):
        text = getattr(hits, name).replace(str(hits.COUNTED + 1), "6")
        monkeypatch.setattr(hits, name, text)
    monkeypatch.setattr(hits, "COUNTED", 5)
    monkeypatch.setattr(views, "COUNTED", 5)

    text = search(client, "harbour").content.decode()

    assert "More than 5 results" in text
    assert "Counted among the first 5" in text


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
    assert len(titles(search(client, "harbour", page=99))) == 0
    assert len(titles(search(client, "harbour", page="x"))) == 10


@pytest.mark.parametrize(
    "words",
    [
        "'",
        '"',
        '""',
        "& | !",
        "((((",
        "a" * 10_000,
        "%",
        "\\",
        "<->",
        "é ß 漢字",
        "$$",
        "nul\x00led",
        "the of and",
        "-harbour",
        "the -harbour",
        "harbour OR -boat",
        "'; DROP TABLE published_articles; --",
        "%(words)s %s {words} {table}",
        "harbour:* & !boat <2> '",
        '"harbour five" -"at',
        "state-of-the-art http://x.example/a?b=c",
        "\U0001f30a 🌊",
        " ".join(["harbour"] * 60),
        "((" * 90,
    ],
)
def test_any_words_get_an_answer(client, words):
    ArticleFactory()

    response = search(client, words)

    assert response.status_code == 200
    assert search(client, words, sort="newest").status_code == 200
    assert client.get("/search/suggestions/", {"q": words}).status_code == 200


def test_only_words_to_leave_out_find_nothing_and_say_why(client):
    ArticleFactory()

    text = search(client, "-whales").content.decode()

    assert "has no word to look for" in text
    assert "a minus only leaves out" in text


def test_searches_are_kept_out_of_search_engines(client):
    assert 'content="noindex, follow"' in search(client, "x").content.decode()


# --- Suggestions -----------------------------------------------------------------


def suggest(client, typed):
    response = client.get("/search/suggestions/", {"q": typed})
    return [(each["kind"], each["name"]) for each in response.json()["suggestions"]]


def test_what_begins_like_that_is_suggested_while_typing(client):
    ArticleFactory(title="Harbour lights")
    ArticleFactory(title="The Härbour at night")
    ArticleFactory(title="Unharboured")
    CourseFactory(title="Harbours of the north")
    CategoryFactory(name="Harbours", slug="harbours")
    TagFactory(name="harbour seals", slug="seals")
    ProfileFactory(display_name="Ada Harbison", slug="ada")

    assert suggest(client, "harb") == [
        ("Section", "Harbours"),
        ("Author", "Ada Harbison"),
        ("Tag", "harbour seals"),
        ("Course", "Harbours of the north"),
        ("Story", "Harbour lights"),
        ("Story", "The Härbour at night"),
    ]
    assert suggest(client, "h") == []
    assert suggest(client, "%%") == []


def test_suggestions_are_few_one_query_and_kept_by_caches(client):
    ArticleFactory.create_batch(20, title="Harbour")

    with CaptureQueriesContext(connections[PUBLIC]) as sent:
        response = client.get("/search/suggestions/?q=har")

    assert len(sent) == 1
    assert len(response.json()["suggestions"]) == 8
    assert response.json()["suggestions"][0]["url"].startswith("/articles/")
    assert "s-maxage=60" in response["Cache-Control"]
    assert response["Surrogate-Key"] == "search"
    assert "ETag" in response
    assert client.post("/search/suggestions/").status_code == 405
