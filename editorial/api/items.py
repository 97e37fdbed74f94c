"""What the doors of articles and courses share: fields, lists, edits and verbs."""

from django.db import transaction
from django.utils.text import slugify
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import may
from cms.api.fields import SparseFields, StrictFilterSet
from cms.databases import EDITORIAL
from editorial import actions
from editorial.admin.verbs import reviewers
from editorial.api.before import Before, LookAgain, WithQuestions
from editorial.api.fields import (
    MOST_KEYWORDS,
    MOST_TAGS,
    ImageRow,
    Line,
    Person,
    Row,
    Rows,
    SmallObject,
    Strict,
    Text,
    WebAddress,
    YesOrNo,
)
from editorial.api.frame import EditorialView
from editorial.api.guests import LinkMade, LinkRow, NewLink, NoWords, WithGuests
from editorial.api.reviews import (
    NewRemark,
    Remark,
    Resolve,
    ReviewRow,
    RewordRemark,
    WithReviews,
)
from editorial.api.rights import (
    OPENED_BY,
    RIGHT,
    VERBS,
    available_actions,
    know_relations,
)
from editorial.api.versions import (
    Against,
    Difference,
    HistoryRow,
    Restore,
    VersionRow,
    VersionShown,
    WithVersions,
)
from editorial.models import Category, Status, Tag

HEAVY = ("snapshot", "rendered", "diff_from_previous")
"""Columns of a version that no list needs."""


# --- What is written --------------------------------------------------------------


class SearchAppearance(Strict):
    """What search engines and social networks are told."""

    meta_title = Line(max_length=160, allow_blank=True, required=False)
    meta_description = Text(max_length=320, allow_blank=True, required=False)
    meta_keywords = serializers.ListField(
        child=Line(max_length=100), max_length=MOST_KEYWORDS, required=False
    )
    canonical_url = WebAddress(max_length=2000, allow_blank=True, required=False)
    og_title = Line(max_length=160, allow_blank=True, required=False)
    og_description = Text(max_length=320, allow_blank=True, required=False)
    og_image = ImageRow(allow_null=True, required=False)
    no_index = serializers.BooleanField(required=False)
    no_follow = serializers.BooleanField(required=False)
    structured_data = SmallObject(allow_null=True, required=False)


@extend_schema_field({"type": "string", "format": "uuid"})
class Staff(serializers.UUIDField):
    """Somebody of the house. Naming another person needs the right to; that is asked
    first, so that the answer tells nothing about who is there."""

    def __init__(self, *, now, **kwargs):
        self.now = now
        super().__init__(**kwargs)

    def to_internal_value(self, data):
        pk = super().to_internal_value(data)
        item, user = self.context.get("item"), self.context["request"].user
        if item is None and pk == user.pk:
            return user
        if item is not None and pk == getattr(item, f"{self.now(item)}_id"):
            return getattr(item, self.now(item))
        actions.check(user, "change_author", item)
        person = User.objects.staff().filter(pk=pk).first()
        if person is None:
            raise serializers.ValidationError("Nobody in the house has this id.")
        return person


def owner_field(item):
    return item.OWNER_FIELD


def assigned_editor_field(item):
    return "assigned_editor"


class ItemWrite(Strict):
    """What may be set on any item. Nothing here is a state, a version or a right."""

    title = Line(max_length=500, allow_blank=True, required=False)
    slug = Text(
        max_length=500,
        allow_blank=True,
        required=False,
        help_text="Part of the page's address. Left out: made of the title.",
    )
    category = Row(
        queryset=Category.objects.all(),
        noun="category",
        allow_null=True,
        required=False,
    )
    tags = Rows(
        queryset=Tag.objects.all(), noun="tag", max_length=MOST_TAGS, required=False
    )
    featured_image = ImageRow(allow_null=True, required=False)
    assigned_editor = Staff(
        now=assigned_editor_field,
        allow_null=True,
        required=False,
        help_text="Who looks after it. For editors to set.",
    )
    seo = SearchAppearance(required=False)
    change_summary = Text(
        max_length=500,
        allow_blank=True,
        required=False,
        write_only=True,
        help_text="Given, even empty: the text is kept as a version, with these words. "
        "Left out: the draft changes in place.",
    )

    def validate_slug(self, value):
        slug = slugify(value, allow_unicode=True)[:480]
        if value and not slug:
            raise serializers.ValidationError(
                "An address is made of letters and digits."
            )
        return slug


