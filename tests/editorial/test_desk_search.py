"""Search over everything editorial: works, who may not, bad input, costs."""

import pytest
from django.db import connections
from django.urls import reverse

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.finding import Wish, find
from editorial.models import EditorialTask, Finding
from editorial.remarks import add_remark
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


def committed():
    """What PostgreSQL does when a transaction commits: words are read."""
    connections[EDITORIAL].check_constraints()


def test_words_are_read_when_the_transaction_commits(wim):
    article = factories.article(by=wim, title="Über die Häfen")
    course = factories.course(by=wim)
    committed()

    found = Finding.objects.get(pk=article.pk)
    assert found.folded == "uber die hafen"
    assert "The harbour at five." in found.body
    assert not found.is_stale
    assert Finding.objects.filter(kind="lesson", item_id=course.pk).count() == 2

    factories.edit(article, by=wim, body=[factories.paragraph("A lighthouse.")])
    committed()
    assert Finding.objects.get(pk=article.pk).body.strip() == "A lighthouse."


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def search(client, **asked):
    return client.get(reverse("admin:editorial_search"), asked).content.decode()


def titles(who, text, **wish):
    groups = find(who, Wish(text=text, **wish))
    return {group.kind: [hit.title for hit in group.hits] for group in groups}


# --- Works ------------------------------------------------------------------------


def test_everything_is_found_by_its_words_without_accents(signed_in, wim, ines):
    sea = factories.CategoryFactory(name="Häfen und Meere")
    article = factories.article(by=wim, title="Alte Häfen", category=sea)
    factories.course(by=wim, title="Häfen für Anfänger")
    factories.TagFactory(name="hafenstadt")
    factories.MediaFactory(title="Kran im Hafen")
    EditorialTask.objects.create(title="Hafenmeister anrufen", assigned_to=ines)
    actions.submit(article, by=wim)
    actions.start_review(article, by=ines)
    add_remark(article, by=ines, comment="Which hafen is it?")
    committed()

    found = titles(ines, "HAFEN")

    assert found == {
        "article": ["Alte Häfen"],
        "course": ["Häfen für Anfänger"],
        "category": ["Häfen und Meere"],
        "tag": ["hafenstadt"],
        "media": ["Kran im Hafen"],
        "task": ["Hafenmeister anrufen"],
        "remark": ["Which hafen is it?"],
    }
    page = search(signed_in(ines), q="hafen")
    assert "<mark>" in page and "Alte Häfen" in page


def test_the_text_is_found_and_shown_with_its_words_marked(signed_in, wim):
    body = [
        factories.paragraph("It was a <b>quiet</b> evening & nothing stirred."),
        factories.paragraph("Then the lighthouse keeper came."),
    ]
    factories.article(by=wim, title="Evening", body=body)
    committed()

    page = search(signed_in(wim), q="lighth keep")

    assert "the <mark>lighthouse</mark> <mark>keeper</mark> came" in page
    quiet = search(signed_in(wim), q="quiet")
    assert "<mark>quiet</mark>" in quiet and "evening &amp; nothing" in quiet
    assert "<b>" not in quiet


def test_titles_come_first_and_words_may_be_misspelt(wim):
    body = [factories.paragraph("A lighthouse, a lighthouse, a lighthouse.")]
    factories.article(by=wim, title="Stones", body=body)
    factories.article(by=wim, title="The lighthouse")
    committed()

    assert titles(wim, "lighthouse")["article"] == ["The lighthouse", "Stones"]
    assert titles(wim, "lighthuose")["article"] == ["The lighthouse"]


def test_a_search_is_narrowed_by_kind_state_person_and_category(wim, ines, omar):
    sea = factories.CategoryFactory(name="Sea")
    factories.article(by=wim, title="Rope one", category=sea)
    sent = factories.article(by=ines, title="Rope two")
    actions.submit(sent, by=ines)
    factories.TagFactory(name="rope")
    committed()

    assert titles(ines, "rope", state="pending_review") == {"article": ["Rope two"]}
    assert titles(ines, "rope", person=wim) == {"article": ["Rope one"]}
    assert titles(ines, "rope", section=sea) == {"article": ["Rope one"]}
    assert titles(ines, "rope", kind="tag") == {"tag": ["rope"]}
    assert list(titles(ines, str(sent.pk))) == ["article"]


