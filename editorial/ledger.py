"""What an address said at any time: the ledger read backwards.

Facts of publication come from `LedgerEntry`, whose rows are chained by their hashes.
What happened before an item had its first entry is taken from its workflow history,
and says so. Versions are immutable, so a fact leads to the very text.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import unquote, urlsplit

from django.utils import timezone

from editorial.models import (
    ITEM_MODELS,
    AuditLog,
    LedgerEntry,
    LiveSlug,
    Redirect,
    Status,
    Version,
    WorkflowHistory,
)
from editorial.models.ledger import CHAINED
from editorial.models.versions import hash_of

PLACES = {"articles": "article", "courses": "course"}
"""First part of an address to the kind of what stands there."""
VERBS = ("publish", "unpublish", "archive", "import", "revert")
"""Transitions of the history that may change what readers get."""
WORDS = {
    "publish": "Published",
    "unpublish": "Taken down",
    "archive": "Taken down into the archive",
    "import": "Imported",
    "revert": "Put back with a release",
}


@dataclass
class Fact:
    """From `at` on readers got this version at this address, or nothing."""

    at: datetime
    item_id: object
    kind: str
    verb: str
    version_id: object
    number: int | None
    content_hash: str
    slug: str
    by: str
    entry: LedgerEntry | None = None
    """Null: known from the workflow history alone."""
    until: datetime | None = None

    @property
    def is_live(self):
        return self.version_id is not None

    @property
    def word(self):
        return WORDS.get(self.verb, self.verb)

    @property
    def path(self):
        return f"/{self.kind}s/{self.slug}/" if self.slug else ""


@dataclass
class Answer:
    """What one address said at one moment."""

    address: str
    at: datetime
    outcome: str = "nothing"
    """"live", "moved", "gone" or "nothing"; "hidden" where somebody may not know."""
    fact: Fact | None = None
    """What held at that moment for the item that the address led to."""
    lesson: str = ""
    facts: list = field(default_factory=list)
    """The whole history of the items that ever had the address, oldest first."""

    @cached_property
    def version(self):
        if self.fact is None or not self.fact.is_live:
            return None
        return Version.objects.filter(pk=self.fact.version_id).first()

    @property
    def text_is_untouched(self):
        """The stored text still has the hash that it was published with."""
        version = self.version
        return version is not None and (
            hash_of(version.snapshot) == version.content_hash == self.fact.content_hash
        )

    @property
    def sentence(self):
        when = timezone.localtime(self.at).strftime("%-d %B %Y, %H:%M:%S %Z")
        match self.outcome:
            case "live":
                return f"On {when} it showed version {self.fact.number}."
            case "moved":
                return f"On {when} it led to {self.fact.path}."
            case "gone":
                return f"On {when} it said that the item was taken down."
            case "hidden":
                return "It belongs to an item of another desk."
            case _:
                return f"On {when} nothing was at this address."


# --- Facts --------------------------------------------------------------------------


def facts_of(item_ids):
    """[Fact] of these items, oldest first, each with the moment when it ended."""
    entries = LedgerEntry.objects.filter(item_id__in=item_ids).order_by("number")
    recorded = {}
    for entry in entries:
        recorded.setdefault(entry.item_id, []).append(_recorded(entry))
    found = []
    for pk in item_ids:
        ours = recorded.get(pk, [])
        before = ours[0].at if ours else None
        line = [*_from_history(pk, before), *ours]
        for one, following in zip(line, line[1:], strict=False):
            one.until = following.at
        found += line
    return sorted(found, key=lambda fact: (fact.at, str(fact.item_id)))


def _recorded(entry):
    return Fact(
        at=entry.at,
        item_id=entry.item_id,
        kind=entry.kind,
        verb=entry.verb,
        version_id=entry.version_id,
        number=entry.version_number,
        content_hash=entry.content_hash,
        slug=entry.slug,
        by=entry.by_label,
        entry=entry,
    )


def _from_history(pk, before):
    """What the workflow history tells of the time before the first entry."""
    rows = WorkflowHistory.objects.filter(item_id=pk, transition__in=VERBS)
    if before is not None:
        rows = rows.filter(changed_at__lt=before)
    known = None
    for row in rows.order_by("changed_at", "id").values(
        "transition",
        "to_status",
        "metadata",
        "kind",
        "version_id",
        "version__number",
        "version__content_hash",
        "version__snapshot__slug",
        "changed_at",
        "changed_by__display_name",
    ):
        if "unpublish_at" in row["metadata"]:
            continue  # planned, not done
        is_live = _went_live(row)
        now = row["version_id"] if is_live else None
        if now == known:
            continue
        known = now
        yield Fact(
            at=row["changed_at"],
            item_id=pk,
            kind=row["kind"],
            verb=row["transition"],
            version_id=now,
            number=row["version__number"] if is_live else None,
            content_hash=row["version__content_hash"] if is_live else "",
            slug=row["version__snapshot__slug"] if is_live else "",
            by=row["changed_by__display_name"],
        )


def _went_live(row):
    match row["transition"]:
        case "publish":
            return True
        case "import":
            return row["to_status"] == Status.PUBLISHED
        case "revert":
            return row["metadata"].get("version") is not None
        case _:
            return False


# --- Asking -------------------------------------------------------------------------


def parsed(address):
    """(kind, slug, lesson's slug) of an address, or None: only articles and courses
    have versions, so only of these is it known what they said."""
    path = unquote(urlsplit(address.strip()).path)
    parts = [part for part in path.split("/") if part]
    if len(parts) == 1:
        parts = ["articles", *parts]
    if not 2 <= len(parts) <= 3 or parts[0] not in PLACES:
        return None
    if len(parts) == 3 and parts[0] != "courses":
        return None
    return PLACES[parts[0]], parts[1], parts[2] if len(parts) == 3 else ""


def said(address, at):
    """The `Answer` for an address at a moment; None if it is no address of ours."""
    found = parsed(address)
    if found is None:
        return None
    kind, slug, lesson = found
    plain = f"/{kind}s/{slug}/" + (f"{lesson}/" if lesson else "")
    answer = Answer(address=plain, at=at, lesson=lesson)
    answer.facts = facts_of(_ever_at(kind, slug))
    then = [
        fact
        for fact in answer.facts
        if fact.at <= at and (fact.until is None or at < fact.until)
    ]
    here = [fact for fact in then if fact.is_live and fact.slug == slug]
    had = {fact.item_id for fact in answer.facts if fact.slug == slug and fact.at <= at}
    moved = [fact for fact in then if fact.is_live and fact.item_id in had]
    gone = [fact for fact in then if not fact.is_live and fact.item_id in had]
    for outcome, facts in (("live", here), ("moved", moved), ("gone", gone)):
        if facts:
            answer.outcome, answer.fact = outcome, facts[-1]
            break
    return answer


def _ever_at(kind, slug):
    """Ids of the items that have, or once had, this address."""
    found = set()
    for model, name in (
        (LedgerEntry, "slug"),
        (Redirect, "old_slug"),
        (LiveSlug, "slug"),
    ):
        rows = model.objects.filter(kind=kind, **{name: slug})
        found |= set(rows.values_list("item_id", flat=True))
    return sorted(found, key=str)


def item_of(fact):
    """The article or course, or None if it was deleted since."""
    return ITEM_MODELS[fact.kind].objects.filter(pk=fact.item_id).first()


# --- Evidence -----------------------------------------------------------------------

HOW_TO_CHECK = [
    "hash_of(value) is SHA-256 of the value as JSON: keys sorted, no spaces, UTF-8, "
    "not escaped; ids and numbers as they stand here.",
    "version: hash_of(snapshot) is content_hash, and the entry of the ledger names it.",
    "ledger: hash_of({" + ", ".join(CHAINED) + ", at}) is the hash of each entry, and "
    "previous_hash that of the entry before; at is written as here.",
    "audit: new_values.ledger names the hash of the entry that was made with the row; "
    "the rows are part of the chain that manage.py verify_audit checks.",
]


def broken_links(entries):
    """Numbers of the entries whose hash, or whose link to the one before, is wrong."""
    before, found = "", []
    for entry in entries:
        if entry.hash != entry.compute_hash() or entry.previous_hash != before:
            found.append(entry.number)
        before = entry.hash
    return found


def evidence(answer):
    """All that is known, as JSON that can be checked without this program."""
    pk = answer.fact.item_id if answer.fact else None
    entries = list(LedgerEntry.objects.filter(item_id=pk).order_by("number"))
    hashes = [entry.hash for entry in entries]
    rows = AuditLog.objects.filter(resource_id=pk, new_values__ledger__in=hashes)
    version = answer.version
    return plain(
        {
            "format": "masthead publication evidence 1",
            "question": {"address": answer.address, "at": answer.at.isoformat()},
            "answer": answer.sentence,
            "outcome": answer.outcome,
            "facts": [as_json(fact) for fact in answer.facts],
            "version": version
            and {
                "number": version.number,
                "content_hash": version.content_hash,
                "hash_is_right": answer.text_is_untouched,
                "created_at": version.created_at.isoformat(),
                "snapshot": version.snapshot,
                "rendered": version.rendered,
            },
            "ledger": [
                {name: getattr(entry, name) for name in CHAINED}
                | {"at": entry.at.isoformat(), "hash": entry.hash}
                for entry in entries
            ],
            "broken_links": broken_links(entries),
            "audit": [
                {
                    name: getattr(row, name)
                    for name in (
                        "number",
                        "user_id",
                        "user_label",
                        "action",
                        "new_values",
                        "previous_hash",
                        "hash",
                    )
                }
                | {"created_at": row.created_at.isoformat()}
                for row in rows.order_by("number")
            ],
            "how_to_check": HOW_TO_CHECK,
        }
    )


def as_json(fact):
    return {
        "from": fact.at.isoformat(),
        "until": fact.until and fact.until.isoformat(),
        "item": str(fact.item_id),
        "verb": fact.verb,
        "version": fact.number,
        "content_hash": fact.content_hash or None,
        "address": fact.path or None,
        "by": fact.by,
        "hash": fact.entry.hash if fact.entry else None,
        "source": "ledger" if fact.entry else "workflow history",
    }


def plain(value):
    return json.loads(json.dumps(value, default=str))
