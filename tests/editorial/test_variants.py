"""What is made of a picture, and how it reaches readers' pages.

Works, bad input, races.
"""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image, PngImagePlugin

from cms.databases import EDITORIAL, PUBLIC
from editorial import blocks, imaging, library
from editorial.blocks.images import refreshed
from editorial.models import AuditLog, FormerFile, Media, OutboxEvent
from editorial.models.media import is_a_crop
from publishing import former_files
from publishing.models import PublishedArticle
from publishing.projection import project
from publishing.templatetags.reading import picture as picture_tag
from publishing.truth import truths_of
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture(autouse=True)
def _files_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def halves(size=(1400, 700)):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    return image


def as_file(image, kind="JPEG", name=None, **how):
    out = io.BytesIO()
    image.save(out, kind, **how)
    return ContentFile(out.getvalue(), name or f"quay.{kind.lower()}")


def moving(kind="GIF", size=(600, 300), **how):
    frames = [Image.new("RGB", size, colour) for colour in ("red", "blue", "lime")]
    return as_file(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=80, **how
    )


def brought_in(file, by, **words):
    media = library.bring_in(file, by=by, **words)
    imaging.make_variants(media.pk)
    return Media.objects.get(pk=media.pk)


def described(media, by, **words):
    """Described, and made again."""
    with transaction.atomic(using=EDITORIAL):
        fresh = Media.objects.select_for_update().get(pk=media.pk)
        library.describe(fresh, words, by=by)
    imaging.make_variants(media.pk)
    return Media.objects.get(pk=media.pk)


def shown(url):
    with default_storage.open(url.removeprefix("/media/")) as file:
        image = Image.open(file)
        image.load()
    return image


def is_blue(pixel):
    return pixel[2] > 200 and pixel[0] < 60


def with_picture(media):
    return {
        "id": factories.paragraph("x")["id"],
        "type": "image",
        "content": {
            "type": "image",
            "attrs": {"media": str(media.pk), "alt": 'A "quay" > boats'},
        },
    }


# --- Works ------------------------------------------------------------------------


def test_the_crop_and_the_focal_point_are_in_everything_that_is_made(wim):
    media = brought_in(as_file(halves()), wim)
    before = {one["url"] for one in media.variants}
    assert [one["width"] for one in media.variants] == [480, 480, 960, 960, 1400, 1400]
    assert media.shown_size == (1400, 700)

    half = {"x": 0.5, "y": 0, "width": 0.5, "height": 1}
    cut = described(media, wim, crop=half, focal_x=0.75)

    assert cut.shown_size == (700, 700)
    assert cut.shown_focal == (0.5, 0.5)
    assert [one["width"] for one in cut.variants] == [480, 480, 700, 700]
    everything = [*(one["url"] for one in cut.variants), cut.as_image()["url"]]
    assert cut.as_image()["url"] == cut.renditions["plain"]["url"]
    for url in everything:
        image = shown(url).convert("RGB")
        assert image.width == image.height
        assert is_blue(image.getpixel((2, 2))), url
    assert shown(cut.file.url).size == (1400, 700), "the file is never cut"
    assert before.isdisjoint(one["url"] for one in cut.variants)
    for url in before:
        assert shown(url), "pages that live may still name it"


def test_a_card_is_cut_around_the_focal_point(wim):
    media = brought_in(as_file(halves((2400, 700))), wim)
    left = shown(described(media, wim, focal_x=0).renditions["social"]["url"])
    right = shown(described(media, wim, focal_x=1).renditions["social"]["url"])

    assert left.format == "JPEG" and left.size == (1200, 630)
    assert not is_blue(left.getpixel((900, 300)))
    assert is_blue(right.getpixel((300, 300)))
    assert imaging.around_focal((300, 100), (1, 1), (0.5, 0)) == (100, 0, 200, 100)
    assert imaging.around_focal((300, 100), (1, 1), (9, 9)) == (200, 0, 300, 100)


