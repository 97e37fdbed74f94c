"""Who is at the other end, behind the proxies that we run ourselves."""

import ipaddress

from django.conf import settings


def address_of(request):
    """The client's address: as many proxies as we run have each added one.

    With TRUSTED_PROXIES = 0 the header is ignored, because anybody can send it.
    """
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        hops = request.headers.get("x-forwarded-for", "").split(",")
        candidate = hops[-proxies].strip() if len(hops) >= proxies else ""
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            pass
    return request.META.get("REMOTE_ADDR", "")
