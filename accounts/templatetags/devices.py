"""A browser's long name of itself, as a person would say it."""

from django import template

register = template.Library()

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "A Python program"),
)
"""In this order: Edge says that it is Chrome, and Chrome that it is Safari."""

SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent):
    """ "Firefox on Linux" """
    text = user_agent or ""
    browser = next((name for sign, name in BROWSERS if sign in text), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in text), "")
    return f"{browser} on {system}" if system else browser
