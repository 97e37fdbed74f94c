"""Images: what may come in, and what is made of it.

Variants are AVIF and WebP in fixed widths, never larger than the image, cut as the
crop says, turned the way the camera was held, and free of what the camera wrote about
place, person and time. The file itself is never cut. Names carry the content's hash:
what is at an address never changes.
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
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from cms.databases import EDITORIAL
from editorial.models import FormerFile, Media

logger = logging.getLogger(__name__)

WIDTHS = (480, 960, 1600)
LARGEST = WIDTHS[-1]
MADE = {
    # the mime type: Pillow's format, the ending, how it is written
    "image/avif": ("AVIF", "avif", {"quality": 60, "speed": 9}),
    "image/webp": ("WEBP", "webp", {"quality": 82, "method": 4}),
    "image/jpeg": ("JPEG", "jpg", {"quality": 84, "optimize": True}),
    "image/png": ("PNG", "png", {"optimize": True}),
}
VARIANTS = ("image/avif", "image/webp")
SOCIAL = (1200, 630)
"""What cards of social networks show; cut around the focal point."""
SRGB = ImageCms.createProfile("sRGB")
MAX_PIXELS = 60_000_000
MAX_MOVING_PIXELS = 80_000_000
"""Of all frames together. Beyond it an animation is shown as it came in."""
MAX_IMAGE_BYTES = 30 * 1024 * 1024
MAX_FILE_BYTES = 500 * 1024 * 1024

IMAGES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png",
          "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}  # fmt: skip
"""Pillow's format to the mime type. No SVG: it can carry scripts. MPO is what cameras
make of a JPEG that has a second picture behind the first."""
READ = [name for name in IMAGES if name != "MPO"]

OTHERS = {
    # how a file begins (offset, bytes), its mime type and kind
    (0, b"%PDF-"): ("application/pdf", Media.FileType.DOCUMENT),
    (0, b"ID3"): ("audio/mpeg", Media.FileType.AUDIO),
    (0, b"\xff\xfb"): ("audio/mpeg", Media.FileType.AUDIO),
    (0, b"\xff\xf3"): ("audio/mpeg", Media.FileType.AUDIO),
    (0, b"OggS"): ("audio/ogg", Media.FileType.AUDIO),
    (4, b"ftyp"): ("video/mp4", Media.FileType.VIDEO),
    (0, b"\x1a\x45\xdf\xa3"): ("video/webm", Media.FileType.VIDEO),
}

ENDINGS = {
    # the mime type: endings it may have, the usual one first
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "image/avif": ("avif",),
    "application/pdf": ("pdf",),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("ogg", "oga"),
    "video/mp4": ("mp4", "m4v", "m4a", "mov"),
    "video/webm": ("webm",),
}

HARMLESS_WORDS = {
    "adobe", "adobe_transform", "background", "blend", "chroma", "chromaticity",
    "default_image", "disposal", "dpi", "duration", "extension", "gamma",
    "icc_profile", "interlace", "jfif", "jfif_density", "jfif_unit", "jfif_version",
    "loop", "progression", "progressive", "srgb", "timestamp", "transparency",
    "version", "aspect",
}  # fmt: skip
"""What Pillow tells of a picture that says nothing of a person. All else goes."""


DAMAGED = (
    "The image is damaged and cannot be read to its end. Save it again with an image "
    "program, or upload another copy."
)


class Unreadable(Exception):
    """The file is no image that we can read. `str()` says what to do."""


# --- What comes in ------------------------------------------------------------------


def inspect(upload):
    """What a file is by its content, whatever its name says.

    Returns the facts as fields of Media. Raises ValidationError with a sentence.
    """
    head = upload.read(16)
    upload.seek(0)
    is_avif = head[4:12] in (b"ftypavif", b"ftypavis")
    for (offset, magic), (mime, kind) in OTHERS.items():
        if head[offset : offset + len(magic)] == magic and not is_avif:
            if upload.size > MAX_FILE_BYTES:
                raise ValidationError(_too_large(upload.size, MAX_FILE_BYTES))
            return {
                "file_type": kind,
                "mime_type": mime,
                "width": None,
                "height": None,
                "is_animated": False,
            }
    if upload.size > MAX_IMAGE_BYTES:
        raise ValidationError(_too_large(upload.size, MAX_IMAGE_BYTES))
    try:
        with _opened(upload) as image:
            mime = IMAGES[image.format]
            width, height = image.size
            if image.getexif().get(0x0112, 1) >= 5:  # lies on its side
                width, height = height, width
            moves = _moves(image)
    except Unreadable as problem:
        raise ValidationError(str(problem)) from None
    finally:
        upload.seek(0)
    return {
        "file_type": Media.FileType.IMAGE,
        "mime_type": mime,
        "width": width,
        "height": height,
        "is_animated": moves,
    }


def _too_large(size, limit):
    return (
        f"The file has {size / 1024 / 1024:.0f} MB; at most "
        f"{limit / 1024 / 1024:.0f} MB can be kept. Make it smaller and try again."
    )


def _moves(image):
    """More than one frame. The second picture in a camera's JPEG is a thumbnail."""
    return image.format != "MPO" and getattr(image, "n_frames", 1) > 1


