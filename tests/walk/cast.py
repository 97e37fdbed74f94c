"""Who walks: one person for each role, and those whose rights end somewhere."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from guardian.shortcuts import assign_perm

from tests import factories


@dataclass(frozen=True)
class Actor:
    letter: str
    name: str
    role: str = ""
    scope: str = ""
    """science, which holds space, where all items are; or arts, where none is."""
    about: str = ""


ACTORS = (
    Actor("S", "super admin", "super_admin"),
    Actor("A", "admin", "admin"),
    Actor("C", "editor in chief", "editor_chief"),
    Actor("E", "editor", "editor"),
    Actor("P", "editor of the parent category", "editor", "science"),
    Actor("O", "editor of another category", "editor", "arts"),
    Actor("W", "author", "author"),
    Actor("K", "creator", "creator"),
    Actor("D", "contributor", "contributor"),
    Actor("R", "reviewer", "reviewer"),
    Actor("M", "moderator", "moderator"),
    Actor("B", "co-author", "author", about="of every item that is not their own"),
    Actor("N", "named reviewer", "author", about="of every item not their own"),
    Actor("X", "editor whose role has expired", "editor"),
    Actor("Z", "editor who was deactivated", "editor"),
    Actor("U", "member without a role"),
    Actor("-", "nobody is signed in"),
)
LETTERS = "".join(actor.letter for actor in ACTORS)
ANONYMOUS = ACTORS[-1]


def gather(science, arts):
    """{letter: user}, each with the role and scope of the list above."""
    people = {}
    for actor in ACTORS[:-1]:
        name = actor.name.replace(" ", "-")
        codes = [actor.role] if actor.role else []
        category = {"science": science, "arts": arts, "": None}[actor.scope]
        people[actor.letter] = factories.staff(name, *codes, category=category)
    people["X"].role_assignments.update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    people["Z"].is_active = False
    people["Z"].save()
    for person in people.values():
        person.__dict__.pop("current_roles", None)
    return people


def stand_by(people, item):
    """The co-author and the named reviewer of an item."""
    assign_perm("co_author", people["B"], item)
    assign_perm("review", people["N"], item)
    assign_perm("approve_review", people["N"], item)
