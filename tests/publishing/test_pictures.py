"""A picture of the library on readers' pages, from its upload to its successor."""

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from editorial import imaging, library
from editorial.models import Media
from publishing import verification
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def a_file(colour, size):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return ContentFile(out.getvalue(), "quay.jpg")


def test_a_live_page_gets_better_pictures_without_a_new_version(
    wim, ines, deliver_all, client, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    media = library.bring_in(a_file("teal", (1200, 630)), by=wim, alt_text="The quay.")
    block = {
        "id": factories.paragraph("x")["id"],
        "type": "image",
        "content": {"type": "image", "attrs": {"media": str(media.pk)}},
    }
    # Published before its sizes were made, as it happens in a hurry.
    article = factories.article(by=wim, body=[factories.paragraph("Words."), block])
    factories.edit(article, by=wim, featured_image=media)
    published = factories.publish(article, editor=ines)
    deliver_all()
    assert "<picture>" not in page_of(client).partition("prose")[2]

    imaging.make_variants(media.pk)
    deliver_all()
    first, page = Media.objects.get(), page_of(client)
    assert page.count('<source type="image/avif"') == 2
    assert page.count('<source type="image/webp"') == 2
    # In the best format it is named once more, to be fetched early.
    for one in first.variants:
        assert page.count(one["url"]) == 2 + (one["type"] == "image/avif")
    assert first.renditions["social"]["url"] in page
    assert not verification.compare().drift

    library.replace(media, a_file("navy", (900, 900)), by=wim)
    imaging.make_variants(media.pk)
    deliver_all()
    second, page = Media.objects.get(), page_of(client)
    for one in second.variants:
        assert page.count(one["url"]) == 2 + (one["type"] == "image/avif")
    assert not any(one["url"] in page for one in first.variants)
    assert first.file.url not in page
    assert page.count('alt="The quay."') == 2
    published.refresh_from_db()
    assert published.live_version.number == 1
    assert not verification.compare().drift


def page_of(client):
    return client.get("/articles/first-light/").content.decode()
