import pytest

from editorial import blocks
from tests.editorial.test_blocks import every_kind

MEDIA_ID = "0199a2b4-0000-7000-8000-00000000000a"


def read(html, **kwargs):
    body, notes = blocks.from_html(html, **kwargs)
    blocks.validate(body)
    return [one["content"] for one in body], notes


def words(node):
    return "".join(one.get("text", "\n") for one in node["content"])


# --- WordPress's paragraphs -------------------------------------------------------


def test_blank_lines_make_paragraphs_and_single_ones_breaks():
    nodes, notes = read("One\nstill one\n\nTwo\n \t\n\nThree")

    assert [node["type"] for node in nodes] == ["paragraph"] * 3
    assert [words(node) for node in nodes] == ["One\nstill one", "Two", "Three"]
    assert notes == []


def test_two_line_breaks_in_a_row_make_a_paragraph():
    nodes, _ = read("One<br><br />Two<br>still two")

    assert [words(node) for node in nodes] == ["One", "Two\nstill two"]


def test_a_paragraph_ends_within_an_element_too():
    nodes, _ = read("<em>One\n\nTwo</em> end")

    assert [words(node) for node in nodes] == ["One", "Two end"]
    assert nodes[1]["content"][0]["marks"] == [{"type": "italic"}]


def test_without_wordpress_lines_are_only_spaces():
    nodes, _ = read("<p>One\nstill\n\none</p>", autop=False)

    assert words(nodes[0]) == "One still one"


def test_code_keeps_its_lines():
    nodes, _ = read('<pre><code class="language-Python">a\n\n  b &lt; c\n</code></pre>')

    assert nodes == [
        {
            "type": "codeBlock",
            "attrs": {"language": "python"},
            "content": [{"type": "text", "text": "a\n\n  b < c\n"}],
        }
    ]


def test_the_more_marker_is_a_divider_that_shows_nothing():
    body, notes = blocks.from_html("Teaser\n\n<!--more-->\n\nRest")

    assert [one["type"] for one in body] == ["paragraph", "divider", "paragraph"]
    assert blocks.render(body) == "<p>Teaser</p>\n<p>Rest</p>\n"
    assert notes == []


def test_an_address_alone_on_a_line_is_an_embed():
    nodes, _ = read("Look:\n\nhttps://vimeo.com/12345678\n\nhttps://example.org/x")

    assert [node["type"] for node in nodes] == ["paragraph", "embed", "paragraph"]


# --- blocks -----------------------------------------------------------------------


def test_headings_of_other_levels_come_nearer():
    nodes, notes = read("<h1>A</h1><h3>B</h3><h6>C</h6>")

    assert [node["attrs"]["level"] for node in nodes] == [2, 3, 4]
    assert len(notes) == 2


def test_lists_nest():
    nodes, _ = read("<ul><li>a<ol start=3><li>b</li></ol></li><ul><li>c</li></ul></ul>")

    [outer] = nodes
    inner, stray = outer["content"][0]["content"][1:]
    assert inner["type"] == "orderedList"
    assert inner["attrs"] == {"start": 3}
    assert stray["type"] == "bulletList"


def test_a_quote_knows_who_said_it():
    nodes, _ = read(
        '<blockquote cite="https://example.org"><p>So.</p><cite>Ada</cite></blockquote>'
    )

    assert nodes[0]["attrs"] == {"cite": "https://example.org"}
    assert nodes[0]["content"][-1]["type"] == "citation"


def test_a_table_keeps_its_head_spans_and_caption():
    nodes, _ = read(
        "<table><caption>Sums</caption><tfoot><tr><td>last</td></tr></tfoot>"
        "<thead><tr><th colspan=2>Head</th></tr></thead>"
        "<tbody><tr><td>a</td><td rowspan=3>b</td></tr></tbody></table>"
    )

    head, body, foot, caption = nodes[0]["content"]
    assert head["content"][0]["type"] == "tableHeader"
    assert head["content"][0]["attrs"] == {"colspan": 2}
    assert body["content"][1]["attrs"] == {"rowspan": 3}
    assert foot["content"][0]["content"][0]["content"][0]["text"] == "last"
    assert caption["type"] == "caption"


