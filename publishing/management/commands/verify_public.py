import json
import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from publishing import verification


class Command(BaseCommand):
    help = (
        "Compare the public store with the editorial truth. Exits 1 on any drift; "
        "--heal writes what differs anew."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print one JSON line.")
        parser.add_argument("--heal", action="store_true", help="Repair what differs.")

    def handle(self, **options):
        as_json, heal = options["json"], options["heal"]
        with tqdm(unit="item", disable=as_json or not sys.stderr.isatty()) as bar:

            def progress(done, of):
                bar.total = of
                bar.update(done - bar.n)

            report = verification.compare(progress)
            if heal and report.drift:
                healed = verification.heal(report)
                if not as_json:
                    self.stdout.write(f"Wrote {healed} items anew.")
                report = verification.compare()
        self._print(report, as_json=as_json)
        if report.drift:
            sys.exit(1)

    def _print(self, report, *, as_json):
        if as_json:
            self.stdout.write(json.dumps(report.counts()))
            return
        counts = report.counts()
        self.stdout.write(
            f"{counts['checked']} items checked: {counts['missing']} missing, "
            f"{counts['stale']} stale, {counts['orphan']} orphan, "
            f"{counts['altered']} altered."
        )
        for verdict in report.KINDS:
            for kind, pk in getattr(report, verdict)[:20]:
                self.stdout.write(f"  {verdict}: {kind} {pk}")
        for kind, digest in sorted(report.roots.items()):
            self.stdout.write(f"  {kind:10} {digest[:16]}")
        if report.drift:
            self.stdout.write("Run manage.py verify_public --heal to repair it.")
