"""The content security policy, put together once: no page asks for another one."""

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
        response.headers[HEADER] = FILES if is_file else policy
        return response

    return middleware
