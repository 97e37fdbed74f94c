"""Counters, in a narrow table of their own."""

from django.db import models


class ContentCounter(models.Model):
    """Absolute numbers copied from the engagement database every few seconds.

    One row for an item of any kind, never deleted with the item: an item that comes
    back has its numbers. `articles.counters` and `courses.counters` join it by id.
    """

    id = models.UUIDField(primary_key=True)
    view_count = models.BigIntegerField(default=0)
    reaction_count = models.BigIntegerField(default=0)
    like_count = models.BigIntegerField(default=0)
    comment_count = models.BigIntegerField(default=0)
    share_count = models.BigIntegerField(default=0)
    enrollment_count = models.BigIntegerField(default=0)
    completion_count = models.BigIntegerField(default=0)
    rating_sum = models.BigIntegerField(default=0)
    rating_count = models.BigIntegerField(default=0)
    follower_count = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "content_counters"
        indexes = [models.Index(fields=["-view_count"], name="counter_popular")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    view_count__gte=0,
                    reaction_count__gte=0,
                    like_count__gte=0,
                    comment_count__gte=0,
                    share_count__gte=0,
                ),
                name="counters_never_negative",
            )
        ]

    def __str__(self):
        return str(self.id)
