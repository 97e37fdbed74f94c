"""A reader reacts, comments and replies beside an article, and loses no word."""

import pytest

from engagement.models import Comment, ContentRef
from engagement.reactions.models import Reaction
from tests.publishing.factories import ArticleFactory
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]


@pytest.fixture
def story():
    article = ArticleFactory(slug="tide", title="Low water")
    ContentRef.objects.create(
        id=article.pk,
        kind="article",
        state="live",
        title="Low water",
        url="/articles/tide/",
    )
    return article


def test_a_reader_takes_part_without_leaving_the_page(desk, axe, story, rosa):
    page = desk(rosa)
    page.goto("/articles/tide/")
    page.locator("#discussion").scroll_into_view_if_needed()
    page.fill("#comment-body", "The tide *turns*.")
    page.click("button:text-is('Post comment')")
    page.wait_for_selector(".comment em:text-is('turns')")
    first = Comment.objects.get()

    # A reply is begun, then something else is tapped: the reply is still there.
    page.click("summary:text-is('Reply')")
    page.fill(f"#reply-{first.pk}", "Half a thought")
    page.fill("#comment-body", "Another one, begun")
    page.click(".reactions button:has-text('Love')")
    page.wait_for_selector(".reaction--love[aria-pressed=true]")
    assert page.input_value(f"#reply-{first.pk}") == "Half a thought"
    assert page.input_value("#comment-body") == "Another one, begun"
    assert page.is_visible(f"#reply-{first.pk}")

    # What is sent is gone from its field, and only from that.
    page.locator(f"#comment-{first.pk} .comment__reply button").click()
    page.wait_for_selector(".comment--level-1:has-text('Half a thought')")
    assert page.input_value("#comment-body") == "Another one, begun"
    assert page.input_value(f"#reply-{first.pk}") == ""
    assert not axe(page, include="#discussion")
    assert not page.complaints
    assert (Comment.objects.count(), Reaction.objects.get().kind) == (2, "love")


def test_a_reader_without_scripts_takes_part_too(desk, story, rosa):
    page = desk(rosa, java_script_enabled=False)
    page.goto("/articles/tide/")
    page.click("text=Join the discussion")
    page.fill("#comment-body", "Plain and simple.")
    page.click("button:text-is('Post comment')")
    page.wait_for_selector(".comment:has-text('Plain and simple.')")
    page.click(".reactions button:has-text('Helpful')")
    page.wait_for_selector(".reaction--helpful[aria-pressed=true]")
    until(lambda: Reaction.objects.filter(kind="helpful").exists())
