"""`/tasks`: what somebody is to do, for whom, until when."""

from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import User
from cms.api import etags
from cms.api.fields import SparseFields, StrictFilterSet
from cms.databases import EDITORIAL
from editorial import actions, assignments
from editorial.api.docs import describe, door
from editorial.api.fields import KINDS, Line, Person, Strict, Text, YesOrNo
from editorial.api.frame import EditorialView
from editorial.models import ITEM_MODELS, EditorialTask


class TaskShown(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    task_type = serializers.ChoiceField(
        choices=EditorialTask.Type.choices, read_only=True
    )
    content_type = serializers.CharField(read_only=True)
    content_id = serializers.UUIDField(allow_null=True, read_only=True)
    assigned_to = Person(allow_null=True, read_only=True)
    assigned_by = Person(allow_null=True, read_only=True)
    priority = serializers.ChoiceField(
        choices=EditorialTask.Priority.choices, read_only=True
    )
    status = serializers.ChoiceField(
        choices=EditorialTask.Status.choices, read_only=True
    )
    due_date = serializers.DateTimeField(allow_null=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    completed_at = serializers.DateTimeField(allow_null=True, read_only=True)


class TaskWrite(Strict):
    title = Line(max_length=500, required=False)
    description = Text(max_length=10_000, allow_blank=True, required=False)
    task_type = serializers.ChoiceField(
        choices=EditorialTask.Type.choices, required=False
    )
    content_type = serializers.ChoiceField(choices=KINDS, required=False)
    content_id = serializers.UUIDField(
        required=False, help_text="Of the article or course; `content_type` says which."
    )
    assigned_to = serializers.UUIDField(allow_null=True, required=False)
    priority = serializers.ChoiceField(
        choices=EditorialTask.Priority.choices, required=False
    )
    due_date = serializers.DateTimeField(allow_null=True, required=False)
    status = serializers.ChoiceField(
        choices=EditorialTask.Status.choices, required=False
    )

    def validate_assigned_to(self, pk):
        if pk is None:
            return None
        person = User.objects.staff().filter(pk=pk).first()
        if person is None:
            raise serializers.ValidationError("Nobody in the house has this id.")
        return person

    def validate(self, data):
        if ("content_id" in data) != ("content_type" in data):
            raise serializers.ValidationError(
                {"content_id": ["Give content_id and content_type together."]}
            )
        if "content_id" in data:
            visible = ITEM_MODELS[data["content_type"]].objects.visible_to(
                self.context["request"].user
            )
            if not visible.filter(pk=data["content_id"]).exists():
                raise serializers.ValidationError(
                    {"content_id": [f"There is no such {data['content_type']}."]}
                )
        return data


class TaskCreate(TaskWrite):
    title = Line(max_length=500)


class Nothing(Strict):
    """No body is needed."""


class TaskFilters(StrictFilterSet):
    status = filters.ChoiceFilter(choices=EditorialTask.Status.choices)
    priority = filters.ChoiceFilter(choices=EditorialTask.Priority.choices)
    task_type = filters.ChoiceFilter(choices=EditorialTask.Type.choices)
    mine = YesOrNo(method="of_mine", help_text="Given to you.")
    given = YesOrNo(method="given_by_me", help_text="Given by you.")
    content_id = filters.UUIDFilter()
    due_before = filters.IsoDateTimeFilter(field_name="due_date", lookup_expr="lt")

    def of_mine(self, queryset, name, value):
        mine = Q(assigned_to=self.request.user)
        return queryset.filter(mine if value else ~mine)

    def given_by_me(self, queryset, name, value):
        given = Q(assigned_by=self.request.user)
        return queryset.filter(given if value else ~given)


@describe(
    "tasks",
    list=door(
        "List the tasks",
        gives=TaskShown(many=True),
        says="Editors see all of them; others what they were given, or gave.",
    ),
    create=door(
        "Give a task",
        takes=TaskCreate,
        gives=TaskShown,
        status=201,
        example={"title": "Check the figures", "priority": "high"},
    ),
    retrieve=door("Read a task", gives=TaskShown),
    partial_update=door(
        "Change a task",
        takes=TaskWrite,
        gives=TaskShown,
        example={"priority": "urgent"},
    ),
    done=door(
        "Say that it is done",
        takes=Nothing,
        gives=TaskShown,
        example={},
        says="For whoever it was given to, and for editors.",
    ),
)
class TaskView(EditorialView):
    queryset = EditorialTask.objects.none()
    filterset_class = TaskFilters
    problem_statuses = {"done": (413, 415)}
    ordering = "-created_at"
    ordering_fields = ("created_at",)
    rows = {"list": TaskShown, "retrieve": TaskShown}

    def get_queryset(self):
        user = self.request.user
        actions.check(user, "view_tasks")
        found = EditorialTask.objects.visible_to(user)
        return found.select_related("assigned_to", "assigned_by")

    def find(self, pk):
        task = self.get_queryset().filter(pk=pk).first()
        if task is None:
            self.not_found("task")
        return task

    def etag_of(self, task):
        return etags.etag(
            *(getattr(task, field.attname) for field in task._meta.concrete_fields)
        )

    def answer(self, task, status=200, headers=None):
        shown = TaskShown(task, context=self.get_serializer_context())
        return Response(
            shown.data,
            status=status,
            headers={"ETag": self.etag_of(task), **(headers or {})},
        )

    def list(self, request):
        return self.page_of(self.filter_queryset(self.get_queryset()), TaskShown)

    def retrieve(self, request, pk):
        return self.answer(self.find(pk))

    def create(self, request):
        self.get_queryset()
        actions.check(request.user, "edit_tasks")
        data = self.taken(TaskCreate, request)
        task = EditorialTask(assigned_by=request.user, **data)
        self.keep("create", task)
        return self.answer(task, 201, {"Location": f"{request.path}{task.pk}/"})

    def partial_update(self, request, pk):
        task = self.find(pk)
        actions.check(request.user, "edit_tasks")
        data = self.taken(TaskWrite, request, item=task, partial=True)
        etags.must_match(request, self.etag_of(task))
        with self.locked(task) as task:
            for name, value in data.items():
                setattr(task, name, value)
            self.keep("edit", task)
        return self.answer(task)

    def done(self, request, pk):
        """Whoever a task was given to may say that it is done."""
        task = self.find(pk)
        if task.assigned_to_id != request.user.pk:
            actions.check(request.user, "edit_tasks")
        self.taken(Nothing, request)
        with self.locked(task) as task:
            task.status = EditorialTask.Status.COMPLETED
            self.keep("complete", task)
        return self.answer(task)

    @contextmanager
    def locked(self, task):
        with transaction.atomic(using=EDITORIAL):
            found = self.get_queryset().select_for_update(of=("self",))
            fresh = found.get(pk=task.pk)
            etags.may_match(self.request, self.etag_of(fresh))
            yield fresh

    def keep(self, action, task):
        assignments.keep(task, by=self.request.user, action=action, origin=self.origin)
