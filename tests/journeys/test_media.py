"""The library by pointer and by keys: uploads, folders, focal point and crop."""

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from editorial import library
from editorial.models import Media, MediaFolder
from tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]


def picture(colour="teal", size=(1000, 500)):
    """Dark, with a light spot at three quarters of its width."""
    image = Image.new("RGB", size, colour)
    x, y = size[0] * 3 // 4, size[1] // 4
    ImageDraw.Draw(image).ellipse((x - 60, y - 60, x + 60, y + 60), fill="ivory")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def file(name, content, mime="image/jpeg"):
    return {"name": name, "mimeType": mime, "buffer": content}


def faults_of(page, axe):
    """What axe finds. What axe itself says on the console is not the page's."""
    assert not [
        said
        for said in page.complaints
        # Both are meant to happen: a connection is cut, and an SVG refused.
        if "ERR_FAILED" not in said and "422" not in said
    ]
    found = axe(page)
    page.complaints.clear()
    return found


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_files_come_in_by_the_dozen_and_are_sorted_by_keys(desk, worker, axe, wim):
    folder = MediaFolder.objects.create(name="Harbour")
    page = desk(wim)
    page.goto("/admin/editorial/media/")
    page.wait_for_selector("text=Nothing is in the library yet.")

    # The first is lost on its way, the second takes for ever.
    held = []

    def trouble(route):
        held.append(route)
        if len(held) == 1:
            route.abort()
        elif len(held) > 2:
            route.continue_()

    page.route("**/media/upload/", trouble)
    pictures = [file("quay.jpg", picture()), file("boats.jpg", picture("navy"))]
    page.set_input_files("#library-file", pictures)
    page.wait_for_selector(".uploads li.failed >> text=The connection was lost")
    page.click(".uploads li.sending button:text-is('Cancel')")
    page.wait_for_selector(".uploads li.cancelled >> text=Nothing of it was kept.")
    for _ in pictures:
        page.click(":nth-match(.uploads button:text-is('Retry'), 1)")
    drawing = page.evaluate_handle(
        """() => {
            const dropped = new DataTransfer();
            dropped.items.add(new File(["<svg/>"], "drawing.svg"));
            return dropped;
        }"""
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": drawing})
    page.wait_for_selector(".uploads li.failed >> text=SVG is refused")
    page.wait_for_selector(":nth-match(.uploads li.done, 2)")
    assert page.locator(".medium .badge-busy").count() == 0
    assert {one.processing_status for one in Media.objects.all()} == {"done"}
    assert faults_of(page, axe) == []

    # Arrow keys, the space bar, and a folder from the menu.
    page.focus(".medium-link >> nth=0")
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("[data-count]") == "2 files chosen"
    page.keyboard.press("Space")
    assert page.inner_text("[data-count]") == "1 file chosen"
    page.keyboard.press("Control+a")
    page.click(".many-bar summary:text-is('Move')")
    page.select_option("#many-folder", label="Harbour")
    page.click(".many-bar button:text-is('Move')")
    page.wait_for_selector("text=2 files moved to “Harbour”.")
    assert Media.objects.filter(folder=folder).count() == 2

    # And back by dragging, what is not chosen stays.
    page.click(".shelves a:has-text('Harbour')")
    page.wait_for_selector("h1:text-is('Harbour')")
    page.drag_and_drop(".medium >> nth=0", "[data-shelf=none]")
    page.wait_for_selector("text=One file taken out of their folder.")
    assert Media.objects.filter(folder=folder).count() == 1

    page.set_viewport_size({"width": 400, "height": 800})
    page.emulate_media(color_scheme="dark")
    for view in ("", "?view=list"):
        page.goto(f"/admin/editorial/media/{view}")
        assert sideways(page) <= 0
    assert faults_of(page, axe) == []


def test_focal_point_and_crop_are_set_by_hand_and_by_keys(desk, worker, axe, wim):
    media = library.bring_in(ContentFile(picture(), "quay.jpg"), by=wim)
    article = factories.article(by=wim, title="With the quay")
    factories.edit(article, by=wim, featured_image=media)
    page = desk(wim)
    page.goto(f"/admin/editorial/media/{media.pk}/change/")
    page.wait_for_selector(".medium-uses >> text=With the quay")

    page.wait_for_selector("canvas[data-left]")

    # The eye goes to the spot.
    box = page.locator(".stage-inner").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    mark = page.locator(".focal")
    assert "75 % from the left, 25 % from the top" in mark.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert "76 % from the left, 35 % from the top" in mark.get_attribute("aria-label")
    square = page.locator("canvas[data-ratio-width='1']")
    assert float(square.get_attribute("data-left")) == pytest.approx(0.38, abs=0.01)

    # A crop of the right half, by keys: smaller from its corner, then moved.
    page.click("button:text-is('Crop')")
    for _ in range(25):
        page.keyboard.press("Shift+ArrowLeft")
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#id_crop_x") == "0.5000"
    assert page.input_value("#id_crop_width") == "0.5000"
    assert float(square.get_attribute("data-left")) == pytest.approx(0.5, abs=0.01)
    assert faults_of(page, axe) == []
    page.fill("#id_alt_text", "The quay at night.")
    page.fill("#id_licence_expires_on", "2020-01-31")
    page.click("input[name=_save]")
    page.wait_for_selector("text=The licence has ended")
    page.wait_for_selector("text=Its sizes are ready.")

    media.refresh_from_db()
    assert media.crop == {"x": 0.5, "y": 0, "width": 0.5, "height": 1}
    assert (media.focal_x, media.focal_y) == (0.76, 0.35)
    assert media.shown_size == (500, 500)
    page.set_viewport_size({"width": 400, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.reload()
    page.wait_for_selector(".focal")
    assert sideways(page) <= 0
    assert faults_of(page, axe) == []
