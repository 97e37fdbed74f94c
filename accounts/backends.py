"""One authentication backend answers every permission question from one table."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from accounts.permissions import may

VERBS = {
    # Django admin's verb: {model: our action}; "*" is every other model
    "view": {
        "article": "view",
        "course": "view",
        "articleblock": "view",
        "category": "view_taxonomy",
        "tag": "view_taxonomy",
        "series": "view_taxonomy",
        "media": "view_media",
        "mediafolder": "view_media",
        "editorialtask": "view_tasks",
        "review": "comment_on_draft",
        "reviewcomment": "comment_on_draft",
        "user": "view_people",
        "role": "view_people",
        "roleassignment": "view_people",
        "auditlog": "view_audit",
        "outboxevent": "view_sync",
        "release": "release",
        "comment": "moderate_comments",
    },
    "add": {
        "article": "create",
        "course": "create",
        "category": "edit_taxonomy",
        "tag": "edit_taxonomy",
        "series": "edit_taxonomy",
        "media": "upload_media",
        "mediafolder": "upload_media",
        "editorialtask": "edit_tasks",
        "user": "edit_people",
        "roleassignment": "assign_roles",
        "release": "release",
    },
    "change": {
        "article": "edit",
        "course": "edit",
        "category": "edit_taxonomy",
        "tag": "edit_taxonomy",
        "series": "edit_taxonomy",
        "media": "edit_media",
        "mediafolder": "edit_media",
        "editorialtask": "edit_tasks",
        "user": "edit_people",
        "roleassignment": "assign_roles",
        "release": "release",
        "comment": "moderate_comments",
    },
    "delete": {
        "category": "edit_taxonomy",
        "tag": "edit_taxonomy",
        "series": "edit_taxonomy",
        "editorialtask": "edit_tasks",
        "roleassignment": "assign_roles",
        "mediafolder": "edit_media",
    },
}


class RoleBackend(ModelBackend):
    """Signs people in by e-mail; rights come from `accounts.permissions` alone."""

    def user_can_authenticate(self, user):
        return user.is_active

    def get_user(self, user_id):
        user = User.objects.who_asks(user_id)
        return user if user and self.user_can_authenticate(user) else None

    def _get_permissions(self, user_obj, obj, from_name):
        return set()

    def has_perm(self, user_obj, perm, obj=None):
        """`perm` is an action ("publish"), or Django's "app.verb_model"."""
        if not user_obj.is_active:
            return False
        _, _, name = perm.rpartition(".")
        if "." not in perm:
            return may(user_obj, perm, obj)
        verb, _, model = name.partition("_")
        action = VERBS.get(verb, {}).get(model)
        if action is None:
            return user_obj.is_superuser
        return may(user_obj, action, obj)

    def has_module_perms(self, user_obj, app_label):
        return user_obj.is_active and user_obj.is_staff
