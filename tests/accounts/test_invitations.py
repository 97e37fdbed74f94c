"""Inviting people to the desk, from the form to the first password."""

from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core import signing
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, User
from cms.databases import EDITORIAL, PUBLIC
from cms.embedded import credentials
from editorial.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


def filled_in(*assignments, email="Nele@Example.org", name="Nele New"):
    posted = {
        "email": email,
        "display_name": name,
        "role_assignments-TOTAL_FORMS": str(len(assignments)),
        "role_assignments-INITIAL_FORMS": "0",
    }
    for n, (role, category, until) in enumerate(assignments):
        posted |= {
            f"role_assignments-{n}-role": role,
            f"role_assignments-{n}-category_id": str(category or ""),
            f"role_assignments-{n}-expires_at": until,
        }
    return posted


def invite(client, *assignments, **fields):
    return client.post(
        reverse("admin:accounts_user_add"), filled_in(*assignments, **fields)
    )


def test_somebody_is_invited_with_roles_and_comes_in(
    signed_in, ada, mailbox, another_browser
):
    science = factories.CategoryFactory(name="Science")
    year = timezone.now().year + 1

    answer = invite(
        signed_in(ada),
        ("editor", science.pk, f"{year}-03-01T12:00"),
        ("reviewer", None, ""),
    )

    assert answer.status_code == 302, answer.context["errors"]
    nele = User.objects.with_email("nele@example.org").get()
    assert (nele.slug, nele.has_usable_password()) == ("nele-new", False)
    given = nele.role_assignments.order_by("role")
    assert [(one.role_id, one.category_id, one.assigned_by) for one in given] == [
        ("editor", science.pk, ada),
        ("reviewer", None, ada),
    ]
    letter = mailbox.last
    assert letter.to == [nele.email]
    assert f"Editor in Science until 1 March {year}" in letter.body
    assert "Ada invites you" in letter.subject
    listed = signed_in(ada).get(reverse("admin:accounts_user_changelist"))
    assert "not yet here" in listed.content.decode()

    path = letter.link.partition("/accounts")[2]
    page = another_browser.get(f"/accounts{path}")
    assert "Ada invites you" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.headers["Cache-Control"]
    chosen = another_browser.post(f"/accounts{path}", follow=True)
    done = another_browser.post(
        chosen.redirect_chain[-1][0],
        {"password1": factories.PASSWORD, "password2": factories.PASSWORD},
    )

    assert done.status_code == 302
    nele = User.objects.get(pk=nele.pk)
    assert nele.check_password(factories.PASSWORD)
    assert nele.email_verified_at
    assert nele.invitation.accepted_at
    assert another_browser.get(f"/accounts{path}").status_code == 410
    actions = AuditLog.objects.filter(resource_id=nele.pk).values_list(
        "action", flat=True
    )
    assert {"create", "invite", "accept_invitation"} <= set(actions)
    listed = signed_in(ada).get(reverse("admin:accounts_user_changelist"))
    assert "not yet here" not in listed.content.decode()


def test_a_second_invitation_is_sent_and_the_first_link_closes(
    signed_in, ada, mailbox, client
):
    admin = signed_in(ada)
    invite(admin, ("author", None, ""))
    first = mailbox.last.link

    again = invite(admin, ("admin", None, ""), email="NELE@example.org")
    nele = User.objects.with_email("nele@example.org").get()
    admin.post(reverse("admin:accounts_user_invite", args=[nele.pk]))

    assert again.status_code == 302
    assert len(mailbox) == 3
    assert Invitation.objects.get(user=nele).times_sent == 3
    assert [one.role_id for one in nele.role_assignments.all()] == ["author"]
    assert client.get(first.partition("testserver")[2] or first).status_code in (
        404,
        410,
    )
    assert invitations.opened_by(first.rstrip("/").rpartition("/")[2]) is None
    assert invitations.opened_by(mailbox.last.link.rstrip("/").rpartition("/")[2])


