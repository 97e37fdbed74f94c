"""Who works at the demo newspaper, and who reads it."""

import os
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from accounts.permissions import ROLES
from cms.databases import EDITORIAL
from editorial.models import Category

HOST = "masthead.example"
PASSWORD = "masthead-demo"  # noqa: S105  (the documented password of the demo)


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    roles: tuple = ()
    bio: str = ""
    within: str = ""
    """Slug of the category to which the roles are limited."""

    @property
    def email(self):
        return f"{self.key}@{HOST}"


STAFF = (
    Person("super", "Mara Lindqvist", ("super_admin",)),
    Person("admin", "Jonas Abel", ("admin",)),
    Person(
        "chief",
        "Helen Okafor",
        ("editor_chief",),
        "Editor in chief. Counts our mistakes and prints them.",
    ),
    Person("editor", "Ines Moreau", ("editor",)),
    Person("cities", "Farid Haddad", ("editor",), within="cities"),
    Person(
        "author",
        "Wim de Graaf",
        ("author",),
        "Writes about coasts, trams and whatever keeps time.",
    ),
    Person("contributor", "Cleo Hartmann", ("contributor",)),
    Person("reviewer", "Tomasz Reyes", ("reviewer",)),
    Person("moderator", "Priya Nair", ("moderator",)),
    Person(
        "creator",
        "Samuel Adeyemi",
        ("creator",),
        "Teaches what he had to learn the long way.",
    ),
    Person(
        "amara",
        "Amara Osei",
        ("author",),
        "Science writer. Lies on roofs and counts birds.",
    ),
    Person(
        "luca", "Luca Bianchi", ("author",), "Baker, then writer, then baker again."
    ),
    Person("noor", "Noor Visser", ("author",), "Walks through cities and takes notes."),
)

READERS = (
    Person("reader", "Rosa Keller"),
    Person("omar", "Omar Yilmaz"),
    Person("juno", "Juno Park"),
    Person("edith", "Edith Brandt"),
    Person("mateo", "Mateo Silva"),
)

TITLES = {
    "cities": "editor of “Cities” only",
    "amara": "author, two",
    "luca": "author, three",
    "noor": "author, four",
    "reader": "reader",
}


def password():
    return os.environ.get("DEMO_PASSWORD") or PASSWORD


def sign_ins():
    """(e-mail, role, name) of everybody who may come in, for `make demo` to print."""
    return [
        (
            one.email,
            TITLES.get(one.key)
            or ", ".join(ROLES[code][0].lower() for code in one.roles)
            or "reader",
            one.name,
        )
        for one in (*STAFF, *READERS[:1])
    ]


def make_people():
    """{key: User}. Whoever is there already stays as they are."""
    scrambled = None
    people = {}
    for person in (*STAFF, *READERS):
        with transaction.atomic(using=EDITORIAL):
            user = User.objects.with_email(person.email).first()
            if user is None:
                # One hash for all: it is one password, and hashing is slow on purpose.
                scrambled = scrambled or make_password(password())
                user = User.objects.create_user(
                    person.email,
                    display_name=person.name,
                    bio=person.bio,
                    email_verified_at=timezone.now(),
                )
                User.objects.filter(pk=user.pk).update(password=scrambled)
                _assign(user, person)
        people[person.key] = user
    return people


def _assign(user, person):
    within = Category.objects.filter(slug=person.within).first()
    for code in person.roles:
        name, rank, description = ROLES[code]
        role, _ = Role.objects.get_or_create(
            code=code, defaults={"name": name, "rank": rank, "description": description}
        )
        RoleAssignment.objects.create(
            user=user, role=role, category_id=within.pk if within else None
        )
