"""Caches in front of us, and how each is told to forget.

One class for each kind. `purge(keys)` forgets pages by their surrogate keys,
`purge_all()` everything. Both raise `Refused` with a sentence for people.
"""

import json
import re
import urllib.error
import urllib.request

from django.conf import settings

TIMEOUT = 5
"""Seconds to wait for an answer."""


class Refused(Exception):
    """It was not purged: why, what to do, and when to ask again if it said so."""

    def __init__(self, sentence, retry_after=None):
        super().__init__(sentence)
        self.retry_after = retry_after


def ask(method, url, *, headers, body=None):
    """The answer's text; `Refused` for everything but 2xx."""
    request = urllib.request.Request(  # noqa: S310  (addresses of our own settings)
        url, data=body, method=method, headers={"User-Agent": "Masthead"} | headers
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.read(100_000).decode(errors="replace")
    except urllib.error.HTTPError as answer:
        said = answer.read(2000).decode(errors="replace")
        wait = answer.headers.get("Retry-After", "")
        raise Refused(
            f"It answered {answer.code}: {_reason(said) or answer.reason}.",
            retry_after=int(wait) if wait.isdecimal() else None,
        ) from None
    except (OSError, ValueError) as problem:
        raise Refused(f"It cannot be reached: {problem}.") from None


def _reason(said):
    """What a JSON answer says went wrong, else the first line."""
    try:
        found = json.loads(said)
    except ValueError:
        return re.sub(r"<[^>]*>|\s+", " ", said).strip()[:200]
    if not isinstance(found, dict):
        return ""
    errors = [each.get("message", "") for each in found.get("errors") or []]
    return "; ".join(filter(None, errors)) or str(found.get("msg", ""))[:200]


class Cloudflare:
    """Purge by cache-tags: POST /zones/{zone}/purge_cache."""

    name, title = "cloudflare", "Cloudflare"
    at_once = 100
    """Operations in one request, on all plans."""
    advice = (
        "Look at CLOUDFLARE_ZONE_ID and CLOUDFLARE_API_TOKEN; the token needs the "
        "permission Zone / Cache Purge / Purge."
    )
    needs = ("CLOUDFLARE_ZONE_ID", "CLOUDFLARE_API_TOKEN")

    def purge(self, keys):
        self._post({"tags": keys})

    def purge_all(self):
        self._post({"purge_everything": True})

    def _post(self, body):
        zone = settings.CLOUDFLARE_ZONE_ID
        said = ask(
            "POST",
            f"{settings.CLOUDFLARE_API_URL}/zones/{zone}/purge_cache",
            headers={
                "Authorization": f"Bearer {settings.CLOUDFLARE_API_TOKEN}",
                "Content-Type": "application/json",
            },
            body=json.dumps(body).encode(),
        )
        try:
            done = json.loads(said).get("success")
        except (ValueError, AttributeError):
            done = None
        if not done:
            raise Refused(f"It did not purge: {_reason(said) or 'it did not say why'}.")


class Fastly:
    """Purge by surrogate keys: POST /service/{id}/purge."""

    name, title = "fastly", "Fastly"
    at_once = 256
    advice = (
        "Look at FASTLY_SERVICE_ID and FASTLY_API_TOKEN; the token needs the scopes "
        "purge_select and purge_all."
    )
    needs = ("FASTLY_SERVICE_ID", "FASTLY_API_TOKEN")

    def purge(self, keys):
        self._post("purge", {"Surrogate-Key": " ".join(keys)})

    def purge_all(self):
        self._post("purge_all", {})

    def _post(self, what, headers):
        ask(
            "POST",
            f"{settings.FASTLY_API_URL}/service/{settings.FASTLY_SERVICE_ID}/{what}",
            headers={
                "Fastly-Key": settings.FASTLY_API_TOKEN,
                "Accept": "application/json",
                **headers,
            },
            body=b"",
        )


class Varnish:
    """BAN with an expression over the header Surrogate-Key; see deploy/varnish."""

    name, title = "varnish", "Varnish"
    at_once = 60
    """Keys that fit a header of Varnish, whose limit is 8 KB."""
    advice = "Look at VARNISH_URLS, and at who may BAN in deploy/varnish/masthead.vcl."
    needs = ("VARNISH_URLS",)

    def purge(self, keys):
        self._ban(rf"(^|\s)({'|'.join(map(re.escape, keys))})(\s|$)")

    def purge_all(self):
        self._ban(".")

    def _ban(self, expression):
        for url in settings.VARNISH_URLS:
            try:
                ask("BAN", f"{url}/", headers={"X-Ban-Keys": expression})
            except Refused as problem:
                raise Refused(f"{url}: {problem}", problem.retry_after) from None


class Nginx:
    """PURGE /*: nginx knows no keys, so it forgets every page.

    That costs little: it stands beside us, and asks us again for what readers want.
    """

    name, title = "nginx", "nginx"
    at_once = 1_000_000
    advice = (
        "Look at NGINX_URLS, and at proxy_cache_purge in deploy/nginx/masthead.conf: "
        "it needs NGINX Plus or the module ngx_cache_purge."
    )
    needs = ("NGINX_URLS",)

    def purge(self, keys):
        self.purge_all()

    def purge_all(self):
        for url in settings.NGINX_URLS:
            try:
                ask("PURGE", f"{url}/*", headers={})
            except Refused as problem:
                if "It answered 404" not in str(problem):  # it holds no page
                    raise Refused(f"{url}: {problem}", problem.retry_after) from None


KINDS = {one.name: one for one in (Cloudflare, Fastly, Varnish, Nginx)}


def configured():
    """Those that the settings name, in their order."""
    return [KINDS[name]() for name in settings.PURGED_CACHES if name in KINDS]
