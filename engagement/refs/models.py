"""Items and people as engagement knows them: copies with a version.

No engagement request asks another database for content or names. The rows are fed
by what publishing delivers (`engagement.receivers`); late or repeated deliveries
change nothing, because (epoch, sequence) only ever grows.
"""

from django.db import connections, models
from django.db.models.functions import Now

from cms.databases import ENGAGEMENT


class ContentRefQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state=ContentRef.State.LIVE)

    def apply(self, items):
        """Bring items up to date; what is not newer changes nothing.

        `items` are the delivered ones: id, kind, live, epoch, sequence and, when
        live, `ref` with title, url, author_id and comments_open. An item that is
        gone keeps its title and address, for the people who commented on it.
        """
        rows = [
            (
                item["id"],
                item["kind"],
                ContentRef.State.LIVE if item["live"] else ContentRef.State.GONE,
                (ref := item.get("ref") or {}).get("title", ""),
                ref.get("url", ""),
                ref.get("author_id"),
                ref.get("comments_open", True),
                item["epoch"],
                item["sequence"],
            )
            for item in sorted(items, key=lambda item: str(item["id"]))
        ]
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO content_refs AS known
                    (id, kind, state, title, url, author_id, comments_open,
                     epoch, sequence, updated_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())
                ON CONFLICT (id) DO UPDATE SET
                    kind = excluded.kind,
                    state = excluded.state,
                    title = coalesce(nullif(excluded.title, ''), known.title),
                    url = coalesce(nullif(excluded.url, ''), known.url),
                    author_id = coalesce(excluded.author_id, known.author_id),
                    comments_open = excluded.comments_open,
                    epoch = excluded.epoch,
                    sequence = excluded.sequence,
                    updated_at = excluded.updated_at
                WHERE (known.epoch, known.sequence)
                    < (excluded.epoch, excluded.sequence)
                """,
                rows,
            )


class ContentRef(models.Model):
    """An article, course or lesson, under the id it has in all three databases."""

    class State(models.TextChoices):
        LIVE = "live", "Live"
        GONE = "gone", "Gone"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State)
    title = models.TextField(blank=True)
    url = models.TextField(blank=True)
    author_id = models.UUIDField(null=True, db_index=True)
    comments_open = models.BooleanField(default=True)
    epoch = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    objects = ContentRefQuerySet.as_manager()

    class Meta:
        db_table = "content_refs"

    def __str__(self):
        return self.title or f"{self.kind} {self.pk}"

    @property
    def is_live(self):
        return self.state == self.State.LIVE

    @property
    def takes_comments(self):
        return self.is_live and self.comments_open


class UserRefQuerySet(models.QuerySet):
    def apply(self, items):
        """Bring delivered profiles up to date; what is not newer changes nothing.

        A profile that is not live has no public page any more; the person keeps
        the name that stands beside the comments.
        """
        rows = [
            (
                item["id"],
                (ref := item.get("ref") or {}).get("display_name", ""),
                ref.get("slug", ""),
                ref.get("avatar_url") or "",
                item["live"],
                ref.get("is_verified", False),
                item["epoch"],
                item["sequence"],
            )
            for item in sorted(items, key=lambda item: str(item["id"]))
        ]
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO user_refs AS known
                    (id, display_name, slug, avatar_url, has_page, badge,
                     is_active, epoch, sequence, updated_at)
                VALUES (%s, %s, %s, %s, %s, %s, true, %s, %s, now())
                ON CONFLICT (id) DO UPDATE SET
                    display_name = CASE WHEN excluded.display_name <> ''
                        THEN excluded.display_name ELSE known.display_name END,
                    slug = CASE WHEN excluded.display_name <> ''
                        THEN excluded.slug ELSE known.slug END,
                    avatar_url = CASE WHEN excluded.display_name <> ''
                        THEN excluded.avatar_url ELSE known.avatar_url END,
                    badge = CASE WHEN excluded.display_name <> ''
                        THEN excluded.badge ELSE known.badge END,
                    has_page = excluded.has_page,
                    epoch = excluded.epoch,
                    sequence = excluded.sequence,
                    updated_at = excluded.updated_at
                WHERE (known.epoch, known.sequence)
                    < (excluded.epoch, excluded.sequence)
                """,
                rows,
            )

    def remember(self, user):
        """The member at hand, as they are now. Made at their first write.

        While a public profile is live its deliveries alone decide what is shown:
        they are ordered, and two requests with differently old users are not.
        """
        facts = {
            "display_name": user.display_name,
            "slug": user.slug,
            "avatar_url": user.avatar_url or "",
            "is_active": user.is_active,
            "badge": user.badge_verified_at is not None,
        }
        known, created = self.get_or_create(pk=user.pk, defaults=facts)
        if created or known.has_page:
            return known
        changed = {
            name: value
            for name, value in facts.items()
            if getattr(known, name) != value
        }
        if changed:
            self.filter(pk=user.pk, has_page=False).update(updated_at=Now(), **changed)
            known.refresh_from_db()
        return known


class UserRef(models.Model):
    """A person who wrote, reacted or is an author, under the id of the account."""

    id = models.UUIDField(primary_key=True)
    display_name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255, blank=True)
    avatar_url = models.TextField(blank=True)
    has_page = models.BooleanField(default=False)
    """Whether the public author page of this person is live."""
    is_active = models.BooleanField(default=True)
    badge = models.BooleanField(default=False)
    epoch = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    objects = UserRefQuerySet.as_manager()

    class Meta:
        db_table = "user_refs"

    def __str__(self):
        return self.name

    @property
    def name(self):
        if not self.is_active:
            return "Former member"
        return self.display_name or "Member"
