"""Attachments: rows of the media library, with their file where it is at hand."""

import mimetypes
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction

from cms.databases import EDITORIAL
from editorial import imaging
from editorial.blocks.links import is_safe_source
from editorial.models import AuditLog, Media
from editorial.wordpress.people import LOW
from editorial.wordpress.records import address_key, edited_here, hash_of_row
from editorial.wordpress.report import CHANGED, TAKEN, UNCHANGED
from editorial.wordpress.values import Unusable, cut, moment, paragraphs, plain

KINDS = {
    "image": Media.FileType.IMAGE,
    "video": Media.FileType.VIDEO,
    "audio": Media.FileType.AUDIO,
    "text": Media.FileType.DOCUMENT,
    "application": Media.FileType.DOCUMENT,
}
_SIDE = r's:\d+:"{}";i:(\d{{1,5}})'


def take_attachment(item, records, report, *, by, uploader, folder=None):
    """The media row of an attachment. `folder` holds copies of wp-content/uploads."""
    number = item["wp:post_id"]
    url = item["wp:attachment_url"] or item["guid"]
    if not is_safe_source(url):
        raise Unusable("It has no address of a file.")
    path = file_of(url, item["meta"]["_wp_attached_file"], folder)
    content_hash = hash_of_row(
        *(item[name] for name in sorted(item) if name.startswith(("wp:", "excerpt:"))),
        item["title"],
        item["content:encoded"],
        item["meta"],
        path.stat().st_size if path else None,
    )
    record = records.find("attachment", number)
    if record and record.content_hash == content_hash:
        report.count(UNCHANGED, "attachment")
        return
    with transaction.atomic(using=EDITORIAL):
        if record:
            media = Media.objects.select_for_update().get(pk=record.item_id)
        else:
            media = Media(uploaded_by=uploader, source_url=url)
        if record and edited_here("media", media.pk):
            report.note("attachment", number, "Was edited here; its words are kept.")
        else:
            _describe(media, item, number, report)
        if path and not media.file:
            _add_file(media, path, number, report)
        media.sync_priority = LOW
        media.save()
        records.write("attachment", number, media.pk, content_hash)
        if key := address_key(url):
            records.write("address", key, media.pk)
        if item["wp:post_parent"] not in ("", "0"):
            records.write("attached", f"{item['wp:post_parent']}/{number}", media.pk)
        AuditLog.objects.record(
            "import",
            by=by,
            resource_type="media",
            resource_id=media.pk,
            new={"name": str(media)},
        )
    report.count(CHANGED if record else TAKEN, "attachment")
    if folder and not path:
        report.note("attachment", number, f"Its file is not in the folder: {url}")


def _describe(media, item, number, report):
    name = unquote(urlsplit(item["wp:attachment_url"] or item["guid"]).path)
    media.original_filename = name.rpartition("/")[2][:500]
    media.title = cut(plain(item["title"]), 500)
    media.alt_text = plain(item["meta"]["_wp_attachment_image_alt"])
    media.caption = paragraphs(item["excerpt:encoded"])
    if description := paragraphs(item["content:encoded"]):
        if not media.caption:
            media.caption = description
        elif description != media.caption:
            report.note("attachment", number, f"Its description: “{description[:500]}”")
    media.uploaded_at = (
        moment(item["wp:post_date_gmt"], item["wp:post_date"], item["pubDate"])
        or media.uploaded_at
    )
    if media.file:
        return
    mime = mimetypes.guess_type(media.original_filename)[0] or ""
    media.mime_type = mime[:100]
    media.file_type = KINDS.get(mime.partition("/")[0], Media.FileType.OTHER)
    media.processing_status = Media.Processing.MISSING
    for side in ("width", "height"):
        # PHP's serialisation of an array; the first pair is of the file itself.
        found = re.search(
            _SIDE.format(side), item["meta"]["_wp_attachment_metadata"] or ""
        )
        if found:
            setattr(media, side, int(found[1]))


def _add_file(media, path, number, report):
    """The file as an upload comes in: looked at, and without the camera's words."""
    with path.open("rb") as source:
        upload = File(source, name=path.name)
        try:
            facts = imaging.inspect(upload)
            if facts["file_type"] == Media.FileType.IMAGE:
                clean = imaging.without_metadata(upload)
                if clean is not None:
                    clean.name = path.name
                    upload = clean
        except (ValidationError, imaging.Unreadable) as problem:
            words = " ".join(getattr(problem, "messages", [str(problem)]))
            report.note("attachment", number, f"Its file was not taken. {words}")
            return
        for name, value in facts.items():
            setattr(media, name, value)
        media.file_size_bytes = upload.size
        media.processing_status = (
            Media.Processing.PENDING
            if media.file_type == Media.FileType.IMAGE
            else Media.Processing.DONE
        )
        media.file.save(path.name, upload, save=False)


def file_of(url, attached, folder):
    """The copy of an uploaded file below `folder`, or None.

    Looked for under the path below uploads/, then under its bare name.
    """
    if folder is None:
        return None
    path = unquote(urlsplit(url).path)
    below = path.partition("/uploads/")[2] or path.lstrip("/")
    name = path.rpartition("/")[2]
    root = Path(folder).resolve()
    for candidate in (attached, below, f"uploads/{below}", path.lstrip("/"), name):
        if not candidate or "\x00" in candidate:
            continue
        try:
            found = (root / candidate.lstrip("/")).resolve()
            if found.is_relative_to(root) and found.is_file():
                return found
        except (OSError, RuntimeError):
            continue  # a name that no file can have
    return None


def media_finder(records, body):
    """`media_for_url` for one text: what is known of the addresses in it, at once."""
    keys = {}
    for url in re.findall(r"""(?:https?:)?//[^\s"'<>)\]]+""", body)[:5_000]:
        if key := address_key(url if url.startswith("http") else f"https:{url}"):
            keys[url] = key
    known = records.ids_of("address", set(keys.values())) if keys else {}

    def media_for_url(url):
        found = known.get(address_key(url))
        return str(found) if found else None

    return media_for_url, sorted(f"{key} {pk}" for key, pk in known.items())
