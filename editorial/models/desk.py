"""What each person made of their desk: order of panels, kept filters, a calendar."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7


class DeskPreference(models.Model):
    """One row for each person who changed anything on their desk."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="desk",
    )
    panels = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    """Names of panels in this person's order; those not named follow in ours."""
    hidden = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    defaults = models.JSONField(default=dict, blank=True)
    """{page: id of the kept filter that it opens with}."""
    calendar_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    """SHA-256 of the secret in the address of their calendar feed; null: none."""

    class Meta:
        db_table = "desk_preferences"

    def __str__(self):
        return f"Desk of {self.person_id}"


class SavedFilterQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those that were shared with a role one holds."""
        codes = {one.role_id for one in user.current_roles}
        return self.filter(models.Q(owner=user) | models.Q(shared_with__in=codes))


class SavedFilter(models.Model):
    """A named question to one of the desk's lists."""

    class Page(models.TextChoices):
        ARTICLES = "article", "Articles"
        COURSES = "course", "Courses"
        MEDIA = "media", "Media"
        TASKS = "editorialtask", "Tasks"
        BOARD = "board", "Board"
        CALENDAR = "calendar", "Calendar"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    page = models.CharField(max_length=20, choices=Page)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=1000, blank=True)
    """What stands after the question mark, without paging."""
    shared_with = models.ForeignKey(
        "accounts.Role", on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        db_table = "saved_filters"
        ordering = ["page", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"], name="one_filter_of_a_name"
            )
        ]

    def __str__(self):
        return self.name
