"""The newsroom's verbs. Admin, API, tasks and commands call these, nothing else.

Each action opens the transaction, locks the item, checks the right, makes the
transition, saves, and writes history, outbox and (last, it takes a lock) the audit
log. `by` is the person who acts. All raise `PermissionDenied` for who may not,
`Refused` for what is not possible now, `StaleEdit` when somebody was faster.

Transactions lock in one order: items by id, sync states by id, the audit chain.
"""

import logging
from contextlib import contextmanager
from copy import copy

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django_fsm import ConcurrentTransition, can_proceed
from guardian.models import UserObjectPermission

from accounts.permissions import decide
from cms.databases import EDITORIAL
from editorial import blocks, byline, checks, ledger, placing, reviewing
from editorial.diff import describe, difference, lessons_in, with_block_back
from editorial.exceptions import Refused, StaleEdit
from editorial.gaps import Gap
from editorial.models import (
    ITEM_MODELS,
    SERIES,
    AuditLog,
    Clash,
    ItemKind,
    LedgerEntry,
    LiveSlug,
    LiveUse,
    Notice,
    OutboxEvent,
    Redirect,
    Release,
    ReleaseItem,
    Review,
    ReviewComment,
    ReviewLink,
    SeriesPart,
    Status,
    Version,
    WorkflowHistory,
)
from editorial.models.versions import hash_of
from editorial.releases import why_not_back

logger = logging.getLogger(__name__)

NORMAL, LOW = 0, -1


# --- The frame of every action ---------------------------------------------------


def check(by, action, item=None):
    """Raise PermissionDenied, with the reason, unless `by` may do it."""
    decision = decide(by, action, item)
    if not decision:
        raise PermissionDenied(decision.why)


def locked(item, *, seen_revision=None):
    """The item as it is now, its row locked until the transaction ends.

    `seen_revision` is the revision that the person looked at; if the text has moved
    on since, their decision would be about something they never read.
    """
    fresh = type(item).objects.select_for_update(of=("self",)).get(pk=item.pk)
    if seen_revision is not None and int(seen_revision) != fresh.revision:
        raise StaleEdit(
            f"“{fresh}” was changed by somebody else while you looked at it. "
            "Nothing was lost: reload the page to see the newest text, then decide."
        )
    return fresh


def _move(item, transition, **kwargs):
    """Make the transition on the object, or say in a sentence why it cannot be."""
    method = getattr(item, transition)
    verb = transition.replace("_", " ")
    if not can_proceed(method, check_conditions=False):
        raise Refused(
            f"“{item}” is {item.get_status_display().lower()}; "
            f"it cannot {verb} from there. Reload the page to see what can be done."
        )
    if not can_proceed(method):
        gaps = item.gaps() or [Gap("Something it needs is not there yet.")]
        raise Refused(" ".join(map(str, gaps)), gaps=gaps)
    method(**kwargs)


def _save(item):
    item.updated_at = timezone.now()
    try:
        item.save()
    except ConcurrentTransition:
        raise StaleEdit(
            f"Somebody else has just moved “{item}” on. Reload the page to see."
        ) from None


@contextmanager
def _action(item, transition, *, by, comment="", seen_revision=None, origin=None):
    """Lock, check, let the caller transition, save, write history and audit."""
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item, seen_revision=seen_revision)
        check(by, transition, fresh)
        before = fresh.status
        metadata = {}
        yield fresh, metadata
        _save(fresh)
        _remember(
            fresh,
            transition,
            by=by,
            before=before,
            comment=comment,
            metadata=metadata,
            origin=origin,
        )
    _refresh(item, fresh)


def _remember(item, transition, *, by, before, comment="", metadata=None, origin=None):
    """The history row, the ledger's and, last of all, the audit row."""
    row = WorkflowHistory.objects.create(
        kind=item.KIND,
        item_id=item.pk,
        transition=transition,
        from_status=before,
        to_status=item.status,
        version=item.live_version or item.approved_version,
        changed_by=by,
        comment=comment,
        metadata=metadata or {},
    )
    entry = None
    if transition in ledger.VERBS:
        release = (metadata or {}).get("release")
        entry = LedgerEntry.objects.record(
            item, transition, by=by, release=release, at=row.changed_at
        )
    AuditLog.objects.record(
        transition,
        by=by,
        resource_type=item.KIND,
        resource_id=item.pk,
        old={"status": before},
        new={
            "status": item.status,
            "title": item.title,
            **(metadata or {}),
            **({"ledger": entry.hash} if entry else {}),
        },
        **(origin or {}),
    )
    if metadata and "override" in metadata:
        AuditLog.objects.record(
            "override_checks",
            by=by,
            resource_type=item.KIND,
            resource_id=item.pk,
            new={
                "title": item.title,
                "for": transition,
                "reason": metadata["override"],
                "checks": metadata["checks"],
                "content_hash": item.content_hash(),
            },
            **(origin or {}),
        )


def _refresh(item, fresh):
    """Bring the caller's object up to date with what was saved."""
    for field in item._meta.concrete_fields:
        setattr(item, field.attname, getattr(fresh, field.attname))
    item._state.fields_cache.clear()
    item._update_initial_state()


# --- Versions ---------------------------------------------------------------------


