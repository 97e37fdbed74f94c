"""The library as a page: what is found, what is done to many, what comes in.

Works, who may not, bad input.
"""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cms.databases import EDITORIAL, PUBLIC
from editorial import imaging, library
from editorial.admin import shelves
from editorial.models import AuditLog, Media, MediaFolder
from tests import factories
from tests.editorial.api import caller, patch

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

LIBRARY = "admin:editorial_media_changelist"


@pytest.fixture(autouse=True)
def _files_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def picture(size=(640, 360)):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    return out.getvalue()


def names(answer):
    return [str(media) for media in answer.context_data["rows"]]


def found(client, **asked):
    return names(client.get(reverse(LIBRARY), asked))


def do(client, verb, *media, **words):
    return client.post(
        reverse("admin:editorial_media_do"),
        {"do": verb, "ids": [one.pk for one in media], **words},
        follow=True,
    )


def upload(client, *files, **words):
    return client.post(
        reverse("admin:editorial_media_upload"),
        {"file": list(files), **words},
        headers={"accept": "application/json"},
    )


def a_file(content, name="quay.jpg"):
    return SimpleUploadedFile(name, content)


# --- Works ------------------------------------------------------------------------


def test_everything_can_be_asked_for(
    signed_in, wim, ines, django_assert_max_num_queries
):
    harbour = MediaFolder.objects.create(name="Harbour")
    inner = MediaFolder.objects.create(name="Boats", parent=harbour)
    today = timezone.localdate()
    make = factories.MediaFactory
    make(title="Quay", uploaded_by=wim, folder=harbour, caption="Low water at five")
    make(title="Boats", uploaded_by=ines, folder=inner, tags=["night"], alt_text="")
    make(title="Lease", uploaded_by=ines, licence="Agency",
         licence_expires_on=today + timedelta(days=12))  # fmt: skip
    make(title="Over", uploaded_by=ines, licence_expires_on=today - timedelta(days=1))
    make(title="Long", uploaded_by=ines, licence_expires_on=today + timedelta(days=99))
    make(title="Broken", uploaded_by=ines, processing_status="failed", credit="Reuter")
    make(title="Report", uploaded_by=ines, file_type="document", alt_text="")
    shown = factories.MediaFactory(title="Shown", uploaded_by=wim)
    nested = factories.MediaFactory(title="Nested", uploaded_by=wim)
    quote = {
        "type": "blockquote",
        "content": [{"type": "image", "attrs": {"media": str(nested.pk)}}],
    }
    block = {"id": factories.paragraph("x")["id"], "type": "quote", "content": quote}
    article = factories.article(by=wim, body=[factories.paragraph("Words."), block])
    factories.edit(article, by=wim, featured_image=shown)
    client = signed_in(ines)

    with django_assert_max_num_queries(14):
        everything = found(client)
    assert everything == [
        "Nested", "Shown", "Report", "Broken", "Long", "Over", "Lease", "Boats", "Quay",
    ]  # fmt: skip
    assert found(client, order="oldest") == everything[::-1]
    for asked, expected in (
        ({"q": "low water"}, ["Quay"]),
        ({"q": "water reuter"}, []),
        ({"q": "reuter"}, ["Broken"]),
        ({"q": "Night"}, ["Boats"]),
        ({"tag": "night"}, ["Boats"]),
        ({"kind": "document"}, ["Report"]),
        ({"folder": harbour.pk}, ["Boats", "Quay"]),
        ({"folder": inner.pk}, ["Boats"]),
        ({"folder": "none", "by": wim.pk}, ["Nested", "Shown"]),
        ({"licence": "ending"}, ["Over", "Lease"]),
        ({"licence": "ended"}, ["Over"]),
        ({"wants": "alt"}, ["Boats"]),
        ({"wants": "failed"}, ["Broken"]),
        ({"wants": "unused", "by": wim.pk}, ["Quay"]),
    ):
        assert found(client, **asked) == expected, asked
    assert [str(one) for one in Media.objects.licence_ending()] == ["Over", "Lease"]
    states = {str(one): one.licence_state for one in Media.objects.all()}
    assert states["Over"] == "ended" and states["Lease"] == "ending"
    assert states["Long"] == "fine" and states["Quay"] == "none"


