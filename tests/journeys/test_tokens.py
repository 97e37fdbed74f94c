"""A token from its making to its end, in a browser without JavaScript."""

import json
import os
import urllib.error
import urllib.request

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import User
from tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def whose(base, secret):
    """The e-mail address the API knows the token by, or its status."""
    headers = {"Authorization": f"Bearer {secret}"}
    request = urllib.request.Request(f"{base}/api/v1/me/", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["email"]
    except urllib.error.HTTPError as refused:
        return refused.code


def picture(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_somebody_makes_a_token_uses_it_and_revokes_it(visitor, newsroom, wim):
    password = PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt")
    User.objects.filter(pk=wim.pk).update(password=password)
    page, base = visitor(java_script_enabled=False), newsroom
    page.goto(f"{base}/accounts/login/?next=/accounts/tokens/")
    page.fill("#id_login", wim.email)
    page.fill("#id_password", factories.PASSWORD)
    page.click(".door button:text-is('Sign in')")
    page.fill("#id_name", "Newsletter export")
    page.get_by_label("Read drafts").check()
    picture(page, "tokens-form")
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator(".note code").inner_text()
    picture(page, "tokens-made")
    assert whose(base, secret) == wim.email

    page.goto(f"{base}/accounts/tokens/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke").click()
    assert page.get_by_text("is revoked").first.is_visible()
    assert whose(base, secret) == 401
