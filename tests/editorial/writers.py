"""Many people who save one article at once, over real connections.

Each is a thread with a client of its own. What they were told is saved they remember;
the tests then look for it in the article.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from django.db import connections
from django.test import Client
from django.urls import reverse

from editorial.blocks import plain_text
from editorial.models import Article, Clash
from tests import factories
from tests.editorial.api import caller

PATIENCE = 60
"""Tries of one save: of fifty who start at once, one wins each round."""


def newsroom_full(count):
    """An article, and its co-authors."""
    owner = factories.staff("owner", "author")
    article = factories.article(by=owner, body=[factories.paragraph("Begin.")])
    people = [factories.staff(f"editor{number}", "editor") for number in range(count)]
    return article, people


def all_at_once(work, people):
    """Run `work(person)` in a thread each; what they were told is saved, together."""
    start = Barrier(len(people))

    def one(person):
        try:
            start.wait(timeout=120)
            return work(person)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        found = list(pool.map(one, people))
    return [word for words in found for word in words]


def by_the_api(article, rounds):
    """Reads, adds a word to the one paragraph and a paragraph, writes If-Match."""
    path = f"/articles/{article.pk}/"

    def work(person):
        client, saved = caller(person), []
        for number in range(rounds):
            word = f"{person.slug}w{number}"
            for _ in range(PATIENCE):
                seen = client.get(path)
                body = seen.json()["blocks"]
                text = f"{plain_text(body[:1])} {word}"
                body[0] = factories.paragraph(text, body[0]["id"])
                body.append(factories.paragraph(f"{word}p"))
                answer = client.patch(
                    path, {"blocks": body}, headers={"If-Match": seen["ETag"]}
                )
                if answer.status_code == 200:
                    saved += [word, f"{word}p"]
                    break
                assert answer.status_code == 412, answer.content
        return saved

    return work


def by_the_desk(article, rounds):
    """Types into the same paragraph and below it; hears of others once a save, and
    sends every save a second time, as if the answer had been lost."""
    door = reverse("admin:editorial_article_autosave", args=[article.pk])

    def work(person):
        client, tab, saved = Client(), str(uuid4()), []
        client.force_login(person, backend="accounts.backends.RoleBackend")
        page = Article.objects.get(pk=article.pk)
        was, revision = page.block_list(), page.revision
        for number in range(rounds):
            word = f"{person.slug}w{number}"
            place = number % len(was)
            text = f"{plain_text([was[place]])} {word}"
            changed = factories.paragraph(text, was[place]["id"])
            fresh = factories.paragraph(f"{word}p")
            sent = json.dumps(
                {
                    "save_id": str(uuid4()),
                    "tab": tab,
                    "revision": revision,
                    "changed": [
                        {"was": was[place], "now": changed},
                        {"was": None, "now": fresh},
                    ],
                    "was_order": [block["id"] for block in was],
                    "order": [*(block["id"] for block in was), fresh["id"]],
                }
            )
            for _ in range(2):
                answer = client.post(door, sent, content_type="application/json")
                assert answer.status_code == 200, answer.content
            saved += [word, f"{word}p"]
            told = answer.json()
            was, revision = told["text"]["blocks"], told["revision"]
        return saved

    return work


def lost(article, words):
    """What somebody was told is saved, and is nowhere."""
    there = set(plain_text(article.block_list()).split())
    there |= set(" ".join(Clash.objects.values_list("text", flat=True)).split())
    return set(words) - there


def doubled(article):
    """Words that stand in the text twice, though nobody wrote them twice: in new
    paragraphs, which no two people change."""
    found = [
        word for word in plain_text(article.block_list()).split() if word[-1] == "p"
    ]
    return {word for word in found if found.count(word) > 1}
