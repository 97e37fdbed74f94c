"""What the desk tells one person: that they were asked, named, or answered."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7

SAME_FOR = timedelta(minutes=10)
"""The same sentence within this time is said once."""


class NoticeQuerySet(models.QuerySet):
    def of(self, person):
        return self.filter(person=person)

    def unread(self):
        return self.filter(read_at=None)

    def read(self):
        """Mark them read; what was read before keeps its moment."""
        return self.unread().update(read_at=timezone.now())

    def tell(self, person, kind, sentence, url="", *, item=None):
        """Say a sentence to one person. Whoever is told it twice sees it once.

        `url` is an address on the desk that the person may open. Call it in the
        transaction of what it tells.
        """
        item_id = item.pk if item is not None else None
        kind_of_item = item.KIND if item is not None else ""
        again = (
            self.of(person)
            .unread()
            .filter(
                kind=kind,
                sentence=sentence,
                url=url,
                item_id=item_id,
                created_at__gt=timezone.now() - SAME_FOR,
            )
            .first()
        )
        return again or self.create(
            person=person,
            kind=kind,
            sentence=sentence,
            url=url,
            item_kind=kind_of_item,
            item_id=item_id,
        )


class Notice(models.Model):
    """One sentence for one person, read or not yet."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", "You were asked to do something"
        MENTIONED = "mentioned", "Somebody named you"
        ANSWERED = "answered", "Somebody answered you"
        REVIEWED = "reviewed", "What became of your text"
        REMINDED = "reminded", "A day comes, or has passed"
        TOLD = "told", "Good to know"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=30, choices=Kind, default=Kind.TOLD)
    sentence = models.CharField(max_length=500)
    url = models.CharField(max_length=1000, blank=True)
    item_kind = models.CharField(max_length=20, blank=True)
    item_id = models.UUIDField(null=True, blank=True)
    """The article or course it is about: whoever may no longer view that is shown
    neither."""
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        db_table = "notices"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="notices_of_a_person"),
            models.Index(
                fields=["person"],
                condition=models.Q(read_at=None),
                name="notices_unread",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(read_at=None, mailed_at=None),
                name="notices_to_mail",
            ),
        ]

    def __str__(self):
        return self.sentence


class NoticeWish(models.Model):
    """How one person wants to hear of it. No row: as the house does."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notice_wish",
    )
    by_mail = models.BooleanField(default=True)
    """A mail when one is asked for a review, or named in a remark."""

    class Meta:
        db_table = "notice_wishes"

    def __str__(self):
        return f"{self.person}: {'by mail, too' if self.by_mail else 'on the desk'}"