def _make_version(item, *, by, summary="", at=None):
    """A version of the item as it is, or the newest one if nothing has changed."""
    snapshot = item.snapshot()
    content_hash = hash_of(snapshot)
    newest = item.latest_version
    if newest and newest.content_hash == content_hash:
        return newest
    changes = difference(newest.snapshot if newest else None, snapshot)
    version = Version.objects.create(
        kind=item.KIND,
        item_id=item.pk,
        number=newest.number + 1 if newest else 1,
        title=item.title,
        snapshot=snapshot,
        content_hash=content_hash,
        rendered=item.render(snapshot),
        renderer_version=blocks.RENDERER_VERSION,
        created_by=by,
        change_summary=summary or (describe(changes) if newest else "First version."),
        diff_from_previous=changes,
        created_at=at or timezone.now(),
    )
    item.current_version = version.number
    review = item.open_review()
    if review and review.version_id != version.pk:
        review.version = version
        review.save(update_fields=["version"])
    return version


def version_of(item, *, by):
    """The locked item as it stands, as a version; nothing else about it changes."""
    version = _make_version(item, by=by)
    type(item).objects.filter(pk=item.pk).update(current_version=version.number)
    return version


def save_version(item, *, by, summary="", origin=None):
    """An explicit save: keep the working copy as it is as a version."""
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item)
        check(by, "edit", fresh)
        version = _make_version(fresh, by=by, summary=summary)
        _save(fresh)
    _refresh(item, fresh)
    return version


# --- Writing ----------------------------------------------------------------------


