"""The media library's verbs: bring in, describe, replace, sort, take out; and who
shows a medium."""

import logging

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError, Q, TextField
from django.db.models.functions import Cast

from accounts.permissions import may
from cms.databases import EDITORIAL
from cms.files import FilesAway
from editorial import imaging
from editorial.actions import check
from editorial.blocks.images import marked_in, refreshed
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
    MediaFolder,
)
from editorial.models.articles import images
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


def same_as(media):
    """An older medium that came in as the very same file, or None."""
    others = Media.objects.filter(content_hash=media.content_hash).exclude(pk=media.pk)
    return others.order_by("uploaded_at").first() if media.content_hash else None


CHANGES_THE_PICTURE = {"crop", "focal_x", "focal_y"}


def describe(media, words, *, by, origin=None):
    """Change what is said about it. `media` is locked by the caller."""
    if not may_describe(by, media):
        check(by, "edit_media")
    changed = [name for name, value in words.items() if getattr(media, name) != value]
    if changed:
        for name in changed:
            setattr(media, name, words[name])
        if CHANGES_THE_PICTURE & set(changed):
            make_again(media)
        media.save()
        _record("edit", media, by=by, origin=origin, new={"fields": sorted(changed)})
    return media


def make_again(media):
    """Its variants are wanted anew; readers keep the old ones until they are there.

    The caller saves it, in the transaction.
    """
    if not media.is_image or not media.file:
        return
    media.processing_status = Media.Processing.PENDING
    media.processing_note = ""
    transaction.on_commit(
        lambda: ask_for_variants(media.pk), using=EDITORIAL, robust=True
    )


def replace(media, upload, *, by, origin=None):
    """Another file for the same medium: whatever shows it shows the new one.

    What the old one consisted of stays while pages that live may name it.
    """
    if not may_describe(by, media):
        check(by, "edit_media")
    file, facts = imaging.received(upload)
    if refusal := other_kind(media, facts):
        raise Refused(refusal)
    fresh_file = Media(pk=media.pk, uploaded_at=media.uploaded_at).file
    fresh_file.save(file.name, file, save=False)
    with transaction.atomic(using=EDITORIAL):
        fresh = Media.objects.select_for_update().get(pk=media.pk)
        take_over(fresh, facts, fresh_file.name, by=by, origin=origin)
    return fresh


def take_over(media, facts, name, *, by, origin=None):
    """Put a file that is kept already in the place of the old one, and save.

    `media` is locked, and still knows the old file.
    """
    before = {"file": media.original_filename, "bytes": media.file_size_bytes}
    old = {media.file.name} - {"", None, name} | imaging.files_made(media)
    media.file.name = name
    for field, value in facts.items():
        setattr(media, field, value)
    if media.processing_status == Media.Processing.PENDING:
        make_again(media)
    media.save()
    imaging.leave_behind(media, old)
    after = {"file": media.original_filename, "bytes": media.file_size_bytes}
    _record("replace", media, by=by, origin=origin, old=before, new=after)


def other_kind(media, facts):
    """Why a file of these facts cannot take its place, or ""."""
    if media.file_type == facts["file_type"] or not uses_of(media, limit=1):
        return ""
    return (
        f"“{media}” is shown as {media.get_file_type_display().lower()}, and the new "
        f"file is {Media.FileType(facts['file_type']).label.lower()}. Choose a file of "
        "the same kind, or upload it as something new."
    )


def try_again(pk, *, by, origin=None):
    """Make the variants of an image anew whose making failed."""
    with transaction.atomic(using=EDITORIAL):
        media = Media.objects.select_for_update().filter(pk=pk).first()
        if media is None:
            raise Refused("It is not in the library any more.")
        if not may_describe(by, media):
            check(by, "edit_media")
        if not media.is_image or not media.file:
            raise Refused(f"“{media}” has no picture here. Replace its file first.")
        make_again(media)
        media.save()
        _record("edit", media, by=by, origin=origin, new={"fields": ["variants"]})
    return media


# --- Many at once -----------------------------------------------------------------


def change_many(ids, change, *, by, origin=None):
    """Describe several, each by `change(media)` → words. Returns (done, refused).

    What one may not change is left as it is, and named. Nothing at all that one may
    change is a PermissionDenied.
    """
    done, refused = [], []
    for pk in sorted(ids):
        # Each by itself: nobody waits for the log's lock with rows in hand.
        with transaction.atomic(using=EDITORIAL):
            media = Media.objects.select_for_update().filter(pk=pk).first()
            if media is None:
                continue
            if may_describe(by, media):
                describe(media, change(media), by=by, origin=origin)
                done.append(media)
            else:
                refused.append(media)
    if refused and not done:
        raise PermissionDenied(
            "Others brought these in. Ask an editor to change what is said of them."
        )
    return done, refused


