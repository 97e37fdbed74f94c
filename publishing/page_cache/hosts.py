"""How new is what a page was made from? Replicas may be behind the log."""

from django.db import Error, connections

from cms.databases import PUBLIC


class Hosts:
    def before(self):
        """Call it before a page is made: (server, its position), or None.

        Without replicas there is nothing to ask: what this process has heard of is
        there for whoever reads.
        """
        connection = connections[PUBLIC]
        if not connection.settings_dict.get("REPLICAS"):
            return None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT position FROM page_clock")
                position = cursor.fetchone()
        except Error:
            return (None, -1)
        return (getattr(connection, "server", None), position[0] if position else -1)

    def position(self, before, heard):
        """The position that a page was made at; None if nobody can say."""
        if before is None:
            return heard
        server, position = before
        if server is None or connections[PUBLIC].server is not server:
            return None  # it moved to another one on the way
        return min(position, heard)
