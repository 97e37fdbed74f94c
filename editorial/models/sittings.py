"""Who sits at a text now, who writes, and what two people wrote at once.

A *text* is an article or a lesson, known here by its id.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from cms.uuids import uuid7

AWAY_AFTER = timedelta(seconds=75)
"""A page that says nothing for so long is not "here" any more. Browsers let pages that
nobody looks at speak once a minute; who closes a page says so."""
LEASE = timedelta(seconds=120)
"""A lease outlives the browser that holds it by so much."""
JUST_LEFT = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(days=2)


class SittingQuerySet(models.QuerySet):
    def at(self, text_id):
        return self.filter(text_id=text_id)

    def here(self):
        """Pages that are open now."""
        return self.exclude(state=Sitting.State.GONE).filter(
            seen_at__gt=timezone.now() - AWAY_AFTER
        )

    def holding(self):
        """The one whose lease has not run out."""
        return self.filter(holds=True, seen_at__gt=timezone.now() - LEASE)

    def sit_down(self, *, text_id, tab, person, **known):
        """The sitting of this page, made when the page first says something."""
        found, is_new = self.get_or_create(
            text_id=text_id, tab=tab, person=person, defaults=known
        )
        if is_new:
            self.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
        return found


class Sitting(models.Model):
    """One open page of one person. Said anew every few seconds, so its table is
    unlogged: after a crash of the server the pages say it again."""

    class State(models.TextChoices):
        TYPING = "typing", "typing"
        HERE = "here", "here"
        IDLE = "idle", "idle"
        GONE = "gone", "gone"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    text_id = models.UUIDField()
    tab = models.UUIDField()
    """Made in the browser; the same for as long as the page is open."""
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.HERE)
    reads = models.BooleanField(default=False)
    """Reads along, and does not write."""
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
    holds = models.BooleanField(default=False)
    """Has the lease: others are asked before they write, too."""
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
    )
    """Who took the lease away from this page."""
    saves = models.PositiveIntegerField(default=0)
    last_save = models.UUIDField(null=True)
    """Names the last save that was kept: sent again, it changes nothing."""
    last_answer = models.JSONField(default=dict)

    objects = SittingQuerySet.as_manager()

    class Meta:
        db_table = "sittings"
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["text_id", "tab", "person"], name="one_sitting_of_a_page"
            ),
            models.UniqueConstraint(
                fields=["text_id"],
                condition=models.Q(holds=True),
                name="one_holds_the_lease",
            ),
        ]

    def __str__(self):
        return f"{self.person} is {self.state}"

    def locked(self):
        """This sitting as it is now, its row locked; and that of whoever has the
        lease, always in the same order: two may be about to take it from each other.
        """
        rows = Sitting.objects.at(self.text_id).filter(
            models.Q(pk=self.pk) | models.Q(holds=True)
        )
        rows = rows.order_by("pk").select_for_update(of=("self",))
        return next(row for row in rows if row.pk == self.pk)

    def take_lease(self, *, by_force=False, from_own=False):
        """Hold the lease, if nobody's is running; with force, in any case. Whoever
        opens a second window goes on in it: `from_own`.

        Of two who come at once PostgreSQL lets one have it.
        """
        others = Sitting.objects.at(self.text_id).filter(holds=True)
        others = others.exclude(pk=self.pk)
        in_the_way = others.holding()
        if from_own:
            in_the_way = in_the_way.exclude(person=self.person_id)
        if not by_force and in_the_way.exists():
            return False
        try:
            with transaction.atomic(using=EDITORIAL):
                others.update(holds=False, taken_by=self.person_id)
                self.holds, self.taken_by, self.reads = True, None, False
                self.save(update_fields=["holds", "taken_by", "reads"])
        except IntegrityError:
            self.holds = False
        return self.holds

    def leave(self):
        self.state, self.holds = Sitting.State.GONE, False
        self.seen_at = timezone.now()
        self.save(update_fields=["state", "holds", "seen_at"])

    @property
    def has_just_left(self):
        """What a page said before it was closed may arrive after its goodbye."""
        just_now = timezone.now() - JUST_LEFT
        return self.state == Sitting.State.GONE and self.seen_at > just_now


class ClashQuerySet(models.QuerySet):
    def on(self, text_id):
        return self.filter(text_id=text_id)


class Clash(models.Model):
    """Two people changed the same block, or the same field, and both copies are kept.

    For a block, `id` is the id of the second copy in the text, and `block_id` that of
    the first. For a field, theirs stands in the field and `text` is the other one.
    Gone when somebody has decided.
    """

    id = models.UUIDField(primary_key=True)
    text_id = models.UUIDField(db_index=True)
    block_id = models.UUIDField(null=True)
    field = models.CharField(max_length=50, blank=True)
    text = models.TextField(blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClashQuerySet.as_manager()

    class Meta:
        db_table = "clashes"
        ordering = ["created_at", "id"]

    def __str__(self):
        return f"Two copies of {self.field or self.block_id}"
