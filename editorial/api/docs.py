"""The newsroom's part of the OpenAPI document: what each door is for, in words.

What may go wrong is added by `cms.api.schema`, for every door the same.
"""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

PARAGRAPH = {
    "type": "paragraph",
    "content": {
        "type": "paragraph",
        "content": [{"type": "text", "text": "The harbour wakes at five."}],
    },
}

EXAMPLES = {
    "articles": {
        "title": "First light",
        "excerpt": "A morning with those who bring the fish.",
        "blocks": [PARAGRAPH],
        "seo": {"meta_title": "First light in the harbour"},
    },
    "courses": {
        "title": "Sailing for beginners",
        "description": "Knots, wind and the rules of the road.",
        "difficulty_level": "beginner",
        "is_free": True,
    },
}

VERBS = {
    # verb: (summary, example of a body)
    "submit": ("Hand it to the editors", {"comment": "Ready for you."}),
    "withdraw": ("Take back what was submitted", {"comment": ""}),
    "start_review": ("Open a review by one named person", {"comment": ""}),
    "hand_over": (
        "Give your review to a colleague, or hand it back",
        {"comment": "On holiday."},
    ),
    "reassign_review": (
        "Let somebody else review it",
        {"reviewer": "01980000-0000-7000-8000-000000000000"},
    ),
    "request_changes": (
        "Hand it back to its author; say what should change",
        {"comment": "Who says so? Please name a source."},
    ),
    "approve": ("Approve exactly this text", {"comment": "Good to go."}),
    "reopen": ("End the approval and go on writing", {"comment": ""}),
    "schedule": (
        "Let it go live at a time",
        {"at": "2030-01-01T06:00:00Z", "comment": "For the morning."},
    ),
    "unschedule": ("Cancel the schedule; it stays approved", {"comment": ""}),
    "publish": ("Give readers the approved version", {"comment": ""}),
    "revise": ("Begin the next version; readers keep the live one", {"comment": ""}),
    "unpublish": ("Take it down; readers lose it at once", {"comment": ""}),
    "set_unpublish_at": (
        "Plan when it is taken down, or cancel that",
        {"at": "2030-01-08T06:00:00Z"},
    ),
    "archive": ("Put it away; nothing is deleted", {"comment": ""}),
    "unarchive": ("Take it out of the archive, as a draft", {"comment": ""}),
}

AFTERWARDS = (
    "The answer is the item in its new state; 204 where it is no longer yours to see. "
    "409 says why it is not possible now. With If-Match it is only done to what you "
    "have read."
)


def door(
    summary,
    *,
    takes=None,
    gives=None,
    status=200,
    says="",
    example=None,
    if_match=False,
):
    """What one method takes and gives."""
    return extend_schema(
        summary=summary,
        description=says or None,
        parameters=[IF_MATCH] if if_match else None,
        request=takes,
        responses={status: gives},
        examples=[OpenApiExample("An example", value=example, request_only=True)]
        if example is not None
        else None,
    )


def describe(prefix, **doors):
    """Class decorator: each method with its words, as a method of this very class."""

    def decorate(view):
        for name, words in doors.items():
            setattr(
                view,
                name,
                _own(
                    getattr(view, name), words, f"{prefix}_{AS_USUAL.get(name, name)}"
                ),
            )
        return view

    return decorate


AS_USUAL = {
    "sections": "list",
    "lessons": "list",
    "section": "retrieve",
    "lesson": "retrieve",
    "add_section": "create",
    "add_lesson": "create",
    "change_section": "partial_update",
    "change_lesson": "partial_update",
    "drop_section": "destroy",
    "drop_lesson": "destroy",
    "order_sections": "order",
    "add": "items_create",
    "take_out": "items_destroy",
    "remarks": "remarks_list",
    "remark": "remarks_create",
    "reword": "remarks_partial_update",
    "unsay": "remarks_destroy",
    "resolve": "remarks_resolve",
    "links": "links_list",
    "share": "links_create",
    "revoke": "links_revoke",
    "read_all": "read_all",
    "reviews": "reviews_list",
    "history": "history_list",
    "versions": "versions_list",
    "version": "versions_retrieve",
    "compare": "versions_diff",
    "restore": "versions_restore",
}
"""Names of operations, for the functions of generated clients."""

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag you were given when you read it: it is done to "
    "that, or not at all.",
)


