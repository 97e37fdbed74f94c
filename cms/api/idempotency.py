"""`Idempotency-Key`: a POST that is sent twice is done once.

The claim on a key is committed at once, so that a second request with the key sees
it. Then the handler runs inside one transaction of EDITORIAL, and its answer is kept
in the same transaction: whoever crashes in between has done nothing, and the claim
runs out by itself. Whoever is overtaken after that cannot commit.

Errors are not kept: they changed nothing, so a repetition is a first try.
"""

import hashlib
import json
import re
from contextlib import suppress
from datetime import timedelta

from django.db import Error, connections, transaction
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer

from cms.api.problems import Problem
from cms.databases import EDITORIAL
from cms.uuids import uuid7

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(hours=24)
CLAIMED = timedelta(seconds=60)
"""How long a request may take before another one with its key may begin."""
KEPT_HEADERS = ("Location", "ETag", "Content-Type")

CLAIM = """
INSERT INTO api_answered_requests AS kept
    (id, user_id, key, fingerprint, claim, claimed_until, headers, expires_at)
VALUES (%(id)s, %(user)s, %(key)s, %(fingerprint)s, %(claim)s,
        clock_timestamp() + %(claimed)s, '{}', clock_timestamp() + %(kept)s)
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint, claim = excluded.claim,
    claimed_until = excluded.claimed_until, expires_at = excluded.expires_at,
    status = NULL, headers = '{}', body = NULL
WHERE kept.expires_at <= clock_timestamp()
   OR (kept.status IS NULL AND kept.claimed_until <= clock_timestamp()
       AND kept.fingerprint = excluded.fingerprint)
RETURNING true
"""
"""Not "look, then insert": the unique constraint decides between two at once."""
FOUND = """
SELECT fingerprint, status, headers, body FROM api_answered_requests
WHERE user_id = %(user)s AND key = %(key)s
"""
ANSWERED = """
UPDATE api_answered_requests
SET status = %(status)s, headers = %(headers)s, body = %(body)s
WHERE user_id = %(user)s AND key = %(key)s AND claim = %(claim)s AND status IS NULL
"""
LET_GO = """
DELETE FROM api_answered_requests
WHERE user_id = %(user)s AND key = %(key)s AND claim = %(claim)s AND status IS NULL
"""
SWEEP = """
DELETE FROM api_answered_requests WHERE expires_at <= clock_timestamp()
"""


class Claim:
    """One request's turn at a key."""

    def __init__(self, request, key):
        self.values = {
            "user": request.user.pk,
            "key": key,
            "fingerprint": fingerprint(request),
            "claim": uuid7(),
        }

    def take(self):
        """None if it is this request's turn, else the answer that was kept."""
        values = self.values | {"id": uuid7(), "claimed": CLAIMED, "kept": KEPT}
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute(CLAIM, values)
            if cursor.fetchone():
                return None
            cursor.execute(FOUND, values)
            found = cursor.fetchone()
        if found is None:  # let go of in this very moment
            raise _in_flight()
        known, status, headers, body = found
        if known != self.values["fingerprint"]:
            raise Problem(
                "key-reused",
                f"This {HEADER} came with another request before. "
                "Make a new key for a new request.",
            )
        if status is None:
            raise _in_flight()
        headers = json.loads(headers) if isinstance(headers, str) else headers
        return HttpResponse(
            bytes(body or b""),
            status=status,
            headers=headers | {"Idempotency-Replayed": "true"},
        )

    def keep(self, response):
        """Store the answer, in the transaction that did the work."""
        # What may be read once only is not kept: a view says what is, instead.
        data = getattr(response, "kept_data", response.data)
        body = b"" if data is None else JSONRenderer().render(data)
        headers = {
            name: response.headers[name]
            for name in KEPT_HEADERS
            if name in response.headers
        }
        headers["Content-Type"] = response.content_type or "application/json"
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute(
                ANSWERED,
                self.values
                | {
                    "status": response.status_code,
                    "headers": json.dumps(headers),
                    "body": body,
                },
            )
            if not cursor.rowcount:
                raise _in_flight()

    def let_go(self):
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute(LET_GO, self.values)


def _in_flight():
    return Problem(
        "in-flight",
        f"A request with this {HEADER} is being answered. Ask again in a moment.",
        headers={"Retry-After": "2"},
    )


def fingerprint(request):
    """What makes two requests the same: where to, and with what."""
    seen = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.data):
            for value in request.data.getlist(name):
                seen.update(f"{name}\x1f".encode())
                if hasattr(value, "chunks"):
                    for chunk in value.chunks():
                        seen.update(chunk)
                    value.seek(0)
                else:
                    seen.update(str(value).encode())
    else:
        seen.update(request.body)
    return seen.hexdigest()


class Idempotent:
    """For views: a POST with the header goes through a claim; others pass."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method != "POST" or HEADER not in request.headers:
            return
        key = request.headers[HEADER]
        if not KEY.fullmatch(key):
            raise Problem(
                "bad-request",
                f"{HEADER} is 1 to 255 visible ASCII characters; a UUID is a good one.",
            )
        if not request.user.is_authenticated:
            return
        handler = self.post
        self.post = lambda *args, **kwargs: self._once(
            Claim(request, key), handler, *args, **kwargs
        )

    def _once(self, claim, handler, *args, **kwargs):
        if kept := claim.take():
            return kept
        try:
            with transaction.atomic(using=EDITORIAL):
                response = handler(*args, **kwargs)
                claim.keep(response)
        except BaseException:
            with suppress(Error):  # a claim that stays runs out by itself
                claim.let_go()
            raise
        return response


def forget_expired():
    """For the clock: drop the answers whose day is over."""
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute(SWEEP)
        return cursor.rowcount
