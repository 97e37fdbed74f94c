"""Words are never lost: saved as one types, kept without a network, merged where two
people write. In real browsers against the real newsroom; two at once where it takes
two."""

import re

import pytest
from django.contrib.sessions.models import Session

from editorial.blocks import plain_text
from editorial.models import Article, Clash, Status, Version
from tests import factories
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]

SAVED = "text=/^Saved \\d\\d:\\d\\d$/"


def opened(page, article):
    page.goto(f"/admin/editorial/article/{article.pk}/change/")
    page.wait_for_selector(".body-editor.is-ready")
    return page


def block(page, number):
    return page.locator(".ProseMirror > p").nth(number)


def write(page, number, words):
    """At the end of a paragraph."""
    block(page, number).click()
    page.keyboard.press("End")
    page.keyboard.type(words)


def texts(article):
    return [
        plain_text([one]) for one in Article.objects.get(pk=article.pk).block_list()
    ]


def quiet(*pages):
    """Nothing was complained of, but for the network that we cut and the sign-out."""
    known = re.compile("ERR_INTERNET_DISCONNECTED|status of 401|status of 409")
    return [
        said for page in pages for said in page.complaints if not known.search(said)
    ]


def test_a_day_at_one_desk(desk, wim):
    """Saved as one types; without a network; with the tab closed; unfinished."""
    article = factories.article(by=wim, body=[factories.paragraph("The tide.")])
    page = opened(desk(wim), article)

    write(page, 0, " It turns.")
    page.wait_for_selector(SAVED)
    assert texts(article) == ["The tide. It turns."]
    page.fill("#id_title", "High water")
    until(lambda: Article.objects.get().title == "High water")
    assert not Version.objects.exists()

    # The network goes; writing goes on.
    page.context.set_offline(True)
    write(page, 0, " Nobody hears.")
    page.fill("#id_excerpt", "Offline.")
    page.wait_for_selector("text=Offline, 2 changes kept here")
    page.context.set_offline(False)
    page.wait_for_selector(SAVED)
    until(lambda: texts(article) == ["The tide. It turns. Nobody hears."])
    assert Article.objects.get().excerpt == "Offline."

    # It goes again, and the tab is closed. What was kept is offered, and merged.
    page.context.set_offline(True)
    write(page, 0, " Kept.")
    page.wait_for_selector("text=Offline, 1 change kept here")
    page.close(run_before_unload=False)
    fresh = page.context.new_page()
    fresh.complaints = page.complaints
    page.context.set_offline(False)
    factories.edit(Article.objects.get(), by=wim, title="Newer title")
    opened(fresh, article)
    fresh.click("text=Look at it")
    assert "Kept." in fresh.inner_text(".kept-note")
    fresh.click("button:text-is('Bring it back')")
    fresh.wait_for_selector(".kept-note", state="detached")
    assert texts(article) == ["The tide. It turns. Nobody hears. Kept."]
    assert "Kept." in block(fresh, 0).inner_text()
    assert Article.objects.get().title == "Newer title"

    # Unfinished drafts are saved; what is missing is said when it is submitted.
    fresh.fill("#id_title", "")
    until(lambda: Article.objects.get().title == "")
    # It is written before the page has heard so.
    unsaved = "document.querySelector('.body-editor').body.saving.isUnsaved"
    until(lambda: not fresh.evaluate(unsaved))
    assert not quiet(fresh)


