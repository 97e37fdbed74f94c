"""Categories, in their tree, and tags."""

from django.db import transaction

from cms.databases import EDITORIAL
from editorial.models import AuditLog, Category, Redirect, Tag
from editorial.wordpress import addresses
from editorial.wordpress.people import LOW
from editorial.wordpress.records import edited_here, hash_of_row
from editorial.wordpress.report import CHANGED, TAKEN, UNCHANGED
from editorial.wordpress.values import cut, paragraphs, plain, slug_of


class Term:
    """A category or tag as the export has it. WordPress knows them by nicename."""

    def __init__(self, kind, nicename, name, description="", parent="", number=""):
        self.kind = kind
        self.number = number
        self.nicename = nicename or slug_of(name)
        self.name = cut(plain(name) or self.nicename, 255)
        self.description = paragraphs(description)
        self.parent = parent
        self.is_circular = False
        """Whether it stands, over others, below itself."""

    @classmethod
    def category(cls, row):
        return cls(
            "category",
            row["wp:category_nicename"],
            row["wp:cat_name"],
            row["wp:category_description"],
            row["wp:category_parent"],
            row["wp:term_id"],
        )

    @classmethod
    def tag(cls, row):
        return cls(
            "tag", row["wp:tag_slug"], row["wp:tag_name"], row["wp:tag_description"]
        )

    @classmethod
    def of_any_taxonomy(cls, kind, row):
        return cls(
            kind,
            row["wp:term_slug"],
            row["wp:term_name"],
            row["wp:term_description"],
            row["wp:term_parent"] if kind == "category" else "",
            row["wp:term_id"],
        )


MODELS = {"category": Category, "tag": Tag}


def parents_first(categories):
    """The categories in an order in which each parent stands before its children."""
    waiting = {term.nicename: term for term in categories}
    done, ordered = set(), []
    for nicename in waiting:
        chain = {}
        while nicename in waiting and nicename not in done:
            done.add(nicename)
            chain[nicename] = waiting[nicename]
            nicename = waiting[nicename].parent
        if nicename in chain:
            list(chain.values())[-1].is_circular = True
        ordered += reversed(chain.values())
    return ordered


def take_term(term, records, report, *, by, is_declared=True):
    """The row of a term; returns its id."""
    parent = None
    if term.parent:
        if not term.is_circular:
            parent = records.id_of("category", term.parent)
        if parent is None:
            report.note(
                term.kind,
                term.nicename,
                f"Its parent “{term.parent}” is not in the export, or below itself; "
                "it now stands at the top.",
            )
    content_hash = hash_of_row(term.name, term.description, str(parent))
    record = records.find(term.kind, term.nicename)
    old = addresses.of_term(term, records.source)
    old += addresses.below(term, parent, records.source)
    if record and (record.content_hash == content_hash or not is_declared):
        if is_declared:
            report.count(UNCHANGED, term.kind)
            addresses.keep(term.kind, record.item_id, old)
        return record.item_id
    with transaction.atomic(using=EDITORIAL):
        if record:
            row = MODELS[term.kind].objects.select_for_update().get(pk=record.item_id)
            if edited_here(term.kind, row.pk):
                report.note(term.kind, term.nicename, "Was edited here; it is kept.")
            else:
                _write(row, term, parent, old)
        else:
            row = _make(term, parent, old, report)
        addresses.keep(term.kind, row.pk, old)
        records.write(term.kind, term.nicename, row.pk, content_hash)
        if term.number and term.kind == "category":
            records.write("term", term.number, row.pk)
        AuditLog.objects.record(
            "import",
            by=by,
            resource_type=term.kind,
            resource_id=row.pk,
            new={"name": row.name},
        )
    if is_declared:
        report.count(CHANGED if record else TAKEN, term.kind)
    else:
        report.note(
            term.kind,
            term.nicename,
            "Used in the export, but not declared there; made.",
        )
    return row.pk


def _make(term, parent, old, report):
    model = MODELS[term.kind]
    slug = slug_of(term.nicename, 250) or slug_of(term.name, 250) or f"{term.kind}"
    known = model.objects.filter(slug=slug).first()
    if known and known.name.casefold() == term.name.casefold():
        report.note(term.kind, term.nicename, "Was here already; both are one now.")
        return known
    row, stem, number = model(slug=slug), slug, 1
    while model.objects.filter(slug=row.slug).exists():
        number += 1
        row.slug = f"{stem}-{number}"
    if number > 1:
        note = f"Its address is now “{row.slug}”, because “{stem}” is taken."
        report.note(term.kind, term.nicename, note)
    _write(row, term, parent, old)
    return row


def _write(row, term, parent, old):
    row.name = term.name
    row.description = term.description
    if term.kind == "category":
        row.parent_id = parent
    row.sync_priority = LOW
    Redirect.objects.remember(term.kind, row.pk, old)
    row.save()
