"""Who is looking, without knowing who: bots out, visitors as hashes of one day."""

import hashlib
import hmac
import uuid
from functools import lru_cache

from crawlerdetect import CrawlerDetect
from django.conf import settings

_crawlers = CrawlerDetect()


def is_bot(user_agent):
    """True for crawlers, tools and whoever does not say what they are."""
    return not user_agent or _is_crawler(user_agent[:500])


@lru_cache(maxsize=4096)
def _is_crawler(user_agent):
    return _crawlers.is_crawler(user_agent)


def asked_not_to_count(headers):
    """Do Not Track and Global Privacy Control; a page fetched ahead is not read."""
    if headers.get("sec-purpose", "").startswith("prefetch"):
        return True
    if not settings.RESPECT_DO_NOT_TRACK:
        return False
    return headers.get("dnt") == "1" or headers.get("sec-gpc") == "1"


def visitor_hash(salt, *, address, user_agent, host):
    """The same reader on the same day has the same hash; tomorrow another one."""
    message = "|".join((address, user_agent, host)).encode()
    digest = hmac.new(salt, message, hashlib.sha256).digest()
    return uuid.UUID(bytes=digest[:16])


def device(user_agent):
    lower = user_agent.lower()
    if "ipad" in lower or "tablet" in lower:
        return "tablet"
    if "mobi" in lower or "iphone" in lower or "android" in lower:
        return "mobile"
    return "desktop"
