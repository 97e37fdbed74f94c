"""One reaction of a member to a thing: like, love, insightful, helpful, celebrate."""

from django.db import connections, models
from django.db.models.functions import Now

from cms.databases import ENGAGEMENT
from cms.uuids import uuid7


class ReactionQuerySet(models.QuerySet):
    def by(self, user_id):
        return self.filter(user_id=user_id)

    def on(self, kind, target_ids):
        return self.filter(target_kind=kind, target_id__in=target_ids)

    def put(self, user_id, kind, target_id, reaction):
        """Set the member's one reaction; answer (old, new), equal if nothing changed.

        One statement, so that any number of simultaneous taps agree on what was
        there before: each row change is reported exactly once.
        """
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO reactions AS mine
                    (id, user_id, target_kind, target_id, kind, created_at)
                VALUES (%s, %s, %s, %s, %s, now())
                ON CONFLICT (target_id, user_id, target_kind) DO UPDATE
                    SET kind = excluded.kind
                    WHERE mine.kind <> excluded.kind
                RETURNING old.kind, new.kind
                """,
                [uuid7(), user_id, kind, target_id, reaction],
            )
            return cursor.fetchone() or (reaction, reaction)

    def remove(self, user_id, kind, target_id):
        """Withdraw the member's reaction; answer (old, None)."""
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.execute(
                """
                DELETE FROM reactions
                WHERE user_id = %s AND target_kind = %s AND target_id = %s
                RETURNING kind
                """,
                [user_id, kind, target_id],
            )
            row = cursor.fetchone()
            return (row[0] if row else None), None


class Reaction(models.Model):
    class Kind(models.TextChoices):
        LIKE = "like", "Like"
        LOVE = "love", "Love"
        INSIGHTFUL = "insightful", "Insightful"
        HELPFUL = "helpful", "Helpful"
        CELEBRATE = "celebrate", "Celebrate"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    target_kind = models.CharField(max_length=20)
    target_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=Kind)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReactionQuerySet.as_manager()

    class Meta:
        db_table = "reactions"
        constraints = [
            models.UniqueConstraint(
                fields=["target_id", "user_id", "target_kind"],
                name="one_reaction_of_a_member",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["like", "love", "insightful", "helpful", "celebrate"]
                ),
                name="reaction_kind_is_known",
            ),
        ]
        indexes = [models.Index(fields=["user_id", "-id"], name="reaction_of_member")]

    def __str__(self):
        return f"{self.user_id}: {self.kind} for {self.target_kind} {self.target_id}"