def create(item, *, by, origin=None):
    """Put a new article or course on the desk, with an address of its own."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "create")
        if item.category_id and not decide(by, "edit", item):
            check(by, "create", item)
        item.slug = free_slug(item, item.slug or item.title)
        item.save()
        AuditLog.objects.record(
            "create",
            by=by,
            resource_type=item.KIND,
            resource_id=item.pk,
            new={"title": item.title},
            **(origin or {}),
        )
    return item


def delete(item, *, by, seen_revision=None, origin=None):
    """Remove for good what no reader ever saw; anything else goes to the archive.

    Versions and history stay: nobody rewrites what happened.
    """
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item, seen_revision=seen_revision)
        check(by, "delete", fresh)
        if not fresh.was_never_live:
            raise Refused(
                f"“{fresh}” has been published; readers and links know it. Archive it "
                "instead: that takes it down and deletes nothing."
            )
        ReleaseItem.objects.filter(item_id=fresh.pk, release__released_at=None).delete()
        Clash.objects.on(fresh.pk).delete()
        ReviewComment.objects.on(fresh).delete()
        ReviewLink.objects.on(fresh).delete()
        reviewing.forget(fresh)
        UserObjectPermission.objects.filter(
            content_type=ContentType.objects.get_for_model(fresh),
            object_pk=str(fresh.pk),
        ).delete()
        pk, title, status = fresh.pk, fresh.title, fresh.status
        try:
            fresh.delete()
        except ProtectedError:
            raise Refused(
                f"Other pages stand below “{title}”. Move or delete them first."
            ) from None
        AuditLog.objects.record(
            "delete",
            by=by,
            resource_type=item.KIND,
            resource_id=pk,
            old={"title": title, "status": status},
            **(origin or {}),
        )


def free_slug(item, text):
    """An address that no other item of the kind has, made of `text`."""
    stem = slugify(text, allow_unicode=True)[:480].strip("-") or f"untitled-{item.KIND}"
    others = type(item).objects.exclude(pk=item.pk)
    live = LiveSlug.objects.filter(kind=item.KIND).exclude(item_id=item.pk)
    slug, number = stem, 1
    while others.filter(slug=slug).exists() or live.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug


def open_for_edit(item, *, by, origin=None):
    """Make the working copy editable by `by`, or say why it is not.

    Approved and scheduled items are reopened, published and unpublished ones
    revised: the first edit calls this. Readers keep the live version.
    """
    if item.status in (Status.APPROVED, Status.SCHEDULED):
        reopen(item, by=by, comment="Edited after approval.", origin=origin)
    elif item.status in (Status.PUBLISHED, Status.UNPUBLISHED):
        revise(item, by=by, origin=origin)
    check_editable(item, by=by)
    return item


def check_editable(item, *, by):
    """Raise unless `by` may change the text of the item in its present state."""
    if item.status == Status.ARCHIVED:
        raise Refused(f"“{item}” is archived. Take it out of the archive first.")
    if item.status in (Status.PENDING_REVIEW, Status.IN_REVIEW):
        check(by, "edit_in_review", item)
    else:
        check(by, "edit", item)


@contextmanager
def editing(
    item,
    *,
    by,
    seen_revision=None,
    summary=None,
    origin=None,
    written_at=None,
    quietly=False,
):
    """The frame of every change of content.

    Yields the locked item; the caller changes fields, blocks, sections or lessons.
    Afterwards the revision grows, if the content did change. During a review, and
    when `summary` is given, the change becomes a version; `written_at` is its date
    where that is not now. Autosave edits `quietly`: no version is made of it, not
    even during a review; approving makes one of whatever the text then is.

        with editing(article, by=wim, seen_revision=3) as article:
            article.title = "First light"
    """
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item, seen_revision=seen_revision)
        before = fresh.content_hash()
        standing = placing.standing_in(fresh)
        open_for_edit(fresh, by=by, origin=origin)
        was = copy(fresh)
        yield fresh
        if fresh.owner_id != was.owner_id:
            check(by, "change_author", was)
            check(by, "change_author", fresh)
            byline.remember_author(fresh, was.owner_id, by=by)
        if fresh.category_id != was.category_id:
            _check_move(was, fresh, by=by)
        fresh.save()
        fresh = type(fresh).objects.select_for_update(of=("self",)).get(pk=fresh.pk)
        if fresh.content_hash() != before:
            fresh.revision += 1
            placing.follow_the_text(standing, fresh)
        under_review = fresh.status in (Status.PENDING_REVIEW, Status.IN_REVIEW)
        if summary is not None or (under_review and not quietly):
            _make_version(fresh, by=by, summary=summary or "", at=written_at)
        _save(fresh)
    _refresh(item, fresh)


MOVING = ("edit_in_review", "start_review", "approve", "publish", "unpublish")
"""What a role within one category is about: nobody gets it by moving an item."""


def _check_move(was, item, *, by):
    """From one category to another: both must be theirs, and nothing is won by it."""
    check(by, "edit", item)
    if not was.category_id:
        return  # it stands somewhere for the first time
    here = copy(item)
    here.category = was.category
    won = [one for one in MOVING if decide(by, one, item) and not decide(by, one, here)]
    if won:
        raise PermissionDenied(
            f"In “{item.category}” you could do things to it that you cannot do in "
            f"“{was.category}” ({', '.join(won).replace('_', ' ')}). Ask an editor of "
            f"“{was.category}” to move it."
        )


def restore_version(
    item, version, *, by, block_id=None, seen_revision=None, origin=None
):
    """Bring back an older version, whole or one block of it, as a new version.

    Never publishes: readers keep what they have. What the draft was until then is
    kept as a version, so that bringing that one back undoes it.
    """
    if version.item_id != item.pk:
        raise Refused("This version belongs to another item.")
    what = f"A block of v{version.number}" if block_id else f"v{version.number}"
    note = f"{'A block restored' if block_id else 'Restored'} from v{version.number}"
    with transaction.atomic(using=EDITORIAL):
        with editing(
            item, by=by, seen_revision=seen_revision, summary=note, origin=origin
        ) as fresh:
            check(by, "restore_version", fresh)
            _make_version(fresh, by=by, summary=f"Kept before {what} was restored")
            if block_id:
                _restore_block(fresh, version.snapshot, str(block_id))
            else:
                fresh.restore(version.snapshot)
        AuditLog.objects.record(
            "restore_version",
            by=by,
            resource_type=item.KIND,
            resource_id=item.pk,
            new={
                "title": item.title,
                "from_version": version.number,
                "block": str(block_id) if block_id else None,
                "became_version": item.current_version,
            },
            **(origin or {}),
        )
    return item


def _restore_block(item, snapshot, block_id):
    """Into the text of the article, or into that of the lesson it stood in."""
    if "blocks" in snapshot:
        then, now = snapshot["blocks"], item.block_list()
        item.set_blocks(_with_block_back(now, then, block_id))
        return
    for was in lessons_in(snapshot):
        if any(block["id"] == block_id for block in was["blocks"]):
            lesson = item.lessons.filter(pk=was["id"]).first()
            if lesson is None:
                raise Refused(
                    f"The lesson “{was['title']}” is not there any more. Bring back "
                    "the whole of the version."
                )
            lesson.content_blocks = _with_block_back(
                lesson.content_blocks or [], was["blocks"], block_id
            )
            lesson.save()
            return
    raise Refused("This version has no such block.")


def _with_block_back(now, then, block_id):
    found = with_block_back(now, then, block_id)
    if found is None:
        raise Refused("This version has no such block.")
    return found


# --- People with a hand in it -----------------------------------------------------


def grant(item, person, hand, *, by, origin=None):
    """Name a co-author or reviewer of this one item: `hand` is a key of byline.HANDS.

    Only staff can be named, and nobody gives more than they have: who lets a reviewer
    approve must have the right to approve.
    """
    hand = byline.hand(hand)
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item)
        check(by, "grant", fresh)
        if hand.needs:
            check(by, hand.needs, fresh)
        if not person.is_staff:
            raise Refused(
                f"{person} has no role on the desk, so nothing can be opened to them. "
                "Ask an admin to give them a role first."
            )
        if person.pk == fresh.owner_id:
            raise Refused(f"{person} is the author of “{fresh}” already.")
        if not byline.add(fresh, person, hand):
            raise Refused(f"{person} is {hand.name} of “{fresh}” already.")
        _remember_hand(fresh, "grant", person, hand, by=by, origin=origin)
    item.__dict__.pop("_individual_grants", None)


def revoke(item, person, hand, *, by, origin=None):
    """Take back what `grant` gave."""
    hand = byline.hand(hand)
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item)
        check(by, "grant", fresh)
        if hand.needs:
            check(by, hand.needs, fresh)
        if not byline.remove(fresh, person, hand):
            raise Refused(f"{person} is not {hand.name} of “{fresh}” any more.")
        _remember_hand(fresh, "revoke", person, hand, by=by, origin=origin)
    item.__dict__.pop("_individual_grants", None)


def _remember_hand(item, verb, person, hand, *, by, origin):
    _remember(
        item,
        verb,
        by=by,
        before=item.status,
        comment=f"{person}: {hand.name}",
        metadata={"person": str(person.pk), "as": hand.key},
        origin=origin,
    )


# --- Review -----------------------------------------------------------------------


def submit(
    item,
    *,
    by,
    comment="",
    reviewer=None,
    due_at=None,
    seen_revision=None,
    origin=None,
):
    """Hand it to the editors, or to `reviewer` by name, who has until `due_at`."""
    with _action(
        item,
        "submit",
        by=by,
        comment=comment,
        seen_revision=seen_revision,
        origin=origin,
    ) as (fresh, metadata):
        if due_at and reviewer is None:
            raise Refused("A day by which it is due needs a person: name a reviewer.")
        _move(fresh, "submit")
        version = _make_version(fresh, by=by)
        metadata["version"] = version.number
        if reviewer:
            reviewing.check_reviewer(fresh, reviewer, by=by)
            reviewing.ask(fresh, reviewer, by=by, version=version, due_at=due_at)
            metadata["reviewer"] = str(reviewer.pk)


def withdraw(item, *, by, comment="", seen_revision=None, origin=None):
    with _action(item, "withdraw", by=by, comment=comment, origin=origin) as (fresh, _):
        _move(fresh, "withdraw")
        if review := fresh.open_review():
            reviewing.end(review, Review.Status.WITHDRAWN, comment, item=fresh, by=by)


def start_review(
    item,
    *,
    by,
    reviewer=None,
    due_at=None,
    comment="",
    seen_revision=None,
    origin=None,
):
    """Open the review: by `reviewer`, else whoever was asked, else who starts it."""
    with _action(item, "start_review", by=by, comment=comment, origin=origin) as (
        fresh,
        metadata,
    ):
        _move(fresh, "start_review")
        version = _make_version(fresh, by=by)
        review = fresh.open_review()
        if review is None:
            review = reviewing.ask(
                fresh, reviewer or by, by=by, version=version, due_at=due_at
            )
        elif reviewer or due_at:
            reviewer = reviewer or review.reviewer
            reviewing.hand_to(review, fresh, reviewer, by=by, due_at=due_at)
        metadata["reviewer"] = str(review.reviewer_id)


def reassign_review(item, *, by, reviewer, due_at=None, comment="", origin=None):
    with _action(item, "reassign_review", by=by, comment=comment, origin=origin) as (
        fresh,
        metadata,
    ):
        review = fresh.open_review()
        if review is None:
            raise Refused(f"“{fresh}” is not in review; there is nothing to reassign.")
        reviewing.hand_to(review, fresh, reviewer, by=by, due_at=due_at)
        metadata["reviewer"] = str(reviewer.pk)


def hand_over(item, *, by, reviewer=None, comment="", origin=None):
    """The reviewer cannot do it: a colleague takes over, or it goes back to wait."""
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item)
        check(by, "view", fresh)
        review = fresh.open_review()
        if review is None or review.reviewer_id != by.pk:
            raise PermissionDenied("Only who was asked to review may hand it over.")
        before = fresh.status
        if reviewer:
            reviewing.check_successor(fresh, reviewer, by=by)
            reviewing.hand_to(review, fresh, reviewer, by=by)
        else:
            if fresh.status == Status.IN_REVIEW:
                _move(fresh, "stop_review")
            reviewing.end(review, Review.Status.DECLINED, comment, item=fresh, by=by)
        _save(fresh)
        _remember(
            fresh,
            "hand_over",
            by=by,
            before=before,
            comment=comment,
            metadata={"reviewer": str(reviewer.pk)} if reviewer else {},
            origin=origin,
        )
    _refresh(item, fresh)


def request_changes(item, *, by, comment="", seen_revision=None, origin=None):
    with _action(
        item,
        "request_changes",
        by=by,
        comment=comment,
        seen_revision=seen_revision,
        origin=origin,
    ) as (fresh, _):
        review = fresh.open_review()
        remarks = ReviewComment.objects.on(fresh).threads().open().exists()
        if not comment.strip() and not remarks:
            raise Refused(
                "Say what should change: write a comment, or leave an open remark "
                "in the text."
            )
        _move(fresh, "request_changes")
        if review:
            status = Review.Status.CHANGES_REQUESTED
            reviewing.end(review, status, comment, item=fresh, by=by)


def approve(
    item,
    *,
    by,
    comment="",
    seen_revision=None,
    seen_hash=None,
    override="",
    origin=None,
):
    """Approve exactly this text: the version and its hash are bound.

    `seen_hash` is the hash of what the person has read: any other text is refused,
    also where only an address or a tag is another one. `override` is why it may pass
    although checks stop it; see `editorial.checks`.
    """
    with _action(
        item,
        "approve",
        by=by,
        comment=comment,
        seen_revision=seen_revision,
        origin=origin,
    ) as (fresh, metadata):
        if reason := byline.why_not_approve(fresh, by):
            raise PermissionDenied(reason)
        if seen_hash is not None and seen_hash != fresh.content_hash():
            raise StaleEdit(
                f"“{fresh}” was changed after you opened it, so this is not the text "
                "that you have read. Nothing was approved. See what changed, then "
                "approve it again."
            )
        version = _make_version(fresh, by=by)
        _move(fresh, "approve", version=version, by=by)
        metadata |= checks.let_pass(fresh, by=by, reason=override)
        if review := fresh.open_review():
            status = Review.Status.APPROVED
            reviewing.end(review, status, comment, item=fresh, by=by)
        metadata["version"] = version.number
        metadata["content_hash"] = version.content_hash


def reopen(item, *, by, comment="", seen_revision=None, origin=None):
    """Back to draft after approval; voids it and cancels the schedule."""
    with _action(item, "reopen", by=by, comment=comment, origin=origin) as (fresh, _):
        _move(fresh, "reopen")


# --- Publishing -------------------------------------------------------------------


def schedule(
    item,
    *,
    by,
    publish_at,
    comment="",
    seen_revision=None,
    override="",
    origin=None,
):
    with _action(
        item,
        "schedule",
        by=by,
        comment=comment,
        seen_revision=seen_revision,
        origin=origin,
    ) as (fresh, metadata):
        if publish_at <= timezone.now():
            raise Refused("Choose a time in the future, or publish it now.")
        fresh.publish_at = publish_at
        fresh.scheduled_by = by
        _move(fresh, "schedule")
        metadata |= checks.let_pass(fresh, by=by, reason=override)
        metadata["publish_at"] = publish_at.isoformat()


def unschedule(item, *, by, comment="", seen_revision=None, origin=None):
    with _action(item, "unschedule", by=by, comment=comment, origin=origin) as (
        fresh,
        _,
    ):
        _move(fresh, "unschedule")


def set_unpublish_at(item, *, by, unpublish_at, origin=None):
    """Plan (or with None cancel) the moment when readers lose it again."""
    with _action(item, "unpublish", by=by, origin=origin) as (fresh, metadata):
        if not fresh.is_live:
            raise Refused(f"“{fresh}” is not live; there is nothing to take down.")
        if unpublish_at and unpublish_at <= timezone.now():
            raise Refused("Choose a time in the future, or take it down now.")
        fresh.held_reason = ""
        fresh.unpublish_at = unpublish_at
        fresh.unpublish_set_by = by if unpublish_at else None
        metadata["unpublish_at"] = unpublish_at and unpublish_at.isoformat()


def publish(
    item,
    *,
    by,
    comment="",
    seen_revision=None,
    override="",
    on_schedule=False,
    origin=None,
    announce=True,
):
    """Readers get the approved version. It must still be the current text.

    `on_schedule`: nobody is there to look, so what time brought stops nothing.
    """
    with _action(
        item,
        "publish",
        by=by,
        comment=comment,
        seen_revision=seen_revision,
        origin=origin,
    ) as (fresh, metadata):
        changed = _go_live(fresh)
        metadata |= checks.let_pass(
            fresh, by=by, reason=override, nobody_is_there=on_schedule
        )
        if on_schedule and "checks" in metadata:
            _tell_what_time_brought(by, fresh, metadata["checks"])
        metadata["version"] = fresh.live_version.number
        OutboxEvent.objects.mark(
            changed,
            cause="publish",
            version=fresh.live_version,
            announce=announce,
        )


def _go_live(item):
    """Transition, address and uses; returns {id: kind} of what must be delivered."""
    approved = item.approved_version
    if approved and approved.content_hash != item.content_hash():
        raise Refused(
            f"“{item}” was changed after its approval. It must be approved again."
        )
    _move(item, "publish")
    reserve_slug(item)
    _tell_series(item)
    return {item.pk: item.KIND} | _record_uses(item)


def reserve_slug(item):
    """Make the live version's address this item's own; the old one redirects."""
    slug = item.live_version.snapshot["slug"]
    holder = LiveSlug.objects.filter(kind=item.KIND, slug=slug).first()
    if holder and holder.item_id != item.pk:
        sentence = (
            f"Another live {item.KIND} already has the address “{slug}”. "
            "Change the address of one of them, or swap both in one release."
        )
        raise Refused(sentence, gaps=[Gap(sentence, "slug")])
    old = LiveSlug.objects.filter(item_id=item.pk).first()
    if old and old.slug != slug:
        Redirect.objects.get_or_create(
            kind=item.KIND, old_slug=old.slug, item_id=item.pk
        )
    try:
        LiveSlug.objects.update_or_create(
            item_id=item.pk, defaults={"kind": item.KIND, "slug": slug}
        )
    except IntegrityError:
        raise Refused(
            f"Somebody has just published another {item.KIND} at the address "
            f"“{slug}”. Change the address of one of them."
        ) from None


def _record_uses(item):
    """Keep `LiveUse` true; returns the authors and media gained or lost."""
    gained, lost = _uses_changed(item)
    LiveUse.objects.filter(item_id=item.pk, used_id__in=[pk for pk, _ in lost]).delete()
    LiveUse.objects.bulk_create(
        LiveUse(item_id=item.pk, item_kind=item.KIND, used_id=pk, used_kind=kind)
        for pk, kind in gained
    )
    return _copies_of(gained | lost)


def _uses_changed(item):
    """(gained, lost) of (id, kind), as the live version of `item` would have it."""
    uses = item.uses() if item.live_version_id else {}
    known = dict(
        LiveUse.objects.filter(item_id=item.pk).values_list("used_id", "used_kind")
    )
    return uses.items() - known.items(), known.items() - uses.items()


def _copies_of(uses):
    """{id: kind} of the public copies that come, go or change with these uses."""
    public_by_use = {
        ItemKind.PROFILE: ItemKind.PROFILE,
        ItemKind.MEDIA: ItemKind.MEDIA,
        LiveUse.GATED_MEDIA: ItemKind.MEDIA,
    }
    return {pk: public_by_use[kind] for pk, kind in uses if kind in public_by_use}


def _tell_series(item):
    """The other parts of its series name it, or do so no longer."""
    if item.KIND != ItemKind.ARTICLE:
        return
    parts = SeriesPart.objects.filter(article=item.pk)
    for pk in parts.values_list("series_id", flat=True):
        OutboxEvent.objects.mark_dependents(SERIES, pk, cause="series changed")


def marks_of(item, version):
    """What `publish` of this version would deliver (None: what taking down would).

    Reads only, by the functions that the actions use.
    """
    future = copy(item)
    future.live_version = version
    gained, lost = _uses_changed(future)
    return {item.pk: item.KIND} | _copies_of(gained | lost)


def _take_down(item):
    """After the transition cleared `live_version`: free the address, mark the rest."""
    if held := LiveSlug.objects.filter(item_id=item.pk).first():
        Redirect.objects.get_or_create(
            kind=item.KIND, old_slug=held.slug, item_id=item.pk
        )
        held.delete()
    _tell_series(item)
    return {item.pk: item.KIND} | _record_uses(item)


def revise(item, *, by, comment="", seen_revision=None, origin=None):
    """Start on the next version; readers keep the live one."""
    with _action(item, "revise", by=by, comment=comment, origin=origin) as (fresh, _):
        _move(fresh, "revise")


def unpublish(item, *, by, comment="", seen_revision=None, origin=None):
    """Readers lose it. A working copy in any other state stays as it is."""
    with _action(item, "unpublish", by=by, comment=comment, origin=origin) as (
        fresh,
        _,
    ):
        if fresh.status == Status.PUBLISHED:
            _move(fresh, "unpublish")
        elif fresh.is_live:
            fresh.take_down()
        else:
            raise Refused(f"“{fresh}” is not live; there is nothing to take down.")
        OutboxEvent.objects.mark(_take_down(fresh), cause="unpublish")


def archive(item, *, by, comment="", seen_revision=None, origin=None):
    """Put it away; takes it down in the same transaction. Nothing is deleted."""
    with _action(item, "archive", by=by, comment=comment, origin=origin) as (fresh, _):
        was_live = fresh.is_live
        _move(fresh, "archive")
        if review := fresh.open_review():
            reviewing.end(review, Review.Status.WITHDRAWN, comment, item=fresh, by=by)
        if was_live:
            OutboxEvent.objects.mark(_take_down(fresh), cause="archive")


def unarchive(item, *, by, comment="", seen_revision=None, origin=None):
    with _action(item, "unarchive", by=by, comment=comment, origin=origin) as (
        fresh,
        _,
    ):
        _move(fresh, "unarchive")


# --- Releases ---------------------------------------------------------------------


def schedule_release(release, *, by, release_at, origin=None):
    """Let it go out by itself, by the database's clock, on behalf of `by`."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "release")
        fresh = _open_release(release)
        members = list(fresh.items.all())
        if not members:
            raise Refused(f"“{fresh}” is empty. Add articles or courses first.")
        for member in members:
            check(by, "publish", _item_of(member))
        if release_at <= timezone.now():
            raise Refused("Choose a time in the future, or let it go out now.")
        fresh.release_at, fresh.scheduled_by, fresh.held_reason = release_at, by, ""
        fresh.save()
        _remember_release(
            fresh, "schedule", by, origin, release_at=release_at.isoformat()
        )
    return fresh


