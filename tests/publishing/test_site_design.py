"""The parts of the designed site: front page, contents, shelves, archive, theme."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.template import engines
from django.test.utils import CaptureQueriesContext

from cms.databases import PUBLIC
from publishing import theme
from publishing.views import navigation
from tests.publishing.factories import (
    NOON,
    ArticleFactory,
    CategoryFactory,
    CounterFactory,
    CourseFactory,
    TagFactory,
)

pytestmark = pytest.mark.django_db(databases=[PUBLIC])
DOCS = Path(__file__).resolve().parents[2] / "docs" / "theming.md"


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


# --- The front page ----------------------------------------------------------------


def test_the_front_page_has_its_sections_and_what_is_read_in_two_queries(client):
    sea = CategoryFactory(name="Sea", slug="sea", display_order=1)
    CategoryFactory(name="Quiet", slug="quiet")
    below = CategoryFactory(name="Tides", slug="tides", parent=sea)
    for number in range(40):
        story = ArticleFactory(category=below if number < 20 else None)
        if number in (1, 2, 3):
            CounterFactory(id=story.id, view_count=90 - number, comment_count=number)

    with CaptureQueriesContext(connections[PUBLIC]) as asked:
        page = client.get("/")

    assert len(asked) <= 2
    text = text_of(page)
    assert '<a href="/categories/sea/" dir="auto">Sea</a></h2>' in text
    assert '<a href="/categories/quiet/" dir="auto">Quiet</a></h2>' not in text
    read = text.split('id="most-read"')[1].split("</section>")[0]
    assert read.index("89 views") < read.index("88 views") < read.index("87 views")
    shown = [one["id"] for one in (page.context["lead"], *page.context["beside"])]
    shown += [one["id"] for one in page.context["below"]]
    for _, _, stories in page.context["by_section"]:
        shown += [story["id"] for story in stories]
    assert len(shown) == len(set(shown)), "a story stands twice"


# --- Articles ----------------------------------------------------------------------


def test_a_long_text_has_its_contents_and_a_short_one_none(client):
    heading = '<h2 id="h-{0}">{0} &amp; <em>more</em></h2><p>Text.</p>'
    long = ArticleFactory(content_html="".join(map(heading.format, "abc")))
    short = ArticleFactory(content_html="".join(map(heading.format, "ab")))

    contents = text_of(client.get(long.get_absolute_url()))
    assert '<a href="#h-b">b &amp; more</a>' in contents
    assert 'class="contents"' not in text_of(client.get(short.get_absolute_url()))


def test_what_is_related_shares_a_tag_or_the_section_and_costs_no_query(client):
    sea, tag = CategoryFactory(), TagFactory(slug="tide")
    here = ArticleFactory(category=sea, tagged=[tag])
    shares = ArticleFactory(title="Shares a tag", category=sea, tagged=[tag])
    ArticleFactory.create_batch(4, category=sea)
    ArticleFactory(title="Elsewhere")
    client.get("/")

    with CaptureQueriesContext(connections[PUBLIC]) as asked:
        page = client.get(here.get_absolute_url())

    assert len(asked) == 1
    related = text_of(page).split('class="related"')[1].split("</nav>")[0]
    assert related.index("Shares a tag") < related.index("Story")
    assert "Elsewhere" not in related and related.count("<li>") == 3
    assert f"item-{shares.id}" in page["Surrogate-Key"], "a purge must find the page"


def test_only_what_was_changed_later_says_so(client):
    day_after = NOON + timedelta(days=1)
    dates = {"first_published_at": NOON, "last_modified_at": day_after}
    changed = ArticleFactory(content_version=2, **dates)
    imported = ArticleFactory(content_version=1, **dates)

    assert "Updated <time" in text_of(client.get(changed.get_absolute_url()))
    assert "Updated" not in text_of(client.get(imported.get_absolute_url()))


def test_images_say_honestly_how_wide_they_are_shown(client):
    variants = [
        {"url": f"/media/a-{w}.avif", "width": w, "height": w, "type": "image/avif"}
        for w in (480, 960)
    ]
    image = {"url": "/media/a.jpg", "alt": "", "width": 1600, "height": 800}
    story = ArticleFactory(image={**image, "variants": variants, "focal": [0.2, 0.9]})

    page = text_of(client.get(story.get_absolute_url()))
    preload = page.split('<link rel="preload"')[1].split(">")[0]
    assert 'imagesizes="(min-width: 65rem) 60rem, 92vw"' in preload
    assert 'fetchpriority="high"' in preload and "a-960.avif 960w" in preload
    assert 'class="focal-x-2 focal-y-9"' in page
    # Twice as wide as high, cut to three by two: it is fetched a third wider.
    listed = text_of(client.get("/articles/"))
    assert "(min-width: 48rem) 72.8vw" in listed and 'fetchpriority="high"' in listed


# --- Courses, archive --------------------------------------------------------------


def test_the_catalogue_is_narrowed_by_level_and_section_in_two_queries(client):
    sea = CategoryFactory(name="Sea", slug="sea")
    CourseFactory(title="Knots", difficulty_level="beginner", category=sea)
    CourseFactory(title="Storms", difficulty_level="advanced", category=sea)
    CourseFactory(title="Ledgers", difficulty_level="beginner")
    CourseFactory(title="Maps", category=CategoryFactory(slug="land", name="Land"))

    with CaptureQueriesContext(connections[PUBLIC]) as asked:
        page = text_of(client.get("/courses/?level=beginner&section=sea"))

    assert len(asked) <= 2
    assert "Knots" in page and "Storms" not in page and "Ledgers" not in page
    assert 'content="noindex, follow"' in page
    assert '<a href="?section=sea" aria-current="true"' in page, "lets go of the level"
    everything = text_of(client.get("/courses/?level=nonsense"))
    assert "Storms" in everything and "noindex" not in everything


def test_the_archive_goes_down_to_the_day(client):
    ArticleFactory(title="At noon", first_published_at=NOON)

    for path in ("2026", "2026-03", "2026-03-14"):
        assert "At noon" in text_of(client.get(f"/archive/{path}/"))
    assert "At noon" not in text_of(client.get("/archive/2026-03-15/"))
    for path in ("2026-02-31", "1066", "2026-3"):
        assert client.get(f"/archive/{path}/").status_code == 404


# --- Theme -------------------------------------------------------------------------


@pytest.fixture
def themed(settings):
    """Settings of a theme take effect at once; nothing of it stays behind."""

    yield settings
    theme.rules.cache_clear()
    navigation._Kept.masthead = ""


def test_any_accent_is_readable_on_light_and_on_dark_paper():
    for accent in ("#ffee00", "#000033", "#777777", "#ffffff", "#b1122b"):
        for paper, shown in zip(
            (theme.PAPER, theme.DARK_PAPER), theme.colours(accent), strict=True
        ):
            assert theme.contrast(paper, shown["accent"]) >= theme.READABLE
            assert theme.contrast(shown["accent"], shown["on-accent"]) >= 4.5


def test_colour_type_logo_and_links_come_from_the_settings(client, themed):
    themed.SITE_ACCENT, themed.SITE_FONT = "#0a5c8f", "sans"
    themed.SITE_LOGO, themed.SITE_LOGO_SIZE = "/media/logo.svg", "240x48"
    themed.SITE_FOOTER_LINKS = {"Imprint": "/articles/imprint/"}
    theme.rules.cache_clear()
    navigation._Kept.masthead = ""

    page = text_of(client.get("/"))

    assert '<img src="/media/logo.svg" alt="Masthead" width="240" height="48">' in page
    assert '<li><a href="/articles/imprint/">Imprint</a></li>' in page
    sheet = page.split('<link rel="stylesheet" href="/theme-')[1].split('"')[0]
    rules = client.get(f"/theme-{sheet}")
    assert "immutable" in rules["Cache-Control"]
    assert "--accent:#0a5c8f" in rules.content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SITE_ACCENT", "blue"), ("SITE_ACCENT", "#fff"), ("SITE_FONT", "comic")],
)
def test_a_setting_that_cannot_be_says_what_to_write(themed, name, value):
    setattr(themed, name, value)
    theme.rules.cache_clear()

    with pytest.raises(ImproperlyConfigured, match=name):
        theme.rules()


def test_the_worked_example_of_the_handbook_works(client, themed, tmp_path):
    """What docs/theming.md says to put into a folder is put there, and is seen."""
    for part in DOCS.read_text().split("\n`theme/")[1:]:
        name, _, rest = part.partition("`")
        code = rest.split("```")[1].partition("\n")[2]
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code)
    django = engines["django"].engine
    before = list(django.dirs)
    ArticleFactory(title="The tide turns", slug="tide", content_html="<p>Slowly.</p>")
    try:
        django.dirs.insert(0, tmp_path / "templates")
        for loader in django.template_loaders:
            loader.reset()
        themed.STATICFILES_DIRS = [tmp_path / "static", *themed.STATICFILES_DIRS]
        themed.SITE_THEME = tmp_path
        page = text_of(client.get("/articles/tide/"))
    finally:
        django.dirs[:] = before
        for loader in django.template_loaders:
            loader.reset()

    assert "Thank you for reading" in page and "Slowly." in page
    assert 'href="/static/theme.css"' in page
