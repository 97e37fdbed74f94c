"""Remarks on a draft: said, answered, changed, resolved.

They belong to the item and never to its text: resolving one changes no version. Who
may read a draft as a colleague may remark on it, whether or not they may write in it,
and whether or not a review is open.
"""

import re
from itertools import islice

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleAssignment, User
from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial.actions import check
from editorial.anchors import anchor_at
from editorial.exceptions import Refused
from editorial.models import (
    AuditLog,
    EditorialTask,
    Notice,
    RemarkMention,
    ReviewComment,
)
from editorial.placing import put_at

LONGEST = 5_000
MOST_MENTIONS = 10
LOOKED_AT = 200
"""Colleagues whose rights are worked out for one search."""

NAMED = re.compile(r"(?<![\w@/.])@([\w-]+)")


# --- Saying -----------------------------------------------------------------------


def add_remark(
    item,
    *,
    by,
    comment,
    block_id=None,
    quote="",
    start=None,
    parent=None,
    pk=None,
    is_strict=True,
    origin=None,
):
    """A remark on the whole, on one block, or on words of it; or an answer.

    `pk` is the id that the editor gave it: said twice, it is made once. With
    `is_strict=False` words that the saved text does not have yet are no mistake: the
    remark waits as an orphan and finds them when that text is saved.
    """
    comment = _words(comment)
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        if pk and (known := ReviewComment.objects.filter(pk=pk).first()):
            return _said_before(known, item, by)
        thread = _thread_of(parent, item)
        named = named_in(comment, item)
        remark = ReviewComment(
            kind=item.KIND,
            item_id=item.pk,
            review=thread.review if thread else item.open_review(),
            parent=thread,
            author=by,
            comment=comment,
        )
        if pk:
            remark.pk = pk
        if thread:
            remark.block_id = thread.block_id
        else:
            _anchor(remark, item, block_id, quote, start, is_strict)
        try:
            with transaction.atomic(using=EDITORIAL):
                remark.save(force_insert=True)
        except IntegrityError:
            known = ReviewComment.objects.get(pk=remark.pk)
            return _said_before(known, item, by)
        _name(remark, named, item, by=by)
        _tell(remark, item, by=by, named=named)
        _audit("remark", remark, item, by=by, origin=origin)
    return remark


def _said_before(remark, item, by):
    if remark.item_id != item.pk or remark.author_id != by.pk:
        raise Refused("This remark's number is taken. Say it again.")
    return remark


def _words(comment):
    comment = comment.strip()
    if not comment:
        raise Refused("The remark is empty. Say what you mean.")
    if len(comment) > LONGEST:
        raise Refused(f"A remark has at most {LONGEST:,} characters. Make two of it.")
    return comment


def _thread_of(parent, item):
    """The remark that began the thread; answers to answers hang below it, too."""
    if parent is None:
        return None
    if parent.item_id != item.pk:
        raise Refused("This remark is about another text. Reload the page.")
    return parent.parent or parent


def _anchor(remark, item, block_id, quote, start, is_strict):
    if not block_id:
        return
    if not hasattr(item, "block_list"):
        raise Refused("Remarks on a course are about the whole of it.")
    found = anchor_at(item.block_list(), block_id, quote, start)
    if found is None and is_strict:
        gone = "These words are no longer in the block." if quote else ""
        raise Refused(f"{gone or 'This block is no longer in the text.'} Reload.")
    if found:
        put_at(remark, found)
    else:
        remark.block_id, remark.quote, remark.is_orphan = block_id, quote, True
        if quote:
            remark.selection_start = start or 0
            remark.selection_end = remark.selection_start + len(quote)
    remark.original_quote = remark.quote