def unschedule_release(release, *, by, origin=None):
    with transaction.atomic(using=EDITORIAL):
        check(by, "release")
        fresh = _open_release(release)
        for member in fresh.items.all():
            check(by, "publish", _item_of(member))
        if fresh.release_at is None:
            raise Refused(f"“{fresh}” has no time to cancel.")
        fresh.release_at, fresh.scheduled_by, fresh.held_reason = None, None, ""
        fresh.save()
        _remember_release(fresh, "unschedule", by, origin)
    return fresh


def release(release, *, by, on_schedule=False, origin=None):
    """Everything in the release goes live, or down, in one moment for readers.

    One transaction here and one group event: no delivery, whatever its cause,
    applies one member without the others.
    """
    with transaction.atomic(using=EDITORIAL):
        check(by, "release")
        release = _open_release(release)
        members = _locked_members(release)
        if not members:
            raise Refused(f"“{release}” is empty. Add articles or courses first.")
        for member, item in members:
            check(by, "publish", item)
            if member.change == ReleaseItem.Change.UNPUBLISH and not item.is_live:
                raise Refused(f"“{item}” is not live; there is nothing to take down.")

        def change(member, item):
            if member.change == ReleaseItem.Change.UNPUBLISH:
                return _lose(item)
            changed = _go_live(item)
            checks.let_pass(item, by=by, nobody_is_there=on_schedule)
            return changed

        wanted = {
            member.pk: item.approved_version
            for member, item in members
            if member.change == ReleaseItem.Change.PUBLISH
        }
        _let_out(release, members, wanted, change, by=by, origin=origin)
    return release


