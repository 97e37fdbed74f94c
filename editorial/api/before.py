"""`…/before/<verb>/`: what a step would say, before anybody takes it."""

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.permissions import decide
from editorial import actions, checks, planning
from editorial.admin.verbs import VERBS, open_questions, standing_for
from editorial.api.fields import Strict
from editorial.api.rights import RIGHT, leads_somewhere, may_do

OF_THE_TEXT = {"submit", "approve", "schedule", "publish"}
"""Steps before which the text is checked."""


class Wanting(serializers.Serializer):
    """A sentence, and the field, block or lesson where it is put right."""

    sentence = serializers.CharField()
    field = serializers.CharField(
        allow_blank=True, help_text="Empty: of no field, or of a block."
    )
    block = serializers.CharField(allow_blank=True, help_text="Id of the block.")
    lesson = serializers.CharField(allow_blank=True, help_text="Id of the lesson.")


class Finding(serializers.Serializer):
    check = serializers.CharField(help_text="Its code, as in CHECKS_THAT_BLOCK.")
    label = serializers.CharField()
    severity = serializers.ChoiceField(choices=list(checks.SEVERITIES))
    sentence = serializers.CharField()
    todo = serializers.CharField()
    field = serializers.CharField(allow_blank=True)
    block = serializers.CharField(allow_blank=True)
    lesson = serializers.CharField(allow_blank=True)
    let_pass = serializers.BooleanField(
        help_text="Somebody said why it may go out all the same."
    )


class Before(serializers.Serializer):
    verb = serializers.ChoiceField(choices=list(VERBS))
    possible = serializers.BooleanField(
        help_text="Whether its state leads anywhere by this step."
    )
    allowed = serializers.BooleanField(help_text="Whether you may take it.")
    why_not = serializers.CharField(
        allow_blank=True, help_text="Why you may not, in a sentence."
    )
    wanting = Wanting(
        many=True, help_text="What has to be put right first. Empty: it can be done."
    )
    checks = Finding(
        many=True, help_text="What checks find in the text, where it is about the text."
    )


class LookAgain(Strict):
    on = serializers.DateField(allow_null=True, help_text="A day; null is never.")


class WithQuestions:
    """For a view of items."""

    def before(self, request, pk, verb):
        item, user = self.find(pk), request.user
        if verb not in VERBS:
            raise Http404("There is no such verb.")
        decision = decide(user, RIGHT.get(verb, verb), item)
        allowed = bool(decision) and may_do(user, verb, item, on_its_own=False)
        possible = leads_somewhere(item, verb)
        gaps = open_questions(VERBS[verb], item, user) if possible else []
        return Response(
            Before(
                {
                    "verb": verb,
                    "possible": possible,
                    "allowed": allowed,
                    "why_not": "" if decision else decision.why,
                    "wanting": [gap.as_json() for gap in gaps],
                    "checks": self._found(item) if verb in OF_THE_TEXT else [],
                }
            ).data
        )

    def _found(self, item):
        standing = standing_for(item, self.request.user)
        return [
            one.as_json() | {"let_pass": one.key in standing.let_pass}
            for one in standing.concerns
        ]

    def look_again(self, request, pk):
        item = self.find(pk)
        actions.check(request.user, "edit", item)
        day = self.taken(LookAgain, request, item=item)["on"]
        planning.look_again(item, day, by=request.user, origin=self.origin)
        return self.answer(item.pk)
