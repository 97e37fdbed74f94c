"""Review links: one version, for somebody without an account, until a day.

Who has the link reads that version and nothing else, and may remark on it under the
name they give. It opens no item, no list and no newer text.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial import actions
from editorial.anchors import anchor_at
from editorial.exceptions import Refused
from editorial.letters import desk_origin
from editorial.models import ITEM_MODELS, AuditLog, ReviewComment, ReviewLink
from editorial.placing import put_at
from editorial.remarks import told_by_guest

LONGEST_LIFE = timedelta(days=90)
MOST_LINKS = 20
"""Of one item, in force at the same time."""
MOST_REMARKS = 200
"""By one link: what a guest can leave behind is bounded."""
LONGEST = 5_000


def make_link(item, *, by, label, days, may_comment=True, origin=None):
    """A link to the text as it is now, and its address, which is shown only once."""
    label = " ".join(label.split())[:100]
    with transaction.atomic(using=EDITORIAL):
        fresh = actions.locked(item)
        check_may_share(fresh, by)
        if not label:
            raise Refused("Say for whom the link is, so that you know it again.")
        if not timedelta(0) < timedelta(days=days) <= LONGEST_LIFE:
            raise Refused(f"A link opens for {LONGEST_LIFE.days} days at most.")
        if ReviewLink.objects.on(fresh).in_force().count() >= MOST_LINKS:
            raise Refused(
                f"{MOST_LINKS} links to this are open. Revoke one that is not used."
            )
        version = actions.version_of(fresh, by=by)
        link, token = ReviewLink.objects.issue(
            kind=fresh.KIND,
            item_id=fresh.pk,
            version=version,
            label=label,
            may_comment=may_comment,
            created_by=by,
            expires_at=timezone.now() + timedelta(days=days),
        )
        AuditLog.objects.record(
            "share_link",
            by=by,
            resource_type=fresh.KIND,
            resource_id=fresh.pk,
            new={
                "for": label,
                "version": version.number,
                "until": link.expires_at.isoformat(),
            },
            **(origin or {}),
        )
    item.refresh_from_db(fields=["current_version"])
    return link, desk_origin() + reverse("review_link", args=[token])


def revoke_link(link, item, *, by, origin=None):
    """From now on it is not there, for anybody."""
    with transaction.atomic(using=EDITORIAL):
        check_may_share(item, by)
        link = ReviewLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if link.revoked_at:
            return link
        link.revoked_at, link.revoked_by = timezone.now(), by
        link.save(update_fields=["revoked_at", "revoked_by"])
        AuditLog.objects.record(
            "revoke_link",
            by=by,
            resource_type=item.KIND,
            resource_id=item.pk,
            new={"for": link.label, "version": link.version.number},
            **(origin or {}),
        )
    return link


def check_may_share(item, by):
    """Who may give colleagues a hand in it may show one version to somebody else."""
    if not may(by, "grant", item):
        raise PermissionDenied(
            "Only its author and its editors may show a text to somebody outside."
        )


# --- What a guest does ------------------------------------------------------------


def opened_by(token):
    """The link in force with this token, its version read along; or None.

    A link does not outlive the right of whoever made it: it ends when they lose it.
    """
    link = (
        ReviewLink.objects.select_related("version", "created_by")
        .defer("version__diff_from_previous")
        .opened_by(token)
    )
    if link is None:
        return None
    item = item_of(link)
    return link if item and may(link.created_by, "grant", item) else None


def item_of(link):
    return ITEM_MODELS[link.kind].objects.filter(pk=link.item_id).first()


def note_opening(link):
    ReviewLink.objects.filter(pk=link.pk).update(
        times_opened=F("times_opened") + 1, last_opened_at=timezone.now()
    )


def remark_by_guest(link, *, name, comment, block_id=None, quote="", origin=None):
    """What somebody outside says of the version that the link shows."""
    name, comment = " ".join(name.split()), comment.strip()
    if not name or not name.isprintable():
        raise Refused("Give your name, so that the author knows who says this.")
    if not comment:
        raise Refused("The remark is empty. Say what you mean.")
    if len(name) > 100 or len(comment) > LONGEST or "\x00" in comment + quote:
        raise Refused("That is too long, or not text. Make two remarks of it.")
    with transaction.atomic(using=EDITORIAL):
        link = (
            ReviewLink.objects.in_force()
            .select_for_update(of=("self",))
            .get(pk=link.pk)
        )
        if not link.may_comment:
            raise PermissionDenied("This link is for reading only.")
        if link.comments.count() >= MOST_REMARKS:
            raise Refused("Enough was said by this link. Write to whoever sent it.")
        item = item_of(link)
        remark = ReviewComment(
            kind=link.kind,
            item_id=link.item_id,
            review=item.open_review(),
            link=link,
            guest_name=name,
            comment=comment,
        )
        if block_id:
            _anchor(remark, link.version, item, block_id, quote)
        remark.save()
        told_by_guest(remark, item)
        AuditLog.objects.record(
            "guest_remark",
            by=None,
            resource_type=item.KIND,
            resource_id=item.pk,
            new={"remark": str(remark.pk), "guest": name, "link": str(link.pk)},
            **(origin or {}),
        )
    return remark


def _anchor(remark, version, item, block_id, quote):
    """Where it stands in the version that was read, then in the text of today."""
    seen = anchor_at(version.snapshot.get("blocks", []), block_id, quote)
    if seen is None and quote:
        seen = anchor_at(version.snapshot.get("blocks", []), block_id)
    if seen is None:
        raise Refused("This part is not in the text. Reload the page.")
    put_at(remark, seen)
    remark.original_quote = seen.quote
    now = anchor_at(item.block_list(), seen.block, seen.quote, seen.start)
    if now:
        put_at(remark, now)
    remark.is_orphan = now is None