def test_an_image_is_found_in_the_library_by_its_address_or_number():
    for found in (
        {"media_for_url": {"https://x.example/a.png": MEDIA_ID}.get},
        {"media_for_id": {"7": MEDIA_ID}.get},
    ):
        nodes, _ = read(
            '<img class="alignleft wp-image-7" src="https://x.example/a.png" alt="A">',
            **found,
        )

        attrs = {"media": MEDIA_ID, "alt": "A", "align": "left"}
        assert nodes == [{"type": "image", "attrs": attrs}]


def test_an_image_that_nobody_knows_keeps_its_address():
    nodes, _ = read('<a href="/big.png"><img src="//x.example/a b.png" width="10"></a>')

    attrs = {"src": "https://x.example/a%20b.png", "width": 10, "href": "/big.png"}
    assert nodes == [{"type": "image", "attrs": attrs}]


def test_an_image_in_a_paragraph_stands_before_or_after_its_words():
    nodes, notes = read(
        '<p><img src="/a.png"> Words.</p><p>Words. <img src="/b.png"></p>'
    )

    kinds = [node["type"] for node in nodes]
    assert kinds == ["image", "paragraph", "paragraph", "image"]
    assert notes == []


def test_an_image_within_a_sentence_moves_and_a_note_says_so():
    nodes, notes = read('<p>Some <img src="/a.png"> words.</p>')

    assert [node["type"] for node in nodes] == ["image", "paragraph"]
    assert notes == ["An image within a sentence now stands before it."]


def test_a_smiley_is_its_words():
    nodes, _ = read('Fine <img class="wp-smiley" src="/s.gif" alt=":)"> yes')

    assert words(nodes[0]) == "Fine :) yes"


# --- shortcodes -------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        '[caption id="a" align="alignleft" width="9"]<img src="/a.png"> By <em>me</em>'
        "[/caption]",
        '[caption align="alignleft" caption="By <em>me</em>"]<img src="/a.png">'
        "[/caption]",
    ],
)
def test_a_caption_belongs_to_its_image(source):
    nodes, notes = read(f"Before\n{source}\nAfter")

    assert [node["type"] for node in nodes] == ["paragraph", "image", "paragraph"]
    assert nodes[1]["attrs"]["align"] == "left"
    assert words(nodes[1]) == "By me"
    assert notes == []


def test_a_gallery_is_made_of_what_is_known():
    nodes, notes = read(
        '[gallery ids="7,8" columns="2"]', media_for_id={"7": MEDIA_ID}.get
    )

    assert nodes[0]["type"] == "gallery"
    assert nodes[0]["attrs"] == {"columns": 2}
    assert len(nodes[0]["content"]) == 1
    assert notes == ["A gallery is without its image 8: it is unknown."]


def test_a_gallery_without_numbers_shows_what_is_attached():
    nodes, _ = read("[gallery]", attached=lambda: [MEDIA_ID])

    assert nodes[0]["content"][0]["attrs"] == {"media": MEDIA_ID}


def test_a_gallery_of_which_nothing_is_known_stays_text():
    nodes, notes = read('[gallery ids="7"]')

    assert words(nodes[0]) == '[gallery ids="7"]'
    assert len(notes) == 1


def test_an_embed_of_a_site_that_is_not_listed_is_a_link():
    nodes, notes = read("[embed]https://example.org/x[/embed]")

    assert (
        nodes[0]["content"][0]["marks"][0]["attrs"]["href"] == "https://example.org/x"
    )
    assert len(notes) == 1


def test_other_shortcodes_stay_and_a_note_says_so():
    nodes, notes = read('[contact-form to="a"] and [sic]')

    assert words(nodes[0]) == '[contact-form to="a"] and [sic]'
    assert notes == ["The shortcode [contact-form] stays as text."]


def test_shortcodes_in_code_are_code():
    nodes, notes = read("<pre>[caption]<!-- x -->[/caption]</pre>")

    assert nodes[0]["type"] in ("codeBlock", "html")
    assert "[caption]" in str(nodes[0])


# --- what no block can say --------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "<dl><dt>a</dt><dd>b</dd></dl>",
        '<video src="/a.mp4" controls></video>',
        "<script>alert(1)</script>",
        '<form action="/x"><input name="a"></form>',
        '<iframe src="https://unknown.example/x"></iframe>',
        "<ul><li><table><tr><td>x</td></tr></table></li></ul>",
        "<pre>a <a href='/b'>b</a></pre>",
        "<!-- a secret -->",
    ],
)
def test_it_is_kept_as_html_and_a_note_says_why(source):
    nodes, notes = read(f"Before\n\n{source}\n\nAfter")

    assert [node["type"] for node in nodes] == ["paragraph", "html", "paragraph"]
    assert any(note.startswith("Kept as HTML") for note in notes)