def test_pages_follow_each_other_without_gaps(signed_in, wim, monkeypatch):
    monkeypatch.setattr(shelves, "ON_A_PAGE", 2)
    at = timezone.now()
    for number in range(5):
        factories.MediaFactory(title=str(number), uploaded_by=wim, uploaded_at=at)
    client = signed_in(wim)

    for order in ("", "oldest"):
        seen, address = [], reverse(LIBRARY) + f"?order={order}"
        while address:
            page = client.get(address)
            seen += names(page)
            following = page.context_data["next_page"]
            address = following and reverse(LIBRARY) + following
        assert sorted(seen) == ["0", "1", "2", "3", "4"] and len(seen) == 5


def test_many_are_moved_tagged_and_licensed_at_once(signed_in, wim, ines):
    mine = factories.MediaFactory(title="Mine", uploaded_by=wim)
    also = factories.MediaFactory(title="Also", uploaded_by=wim, tags=["night"])
    theirs = factories.MediaFactory(title="Theirs", uploaded_by=ines)
    harbour = MediaFolder.objects.create(name="Harbour")
    client = signed_in(wim)

    moved = do(client, "move", mine, also, theirs, folder=harbour.pk)
    do(client, "tag", mine, also, tag=" Night ")
    do(client, "licence", mine, licence="Agency", licence_expires_on="2031-05-01")
    do(client, "untag", also, tag="night")

    said = moved.content.decode()
    assert "2 files moved to “Harbour”." in said
    assert "others brought them in: “Theirs”" in said
    mine, also, theirs = (Media.objects.get(pk=one.pk) for one in (mine, also, theirs))
    assert (mine.folder, also.folder, theirs.folder) == (harbour, harbour, None)
    assert (mine.tags, also.tags) == (["night"], [])
    assert mine.licence == "Agency" and mine.licence_expires_on.year == 2031
    do(client, "move", mine, folder="none")
    assert Media.objects.get(pk=mine.pk).folder is None
    assert AuditLog.objects.filter(resource_id=mine.pk, action="edit").count() == 4


def test_only_what_nothing_shows_is_deleted(signed_in, wim):
    adam = factories.staff("adam", "admin")
    shown = factories.MediaFactory(title="Shown", uploaded_by=wim)
    factories.edit(factories.article(by=wim), by=wim, featured_image=shown)
    idle = factories.MediaFactory(title="Idle", uploaded_by=wim)

    page = reverse("admin:editorial_media_change", args=[idle.pk])
    answer = do(signed_in(adam), "delete", shown, idle, back=page)
    said = answer.content.decode()

    assert answer.redirect_chain == [(reverse(LIBRARY), 302)]
    assert "Deleted one file." in said
    assert "“Shown” is shown by “First light”" in said
    assert list(Media.objects.all()) == [shown]


def test_an_upload_answers_with_its_card_and_knows_its_twin(signed_in, wim):
    harbour = MediaFolder.objects.create(name="Harbour")
    client = signed_in(wim)

    first = upload(client, a_file(picture()), folder=harbour.pk, alt_text="The quay.")
    again = upload(client, a_file(picture(), "copy.jpg"))

    media = Media.objects.get(pk=first.json()["image"]["id"])
    assert first.status_code == 201
    assert (media.folder, media.alt_text) == (harbour, "The quay.")
    assert f'data-medium="{media.pk}"' in first.json()["card"]
    assert "Making sizes" in first.json()["card"]
    assert again.json()["twin"]["id"] == str(media.pk)
    state = client.get(reverse("admin:editorial_media_library"), {"ids": media.pk})
    assert state.json()["images"][0]["processing"] == "pending"
    imaging.make_variants(media.pk)
    state = client.get(reverse("admin:editorial_media_library"), {"ids": media.pk})
    known = state.json()["images"][0]
    assert known["processing"] == "done"
    assert (known["width"], known["height"], known["focal"]) == (640, 360, [0.5, 0.5])
    assert known["licence_state"] == "none" and known["small"].endswith(".webp")


