from django.core.management.base import BaseCommand

from engagement.counters import ledger, public, reconciling


class Command(BaseCommand):
    help = (
        "Compare every counter with the facts, repair what drifted, and copy the "
        "numbers to the public store."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what differs."
        )
        parser.add_argument(
            "--publish-all",
            action="store_true",
            help="Copy every number again, e.g. after the public store was made anew.",
        )

    def handle(self, *, dry_run, publish_all, **options):
        drifts = reconciling.reconcile(repair=not dry_run)
        for drift in drifts:
            self.stdout.write(str(drift))
        if not drifts:
            self.stdout.write("All counters equal the facts.")
        if dry_run:
            return
        ledger.fold()
        if publish_all:
            public.publish_everything()
        copied = public.publish_counters()
        self.stdout.write(
            f"{len(drifts)} repaired, {copied} copied to the public store."
        )
