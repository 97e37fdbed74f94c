"""Two people saved: what the other changed, beside what this person wrote."""

from dataclasses import dataclass

from editorial.admin.body import words_of
from editorial.redline import words as marked


@dataclass
class Change:
    label: str
    theirs: str
    diff: str
    """What they changed, word by word, where the text at the opening is known."""
    taken_over: bool
    """This person had not touched the field: theirs stands in the form now."""


def compare(form):
    """What was saved meanwhile, field by field; makes the form ready to save again.

    Fields that only the other person touched take their text. Where both wrote, this
    person's text stays in the form, and theirs is shown beside it. The form carries
    the new revision from now on: saving again is a decision, not an accident.
    """
    data = form.data = form.data.copy()
    found = []
    for name in form.fields:
        if name in ("seen_revision", "summary"):
            continue
        bound = form[name]
        theirs = _text(form.get_initial_for_field(form.fields[name], name))
        mine = _text(words_of(bound.data))
        opened = data.get(bound.html_initial_name)
        if name in form.merged and opened is not None:
            opened = _text(opened)
            if theirs == opened:
                continue
            taken_over = mine == opened
            if taken_over:
                data[bound.html_name] = theirs
                data.pop(f"{bound.html_name}-blocks", None)
            data[bound.html_initial_name] = theirs
            if mine != theirs:
                found.append(
                    Change(bound.label, theirs, marked(opened, theirs), taken_over)
                )
        elif name in ("title", "slug", "excerpt", "description") and mine != theirs:
            found.append(Change(bound.label, theirs, marked(mine, theirs), False))
    data[form.add_prefix("seen_revision")] = str(form.instance.revision)
    return found


def _text(value):
    return ("" if value is None else str(value)).replace("\r\n", "\n").strip()
