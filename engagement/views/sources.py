"""Where a view came from: a class that is worth a line in a table, not a trail."""

import re
from functools import lru_cache

from django.conf import settings

SEARCH = re.compile(
    r"(^|\.)(google|bing|duckduckgo|ecosia|qwant|startpage|baidu|yandex|brave|"
    r"yahoo|kagi|naver|seznam|metager|mojeek|sogou)\.",
)
SOCIAL = re.compile(
    r"(^|\.)(facebook|instagram|threads|linkedin|lnkd|twitter|x|t|bsky|reddit|"
    r"pinterest|tiktok|youtube|youtu|whatsapp|telegram|mastodon|tumblr|vk|discord|"
    r"snapchat|quora|weibo)\.(com|net|org|be|co|in|app|social|me|ru|gg)$|"
    r"^(mastodon|mstdn)\.|(^|\.)news\.ycombinator\.com$|(^|\.)lobste\.rs$",
)
MAIL = re.compile(r"(^|\.)(mail|webmail|outlook|e?mail)\.", re.I)
LETTERS = {"email", "e-mail", "mail", "newsletter", "letter"}

SOURCES = ("direct", "internal", "search", "social", "mail", "other")


def source_of(host, *, own, medium=""):
    """One of `SOURCES`: what the link said of itself goes before where it was."""
    if medium.lower() in LETTERS:
        return "mail"
    if not host:
        return "direct"
    return "internal" if host == own else _class_of(host)


@lru_cache(maxsize=4096)
def _class_of(host):
    for name, pattern in (("mail", MAIL), ("search", SEARCH), ("social", SOCIAL)):
        if pattern.search(host):
            return name
    return "other"


def country_of(meta):
    """Two letters that the proxy in front has found (`COUNTRY_HEADER`), or nothing.

    Without the setting the header is ignored, because anybody can send it."""
    if not settings.COUNTRY_HEADER:
        return ""
    said = meta.get(settings.COUNTRY_HEADER, "").upper()
    # XX and T1 are "unknown" and "Tor" where proxies say so.
    return said if re.fullmatch("[A-Z]{2}", said) and said != "XX" else ""
