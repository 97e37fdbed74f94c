"""Sessions in the database, as Django keeps them, found with one plain statement."""

from django.contrib.sessions.backends import db
from django.db import connections, router
from django.utils import timezone


class SessionStore(db.SessionStore):
    def load(self):
        """Each request asks this: without a model it takes a third of the time."""
        with connections[router.db_for_read(self.model)].cursor() as cursor:
            cursor.execute(
                'SELECT "session_data" FROM "django_session"'
                " WHERE session_key = %s AND expire_date > %s",
                [self.session_key, timezone.now()],
            )
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])
