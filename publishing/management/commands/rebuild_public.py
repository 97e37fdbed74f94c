import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from publishing.rebuild import rebuild


class Command(BaseCommand):
    help = (
        "Build the public store anew from the editorial truth, beside the old one, "
        "and swap them. Readers and editors notice nothing."
    )

    def handle(self, **options):
        with tqdm(unit="item", disable=not sys.stderr.isatty()) as bar:

            def progress(stage, done, of):
                bar.set_description(stage)
                bar.total = of
                bar.n = done
                bar.refresh()

            try:
                written = rebuild(progress)
            except RuntimeError as problem:
                raise CommandError(problem) from problem
        self.stdout.write(f"{written} items written; the new store is in place.")
