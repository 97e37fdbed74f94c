"""/api/v1/me/: who somebody is to the API, and what they came with."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from accounts.entrance import ANY_SCOPE
from accounts.models import User
from accounts.permissions import ROLES
from accounts.tokens import SCOPES, ApiToken
from cms.api.fields import SparseFields
from cms.api.views import FrontDoor


class RoleInForceSerializer(serializers.Serializer):
    role = serializers.ChoiceField(choices=sorted(ROLES))
    name = serializers.CharField(help_text="The role's name for people.")
    category = serializers.UUIDField(
        allow_null=True,
        source="category_id",
        help_text="Within this category and those below it; null is everywhere.",
    )
    expires_at = serializers.DateTimeField(allow_null=True)


class TokenInUseSerializer(serializers.Serializer):
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)))
    expires_at = serializers.DateTimeField()


class MeSerializer(SparseFields, serializers.Serializer):
    id = serializers.UUIDField(source="pk")
    email = serializers.EmailField()
    display_name = serializers.CharField()
    slug = serializers.CharField()
    is_staff = serializers.BooleanField(help_text="Whether a role is in force.")
    is_superuser = serializers.BooleanField()
    roles = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    @extend_schema_field(RoleInForceSerializer(many=True))
    def get_roles(self, user):
        roles = [
            {
                "role": each.role_id,
                "name": ROLES[each.role_id][0],
                "category_id": each.category_id,
                "expires_at": each.expires_at,
            }
            for each in user.current_roles
        ]
        return RoleInForceSerializer(roles, many=True).data

    @extend_schema_field(TokenInUseSerializer(allow_null=True))
    def get_token(self, user):
        token = self.context["request"].auth
        if not isinstance(token, ApiToken):
            return None
        return TokenInUseSerializer(token).data


class Me(FrontDoor, GenericAPIView):
    """Who you are to the API: your roles, until when, and what your token reaches."""

    serializer_class = MeSerializer
    pagination_class = None
    filter_backends = ()
    queryset = User.objects.none()
    scope_to_read = ANY_SCOPE
    tags = ["account"]

    @extend_schema(operation_id="me")
    def get(self, request):
        return Response(self.get_serializer(request.user).data)
