"""The spine: who did what to which item. Only ever added to.

Comments and reactions write it in the transaction of the fact; feed and
notifications will read it.
"""

from django.db import models
from django.db.models.functions import Now

from cms.uuids import uuid7


class ActivityQuerySet(models.QuerySet):
    def record(self, verb, *, actor_id, kind, target_id, object_id=None, key=None):
        """Write one line. With a `key` the same thing is written once, ever."""
        self.bulk_create(
            [
                Activity(
                    verb=verb,
                    actor_id=actor_id,
                    target_kind=kind,
                    target_id=target_id,
                    object_id=object_id,
                    key=key,
                )
            ],
            ignore_conflicts=key is not None,
        )

    def by(self, actor_id):
        return self.filter(actor_id=actor_id)

    def on(self, kind, target_id):
        return self.filter(target_kind=kind, target_id=target_id)


class Activity(models.Model):
    class Verb(models.TextChoices):
        COMMENTED = "commented", "commented on"
        REPLIED = "replied", "replied on"
        REACTED = "reacted", "reacted to"
        PUBLISHED = "content_published", "published"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    actor_id = models.UUIDField(null=True)
    """Empty for a guest of an imported discussion."""
    verb = models.CharField(max_length=30, choices=Verb)
    target_kind = models.CharField(max_length=20)
    target_id = models.UUIDField()
    object_id = models.UUIDField(null=True)
    """What was made, e.g. the comment."""
    key = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001
    """NULL repeats freely; anything else happens once."""
    created_at = models.DateTimeField(db_default=Now())

    objects = ActivityQuerySet.as_manager()

    class Meta:
        db_table = "activities"
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["actor_id", "-id"], name="activity_of_actor"),
            models.Index(fields=["target_id", "-id"], name="activity_on_target"),
        ]

    def __str__(self):
        return f"{self.actor_id} {self.get_verb_display()} {self.target_kind}"
