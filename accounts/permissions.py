"""Who may do what: one table, asked by the admin, the API, the actions and templates.

`may(user, action, item)` is the whole question. Deny by default: an action without a
line here is refused to everyone but super_admin.
"""

from dataclasses import dataclass

SUPER_ADMIN = "super_admin"
ADMIN = "admin"
EDITOR_CHIEF = "editor_chief"
EDITOR = "editor"
AUTHOR = "author"
CONTRIBUTOR = "contributor"
REVIEWER = "reviewer"
MODERATOR = "moderator"
CREATOR = "creator"

ROLES = {
    # code: (name, rank, description)
    SUPER_ADMIN: ("Super admin", 90, "Everything, everywhere."),
    ADMIN: ("Admin", 80, "People, settings and all content."),
    EDITOR_CHIEF: ("Editor in chief", 70, "All content, in every category."),
    EDITOR: ("Editor", 60, "Content of the categories given."),
    MODERATOR: ("Moderator", 50, "Comments and what readers report."),
    REVIEWER: ("Reviewer", 40, "Reviews what is submitted."),
    AUTHOR: ("Author", 30, "Writes and submits own articles and courses."),
    CREATOR: ("Creator", 20, "Writes for a page of their own."),
    CONTRIBUTOR: ("Contributor", 10, "Writes drafts and submits them, no more."),
}

# Relations of a person to one item. They only count for people who are staff.
OWNER = "owner"
CO_AUTHOR = "co-author"
NAMED_REVIEWER = "named reviewer"
APPROVING_REVIEWER = "reviewer who may approve"

EDITORS = {EDITOR, EDITOR_CHIEF, ADMIN}
"""The table's "editor+"; an editor within the scope of the role."""
WRITERS = {AUTHOR, CREATOR, CONTRIBUTOR, REVIEWER, MODERATOR} | EDITORS
CHIEFS = {EDITOR_CHIEF, ADMIN}
ADMINS = {ADMIN}

ALLOWED = {
    # articles and courses: the working copy
    "view": EDITORS | {REVIEWER, OWNER, CO_AUTHOR, NAMED_REVIEWER},
    "create": {AUTHOR, CREATOR, CONTRIBUTOR} | EDITORS,
    "edit": EDITORS | {OWNER, CO_AUTHOR},
    "edit_in_review": EDITORS,
    "restore_version": EDITORS | {OWNER, CO_AUTHOR},
    "insert_raw_html": EDITORS,
    "change_author": EDITORS,
    "grant": EDITORS | {OWNER},
    # articles and courses: the workflow
    "submit": EDITORS | {OWNER, CO_AUTHOR},
    "withdraw": {OWNER},
    "start_review": EDITORS | {REVIEWER, NAMED_REVIEWER},
    "reassign_review": EDITORS,
    "request_changes": EDITORS | {NAMED_REVIEWER},
    "approve": EDITORS | {APPROVING_REVIEWER},
    "reopen": EDITORS | {OWNER},
    "schedule": EDITORS,
    "unschedule": EDITORS,
    "publish": EDITORS,
    "revise": EDITORS | {OWNER},
    "unpublish": EDITORS,
    "archive": EDITORS,
    "unarchive": EDITORS,
    "release": EDITORS,
    "comment_on_draft": EDITORS | {REVIEWER, OWNER, CO_AUTHOR, NAMED_REVIEWER},
    # around the text
    "view_media": WRITERS,
    "upload_media": WRITERS,
    "edit_media": EDITORS,
    "view_taxonomy": WRITERS,
    "edit_taxonomy": EDITORS,
    "view_tasks": WRITERS,
    "edit_tasks": EDITORS,
    "view_sync": EDITORS,
    "view_audit": ADMINS,
    "import_content": ADMINS,
    # people and community
    "view_people": CHIEFS,
    "edit_people": ADMINS,
    "assign_roles": ADMINS,
    "moderate_comments": {MODERATOR} | CHIEFS,
}

NOT_IN_ONE_CATEGORY = {
    "view_people",
    "edit_people",
    "assign_roles",
    "view_audit",
    "import_content",
    "moderate_comments",
}
"""What concerns the whole house: a role within one category does not reach it."""

UNSCOPED = (ADMIN, SUPER_ADMIN)
"""Roles that are held everywhere or not at all."""

CONTRIBUTOR_MAY = {
    "view",
    "create",
    "edit",
    "submit",
    "view_media",
    "upload_media",
    "view_taxonomy",
    "view_tasks",
    "comment_on_draft",
    "restore_version",
}
"""Ownership gives a contributor no more than this ("Draft only")."""


@dataclass(frozen=True)
class Decision:
    """An answer and its reason, for people who ask why."""

    allowed: bool
    why: str

    def __bool__(self):
        return self.allowed


def _grants_on(user, item):
    """Relations to the item: ownership, and django-guardian's individual grants."""
    if item is None or not hasattr(item, "owner_id"):
        return set()
    found = set()
    if item.owner_id == user.pk:
        found.add(OWNER)
    granted = item.individual_grants(user)
    if "co_author" in granted:
        found.add(CO_AUTHOR)
    if "review" in granted or item.named_reviewer_id() == user.pk:
        found.add(NAMED_REVIEWER)
    if "approve_review" in granted:
        found.add(APPROVING_REVIEWER)
    return found


def _in_scope(assignment, item):
    """A scoped role covers its category's subtree, and nothing without a category."""
    if assignment.category_id is None:
        return True
    scope = getattr(item, "scope_ids", None)
    return scope is not None and assignment.category_id in scope()


def decide(user, action, item=None) -> Decision:
    """May `user` do `action` (to `item`)? With the reason, for people to read.

    `item` is an article or course (anything with `owner_id`, `scope_ids()`,
    `individual_grants(user)` and `named_reviewer_id()`), a thing with a category
    (`scope_ids()`), or None for "anywhere at all".
    """
    if user is None or not getattr(user, "is_active", False):
        return Decision(False, "Nobody is signed in, or the account is inactive.")
    if getattr(user, "is_superuser", False):
        return Decision(True, "Super admin.")
    roles = user.current_roles
    if not roles:
        return Decision(False, "No editorial role is in force.")
    codes = {assignment.role_id for assignment in roles}
    if any(one.role_id == SUPER_ADMIN and not one.category_id for one in roles):
        return Decision(True, "Super admin.")
    allowed = ALLOWED.get(action, set())
    outside = ""
    for assignment in roles:
        if assignment.role_id not in allowed:
            continue
        if action in NOT_IN_ONE_CATEGORY and assignment.category_id:
            outside = "This concerns the whole house, not one category."
            continue
        if item is None or _in_scope(assignment, item):
            return Decision(True, f"Has the role {ROLES[assignment.role_id][0]}.")
        outside = f"The role {ROLES[assignment.role_id][0]} covers other categories."
    if codes <= {CONTRIBUTOR} and action not in CONTRIBUTOR_MAY:
        return Decision(False, "A contributor may write drafts and submit them.")
    relations = allowed & {OWNER, CO_AUTHOR, NAMED_REVIEWER, APPROVING_REVIEWER}
    if relations and item is None and codes & WRITERS:
        return Decision(True, "May do so to some items.")
    if relations and item is not None:
        for relation in sorted(relations & _grants_on(user, item)):
            return Decision(True, f"Is the {relation} of this item.")
    return Decision(False, outside or f"No role in force allows to {action}.")


def may(user, action, item=None) -> bool:
    return decide(user, action, item).allowed
