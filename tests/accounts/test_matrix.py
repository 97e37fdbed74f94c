"""The matrix of the source, cell by cell, at real doors and in the table of rights."""

import pytest
from django.urls import reverse

from accounts.permissions import may
from cms.databases import ALIASES
from editorial.models import Article, Status
from engagement.comments.models import Comment
from engagement.discussion.context import discussion_context
from engagement.refs.models import ContentRef, UserRef
from tests import factories
from tests.publishing import factories as published

pytestmark = pytest.mark.django_db(databases=list(ALIASES))

MATRIX = """
| Role | Read DB | Write DB (Own) | Write DB (All) | Publish | Engagement DB |
|------|---------|----------------|----------------|---------|---------------|
| Public | ✅ Read | ❌ | ❌ | ❌ | ✅ Read (aggregated) |
| User | ✅ Read | ❌ | ❌ | ❌ | ✅ Read/Write (own) |
| Contributor | ✅ Read | ✅ Draft only | ❌ | ❌ | ✅ Read/Write (own) |
| Author | ✅ Read | ✅ Full | ❌ | ❌ | ✅ Read/Write (own) |
| Editor | ✅ Read | ✅ Full | ✅ Review/Edit | ✅ | ✅ Moderate |
| Admin | ✅ Read | ✅ Full | ✅ Full | ✅ | ✅ Full |
"""
HEAD, _, *ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in MATRIX.strip().splitlines()
]


class Person:
    """One row: somebody in front of the doors of all three databases."""

    def __init__(self, row, client, wim, ines):
        self.row, self.client, self.wim, self.ines = row, client, wim, ines
        self.user = None
        if row != "Public":
            role = [] if row == "User" else [row.lower()]
            self.user = factories.staff(f"pat-{row.lower()}", *role)
            client.force_login(self.user)

    # Read DB

    def reads(self):
        article = published.ArticleFactory()
        return [
            self.client.get(address).status_code
            for address in (
                f"/articles/{article.slug}/",
                f"/api/v1/content/articles/{article.slug}/",
            )
        ] == [200, 200]

    # Write DB

    def writes(self, article, text):
        """Saves a new text through the desk; whether it was taken."""
        self.client.post(
            address(article),
            {
                "title": article.title,
                "slug": article.slug,
                "category": str(article.category_id),
                "kind": "post",
                "post_format": "standard",
                "menu_order": "0",
                "seen_revision": str(article.revision),
                "body": text,
            },
        )
        article.refresh_from_db()
        return text in article.render(article.snapshot())["text"]

    def begins_a_draft(self):
        category = factories.CategoryFactory()
        self.client.post(
            reverse("admin:editorial_article_add"),
            {
                "title": f"By {self.row}",
                "category": str(category.pk),
                "kind": "post",
                "post_format": "standard",
                "menu_order": "0",
                "body": "The harbour at five.",
            },
        )
        return Article.objects.filter(title=f"By {self.row}").first()

    def does(self, verb, article, **answers):
        before = article.status
        # A decision names the text that it is about.
        answers["seen_hash"] = article.content_hash()
        self.client.post(address(article, "do", verb), answers)
        article.refresh_from_db()
        return article.status != before

    def writes_own(self):
        """❌, "✅ Draft only" or "✅ Full"."""
        article = self.begins_a_draft()
        if article is None:
            return "❌"
        assert article.author == self.user
        assert self.writes(article, "The harbour at six.")
        assert self.does("submit", article)
        assert not self.writes(article, "Too late.") or self.row in ("Editor", "Admin")
        takes_back = self.does("withdraw", article)
        edits_again = takes_back and self.writes(article, "The harbour at seven.")
        if edits_again:
            return "✅ Full"
        assert not takes_back, "a draft that came back must be open to its author"
        return "✅ Draft only"

    def writes_all(self):
        """❌, "✅ Review/Edit", or "✅ Full": everybody's text, and who they are."""
        article = factories.article(by=self.wim)
        edits = self.writes(article, "Another hand.")
        factories.actions.submit(article, by=self.wim)
        reviewed = self.user is not None and self.does(
            "start_review", article, reviewer=str(self.user.pk)
        )
        reviewed = reviewed and self.does("approve", article)
        assert edits == reviewed
        rules = self.client.get(
            reverse("admin:accounts_user_change", args=[self.wim.pk])
        )
        reads_log = self.client.get(reverse("admin:editorial_auditlog_changelist"))
        full = (rules.status_code, reads_log.status_code) == (200, 200)
        if full:
            assert edits
            return "✅ Full"
        return "✅ Review/Edit" if edits else "❌"

    def publishes(self):
        article = factories.approve(factories.article(by=self.wim), editor=self.ines)
        return "✅" if self.does("publish", article) else "❌"

    # Engagement DB

    def talks(self):
        """What the discussion lets them do."""
        content = ContentRef.objects.create(
            id=factories.uuid7(), kind="article", state="live", title="First light"
        )
        others = self._comment(content, self.wim, "approved")
        withheld = self._comment(content, self.wim, "withheld")
        page = reverse("engagement:discussion", args=["article", content.pk])
        shown = self.client.get(page).content.decode()
        assert str(others.pk) in shown and str(withheld.pk) not in shown
        assert discussion_context(content, None, {})["comment_count"] is not None

        self.client.post(page, {"body": f"Said by {self.row}."})
        own = Comment.objects.filter(body=f"Said by {self.row}.").first()
        edit = reverse("engagement:comment-edit", args=[others.pk])
        assert self.client.post(edit, {"body": "Changed."}).status_code in (302, 404)
        others.refresh_from_db()
        assert others.body == "So it is."
        if own is None:
            return "✅ Read (aggregated)"
        assert own.user_id == self.user.pk

        self.client.post(
            reverse("admin:engagement_comment_changelist"),
            {"action": "decide_approved", "_selected_action": [str(withheld.pk)]},
        )
        withheld.refresh_from_db()
        if withheld.status != Comment.Status.APPROVED:
            return "✅ Read/Write (own)"
        return "✅ Full" if may(self.user, "edit_people") else "✅ Moderate"

    def _comment(self, content, by, status):
        pk = factories.uuid7()
        comment = Comment(
            pk=pk,
            root_id=pk,
            content_kind="article",
            content_id=content.pk,
            user=UserRef.objects.remember(by),
            body="So it is.",
            body_html="<p>So it is.</p>",
            status=status,
        )
        comment.save(force_insert=True)
        return comment


