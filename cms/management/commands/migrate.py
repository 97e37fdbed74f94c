from django.core.management.commands import migrate

from cms.databases import ALIASES, home_of


class Command(migrate.Command):
    help = (
        "Migrates all three databases, each with the apps that live in it. "
        "--database names one; an app's label means that app's own database."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def handle(self, *args, **options):
        if options["database"]:
            aliases = [options["database"]]
        elif options["app_label"]:
            aliases = [home_of(options["app_label"])]
        else:
            aliases = list(ALIASES)
        for alias in aliases:
            if len(aliases) > 1 and options["verbosity"]:
                self.stdout.write(self.style.MIGRATE_HEADING(f"Database {alias!r}:"))
            super().handle(*args, **{**options, "database": alias})

    def get_check_kwargs(self, options):
        databases = [options["database"]] if options["database"] else list(ALIASES)
        return {**super().get_check_kwargs(options), "databases": databases}