def test_uploads_work_as_a_plain_form(signed_in, wim):
    back = reverse(LIBRARY) + "?view=list"
    answer = signed_in(wim).post(
        reverse("admin:editorial_media_upload"),
        {"file": [a_file(picture()), a_file(b"%PDF-1.7", "a.pdf")], "back": back},
    )

    assert answer.status_code == 302 and answer.url == back
    assert Media.objects.count() == 2


def test_the_picker_pages_and_knows_folders(signed_in, wim, monkeypatch):
    monkeypatch.setattr(shelves, "IN_THE_PICKER", 1)
    harbour = MediaFolder.objects.create(name="Harbour")
    inside = factories.MediaFactory(title="In", uploaded_by=wim, folder=harbour)
    factories.MediaFactory(title="Out", uploaded_by=wim)
    factories.MediaFactory(title="Text", uploaded_by=wim, file_type="document")
    client, address = signed_in(wim), reverse("admin:editorial_media_library")

    first = client.get(address).json()
    second = client.get(address, {"after": first["next"]}).json()
    folder = client.get(address, {"folder": harbour.pk}).json()
    anything = client.get(address, {"kind": "any"}).json()

    assert [one["name"] for one in first["images"] + second["images"]] == ["Out", "In"]
    assert second["next"] == ""
    assert [one["id"] for one in folder["images"]] == [str(inside.pk)]
    assert folder["folders"] == [{"id": str(harbour.pk), "name": "Harbour"}]
    assert anything["images"][0]["kind"] == "document"


def test_the_form_keeps_crop_focal_point_and_a_new_file(signed_in, wim):
    media = library.bring_in(ContentFile(picture(), "quay.jpg"), by=wim)
    address = reverse("admin:editorial_media_change", args=[media.pk])
    words = {"title": "Quay", "focal_x": "0.75", "focal_y": "0.25", "tags": "Sea, sea"}
    crop = {"crop_x": ".5", "crop_y": "0", "crop_width": ".5", "crop_height": "1"}
    client = signed_in(wim)

    assert client.post(address, words | crop).status_code == 302
    kept = Media.objects.get()
    assert kept.crop == {"x": 0.5, "y": 0, "width": 0.5, "height": 1}
    assert (kept.focal_x, kept.tags) == (0.75, ["sea"])
    assert kept.processing_status == "pending"
    for wrong in (
        crop | {"crop_width": ""},
        crop | {"crop_width": ".01"},
        crop | {"crop_x": "2"},
    ):
        assert client.post(address, words | wrong).status_code == 200, wrong
    new = {"file": a_file(picture((300, 200)), "new.jpg")}
    assert client.post(address, words | crop | new).status_code == 302
    replaced = Media.objects.get()
    assert (replaced.crop, replaced.width) == (None, 300)
    assert replaced.original_filename == "new.jpg"
    assert replaced.former_files.get().names == [kept.file.name]
    assert "File replaced: quay.jpg → new.jpg" in client.get(address).content.decode()
    look = signed_in(factories.staff("omar", "author")).get(address).content.decode()
    assert 'data-focal_x="0.75"' in look and "data-only-look" in look
    assert 'name="focal_x"' not in look and "Choose File" not in look


def test_where_it_is_used_counts_what_one_may_not_see(signed_in, wim, omar, ines):
    media = factories.MediaFactory(uploaded_by=omar)
    factories.edit(factories.article(by=wim), by=wim, featured_image=media)
    address = reverse("admin:editorial_media_change", args=[media.pk])

    theirs = signed_in(omar).get(address).content.decode()
    ours = signed_in(ines).get(address).content.decode()

    assert "First light" not in theirs and "1 item that you may not see" in theirs
    assert "First light" in ours and "as its picture" in ours


def test_folders_are_a_tree_that_never_bites_its_tail(signed_in, ines):
    client = signed_in(ines)
    client.post(reverse("admin:editorial_mediafolder_add"), {"name": "Harbour"})
    harbour = MediaFolder.objects.get()
    made = client.post(
        reverse("admin:editorial_mediafolder_add"),
        {"name": "Boats", "parent": harbour.pk},
    )
    boats = MediaFolder.objects.get(name="Boats")
    assert made.url == f"{reverse(LIBRARY)}?folder={boats.pk}"

    change = reverse("admin:editorial_mediafolder_change", args=[harbour.pk])
    bitten = client.post(change, {"name": "Harbour", "parent": boats.pk})
    assert "cannot lie inside itself" in bitten.content.decode()
    assert library.subtree_of(harbour) == [harbour.pk, boats.pk]