def take_out_many(ids, *, by, origin=None):
    """Delete those that nothing shows. Returns (names of the gone, sentences)."""
    check(by, "delete_media")
    gone, kept = [], []
    for media in Media.objects.filter(pk__in=ids).order_by("pk"):
        try:
            take_out(media, by=by, origin=origin)
            gone.append(str(media))
        except Refused as problem:
            kept.append(str(problem))
    return gone, kept


def with_tag(tag):
    """For `change_many`: adds a tag, once."""
    return lambda media: {"tags": [*media.tags, *({tag} - set(media.tags))]}


def without_tag(tag):
    return lambda media: {"tags": [one for one in media.tags if one != tag]}


def into(folder):
    return lambda media: {"folder": folder}


# --- Folders ----------------------------------------------------------------------


def folder_tree():
    """Every folder as (depth, path, folder) in the order of a tree that is read."""
    below = {}
    for folder in MediaFolder.objects.order_by("name", "pk"):
        below.setdefault(folder.parent_id, []).append(folder)
    found = []

    def walk(parent, depth, path):
        for folder in below.get(parent, ()):
            found.append((depth, [*path, folder.name], folder))
            walk(folder.pk, depth + 1, [*path, folder.name])

    walk(None, 0, [])
    return found


def subtree_of(folder):
    """Ids of a folder and everything below it."""
    tree = folder_tree()
    places = [one for _, _, one in tree]
    start = places.index(folder)
    depth = tree[start][0]
    found = [folder.pk]
    for one_depth, _, one in tree[start + 1 :]:
        if one_depth <= depth:
            break
        found.append(one.pk)
    return found


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


def uses_in_full(media, limit=20):
    """{(kind, id): ways} of the items that show it, drafts as well as live ones."""
    found = {}
    for kind, model in ITEM_MODELS.items():
        pictured = model.objects.filter(Q(featured_image=media) | Q(og_image=media))
        for pk in pictured.values_list("pk", flat=True)[:limit]:
            found.setdefault((kind, pk), []).append("picture")
    for pk in _articles_showing(media, limit):
        found.setdefault((Article.KIND, pk), []).append("text")
    in_lessons = Q(video=media) | Q(words__contains=str(media.pk))
    lessons = Lesson.objects.annotate(words=Cast("content_blocks", TextField()))
    shown_in = lessons.filter(in_lessons).order_by("course_id").distinct()
    for pk in shown_in.values_list("course_id", flat=True)[:limit]:
        found.setdefault((Course.KIND, pk), []).append("lesson")
    live = LiveUse.objects.filter(used_id=media.pk)
    for kind, pk in live.values_list("item_kind", "item_id")[:limit]:
        found.setdefault((kind, pk), []).append("live")
    return dict(list(found.items())[:limit])


def as_made_now(rendered):
    """`Version.rendered` with its pictures as the library makes them now: what an old
    version names may be gone since its file was replaced."""
    texts = [rendered, *rendered.get("lessons", {}).values()]
    ids = set().union(*(marked_in(one.get("html", "")) for one in texts))
    found = images(ids) if ids else {}

    def anew(one):
        return one | {"html": refreshed(one.get("html", ""), found)}

    made = anew(rendered)
    if "lessons" in rendered:
        made["lessons"] = {pk: anew(one) for pk, one in rendered["lessons"].items()}
    return made


def uses_of(media, limit=20):
    """[(kind, id, how)] of the items that show it; the first way of each."""
    found = uses_in_full(media, limit)
    return [(kind, pk, ways[0]) for (kind, pk), ways in found.items()]


def _articles_showing(media, limit):
    """By the index where a block is a picture, by reading where it may hold one."""
    pk = str(media.pk)
    shown = Q(content__contains={"attrs": {"media": pk}})
    shown |= Q(content__contains={"content": [{"attrs": {"media": pk}}]})
    pictures = ArticleBlock.objects.filter(block_type__in=PICTURES).filter(shown)
    others = ArticleBlock.objects.exclude(block_type__in=(*PICTURES, *NO_PICTURES))
    others = others.annotate(words=Cast("content", TextField()))
    others = others.filter(words__contains=pk)
    found = {}
    for blocks in (pictures, others):
        ids = blocks.order_by("article_id").values_list("article_id", flat=True)
        found |= dict.fromkeys(ids.distinct()[:limit])
    return list(found)[:limit]


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
    """Names in the storage: the file, what was made of it, and what it was before."""
    former = [name for one in media.former_files.all() for name in one.names]
    own = [media.file.name] if media.file else []
    return [*own, *sorted(imaging.files_made(media)), *former]


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
