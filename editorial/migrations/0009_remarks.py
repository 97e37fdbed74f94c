"""Remarks belong to the item, with or without a review; guests make them, too.

Reviews are due, mentions become tasks, notices tell people, links show one version.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cms.uuids

OF_THEIR_REVIEW = """
UPDATE review_comments SET item_id = reviews.content_id, kind = reviews.content_type
FROM reviews WHERE reviews.id = review_comments.review_id
"""


def person(**kwargs):
    return models.ForeignKey(to=settings.AUTH_USER_MODEL, **kwargs)


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0008_desk_search_filled"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cms.uuids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("assigned", "You were asked to do something"),
                            ("mentioned", "Somebody named you"),
                            ("answered", "Somebody answered you"),
                            ("reviewed", "What became of your text"),
                            ("told", "Good to know"),
                        ],
                        default="told",
                        max_length=30,
                    ),
                ),
                ("sentence", models.CharField(max_length=500)),
                ("url", models.CharField(blank=True, max_length=1000)),
                ("item_kind", models.CharField(blank=True, max_length=20)),
                ("item_id", models.UUIDField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    person(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                    ),
                ),
            ],
            options={
                "db_table": "notices",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["person", "-created_at"], name="notices_of_a_person"
                    ),
                    models.Index(
                        condition=models.Q(("read_at", None)),
                        fields=["person"],
                        name="notices_unread",
                    ),
                    models.Index(
                        condition=models.Q(("mailed_at", None), ("read_at", None)),
                        fields=["created_at"],
                        name="notices_to_mail",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeWish",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="notice_wish",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("by_mail", models.BooleanField(default=True)),
            ],
            options={"db_table": "notice_wishes"},
        ),
        migrations.CreateModel(
            name="ReviewLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cms.uuids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "digest",
                    models.CharField(editable=False, max_length=64, unique=True),
                ),
                ("kind", models.CharField(max_length=20)),
                ("item_id", models.UUIDField(db_index=True)),
                ("label", models.CharField(max_length=100)),
                ("may_comment", models.BooleanField(default=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("times_opened", models.PositiveIntegerField(default=0)),
                ("last_opened_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    person(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+"
                    ),
                ),
                (
                    "revoked_by",
                    person(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="editorial.version",
                    ),
                ),
            ],
            options={
                "db_table": "review_links",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="review_link_expires",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="review",
            name="asked_by",
            field=person(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="due"),
        ),
        migrations.AlterField(
            model_name="review",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Open"),
                    ("approved", "Approved"),
                    ("changes_requested", "Changes requested"),
                    ("withdrawn", "Withdrawn"),
                    ("declined", "Declined"),
                ],
                default="pending",
                max_length=50,
            ),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="kind",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="item_id",
            field=models.UUIDField(null=True),
        ),
        migrations.RunSQL(OF_THEIR_REVIEW, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="reviewcomment",
            name="kind",
            field=models.CharField(max_length=20),
        ),
        migrations.AlterField(
            model_name="reviewcomment",
            name="item_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="reviewcomment",
            name="review",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="editorial.review",
            ),
        ),
        migrations.AlterField(
            model_name="reviewcomment",
            name="author",
            field=person(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
            ),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="link",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="editorial.reviewlink",
            ),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="guest_name",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="edited_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="reviewcomment",
            index=models.Index(fields=["item_id", "created_at"], name="remarks_on"),
        ),
        migrations.AddConstraint(
            model_name="reviewcomment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("author__isnull", False), ("guest_name", ""), ("link", None)
                    ),
                    models.Q(
                        ("author", None),
                        ("link__isnull", False),
                        models.Q(("guest_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="remark_is_somebodys",
            ),
        ),
        migrations.CreateModel(
            name="RemarkMention",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "person",
                    person(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+"
                    ),
                ),
                (
                    "remark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="editorial.reviewcomment",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="editorial.editorialtask",
                    ),
                ),
            ],
            options={
                "db_table": "remark_mentions",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("remark", "person"), name="named_once_in_a_remark"
                    )
                ],
            },
        ),
    ]
