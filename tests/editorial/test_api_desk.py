"""The desk's own things in the API: questions before a step, guests, notices, files."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import Article, Notice, ReviewLink
from tests import factories
from tests.editorial.api import UNKNOWN, caller

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture(autouse=True)
def _no_limits_and_files_of_its_own(settings, tmp_path):
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (0, 60))
    settings.MEDIA_ROOT = tmp_path


def one(item, *rest):
    return "/".join([f"/{item.KIND}s/{item.pk}", *map(str, rest)]) + "/"


# --- Before a step ----------------------------------------------------------------


def test_what_a_step_would_say_is_said_before_it(wim, ines):
    bare = actions.create(Article(title="", author=wim), by=wim)
    told = caller(wim).get(one(bare, "before", "submit")).json()
    assert told["possible"] and told["allowed"]
    fields = [gap["field"] for gap in told["wanting"]]
    assert fields == ["title", "category", "body"]
    refused = caller(wim).post(one(bare, "submit"), {})
    assert [error["field"] for error in refused.json()["errors"]] == fields

    body = [factories.paragraph("TK, said the mayor.")]
    read = factories.article(by=wim, body=body)
    actions.submit(read, by=wim)
    actions.start_review(read, by=ines)
    told = caller(ines).get(one(read, "before", "approve")).json()
    stops = [found for found in told["checks"] if found["severity"] == "block"]
    assert [found["block"] for found in stops] == [body[0]["id"]]
    assert not stops[0]["let_pass"]
    told = caller(wim).get(one(read, "before", "publish")).json()
    assert not told["possible"] and not told["allowed"] and told["why_not"]


def test_nobody_asks_about_what_they_may_not_see(draft, wim):
    omar = factories.staff("omar", "author")
    assert caller(omar).get(one(draft, "before", "submit")).status_code == 404
    assert caller(wim).get(one(draft, "before", "explode")).status_code == 404


def test_the_day_to_look_again_is_set_and_shown(draft, wim):
    answer = caller(wim).post(one(draft, "look_again"), {"on": "2031-01-01"})
    assert answer.json()["review_by"] == "2031-01-01"
    answer = caller(wim).post(one(draft, "look_again"), {"on": None})
    assert answer.json()["review_by"] is None
    assert caller(wim).post(one(draft, "look_again"), {"on": "x"}).status_code == 400


# --- Guests -----------------------------------------------------------------------


def test_a_link_for_a_guest_is_made_listed_and_revoked(draft, wim, client):
    mine = caller(wim)
    made = mine.post(
        one(draft, "links"),
        {"label": "Dr. Okafor", "days": 7},
        headers={"Idempotency-Key": "once"},
    )
    assert made.status_code == 201
    address = made.json()["address"]
    path = "/" + address.split("/", 3)[3]
    assert client.get(path).status_code == 200

    # The address is said once: neither the list nor the kept answer has it.
    again = mine.post(
        one(draft, "links"),
        {"label": "Dr. Okafor", "days": 7},
        headers={"Idempotency-Key": "once"},
    )
    assert again.status_code == 201 and "address" not in again.json()
    rows = mine.get(one(draft, "links")).json()["results"]
    assert [row["label"] for row in rows] == ["Dr. Okafor"]
    assert path.strip("/").rpartition("/")[2] not in str(rows)

    revoked = mine.post(one(draft, "links", made.json()["id"], "revoke"), {})
    assert revoked.json()["is_in_force"] is False
    assert client.get(path).status_code in (404, 410)


def test_who_may_not_share_neither_reads_nor_makes_nor_revokes(draft, wim, ines):
    link = caller(wim).post(one(draft, "links"), {"label": "Ada"}).json()["id"]
    tomas = factories.staff("tomas", "reviewer")
    omar = factories.staff("omar", "author")
    for person, status in ((omar, 404), (tomas, 403)):
        stranger = caller(person)
        assert stranger.get(one(draft, "links")).status_code == status
        assert stranger.post(one(draft, "links"), {"label": "x"}).status_code == status
        where = one(draft, "links", link, "revoke")
        assert stranger.post(where, {}).status_code == status
    other = factories.article(by=wim)
    # A link of another item is not there.
    assert caller(ines).post(one(other, "links", link, "revoke"), {}).status_code == 404
    assert ReviewLink.objects.in_force().count() == 1
    assert caller(wim).post(one(draft, "links"), {"label": ""}).status_code == 400
    assert caller(wim).post(one(draft, "links"), {"days": 900}).status_code == 400


# --- Notices ----------------------------------------------------------------------


def test_everybody_reads_and_ticks_off_their_own_notices(draft, wim, ines, rosa):
    first = Notice.objects.tell(wim, "told", "The tide is out.")
    Notice.objects.tell(wim, "told", "The tide is in.", item=draft)
    theirs = Notice.objects.tell(ines, "told", "SECRET")
    mine = caller(wim)
    rows = mine.get("/notices/").json()["results"]
    assert [row["sentence"] for row in rows] == ["The tide is in.", "The tide is out."]

    read = mine.post(f"/notices/{first.pk}/read/", {})
    assert read.json()["read_at"]
    assert len(mine.get("/notices/?unread=true").json()["results"]) == 1
    assert mine.post(f"/notices/{theirs.pk}/read/", {}).status_code == 404
    assert mine.post(f"/notices/{UNKNOWN}/read/", {}).status_code == 404
    assert mine.post("/notices/read/", {}).status_code == 204
    assert mine.get("/notices/?unread=true").json()["results"] == []
    theirs.refresh_from_db()
    assert theirs.read_at is None
    assert caller(rosa).get("/notices/").status_code == 403


def test_a_notice_about_what_one_may_no_longer_view_is_not_there(draft):
    omar = factories.staff("omar", "author")
    notice = Notice.objects.tell(omar, "told", "SECRET", item=draft)
    assert caller(omar).get("/notices/").json()["results"] == []
    assert caller(omar).post(f"/notices/{notice.pk}/read/", {}).status_code == 404


# --- Another file -----------------------------------------------------------------


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "JPEG")
    return SimpleUploadedFile(f"{colour}.jpg", out.getvalue())


def test_a_file_is_replaced_by_who_may(wim, ines):
    mine = caller(wim)
    made = mine.post("/media/", {"file": picture("teal")}, "multipart").json()
    where = f"/media/{made['id']}/file/"

    answer = mine.post(where, {"file": picture("gold")}, "multipart")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["original_filename"] == "gold.jpg"
    assert answer.json()["id"] == made["id"]

    omar = factories.staff("omar", "author")
    stranger = caller(omar)
    assert (
        stranger.post(where, {"file": picture("red")}, "multipart").status_code == 403
    )
    nonsense = SimpleUploadedFile("gold.jpg", b"not a picture")
    refused = caller(ines).post(where, {"file": nonsense}, "multipart")
    assert refused.status_code in (400, 409)
