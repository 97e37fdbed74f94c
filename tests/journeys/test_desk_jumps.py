"""A step that is refused names what is missing; each sentence leads to its field."""

import pytest

from editorial import actions
from editorial.models import Article, Status
from tests import factories

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def test_what_is_missing_is_one_click_away(desk, axe, wim):
    factories.CategoryFactory(name="Harbour")
    item = actions.create(Article(title="", author=wim), by=wim)
    page = desk(wim, viewport={"width": 1360, "height": 900})
    page.goto(f"/admin/editorial/article/{item.pk}/change/")
    page.wait_for_selector(".body-editor.is-ready")
    page.click('[role=tab]:has-text("Checks")')

    # The question names three fields; each sentence is a way to one.
    page.click(".next-main")
    dialog = page.locator("dialog[open]")
    dialog.locator("a", has_text="Choose a category.").click()
    expect(dialog).to_have_count(0)
    category = page.locator("#id_category")
    expect(category).to_be_focused()
    expect(page.locator("#tab-panel-details")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(category).to_have_attribute("aria-invalid", "true")
    expect(category).to_have_attribute("aria-describedby", "says-category")
    expect(page.locator("#says-category")).to_have_text("Choose a category.")
    assert axe(page, "#panel-details") == []
    category.select_option(label="Harbour")
    expect(page.locator("#says-category")).to_have_count(0)
    expect(category).not_to_have_attribute("aria-invalid", "true")

    # By keys, and into the text.
    page.click("[name=_save]")
    page.wait_for_selector(".messagelist .success")
    page.wait_for_selector(".body-editor.is-ready")
    page.click(".next-main")
    page.locator("dialog[open] a", has_text="Write the body").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ProseMirror")).to_be_focused()
    expect(page.locator("#says-body")).to_be_visible()
    page.keyboard.type("The tide does not wait.")
    expect(page.locator("#says-body")).to_have_count(0)

    # A link from elsewhere arrives at the field as well.
    page.goto("about:blank")
    page.goto(f"/admin/editorial/article/{item.pk}/change/#id_title")
    expect(page.locator("#id_title")).to_be_focused()
    expect(page.locator("#says-title")).to_have_text("Give it a title.")
    assert Article.objects.get(pk=item.pk).status == Status.DRAFT
