"""One run of an import: three readings of the file, one transaction for each row.

First a look at the whole, before anything is written. Then authors, terms and
attachments, which articles point to; then the articles. Pages that stand in the file
before the page above them wait for another reading. A run that was interrupted is
simply started again: what is there already is recognised and left alone.
"""

import logging
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connections,
    reset_queries,
)

from accounts.models import User
from accounts.permissions import ADMIN, EDITOR_CHIEF, SUPER_ADMIN
from cms.databases import EDITORIAL
from cms.files import FilesAway
from editorial.exceptions import Refused
from editorial.models import Article
from editorial.wordpress.articles import take_article
from editorial.wordpress.attachments import take_attachment
from editorial.wordpress.discussion import Discussion
from editorial.wordpress.export import Export
from editorial.wordpress.people import take_author
from editorial.wordpress.records import Records
from editorial.wordpress.report import Report
from editorial.wordpress.terms import Term, parents_first, take_term
from editorial.wordpress.values import Unusable

logger = logging.getLogger(__name__)

LOCK = 0x57585231  # "WXR1": one import at a time
READINGS = 3
ARTICLES = ("post", "page")
TAXONOMIES = {"category": "category", "post_tag": "tag"}
REASONS = {
    "nav_menu_item": "Menus are not taken over: make them anew here.",
    "revision": "Old revisions are not taken over.",
    "wp_block": "Reusable blocks are not taken over.",
    "custom_css": "The look of the old theme is not taken over.",
}


class AlreadyRunning(Exception):
    """Another import has the lock."""


