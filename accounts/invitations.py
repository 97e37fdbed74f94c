"""Inviting somebody to the house: a mail with a link to choose their first password.

The link opens for INVITATION_DAYS, until it is used, and only the one sent last does.
Behind it stands a question, because mail scanners follow links; the answer leads to the
page on which everybody chooses a password.
"""

from datetime import timedelta

from allauth.account.signals import password_reset
from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import audit, forgotten, mail
from accounts.models import Invitation, User
from accounts.permissions import may
from accounts.ranks import reaches
from accounts.reasons import in_words
from cms.databases import EDITORIAL

SALT = "masthead.invitation"


def ends_at(invitation):
    return invitation.sent_at + timedelta(days=settings.INVITATION_DAYS)


def is_waiting(invitation):
    """Sent, not used, not too old."""
    return invitation.accepted_at is None and ends_at(invitation) > timezone.now()


def send(user, *, by, request=None):
    """Invite, or invite again: the new link opens, and the older ones do not."""
    with transaction.atomic(using=EDITORIAL):
        if not may(by, "edit_people") or not reaches(by, user):
            raise PermissionDenied("Only an admin may invite people to the desk.")
        invitation, _ = Invitation.objects.get_or_create(
            user=user, defaults={"invited_by": by}
        )
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        invitation.invited_by = by
        invitation.sent_at = timezone.now()
        invitation.times_sent += 1
        invitation.save()
        mail.send_after_commit(
            "account/email/invitation",
            user.email,
            {
                "user": user,
                "by": by,
                "roles": roles_of(user),
                "link": link_of(invitation),
                "until": ends_at(invitation),
            },
        )
        audit.record(
            "invite", by=by, about=user, request=request, times=invitation.times_sent
        )
    return invitation


def roles_of(user):
    """The roles that wait for somebody, in words."""
    person = User.objects.get(pk=user.pk)
    return [in_words(person, one, giver=False) for one in person.current_roles]


def link_of(invitation):
    """From SITE_ORIGIN, never from the Host of a request, which anybody can send."""
    token = signing.dumps([str(invitation.pk), invitation.times_sent], salt=SALT)
    return settings.SITE_ORIGIN + reverse("accounts:invitation", args=[token])


def opened_by(token):
    """The invitation that a link opens, or None."""
    try:
        pk, times = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    invitation = (
        Invitation.objects.filter(pk=pk, times_sent=times, user__is_active=True)
        .select_related("user", "invited_by")
        .first()
    )
    return invitation if invitation and is_waiting(invitation) else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request, token):
    """Who invites whom, as what. A POST leads on to the choice of a password."""
    invitation = opened_by(token)
    if invitation and request.method == "POST":
        link = forgotten.link_for(invitation.user)
        return _private(redirect(link.removeprefix(settings.SITE_ORIGIN)))
    context = {"invitation": invitation}
    if invitation:
        context |= {
            "roles": roles_of(invitation.user),
            "until": ends_at(invitation),
        }
    return _private(
        render(
            request,
            "accounts/invitation.html",
            context,
            status=200 if invitation else 410,
        )
    )


def _private(answer):
    """No other site hears of the address; with "no-referrer" we should not either.

    Browsers then send `Origin: null` with the form, which is refused as a stranger's.
    """
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@receiver(password_reset)
def it_was_accepted(user, request=None, **kwargs):
    """Whoever chose a password has come in, by this link or another one."""
    with transaction.atomic(using=EDITORIAL):
        if (
            Invitation.objects.open()
            .filter(user=user)
            .update(accepted_at=timezone.now())
        ):
            audit.record("accept_invitation", by=user, about=user, request=request)