def test_two_people_at_one_article(desk, wim, ines):
    body = [factories.paragraph("Ebb."), factories.paragraph("Flood.")]
    article = factories.article(by=wim, body=body)
    his = opened(desk(wim), article)
    until(lambda: his.evaluate("!!document.querySelector('.body-editor').body.saving"))
    hers = opened(desk(ines), article)

    # They see each other within five seconds, and she reads along.
    hers.wait_for_selector(".lease-note:has-text('Wim is writing here')")
    his.wait_for_selector(".face-here:has-text('Ines')")
    assert hers.get_attribute(".ProseMirror", "contenteditable") == "false"
    write(his, 0, " First.")
    hers.wait_for_selector(".face-here.is-typing:has-text('Wim')")
    hers.wait_for_selector(".ProseMirror > p:has-text('Ebb. First.')")

    # Both write, in different paragraphs: merged, and no cursor jumps.
    hers.click("button:text-is('Write too')")
    write(hers, 1, " Second.")
    write(his, 0, " Third.")
    until(lambda: texts(article) == ["Ebb. First. Third.", "Flood. Second."])
    his.wait_for_selector(".ProseMirror > p:has-text('Flood. Second.')")
    his.keyboard.type(" Fourth.")
    until(lambda: texts(article)[0] == "Ebb. First. Third. Fourth.")
    hers.wait_for_selector(".ProseMirror > p:has-text('Fourth.')")

    # The same paragraph at once: both copies, side by side, and she decides.
    hers.context.set_offline(True)
    write(hers, 1, " Hers.")
    hers.wait_for_selector("text=Offline, 1 change kept here")
    write(his, 1, " His.")
    until(lambda: texts(article)[1] == "Flood. Second. His.")
    hers.context.set_offline(False)
    hers.wait_for_selector(".clash-card")
    his.wait_for_selector(".clash-card")
    assert hers.inner_text(".clash-one") == "Flood. Second. His."
    assert hers.inner_text(".clash-other") == "Flood. Second. Hers."
    one, other = (
        hers.locator(name).bounding_box() for name in (".clash-one", ".clash-other")
    )
    assert one["x"] + one["width"] <= other["x"] and abs(one["y"] - other["y"]) < 4
    hers.click("button:text-is('Keep mine')")
    until(lambda: texts(article)[1:] == ["Flood. Second. Hers."])
    assert not Clash.objects.exists()
    his.wait_for_selector(".clash-card", state="detached")

    # She takes over: he is told, and his last words are saved.
    write(his, 0, " Last.")
    hers.reload()
    hers.click("button:text-is('Take over')")
    his.wait_for_selector(".lease-note:has-text('Ines has taken over')")
    assert his.get_attribute(".ProseMirror", "contenteditable") == "false"
    until(lambda: texts(article)[0].endswith("Last."))

    # She leaves; he writes again.
    hers.goto("/admin/")
    his.wait_for_selector(".lease-note", state="detached")
    assert his.get_attribute(".ProseMirror", "contenteditable") == "true"
    assert not quiet(his, hers)


def test_signed_out_and_in_again_without_losing_the_page(desk, wim):
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    # The tests' own hashing is quick and unknown to a real service.
    type(wim).objects.update(
        password=PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt")
    )
    wim.refresh_from_db()
    article = factories.article(by=wim, body=[factories.paragraph("Slack.")])
    page = opened(desk(wim), article)
    Session.objects.all().delete()

    write(page, 0, " Written in between.")
    page.wait_for_selector("dialog.sign-in-again[open]")
    with page.expect_popup() as popup:
        page.click("dialog.sign-in-again button:text-is('Sign in')")
    door = popup.value
    door.fill("#id_login", wim.email)
    door.fill("#id_password", factories.PASSWORD)
    with door.expect_event("close"):
        door.click(".door button:text-is('Sign in')")
    page.wait_for_selector(SAVED)
    assert texts(article) == ["Slack. Written in between."]
    assert not page.locator("dialog.sign-in-again").count()

    # The form goes through with the new token, after what was typed last.
    write(page, 0, " And last.")
    page.click(".save-bar button[name=_version]")
    page.wait_for_selector(".messagelist:has-text('Saved as v1')")
    version = Version.objects.get()
    assert plain_text(version.snapshot["blocks"]).endswith("And last.")
    assert not quiet(page)


def test_a_new_article_is_saved_from_its_first_words(desk, wim):
    page = desk(wim)
    page.goto("/admin/editorial/article/add/")
    page.wait_for_selector(".body-editor.is-ready")
    page.fill("#id_title", "Low water")
    page.locator(".ProseMirror").click()
    page.keyboard.type("The market opens.")
    page.wait_for_selector(SAVED)
    until(lambda: Article.objects.exists() and texts(Article.objects.get()))
    article = Article.objects.get()
    assert (article.title, article.slug) == ("Low water", "low-water")
    assert page.url.endswith(f"{article.pk}/change/")

    page.keyboard.type(" Nobody asks when.")
    page.click("button:text-is('Save draft')")
    page.wait_for_selector(".messagelist:has-text('on the desk as a draft')")
    assert texts(article) == ["The market opens. Nobody asks when."]
    assert Article.objects.count() == 1
    assert not quiet(page)


def test_an_approval_is_ended_on_purpose_only(desk, wim, ines):
    article = factories.approve(factories.article(by=wim), editor=ines)
    page = opened(desk(ines), article)
    write(page, 0, " Changed.")
    page.wait_for_selector("text=/Saving ends the approval.*1 change kept here/")
    assert Article.objects.get().status == Status.APPROVED
    page.click("button:text-is('Save anyway')")
    page.wait_for_selector(SAVED)
    assert Article.objects.get().status == Status.DRAFT
    assert texts(article) == ["The harbour at five. Changed."]
    assert not quiet(page)