def test_nothing_but_the_picture_is_kept_of_any_format(wim):
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "Somebody private"
    exif.get_ifd(0x8825)[2] = (53.0, 33.0, 0.0)
    words = PngImagePlugin.PngInfo()
    words.add_text("Location", "53.55 N 9.99 E, Somebody private")
    words.add_itxt("XML:com.adobe.xmp", "<x>Somebody private</x>")
    image = halves((400, 200))
    film = as_file(image).read() + b"film: Somebody private"
    two = io.BytesIO()
    image.save(two, "MPO", save_all=True, append_images=[image], exif=exif)
    uploads = [
        as_file(image, "JPEG", exif=exif, comment=b"Somebody private"),
        as_file(image, "WEBP", exif=exif, xmp=b"<x>Somebody private</x>"),
        as_file(image, "AVIF", exif=exif, xmp=b"<x>Somebody private</x>"),
        as_file(image, "PNG", exif=exif, pnginfo=words),
        as_file(image, "GIF", comment=b"Somebody private"),
        moving("GIF", comment=b"Somebody private"),
        moving("WEBP", exif=exif),
        ContentFile(film, "with-film.jpg"),
        ContentFile(two.getvalue(), "two-pictures.jpg"),
    ]
    for upload in uploads:
        media = brought_in(upload, wim)
        made = [media.file.url, *(one["url"] for one in media.variants)]
        for url in made:
            with default_storage.open(url.removeprefix("/media/")) as file:
                content = file.read()
            assert b"private" not in content, (upload.name, url)
            assert not shown(url).getexif(), (upload.name, url)
        if upload.name in ("quay.jpeg", "two-pictures.jpg"):
            assert (media.width, media.height) == (200, 400), "turned upright"


def test_notes_leave_an_animation_and_its_frames_stay_byte_for_byte():
    for kind, strip in imaging.BARE.items():
        plain = moving(kind).read()
        noted = moving(kind, **({"comment": b"private"} if kind == "GIF" else {
            "xmp": b"<x>private</x>"})).read()  # fmt: skip
        assert b"private" in noted
        bare = strip(noted + b"private")
        assert b"private" not in bare
        assert strip(bare) == bare
        for content in (plain, bare):
            image = Image.open(io.BytesIO(content))
            assert image.n_frames == 3
    looping = moving("GIF", loop=0, comment=b"private").read()
    bare = Image.open(io.BytesIO(imaging.gif_without_words(looping)))
    assert bare.info["loop"] == 0 and bare.info["duration"] == 80
    with pytest.raises(imaging.Unreadable, match="damaged"):
        imaging.gif_without_words(looping[:60])


def test_an_animation_goes_on_moving(wim):
    media = brought_in(moving(), wim)

    assert media.is_animated
    assert {one["type"] for one in media.variants} == {"image/webp"}
    assert [one["width"] for one in media.variants] == [480, 600]
    for one in media.variants:
        assert shown(one["url"]).n_frames == 3
    assert media.as_image()["url"] == media.file.url


def test_an_animation_that_is_too_long_is_shown_as_it_came(wim, monkeypatch):
    monkeypatch.setattr(imaging, "MAX_MOVING_PIXELS", 1000)
    media = brought_in(moving(), wim)

    assert (media.processing_status, media.variants) == ("done", [])
    assert media.as_image()["url"] == media.file.url


def test_a_better_file_takes_the_place_of_the_old_one_for_readers(wim, ines):
    media = brought_in(as_file(halves()), wim, alt_text="The quay.")
    article = factories.article(by=wim, body=[with_picture(media)])
    factories.edit(article, by=wim, featured_image=media)
    published = factories.publish(article, editor=ines)

    def rows():
        return project(truths_of({published.pk: "article"})[published.pk])

    [before] = [row for row in rows() if isinstance(row, PublishedArticle)]
    assert all(one["url"] in before.content_html for one in media.variants)
    assert 'alt="A &quot;quay&quot; > boats"' in before.content_html.replace(
        "&gt;", ">"
    )
    OutboxEvent.objects.all().delete()

    old_name, old_made = media.file.name, imaging.files_made(media)
    library.replace(media, as_file(Image.new("RGB", (1000, 800), "lime")), by=wim)
    imaging.make_variants(media.pk)

    fresh = Media.objects.get(pk=media.pk)
    assert (fresh.width, fresh.height) == (1000, 800)
    assert fresh.alt_text == "The quay."
    assert fresh.file.name != old_name
    [after] = [row for row in rows() if isinstance(row, PublishedArticle)]
    assert all(one["url"] in after.content_html for one in fresh.variants)
    assert not any(one["url"] in after.content_html for one in media.variants)
    assert 'width="1000"' in after.content_html
    assert after.content_html.count("<img") == before.content_html.count("<img") == 1
    assert after.image["url"] == fresh.as_image()["url"]
    old_version = library.as_made_now(published.live_version.rendered)
    assert all(one["url"] in old_version["html"] for one in fresh.variants)
    assert OutboxEvent.objects.filter(subject_id=media.pk).exists(), (
        "readers hear of it"
    )
    [left] = FormerFile.objects.all()
    assert set(left.names) == {old_name, *old_made}
    assert AuditLog.objects.filter(action="replace", resource_id=media.pk).exists()