def revert_release(release, *, by, leave=False, origin=None):
    """Readers get back what they had before the release, of all of it in one moment.

    What was published or taken down since is a decision that came later: it is never
    overwritten. With `leave` the others go back without it; otherwise none does.
    Working copies keep their text. Returns the release that took the other one back.
    """
    with transaction.atomic(using=EDITORIAL):
        check(by, "release")
        done = type(release).objects.select_for_update().get(pk=release.pk)
        members = _locked_members(done)
        for _member, item in members:
            check(by, "publish", item)
        if done.released_at is None:
            raise Refused(f"“{done}” did not go out yet; there is nothing to undo.")
        if type(release).objects.filter(reverts=done).exists():
            raise Refused(f"“{done}” was taken back already.")
        found = {member.pk: why_not_back(member, item) for member, item in members}
        conflicts = [sentence for sentence in found.values() if sentence]
        if conflicts and not leave:
            raise Refused(" ".join(["Nothing was taken back.", *conflicts]))
        free = [(member, item) for member, item in members if not found[member.pk]]
        if not free:
            raise Refused(" ".join(["There is nothing to take back.", *conflicts]))
        back = type(release).objects.create(
            name=f"Back: {done}"[:255], created_by=by, reverts=done
        )
        pairs, wanted = [], {}
        for was, item in free:
            version = was.previous_version
            shown = ReleaseItem.Change.PUBLISH if version else None
            member = back.items.create(
                kind=was.kind,
                item_id=was.item_id,
                change=shown or ReleaseItem.Change.UNPUBLISH,
            )
            pairs.append((member, item))
            wanted[member.pk] = version
        _let_out(
            back,
            pairs,
            wanted,
            lambda member, item: _put_back(item, wanted[member.pk]),
            verb="revert",
            by=by,
            origin=origin,
        )
    return back


