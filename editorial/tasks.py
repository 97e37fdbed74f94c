"""Celery's door to the newsroom: tasks take ids and call one function."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from editorial import imaging
from editorial.models import Media

PATIENCE = timedelta(minutes=1)
AT_ONCE = 20


@shared_task
def make_variants(media_id):
    imaging.make_variants(media_id)


@shared_task
def make_missing_variants():
    """Images whose task the broker lost."""
    waiting = Media.objects.filter(
        processing_status=Media.Processing.PENDING,
        file_type=Media.FileType.IMAGE,
        updated_at__lt=timezone.now() - PATIENCE,
    ).exclude(file="")
    for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]:
        imaging.make_variants(pk)
