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
from django.db.models import F, Q
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe

from accounts.models import User
from accounts.permissions import may
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
        """The articles and courses that may be found; None: all that there are."""
        found, all_of_them = [], True
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
            all_of_them = all_of_them and not rows.query.where
            found.append(rows.order_by())
        return None if all_of_them else found


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


def seen_by(user, kind, wish):
    """What of this kind may be found."""
    rows = Finding.objects.filter(kind=kind)
    if kind in OF_ITEMS:
        items = wish.of_items(user)
        if items is not None:
            of = Q()
            for model_rows in items:
                of |= Q(item_id__in=model_rows.values("pk"))
            rows = rows.filter(of)
    elif kind == Finding.Kind.TASK:
        tasks = EditorialTask.objects.visible_to(user)
        if tasks.query.where:
            rows = rows.filter(pk__in=tasks.order_by().values("pk"))
    return rows


def find(user, wish, *, each=EACH):
    """Groups of hits, the best first; nothing but what `user` may view."""
    kinds = kinds_for(user, wish)
    groups = []
    if wish.words and kinds:
        rows = _ranked(user, wish, kinds)
        if len(rows) < FEW:
            rows += _nearly(user, wish, kinds, known={row.pk for row in rows})
        groups = _grouped(user, rows, each)
    if wish.kind in ("", PEOPLE) and not wish.is_about_items and wish.words:
        groups += _people(user, wish, each)
    return groups


def _ranked(user, wish, kinds):
    query = query_of(wish.words)
    if one := _uuid(wish.text):
        ids = [one]
    else:
        # Candidates of each kind by themselves: many articles hide no task.
        titles = title_query_of(wish.words)
        slices = []
        for kind in kinds:
            rows = seen_by(user, kind, wish).values_list("pk", flat=True)
            newest = F("changed_at").desc(nulls_last=True)
            slices.append(rows.filter(words=titles).order_by(newest)[:TITLES])
            slices.append(rows.filter(words=query).order_by(newest)[:CANDIDATES])
        ids = set(slices[0].union(*slices[1:], all=True))
    rows = Finding.objects.filter(pk__in=ids, kind__in=kinds)
    if _uuid(wish.text):
        rows = [
            row
            for row in rows.defer("words", "body")
            if seen_by(user, row.kind, wish).filter(pk=row.pk).exists()
        ]
        return rows
    return list(
        rows.annotate(
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
        .order_by("-rank", F("changed_at").desc(nulls_last=True))[: ALL_OF_ONE * 4]
    )


def _nearly(user, wish, kinds, known):
    """Titles with letters like these: for words that were misspelt."""
    text = folded(" ".join(wish.words))
    if len(text) < 4:
        return []
    found = []
    visible = Q(pk__in=[])
    for kind in kinds:
        visible |= Q(pk__in=seen_by(user, kind, wish).values("pk"))
    for row in (
        Finding.objects.filter(visible, folded__trigram_word_similar=text)
        .annotate(nearness=TrigramWordSimilarity(text, "folded"))
        .defer("words", "body")
        .order_by("-nearness")[: 2 * EACH]
    ):
        if row.pk not in known:
            row.snippet = ""
            found.append(row)
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


def _grouped(user, rows, each):
    items = _items_of(user, rows)
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


def _items_of(user, rows):
    """{id: item} of what the rows are, or belong to; asked again who may view it."""
    ids = {row.item_id for row in rows if row.item_id}
    found = {}
    if not ids:
        return found
    for model in ITEM_MODELS.values():
        for item in (
            model.objects.visible_to(user)
            .filter(pk__in=ids)
            .select_related(model.OWNER_FIELD, "category")
            .only(
                "title",
                "status",
                "live_version",
                f"{model.OWNER_FIELD}__display_name",
                f"{model.OWNER_FIELD}__email",
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
