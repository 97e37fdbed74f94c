"""Who may do what: one table, asked by the admin, the API, the actions and templates.

`may(user, action, item)` is the whole question. Deny by default: an action without a
line here is refused to everyone but super_admin. PostgreSQL gives the same answers:
`accounts.rights_in_sql` mirrors this table into the database after each migrate.
"""

from accounts.reasons import Decision

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
    "override_checks": EDITORS,
    "reopen": EDITORS | {OWNER},
    "schedule": EDITORS,
    "unschedule": EDITORS,
    "publish": EDITORS,
    "revise": EDITORS | {OWNER},
    "unpublish": EDITORS,
    "archive": EDITORS,
    "unarchive": EDITORS,
    "delete": ADMINS,
    "release": EDITORS,
    "comment_on_draft": EDITORS | {REVIEWER, OWNER, CO_AUTHOR, NAMED_REVIEWER},
    # around the text
    "view_media": WRITERS,
    "upload_media": WRITERS,
    "edit_media": EDITORS,
    "delete_media": ADMINS,
    "view_taxonomy": WRITERS,
    "edit_taxonomy": EDITORS,
    "view_tasks": WRITERS,
    "edit_tasks": EDITORS,
    "view_audience": WRITERS,
    "view_sync": EDITORS,
    "view_audit": ADMINS,
    "import_content": EDITORS,
    # people and community
    "view_people": CHIEFS,
    "edit_people": ADMINS,
    "assign_roles": ADMINS,
    "simulate": ADMINS,
    "moderate_comments": {MODERATOR} | EDITORS,
}

NOT_IN_ONE_CATEGORY = {
    "view_people",
    "edit_people",
    "assign_roles",
    "simulate",
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


IN_WORDS = {
    # action: (what it is about, what it lets one do)
    "view": ("content", "Read drafts"),
    "create": ("content", "Begin an article or a course"),
    "edit": ("content", "Change the text"),
    "edit_in_review": ("content", "Change the text during its review"),
    "restore_version": ("content", "Bring back an older version"),
    "insert_raw_html": ("content", "Put in raw HTML"),
    "change_author": ("content", "Make somebody else the author"),
    "grant": ("content", "Name co-authors and reviewers"),
    "submit": ("content", "Submit for review"),
    "withdraw": ("content", "Withdraw what was submitted"),
    "start_review": ("content", "Start a review"),
    "reassign_review": ("content", "Give a review to somebody else"),
    "request_changes": ("content", "Request changes"),
    "approve": ("content", "Approve"),
    "override_checks": ("content", "Let a text pass although checks stop it"),
    "reopen": ("content", "Take back an approval to go on writing"),
    "schedule": ("content", "Schedule"),
    "unschedule": ("content", "Cancel a schedule"),
    "publish": ("content", "Publish"),
    "revise": ("content", "Begin the next version of what is published"),
    "unpublish": ("content", "Take down what is published"),
    "archive": ("content", "Archive"),
    "unarchive": ("content", "Take out of the archive"),
    "delete": ("content", "Delete what was never published"),
    "release": ("content", "Publish several items in one moment"),
    "comment_on_draft": ("content", "Remark on a draft"),
    "view_media": ("media", "See the library"),
    "upload_media": ("media", "Upload files"),
    "edit_media": ("media", "Change what the library says of a file"),
    "delete_media": ("media", "Delete files that nothing uses"),
    "view_taxonomy": ("taxonomy", "See categories and tags"),
    "edit_taxonomy": ("taxonomy", "Change categories and tags"),
    "view_tasks": ("planning", "See tasks"),
    "edit_tasks": ("planning", "Give tasks"),
    "view_audience": ("community", "See what readers read"),
    "view_sync": ("system", "See what is on its way to readers"),
    "view_audit": ("system", "Read the audit log"),
    "import_content": ("system", "Import from another system"),
    "view_people": ("people", "See people and their roles"),
    "edit_people": ("people", "Invite, change and deactivate people"),
    "assign_roles": ("people", "Give roles"),
    "simulate": ("people", "See the desk as somebody else sees it"),
    "moderate_comments": ("community", "Moderate comments"),
}
"""Every action of the table, for people to read; a test keeps the two complete."""

RELATIONS = {OWNER, CO_AUTHOR, NAMED_REVIEWER, APPROVING_REVIEWER}


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
    for assignment in roles:
        if assignment.role_id == SUPER_ADMIN and not assignment.category_id:
            return Decision(True, "{role}.", user, assignment)
    codes = {assignment.role_id for assignment in roles}
    allowed = ALLOWED.get(action, set())
    outside = None
    for assignment in roles:
        if assignment.role_id not in allowed:
            continue
        if action in NOT_IN_ONE_CATEGORY and assignment.category_id:
            outside = Decision(
                False,
                "{role}: but this concerns the whole house, not one category.",
                user,
                assignment,
            )
        elif item is None or _in_scope(assignment, item):
            return Decision(True, "{role}.", user, assignment)
        else:
            outside = Decision(
                False, "{role}: this covers other categories.", user, assignment
            )
    if codes <= {CONTRIBUTOR} and action not in CONTRIBUTOR_MAY:
        return Decision(False, "A contributor may write drafts and submit them.")
    relations = allowed & RELATIONS
    if relations and item is None and codes & WRITERS:
        return Decision(True, "May do so to some items.")
    if relations and item is not None:
        for relation in sorted(relations & _grants_on(user, item)):
            return Decision(True, f"Is the {relation} of this item.")
    return Decision(False, _nobody_gave(action)) if outside is None else outside


def _nobody_gave(action):
    _, words = IN_WORDS.get(action, ("", action))
    return f"No role in force allows to {words[:1].lower()}{words[1:]}."


def may(user, action, item=None) -> bool:
    return decide(user, action, item).allowed


def has_role(user, code) -> bool:
    """Whether somebody holds a role, anywhere; a super admin holds them all."""
    if user is None or not getattr(user, "is_active", False) or code not in ROLES:
        return False
    held = {assignment.role_id for assignment in user.current_roles}
    return user.is_superuser or bool(held & {code, SUPER_ADMIN})
