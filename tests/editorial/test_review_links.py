"""Links for guests: one version, for a while, and nothing beside it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from editorial import actions
from editorial.exceptions import Refused
from editorial.models import AuditLog, Notice, ReviewComment, ReviewLink
from editorial.remarks import threads_on
from editorial.sharing import make_link, revoke_link
from tests import factories
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def link(wim, draft):
    return make_link(draft, by=wim, label="Dr. Okafor", days=7)


def path_of(address):
    return address.removeprefix("http://127.0.0.1:8000")


def opened(address, client=None):
    return (client or Client()).get("/" + address.split("/", 3)[3])


def say(address, **said):
    data = {"name": "Ada Okafor", "comment": "Is this so?", **said}
    return Client().post("/" + address.split("/", 3)[3], data)


def test_a_guest_reads_one_version_and_remarks_on_its_words(wim, ines, draft, link):
    made, address = link
    with actions.editing(draft, by=wim) as fresh:
        fresh.title = "SECRET LATER TITLE"
        body = fresh.block_list()
        fresh.set_blocks([*body, paragraph("SECRET LATER WORDS")])
    other = factories.article(by=wim, title="SECRET OTHER")
    block = draft.block_list()[0]["id"]

    page = opened(address)
    text = page.content.decode()
    assert page.status_code == 200
    assert "First light" in text and "The harbour at five." in text
    assert "SECRET" not in text and other.slug not in text
    assert "/admin/" not in text and str(draft.pk) not in text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "sessionid" not in page.cookies

    answer = say(address, block=block, quote="harbour")
    assert answer.status_code == 302
    remark = ReviewComment.objects.get()
    assert (remark.guest_name, remark.author, remark.link) == ("Ada Okafor", None, made)
    assert (remark.selection_start, remark.quote) == (4, "harbour")
    assert str(remark.by) == "Ada Okafor (external)"
    assert Notice.objects.get(person=wim).sentence.startswith("Ada Okafor (external)")
    assert (
        "It has reached the newsroom."
        in opened("http://x" + answer["Location"].partition("#")[0]).content.decode()
    )
    made.refresh_from_db()
    assert made.times_opened == 1
    row = AuditLog.objects.get(action="guest_remark")
    assert (row.user_id, row.new_values["guest"]) == (None, "Ada Okafor")


def test_what_opens_nothing_has_one_face(wim, draft, link):
    made, address = link
    faces = {opened(f"http://x/review/{'x' * 43}/").content}
    made.expires_at = timezone.now() - timedelta(seconds=1)
    made.created_at = made.expires_at - timedelta(days=1)
    made.save()
    faces.add(opened(address).content)
    assert say(address).status_code == 404
    made.expires_at = timezone.now() + timedelta(days=1)
    made.save()
    assert opened(address).status_code == 200
    revoke_link(made, draft, by=wim)
    answer = opened(address)
    faces.add(answer.content)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(faces) == 1
    assert not ReviewComment.objects.exists()


def test_a_link_ends_with_the_right_of_who_made_it(wim, draft, link):
    _, address = link
    wim.is_active = False
    wim.save()
    assert opened(address).status_code == 404
    wim.is_active = True
    wim.save()
    wim.role_assignments.all().delete()
    assert opened(address).status_code == 404


def test_only_its_digest_is_kept(link):
    made, address = link
    token = address.rstrip("/").rpartition("/")[2]
    assert len(token) == 43
    assert token not in str(ReviewLink.objects.values().get())


def test_who_may_show_a_text_outside(wim, ines, omar, cleo, draft):
    make_link(draft, by=ines, label="Legal", days=1)
    for stranger in (omar, cleo, factories.staff("rex", "reviewer")):
        with pytest.raises(PermissionDenied):
            make_link(draft, by=stranger, label="Me", days=1)
    mine = factories.article(by=cleo)
    with pytest.raises(PermissionDenied):
        make_link(mine, by=cleo, label="A friend", days=1)
    for label, days in (("", 1), ("Legal", 0), ("Legal", 91)):
        with pytest.raises(Refused):
            make_link(draft, by=wim, label=label, days=days)


def test_what_a_guest_sends_is_looked_at(wim, draft, link):
    made, address = link
    for said in (
        {"name": ""},
        {"comment": ""},
        {"comment": "x" * 5001},
        {"name": "x" * 101},
        {"block": "x"},
    ):
        assert say(address, **said).status_code == 422, said
    elsewhere = factories.article(by=wim).block_list()[0]["id"]
    assert say(address, block=elsewhere).status_code == 409
    hostile = say(address, name="<b>Ada", comment="<script>alert(1)</script>")
    assert hostile.status_code == 302
    shown = opened(address).content.decode()
    assert "&lt;script&gt;" in shown and "<script>alert" not in shown
    made.may_comment = False
    made.save()
    assert say(address).status_code == 409
    assert "<textarea" not in opened(address).content.decode()
    assert ReviewComment.objects.count() == 1
    forged = Client(enforce_csrf_checks=True)
    forged.get("/" + address.split("/", 3)[3])
    assert (
        forged.post(
            "/" + address.split("/", 3)[3], {"name": "A", "comment": "B"}
        ).status_code
        == 403
    )


def test_a_guest_cannot_talk_without_end(draft, link):
    _, address = link
    answers = [say(address).status_code for _ in range(31)]
    assert answers[:30] == [302] * 30
    assert answers[30] == 429


def test_a_remark_on_an_old_version_finds_its_words_in_the_new_text(wim, draft, link):
    _, address = link
    block = draft.block_list()[0]["id"]
    with actions.editing(draft, by=wim) as fresh:
        fresh.set_blocks([paragraph("At dawn, the harbour.", block)])
    say(address, block=block, quote="harbour")
    say(address, block=block, quote="at five")
    here, lost = threads_on(draft)
    assert (here.selection_start, here.is_orphan) == (13, False)
    assert lost.is_orphan and lost.original_quote == "at five"


def test_the_desk_makes_shows_and_revokes_links(client, wim, omar, draft):
    where = reverse("admin:editorial_article_guests", args=[draft.pk])
    client.force_login(omar)
    assert client.get(where).status_code == 404
    client.force_login(wim)
    made = client.post(where, {"label": "Legal", "days": "7", "may_comment": "on"})
    link = ReviewLink.objects.get()
    address = made.content.decode().partition('value="http')[2].partition('"')[0]
    assert Client().get("/" + address.split("/", 3)[3]).status_code == 200
    listed = client.get(where).content.decode()
    assert "Legal" in listed and "1 time" in listed and address not in listed
    client.post(
        reverse("admin:editorial_article_revoke_link", args=[draft.pk, link.pk])
    )
    assert Client().get("/" + address.split("/", 3)[3]).status_code == 404


def test_a_course_is_shown_with_its_lessons(wim):
    course = factories.course(by=wim)
    _, address = make_link(course, by=wim, label="A sailor", days=1)
    text = opened(address).content.decode()
    assert "All about knots." in text and "Knots" in text
    assert say(address).status_code == 302
    assert ReviewComment.objects.get().item_id == course.pk
