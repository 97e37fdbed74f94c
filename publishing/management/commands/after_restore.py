from django.core.management.base import BaseCommand

from publishing import sync


class Command(BaseCommand):
    help = (
        "Run once after the editorial database was restored from a backup: raises "
        "the epoch of both stores and marks every item known to either."
    )

    def handle(self, **options):
        epoch, marked = sync.after_restore()
        self.stdout.write(
            f"Both stores are at epoch {epoch}; {marked} items will be written anew "
            "by the worker. Check with manage.py verify_public."
        )