# --- What is shown ----------------------------------------------------------------


class ItemRow(SparseFields, serializers.Serializer):
    """An item in a list: without its text."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    is_live = serializers.BooleanField(
        read_only=True, help_text="Whether readers see a version of it."
    )
    live_version = serializers.IntegerField(
        source="live_version.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="Number of the version that readers see.",
    )
    current_version = serializers.IntegerField(read_only=True)
    revision = serializers.IntegerField(
        read_only=True, help_text="Grows with each change of the text."
    )
    category = serializers.UUIDField(
        source="category_id", allow_null=True, read_only=True
    )
    category_name = serializers.CharField(
        source="category.name", default=None, allow_null=True, read_only=True
    )
    tags = serializers.SerializerMethodField()
    featured_image = serializers.UUIDField(
        source="featured_image_id", allow_null=True, read_only=True
    )
    publish_at = serializers.DateTimeField(read_only=True, allow_null=True)
    unpublish_at = serializers.DateTimeField(read_only=True, allow_null=True)
    review_by = serializers.DateField(
        read_only=True,
        allow_null=True,
        help_text="When somebody is to look whether it is still true; see look_again.",
    )
    held_reason = serializers.CharField(
        read_only=True, help_text="Why the scheduler did not do what was due."
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    submitted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    first_published_at = serializers.DateTimeField(read_only=True, allow_null=True)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True)
    available_actions = serializers.SerializerMethodField(
        help_text="What you may do with it now, as it is."
    )

    def get_tags(self, item) -> list[str]:
        return [str(tag.pk) for tag in item.tags.all()]

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ChoiceField(choices=["edit", *VERBS, "delete"])
        )
    )
    def get_available_actions(self, item):
        user = self.context["request"].user
        return available_actions(item, user, on_its_own="on_its_own" in self.context)


class OpenReview(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    reviewer = Person(read_only=True)
    asked_by = Person(read_only=True, allow_null=True)
    due_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


EMPTY_SEO = {
    "meta_title": "",
    "meta_description": "",
    "meta_keywords": [],
    "canonical_url": "",
    "og_title": "",
    "og_description": "",
    "og_image": None,
    "no_index": False,
    "no_follow": False,
    "structured_data": None,
}
"""What a PUT that says nothing of it makes of it."""


class SearchAppearanceShown(serializers.Serializer):
    meta_title = serializers.CharField()
    meta_description = serializers.CharField()
    meta_keywords = serializers.ListField(child=serializers.CharField())
    canonical_url = serializers.CharField()
    og_title = serializers.CharField()
    og_description = serializers.CharField()
    og_image = serializers.UUIDField(source="og_image_id", allow_null=True)
    no_index = serializers.BooleanField()
    no_follow = serializers.BooleanField()
    structured_data = SmallObject(allow_null=True)


class ItemShown(serializers.Serializer):
    """What a single item tells beyond its row; a base for those below."""

    assigned_editor = serializers.UUIDField(
        source="assigned_editor_id", allow_null=True, read_only=True
    )
    seo = SearchAppearanceShown(source="*", read_only=True)
    approved_version = serializers.IntegerField(
        source="approved_version.number", default=None, allow_null=True, read_only=True
    )
    approved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    unpublished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    content_hash = serializers.CharField(
        read_only=True, help_text="Of the text as it is; an approval names it."
    )
    missing = serializers.SerializerMethodField(
        help_text="What is still needed before a review, in sentences."
    )
    open_review = serializers.SerializerMethodField()

    def get_missing(self, item) -> list[str]:
        return item.missing()

    @extend_schema_field(OpenReview(allow_null=True))
    def get_open_review(self, item):
        review = item.open_review()
        return OpenReview(review).data if review else None


# --- Lists ------------------------------------------------------------------------


class States(filters.BaseInFilter, filters.ChoiceFilter):
    pass


class ItemFilters(StrictFilterSet):
    status = States(
        choices=Status.choices, help_text="One state, or several with commas between."
    )
    live = YesOrNo(
        field_name="live_version",
        lookup_expr="isnull",
        exclude=True,
        help_text="Whether readers see a version of it.",
    )
    category = filters.UUIDFilter(
        method="in_category", help_text="With every category below it."
    )
    author = filters.UUIDFilter(method="of_author", help_text="Id of the author.")
    mine = YesOrNo(method="of_mine", help_text="What you own.")
    tag = filters.UUIDFilter(field_name="tags")
    q = filters.CharFilter(
        field_name="title",
        lookup_expr="icontains",
        max_length=100,
        help_text="Words of the title.",
    )
    updated_after = filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="gte"
    )
    updated_before = filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="lt"
    )

    def in_category(self, queryset, name, value):
        section = Category.objects.filter(pk=value).first()
        if section is None:
            return queryset.none()
        below = Category.objects.subtree_of(section)
        return queryset.filter(category__in=below.values("pk"))

    def of_author(self, queryset, name, value):
        return queryset.filter(**{f"{queryset.model.OWNER_FIELD}_id": value})

    def of_mine(self, queryset, name, value):
        mine = {f"{queryset.model.OWNER_FIELD}_id": self.request.user.pk}
        return queryset.filter(**mine) if value else queryset.exclude(**mine)


# --- Verbs ------------------------------------------------------------------------


class Say(Strict):
    """A word about it, for the history."""

    comment = Text(max_length=5000, allow_blank=True, required=False, default="")


class SayWhy(Say):
    override_checks = Text(
        max_length=2000,
        allow_blank=True,
        required=False,
        default="",
        help_text="Why it may go out although checks stop it. Needs the right to, and "
        "is kept in the audit log.",
    )


class SayWhen(SayWhy):
    at = serializers.DateTimeField(help_text="In the future, with its time zone.")


class SayWhenOrNever(Strict):
    at = serializers.DateTimeField(
        allow_null=True, help_text="In the future; null cancels it."
    )


class SayRead(SayWhy):
    content_hash = serializers.RegexField(
        "^[0-9a-f]{64}$",
        required=False,
        help_text="Of the text that you have read, as it was given with it. If it was "
        "changed since, nothing is approved. Send this, or If-Match.",
    )


class SayWhoShall(Say):
    reviewer = serializers.UUIDField(
        required=False, help_text="Who shall review it; left out: any of the editors."
    )
    due_at = serializers.DateTimeField(
        required=False, help_text="In the future; needs a reviewer."
    )


class SayWho(Say):
    reviewer = serializers.UUIDField(
        required=False,
        help_text="Who reviews; left out: who was asked to, and otherwise you.",
    )
    due_at = serializers.DateTimeField(required=False, help_text="In the future.")


class SayWhoElse(Say):
    reviewer = serializers.UUIDField(help_text="Who reviews from now on.")
    due_at = serializers.DateTimeField(
        required=False, help_text="Left out: as it was due."
    )


class SayWhoInstead(Say):
    reviewer = serializers.UUIDField(
        required=False,
        help_text="Who takes over, and may view it already; left out: nobody yet.",
    )


BODY_OF = {
    "submit": SayWhoShall,
    "hand_over": SayWhoInstead,
    "approve": SayRead,
    "publish": SayWhy,
    "schedule": SayWhen,
    "set_unpublish_at": SayWhenOrNever,
    "start_review": SayWho,
    "reassign_review": SayWhoElse,
}

PUBLISHING = {
    "approve",
    "schedule",
    "unschedule",
    "publish",
    "unpublish",
    "set_unpublish_at",
    "archive",
    "unarchive",
}
"""Verbs that a token needs `editorial:publish` for."""


def words_of(verb, data):
    """Keyword arguments of the action, out of the body."""
    found = {"comment": data["comment"]} if "comment" in data else {}
    if "override_checks" in data:
        found["override"] = data["override_checks"]
    if "content_hash" in data:
        found["seen_hash"] = data["content_hash"]
    if "due_at" in data:
        found["due_at"] = data["due_at"]
    if verb == "schedule":
        found["publish_at"] = data["at"]
    if verb == "set_unpublish_at":
        found["unpublish_at"] = data["at"]
    if "reviewer" in data:
        person = reviewers().filter(pk=data["reviewer"]).first()
        if person is None:
            raise serializers.ValidationError(
                {"reviewer": ["Nobody who may review has this id."]}
            )
        found["reviewer"] = person
    return found


def transition(verb):
    """The door of one verb; its address and its action have the same name."""

    def door(self, request, pk):
        return self.do(request, pk, verb)

    door.__name__ = verb
    return door


# --- The doors --------------------------------------------------------------------


class ItemView(WithVersions, WithReviews, WithQuestions, WithGuests, EditorialView):
    """One kind of item: what its list, its own page and its verbs have in common."""

    model: type
    problem_statuses = {"revoke": (413, 415)}
    scope_of = dict.fromkeys(PUBLISHING, "editorial:publish")
    ordering = "-updated_at"
    ordering_fields = ("updated_at", "created_at")

    row: type
    shown: type
    create_fields: type
    write_fields: type
    replace_fields: type
    reset: dict
    """What a PUT that leaves a field out makes of it."""
    not_in_rows: tuple
    """Columns that no list needs."""
    item_fields: tuple
    """Fields that are written as they are."""

    def get_serializer_class(self):
        rows = {"list": self.row, "retrieve": self.shown}
        return rows.get(self.action, serializers.Serializer)

    # Finding ----------------------------------------------------------------------

    def visible(self):
        return self.model.objects.visible_to(self.request.user)

    def for_rows(self):
        return (
            self.visible()
            .select_related(self.model.OWNER_FIELD, "category", "live_version")
            .prefetch_related("tags")
            .defer(*(f"live_version__{name}" for name in HEAVY))
        )

    def find(self, pk):
        """The item, if this person may view it; otherwise there is none."""
        item = self.visible().select_related("category").filter(pk=pk).first()
        if item is None or not may(self.request.user, "view", item):
            self.not_found(self.model.KIND)
        return item

    # Answering --------------------------------------------------------------------

    def answer(self, pk, status=200, headers=None):
        """The item as it is now; nothing where the person no longer may view it."""
        found = self.for_rows().select_related("approved_version")
        found = found.defer(*(f"approved_version__{name}" for name in HEAVY))
        item = next(iter(know_relations(found.filter(pk=pk), self.request.user)), None)
        if item is None:
            return Response(status=204)
        context = {**self.get_serializer_context(), "on_its_own": True}
        shown = self.shown(item, context=context)
        return Response(
            shown.data,
            status=status,
            headers={"ETag": self.etag_of(item), **(headers or {})},
        )

    def list(self, request):
        actions.check(request.user, "view")
        found = self.filter_queryset(self.for_rows().defer(*self.not_in_rows))
        found = know_relations(self.paginate_queryset(found), request.user)
        return self.page(found, self.row)

    def retrieve(self, request, pk):
        return self.answer(self.find(pk).pk)

    # Writing ----------------------------------------------------------------------

    def check_editable(self, item):
        """The right first, then what the state allows."""
        user = self.request.user
        if item.status == Status.ARCHIVED:
            actions.check(user, "edit", item)
        if opened_by := OPENED_BY.get(item.status):
            actions.check(user, opened_by, item)
        actions.check_editable(item, by=user)

    def create(self, request):
        actions.check(request.user, "create")
        data = self.taken(self.create_fields, request)
        owner = data.pop(self.model.OWNER_FIELD, request.user)
        item = self.model(
            **{self.model.OWNER_FIELD: owner},
            title=data["title"],
            slug=data.pop("slug", ""),
            category=data.get("category"),
        )
        if owner.pk != request.user.pk:
            actions.check(request.user, "change_author", item)
        with transaction.atomic(using=EDITORIAL):
            actions.create(item, by=request.user, origin=self.origin)
            self.edit(item, data)
        return self.answer(
            item.pk, 201, headers={"Location": f"{request.path}{item.pk}/"}
        )

    def update(self, request, pk):
        return self.change(request, pk, whole=True)

    def partial_update(self, request, pk):
        return self.change(request, pk, whole=False)

    def change(self, request, pk, *, whole):
        item = self.find(pk)
        self.check_editable(item)
        fields = self.replace_fields if whole else self.write_fields
        data = self.taken(fields, request, item=item, partial=not whole)
        if whole:
            data = {**self.reset, **data, "seo": {**EMPTY_SEO, **data.get("seo", {})}}
        with self.seen(item, must=True) as seen:
            if data:  # nothing said: nothing is reopened for it
                self.edit(seen, data)
        return self.answer(item.pk)

    def edit(self, item, data):
        """In the frame of every edit: `actions.editing`."""
        with actions.editing(
            item,
            by=self.request.user,
            seen_revision=item.revision,
            summary=data.get("change_summary"),
            origin=self.origin,
        ) as fresh:
            self.put_on(fresh, data)

    def put_on(self, item, data):
        for name in self.item_fields:
            if name in data:
                setattr(item, name, data[name])
        if data.get("slug"):
            item.slug = data["slug"]
        for name, value in data.get("seo", {}).items():
            setattr(item, name, value)
        if "tags" in data:
            item.tags.set(data["tags"])

    def destroy(self, request, pk):
        item = self.find(pk)
        actions.check(request.user, "delete", item)
        with self.seen(item, must=True) as seen:
            actions.delete(seen, by=request.user, origin=self.origin)
        return Response(status=204)

    def do(self, request, pk, verb):
        """One transition: the right, the body, the state that was seen, the action."""
        item = self.find(pk)
        actions.check(request.user, RIGHT.get(verb, verb), item)
        data = self.taken(BODY_OF.get(verb, Say), request)
        words = words_of(verb, data)
        with self.seen(item) as seen:
            getattr(actions, verb)(seen, by=request.user, origin=self.origin, **words)
        return self.answer(item.pk)

    submit = transition("submit")
    withdraw = transition("withdraw")
    start_review = transition("start_review")
    reassign_review = transition("reassign_review")
    hand_over = transition("hand_over")
    request_changes = transition("request_changes")
    approve = transition("approve")
    reopen = transition("reopen")
    schedule = transition("schedule")
    unschedule = transition("unschedule")
    publish = transition("publish")
    revise = transition("revise")
    unpublish = transition("unpublish")
    set_unpublish_at = transition("set_unpublish_at")
    archive = transition("archive")
    unarchive = transition("unarchive")


SHARED_DOORS = {
    "bodies": {"": Say, **BODY_OF},
    "version_row": VersionRow,
    "version": VersionShown,
    "against": Against,
    "difference": Difference,
    "restore": Restore,
    "history": HistoryRow,
    "review": ReviewRow,
    "remark": Remark,
    "new_remark": NewRemark,
    "reword": RewordRemark,
    "resolve": Resolve,
    "before": Before,
    "look_again": LookAgain,
    "link": LinkRow,
    "new_link": NewLink,
    "link_made": LinkMade,
    "no_words": NoWords,
}
"""What the documents of articles and courses share."""
