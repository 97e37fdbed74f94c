"""`/notices`: what the desk told you, and nobody else's."""

from django.core.exceptions import PermissionDenied
from rest_framework import serializers
from rest_framework.response import Response

from cms.api.fields import SparseFields, StrictFilterSet
from editorial.api.docs import describe, door
from editorial.api.fields import Strict, YesOrNo
from editorial.api.frame import EditorialView
from editorial.letters import visible
from editorial.models import Notice


class NoticeRow(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    kind = serializers.ChoiceField(choices=Notice.Kind.choices, read_only=True)
    sentence = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True, help_text="Where on the desk it leads.")
    item_kind = serializers.CharField(read_only=True)
    item_id = serializers.UUIDField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    read_at = serializers.DateTimeField(read_only=True, allow_null=True)


class NothingSaid(Strict):
    """No body is needed."""


class NoticeFilters(StrictFilterSet):
    unread = YesOrNo(field_name="read_at", lookup_expr="isnull")


@describe(
    "notices",
    list=door(
        "List what the desk told you",
        gives=NoticeRow(many=True),
        says="The newest first. What is about an item that you may no longer view is "
        "left out.",
    ),
    read=door("Mark one as read", takes=NothingSaid, gives=NoticeRow, example={}),
    read_all=door(
        "Mark all of them as read", takes=NothingSaid, status=204, example={}
    ),
)
class NoticeView(EditorialView):
    queryset = Notice.objects.none()
    filterset_class = NoticeFilters
    problem_statuses = {"read": (413, 415), "read_all": (413, 415)}
    ordering = "-created_at"
    ordering_fields = ("created_at",)
    rows = {"list": NoticeRow}

    def get_queryset(self):
        if not self.request.user.is_staff:
            raise PermissionDenied("Notices are for those who work on the desk.")
        return Notice.objects.of(self.request.user)

    def list(self, request):
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.page(visible(found, request.user), NoticeRow)

    def read(self, request, pk):
        mine = self.get_queryset().filter(pk=pk)
        self.taken(NothingSaid, request)
        if not visible(mine, request.user):
            self.not_found("notice")
        mine.read()
        return Response(NoticeRow(mine.get()).data)

    def read_all(self, request):
        mine = self.get_queryset()
        self.taken(NothingSaid, request)
        mine.read()
        return Response(status=204)
