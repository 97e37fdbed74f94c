"""`/releases`: items that go live, or down, in one moment for readers."""

from contextlib import contextmanager

from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.response import Response

from accounts.permissions import may
from cms.api import etags
from cms.api.fields import SparseFields
from cms.databases import EDITORIAL
from editorial import actions
from editorial.api.docs import describe, door
from editorial.api.fields import KINDS, Line, Person, Strict
from editorial.api.frame import EditorialView
from editorial.exceptions import Refused
from editorial.models import ITEM_MODELS, AuditLog, Release, ReleaseItem
from editorial.releases import standings

MOST_MEMBERS = 200


class ReleaseRow(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    created_by = Person(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    release_at = serializers.DateTimeField(
        allow_null=True, read_only=True, help_text="When it goes out by itself."
    )
    held_reason = serializers.CharField(
        read_only=True, help_text="Why it did not go out when it was due."
    )
    released_at = serializers.DateTimeField(allow_null=True, read_only=True)
    reverts = serializers.UUIDField(
        source="reverts_id",
        allow_null=True,
        read_only=True,
        help_text="The release that this one took back.",
    )


class Member(serializers.Serializer):
    """An item of a release, as far as you may see it, and how it stands."""

    kind = serializers.ChoiceField(choices=KINDS, source="member.kind", read_only=True)
    id = serializers.UUIDField(source="member.item_id", read_only=True)
    title = serializers.CharField(read_only=True)
    change = serializers.ChoiceField(
        choices=ReleaseItem.Change.choices, source="member.change", read_only=True
    )
    version = serializers.IntegerField(
        source="version.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="What readers will get of it, or got.",
    )
    instead_of = serializers.IntegerField(
        source="instead_of.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="What they have until then, or had.",
    )
    ready = serializers.BooleanField(source="is_ready", read_only=True)
    problems = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What holds the whole release, in sentences.",
    )
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)
    will = serializers.CharField(
        read_only=True, help_text="What it does for readers, in a sentence."
    )


class ReleaseShown(ReleaseRow):
    ready = serializers.BooleanField(
        read_only=True, help_text="Whether all of it could go out now."
    )
    members = Member(many=True, read_only=True)
    hidden_members = serializers.IntegerField(
        read_only=True, help_text="How many more there are that you may not see."
    )


class ReleaseWrite(Strict):
    name = Line(max_length=255)


class NewMember(Strict):
    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.UUIDField(help_text="Of an article or course.")
    change = serializers.ChoiceField(
        choices=ReleaseItem.Change.choices, default=ReleaseItem.Change.PUBLISH
    )


class When(Strict):
    at = serializers.DateTimeField(help_text="In the future.")


class Back(Strict):
    leave = serializers.BooleanField(
        default=False,
        help_text="Take back the rest, and leave what was changed since as it is.",
    )