def _open_release(release):
    fresh = type(release).objects.select_for_update().get(pk=release.pk)
    if fresh.released_at:
        raise Refused(f"“{fresh}” went out already.")
    return fresh


def _item_of(member):
    item = ITEM_MODELS[member.kind].objects.filter(pk=member.item_id).first()
    if item is None:
        raise Refused("An item of this release was deleted. Take it out of the list.")
    return item


def _locked_members(release):
    """[(member, item)], the items' rows locked in the order of their ids."""
    members = release.items.select_related("previous_version")
    members = sorted(members, key=lambda one: str(one.item_id))
    return [(member, locked(_item_of(member))) for member in members]


def _let_out(release, members, wanted, change, *, by, verb="release", origin=None):
    """Change all members, remember what readers had and have, and tell them once.

    `wanted` is {member id: the version that readers get}.
    """
    # Addresses are freed first, so that members may swap them.
    for member, item in members:
        _free_address(item, wanted.get(member.pk))
    changed, done = {}, []
    for member, item in members:
        before, member.previous_version = item.status, item.live_version
        changed |= change(member, item)
        _save(item)
        member.version = item.live_version
        member.save()
        done.append((member, item, before))
    OutboxEvent.objects.mark(changed, cause=verb, group=release.pk)
    release.released_at, release.released_by = timezone.now(), by
    release.held_reason = ""
    release.save()
    for member, item, before in done:
        number = member.version.number if member.version else None
        _remember(
            item,
            member.change if verb == "release" else verb,
            by=by,
            before=before,
            metadata={"release": str(release.pk), "version": number},
            origin=origin,
        )
    _remember_release(release, verb, by, origin, items=len(done))