def test_former_files_go_when_no_page_names_them(wim, ines):
    media = brought_in(as_file(halves()), wim)
    article = factories.article(by=wim, body=[with_picture(media)])
    published = factories.publish(article, editor=ines)
    for row in project(truths_of({published.pk: "article"})[published.pk]):
        row.synced_at = timezone.now()
        row.save(using=PUBLIC)
    library.replace(media, as_file(Image.new("RGB", (500, 400), "lime")), by=wim)
    [left] = FormerFile.objects.all()
    later = timezone.now() + timedelta(days=40)

    former_files.remove(at=timezone.now())
    assert FormerFile.objects.exists(), "copies of pages live on for some weeks"
    former_files.remove(at=later)
    assert FormerFile.objects.exists(), "a live page still names it"
    assert all(default_storage.exists(name) for name in left.names)
    PublishedArticle.objects.all().delete()
    former_files.remove(at=later)

    assert not FormerFile.objects.exists()
    assert not any(default_storage.exists(name) for name in left.names)
    assert default_storage.exists(Media.objects.get().file.name)


def test_a_page_of_before_still_renders():
    old = {"url": "/media/a.jpg", "alt": "A", "width": 9, "height": 6, "variants": []}
    assert 'src="/media/a.jpg"' in picture_tag(old, "100vw")
    assert "focal" not in picture_tag(old, "100vw")
    assert "focal-x-2 focal-y-9" in picture_tag(old | {"focal": [0.21, 0.9]}, "100vw")
    html = '<p>x</p><img src="/media/a.jpg" alt="A">'
    assert refreshed(html, {"1": old}) == html


def test_readers_get_avif_then_webp_then_what_everybody_shows(wim):
    media = brought_in(as_file(halves(), "AVIF"), wim)
    html = blocks.render([with_picture(media)], {str(media.pk): media.as_image()})

    assert html.index("image/avif") < html.index("image/webp") < html.index("<img")
    assert media.renditions["plain"]["url"].endswith(".jpg")
    assert f'src="{media.renditions["plain"]["url"]}"' in html
    # Made anew by its mark alone, it is the same.
    assert blocks.refreshed(html, {str(media.pk): media.as_image()}).count("<img") == 1


# --- Bad input --------------------------------------------------------------------


@pytest.mark.parametrize(
    "crop",
    [
        {},
        [0, 0, 1, 1],
        {"x": 0, "y": 0, "width": 1},
        {"x": 0, "y": 0, "width": 1, "height": "1"},
        {"x": 0, "y": 0, "width": 1, "height": True},
        {"x": -0.1, "y": 0, "width": 0.5, "height": 0.5},
        {"x": 0.6, "y": 0, "width": 0.5, "height": 0.5},
        {"x": 0, "y": 0, "width": 0.01, "height": 0.5},
        {"x": float("nan"), "y": 0, "width": 0.5, "height": 0.5},
        {"x": 0, "y": 0, "width": 0.5, "height": 0.5, "angle": 3},
    ],
)
def test_what_is_no_crop_is_refused(crop):
    with pytest.raises(ValidationError):
        is_a_crop(crop)


def test_a_name_cannot_lie_about_the_file(wim):
    media = library.bring_in(ContentFile(b"%PDF-1.7 ...", "harbour.jpg"), by=wim)

    assert media.file.name.endswith("/harbour.pdf")
    assert media.original_filename == "harbour.jpg"


def test_a_failure_is_told_and_what_readers_had_stays(wim):
    media = brought_in(as_file(halves()), wim)
    with default_storage.open(media.file.name, "wb") as file:
        file.write(b"not an image any more")

    described(media, wim, focal_x=0.1)

    failed = Media.objects.get()
    assert failed.processing_status == "failed"
    assert "no file that the library takes" in failed.processing_note
    assert failed.variants == media.variants


# --- Races ------------------------------------------------------------------------


def test_variants_of_a_picture_that_changed_meanwhile_are_not_kept(wim, monkeypatch):
    media = library.bring_in(as_file(halves()), by=wim)
    real = imaging._Making.all

    def changed_meanwhile(self):
        Media.objects.filter(pk=media.pk).update(focal_x=0.9)
        return real(self)

    monkeypatch.setattr(imaging._Making, "all", changed_meanwhile)
    assert not imaging.make_variants(media.pk)
    assert Media.objects.get().variants == []
    assert Media.objects.get().processing_status == "pending"
