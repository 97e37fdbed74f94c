"""What every template may know. Nothing here depends on who is reading."""

from django.conf import settings

_SITE = {
    "site_name": settings.SITE_NAME,
    "site_tagline": settings.SITE_TAGLINE,
    "site_origin": settings.SITE_ORIGIN,
    "mail_folder": settings.MAIL_FOLDER,
}


def site(request):
    return _SITE
