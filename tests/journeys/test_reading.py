"""Reading in a real Chromium: on a phone, by keyboard, without scripts, in the dark."""

import pytest

from tests.publishing.factories import ArticleFactory, CategoryFactory, CourseFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]

EVERY_BLOCK = """
<p>At half past five the <a href="https://example.org/">harbour</a> is quiet.</p>
<h2 id="h-one">Heading</h2><ul><li>One<ul><li>Two</li></ul></li></ul>
<blockquote><p>A wall.</p><footer><cite>Henrik Dahl</cite></footer></blockquote>
<blockquote class="pull"><p>You cannot argue with the tide.</p></blockquote>
<pre><code class="language-python">yield row.day, row.high_water  # {long}</code></pre>
<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table><thead>
<tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table></div>
<aside class="callout callout-warning"><p>Mind the gale.</p></aside>
<figure class="embed embed-youtube"><a class="embed-link" href="https://example.org/">
Watch</a><figcaption>Nine minutes.</figcaption></figure><hr><p>{long}</p>
""".format(
    long="unbreakable" * 30,
    heads='<th scope="col">Measured at the quay</th>' * 9,
    cells="<td>71</td>" * 9,
)


@pytest.fixture
def visit(chromium, live_server):
    """Open a path in a fresh browser; `page.complaints` is what its console said."""
    contexts = []

    def open_page(path, *, width=1280, away=False, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        if away:
            page.route("**/engagement/**", lambda route: route.abort())
        page.goto(live_server.url + path, wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def stories():
    sea = CategoryFactory(name="Sea", slug="sea")
    ArticleFactory(slug="blocks", category=sea, content_html=EVERY_BLOCK)
    ArticleFactory(title="الميناء الذي تعلّم أن يطفو", slug="rtl", category=sea)
    ArticleFactory(title="Donaudampfschifffahrtsgesellschaft" * 4, slug="long")
    CourseFactory(slug="knots", title="Knots")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_scrolls_sideways_or_complains(visit, stories, width, scheme):
    for path in ("/", "/articles/blocks/", "/articles/long/", "/categories/sea/"):
        page = visit(path, width=width, color_scheme=scheme, away=True)

        overflow = "document.documentElement.scrollWidth - window.innerWidth"
        assert page.evaluate(overflow) <= 0, path
        assert not [text for text in page.complaints if "Security Policy" in text]


def test_the_dark_page_is_dark(visit, stories):
    def paper(scheme):
        page = visit("/", color_scheme=scheme)
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert paper("light") == "rgb(255, 255, 255)"
    assert paper("dark") == "rgb(18, 19, 22)"


def test_text_runs_from_the_right_where_its_script_does(visit, stories):
    page = visit("/articles/rtl/")

    assert page.evaluate(
        "getComputedStyle(document.querySelector('h1')).direction"
    ) == ("rtl")


def test_the_keyboard_skips_to_the_content(visit, stories):
    page = visit("/articles/blocks/", away=True)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_without_scripts_the_discussion_is_a_link(visit, stories):
    page = visit("/articles/blocks/", java_script_enabled=False)

    link = page.get_by_role("link", name="Join the discussion")
    assert link.get_attribute("href").startswith("/engagement/discussion/article/")


def test_with_the_comments_away_the_page_says_so_quietly(visit, stories):
    page = visit("/articles/blocks/", away=True)

    page.locator("#discussion").scroll_into_view_if_needed()

    page.get_by_text("Comments are taking a break.").wait_for(timeout=5000)
    assert page.get_by_text("At half past five").is_visible()


def test_readers_who_ask_not_to_be_counted_are_not(visit, stories, live_server):
    def beacons(page):
        sent = []
        page.on("request", lambda request: sent.append(request.url))
        page.goto(live_server.url + "/articles/blocks/")
        page.wait_for_timeout(300)
        return [url for url in sent if url.endswith("/engagement/views/")]

    asking = visit("/")
    asking.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )

    assert beacons(asking) == []
    assert len(beacons(visit("/"))) == 1


def test_a_search_starts_from_any_page(visit, stories):
    page = visit("/articles/blocks/", away=True)

    page.get_by_label("Search").fill("knots")
    page.keyboard.press("Enter")

    page.get_by_role("link", name="Knots").wait_for(timeout=5000)