@describe(
    "releases",
    list=door("List the releases", gives=ReleaseRow(many=True)),
    create=door(
        "Begin a release",
        takes=ReleaseWrite,
        gives=ReleaseShown,
        status=201,
        example={"name": "Monday morning"},
    ),
    retrieve=door("Read a release with its members", gives=ReleaseShown),
    partial_update=door(
        "Rename a release",
        takes=ReleaseWrite,
        gives=ReleaseShown,
        example={"name": "Tuesday morning"},
    ),
    destroy=door(
        "Delete a release that did not go out",
        status=204,
        says="Its members stay as they are.",
    ),
    add=door(
        "Put an item into a release",
        takes=NewMember,
        gives=ReleaseShown,
        status=201,
        example={
            "kind": "article",
            "id": "01980000-0000-7000-8000-000000000000",
            "change": "publish",
        },
        if_match=True,
        says="One that you may publish.",
    ),
    take_out=door("Take an item out of a release", status=204),
    release=door(
        "Let all of it go live, or down, in one moment",
        gives=ReleaseShown,
        if_match=True,
        says="All members, or none: 409 says which one is not ready.",
    ),
    schedule=door(
        "Let all of it go out by itself at a time",
        takes=When,
        gives=ReleaseShown,
        example={"at": "2030-01-01T06:00:00Z"},
        if_match=True,
        says="On your behalf, by the clock of the database. What is not ready by then "
        "holds all of it, and `held_reason` says why.",
    ),
    unschedule=door("Cancel the time of a release", gives=ReleaseShown, if_match=True),
    revert=door(
        "Give readers back what they had before, of all of it in one moment",
        takes=Back,
        gives=ReleaseShown,
        status=201,
        example={"leave": False},
        says="Taking back is a release of its own, which is the answer. What was "
        "published or taken down since is never overwritten: 409 names it, unless "
        "`leave` says to take back the rest.",
    ),
)
class ReleaseView(EditorialView):
    queryset = Release.objects.none()
    scope_of = {
        "release": "editorial:publish",
        "schedule": "editorial:publish",
        "unschedule": "editorial:publish",
        "revert": "editorial:publish",
    }
    problem_statuses = {"release": (413, 415), "unschedule": (413, 415)}
    ordering = "-created_at"
    ordering_fields = ("created_at",)
    rows = {"list": ReleaseRow, "retrieve": ReleaseShown}

    def get_queryset(self):
        actions.check(self.request.user, "release")
        return Release.objects.select_related("created_by")

    def find(self, pk):
        if not may(self.request.user, "release"):
            self.not_found("release")  # as for any id that nobody has
        release = self.get_queryset().filter(pk=pk).first()
        if release is None:
            self.not_found("release")
        return release

    def etag_of(self, release):
        members = release.items.order_by("item_id").values_list("item_id", "change")
        return etags.etag(
            release.pk,
            release.name,
            release.release_at,
            release.released_at,
            *members,
        )

    def answer(self, release, status=200, headers=None):
        found = standings(release, self.request.user)
        release.members = [one for one in found if one.item and not one.is_hidden]
        release.hidden_members = len(found) - len(release.members)
        release.ready = bool(found) and all(one.is_ready for one in found)
        shown = ReleaseShown(release, context=self.get_serializer_context())
        return Response(
            shown.data,
            status=status,
            headers={"ETag": self.etag_of(release), **(headers or {})},
        )

    def list(self, request):
        return self.page_of(self.filter_queryset(self.get_queryset()), ReleaseRow)

    def retrieve(self, request, pk):
        return self.answer(self.find(pk))

    def create(self, request):
        self.get_queryset()
        data = self.taken(ReleaseWrite, request)
        with transaction.atomic(using=EDITORIAL):
            release = Release.objects.create(created_by=request.user, **data)
            self.record("create", release)
        return self.answer(release, 201, {"Location": f"{request.path}{release.pk}/"})

    def partial_update(self, request, pk):
        release = self.find(pk)
        data = self.taken(ReleaseWrite, request, item=release)
        with self.still_open(release, must=True) as release:
            release.name = data["name"]
            release.save(update_fields=["name"])
            self.record("edit", release)
        return self.answer(release)

    def destroy(self, request, pk):
        with self.still_open(self.find(pk), must=True) as release:
            self.record("delete", release)
            release.delete()
        return Response(status=204)

    def add(self, request, pk):
        release = self.find(pk)
        data = self.taken(NewMember, request, item=release)
        visible = ITEM_MODELS[data["kind"]].objects.visible_to(request.user)
        item = visible.select_related("category").filter(pk=data["id"]).first()
        if item is None or not may(request.user, "view", item):
            raise serializers.ValidationError(
                {"id": [f"There is no such {data['kind']}."]}
            )
        actions.check(request.user, "publish", item)
        with self.still_open(release) as release:
            if release.items.count() >= MOST_MEMBERS:
                raise Refused(f"A release has at most {MOST_MEMBERS} members.")
            try:
                with transaction.atomic(using=EDITORIAL):
                    release.items.create(
                        kind=data["kind"], item_id=item.pk, change=data["change"]
                    )
            except IntegrityError:
                raise Refused(f"“{item}” is in this release already.") from None
            self.record("edit", release)
        return self.answer(release, 201)

    def take_out(self, request, pk, item):
        release = self.find(pk)
        member = release.items.filter(item_id=item).first()
        visible = member and ITEM_MODELS[member.kind].objects.visible_to(request.user)
        if member is None or not visible.filter(pk=item).exists():
            self.not_found("member")
        with self.still_open(release, must=True) as release:
            release.items.filter(item_id=item).delete()
            self.record("edit", release)
        return Response(status=204)

    def release(self, request, pk):
        release = self.find(pk)
        with self.still_open(release) as release:
            release = actions.release(release, by=request.user, origin=self.origin)
        return self.answer(release)

    def schedule(self, request, pk):
        release = self.find(pk)
        at = self.taken(When, request, item=release)["at"]
        with self.still_open(release) as release:
            release = actions.schedule_release(
                release, by=request.user, release_at=at, origin=self.origin
            )
        return self.answer(release)

    def unschedule(self, request, pk):
        release = self.find(pk)
        with self.still_open(release) as release:
            release = actions.unschedule_release(
                release, by=request.user, origin=self.origin
            )
        return self.answer(release)

    def revert(self, request, pk):
        release = self.find(pk)
        leave = self.taken(Back, request, item=release)["leave"]
        back = actions.revert_release(
            release, by=request.user, leave=leave, origin=self.origin
        )
        path = request.path.removesuffix(f"{release.pk}/revert/")
        return self.answer(back, 201, {"Location": f"{path}{back.pk}/"})

    @contextmanager
    def still_open(self, release, *, must=False):
        """The release, locked, if it is what the client read and did not go out."""
        check = etags.must_match if must else etags.may_match
        check(self.request, self.etag_of(release))
        with transaction.atomic(using=EDITORIAL):
            found = self.get_queryset().select_for_update(of=("self",))
            fresh = found.get(pk=release.pk)
            etags.may_match(self.request, self.etag_of(fresh))
            if fresh.released_at:
                raise Refused(f"“{fresh}” went out already.")
            yield fresh

    def record(self, action, release):
        AuditLog.objects.record(
            action,
            by=self.request.user,
            resource_type="release",
            resource_id=release.pk,
            new={"name": str(release)},
            **self.origin,
        )
