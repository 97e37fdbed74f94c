"""Pictures in what was pasted: known ones, ones that came along, and the others."""

import base64
import binascii
import re
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError

from editorial.blocks.attributes import fault_of_id
from editorial.models import Media

MOST = 60
"""Pictures that one paste may bring along."""
_DATA = re.compile(r"data:image/[a-z+.-]+;base64,", re.IGNORECASE)


def place(tree, notes, keep=None):
    """Give every <img> the id of its medium; what has none goes, and is told.

    `keep(content, alt)` puts bytes into the library and answers the id.
    """
    kept, unknown, refused = 0, [], []
    wanted = {one: _named(one) for one in tree.iter("img")}
    ids = {pk for pk in wanted.values() if pk}
    known = {str(pk) for pk in _images(ids)} if ids else set()
    for image, pk in wanted.items():
        alt = (image.get("alt") or "").strip()
        source = image.get("src") or ""
        if pk not in known:
            pk = None
            if keep and _DATA.match(source) and kept < MOST:
                try:
                    pk = str(keep(_content(source), alt))
                    kept += 1
                except ValidationError as fault:
                    refused += fault.messages
        if pk is None:
            unknown.append(alt)
            image.drop_tree()
            continue
        image.attrib.clear()
        image.set("data-media", pk)
        if alt:
            image.set("alt", alt)
    for sentence in refused:
        notes.add(f"A picture was refused: {sentence}")
    if missing := len(unknown) - len(refused):
        notes.add(_sentence(missing, [alt for alt in unknown if alt]))
    return kept


def _images(ids):
    found = Media.objects.filter(pk__in=ids, file_type=Media.FileType.IMAGE)
    return found.values_list("pk", flat=True)


def _named(image):
    """The id of a medium of ours, by what an editor or a page of ours says."""
    own = (image.get("data-media") or "").strip()
    if own and fault_of_id(own) is None:
        return own
    return media_at(image.get("src") or "")


def media_at(source):
    """The id in an address of the library: …/<year>/<month>/<id>/<name>."""
    try:
        parts = urlsplit(source)
        own = urlsplit(settings.SITE_ORIGIN).netloc
        base = urlsplit(settings.MEDIA_URL)
    except ValueError:
        return None
    if parts.netloc and parts.netloc not in (own, base.netloc):
        return None
    if not parts.path.startswith(base.path):
        return None
    found = re.search(r"/([0-9a-f]{32})/[^/]+$", unquote(parts.path))
    return str(UUID(found[1])) if found else None


def _content(source):
    try:
        return base64.b64decode(source.partition(",")[2], validate=False)
    except (binascii.Error, ValueError):
        raise ValidationError(
            "it is damaged. Save it to a file and drop that."
        ) from None


def _sentence(count, alts):
    named = ", ".join(f"“{alt[:80]}”" for alt in alts[:3])
    named = f" ({named})" if named else ""
    if count == 1:
        return f"A picture did not come along{named}. Save it and drop the file here."
    return f"{count} pictures did not come along{named}. Save and drop the files here."
