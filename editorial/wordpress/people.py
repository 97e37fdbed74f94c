"""Authors: accounts that nobody can sign in to yet."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from cms.databases import EDITORIAL
from editorial.models import AuditLog, ItemKind, Redirect
from editorial.wordpress import addresses
from editorial.wordpress.records import edited_here, hash_of_row
from editorial.wordpress.report import CHANGED, TAKEN, UNCHANGED
from editorial.wordpress.values import cut, plain

LOW = -1


def take_author(login, row, records, report, *, by):
    """The account of an author. `row` is {} for one that the export only mentions."""
    name = cut(plain(row.get("wp:author_display_name") or "") or login, 255)
    email = usable_email(row.get("wp:author_email") or "")
    content_hash = hash_of_row(login, name, email)
    record = records.find("author", login)
    old = addresses.of_author(login, row, records.source)
    if record and record.content_hash == content_hash:
        report.count(UNCHANGED, "author")
        addresses.keep(ItemKind.PROFILE, record.item_id, old)
        return
    with transaction.atomic(using=EDITORIAL):
        if record:
            _rename(record.item_id, name, login, report)
            pk, outcome = record.item_id, CHANGED
        else:
            pk, outcome = _make(login, name, email, old, records, report), TAKEN
        addresses.keep(ItemKind.PROFILE, pk, old)
        records.write("author", login, pk, content_hash)
        _audit(pk, name, by)
    report.count(outcome, "author")
    if not row:
        report.note("author", login, "Used in the export, but not declared there.")


def _make(login, name, email, old, records, report):
    known = User.objects.with_email(email).first() if email else None
    if known:
        report.note("author", login, f"Has an account here already: {known}.")
        return known.pk
    user = User(
        email=email or address_of_nobody(records.source, login),
        display_name=name,
        slug=User.objects.free_slug(name),
    )
    user.set_unusable_password()
    user.sync_priority = LOW
    Redirect.objects.remember(ItemKind.PROFILE, user.pk, old)
    user.save()
    return user.pk


def _rename(pk, name, login, report):
    user = User.objects.get(pk=pk)
    if user.has_usable_password() or edited_here("user", pk):
        report.note("author", login, "Changed in the export; the account here is kept.")
        return
    user.display_name = name
    user.sync_priority = LOW
    user.save()


def _audit(pk, name, by):
    AuditLog.objects.record(
        "import", by=by, resource_type="user", resource_id=pk, new={"name": name}
    )


def usable_email(email):
    """The address, or nothing where it cannot be one."""
    email = User.objects.normalize_email(email.strip())
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 255 else ""


def address_of_nobody(source, login):
    """An address that no mail ever reaches, and that is the same each time."""
    digest = hashlib.sha256(f"{source}\n{login}".encode()).hexdigest()[:20]
    return f"wordpress-{digest}@import.invalid"
