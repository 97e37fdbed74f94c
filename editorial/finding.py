"""Finding things by their words: only what the person who looks may view."""

import re
import unicodedata
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    TrigramWordSimilarity,
)
from django.db import connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from accounts.models import User
from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial.models import (
    ITEM_MODELS,
    EditorialTask,
    Finding,
    Status,
)

CONFIG = "desk"
MOST_WORDS = 10
CANDIDATES, TITLES = 200, 50
"""How many of a sort are ranked: the newest with the words, and those so called."""
EACH, ALL_OF_ONE = 6, 60
FEW = 3
"""With fewer found than this, words that are spelt nearly so are found as well."""
NEARLY = 0.45
"""How much of the letters must be alike for that."""
READ = 50_000
"""Characters of a text in which the words are looked for, to show them."""
START, STOP = "\x02", "\x03"
OF_ITEMS = (
    Finding.Kind.ARTICLE,
    Finding.Kind.COURSE,
    Finding.Kind.LESSON,
    Finding.Kind.REMARK,
)
PEOPLE = "person"


@dataclass
class Hit:
    kind: str
    title: str
    url: str
    snippet: str = ""
    item: object = None
    """The article or course that it is, or belongs to."""
    facts: list = field(default_factory=list)


@dataclass
class Group:
    kind: str
    title: str
    hits: list
    more: bool = False


@dataclass
class Wish:
    """What somebody looks for, and where."""

    text: str = ""
    kind: str = ""
    state: str = ""
    person: object = None
    section: object = None

    @property
    def words(self):
        return re.findall(r"\w+", self.text)[:MOST_WORDS]

    @property
    def is_about_items(self):
        return bool(self.state or self.person or self.section)

    def of_items(self, user):
        """The articles and courses that may be found, a queryset for each model."""
        found = []
        for model in ITEM_MODELS.values():
            rows = model.objects.visible_to(user)
            if self.state in Status.values:
                rows = rows.in_status(self.state)
            elif self.state == "live":
                rows = rows.live()
            if self.person:
                rows = rows.filter(**{model.OWNER_FIELD: self.person})
            if self.section:
                rows = rows.filter(category__path__descendant_of=self.section.path)
            found.append(rows.order_by())
        return found


def query_of(words):
    """Each word, or one that begins like it. A word of one letter must be whole."""
    parts = [f"'{word}'{':*' if len(word) > 1 else ''}" for word in words]
    return SearchQuery(" & ".join(parts), config=CONFIG, search_type="raw")


def title_query_of(words):
    parts = [f"'{word}':{'*' if len(word) > 1 else ''}A" for word in words]
    return SearchQuery(" & ".join(parts), config=CONFIG, search_type="raw")


def kinds_for(user, wish):
    kinds = []
    if may(user, "view"):
        kinds += OF_ITEMS
    if not wish.is_about_items:
        if may(user, "view_tasks"):
            kinds.append(Finding.Kind.TASK)
        if may(user, "view_media"):
            kinds.append(Finding.Kind.MEDIA)
        if may(user, "view_taxonomy"):
            kinds += [Finding.Kind.CATEGORY, Finding.Kind.TAG]
    return [kind for kind in kinds if wish.kind in ("", kind)]


def seen_by(user, kinds, items):
    """{kind: what of it may be found}; `items` are those of articles and courses."""
    of_items = Q()
    if any(rows.query.where for rows in items):
        for rows in items:
            of_items |= Q(item_id__in=rows.values("pk"))
    found = {}
    for kind in kinds:
        rows = Finding.objects.filter(kind=kind)
        if kind in OF_ITEMS:
            rows = rows.filter(of_items)
        elif kind == Finding.Kind.TASK:
            tasks = EditorialTask.objects.visible_to(user).order_by()
            if tasks.query.where:
                rows = rows.filter(pk__in=tasks.values("pk"))
        found[kind] = rows
    return found


def find(user, wish, *, each=EACH):
    """Groups of hits, the best first; nothing but what `user` may view."""
    kinds = kinds_for(user, wish)
    groups = []
    if wish.words and kinds:
        items = wish.of_items(user)
        seen = seen_by(user, kinds, items)
        rows = _ranked(seen, wish)
        if len(rows) < FEW:
            rows += _nearly(seen, wish, known={row.pk for row in rows})
        groups = _grouped(items, rows, each)
    if wish.kind in ("", PEOPLE) and not wish.is_about_items and wish.words:
        groups += _people(user, wish, each)
    return groups


