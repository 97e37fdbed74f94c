"""Validators: nobody overwrites what they have not read, or fetches twice.

Make a tag of an item's id and its revision, after the actor may see the item: a tag
is an oracle otherwise. Tags belong to one address, query included, so answers with
sparse fields may share the item's.
"""

from hashlib import blake2b

from rest_framework.response import Response

from cms.api.problems import Problem


def etag(*parts):
    """A strong tag, e.g. `etag(article.pk, article.revision)`."""
    text = "\x1f".join(map(str, parts)).encode()
    return f'"{blake2b(text, digest_size=12).hexdigest()}"'


def _listed(header):
    return [tag.strip() for tag in header.split(",")]


def not_modified(request, tag):
    """The 304 for a GET whose `If-None-Match` holds this tag, else None."""
    header = request.headers.get("If-None-Match", "")
    if not header:
        return None
    # Weak comparison (RFC 9110, 13.1.2): a proxy may have weakened ours.
    known = [each.removeprefix("W/") for each in _listed(header)]
    if header.strip() == "*" or tag in known:
        return Response(status=304, headers={"ETag": tag})
    return None


def must_match(request, tag):
    """For PUT, PATCH and DELETE: 428 without `If-Match`, 412 if it is stale."""
    if not request.headers.get("If-Match", "").strip():
        raise Problem(
            "precondition",
            "Send If-Match with the ETag you were given when you read it, so that "
            "nobody's changes are overwritten unseen.",
        )
    may_match(request, tag)


def may_match(request, tag):
    """For transitions: 412 if `If-Match` is there and stale."""
    header = request.headers.get("If-Match", "").strip()
    # Strong comparison: a weak tag never matches.
    if header and header != "*" and tag not in _listed(header):
        raise Problem(
            "stale",
            "It was changed since you read it. Read it again, look at what changed, "
            "and repeat your change with the new ETag.",
            headers={"ETag": tag},
        )
