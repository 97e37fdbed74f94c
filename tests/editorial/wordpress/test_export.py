"""Reading WXR: in small memory, in any of its namespaces."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editorial.wordpress.export import Export, name_of
from editorial.wordpress.records import address_key
from editorial.wordpress.seo import filled
from editorial.wordpress.values import Unusable, moment, plain

HEAD = (
    '<rss xmlns:wp="http://wordpress.org/export/1.2/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    "<wp:wxr_version>1.2</wp:wxr_version>"
)


@pytest.fixture
def large(tmp_path):
    """24 MB of posts, and one with ten thousand comments."""
    path = tmp_path / "large.xml"
    words = "words " * 100
    body = "<![CDATA[" + "A sentence of a long story. " * 300 + "]]>"
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(2_000):
            file.write(
                f"<item><wp:post_id>{number}</wp:post_id><wp:post_type>post"
                f"</wp:post_type><content:encoded>{body}</content:encoded></item>"
            )
        file.write("<item><wp:post_id>x</wp:post_id><wp:post_type>post</wp:post_type>")
        for number in range(10_000):
            file.write(
                f"<wp:comment><wp:comment_id>{number}</wp:comment_id>"
                f"<wp:comment_content>{words}</wp:comment_content></wp:comment>"
            )
        file.write("</item></channel></rss>")
    return path


def test_memory_does_not_grow_with_the_file(large):
    size, comments = large.stat().st_size, 0
    tracemalloc.start()
    for name, row in Export(large).rows():
        if name == "item":
            comments += sum(1 for _ in row["comments"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert comments == 10_000
    assert peak < size / 8


def test_progress_adds_up_to_the_size(large):
    read = []
    Export(large, on_read=read.append).survey()

    assert sum(read) == large.stat().st_size


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("{http://wordpress.org/export/1.0/}post_id", "wp:post_id"),
        ("{https://wordpress.org/export/1.2/}post_id", "wp:post_id"),
        ("{http://wordpress.org/export/1.2/excerpt/}encoded", "excerpt:encoded"),
        ("{http://purl.org/rss/1.0/modules/content/}encoded", "content:encoded"),
        ("{http://purl.org/dc/elements/1.1/}creator", "dc:creator"),
        ("{http://example.org/}thing", "other:thing"),
        ("title", "title"),
    ],
)
def test_every_version_of_wxr_has_the_same_names(tag, name):
    assert name_of(tag) == name


@pytest.mark.parametrize(
    "text",
    [
        "0000-12-31 00:00:00",
        "2020-13-01 00:00:00",
        "2020-02-30 00:00:00",
        "soon",
        "9999-12-31 23:59:59",
    ],
)
def test_a_date_that_is_none_is_said(text):
    with pytest.raises(Unusable, match="is none"):
        moment(text)


def test_the_first_date_that_is_one_counts():
    assert moment("", "0000-00-00 00:00:00", "Mon, 30 Nov -0001 00:00:00 +0000") is None
    assert moment("0000-13-01 00:00:00", "2020-01-02 03:04:05").year == 2020
    assert moment("", "Thu, 02 Jan 2020 09:00:00 +0200").hour == 7


@given(st.text(max_size=40))
def test_any_date_is_a_date_or_said(text):
    try:
        found = moment(text)
    except Unusable:
        return
    assert found is None or 1000 <= found.year <= 9998


def test_sizes_of_an_image_have_one_key():
    base = address_key("https://a.example/wp-content/uploads/2020/01/quay.jpg")

    for url in (
        "http://a.example/wp-content/uploads/2020/01/quay.jpg?w=300",
        "https://a.example/wp-content/uploads/2020/01/quay-300x200.jpg",
        "https://A.example/wp-content/uploads/2020/01/quay-scaled.jpg",
        "//a.example/wp-content/uploads/2020/01/quay.jpg",
    ):
        assert address_key(url) == base


def test_names_are_words():
    assert plain("Rock &amp; <b>Roll</b>") == "Rock & Roll"
    assert plain("a < b") == "a < b"


def test_variables_of_seo_plugins_are_put_in():
    assert filled("%%title%% %%page%% %%sep%% %%sitename%%", "A", "B") == "A - B"
    assert filled("#post_title | #site_title", "A", "B") == "A | B"
