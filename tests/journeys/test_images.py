"""What `sizes` says of an image is how wide a browser shows it, at every width."""

import pytest

from cms.uuids import uuid7
from editorial import blocks
from tests.publishing.factories import ArticleFactory, CategoryFactory, CourseFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]

SHOWN = """() => [...document.images].filter(
  (image) => image.getBoundingClientRect().width).map((image) => {
  const { width, height } = image.getBoundingClientRect();
  const shape = image.getAttribute("width") / image.getAttribute("height");
  const isCut = getComputedStyle(image).objectFit === "cover";
  const source = image.closest("picture").querySelector("source");
  const steps = source.sizes.split(", ").map((step) => step.split(") "));
  const isSo = (step) => step.length === 1 || matchMedia(step[0] + ")").matches;
  const fits = steps.find(isSo);
  const [, number, unit] = fits.at(-1).match(/^([0-9.]+)(rem|vw)$/);
  return {
    where: image.closest("figure, article").className,
    needs: isCut ? Math.max(width, height * shape) : width,
    says: number * (unit === "rem" ? 16 : innerWidth / 100),
  };
})"""


@pytest.fixture
def pictures():
    pk = str(uuid7())
    image = {
        "url": "/media/a.jpg",
        "alt": "",
        "width": 1600,
        "height": 1000,
        "variants": [
            {"url": f"/media/a-{width}.avif", "width": width, "type": "image/avif"}
            for width in (480, 960, 1600)
        ],
    }
    plain = f'<img src="/media/a.jpg" alt="" data-media="{pk}">'
    figures = "".join(
        f'<figure class="image{align}">{plain}</figure><p>Words.</p>'
        for align in ("", " align-wide", " align-left")
    )
    for columns in (2, 3, 4):
        inner = f'<figure class="image">{plain}</figure>' * columns
        figures += f'<figure class="gallery columns-{columns}">{inner}</figure>'
    body = blocks.refreshed(figures, {pk: image})
    sea = CategoryFactory(name="Sea", slug="sea")
    ArticleFactory(slug="body", image=image, content_html=body, category=sea)
    ArticleFactory.create_batch(14, image=image, category=sea)
    CourseFactory(slug="knots", image=image)


@pytest.mark.parametrize("width", [400, 768, 1280])
def test_browsers_are_told_how_wide_images_are(chromium, live_server, pictures, width):
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.route("**/engagement/**", lambda route: route.abort())
    page.route("**/media/**", lambda route: route.abort())
    try:
        for path in ("/", "/articles/", "/articles/body/", "/courses/"):
            page.goto(live_server.url + path, wait_until="load")
            found = page.evaluate(SHOWN)
            assert found, path
            for image in found:
                ratio = image["says"] / image["needs"]
                assert 0.985 < ratio < 1.15, (path, image)
    finally:
        context.close()