def _opened(file):
    """A whole, harmless image, or Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=READ)
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
        raise Unreadable(DAMAGED) from None
    return image


def without_metadata(upload):
    """The same picture without what the camera wrote: place, time, serial numbers.

    None where there is nothing to take out, so that no pixel is touched in vain.
    """
    with _opened(upload) as image:
        kind, moves = image.format, _moves(image)
        if kind in BARE and (kind == "GIF" or moves):
            content = _content(upload)
            bare = BARE[kind](content)
            return ContentFile(bare) if bare != content else None
        if not _says_more_than_a_picture(upload, image):
            upload.seek(0)
            return None
        if moves:
            raise Unreadable(
                "The animation has notes in it that cannot be taken out. Save it as "
                "GIF, WebP, MP4 or WebM, and upload that."
            )
        out = io.BytesIO()
        _write_again(image, out)
    upload.seek(0)
    return ContentFile(out.getvalue())


def _content(upload):
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    return content


def _says_more_than_a_picture(upload, image):
    if image.getexif() or set(image.info) - HARMLESS_WORDS or image.format == "MPO":
        return True
    return image.format == "JPEG" and _goes_on_after_its_end(upload)


def _goes_on_after_its_end(upload):
    """Telephones hang films and depth maps, with their own notes, behind a JPEG."""
    return not _content(upload).rstrip(b"\x00").endswith(b"\xff\xd9")


def _write_again(image, out):
    turned = ImageOps.exif_transpose(image)
    clean = Image.new(turned.mode, turned.size)
    if turned.mode == "P":
        clean.putpalette(turned.getpalette())
    clean.paste(turned)
    extra = {"icc_profile": image.info.get("icc_profile")}
    if "transparency" in image.info:
        extra["transparency"] = image.info["transparency"]
    if image.format != "PNG":
        extra["quality"] = 92
    kind = "JPEG" if image.format == "MPO" else image.format
    clean.save(out, kind, **extra)


GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def gif_without_words(content):
    """The same frames, byte for byte, without comments and other programs' notes."""
    try:
        at = 13 + _colours(content[10])
        kept = [content[:at]]
        while content[at] != 0x3B:
            start, label = at, content[at + 1]
            if content[at] == 0x2C:  # a frame
                at = _after_blocks(content, at + 11 + _colours(content[at + 9]))
            elif content[at] == 0x21:  # something about it
                at = _after_blocks(content, at + 2)
                words = content[start + 3 : start + 14]
                if label != 0xF9 and not (label == 0xFF and words in GIF_LOOPS):
                    continue
            else:
                raise Unreadable(DAMAGED)
            kept.append(content[start:at])
    except IndexError:
        raise Unreadable(DAMAGED) from None
    return b"".join([*kept, b"\x3b"])