def _remember_release(release, verb, by, origin, **more):
    AuditLog.objects.record(
        verb,
        by=by,
        resource_type="release",
        resource_id=release.pk,
        new={"name": str(release), **more},
        **(origin or {}),
    )


def _free_address(item, version):
    """Give up the live address unless `version` keeps it; the old one redirects."""
    held = LiveSlug.objects.filter(item_id=item.pk).first()
    if held and (version is None or version.snapshot["slug"] != held.slug):
        Redirect.objects.get_or_create(
            kind=item.KIND, old_slug=held.slug, item_id=item.pk
        )
        held.delete()


def _lose(item):
    if item.status == Status.PUBLISHED:
        _move(item, "unpublish")
    else:
        item.take_down()
    return _take_down(item)


def _put_back(item, version):
    """Readers get this earlier version, or none; the working copy keeps its text."""
    if version is None:
        return _lose(item)
    is_approved = item.approved_version_id == version.pk
    if (
        is_approved
        and can_proceed(item.publish)
        and version.content_hash == item.content_hash()
    ):
        return _go_live(item)
    if item.status in (Status.PUBLISHED, Status.UNPUBLISHED):
        _move(item, "step_back")
    item.live_version = version
    reserve_slug(item)
    return {item.pk: item.KIND} | _record_uses(item)


# --- The clock --------------------------------------------------------------------


