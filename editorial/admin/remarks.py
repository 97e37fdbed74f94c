"""The page of remarks: what reviewers say about a draft, block by block."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import may
from editorial.admin.versions import text_of
from editorial.exceptions import Refused
from editorial.models import ReviewComment
from editorial.remarks import add_remark, resolve_remark

SHOWN = 200


class RemarkForm(forms.Form):
    comment = forms.CharField(
        max_length=5000, label="Remark", widget=forms.Textarea(attrs={"rows": 3})
    )
    block_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request, pk, *, desk):
    item = desk.find(request, pk)
    form = RemarkForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid() and _add(request, item, **form.cleaned_data):
            return HttpResponseRedirect(desk.address(item, "remarks"))
        if not form.is_valid():
            messages.error(request, "The remark is empty. Say what you mean.")
    return desk.page(
        request,
        "admin/editorial/item/remarks.html",
        item,
        title=f"Remarks on “{item}”",
        back=desk.address(item),
        here=desk.address(item, "remarks"),
        base=f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
        may_remark=may(request.user, "comment_on_draft", item),
        typed=form["comment"].value() or "" if request.method == "POST" else "",
        **_threads(item),
    )


def _add(request, item, comment, block_id, parent):
    if parent:
        parent = ReviewComment.objects.filter(
            pk=parent, item_id=item.pk
        ).first()
        if parent is None:
            raise Http404("There is no such remark.")
    try:
        add_remark(
            item, by=request.user, comment=comment, block_id=block_id, parent=parent
        )
    except Refused as problem:
        messages.error(request, str(problem))
        return False
    messages.success(request, "Your remark is there.")
    return True


def _threads(item):
    """Blocks with their remarks, and those on the whole or on what is gone."""
    remarks = list(
        ReviewComment.objects.on(item)
        .select_related("author", "resolved_by")
        .order_by("created_at")[:SHOWN]
    )
    replies = {}
    for remark in remarks:
        replies.setdefault(remark.parent_id, []).append(remark)
    for remark in remarks:
        remark.answers = replies.get(remark.pk, [])
    body = item.block_list() if hasattr(item, "block_list") else []
    shown = [
        {
            "id": block["id"],
            "type": block["type"].replace("_", " "),
            "text": text_of(block),
            "remarks": [
                one for one in replies.get(None, []) if str(one.block_id) == block["id"]
            ],
        }
        for block in body
    ]
    known = {block["id"] for block in body}
    general = [one for one in replies.get(None, []) if str(one.block_id) not in known]
    return {"blocks": shown, "general": general}


@require_POST
def resolve(request, pk, remark, *, desk):
    item = desk.find(request, pk)
    found = ReviewComment.objects.filter(pk=remark, item_id=item.pk).first()
    if found is None:
        raise Http404("There is no such remark.")
    resolve_remark(
        found, item=item, by=request.user, resolved="reopen" not in request.POST
    )
    return HttpResponseRedirect(desk.address(item, "remarks"))
