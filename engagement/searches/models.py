"""What readers looked for, and what they took of it. No person in it."""

from django.db import models
from django.db.models.functions import Now

from cms.uuids import uuid7


class Outcome(models.TextChoices):
    FOUND = "found", "Found"
    CORRECTED = "corrected", "Found with another spelling"
    SOME = "some", "Found some of the words"
    NOTHING = "nothing", "Nothing found"


class SearchQuery(models.Model):
    """One page of results that was looked at. Its id was made in the browser.

    `visitor` is the keyed hash of `engagement.views`: it tells one reader's searches of
    one day from another's, and its key is destroyed within two days.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    query = models.CharField(max_length=200)
    """Small letters, one space between words; addresses and long numbers taken out."""
    outcome = models.CharField(max_length=10, choices=Outcome)
    corrected_to = models.CharField(max_length=200, blank=True)
    """The spelling that was searched for instead."""
    results = models.PositiveIntegerField()
    page = models.PositiveSmallIntegerField(default=1)
    sort = models.CharField(max_length=10, blank=True)
    filters = models.JSONField(default=dict)
    """{"kind": …, "category": …, "tag": …, "author": …, "year": …}, what was chosen."""
    milliseconds = models.PositiveIntegerField(null=True)
    """From the request to the last byte of the page, as the browser saw it."""
    device = models.CharField(max_length=10, blank=True)
    visitor = models.UUIDField()
    searched_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "search_queries"
        verbose_name_plural = "search queries"
        indexes = [
            models.Index(fields=["searched_at"], name="search_newest"),
            models.Index(fields=["query", "searched_at"], name="search_by_query"),
            models.Index(fields=["visitor", "searched_at"], name="search_of_visitor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values),
                name="search_outcome_is_known",
            )
        ]

    def __str__(self):
        return self.query


class SearchClick(models.Model):
    """A result that was opened from a page of results."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    search = models.ForeignKey(
        SearchQuery, on_delete=models.CASCADE, related_name="clicks"
    )
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    position = models.PositiveSmallIntegerField()
    """1 is the first of all results, whatever page it was on."""
    clicked_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "search_clicks"
        constraints = [
            models.UniqueConstraint(
                fields=["search", "content_id"], name="one_click_on_a_result"
            )
        ]
        indexes = [models.Index(fields=["content_id"], name="search_click_content")]

    def __str__(self):
        return f"{self.content_kind} {self.content_id} at {self.position}"
