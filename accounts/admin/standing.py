"""What may Cleo do, and why? Each action, yes or no, with the reason in a sentence."""

from accounts.models import User
from accounts.permissions import ALLOWED, IN_WORDS, decide
from accounts.reasons import in_words

SUBJECTS = {
    "content": "Articles and courses",
    "media": "The library",
    "taxonomy": "Categories and tags",
    "planning": "Planning",
    "people": "People",
    "community": "Community",
    "system": "The house",
}


def answers(user, item=None):
    """[(subject, [(words, Decision)])] in the order of the table."""
    found: dict = {}
    for action in ALLOWED:
        subject, words = IN_WORDS[action]
        if item is None or subject == "content":
            line = (words, decide(user, action, item))
            found.setdefault(SUBJECTS[subject], []).append(line)
    return list(found.items())


def page(request, pk, *, desk):
    """Anywhere at all; on an item's own page stands what holds there."""
    person = desk.find(request, pk)
    user = User.objects.get(pk=person.pk)
    held = [in_words(user, one) for one in user.current_roles]
    past = user.role_assignments.exclude(pk__in=[one.pk for one in user.current_roles])
    return desk.page(
        request,
        "admin/accounts/standing.html",
        person,
        title=f"What may {person} do?",
        person=user,
        answers=answers(user),
        held=held,
        past=[in_words(user, one) for one in past.order_by("-expires_at")[:10]],
    )
