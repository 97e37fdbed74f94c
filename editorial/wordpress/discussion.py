"""Comments as the engagement database will keep them, without a word of its models."""

from django.conf import settings
from django.utils.crypto import salted_hmac

from editorial import blocks
from editorial.blocks.links import is_safe_link
from editorial.wordpress.records import hash_of_row
from editorial.wordpress.report import CHANGED, TAKEN, UNCHANGED
from editorial.wordpress.values import Unusable, cut, moment, plain

KINDS = {
    "": "comment",
    "comment": "comment",
    "pingback": "pingback",
    "trackback": "trackback",
}
STATUS = {
    "1": "approved",
    "approve": "approved",
    "approved": "approved",
    "0": "pending",
    "hold": "pending",
    "unapproved": "pending",
    "spam": "spam",
    "trash": "rejected",
    "post-trashed": "rejected",
}
BATCH = 500
LONGEST_KEY = 200


class Discussion:
    """The comments of one export. `listener` stores them: see `Import`."""

    def __init__(self, records, report, listener):
        self.records = records
        self.report = report
        self.listener = listener

    def take(self, comments, article, people):
        """Bring in the comments of an article.

        `people` is {number of a WordPress account: id here}. Parents come before
        their replies; the rare ones that stand after them wait until the end.
        """
        seen, batch, waiting = set(), [], []
        for comment in comments:
            parent = comment.get("wp:comment_parent", "")
            if parent not in ("", "0") and parent not in seen:
                waiting.append(comment)
                continue
            seen.add(comment.get("wp:comment_id", ""))
            batch.append(comment)
            if len(batch) >= BATCH:
                self._take_batch(batch, article, people)
                batch = []
        self._take_batch(batch + waiting, article, people)

    def skip(self, comments, why):
        for comment in comments:
            self.report.skip("comment", comment.get("wp:comment_id", ""), why)

    def _take_batch(self, batch, article, people):
        hashes = self._hashes(batch)
        fresh, changed = {}, {}
        for comment in batch:
            number = comment.get("wp:comment_id", "")
            content_hash = hash_of_row({**comment, "wp:comment_author_IP": ""})
            if hashes.get(number) == content_hash:
                self.report.count(UNCHANGED, "comment")
                continue
            try:
                row = self.row_of(comment, article, people)
            except Unusable as reason:
                self.report.skip("comment", number, str(reason))
                continue
            known = changed if number in hashes else fresh
            known[number] = (row, content_hash)
        if not fresh and not changed:
            return
        kept = self.listener(
            [row for row, _ in fresh.values()], [row for row, _ in changed.values()]
        )
        self._remember(fresh, changed, kept)

    def _hashes(self, batch):
        """{number: hash} of the comments that came before."""
        numbers = [comment.get("wp:comment_id", "") for comment in batch]
        return self.records.hashes_of("comment", numbers)

    def _remember(self, fresh, changed, kept):
        """Count what came. `kept` is {key: id here}; what is not in it was refused."""
        self.records.write_many(
            "comment",
            {
                number: (kept[row["source_key"]], content_hash)
                for number, (row, content_hash) in {**fresh, **changed}.items()
                if row["source_key"] in kept
            },
        )
        for outcome, rows in ((TAKEN, fresh), (CHANGED, changed)):
            self.report.count(
                outcome,
                "comment",
                sum(row["source_key"] in kept for row, _ in rows.values()),
            )
        for number, (row, _) in changed.items():
            if row["source_key"] not in kept:
                self.report.skip(
                    "comment",
                    number,
                    "It changed in the export, but was moderated or edited here since; "
                    "what is here stays.",
                )

    def row_of(self, comment, article, people):
        number = comment.get("wp:comment_id", "")
        if not number:
            raise Unusable("It has no number.")
        kind = KINDS.get(comment.get("wp:comment_type", ""))
        if kind is None:
            raise Unusable(f"It is a {comment['wp:comment_type'][:60]}, not a comment.")
        text = comment.get("wp:comment_content", "")
        body, _ = blocks.from_html(text)
        user_id = people.get(comment.get("wp:comment_user_id", ""))
        created_at = moment(
            comment.get("wp:comment_date_gmt"), comment.get("wp:comment_date")
        )
        address = comment.get("wp:comment_author_url", "").strip()
        if address and not (address.startswith("http") and is_safe_link(address)):
            if address != "http://":
                note = f"The address of its author was left out: “{address[:200]}”."
                self.report.note("comment", number, note)
            address = ""
        return {
            "source_key": key_of(self.records.source, number),
            "parent_key": self._parent_key(comment),
            "content_kind": article.KIND,
            "content_id": article.pk,
            "created_at": created_at or article.created_at,
            "body_html": blocks.render(body),
            "kind": kind,
            "status": STATUS.get(comment.get("wp:comment_approved", ""), "pending"),
            "user_id": user_id,
            "guest_name": ""
            if user_id
            else cut(plain(comment.get("wp:comment_author", "")), 255),
            "guest_email_hash": hash_of_email(
                comment.get("wp:comment_author_email", "")
            ),
            "guest_url": address,
            "is_author_reply": user_id is not None and user_id == article.author_id,
        }

    def _parent_key(self, comment):
        parent = comment.get("wp:comment_parent", "")
        if parent in ("", "0"):
            return None
        return key_of(self.records.source, parent)


def key_of(source, number):
    key = f"{source}#{number}"
    return key if len(key) <= LONGEST_KEY else f"wordpress#{hash_of_row(key)}"


def hash_of_email(email):
    """A keyed hash: tells one guest from another, and nobody their address."""
    email = email.strip().lower()
    if not email:
        return ""
    return salted_hmac(
        "masthead.wordpress.guest",
        email,
        secret=settings.IMPORT_ADDRESS_KEY,
        algorithm="sha256",
    ).hexdigest()