def _ranked(seen, wish):
    if one := _uuid(wish.text):
        rows = [found.filter(pk=one).defer("words", "body") for found in seen.values()]
        return _plain(row for found in rows for row in found)
    # Candidates of each kind by themselves: many articles hide no task.
    query, titles = query_of(wish.words), title_query_of(wish.words)
    newest = F("changed_at").desc(nulls_last=True)
    slices = []
    for rows in seen.values():
        ids = rows.values_list("pk", flat=True).order_by(newest)
        slices.append(ids.filter(words=titles)[:TITLES])
        slices.append(ids.filter(words=query)[:CANDIDATES])
    return list(
        Finding.objects.filter(pk__in=set(slices[0].union(*slices[1:], all=True)))
        .annotate(
            rank=SearchRank(F("words"), query, normalization=1),
            snippet=SearchHeadline(
                Left("body", READ),
                query,
                config=CONFIG,
                start_sel=START,
                stop_sel=STOP,
                max_words=24,
                min_words=10,
                max_fragments=1,
            ),
        )
        .defer("words", "body")
        .order_by("-rank", newest)[: ALL_OF_ONE * 4]
    )


def _nearly(seen, wish, known):
    """Titles with letters like these: for words that were misspelt."""
    text = folded(" ".join(wish.words))
    if len(text) < 4 or _uuid(wish.text):
        return []
    visible = Q(pk__in=[])
    for rows in seen.values():
        visible |= Q(pk__in=rows.values("pk"))
    rows = (
        Finding.objects.filter(visible, folded__trigram_word_similar=text)
        .exclude(pk__in=known)
        .annotate(nearness=TrigramWordSimilarity(text, "folded"))
        .defer("words", "body")
        .order_by("-nearness")[: 2 * EACH]
    )
    with transaction.atomic(using=EDITORIAL), connections[EDITORIAL].cursor() as cursor:
        # PostgreSQL's own bound would not forgive two letters that changed places.
        cursor.execute(f"SET LOCAL pg_trgm.word_similarity_threshold = {NEARLY}")
        return _plain(rows)


def _plain(rows):
    """Rows found otherwise than by the words in their texts: nothing to mark."""
    found = list(rows)
    for row in found:
        row.snippet = ""
    return found


def folded(text):
    """As PostgreSQL folds the titles: without accents and capitals."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).lower()


def _uuid(text):
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _grouped(visible, rows, each):
    items = _items_of(visible, rows)
    groups = {}
    for row in rows:
        item = items.get(row.item_id)
        if row.kind in OF_ITEMS and item is None:
            continue
        group = groups.setdefault(
            row.kind, Group(row.kind, Finding.Kind(row.kind).label, [])
        )
        if len(group.hits) >= each:
            group.more = True
            continue
        group.hits.append(
            Hit(
                kind=row.kind,
                title=row.title or "Untitled",
                url=address_of(row, item),
                snippet=marked(row.snippet or ""),
                item=item,
            )
        )
    return list(groups.values())


def _items_of(visible, rows):
    """{id: item} of what the rows are, or belong to, among those one may view."""
    ids = {row.item_id for row in rows if row.item_id}
    found = {}
    if not ids:
        return found
    for items in visible:
        owner = items.model.OWNER_FIELD
        for item in (
            items.filter(pk__in=ids)
            .select_related(owner, "category")
            .only(
                "title",
                "status",
                "live_version",
                f"{owner}__display_name",
                f"{owner}__email",
                "category__name",
            )
        ):
            found[item.pk] = item
    return found


def address_of(row, item):
    kind = Finding.Kind(row.kind)
    if kind in (Finding.Kind.ARTICLE, Finding.Kind.COURSE):
        return reverse(f"admin:editorial_{kind}_change", args=[row.pk])
    if kind == Finding.Kind.REMARK:
        return reverse(f"admin:editorial_{item.KIND}_remarks", args=[item.pk])
    model = "editorialtask" if kind == Finding.Kind.TASK else kind
    return reverse(f"admin:editorial_{model}_change", args=[row.pk])


def marked(snippet):
    """The words in it marked, everything else as text."""
    shown = escape(" ".join(snippet.split()))
    return mark_safe(  # noqa: S308  (escaped in the line before)
        shown.replace(START, "<mark>").replace(STOP, "</mark>")
    )


def _people(user, wish, each):
    if not may(user, "view_people"):
        return []
    people = User.objects.staff()
    for word in wish.words:
        people = people.filter(display_name__icontains=word)
    hits = [
        Hit(
            kind=PEOPLE,
            title=str(person),
            url=reverse("admin:accounts_user_change", args=[person.pk]),
        )
        for person in people.order_by("display_name", "pk")[:each]
    ]
    return [Group(PEOPLE, "People", hits)] if hits else []
