"""The library as a page: folders, search and filters, uploads, and many at once.

Everything works as plain forms; `library.js` adds progress, keys and dragging.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may
from cms.files import FilesAway
from editorial import actions, imaging, library
from editorial.admin.house import asked_words, origin_of
from editorial.exceptions import Refused
from editorial.models import Media, MediaFolder

ON_A_PAGE = 48
IN_THE_PICKER = 24
AT_ONCE = 500
"""How many may be changed in one go."""
UPLOADERS = 200

LICENCES = (
    ("ending", "Ends within 30 days, or has ended"),
    ("ended", "Has ended"),
    ("none", "No licence given"),
)
WANTS = (
    ("alt", "No alternative text"),
    ("failed", "Could not be processed"),
    ("unused", "Used nowhere"),
)


def uuid_or_none(text):
    try:
        return UUID(str(text))
    except ValueError:
        return None


# --- What is asked for --------------------------------------------------------------


@dataclass
class Question:
    """The filters of an address; whatever it does not understand is not asked."""

    words: str = ""
    kind: str = ""
    folder: MediaFolder | None = None
    loose: bool = False
    """Only what lies in no folder."""
    by: UUID | None = None
    licence: str = ""
    wants: str = ""
    tag: str = ""
    oldest_first: bool = False

    @classmethod
    def of(cls, data):
        folder = uuid_or_none(data.get("folder", ""))
        return cls(
            words=asked_words(data, "q"),
            kind=_one_of(data.get("kind"), Media.FileType.values),
            folder=folder and MediaFolder.objects.filter(pk=folder).first(),
            loose=data.get("folder") == "none",
            by=uuid_or_none(data.get("by", "")),
            licence=_one_of(data.get("licence"), dict(LICENCES)),
            wants=_one_of(data.get("wants"), dict(WANTS)),
            tag=asked_words(data, "tag"),
            oldest_first=data.get("order") == "oldest",
        )

    @property
    def is_open(self):
        """Nothing is asked: everything is shown."""
        return not any(
            (self.words, self.kind, self.by, self.licence, self.wants, self.tag)
        )

    def answers(self):
        found = Media.objects.with_words(self.words)
        if self.kind:
            found = found.filter(file_type=self.kind)
        if self.folder:
            found = found.filter(folder__in=library.subtree_of(self.folder))
        elif self.loose:
            found = found.filter(folder=None)
        if self.by:
            found = found.filter(uploaded_by=self.by)
        if self.tag:
            found = found.tagged(self.tag)
        if self.licence == "ending":
            found = found.licence_ending()
        elif self.licence == "ended":
            found = found.licence_ended()
        elif self.licence == "none":
            found = found.filter(licence="", licence_expires_on=None)
        if self.wants == "alt":
            found = found.without_alt()
        elif self.wants == "failed":
            found = found.unprocessed()
        elif self.wants == "unused":
            found = found.unused()
        order = ("uploaded_at", "id") if self.oldest_first else ("-uploaded_at", "-id")
        return found.order_by(*order)


def _one_of(value, known):
    return value if value in known else ""


def page_of(found, after, size, *, oldest_first=False):
    """(rows, the cursor of the next page or ""). Never counts, never skips."""
    if cursor := _cursor(after):
        when, pk = cursor
        sign = "gt" if oldest_first else "lt"
        found = found.filter(
            Q(**{f"uploaded_at__{sign}": when})
            | Q(uploaded_at=when, **{f"id__{sign}": pk})
        )
    rows = list(found[: size + 1])
    if len(rows) <= size:
        return rows, ""
    last = rows[size - 1]
    return rows[:size], f"{last.uploaded_at.isoformat()}_{last.pk}"


def _cursor(text):
    when, _, pk = (text or "").rpartition("_")
    try:
        moment = datetime.fromisoformat(when.replace(" ", "+"))
        return (moment, UUID(pk)) if moment.tzinfo else None
    except ValueError:
        return None


# --- The page -----------------------------------------------------------------------


@require_safe
def page(request, *, desk):
    actions.check(request.user, "view_media")
    question = Question.of(request.GET)
    rows, after = page_of(
        question.answers().select_related("folder", "uploaded_by"),
        request.GET.get("after", ""),
        ON_A_PAGE,
        oldest_first=question.oldest_first,
    )
    tree, counts = library.folder_tree(), _counts()
    asked = request.GET.copy()
    asked.pop("after", None)
    return desk.page(
        request,
        "admin/editorial/media/library.html",
        None,
        title="Media",
        question=question,
        rows=cards(rows, request.user),
        next_page=after and _with(asked, after=after),
        is_first=not _cursor(request.GET.get("after", "")),
        as_list=request.GET.get("view") == "list",
        grid_address=_with(asked, view=""),
        list_address=_with(asked, view="list"),
        everything=desk.address_of_list(),
        shelves=_shelves(tree, counts, question),
        folders=[(folder.pk, " / ".join(path)) for _, path, folder in tree],
        loose_files=counts.get(None, 0),
        kinds=Media.FileType.choices,
        licences=LICENCES,
        wants=WANTS,
        uploaders=_uploaders(),
        here=request.get_full_path(),
        may_upload=may(request.user, "upload_media"),
        may_delete=may(request.user, "delete_media"),
        may_sort=may(request.user, "edit_media"),
        limits={
            "image": imaging.MAX_IMAGE_BYTES,
            "file": imaging.MAX_FILE_BYTES,
        },
    )


def _with(asked, **changed):
    asked = asked.copy()
    for name, value in changed.items():
        asked.pop(name, None)
        if value:
            asked[name] = value
    return "?" + asked.urlencode()


def _counts():
    """{folder's id: files in it}; under None, those in no folder. By the index."""
    by_folder = Media.objects.order_by().values_list("folder")
    return dict(by_folder.annotate(files=Count("*")))


def _shelves(tree, counts, question):
    """Folders for the tree at the side: only the open branch is unfolded."""
    by_id = {folder.pk: folder for _, _, folder in tree}
    opened, walk = set(), question.folder
    while walk is not None and walk.pk not in opened:
        opened.add(walk.pk)
        walk = by_id.get(walk.parent_id)
    parents = {folder.parent_id for _, _, folder in tree}
    return [
        {
            "folder": folder,
            "depth": min(depth, 6),
            "count": counts.get(folder.pk, 0),
            "has_more": folder.pk in parents,
            "is_here": question.folder == folder,
        }
        for depth, _, folder in tree
        if depth == 0 or folder.parent_id in opened
    ]


def _uploaders():
    brought = Media.objects.order_by().values("uploaded_by").distinct()
    people = User.objects.filter(pk__in=brought).order_by("display_name")
    return people.only("display_name")[:UPLOADERS]


def cards(rows, user):
    """What a card of the library says of each."""
    edits = may(user, "edit_media")
    uploads = may(user, "upload_media")
    for media in rows:
        media.may_change = edits or (uploads and media.uploaded_by_id == user.pk)
        media.size_in_words = size_in_words(media.file_size_bytes)
    return rows


def size_in_words(size):
    if not size:
        return ""
    return f"{size / 1024:.0f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"


# --- For the picker of the editor, and for who waits --------------------------------


def as_json(media):
    """What the picker, the editor and the upload list know of a medium."""
    shown = media.as_image()
    return {
        "id": str(media.pk),
        "name": str(media),
        "alt": shown["alt"],
        "url": shown["url"],
        "small": media.small,
        "width": shown["width"],
        "height": shown["height"],
        "focal": list(media.shown_focal),
        "licence_state": media.licence_state,
        "kind": media.file_type,
        "caption": media.caption,
        "credit": media.credit,
        "is_decorative": media.is_decorative,
        "folder": media.folder_id and str(media.folder_id),
        "processing": media.processing_status,
        "note": media.processing_note,
        "page": reverse("admin:editorial_media_change", args=[media.pk]),
    }


@require_safe
def picker(request):
    """Images, newest first: `q`, `folder`, `after`; `kind=any` for all files.

    `ids=a,b` asks for those instead, to see how far they are.
    """
    if not may(request.user, "view_media"):
        return JsonResponse({"error": "You may not see the library."}, status=403)
    if "ids" in request.GET:
        ids = [uuid_or_none(one) for one in request.GET["ids"].split(",")[:100]]
        found = Media.objects.filter(pk__in=[pk for pk in ids if pk])
        return JsonResponse({"images": [as_json(one) for one in found]})
    question = Question.of(request.GET)
    found = question.answers()
    if request.GET.get("kind") != "any" and not question.kind:
        found = found.images()
    rows, after = page_of(found, request.GET.get("after", ""), IN_THE_PICKER)
    return JsonResponse(
        {
            "images": [as_json(one) for one in rows],
            "next": after,
            "folders": [
                {"id": str(folder.pk), "name": " / ".join(path)}
                for _, path, folder in library.folder_tree()
            ],
            "upload": reverse("admin:editorial_media_upload"),
        }
    )


# --- Uploads ------------------------------------------------------------------------


class UploadForm(forms.Form):
    """What may come with a file."""

    folder = forms.ModelChoiceField(MediaFolder.objects.all(), required=False)
    alt_text = forms.CharField(max_length=2000, required=False)
    credit = forms.CharField(max_length=500, required=False)


@require_POST
def upload(request):
    """One file or several (`file`). To scripts: JSON; to a plain form: back again."""
    actions.check(request.user, "upload_media")
    wants_json = "application/json" in request.headers.get("Accept", "")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > imaging.MAX_FILE_BYTES + 1024 * 1024:
        megabytes = imaging.MAX_FILE_BYTES // 1024 // 1024
        said = f"A file may have at most {megabytes} MB. Make it smaller and try again."
        return _refused(request, [said], wants_json, status=413)
    form = UploadForm(request.POST)
    files = request.FILES.getlist("file")
    if not files:
        return _refused(request, ["Choose a file to upload."], wants_json)
    if not form.is_valid():
        return _refused(request, _sentences(form), wants_json)
    words = {
        name: form.cleaned_data[name]
        for name in ("folder", "alt_text", "credit")
        if form.cleaned_data[name]
    }
    made, problems, status = [], [], 422
    for file in files:
        twin = None
        try:
            media = library.bring_in(
                file, by=request.user, origin=origin_of(request), **words
            )
            twin = library.same_as(media)
            made.append((media, twin))
        except ValidationError as problem:
            problems += [f"“{file.name}”: {said}" for said in problem.messages]
        except FilesAway as away:
            problems, status = [*problems, f"“{file.name}”: {away}"], 503
    if wants_json:
        if problems:
            return JsonResponse({"error": " ".join(problems)}, status=status)
        media, twin = made[0]
        cards([media], request.user)
        card = render_to_string(
            "admin/editorial/media/card.html", {"media": media}, request
        )
        answer = {"image": as_json(media), "card": card}
        if twin:
            answer["twin"] = as_json(twin)
        return JsonResponse(answer, status=201)
    for said in problems:
        messages.error(request, said)
    if made:
        several = f"{len(made)} files are" if len(made) > 1 else f"“{made[0][0]}” is"
        messages.success(request, f"{several} in the library.")
    return HttpResponseRedirect(_back(request))


def _sentences(form):
    return [str(said) for faults in form.errors.values() for said in faults]


def _refused(request, sentences, wants_json, status=422):
    if wants_json:
        return JsonResponse({"error": " ".join(sentences)}, status=status)
    for said in sentences:
        messages.error(request, said)
    return HttpResponseRedirect(_back(request))


def _back(request):
    """The page of the library that somebody came from; nowhere else."""
    back = request.POST.get("back", "")
    home = reverse("admin:editorial_media_changelist")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours and back.startswith(home) else home


# --- Many at once -------------------------------------------------------------------


class ManyForm(forms.Form):
    """What is to be done to the chosen ones."""

    do = forms.ChoiceField(
        choices=[(one, one) for one in
                 ("move", "tag", "untag", "licence", "delete", "retry")]
    )  # fmt: skip
    folder = forms.CharField(required=False)
    tag = forms.CharField(max_length=100, required=False)
    licence = forms.CharField(max_length=255, required=False)
    licence_expires_on = forms.DateField(
        required=False, error_messages={"invalid": "The day is written 2027-03-31."}
    )

    def clean_tag(self):
        return self.cleaned_data["tag"].strip().lower()

    def clean(self):
        cleaned = super().clean()
        todo = cleaned.get("do")
        if todo in ("tag", "untag") and not cleaned.get("tag"):
            raise ValidationError("Write the tag that is meant.")
        if todo == "move":
            cleaned["target"] = None
            if cleaned.get("folder") != "none":
                pk = uuid_or_none(cleaned.get("folder"))
                target = pk and MediaFolder.objects.filter(pk=pk).first()
                if not target:
                    raise ValidationError("Choose the folder to move to.")
                cleaned["target"] = target
        return cleaned


@require_POST
def do(request):
    """Move, tag, licence, delete or process again what is ticked."""
    actions.check(request.user, "view_media")
    ids = {uuid_or_none(one) for one in request.POST.getlist("ids")} - {None}
    form = ManyForm(request.POST)
    if not ids:
        messages.warning(request, "Tick the files first that are meant.")
    elif len(ids) > AT_ONCE:
        messages.error(request, f"Choose at most {AT_ONCE} files at a time.")
    elif not form.is_valid():
        for said in _sentences(form):
            messages.error(request, said)
    else:
        _do(request, ids, form.cleaned_data)
    back = _back(request)
    if any(str(pk) in back for pk in ids - _still_there(ids)):
        back = reverse("admin:editorial_media_changelist")  # its page is gone with it
    return HttpResponseRedirect(back)


def _still_there(ids):
    return set(Media.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _do(request, ids, asked):
    user, origin = request.user, origin_of(request)
    if asked["do"] == "delete":
        gone, kept = library.take_out_many(ids, by=user, origin=origin)
        if gone:
            messages.success(request, f"Deleted {_files(len(gone))}.")
        for said in kept[:5]:
            messages.warning(request, said)
        if len(kept) > 5:
            messages.warning(request, f"{len(kept) - 5} more are still in use.")
        return
    if asked["do"] == "retry":
        _retry(request, ids)
        return
    change, said = {
        "move": lambda: (
            library.into(asked["target"]),
            f"moved to “{asked['target']}”" if asked["target"]
            else "taken out of their folder",
        ),
        "tag": lambda: (library.with_tag(asked["tag"]), f"tagged “{asked['tag']}”"),
        "untag": lambda: (
            library.without_tag(asked["tag"]), f"without the tag “{asked['tag']}”"
        ),
        "licence": lambda: (
            lambda media: {
                "licence": asked["licence"],
                "licence_expires_on": asked["licence_expires_on"],
            },
            "given this licence",
        ),
    }[asked["do"]]()  # fmt: skip
    done, refused = library.change_many(ids, change, by=user, origin=origin)
    if done:
        messages.success(request, _capital(f"{_files(len(done))} {said}."))
    if refused:
        names = ", ".join(f"“{one}”" for one in refused[:3])
        messages.warning(
            request,
            f"Not changed, because others brought them in: {names}"
            + (f" and {len(refused) - 3} more." if len(refused) > 3 else "."),
        )


def _retry(request, ids):
    done = 0
    for pk in ids:
        try:
            library.try_again(pk, by=request.user, origin=origin_of(request))
            done += 1
        except Refused as problem:
            messages.warning(request, str(problem))
    if done:
        messages.success(request, f"Sizes of {_files(done)} are made again.")


def _capital(sentence):
    return sentence[:1].upper() + sentence[1:]


def _files(count):
    return "one file" if count == 1 else f"{count} files"