def test_programs_set_crops_and_ask_for_licences(wim):
    today = timezone.localdate()
    media = factories.MediaFactory(uploaded_by=wim)
    factories.MediaFactory(uploaded_by=wim, licence_expires_on=today)
    client, path = caller(wim), f"/media/{media.pk}/"
    crop = {"x": 0, "y": 0, "width": 0.5, "height": 1}

    assert patch(client, path, crop=crop, source="An agency").status_code == 200
    assert client.get(path).json()["crop"] == crop
    refused = patch(client, path, crop=crop | {"x": 0.9})
    assert refused.status_code == 400 and "beyond the edge" in str(refused.json())
    assert patch(client, path, crop=None).json()["crop"] is None
    for asked, count in (("licence=ending", 1), ("licence=ended", 0), ("unused=1", 2)):
        found = client.get(f"/media/?{asked.replace('=1', '=true')}")
        assert len(found.json()["results"]) == count, asked


# --- Who may not ------------------------------------------------------------------


def test_what_others_brought_in_is_not_changed(signed_in, wim, omar, rosa):
    theirs = factories.MediaFactory(uploaded_by=omar)
    client = signed_in(wim)

    for verb, words in (("tag", {"tag": "x"}), ("move", {"folder": "none"}),
                        ("licence", {}), ("retry", {}), ("delete", {})):  # fmt: skip
        assert do(client, verb, theirs, **words).status_code == 403, verb
    assert Media.objects.get().updated_at == theirs.updated_at
    client = signed_in(rosa)
    for name in ("do", "upload"):
        answer = client.post(reverse(f"admin:editorial_media_{name}"))
        assert answer.status_code == 302 and "login" in answer.url


# --- Bad input --------------------------------------------------------------------


def test_what_is_not_understood_is_not_asked(signed_in, wim):
    factories.MediaFactory(title="Quay", uploaded_by=wim)
    client = signed_in(wim)

    for asked in (
        {"folder": "x"}, {"by": "x"}, {"kind": "x"}, {"after": "x_y"}, {"q": "\x00"},
        {"after": "2020-01-01T00:00:00_" + "0" * 32}, {"licence": "x"}, {"tag": "\x00"},
    ):  # fmt: skip
        assert found(client, **asked) == ["Quay"], asked


def test_each_refusal_of_an_upload_is_a_sentence(signed_in, wim, monkeypatch):
    client = signed_in(wim)
    for files, said in (
        ([], "Choose a file"),
        ([a_file(b"<svg/>", "a.svg")], "SVG is refused"),
        ([a_file(picture()[:300])], "damaged"),
    ):
        answer = upload(client, *files)
        assert answer.status_code == 422 and said in answer.json()["error"]
    monkeypatch.setattr(imaging, "MAX_FILE_BYTES", -(1024**2))
    answer = upload(client, a_file(picture()))
    assert answer.status_code == 413 and "at most" in answer.json()["error"]
    assert not Media.objects.exists()


def test_nothing_happens_to_nothing(signed_in, wim):
    media = factories.MediaFactory(uploaded_by=wim)
    client = signed_in(wim)

    for verb, words, said in (
        ("tag", {"tag": ""}, "Write the tag"),
        ("move", {"folder": "x"}, "Choose the folder"),
        ("licence", {"licence_expires_on": "soon"}, "The day is written"),
        ("burn", {}, "Select a valid choice"),
        ("retry", {}, "Replace its file first"),
    ):
        assert said in do(client, verb, media, **words).content.decode(), verb
    assert "Tick the files first" in do(client, "tag", tag="x").content.decode()
    outside = client.post(
        reverse("admin:editorial_media_do"), {"back": "https://evil.example/"}
    )
    assert outside.url == reverse(LIBRARY)