def test_a_link_closes_with_time_with_a_deactivation_and_when_it_is_forged(
    ada, mailbox
):
    nele = factories.staff("nele")
    invitation = invitations.send(nele, by=ada)
    token = invitations.link_of(invitation).rstrip("/").rpartition("/")[2]
    assert invitations.opened_by(token)

    body, stamp, seal = token.split(":")
    other = "A" if seal[0] != "A" else "B"
    for forged in (
        "",
        "x",
        f"{body}:{stamp}:{other}{seal[1:]}",
        signing.dumps([str(invitation.pk), 1], salt="elsewhere"),
    ):
        assert invitations.opened_by(forged) is None, forged
    User.objects.filter(pk=nele.pk).update(is_active=False)
    assert invitations.opened_by(token) is None
    User.objects.filter(pk=nele.pk).update(is_active=True)
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=7, seconds=1))
    assert invitations.opened_by(token) is None


@pytest.mark.skipif(
    not settings.EMBEDDED, reason="The roles' passwords are only known to the owner."
)
def test_the_service_that_signs_people_in_has_the_rights_for_it(
    ada, another_browser, mailbox
):
    """Each statement of coming in, asked again as its role: EXPLAIN checks rights."""
    nele = factories.staff("nele")
    factories.give_role(nele, "editor", category=factories.CategoryFactory())
    link = invitations.link_of(invitations.send(nele, by=ada))
    page = reverse("accounts:invitation", args=[link.rstrip("/").rpartition("/")[2]])
    with CaptureQueriesContext(connections[EDITORIAL]) as seen:
        another_browser.get(page)
        chosen = another_browser.post(page, follow=True)
        another_browser.post(
            chosen.redirect_chain[-1][0],
            {"password1": factories.PASSWORD, "password2": factories.PASSWORD},
        )
    assert Invitation.objects.get(user=nele).accepted_at

    to = connections[EDITORIAL].settings_dict
    asked = 0
    with psycopg.connect(
        host=to["HOST"],
        dbname=to["NAME"],
        user="cms_accounts",
        password=credentials.read()["passwords"]["cms_accounts"],
        autocommit=True,
    ) as visitor:
        for query in seen.captured_queries:
            if query["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
                visitor.execute("EXPLAIN " + query["sql"])
                asked += 1
    assert asked > 10


def test_looking_at_the_link_uses_nothing_up(ada, client):
    nele = factories.staff("nele")
    link = invitations.link_of(invitations.send(nele, by=ada))
    page = reverse("accounts:invitation", args=[link.rstrip("/").rpartition("/")[2]])

    for _ in range(3):
        assert client.get(page).status_code == 200
    assert client.get(page + "x/").status_code == 404
    assert not Invitation.objects.get(user=nele).accepted_at


def test_whom_one_may_not_invite(signed_in, ada, wim, ines, mailbox):
    super_admin = factories.staff("mara", "super_admin")
    page = reverse("admin:accounts_user_add")

    above = invite(signed_in(ada), ("super_admin", None, ""))
    assert "stands above your own role" in above.content.decode()
    known = invite(signed_in(ada), email=wim.email.upper())
    assert "Somebody has this e-mail address already: Wim" in known.content.decode()
    scoped = invite(signed_in(ada), ("admin", factories.CategoryFactory().pk, ""))
    assert "An admin is one in every category" in scoped.content.decode()
    past = invite(signed_in(ada), ("author", None, "2020-01-01T10:00"))
    assert "Choose a time in the future" in past.content.decode()
    for person in (ines, wim, factories.staff("helen", "editor_chief")):
        assert signed_in(person).get(page).status_code == 403
        assert invite(signed_in(person)).status_code == 403
    here = signed_in(ada).post(
        reverse("admin:accounts_user_invite", args=[super_admin.pk])
    )
    assert here.status_code == 403
    assert len(mailbox) == 0
    assert not Invitation.objects.exists()
