import sys
import time
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import reset_queries
from tqdm import tqdm

from accounts.models import User
from accounts.permissions import decide
from cms.files import FilesAway
from editorial.models import OutboxEvent
from editorial.wordpress.export import UnreadableExport
from editorial.wordpress.importing import (
    READINGS,
    AlreadyRunning,
    Import,
    in_charge,
)
from engagement.comments import wordpress
from engagement.comments.imports import ImportedComment
from engagement.counters import ledger, public
from engagement.refs.models import UserRef
from publishing import sync

PATIENCE = 60
"""Seconds to wait for what a worker has claimed meanwhile."""


class Command(BaseCommand):
    """The one place where a newsroom's import meets the readers' comments.

    It lives here because engagement may know editorial, and never the reverse.
    """

    help = (
        "Take a WordPress site in from its export (Tools → Export). Can be repeated: "
        "what is known and unchanged is left alone, and an interrupted run goes on."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="The WXR file, usually named *.xml.")
        parser.add_argument(
            "--media",
            metavar="DIR",
            help="A copy of wp-content/uploads; files found there come along.",
        )
        parser.add_argument(
            "--report", metavar="OUT.json", help="Write what was done to this file."
        )
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="Who answers for the import; otherwise the highest editor.",
        )
        parser.add_argument(
            "--no-deliver",
            action="store_true",
            help="Leave bringing it onto the site to the worker.",
        )

    def handle(self, *, file, media, report, by, no_deliver, **options):
        _check_paths(file, media, report)
        with (
            _progress("B", Path(file).stat().st_size * READINGS) as bar,
            Import(
                file,
                by=_person(by) if by else in_charge(),
                media_folder=media,
                comments=Readers(),
                on_read=bar.update,
            ) as run,
        ):
            self.take(run, report)
            late = 0 if no_deliver else self.deliver()
            self.tell(run, report)
        if late:
            raise CommandError(
                f"Everything was taken in, but {late} changes are not on the site yet. "
                "The worker tries again; `manage.py deliver` does so at once."
            )

    def take(self, run, report):
        try:
            run.run()
        except (UnreadableExport, AlreadyRunning) as problem:
            raise CommandError(str(problem)) from None
        except FilesAway:
            raise CommandError(
                "The storage of files does not answer (MEDIA_STORAGE_URL). Nothing is "
                "half done; start the import again and it goes on from there."
            ) from None
        except DatabaseError as problem:
            raise CommandError(
                f"The database did not answer: {str(problem).strip()}. Nothing is "
                "half done; start the import again and it goes on from there."
            ) from None
        finally:
            if report and run.survey:
                run.report.write_json(report)

    def deliver(self):
        """Bring it onto the site. Returns how many events could not be delivered."""
        last = OutboxEvent.objects.order_by("-id").first()
        if last is None:
            return 0
        ours = OutboxEvent.objects.waiting().filter(created_at__lte=last.created_at)
        end = time.monotonic() + PATIENCE
        with _progress("event", ours.count()) as bar:
            while True:
                reset_queries()
                if tried := sync.deliver_waiting(limit=20):
                    bar.update(tried)
                    end = time.monotonic() + PATIENCE
                elif not ours.filter(error="").exists() or time.monotonic() > end:
                    break
                else:
                    time.sleep(0.2)  # a worker has the rest
        ledger.fold()
        public.publish_counters()
        return ours.count()

    def tell(self, run, report):
        survey = run.survey
        self.stdout.write(f"{survey.title or 'The site'} ({survey.source})")
        for line in run.report.lines():
            self.stdout.write(line)
        used = len(survey.authors.keys() | survey.creators.keys())
        self.stdout.write(
            f"Authors: {len(survey.authors)} declared in the export, "
            f"{used - len(survey.authors)} more used in it."
        )
        if run.by is None:
            self.stdout.write(
                "Nobody here may publish, so authors answer for their own articles. "
                "Name somebody with --by and import again to change that."
            )
        if run.report.note_count:
            where = f"see {report}" if report else "use --report to read them"
            self.stdout.write(f"{run.report.note_count} notes: {where}.")


class Readers:
    """Stores comments, and remembers the members who wrote some of them."""

    def __init__(self):
        self.known = Counter()

    def __call__(self, fresh, changed):
        for row in [*fresh, *changed]:
            self.remember(row["user_id"])
        return wordpress.keep(
            [ImportedComment(**row) for row in fresh],
            [ImportedComment(**row) for row in changed],
        )

    def remember(self, user_id):
        if user_id and not self.known[user_id]:
            self.known[user_id] = 1
            UserRef.objects.remember(User.objects.get(pk=user_id))


def _progress(unit, total):
    """A bar for people; nothing where nobody looks."""
    return tqdm(
        total=total, unit=unit, unit_scale=True, disable=not sys.stderr.isatty()
    )


def _person(email):
    person = User.objects.with_email(email).first()
    if person is None:
        raise CommandError(f"Nobody here has the e-mail address {email}.")
    if not (answer := decide(person, "import_content")):
        raise CommandError(f"{person} cannot answer for an import. {answer.why}")
    return person


def _check_paths(file, media, report):
    if not Path(file).exists():
        raise CommandError(f"{file} does not exist. Check the path.")
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Give the .xml file in it.")
    if media and not Path(media).is_dir():
        raise CommandError(f"{media} is no folder. Give a copy of wp-content/uploads.")
    if report and not Path(report).absolute().parent.is_dir():
        raise CommandError(f"The folder for {report} does not exist. Make it first.")