def _own(inherited, words, operation_id):
    def method(self, *args, **kwargs):
        return inherited(self, *args, **kwargs)

    method.__name__, method.__doc__ = inherited.__name__, inherited.__doc__
    return extend_schema(operation_id=f"editorial_{operation_id}")(words(method))


def describe_items(noun, *, row, shown, create, write, replace, parts):
    """The doors that articles and courses have in common."""
    example = EXAMPLES[noun + "s"]
    bodies = parts["bodies"]
    verbs = {
        verb: extend_schema(
            summary=summary,
            description=AFTERWARDS,
            parameters=[IF_MATCH],
            request=bodies.get(verb, bodies[""]),
            responses={200: shown, 204: None},
            examples=[OpenApiExample("An example", value=body, request_only=True)],
        )
        for verb, (summary, body) in VERBS.items()
    }
    return describe(
        f"{noun}s",
        list=door(
            f"List the {noun}s that you may view",
            gives=row(many=True),
            says="Newest change first. Filters are joined by “and”.",
        ),
        create=door(
            f"Begin a draft of a new {noun}",
            takes=create,
            gives=shown,
            status=201,
            example=example,
        ),
        retrieve=door(
            f"Read one {noun}",
            gives=shown,
            says="The working copy, with its ETag; readers may have another version.",
        ),
        update=door(
            f"Replace the {noun}",
            takes=replace,
            gives=shown,
            example={
                **example,
                "category": "01980000-0000-7000-8000-000000000000",
            },
            says="What is left out becomes what it is in a new one; the address and "
            "who wrote it stay.",
        ),
        partial_update=door(
            f"Change some fields of the {noun}",
            takes=write,
            gives=shown,
            example={"title": "First light, second try", "change_summary": "Title."},
            says="The first edit of what is approved reopens it; of what is published, "
            "it begins the next version, and readers keep the live one.",
        ),
        destroy=door(
            f"Delete a {noun} that was never published",
            status=204,
            says="For admins. What was published is archived instead: 409.",
        ),
        versions=door("List its versions", gives=parts["version_row"](many=True)),
        version=door("Read one version", gives=parts["version"]),
        compare=extend_schema(
            summary="What changed between two versions",
            parameters=[parts["against"]],
            responses=parts["difference"],
        ),
        restore=extend_schema(
            summary="Bring back a version, or one block of it",
            description="As a new version of the draft; it never publishes.",
            parameters=[IF_MATCH],
            request=parts["restore"],
            responses={200: shown, 204: None},
            examples=[OpenApiExample("The whole of it", value={}, request_only=True)],
        ),
        history=door("What was done to it", gives=parts["history"](many=True)),
        reviews=door("List its reviews", gives=parts["review"](many=True)),
        remarks=door("List the remarks on it", gives=parts["remark"](many=True)),
        remark=door(
            "Remark on the draft, or answer a remark",
            takes=parts["new_remark"],
            gives=parts["remark"],
            status=201,
            example={"comment": "Who says so?"},
        ),
        reword=door(
            "Say your remark in other words",
            takes=parts["reword"],
            gives=parts["remark"],
            example={"comment": "Who says so, and when?"},
        ),
        unsay=door(
            "Delete your remark, if nobody has answered it",
            status=204,
            says="What others have answered is resolved instead: 409.",
        ),
        resolve=door(
            "Resolve a remark, or open it again",
            takes=parts["resolve"],
            gives=parts["remark"],
            example={"resolved": True},
        ),
        before=door(
            "What a step would say, before it is taken",
            gives=parts["before"],
            says="What is still wanting, each with its field or block; what checks "
            "find; and whether you may take the step. Nothing is changed.",
        ),
        look_again=door(
            "Say when somebody is to look whether it is still true",
            takes=parts["look_again"],
            gives=shown,
            example={"on": "2030-01-01"},
        ),
        links=door(
            "List the links of guests",
            gives=parts["link"](many=True),
            says="For who may give others a hand in it.",
        ),
        share=door(
            "Show this version to somebody without an account",
            takes=parts["new_link"],
            gives=parts["link_made"],
            status=201,
            example={"label": "Dr. Okafor, fact check", "days": 7},
        ),
        revoke=door(
            "Revoke the link of a guest",
            takes=parts["no_words"],
            gives=parts["link"],
            example={},
        ),
        **verbs,
    )
