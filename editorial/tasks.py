"""Celery's door to the newsroom: tasks take ids and call one function."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from cms.files import FilesAway
from editorial import imaging, letters
from editorial.checks import asking
from editorial.models import Media

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=1)
AT_ONCE = 20


@shared_task
def make_variants(media_id):
    try:
        imaging.make_variants(media_id)
    except FilesAway as away:
        logger.warning("Image %s waits for its variants: %s", media_id, away)


@shared_task
def make_missing_variants():
    """Images whose task the broker lost."""
    waiting = Media.objects.filter(
        processing_status=Media.Processing.PENDING,
        file_type=Media.FileType.IMAGE,
        updated_at__lt=timezone.now() - PATIENCE,
    ).exclude(file="")
    try:
        for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]:
            imaging.make_variants(pk)
    except FilesAway as away:
        logger.warning("Images wait for their variants: %s", away)


@shared_task
def ask_site(host):
    """Whether the links to one site lead somewhere."""
    asking.ask_site(host)


@shared_task
def ask_forgotten():
    asking.ask_forgotten()


@shared_task
def mail_notices():
    letters.mail_notices()


@shared_task
def remind():
    """Late reviews, licences that end."""
    from editorial import reminders  # it looks into the library, and that needs us

    reminders.remind()
