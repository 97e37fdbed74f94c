"""What the editor asks while somebody writes: pastes, Word files, where links lead.

Nothing here changes an item: the answers are blocks, and the person saves the text.
Only pictures that came along are kept, in the library.
"""

import json

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.base import ContentFile
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may
from cms.files import FilesAway
from editorial import blocks, imaging, intake, library
from editorial.admin.house import origin_of
from editorial.intake import targets
from editorial.intake.clipboard import TooLarge
from editorial.models.articles import images

LARGEST_PASTE = 40 * 1024 * 1024
"""Bytes, with the pictures that are in it."""
ENDINGS = {mime: mime.rpartition("/")[2] for mime in imaging.IMAGES.values()}


def urls(site):
    """Below the pages of articles; courses and lessons ask the same."""
    return [
        path(where, site.admin_view(view), name=f"editorial_intake_{name}")
        for where, view, name in (
            ("intake/paste/", require_POST(paste), "paste"),
            ("intake/word/", require_POST(word), "word"),
            ("intake/links/", require_safe(links), "links"),
            ("intake/address/", require_safe(address), "address"),
        )
    ]


def refused(sentence, status=400):
    return JsonResponse({"error": sentence}, status=status)


def writers_only(view):
    """For everybody who writes here at all; the blocks go nowhere by themselves."""

    def guarded(request):
        if not may(request.user, "upload_media"):
            return refused("You may not write here.", 403)
        return view(request)

    return guarded


@writers_only
def paste(request):
    """Blocks for a clipboard: `html` and `text`, and whether it stands `alone`."""
    try:
        html = _part(request, "html")
        text = _part(request, "text")
        pasted = intake.from_clipboard(
            html=html,
            text=text,
            is_alone=request.POST.get("alone") == "1",
            keep=Keeper(request),
        )
    except (TooLarge, RequestDataTooBig) as problem:
        return refused(str(problem) or "This is too much for one paste.", 413)
    return answer(pasted)


@writers_only
def word(request):
    """Blocks for a Word document, `file`."""
    upload = request.FILES.get("file")
    if upload is None:
        return refused("Choose a Word document (.docx).")
    try:
        pasted = intake.from_word(upload, keep=Keeper(request))
    except ValidationError as fault:
        return refused(" ".join(fault.messages), 422)
    return answer(pasted)


@writers_only
def links(request):
    """Items of ours that a link may lead to."""
    found = targets.items_for(request.user, request.GET.get("q", ""))
    return JsonResponse({"items": found})


@writers_only
def address(request):
    """What one address leads to."""
    found = targets.target_of(request.user, request.GET.get("url", ""))
    return JsonResponse(found)


def answer(pasted):
    """Blocks, what is known of their pictures, and what did not come along."""
    shown = images(blocks.media_ids(pasted.blocks))
    body = {"blocks": pasted.blocks, "media": shown, "notes": pasted.notes}
    return JsonResponse(json.loads(json.dumps(body, default=str)))


def _part(request, name):
    """A text of the clipboard; as a file, because it may be larger than a field."""
    upload = request.FILES.get(name)
    if upload is None:
        return request.POST.get(name, "")
    if upload.size > LARGEST_PASTE:
        raise TooLarge("This is too much for one paste. Take it in several parts.")
    return upload.read().decode("utf-8", "replace")


class Keeper:
    """Puts pictures that came along into the library, in the person's name."""

    def __init__(self, request):
        self.user, self.origin = request.user, origin_of(request)
        self.count = 0

    def __call__(self, content, alt):
        self.count += 1
        upload = ContentFile(content, name=f"pasted-{self.count}.img")
        facts = imaging.inspect(upload)
        if facts["mime_type"] not in ENDINGS:
            raise ValidationError("it is no picture.")
        upload.name = f"pasted-{self.count}.{ENDINGS[facts['mime_type']]}"
        words = {"alt_text": alt[:2_000]} if alt else {}
        try:
            media = library.bring_in(upload, by=self.user, origin=self.origin, **words)
        except FilesAway as away:
            raise ValidationError(str(away)) from None
        return media.pk
