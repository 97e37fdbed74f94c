import json
import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from editorial.models import Verification
from publishing import verification

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Compare the public store with the editorial truth. Exits 1 on any drift, 3 if "
        "it was stopped. What was found equal is remembered: run it again after a stop "
        "and it goes on. --full believes nothing that earlier runs found; --heal "
        "writes what differs anew, by ordinary deliveries."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print one JSON line.")
        parser.add_argument("--heal", action="store_true", help="Repair what differs.")
        parser.add_argument("--full", action="store_true", help="Project everything.")

    def handle(self, **options):
        as_json = options["json"]
        one = Verification(
            heals=options["heal"], is_full=options["full"], asked_by="manage.py"
        )
        with tqdm(unit="item", disable=as_json or not sys.stderr.isatty()) as bar:

            def progress(done, of):
                bar.total = of
                bar.update(done - bar.n)

            try:
                report = verification.run(one, progress)
            except verification.Busy as problem:
                raise CommandError(problem) from problem
            except (verification.Stopped, KeyboardInterrupt):
                self.stderr.write("Stopped. Run it again: it goes on where it was.")
                sys.exit(3)
        if as_json:
            self.stdout.write(json.dumps(self._as_json(one, report)))
        else:
            self._print(one, report)
        if report.drift or report.trouble:
            sys.exit(1)

    def _as_json(self, one, report):
        return report.counts() | {
            "looked_at": report.looked_at,
            "healed": one.healed,
            "seconds": round(one.seconds, 3),
            "found": one.counts,
            "trouble": report.trouble,
            "drift": report.lines(),
            "roots": report.roots,
        }

    def _print(self, one, report):
        self.stdout.write(
            f"{report.checked} items checked in {one.seconds:.1f} s, "
            f"{report.looked_at} of them projected anew."
        )
        found = [f"{count} {verdict}" for verdict, count in one.counts.items()]
        self.stdout.write(f"Found: {', '.join(found)}.")
        for line in one.drift[:SHOWN]:
            self.stdout.write(
                "  {verdict}: {kind} {id}  {where}".format(**line).rstrip()
            )
        if one.drifted > SHOWN:
            self.stdout.write(f"  and {one.drifted - SHOWN} more (--json has them all)")
        if one.heals and one.drifted:
            self.stdout.write(
                f"Wrote {one.healed} items anew; {len(report.drift)} still differ."
            )
        for kind, digest in sorted(report.roots.items()):
            self.stdout.write(f"  {kind:10} {digest[:16]}")
        if report.trouble:
            self.stdout.write(report.trouble)
        elif report.drift:
            self.stdout.write("Run manage.py verify_public --heal to repair it.")
