"""The map: three databases, which app lives where, and who may connect as what.

No foreign key, join or transaction crosses databases; rows elsewhere are known by
their UUID. A router is only a convention: the grants in `cms.grants` are what
PostgreSQL itself enforces.
"""

EDITORIAL = "default"
PUBLIC = "public"
ENGAGEMENT = "engagement"
ALIASES = (EDITORIAL, PUBLIC, ENGAGEMENT)

HOME = {"publishing": PUBLIC, "engagement": ENGAGEMENT}
"""App label to alias. Apps that are not listed live in EDITORIAL."""

NAMES = {
    EDITORIAL: "cms_editorial",
    PUBLIC: "cms_public",
    ENGAGEMENT: "cms_engagement",
}
"""Alias to the database's name where the embedded server is used."""

OWNER = "cms_owner"
ROLES = (
    OWNER,
    "cms_editorial",
    "cms_accounts",
    "cms_reader",
    "cms_member",
    "cms_sync",
    "cms_engagement",
)

SERVICES = {
    "public": {PUBLIC: "cms_reader"},
    "engagement": {
        EDITORIAL: "cms_accounts",
        PUBLIC: "cms_member",
        ENGAGEMENT: "cms_engagement",
    },
    "editorial": {
        EDITORIAL: "cms_editorial",
        PUBLIC: "cms_member",
        ENGAGEMENT: "cms_engagement",
    },
    "worker": {
        EDITORIAL: "cms_editorial",
        PUBLIC: "cms_sync",
        ENGAGEMENT: "cms_engagement",
    },
    "all": {
        EDITORIAL: "cms_editorial",
        PUBLIC: "cms_member",
        ENGAGEMENT: "cms_engagement",
    },
    "migrate": {EDITORIAL: OWNER, PUBLIC: OWNER, ENGAGEMENT: OWNER},
    "test": {EDITORIAL: OWNER, PUBLIC: OWNER, ENGAGEMENT: OWNER},
}
"""Service (`CMS_SERVICE`) to the PostgreSQL role it has on each alias.

An alias that is not listed is not configured: the service holds no key to it."""

PATIENCE = {
    # Seconds to wait for one answer. Who reads pages waits for the public store, and
    # not for accounts; who is at the desk needs the newsroom's and little else.
    "public": {PUBLIC: 6},
    "engagement": {EDITORIAL: 2, PUBLIC: 3, ENGAGEMENT: 4},
    "editorial": {EDITORIAL: 10, PUBLIC: 3, ENGAGEMENT: 3},
    "all": {EDITORIAL: 20, PUBLIC: 10, ENGAGEMENT: 10},
}
"""Service to alias to patience. The worker and commands wait as long as it takes: the
limits of their roles (`cms.roles.LIMITS`) end what runs for too long."""


def home_of(app_label):
    return HOME.get(app_label, EDITORIAL)


class HomeRouter:
    """Each app reads, writes and migrates in its own home only."""

    database: str

    def db_for_read(self, model, **hints):
        if home_of(model._meta.app_label) == self.database:
            return self.database
        return None

    db_for_write = db_for_read

    def allow_relation(self, left, right, **hints):
        homes = {home_of(left._meta.app_label), home_of(right._meta.app_label)}
        if self.database in homes:
            return homes == {self.database}
        return None

    def allow_migrate(self, db, app_label, **hints):
        if db == self.database:
            return home_of(app_label) == db
        if home_of(app_label) == self.database:
            return False
        return None


class EditorialRouter(HomeRouter):
    database = EDITORIAL


class PublicRouter(HomeRouter):
    database = PUBLIC


class EngagementRouter(HomeRouter):
    database = ENGAGEMENT
