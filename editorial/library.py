"""The media library's verbs: bring in, describe, take out; and who shows a medium."""

import logging
import posixpath

from django.db import transaction
from django.db.models import ProtectedError, Q, TextField
from django.db.models.functions import Cast

from accounts.permissions import may
from cms.databases import EDITORIAL
from cms.files import FilesAway
from editorial import imaging
from editorial.actions import check
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    Article,
    ArticleBlock,
    AuditLog,
    Course,
    Lesson,
    LiveUse,
    Media,
)
from editorial.tasks import make_variants

logger = logging.getLogger(__name__)

NAMED = 5
"""Uses that a refusal names."""
PICTURES = ("image", "gallery")
NO_PICTURES = ("paragraph", "heading", "code", "html", "embed", "divider")


def may_describe(user, media):
    """Editors; and everybody what they brought in themselves."""
    if may(user, "edit_media"):
        return True
    return may(user, "upload_media") and media.uploaded_by_id == user.pk


def bring_in(upload, *, by, origin=None, **words):
    """Keep a file, known by its content. Raises ValidationError for what is refused."""
    check(by, "upload_media")
    file, facts = imaging.received(upload)
    with transaction.atomic(using=EDITORIAL):
        media = Media(file=file, uploaded_by=by, **facts, **words)
        media.save()
        _record("create", media, by=by, origin=origin, new={"name": str(media)})
        if media.processing_status == Media.Processing.PENDING:
            transaction.on_commit(
                lambda: ask_for_variants(media.pk), using=EDITORIAL, robust=True
            )
    return media


def describe(media, words, *, by, origin=None):
    """Change what is said about it. `media` is locked by the caller."""
    if not may_describe(by, media):
        check(by, "edit_media")
    changed = [name for name, value in words.items() if getattr(media, name) != value]
    if changed:
        for name in changed:
            setattr(media, name, words[name])
        media.save()
        _record("edit", media, by=by, origin=origin, new={"fields": sorted(changed)})
    return media


def take_out(media, *, by, origin=None):
    """Delete a medium that nothing shows, with its files."""
    with transaction.atomic(using=EDITORIAL):
        media = Media.objects.select_for_update().get(pk=media.pk)
        check(by, "delete_media")
        if uses := uses_of(media, limit=NAMED + 1):
            raise Refused(_in_use(media, uses, by))
        _record("delete", media, by=by, origin=origin, old={"name": str(media)})
        names = _files_of(media)
        try:
            media.delete()
        except ProtectedError:
            raise Refused(
                f"“{media}” is still in use. Take it out of the texts that show it."
            ) from None
        transaction.on_commit(
            lambda: _remove_files(media.file.storage, names),
            using=EDITORIAL,
            robust=True,
        )


def uses_of(media, *, limit=20):
    """[(kind, id, how)] of the items that show it, drafts as well as live ones."""
    found = {}
    for kind, model in ITEM_MODELS.items():
        pictured = model.objects.filter(Q(featured_image=media) | Q(og_image=media))
        for pk in pictured.values_list("pk", flat=True)[:limit]:
            found.setdefault((kind, pk), "picture")
    for pk in _articles_showing(media)[:limit]:
        found.setdefault((Article.KIND, pk), "text")
    in_lessons = Q(video=media) | Q(words__contains=str(media.pk))
    lessons = Lesson.objects.annotate(words=Cast("content_blocks", TextField()))
    for pk in lessons.filter(in_lessons).values_list("course_id", flat=True)[:limit]:
        found.setdefault((Course.KIND, pk), "lesson")
    live = LiveUse.objects.filter(used_id=media.pk)
    for kind, pk in live.values_list("item_kind", "item_id")[:limit]:
        found.setdefault((kind, pk), "live")
    return [(kind, pk, how) for (kind, pk), how in found.items()][:limit]


def _articles_showing(media):
    """By the index where a block is a picture, by reading where it may hold one."""
    pk = str(media.pk)
    shown = Q(content__contains={"attrs": {"media": pk}})
    shown |= Q(content__contains={"content": [{"attrs": {"media": pk}}]})
    pictures = ArticleBlock.objects.filter(block_type__in=PICTURES).filter(shown)
    if found := list(pictures.values_list("article_id", flat=True)[:NAMED]):
        return found
    others = ArticleBlock.objects.exclude(block_type__in=(*PICTURES, *NO_PICTURES))
    others = others.annotate(words=Cast("content", TextField()))
    others = others.filter(words__contains=pk)
    return list(others.values_list("article_id", flat=True)[:NAMED])


def named_uses(uses, user):
    """[{"kind", "id", "title", "how"}] of those that `user` may view."""
    found = []
    for kind, model in ITEM_MODELS.items():
        ids = [pk for one, pk, _ in uses if one == kind]
        visible = model.objects.visible_to(user).filter(pk__in=ids) if ids else ()
        titles = {item.pk: str(item) for item in visible}
        found += [
            {"kind": kind, "id": pk, "title": titles[pk], "how": how}
            for one, pk, how in uses
            if one == kind and pk in titles
        ]
    return found


def _in_use(media, uses, user):
    named = [f"“{one['title']}”" for one in named_uses(uses, user)][:NAMED]
    others = len(uses) - len(named)
    if others > 0:
        named.append("another item" if others == 1 else "other items")
    return (
        f"“{media}” is shown by {', '.join(named)}. Take it out there first; "
        "then it can be deleted."
    )


# --- Files ------------------------------------------------------------------------


def _files_of(media):
    """Names in the storage: the file itself and its variants beside it."""
    if not media.file:
        return []
    folder = posixpath.dirname(media.file.name)
    variants = (posixpath.basename(one["url"]) for one in media.variants)
    return [media.file.name, *(f"{folder}/{name}" for name in variants)]


def _remove_files(storage, names):
    for name in names:
        try:
            storage.delete(name)
        except (OSError, FilesAway) as problem:
            logger.warning("The file %s could not be deleted: %s", name, problem)


def ask_for_variants(media_id):
    """The fast path; `make_missing_variants` finds what the broker lost."""
    try:
        make_variants.apply_async([str(media_id)], retry=False)
    except Exception as problem:
        logger.warning("The broker did not take image %s: %s", media_id, problem)


def _record(action, media, *, by, origin, **values):
    AuditLog.objects.record(
        action,
        by=by,
        resource_type="media",
        resource_id=media.pk,
        **values,
        **(origin or {}),
    )
