from django import forms

from engagement.comments.writing import MAX_LENGTH


class CommentForm(forms.Form):
    """A comment or a reply. `parent` is the comment that is answered."""

    # The rules live in `screening`, which says in a sentence what is wrong.
    body = forms.CharField(
        label="Your comment",
        required=False,
        strip=False,
        max_length=MAX_LENGTH * 4,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": MAX_LENGTH}),
    )
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)
