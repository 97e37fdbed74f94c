"""From a blank page to a reader, in a real Chromium, with each service's own keys.

The web process and the Celery worker are the real ones, connected to PostgreSQL as
the roles they have in production; nothing is delivered by the test itself.
"""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from editorial.models import Article, Status
from publishing.models import PublishedArticle
from tests import factories
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def sign_in(page, person):
    """Through the form, as people do."""
    # The tests' own hashing is quick and unknown to a real service.
    type(person).objects.filter(pk=person.pk).update(
        password=PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt")
    )
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_login", person.email)
    page.fill("#id_password", factories.PASSWORD)
    page.click(".door button:text-is('Sign in')")
    page.wait_for_url("**/admin/")


def press(page, label):
    """A verb of the bar or of its menu, through the question that it asks."""
    verb = page.locator(f"a[data-verb]:text-matches('^{label}')").first
    if not verb.is_visible():
        page.click(".next-others > summary")
    verb.click()
    with page.expect_navigation():
        page.locator("form[data-do] button[type=submit]").first.click()


def test_from_a_blank_page_to_a_reader(visitor, desk, worker, wim, ines):
    factories.CategoryFactory(name="Harbour", slug="harbour")

    mine = visitor()
    sign_in(mine, wim)
    mine.click("a:text('New article')")
    mine.fill("#id_title", "Low water")
    mine.focus(".body-editor.is-ready .ProseMirror")
    mine.keyboard.type("The market opens after the water.")
    mine.keyboard.press("Enter")
    mine.keyboard.type("Nobody asks when.")
    mine.select_option("#id_category", label="Harbour")
    mine.click("button:text-is('Save draft')")
    mine.wait_for_url("**/change/")
    assert "on the desk as a draft" in mine.inner_text(".messagelist")
    assert "9 words" in mine.inner_text(".body-count")
    press(mine, "Submit for review")
    assert "Waiting for review" in mine.inner_text(".state-line")

    theirs = desk(ines)
    theirs.goto("/admin/")
    theirs.click(".panel a:text('Low water')")
    press(theirs, "Start the review")
    press(theirs, "Approve")
    press(theirs, "Publish now")
    assert "Live: v1" in theirs.inner_text(".state-line")

    until(lambda: PublishedArticle.objects.filter(slug="low-water").exists())
    theirs.click("a:text-is('Live page')")
    assert theirs.inner_text("h1") == "Low water"
    theirs.go_back()
    until(lambda: theirs.reload() and "live in" in theirs.inner_text(".facts"))
    assert not [
        said for page in (mine, theirs) for said in page.complaints if "Policy" in said
    ]


def test_the_whole_path_works_without_scripts(visitor, desk, wim, ines):
    draft = factories.article(by=wim)
    page = visitor(java_script_enabled=False)
    sign_in(page, wim)

    page.goto(f"/admin/editorial/article/{draft.pk}/change/")
    page.fill("#id_body", "Words without scripts.")
    page.click("button:text-is('Save and submit for review')")
    assert Article.objects.get().status == Status.PENDING_REVIEW

    page = desk(ines, java_script_enabled=False)
    page.goto(f"/admin/editorial/article/{draft.pk}/change/")
    for label in ("Start the review", "Approve", "Publish now"):
        press(page, label)
    assert Article.objects.get().status == Status.PUBLISHED


def test_no_page_of_the_desk_scrolls_sideways_or_breaks_the_policy(desk, wim, ines):
    article = factories.publish(factories.article(by=wim), editor=ines)
    factories.MediaFactory(uploaded_by=wim)
    factories.course(by=wim)
    page = desk(ines)
    item = f"/admin/editorial/article/{article.pk}"

    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for path in (
            "/admin/",
            "/admin/editorial/article/",
            "/admin/editorial/article/add/",
            f"{item}/change/",
            f"{item}/versions/",
            f"{item}/versions/1/",
            f"{item}/remarks/",
            f"{item}/do/archive/",
            "/admin/editorial/media/",
            "/admin/editorial/category/add/",
            "/admin/editorial/outboxevent/",
        ):
            page.goto(path)
            wide = page.evaluate(
                "document.documentElement.scrollWidth - window.innerWidth"
            )
            assert wide <= 0, (path, width)
    assert not [said for said in page.complaints if "Policy" in said]