def _colours(flags):
    """Bytes of the table of colours that follows."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(content, at):
    while content[at]:
        at += 1 + content[at]
    return at + 1


WEBP_WORDS = (b"EXIF", b"XMP ")
WEBP_FLAGS = 0b1100
"""In the first byte of VP8X: notes of the camera, and of programs."""


def webp_without_words(content):
    """The same frames, byte for byte, without the chunks that hold notes."""
    end = min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    at, kept = 12, []
    while at + 8 <= end:
        name = content[at : at + 4]
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = bytearray(content[at : at + 8 + size + size % 2])
        if name == b"VP8X" and size:
            chunk[8] &= ~WEBP_FLAGS & 0xFF
        if name not in WEBP_WORDS:
            kept.append(bytes(chunk))
        at += len(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


BARE = {"GIF": gif_without_words, "WEBP": webp_without_words}
"""Formats whose frames are kept as they are. Film-like ones are never decoded here:
thousands of frames would fill the memory."""


def received(upload):
    """(file to keep, its facts as fields of Media); every upload comes in by here.

    Raises ValidationError with a sentence.
    """
    original = upload.name or "file"
    facts = inspect(upload)
    digest = _digest(upload)
    is_image = facts["file_type"] == Media.FileType.IMAGE
    if is_image:
        try:
            upload = without_metadata(upload) or upload
        except Unreadable as problem:
            raise ValidationError(str(problem)) from None
    upload.name = named_by_content(original, facts["mime_type"])
    return upload, facts | {
        "file_size_bytes": upload.size,
        "original_filename": original[:500],
        "content_hash": digest,
        "variants": [],
        "renditions": {},
        "crop": None,
        "processing_note": "",
        "processing_status": Media.Processing.PENDING
        if is_image
        else Media.Processing.DONE,
    }


def named_by_content(name, mime):
    """The ending says what the file is: servers believe it."""
    stem, _, ending = name.rpartition(".")
    known = ENDINGS[mime]
    return name if ending.lower() in known else f"{stem or ending}.{known[0]}"


def _digest(upload):
    upload.seek(0)
    found = hashlib.sha256()
    for chunk in iter(lambda: upload.read(1024 * 1024), b""):
        found.update(chunk)
    upload.seek(0)
    return found.hexdigest()


# --- What is made of it -------------------------------------------------------------


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
            made = _Making(media, image).all()
    except FileNotFoundError:
        return _fail(
            media,
            Media.Processing.MISSING,
            "The file is not there any more. Upload it again.",
        )
    except Unreadable as problem:
        return _fail(media, Media.Processing.FAILED, str(problem))
    except (OSError, ValueError, MemoryError) as problem:
        logger.exception("Media %s", media.pk)
        return _fail(
            media,
            Media.Processing.FAILED,
            f"Its sizes could not be made ({type(problem).__name__}). Try again; if "
            "it stays so, save it again with an image program and replace the file.",
        )
    with transaction.atomic(using=EDITORIAL):
        fresh = Media.objects.select_for_update().get(pk=media.pk)
        if _making_of(fresh) != _making_of(media):
            return False  # changed meanwhile; its own task is on the way
        leave_behind(fresh, files_made(fresh) - set(made.names))
        fresh.variants = made.variants
        fresh.renditions = made.renditions
        fresh.width, fresh.height = made.size
        fresh.processing_status = Media.Processing.DONE
        fresh.processing_note = ""
        fresh.save()
    return True


def _making_of(media):
    """What the variants depend on."""
    return media.file.name, media.crop, media.focal_x, media.focal_y


def _fail(media, status, why):
    """Readers keep what they had; where nothing was made, the file as it is."""
    logger.warning("Media %s: %s", media.pk, why)
    with transaction.atomic(using=EDITORIAL):
        fresh = Media.objects.select_for_update().get(pk=media.pk)
        if _making_of(fresh) == _making_of(media):
            fresh.processing_status = status
            fresh.processing_note = why
            fresh.save()
    return False


def files_made(media):
    """Names in the storage of what was made of it, without the file itself."""
    if not media.file:
        return set()
    folder = posixpath.dirname(media.file.name)
    kept = [one for one in media.renditions.values() if isinstance(one, dict)]
    made = [*media.variants, *(one for one in kept if "url" in one)]
    return {f"{folder}/{posixpath.basename(one['url'])}" for one in made}


def leave_behind(media, names):
    """Files that it consists of no more; pages that live may still name them."""
    if names:
        FormerFile.objects.create(media=media, names=sorted(names))


class _Making:
    """The variants of one image, in the storage."""

    def __init__(self, media, image):
        self.media = media
        self.folder = posixpath.dirname(media.file.name)
        self.names = []
        self.moves = _moves(image)
        upright = image if self.moves else ImageOps.exif_transpose(image)
        self.size = upright.size
        self.image = upright
        # A crop would tear an animation: it stays whole.
        self.crop = None if self.moves else media.crop
        self.box = box_of(self.crop, upright.size)

    def all(self):
        if self.moves:
            self.variants = self._moving()
            cut = self._plain_colours(self.image.copy())
        else:
            cut = self._plain_colours(self.image).crop(self.box)
            self.variants = self._still(cut)
        self.renditions = {"size": list(cut.size), "crop": self.crop}
        if not self.moves:
            self._fallback(cut)
        self._social(cut)
        return self

    def _plain_colours(self, image):
        """RGB as every screen understands it, and nothing beside the pixels."""
        image = _in_srgb(image)
        has_alpha = "A" in image.getbands() or "transparency" in image.info
        image = image.convert("RGBA" if has_alpha else "RGB")
        image.info = {}
        return image

    def _still(self, cut):
        made = []
        for width in widths_of(cut.width):
            smaller = _resized(cut, width)
            made += [self._keep(smaller, mime, width) for mime in VARIANTS]
        return made

    def _moving(self):
        """WebP moves, too."""
        count = getattr(self.image, "n_frames", 1)
        if self.image.width * self.image.height * count > MAX_MOVING_PIXELS:
            return []
        made = []
        for width in widths_of(self.image.width):
            frames, lasts = [], []
            for frame in ImageSequence.Iterator(self.image):
                frames.append(_resized(frame.convert("RGBA"), width))
                lasts.append(frame.info.get("duration", 100) or 100)
            self.image.seek(0)
            out = io.BytesIO()
            frames[0].save(
                out, "WEBP", save_all=True, append_images=frames[1:], duration=lasts,
                loop=self.image.info.get("loop", 0), quality=75, method=2,
            )  # fmt: skip
            made.append(
                self._store(out.getvalue(), "image/webp", frames[0].size, width)
            )
        return made

    def _fallback(self, cut):
        """Where the file itself is not what is shown, or not what everybody reads."""
        is_whole = cut.size == self.size and self.size[0] <= LARGEST
        if is_whole and self.media.mime_type in ("image/jpeg", "image/png"):
            return
        plain = cut if cut.width <= LARGEST else _resized(cut, LARGEST)
        mime = "image/png" if plain.mode == "RGBA" else "image/jpeg"
        self.renditions["plain"] = self._keep(plain, mime, "plain")

    def _social(self, cut):
        """A card of 1.91 : 1 around the focal point, where there is enough of it."""
        if min(cut.width / SOCIAL[0], cut.height / SOCIAL[1]) < 0.5:
            return
        around = around_focal(cut.size, SOCIAL, self._focal_in(cut))
        card = cut.crop(around)
        if card.width > SOCIAL[0]:
            card = card.resize(SOCIAL, Image.Resampling.LANCZOS)
        if card.mode == "RGBA":
            paper = Image.new("RGB", card.size, "white")
            paper.paste(card, mask=card.getchannel("A"))
            card = paper
        self.renditions["social"] = self._keep(card, "image/jpeg", "social")

    def _focal_in(self, cut):
        left, top, _, _ = self.box
        return (
            (self.media.focal_x * self.size[0] - left) / cut.width,
            (self.media.focal_y * self.size[1] - top) / cut.height,
        )

    def _keep(self, image, mime, prefix):
        kind, _, how = MADE[mime]
        out = io.BytesIO()
        image.save(out, kind, **how)
        return self._store(out.getvalue(), mime, image.size, prefix)

    def _store(self, content, mime, size, prefix):
        # The content is in the name: a replaced image has new addresses.
        digest = hashlib.sha256(content).hexdigest()[:10]
        name = f"{self.folder}/{prefix}-{digest}.{MADE[mime][1]}"
        if not default_storage.exists(name):
            name = default_storage.save(name, ContentFile(content))
        self.names.append(name)
        return {
            "url": default_storage.url(name),
            "width": size[0],
            "height": size[1],
            "type": mime,
        }


def _in_srgb(image):
    """Its own colour profile is applied, since variants have none."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        return ImageCms.profileToProfile(
            image, io.BytesIO(profile), SRGB, outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that nobody can read, or of other colours