def fire_due(limit=100):
    """Publish and take down what is due by the database's clock.

    On behalf of whoever set the time; right, hash and checks are tested again. What
    fails stays, with a `held_reason`, and does not stop the others. Any number of
    schedulers may run: a row that another one holds is skipped.
    """
    fired = _fire_releases(limit)
    for model in ITEM_MODELS.values():
        for due, verb, setter in (
            (model.objects.due_to_publish(), publish, "scheduled_by"),
            (model.objects.due_to_unpublish(), unpublish, "unpublish_set_by"),
        ):
            for pk in due.values_list("pk", flat=True)[:limit]:
                fired += _fire(due, pk, verb, setter)
    return fired


def _fire(due, pk, verb, setter):
    with transaction.atomic(using=EDITORIAL):
        item = due.select_for_update(of=("self",), skip_locked=True).filter(pk=pk)
        item = item.first()
        if item is None:
            return 0  # another scheduler has it, or it is no longer due
        try:
            with transaction.atomic(using=EDITORIAL):
                here = {"on_schedule": True} if verb is publish else {}
                verb(item, by=getattr(item, setter), comment="On schedule.", **here)
        except Exception as problem:
            # Whatever it is, it must not stop what is due after it.
            if not isinstance(problem, Refused | PermissionDenied):
                logger.exception("%s of “%s” on schedule failed", verb.__name__, item)
            reason = str(problem) or type(problem).__name__
            type(item).objects.filter(pk=pk).update(held_reason=reason)
            page = reverse(f"admin:editorial_{item.KIND}_change", args=[pk])
            _tell_it_was_held(getattr(item, setter), item, reason, page, item=item)
            return 0
        return 1


def _tell_what_time_brought(person, item, found):
    """It went out on schedule; what stopped nobody is told to whoever set the time."""
    page = reverse(f"admin:editorial_{item.KIND}_change", args=[item.pk])
    sentence = f"“{item}” went out on schedule. Look at it: {' '.join(found)}"[:500]
    Notice.objects.tell(
        person, Notice.Kind.TOLD, sentence, f"{page}#panel-checks", item=item
    )


def _tell_it_was_held(person, what, reason, page, **about):
    """Whoever set the time hears that the scheduler did not keep it, and why."""
    if person is not None:
        sentence = f"“{what}” was held back when it was due: {reason}"[:500]
        Notice.objects.tell(person, Notice.Kind.TOLD, sentence, page, **about)


def _fire_releases(limit):
    fired = 0
    due = Release.objects.due()
    for pk in due.values_list("pk", flat=True)[:limit]:
        with transaction.atomic(using=EDITORIAL):
            found = due.select_for_update(of=("self",), skip_locked=True)
            one = found.select_related("scheduled_by").filter(pk=pk).first()
            if one is None:
                continue
            try:
                with transaction.atomic(using=EDITORIAL):
                    release(one, by=one.scheduled_by, on_schedule=True)
                fired += 1
            except Exception as problem:
                if not isinstance(problem, Refused | PermissionDenied):
                    logger.exception("The release “%s” on schedule failed", one)
                reason = str(problem) or type(problem).__name__
                Release.objects.filter(pk=pk).update(held_reason=reason)
                page = reverse("admin:editorial_release_change", args=[pk])
                _tell_it_was_held(one.scheduled_by, one, reason, page)
    return fired


# --- Bulk import ------------------------------------------------------------------


def enter(
    item,
    status,
    *,
    by,
    at=None,
    written_at=None,
    held_reason="",
    comment="",
    metadata=None,
):
    """Put an item straight into any state, as bulk import may. Announces nothing.

    The import counts as the approval. `at` is when it was, or will be, published;
    `written_at` when its text last changed. Readers get it at low priority.
    """
    with transaction.atomic(using=EDITORIAL):
        fresh = locked(item)
        before, was_live = fresh.status, fresh.is_live
        version = _make_version(fresh, by=by, summary=comment, at=written_at)
        fresh.status = status
        fresh.held_reason = held_reason
        fresh.publish_at = fresh.scheduled_by = None
        if status == Status.PENDING_REVIEW:
            fresh.submitted_at = fresh.submitted_at or timezone.now()
        if status in (Status.APPROVED, Status.SCHEDULED, Status.PUBLISHED):
            fresh.approved_version, fresh.approved_by = version, by
            fresh.approved_at = timezone.now()
        else:
            fresh.approved_version = fresh.approved_by = fresh.approved_at = None
        if status == Status.SCHEDULED:
            fresh.publish_at, fresh.scheduled_by = at, by
        changed = _enter_live(fresh, version, was_live, at)
        fresh.updated_at = written_at or timezone.now()
        fresh.save()
        OutboxEvent.objects.mark(
            changed, cause="import", version=fresh.live_version, priority=LOW
        )
        _remember(
            fresh, "import", by=by, before=before, comment=comment, metadata=metadata
        )
    _refresh(item, fresh)


def _enter_live(item, version, was_live, at):
    """What the new state means for readers; {id: kind} of what to deliver."""
    if item.status == Status.PUBLISHED:
        item.live_version = version
        item.published_at = at or timezone.now()
        item.first_published_at = item.first_published_at or item.published_at
        reserve_slug(item)
        return {item.pk: item.KIND} | _record_uses(item)
    if not was_live:
        return {}
    item.take_down()
    return _take_down(item)