def edit_remark(remark, *, item, by, comment, origin=None):
    """Say it in other words. Only one's own."""
    comment = _words(comment)
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        remark = ReviewComment.objects.select_for_update(of=("self",)).get(pk=remark.pk)
        if remark.author_id != by.pk:
            raise PermissionDenied("Only who made a remark may change its words.")
        named = named_in(comment, item)
        remark.comment = comment
        remark.edited_at = timezone.now()
        remark.save(update_fields=["comment", "edited_at"])
        known = set(remark.mentions.values_list("person_id", flat=True))
        fresh = [one for one in named if one.pk not in known]
        _forget(remark.mentions.exclude(person__in=named))
        _name(remark, fresh, item, by=by)
        for person in fresh:
            _say(person, "mentioned", remark, item, by=by)
        _audit("edit_remark", remark, item, by=by, origin=origin)
    return remark


def delete_remark(remark, *, item, by, origin=None):
    """Take back what nobody has answered; a guest's goes when an editor says so."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        remark = ReviewComment.objects.select_for_update(of=("self",)).get(pk=remark.pk)
        if remark.author_id is None:
            check(by, "grant", item)
        elif remark.author_id != by.pk:
            raise PermissionDenied("Only who made a remark may delete it.")
        if remark.replies.exclude(author=by).exists():
            raise Refused(
                "Others have answered this remark. Resolve it instead: then it is out "
                "of the way, and their words are kept."
            )
        gone = remark.pk
        _forget(
            RemarkMention.objects.filter(remark__in=[remark, *remark.replies.all()])
        )
        remark.delete()
        remark.pk = gone
        _audit("delete_remark", remark, item, by=by, origin=origin)


def resolve_remark(remark, *, item, by, resolved=True, origin=None):
    """Tick a thread off, or open it again. Tasks of those named in it end with it."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        remark = ReviewComment.objects.select_for_update(of=("self",)).get(pk=remark.pk)
        if remark.is_resolved == resolved:
            return remark
        remark.is_resolved = resolved
        remark.resolved_by = by if resolved else None
        remark.resolved_at = timezone.now() if resolved else None
        remark.save(update_fields=["is_resolved", "resolved_by", "resolved_at"])
        thread = RemarkMention.objects.filter(
            remark__in=[remark, *remark.replies.values_list("pk", flat=True)]
        )
        done, again = EditorialTask.Status.COMPLETED, EditorialTask.Status.PENDING
        for mention in thread.exclude(task=None).select_related("task"):
            _end(mention.task, done if resolved else again)
        _audit(
            "resolve_remark" if resolved else "reopen_remark",
            remark,
            item,
            by=by,
            origin=origin,
        )
        return remark


def _end(task, status):
    if task.status != EditorialTask.Status.CANCELLED:
        task.status = status
        task.save()


def _audit(action, remark, item, *, by, origin):
    AuditLog.objects.record(
        action,
        by=by,
        resource_type=item.KIND,
        resource_id=item.pk,
        new={"remark": str(remark.pk)},
        **(origin or {}),
    )


# --- Reading ----------------------------------------------------------------------


def threads_on(item, *, head=None, most=500):
    """What began a thread, oldest first, each with its `answers`.

    `head` is the id of one thread, if only that is asked for.
    """
    found = ReviewComment.objects.on(item)
    if head:
        found = found.filter(Q(pk=head) | Q(parent_id=head))
    remarks = list(
        found.select_related("author", "resolved_by", "link")
        .prefetch_related(
            Prefetch("mentions", RemarkMention.objects.select_related("person"))
        )
        .order_by("created_at", "id")[:most]
    )
    answers = {}
    for remark in remarks:
        answers.setdefault(remark.parent_id, []).append(remark)
    for remark in remarks:
        remark.answers = answers.get(remark.pk, [])
    return answers.get(None, [])


def where(item):
    """The address of an item on the desk."""
    return reverse(f"admin:editorial_{item._meta.model_name}_change", args=[item.pk])


# --- Naming somebody --------------------------------------------------------------