def address(article, name="change", *args):
    return reverse(f"admin:editorial_article_{name}", args=[article.pk, *args])


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_doors_answer_as_the_matrix_says(row, client, wim, ines):
    person = Person(row[0], client, wim, ines)

    found = [
        "✅ Read" if person.reads() else "❌",
        person.writes_own(),
        person.writes_all(),
        person.publishes(),
        person.talks(),
    ]

    assert dict(zip(HEAD[1:], found, strict=True)) == dict(
        zip(HEAD[1:], row[1:], strict=True)
    )


def test_the_table_of_rights_says_the_same(wim):
    others = Article.objects.create(title="Other", author=wim)
    approved = {"approve", "start_review", "edit", "edit_in_review"}
    for role, _, own, all_, publish, community in ROWS:
        codes = [] if role in ("Public", "User") else [role.lower()]
        user = None
        if role != "Public":
            user = factories.staff(f"table-{role.lower()}", *codes)
        mine = user and Article.objects.create(title="Own", author=user)

        assert may(user, "create") == (own != "❌"), role
        assert may(user, "edit", mine) == (own != "❌"), role
        assert may(user, "withdraw", mine) == (own == "✅ Full"), role
        for action in approved:
            assert may(user, action, others) == (all_ != "❌"), (role, action)
        assert may(user, "edit_people") == (all_ == "✅ Full"), role
        for action in ("publish", "schedule", "unpublish"):
            assert may(user, action, others) == (publish == "✅"), (role, action)
        moderates = community in ("✅ Moderate", "✅ Full")
        assert may(user, "moderate_comments") == moderates, role


def test_the_rows_that_the_matrix_forgot_are_in_the_table_too(wim):
    """Reviewer, moderator, creator, chief and super admin: where they stand."""
    others = Article.objects.create(title="Other", author=wim)
    may_do = {
        "reviewer": {"view", "start_review"},
        "moderator": {"moderate_comments"},
        "creator": {"create"},
        "editor_chief": {"view", "edit", "publish", "create", "moderate_comments"},
        "super_admin": {"view", "edit", "publish", "create", "edit_people"},
    }
    for role, expected in may_do.items():
        user = factories.staff(f"row-{role.replace('_', '-')}", role)
        for action in expected:
            item = others if action in ("view", "edit", "publish") else None
            assert may(user, action, item), (role, action)
    for role in ("reviewer", "moderator", "creator"):
        user = factories.staff(f"not-{role}", role)
        for action in ("edit", "publish", "approve"):
            assert not may(user, action, others), (role, action)
    assert others.status == Status.DRAFT
