"""The library and its images. Works, who may not, bad input."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cms.databases import EDITORIAL, PUBLIC
from editorial import imaging, tasks
from editorial.models import Media, OutboxEvent
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

GPS, ORIENTATION, ARTIST = 0x8825, 0x0112, 0x013B


@pytest.fixture(autouse=True)
def _files_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def picture(size=(2000, 1000), kind="JPEG", exif=None, mode="RGB"):
    image = Image.new(mode, size, "teal" if mode == "RGB" else None)
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def shown(variant):
    """The image behind an address."""
    with default_storage.open(variant["url"].removeprefix("/media/")) as file:
        image = Image.open(file)
        image.load()
    return image


def upload(client, content, name="harbour.jpg", **fields):
    return client.post(
        reverse("admin:editorial_media_add"),
        {
            "file": SimpleUploadedFile(name, content),
            "title": "Harbour",
            "alt_text": "A harbour at dawn.",
            **fields,
        },
    )


# --- Works ------------------------------------------------------------------------


def test_an_upload_knows_what_it_is(signed_in, wim):
    answer = upload(signed_in(wim), picture())

    media = Media.objects.get()
    assert answer.status_code == 302
    assert (media.mime_type, media.width, media.height) == ("image/jpeg", 2000, 1000)
    assert media.uploaded_by == wim
    assert media.processing_status == Media.Processing.PENDING


def test_variants_are_avif_and_webp_and_never_larger_than_the_image(signed_in, wim):
    upload(signed_in(wim), picture(size=(1200, 600)))

    tasks.make_variants(Media.objects.get().pk)

    media = Media.objects.get()
    kinds = ("image/avif", "image/webp")
    assert [(one["width"], one["height"], one["type"]) for one in media.variants] == [
        (width, width // 2, kind) for width in (480, 960, 1200) for kind in kinds
    ]
    for one in media.variants:
        image = shown(one)
        assert (Image.MIME[image.format], image.width) == (one["type"], one["width"])


def test_new_variants_are_published(signed_in, wim):
    upload(signed_in(wim), picture())
    OutboxEvent.objects.all().delete()

    imaging.make_variants(Media.objects.get().pk)

    media = Media.objects.get()
    assert any(str(media.pk) in event.items for event in OutboxEvent.objects.all())


def test_a_picture_is_turned_upright_and_forgets_where_it_was_taken(signed_in, wim):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[ARTIST] = "Somebody private"
    exif.get_ifd(GPS)[2] = (53.0, 33.0, 0.0)

    upload(signed_in(wim), picture(size=(800, 400), exif=exif))
    imaging.make_variants(Media.objects.get().pk)

    media = Media.objects.get()
    assert (media.width, media.height) == (400, 800)
    original = shown({"url": media.file.url})
    assert original.size == (400, 800)
    assert not original.getexif()
    assert not shown(media.variants[0]).getexif()


def test_transparency_is_kept(signed_in, wim):
    upload(signed_in(wim), picture(kind="PNG", mode="RGBA"), name="logo.png")

    imaging.make_variants(Media.objects.get().pk)

    assert shown(Media.objects.get().variants[0]).mode == "RGBA"


def test_making_variants_twice_changes_nothing(signed_in, wim):
    upload(signed_in(wim), picture())
    imaging.make_variants(Media.objects.get().pk)
    before = Media.objects.get().variants

    imaging.make_variants(Media.objects.get().pk)

    assert Media.objects.get().variants == before


def test_the_sweeper_finds_what_the_broker_lost(signed_in, wim):
    upload(signed_in(wim), picture())
    Media.objects.update(updated_at="2020-01-01T00:00:00Z")

    tasks.make_missing_variants()

    assert Media.objects.get().processing_status == Media.Processing.DONE


def test_where_an_image_is_used_is_said(signed_in, wim, ines):
    media = factories.MediaFactory(uploaded_by=wim)
    block = {
        "id": factories.paragraph("x")["id"],
        "type": "image",
        "content": {"type": "image", "attrs": {"media": str(media.pk), "alt": "A"}},
    }
    factories.article(by=wim, title="With a picture", body=[block])
    pictured = factories.article(by=wim, title="Its picture")
    factories.edit(pictured, by=wim, featured_image=media)

    page = signed_in(ines).get(reverse("admin:editorial_media_change", args=[media.pk]))

    said = page.content.decode()
    assert "With a picture" in said and "Its picture" in said


def test_the_picker_finds_images_by_their_words(signed_in, wim):
    factories.MediaFactory(uploaded_by=wim, alt_text="A lighthouse in fog.")
    factories.MediaFactory(uploaded_by=wim, alt_text="Bread.")

    answer = signed_in(wim).get(
        reverse("admin:editorial_media_library"), {"q": "lighthouse"}
    )

    assert [one["alt"] for one in answer.json()["images"]] == ["A lighthouse in fog."]


# --- Who may not ------------------------------------------------------------------


def test_authors_describe_their_own_images_and_no_others(signed_in, wim, omar):
    mine = factories.MediaFactory(uploaded_by=wim)
    theirs = factories.MediaFactory(uploaded_by=omar)
    client = signed_in(wim)
    posted = {
        "title": "Harbour",
        "alt_text": "Boats.",
        "focal_x": "0.5",
        "focal_y": "0.5",
    }

    for media, expected in ((mine, 302), (theirs, 403)):
        page = reverse("admin:editorial_media_change", args=[media.pk])
        assert client.post(page, posted).status_code == expected


def test_nothing_is_deleted_from_the_library(signed_in, ines):
    media = factories.MediaFactory(uploaded_by=ines)

    answer = signed_in(ines).post(
        reverse("admin:editorial_media_delete", args=[media.pk]), {"post": "yes"}
    )

    assert answer.status_code == 403


def test_readers_see_no_library(signed_in, rosa):
    answer = signed_in(rosa).get(reverse("admin:editorial_media_library"))

    assert answer.status_code == 302


# --- Bad input --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG is refused"),
        (b"MZ\x90\x00 a program", "no file that the library takes"),
        (b"", "empty"),
        (picture()[:400], "damaged"),
    ],
)
def test_what_is_no_image_is_refused_with_a_sentence(signed_in, wim, content, said):
    answer = upload(signed_in(wim), content)

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Media.objects.exists()


def test_a_bomb_is_refused(signed_in, wim, monkeypatch):
    monkeypatch.setattr(imaging, "MAX_PIXELS", 1000)

    answer = upload(signed_in(wim), picture())

    assert "more than we can work with" in answer.content.decode()


def test_a_name_does_not_make_an_image(signed_in, wim):
    upload(signed_in(wim), b"%PDF-1.7 and so on", name="harbour.jpg")

    media = Media.objects.get()
    assert (media.mime_type, media.file_type) == (
        "application/pdf",
        Media.FileType.DOCUMENT,
    )


def test_an_image_that_broke_meanwhile_is_marked(signed_in, wim):
    upload(signed_in(wim), picture())
    media = Media.objects.get()
    with open(media.file.path, "wb") as file:
        file.write(b"not an image any more")

    assert not imaging.make_variants(media.pk)

    assert Media.objects.get().processing_status == Media.Processing.FAILED
    page = signed_in(wim).get(reverse("admin:editorial_media_change", args=[media.pk]))
    assert "no file that the library takes" in page.content.decode()


def test_a_file_that_is_gone_is_marked(signed_in, wim):
    upload(signed_in(wim), picture())
    media = Media.objects.get()
    default_storage.delete(media.file.name)

    assert not imaging.make_variants(media.pk)

    assert Media.objects.get().processing_status == Media.Processing.MISSING