def with_roles(people, item):
    """People with their roles read at once, so that asking `may` costs no query each.

    The item's own grants are still one query for whoever has no such role.
    """
    current = RoleAssignment.objects.current()
    found = people.prefetch_related(
        Prefetch("role_assignments", current, to_attr="in_force")
    )
    for person in found:
        person.current_roles = tuple(person.in_force)
        yield person


def who_may_be_named(item, words="", *, most=8):
    """Colleagues who may view the item, by the beginning of a name or address."""
    people = User.objects.staff().order_by("display_name", "pk")
    if words:
        people = people.filter(display_name__icontains=words) | people.filter(
            slug__istartswith=words
        )
    able = (
        one
        for one in with_roles(people.distinct()[:LOOKED_AT], item)
        if may(one, "view", item)
    )
    return list(islice(able, most))


def named_in(comment, item):
    """The colleagues named with an @ in a remark. Who may not view it, cannot be.

    Only people of the house: `@somebody` who is not one is just a word.
    """
    slugs = list(
        dict.fromkeys(one.rstrip("-").lower() for one in NAMED.findall(comment))
    )
    if not slugs:
        return []
    people = User.objects.staff().filter(slug__in=slugs[: 5 * MOST_MENTIONS])
    found = list(with_roles(people, item))
    if len(found) > MOST_MENTIONS:
        raise Refused(f"Name at most {MOST_MENTIONS} people in one remark.")
    if outside := [str(one) for one in found if not may(one, "view", item)]:
        raise Refused(
            f"{' and '.join(outside)} may not view “{item}”, so nobody told them. "
            "Leave the @ away, or give them a hand in it first, under People."
        )
    return found


def _name(remark, people, item, *, by):
    """A task for each, until the thread is resolved."""
    for person in people:
        task = None
        if person.pk != by.pk:
            # All of the house see tasks; not all of it may read the item's title.
            task = EditorialTask.objects.create(
                title=f"Answer a remark of {by}",
                task_type=EditorialTask.Type.OTHER,
                content_type=item.KIND,
                content_id=item.pk,
                assigned_to=person,
                assigned_by=by,
            )
        RemarkMention.objects.create(remark=remark, person=person, task=task)


def _forget(mentions):
    for mention in mentions.exclude(task=None).select_related("task"):
        if mention.task.status != EditorialTask.Status.COMPLETED:
            mention.task.status = EditorialTask.Status.CANCELLED
            mention.task.save()
    mentions.delete()


# --- Telling people ---------------------------------------------------------------

SENTENCES = {
    "mentioned": "{by} named you in a remark on “{item}”.",
    "answered": "{by} answered a remark on “{item}”.",
    "told": "{by} left a remark on “{item}”.",
}


def _say(person, kind, remark, item, *, by):
    Notice.objects.tell(
        person,
        kind,
        SENTENCES[kind].format(by=by, item=str(item)[:200]),
        f"{where(item)}#remark-{remark.parent_id or remark.pk}",
        item=item,
    )


def _tell(remark, item, *, by, named):
    """Those named; of an answer whoever is in the thread; of a new one its author."""
    told = {by.pk} if by else set()
    for person in named:
        if person.pk not in told:
            _say(person, "mentioned", remark, item, by=by)
            told.add(person.pk)
    for person, kind in _whom(remark, item):
        if person is None or person.pk in told or not may(person, "view", item):
            continue
        told.add(person.pk)
        _say(person, kind, remark, item, by=by or remark.by)


def _whom(remark, item):
    if remark.parent_id is None:
        return [
            (item.owner, "told"),
            *([(remark.link.created_by, "told")] if remark.link else []),
        ]
    others = remark.parent.replies.exclude(pk=remark.pk).select_related("author")
    return [(one.author, "answered") for one in [remark.parent, *others]]


def told_by_guest(remark, item):
    """The same for a remark that came by a review link."""
    _tell(remark, item, by=None, named=[])
