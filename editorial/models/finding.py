"""Everything editorial by its words: one row for each thing that can be found.

Triggers keep the rows (see the migration that made the table): a change of text marks
its row stale, and when its transaction commits PostgreSQL reads the text once, however
many blocks were written. Nothing in Python writes here. Drafts are in it: it is part of
the newsroom's database, and every search asks who is looking.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Finding(models.Model):
    class Kind(models.TextChoices):
        ARTICLE = "article", "Articles"
        COURSE = "course", "Courses"
        LESSON = "lesson", "Lessons"
        TASK = "task", "Tasks"
        REMARK = "remark", "Remarks"
        MEDIA = "media", "Media"
        CATEGORY = "category", "Categories"
        TAG = "tag", "Tags"

    id = models.UUIDField(primary_key=True)
    """Of the thing itself."""
    kind = models.CharField(max_length=20, choices=Kind)
    item_id = models.UUIDField(null=True)
    """The article or course that it belongs to: who may view that, may find this."""
    title = models.TextField(default="")
    body = models.TextField(default="")
    folded = models.TextField(default="")
    """The title without accents and capitals, for misspelt words."""
    words = SearchVectorField(null=True)
    changed_at = models.DateTimeField(null=True)
    is_stale = models.BooleanField(default=True)

    class Meta:
        db_table = "desk_search"
        indexes = [
            GinIndex(fields=["words"], name="desk_search_words"),
            GinIndex(
                OpClass("folded", name="gin_trgm_ops"), name="desk_search_letters"
            ),
            models.Index(fields=["item_id"], name="desk_search_item"),
        ]

    def __str__(self):
        return f"{self.kind} {self.title}"