class Import:
    """Takes an export in: `with Import(path) as run: run.run()`.

    `by` is the member of staff who is responsible. `comments` is called with (new
    rows, changed rows), dicts as `discussion` makes them, and answers {source key:
    id} of those it keeps; without it comments are reported as skipped.
    """

    def __init__(
        self, path, *, by=None, media_folder=None, comments=None, on_read=None
    ):
        self.export = Export(path, on_read)
        self.by = by
        self.media_folder = media_folder
        self.comments = comments
        self.report = Report()
        self.survey = None
        self.readings = READINGS

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.report.close()

    def run(self):
        self.survey = self.export.survey()
        self.records = Records(self.survey.source)
        self.discussion = Discussion(self.records, self.report, self.comments)
        with one_at_a_time():
            self.take_authors()
            self.take_terms_and_files()
            self.take_articles()
        return self.report

    # --- who ------------------------------------------------------------------

    def take_authors(self):
        declared = self.survey.authors
        for login in {**declared, **self.survey.creators}:
            with self.careful("author", login):
                take_author(
                    login,
                    declared.get(login, {}),
                    self.records,
                    self.report,
                    by=self.by,
                )
        self.authors = {}
        self.people = {
            row["wp:author_id"]: self.records.id_of("author", login)
            for login, row in declared.items()
            if row["wp:author_id"]
        }

    def author_of(self, item):
        """The account that wrote an item; whoever imports where nobody did."""
        login = item["dc:creator"]
        if login not in self.authors:
            pk = self.records.id_of("author", login) if login else None
            found = User.objects.filter(pk=pk).first() if pk else None
            self.authors[login] = found or self.by
        if self.authors[login] is None:
            raise Unusable("Nobody wrote it, and nobody here is in charge. Use --by.")
        return self.authors[login]

    # --- what articles point to -----------------------------------------------

    def take_terms_and_files(self):
        categories, seen = {}, set()
        for name, row in self.export.rows():
            if isinstance(row, str):
                continue
            if name == "wp:category":
                term = Term.category(row)
                categories.setdefault(term.nicename, term)
            elif name == "wp:tag":
                self.take_tag(Term.tag(row), seen)
            elif name == "wp:term":
                self.take_other_term(row, categories, seen)
            elif name == "item" and row["wp:post_type"] == "attachment":
                self.take_file(row)
        for term in parents_first(categories.values()):
            self.take_term(term)

    def take_tag(self, term, seen):
        if term.nicename not in seen:
            seen.add(term.nicename)
            self.take_term(term)

    def take_other_term(self, row, categories, seen):
        taxonomy = row["wp:term_taxonomy"]
        kind = TAXONOMIES.get(taxonomy)
        if kind == "category":
            term = Term.of_any_taxonomy(kind, row)
            categories.setdefault(term.nicename, term)
        elif kind == "tag":
            self.take_tag(Term.of_any_taxonomy(kind, row), seen)
        else:
            why = f"The taxonomy “{taxonomy[:60]}” is not taken over."
            self.report.skip("term", row["wp:term_slug"] or row["wp:term_id"], why)

    def take_term(self, term):
        with self.careful(term.kind, term.nicename):
            if not term.nicename:
                raise Unusable("It has no name.")
            take_term(term, self.records, self.report, by=self.by)

    def take_file(self, item):
        with self.careful("attachment", item["wp:post_id"]):
            take_attachment(
                item,
                self.records,
                self.report,
                by=self.by,
                uploader=self.author_of(item),
                folder=self.media_folder,
            )
        if len(item["comments"]):
            self.discussion.skip(item["comments"], "Files take no comments here.")

    # --- the articles ---------------------------------------------------------

    def take_articles(self):
        seen, waiting = set(), set()
        for item in self.items():
            kind, number = item["wp:post_type"], item["wp:post_id"]
            if kind not in ARTICLES:
                self.skip_item(item)
            elif number in seen:
                self.report.skip(kind, number, "Its number is in the export twice.")
            elif self.must_wait(item):
                waiting.add(number)
            else:
                seen.add(number)
                self.take_item(item)
        while waiting:
            waiting = self.take_waiting(waiting)

    def take_waiting(self, waiting):
        """Another reading for pages that stood before the page above them."""
        self.readings += 1
        before, still = len(waiting), set()
        for item in self.items():
            number = item["wp:post_id"]
            if item["wp:post_type"] != "page" or number not in waiting:
                continue
            if self.must_wait(item):
                still.add(number)
            else:
                self.take_item(item)
        if len(still) == before:
            # They stand above each other in a circle: nothing to wait for.
            self.survey.pages.clear()
        return still

    def items(self):
        for name, row in self.export.rows():
            if name == "item" and not isinstance(row, str):
                yield row

    def must_wait(self, item):
        parent = item["wp:post_parent"]
        return (
            item["wp:post_type"] == "page"
            and parent in self.survey.pages
            and parent != item["wp:post_id"]
            and self.records.id_of("page", parent) is None
        )

    def skip_item(self, item):
        kind = item["wp:post_type"] or "item"
        if kind == "attachment":
            return
        why = REASONS.get(
            kind, f"“{kind[:60]}” is a kind of its own; nothing takes it."
        )
        self.report.skip(kind, item["wp:post_id"], why)
        if len(item["comments"]):
            self.discussion.skip(item["comments"], f"It belongs to a {kind[:60]}.")

    def take_item(self, item):
        kind, number = item["wp:post_type"], item["wp:post_id"]
        comments = item["comments"]
        with self.careful(kind, number) as outcome:
            if not number:
                raise Unusable("It has no number.")
            outcome["article"] = take_article(
                item,
                self.records,
                self.report,
                by=self.by,
                author=self.author_of(item),
                site=self.survey.title,
            )
        if "article" not in outcome:
            self.survey.pages.discard(number)  # nobody waits for it any longer
        if not len(comments):
            return
        if "article" not in outcome:
            self.discussion.skip(comments, "Its article was not taken.")
        elif self.comments is None:
            self.discussion.skip(comments, "Nothing here takes comments.")
        else:
            with self.careful("comment", f"of {kind} {number}"):
                article = Article.objects.get(pk=outcome["article"])
                self.discussion.take(comments, article, self.people)

    @contextmanager
    def careful(self, kind, external_id):
        """A row that cannot come in is told, and does not stop the others."""
        try:
            yield (outcome := {})
        except (OperationalError, InterfaceError, FilesAway):
            raise  # what we keep things in is gone: that is not the row's fault
        except Unusable as reason:
            self._refuse(kind, external_id, str(reason), outcome)
        except ValidationError as problem:
            self._refuse(kind, external_id, " ".join(problem.messages), outcome)
        except (Refused, DataError, IntegrityError) as problem:
            first = str(problem).strip().partition("\n")[0]
            self._refuse(kind, external_id, first, outcome)
        except Exception as problem:
            logger.debug("%s %s", kind, external_id, exc_info=True)
            why = f"It could not be read ({type(problem).__name__}: {problem})."
            self._refuse(kind, external_id, why[:500], outcome)
        finally:
            reset_queries()  # with DEBUG on, Django would keep thousands of texts

    def _refuse(self, kind, external_id, why, outcome):
        outcome.clear()
        # What was looked up within the transaction may have been rolled back.
        self.records.forget()
        self.report.skip(kind, external_id, why)


@contextmanager
def one_at_a_time():
    """Hold a lock of the session; two imports would make each term twice."""
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning(
                "Another import is running. Wait until it has ended, and start again."
            )
    try:
        yield
    finally:
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def in_charge():
    """Who answers for an import when nobody is named: the highest editor, or None."""
    active = User.objects.filter(is_active=True)
    found = active.filter(is_superuser=True).order_by("created_at").first()
    for role in (SUPER_ADMIN, ADMIN, EDITOR_CHIEF):
        found = found or User.objects.in_role(role).order_by("created_at").first()
    return found