def test_only_the_paragraph_with_foreign_markup_becomes_html():
    nodes, _ = read(
        "<p>One</p><p>Two <svg><path d='M0'/></svg> <b>bold</b></p><p>3</p>"
    )

    assert [node["type"] for node in nodes] == ["paragraph", "html", "paragraph"]
    assert "<strong>bold</strong>" in nodes[1]["attrs"]["html"]


def test_a_link_that_leads_astray_leaves_its_words_and_a_note():
    nodes, notes = read('<a href="javascript:alert(1)">Click</a>')

    assert nodes[0]["content"] == [{"type": "text", "text": "Click"}]
    assert "javascript:alert(1)" in notes[0]


def test_what_is_left_out_is_counted():
    _, notes = read('<p style="color:red" id="x">a <font face="y">b</font></p>')

    assert notes == ["Left out: <font>, face, id, style."]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "   \n ",
        None,
        "a < b & c > d <3",
        "</div></p>x",
        "<b><i>x</b></i>",
        "<p>a<div>b</p></div>",
        "x\x00y\ud800\uffff",
        "<html><head><title>t</title></head><body>x</body></html> tail",
        "<" * 500,
        "<div>" * 200 + "deep" + "</div>" * 200,
        "<b>" * 3000 + "deep",
        "[caption",
        "[caption]x",
        '[gallery ids="' * 50,
        "<!-- unfinished",
        "<![CDATA[x]]>",
        "<?php echo 1 ?>",
        "<ul>words</ul>",
        "<table>words</table>",
        "<li>alone</li><li>too</li>",
    ],
)
def test_broken_markup_is_read_all_the_same(source):
    body, _ = blocks.from_html(source)
    blocks.validate(body)
    blocks.render(body)


def test_no_word_is_lost_in_deep_markup():
    for opening in ("<div>", "<b>", "<blockquote>", "<ul><li>"):
        body, _ = blocks.from_html(opening * 1500 + "deep words")

        assert "deep words" in str(body)


# --- and back ---------------------------------------------------------------------


def test_everything_survives_the_text_field():
    body = every_kind()
    again, notes = blocks.from_html(blocks.to_html(body))

    assert notes == []
    before = [one["content"] for one in blocks.canonical(body)]
    assert [one["content"] for one in again] == before
    kept = blocks.reuse_ids(body, again)
    assert [one["id"] for one in kept] == [one["id"] for one in body]


def test_raw_html_survives_the_text_field_whatever_is_in_it():
    source = "</div> <b>open [gallery] <!--more--> \n\n <script>x</script>"
    body = [
        blocks.new_block({"type": "html", "attrs": {"html": source}}),
        blocks.new_block(
            {"type": "paragraph", "content": [{"type": "text", "text": "[gallery]"}]}
        ),
    ]
    again, _ = blocks.from_html(blocks.to_html(body))

    assert [one["content"] for one in again] == [one["content"] for one in body]


# --- the block editor of WordPress ------------------------------------------------


def gutenberg(content, **kwargs):
    body, notes = blocks.from_gutenberg(content, **kwargs)
    blocks.validate(body)
    return [one["content"] for one in body], notes