def widths_of(width):
    """Smaller fixed widths; and the image's own, unless it is larger than all."""
    found = [one for one in WIDTHS if one < width]
    return [*found, width] if width <= LARGEST else found


def box_of(crop, size):
    """(left, top, right, bottom) in pixels, never empty and never outside."""
    width, height = size
    if not crop:
        return (0, 0, width, height)
    left = min(round(crop["x"] * width), width - 1)
    top = min(round(crop["y"] * height), height - 1)
    right = min(width, max(left + 1, round((crop["x"] + crop["width"]) * width)))
    bottom = min(height, max(top + 1, round((crop["y"] + crop["height"]) * height)))
    return (left, top, right, bottom)


def around_focal(size, ratio, focal):
    """The largest box of a ratio within a size, with the focal point where it is.

    As `object-position` does it on pages: a point at a third of the image is at a
    third of the box.
    """
    width, height = size
    wide = min(width, round(height * ratio[0] / ratio[1]))
    high = min(height, round(width * ratio[1] / ratio[0]))
    x, y = (min(1, max(0, part)) for part in focal)
    left, top = round(x * (width - wide)), round(y * (height - high))
    return (left, top, left + wide, top + high)


def _resized(image, width):
    height = max(1, round(image.height * width / image.width))
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.Resampling.LANCZOS)
