"""The WSGI entry point: `gunicorn cms.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
application = get_wsgi_application()

from publishing.page_cache.build import in_front_of  # noqa: E402  (needs the settings)

application = in_front_of(application)