def test_blocks_of_wordpress_become_ours():
    nodes, notes = gutenberg(
        '<!-- wp:paragraph {"align":"center"} -->\n'
        '<p class="has-text-align-center">One\ntwo</p>\n<!-- /wp:paragraph -->\n\n'
        '<!-- wp:heading {"level":3} --><h3>Head</h3><!-- /wp:heading -->'
        "<!-- wp:list --><ul><!-- wp:list-item --><li>a</li><!-- /wp:list-item --></ul>"
        "<!-- /wp:list -->"
        "<!-- wp:quote --><blockquote><!-- wp:paragraph --><p>q</p>"
        "<!-- /wp:paragraph --><cite>Ada</cite></blockquote><!-- /wp:quote -->"
        "<!-- wp:pullquote --><figure class='wp-block-pullquote'><blockquote><p>p</p>"
        "<cite>Bea</cite></blockquote></figure><!-- /wp:pullquote -->"
        "<!-- wp:code --><pre><code>a\nb</code></pre><!-- /wp:code -->"
        '<!-- wp:image {"id":7} --><figure class="wp-block-image alignwide">'
        '<img src="/a.png" class="wp-image-7"/><figcaption>c</figcaption></figure>'
        "<!-- /wp:image -->"
        "<!-- wp:separator --><hr/><!-- /wp:separator -->"
        '<!-- wp:core-embed/youtube {"url":"https://youtu.be/dQw4w9WgXcQ"} -->'
        '<figure class="wp-block-embed"><div>https://youtu.be/dQw4w9WgXcQ</div>'
        "<figcaption>film</figcaption></figure><!-- /wp:core-embed/youtube -->"
        "<!-- wp:more --><!--more--><!-- /wp:more -->",
        media_for_id={"7": MEDIA_ID}.get,
    )

    assert [node["type"] for node in nodes] == [
        "paragraph",
        "heading",
        "bulletList",
        "blockquote",
        "blockquote",
        "codeBlock",
        "image",
        "horizontalRule",
        "embed",
        "horizontalRule",
    ]
    assert nodes[0]["attrs"] == {"align": "center"}
    assert words(nodes[0]) == "One two"
    assert nodes[4]["attrs"] == {"pull": True}
    assert nodes[6]["attrs"] == {"media": MEDIA_ID, "align": "wide"}
    assert notes == []


def test_a_gallery_of_wordpress_keeps_captions():
    nodes, _ = gutenberg(
        '<!-- wp:gallery {"columns":2} --><figure class="wp-block-gallery columns-2">'
        '<!-- wp:image --><figure class="wp-block-image"><img src="/a.png"/>'
        "<figcaption>a</figcaption></figure><!-- /wp:image -->"
        '<!-- wp:image --><figure class="wp-block-image"><img src="/b.png"/></figure>'
        "<!-- /wp:image --><figcaption>all</figcaption></figure><!-- /wp:gallery -->"
    )

    [gallery] = nodes
    assert gallery["attrs"] == {"columns": 2}
    assert [one["type"] for one in gallery["content"]] == ["image", "image", "caption"]
    assert words(gallery["content"][0]) == "a"
    assert words(gallery["content"][2]) == "all"


def test_columns_become_one_and_a_note_says_so():
    nodes, notes = gutenberg(
        '<!-- wp:columns --><div class="wp-block-columns"><!-- wp:column --><div>'
        "<!-- wp:paragraph --><p>left</p><!-- /wp:paragraph --></div>"
        "<!-- /wp:column --><!-- wp:column --><div>"
        '<!-- wp:latest-posts {"n":1} /--></div><!-- /wp:column --></div>'
        "<!-- /wp:columns -->"
    )

    assert [node["type"] for node in nodes] == ["paragraph", "html"]
    assert nodes[1]["attrs"]["html"] == '<!-- wp:latest-posts {"n":1} /-->'
    assert any("one column" in note for note in notes)
    assert any("latest-posts" in note for note in notes)


def test_what_stands_between_blocks_is_classic():
    nodes, _ = gutenberg("One\n\nTwo<!-- wp:separator --><hr><!-- /wp:separator -->")

    assert [node["type"] for node in nodes] == [
        "paragraph",
        "paragraph",
        "horizontalRule",
    ]


def test_what_no_block_can_say_is_kept_with_the_blocks_in_it():
    nodes, _ = gutenberg(
        "<!-- wp:acme/odd --><ul>odd<!-- wp:paragraph --><p>inner words</p>"
        "<!-- /wp:paragraph --></ul><!-- /wp:acme/odd -->"
    )

    assert "inner words" in str(nodes)
    assert "masthead" not in str(nodes)


@pytest.mark.parametrize(
    "content",
    [
        "<!-- wp:paragraph --><p>open",
        "<!-- /wp:paragraph --><p>closed only</p>",
        "<!-- wp:columns --><!-- wp:column --><p>x</p><!-- /wp:columns -->",
        "<!-- wp:paragraph {broken} --><p>x</p><!-- /wp:paragraph -->",
        "<!-- wp:paragraph [1] --><p>x</p><!-- /wp:paragraph -->",
        "<!-- wp:group -->" * 300 + "<p>x</p>",
        "<!-- wp:embed /-->",
        "<!-- wp:",
        "<!-- wp:html --><!-- /wp:html -->",
    ],
)
def test_broken_blocks_of_wordpress_are_read_all_the_same(content):
    body, _ = blocks.from_gutenberg(content)
    blocks.validate(body)
    if "<p>" in content:
        assert body
