"""Images: what may come in, and what is made of it.

Variants are WebP in fixed widths, never larger than the image, turned the way the
camera was held, and free of what the camera wrote about place, person and time.
"""

import hashlib
import io
import logging
import posixpath
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from cms.databases import EDITORIAL
from editorial.models import Media

logger = logging.getLogger(__name__)

WIDTHS = (480, 960, 1600)
QUALITY = 82
MAX_PIXELS = 60_000_000
MAX_IMAGE_BYTES = 30 * 1024 * 1024
MAX_FILE_BYTES = 500 * 1024 * 1024

IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp",
          "GIF": "image/gif", "AVIF": "image/avif"}  # fmt: skip
"""Pillow's format to the mime type. No SVG: it can carry scripts."""

OTHERS = {
    # how a file begins (offset, bytes), its mime type and kind
    "application/pdf": ((0, b"%PDF-"), Media.FileType.DOCUMENT),
    "audio/mpeg": ((0, b"ID3"), Media.FileType.AUDIO),
    "audio/ogg": ((0, b"OggS"), Media.FileType.AUDIO),
    "video/mp4": ((4, b"ftyp"), Media.FileType.VIDEO),
    "video/webm": ((0, b"\x1a\x45\xdf\xa3"), Media.FileType.VIDEO),
}


class Unreadable(Exception):
    """The file is no image that we can read. `str()` says what to do."""


def inspect(upload):
    """What a file is by its content, whatever its name says.

    Returns the facts as fields of Media. Raises ValidationError with a sentence.
    """
    head = upload.read(16)
    upload.seek(0)
    for mime, ((offset, magic), kind) in OTHERS.items():
        is_avif = head[4:12] in (b"ftypavif", b"ftypavis")
        if head[offset : offset + len(magic)] == magic and not is_avif:
            if upload.size > MAX_FILE_BYTES:
                raise ValidationError(_too_large(upload.size, MAX_FILE_BYTES))
            return {"file_type": kind, "mime_type": mime, "width": None, "height": None}
    if upload.size > MAX_IMAGE_BYTES:
        raise ValidationError(_too_large(upload.size, MAX_IMAGE_BYTES))
    try:
        with _opened(upload) as image:
            mime = IMAGES[image.format]
            width, height = image.size
            if image.getexif().get(0x0112, 1) >= 5:  # lies on its side
                width, height = height, width
    except Unreadable as problem:
        raise ValidationError(str(problem)) from None
    finally:
        upload.seek(0)
    return {
        "file_type": Media.FileType.IMAGE,
        "mime_type": mime,
        "width": width,
        "height": height,
    }


def _too_large(size, limit):
    return (
        f"The file has {size / 1024 / 1024:.0f} MB; at most "
        f"{limit / 1024 / 1024:.0f} MB can be kept. Make it smaller and try again."
    )


def _opened(file):
    """A whole, harmless image, or Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=list(IMAGES))
            if image.width * image.height > MAX_PIXELS:
                raise Unreadable(
                    f"The image has {image.width} × {image.height} pixels, more than "
                    "we can work with. Make it smaller and try again."
                )
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombWarning):
        raise Unreadable(
            "This is no file that the library takes. Images may be JPEG, PNG, WebP, "
            "GIF or AVIF; also PDF, MP3, Ogg, MP4 and WebM. SVG is refused because "
            "it can carry scripts."
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise Unreadable(
            "The image is damaged and cannot be read to its end. Save it again with "
            "an image program, or upload another copy."
        ) from None
    return image


def without_metadata(upload):
    """The same picture without what the camera wrote: place, time, serial numbers.

    None where there is nothing to take out, so that no pixel is touched in vain.
    """
    with _opened(upload) as image:
        has_words = bool(image.getexif()) or bool(
            {"xmp", "XML:com.adobe.xmp", "photoshop", "comment"} & image.info.keys()
        )
        if image.format not in ("JPEG", "PNG", "WEBP") or not has_words:
            upload.seek(0)
            return None
        if getattr(image, "is_animated", False):
            upload.seek(0)
            return None
        turned = ImageOps.exif_transpose(image)
        clean = Image.new(turned.mode, turned.size)
        if turned.mode == "P":
            clean.putpalette(turned.getpalette())
        clean.paste(turned)
        out = io.BytesIO()
        extra = {"icc_profile": image.info.get("icc_profile")}
        if image.format != "PNG":
            extra["quality"] = 92
        clean.save(out, image.format, **extra)
    upload.seek(0)
    return ContentFile(out.getvalue())


def received(upload):
    """(file to keep, its facts as fields of Media); every upload comes in by here.

    Raises ValidationError with a sentence.
    """
    facts = inspect(upload)
    is_image = facts["file_type"] == Media.FileType.IMAGE
    if is_image and (clean := without_metadata(upload)) is not None:
        clean.name = upload.name
        upload = clean
    return upload, facts | {
        "file_size_bytes": upload.size,
        "original_filename": upload.name[:500],
        "variants": [],
        "processing_status": Media.Processing.PENDING
        if is_image
        else Media.Processing.DONE,
    }


def make_variants(media_id):
    """Make the variants of one image and keep them; safe to repeat.

    A broken image is marked as failed with a sentence for the library. True when the
    variants are there.
    """
    media = Media.objects.filter(pk=media_id).first()
    if media is None or media.file_type != Media.FileType.IMAGE or not media.file:
        return False
    try:
        with default_storage.open(media.file.name) as file, _opened(file) as image:
            made = _write_variants(media, image)
            size = ImageOps.exif_transpose(image).size
    except FileNotFoundError:
        return _fail(media, Media.Processing.MISSING, "The file is not there any more.")
    except Unreadable as problem:
        return _fail(media, Media.Processing.FAILED, str(problem))
    with transaction.atomic(using=EDITORIAL):
        fresh = Media.objects.select_for_update().get(pk=media.pk)
        if fresh.file.name != media.file.name:
            return False  # replaced meanwhile; its own task is on the way
        fresh.variants = made
        fresh.width, fresh.height = size
        fresh.processing_status = Media.Processing.DONE
        fresh.save()
    return True


def _fail(media, status, why):
    logger.warning("Media %s: %s", media.pk, why)
    media.processing_status = status
    media.variants = []
    media.save()
    return False


def _write_variants(media, image):
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    upright = upright.convert("RGBA" if has_alpha else "RGB")
    folder = posixpath.dirname(media.file.name)
    widths = [width for width in WIDTHS if width < upright.width]
    if upright.width <= WIDTHS[-1]:
        widths.append(upright.width)
    made = []
    for width in widths:
        height = max(1, round(upright.height * width / upright.width))
        small = upright.resize((width, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=4)
        content = out.getvalue()
        # The content is in the name: a replaced image has new addresses.
        digest = hashlib.sha256(content).hexdigest()[:10]
        name = f"{folder}/{width}-{digest}.webp"
        if not default_storage.exists(name):
            name = default_storage.save(name, ContentFile(content))
        made.append(
            {
                "url": default_storage.url(name),
                "width": width,
                "height": height,
                "type": "image/webp",
            }
        )
    return made
