"""The content security policy, put together once; the few pages that frame others, or
are framed, say so with the decorators of `csp` and get one of their own."""

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings

FILES = "default-src 'none'; sandbox"
"""What somebody uploaded runs nothing, whatever it pretends to be."""


def content_security_policy(get_response):
    policy = build_policy()

    def middleware(request):
        response = get_response(request)
        is_file = request.path_info.startswith(settings.MEDIA_URL)
        response.headers[HEADER] = FILES if is_file else _of(response) or policy
        return response

    return middleware


def _of(response):
    """The policy that a page asks for by `csp_update` or `csp_replace`, if it does."""
    update = getattr(response, "_csp_update", None)
    replace = getattr(response, "_csp_replace", None)
    return (update or replace) and build_policy(update=update, replace=replace)