def test_what_is_deleted_or_renamed_is_found_no_more(ines, wim):
    tag = factories.TagFactory(name="Anchors")
    article = factories.article(by=wim, title="Anchors away")
    committed()
    boss = factories.staff("boss", "admin")

    actions.delete(article, by=boss)
    tag.name = "Chains"
    tag.save()
    committed()

    assert titles(ines, "anchors") == {}
    assert titles(ines, "chains") == {"tag": ["Chains"]}


# --- Who may not ------------------------------------------------------------------


def test_nobody_finds_what_they_may_not_view(signed_in, wim, omar, ines, rosa):
    article = factories.article(by=wim, title="Secret rope")
    factories.course(by=wim, title="Secret knots")
    EditorialTask.objects.create(title="Secret errand", assigned_to=wim)
    add_remark(article, by=ines, comment="A secret remark")
    committed()
    editor = factories.staff("sam", "editor", category=factories.CategoryFactory())

    assert titles(omar, "secret") == {}
    assert titles(rosa, "secret") == {}
    assert titles(omar, "secrot rope") == {}
    assert titles(omar, str(article.pk)) == {}
    assert set(titles(editor, "secret")) == {"task"}
    assert set(titles(wim, "secret")) == {"article", "course", "task", "remark"}
    for page in ("search", "palette"):
        where = reverse(f"admin:editorial_{page}")
        for asked in ({"q": "secret"}, {"recent": f"article:{article.pk}"}):
            answer = signed_in(omar).get(where, asked).content.decode()
            assert "ecret rope" not in answer
    asked = {"item": f"article:{article.pk}"}
    groups = signed_in(omar).get(reverse("admin:editorial_palette"), asked).json()
    assert "This text" not in [group["title"] for group in groups["groups"]]


def test_people_are_found_by_who_may_see_people(wim, ines):
    chief = factories.staff("Harriet", "editor_chief")

    assert titles(chief, "harr")["person"] == ["Harriet"]
    assert titles(ines, "harr") == {}


# --- Bad input --------------------------------------------------------------------


def test_any_text_is_a_search(signed_in, wim):
    factories.article(by=wim)
    committed()
    client = signed_in(wim)

    for odd in (
        "",
        "'",
        "a & | ! <-> :*",
        "\\",
        "%",
        "x" * 500,
        "日本",
        "'; --",
        "\x00",
    ):
        assert (
            client.get(
                reverse("admin:editorial_search"),
                {"q": odd, "kind": "?", "person": "?"},
            ).status_code
            == 200
        ), odd
        assert (
            client.get(
                reverse("admin:editorial_palette"),
                {"q": odd, "item": odd, "recent": odd},
            ).status_code
            == 200
        ), odd


# --- The palette ------------------------------------------------------------------


def test_the_palette_knows_this_text_the_last_ones_and_all_doors(signed_in, wim, draft):
    client, where = signed_in(wim), reverse("admin:editorial_palette")
    other = factories.article(by=wim, title="Looked at before")
    committed()
    near = client.get(
        where, {"item": f"article:{draft.pk}", "recent": f"article:{other.pk}"}
    ).json()["groups"]
    shown = {group["title"]: [row["title"] for row in group["rows"]] for group in near}

    assert "Submit for review" in shown["This text"]
    assert shown["Lately"] == ["Looked at before"]
    assert "New article" in shown["New"] and "New task" not in shown["New"]
    assert "Board" in shown["Go to"] and "Audit log" not in shown["Go to"]
    typed = client.get(where, {"q": "look"}).json()["groups"]
    assert [group["title"] for group in typed] == ["Articles", "Search"]


# --- Costs ------------------------------------------------------------------------


def test_a_search_costs_the_same_with_many_hits(
    wim, ines, django_assert_max_num_queries
):
    for n in range(12):
        factories.article(by=wim, title=f"Rope {n}")
        EditorialTask.objects.create(title=f"Rope {n}")
    committed()
    _ = (ines.current_roles, wim.current_roles)

    for person, limit in ((ines, 5), (wim, 12)):
        with django_assert_max_num_queries(limit):
            assert titles(person, "rope")


def test_a_long_text_is_read_once_for_each_commit(wim, django_assert_max_num_queries):
    article = factories.article(by=wim)
    committed()
    body = [factories.paragraph(f"Word{n}") for n in range(50)]

    factories.edit(article, by=wim, body=body)

    assert Finding.objects.get(pk=article.pk).is_stale
    committed()
    found = Finding.objects.get(pk=article.pk)
    assert "Word49" in found.body and not found.is_stale
