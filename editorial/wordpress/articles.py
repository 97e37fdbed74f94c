"""Posts and pages: articles, in the state that they have in WordPress.

An article comes in whole, in one transaction: text, terms, versions, history, what
readers get, and the record of the import. What staff changed since then is theirs.
"""

from django.db import transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial import actions, blocks
from editorial.models import Article, Category, ImportRecord, Media, Redirect, Status
from editorial.models import WorkflowHistory as History
from editorial.wordpress import addresses
from editorial.wordpress.attachments import media_finder
from editorial.wordpress.records import hash_of_row
from editorial.wordpress.report import CHANGED, TAKEN, UNCHANGED
from editorial.wordpress.seo import seo_of
from editorial.wordpress.terms import MODELS, Term, take_term
from editorial.wordpress.values import (
    Unusable,
    cut,
    moment,
    paragraphs,
    plain,
    slug_of,
)

STATUS = {
    "publish": Status.PUBLISHED,
    "future": Status.SCHEDULED,
    "pending": Status.PENDING_REVIEW,
    "draft": Status.DRAFT,
    "auto-draft": Status.DRAFT,
    "private": Status.DRAFT,
    "trash": Status.ARCHIVED,
}
FORMATS = {f"post-format-{name}": name for name in Article.Format.values}
OWN_META = {"_edit_last", "_edit_lock", "_thumbnail_id", "_wp_old_slug"}
TERM_KINDS = {"category": "category", "post_tag": "tag", "tag": "tag"}


class Incoming:
    """One post or page of the export, with everything that it points to found."""

    def __init__(self, item, records, report, *, by, site):
        self.item = item
        self.kind = item["wp:post_type"]
        self.number = item["wp:post_id"]
        self.records = records
        self.report = report
        self.by = by
        self.notes = []
        self.status = self._status()
        self.published_at = self._date()
        self.modified_at = self._modified()
        self.title = cut(plain(item["title"]), 500)
        if "<" in item["title"] and self.title:
            self.note("The markup in its title was taken out.")
        self.terms = self._terms()
        self.parent_id = self._parent()
        self.image_id = self._image()
        self.media_for_url, media = media_finder(records, item["content:encoded"])
        self.seo = seo_of(item["meta"], title=self.title, site=site)
        self.hash = hash_of_row(
            {key: item[key] for key in item if key not in ("comments", "pubDate")},
            {name: [str(pk) for pk in ids] for name, ids in self.terms.items()},
            [str(self.parent_id), str(self.image_id), *media],
        )

    def note(self, text):
        self.notes.append(text)

    # --- what the row says ------------------------------------------------------

    def _status(self):
        status = self.item["wp:status"]
        if self.item["wp:post_password"]:
            self.note("It had a password; it is a draft here, so that nobody reads it.")
            return Status.DRAFT
        if status == "private":
            self.note("It was private; it is a draft here.")
        elif status not in STATUS:
            self.note(f"Its state “{status[:40]}” is unknown; it is a draft here.")
        return STATUS.get(status, Status.DRAFT)

    def _date(self):
        date = moment(
            self.item["wp:post_date_gmt"],
            self.item["wp:post_date"],
            self.item["pubDate"],
        )
        if date is None and self.status in (Status.PUBLISHED, Status.SCHEDULED):
            raise Unusable("It is published, but has no date.")
        return date or timezone.now()

    def _modified(self):
        try:
            return moment(self.item["wp:post_modified_gmt"]) or self.published_at
        except Unusable:
            return self.published_at

    def _terms(self):
        """{"category": ids, "tag": ids}, what is not declared made on the way."""
        found = {"category": [], "tag": []}
        for row in self.item["terms"]:
            kind = TERM_KINDS.get(row["domain"])
            if kind is None:
                if row["domain"] != "post_format":
                    self.note(
                        f"Left out: {row['domain']} “{row['name'] or row['nicename']}”"
                    )
                continue
            nicename = row["nicename"] or slug_of(row["name"])
            if not nicename:
                continue
            pk = self.records.id_of(kind, nicename)
            if pk is None:
                pk = take_term(
                    Term(kind, nicename, row["name"]),
                    self.records,
                    self.report,
                    by=self.by,
                    is_declared=False,
                )
            if pk not in found[kind]:
                found[kind].append(pk)
        # What was deleted here since an earlier import does not come back.
        there = {kind: MODELS[kind].objects.in_bulk(ids) for kind, ids in found.items()}
        return {
            kind: [pk for pk in ids if pk in there[kind]] for kind, ids in found.items()
        }

    def _parent(self):
        number = self.item["wp:post_parent"]
        if self.kind != "page" or number in ("", "0"):
            return None
        pk = self.records.id_of("page", number)
        if pk is None or not Article.objects.filter(pk=pk).exists():
            self.note(f"The page above it, {number}, is not in the export.")
            return None
        return pk

    def _image(self):
        number = self.item["meta"]["_thumbnail_id"]
        if not number:
            return None
        pk = self.records.id_of("attachment", number)
        if pk is None or not Media.objects.filter(pk=pk).exists():
            self.note(f"Its featured image {number} is not in the export.")
            return None
        return pk

    def format(self):
        for row in self.item["terms"]:
            if row["domain"] == "post_format":
                return FORMATS.get(row["nicename"], Article.Format.STANDARD)
        return Article.Format.STANDARD

    # --- the article ------------------------------------------------------------

    def write(self, article):
        """Put everything but the state into the article, and save it."""
        item = self.item
        article.kind = self.kind
        article.title = self.title
        article.post_format = self.format()
        article.excerpt = paragraphs(item["excerpt:encoded"])
        article.parent_id = self.parent_id
        article.featured_image_id = self.image_id
        article.is_featured = item["wp:is_sticky"] == "1"
        article.comments_open = item["wp:comment_status"] != "closed"
        article.menu_order = _whole(item["wp:menu_order"])
        article.category_id = self._primary_category()
        article.created_at = self.published_at
        article.updated_at = self.modified_at
        for column in (*LONG_SEO, "no_index", "no_follow"):
            default = article._meta.get_field(column).get_default()
            setattr(article, column, self.seo.get(column, default))
        article.og_image_id = self._social_image()
        self._address(article)
        body = self._body(blocks_of(article))
        article.save()
        article.set_blocks(body)
        article.tags.set(self.terms["tag"])

    def _primary_category(self):
        """Readers find it under one: the plugin's choice, or the most precise one."""
        ids = self.terms["category"]
        if not ids:
            return None
        rows = {one.pk: one for one in Category.objects.filter(pk__in=ids)}
        chosen = max(ids, key=lambda pk: rows[pk].depth)
        wanted = self.item["meta"]["_yoast_wpseo_primary_category"]
        if wanted:
            found = self.records.id_of("term", wanted)
            chosen = found if found in ids else chosen
        others = [
            rows[pk].name
            for pk in ids
            if not rows[chosen].path.startswith(rows[pk].path)
        ]
        if others:
            self.note(f"It stood in more categories: {', '.join(others)}.")
        return chosen

    def _social_image(self):
        meta = self.item["meta"]
        if number := meta["_yoast_wpseo_opengraph-image-id"]:
            return self.records.id_of("attachment", number)
        if url := meta["_yoast_wpseo_opengraph-image"]:
            return media_finder(self.records, url)[0](url)
        return None

    def _address(self, article):
        wanted = slug_of(self.item["wp:post_name"]) or slug_of(self.title)
        article.slug = actions.free_slug(article, wanted)
        if wanted and article.slug != wanted:
            self.note(f"Its address is “{article.slug}”, because “{wanted}” is taken.")

    def _body(self, old):
        html = self.item["content:encoded"]
        known = {
            "media_for_url": self.media_for_url,
            "media_for_id": lambda number: self.records.id_of("attachment", number),
            "attached": self._attached,
        }
        read = blocks.from_gutenberg if "<!-- wp:" in html else blocks.from_html
        body, notes = read(html, **known)
        self.notes += notes
        return blocks.reuse_ids(old, body)

    def _attached(self):
        return list(
            self.records.starting_with("attached", f"{self.number}/").values_list(
                "item_id", flat=True
            )
        )

    def old_addresses(self):
        """Where its readers found it: nobody reads a draft."""
        slugs = map(slug_of, self.item["meta"]["_wp_old_slug"].split())
        if self.status not in (Status.PUBLISHED, Status.SCHEDULED):
            return list(slugs)
        return [*slugs, *addresses.of_article(self.item, self.records.source)]

    def metadata(self):
        """What has no column here, kept with the history row."""
        item = self.item
        categories = [
            row["name"] for row in item["terms"] if row["domain"] == "category"
        ]
        kept = {
            "source": self.records.source,
            "number": self.number,
            "link": item["link"],
            "status": item["wp:status"],
            "categories": categories,
            "meta": {
                key: value[:2_000]
                for key, value in item["meta"].items()
                if key not in OWN_META and value
            },
        }
        return {key: value for key, value in kept.items() if value}


LONG_SEO = (
    "meta_title",
    "meta_description",
    "meta_keywords",
    "canonical_url",
    "og_title",
    "og_description",
)


def take_article(item, records, report, *, by, author, site):
    """Bring in a post or page, or what is new of it. Returns the article's id.

    `by` is who is responsible for the import, `author` the account that wrote it.
    """
    with transaction.atomic(using=EDITORIAL):
        incoming = Incoming(item, records, report, by=by, site=site)
        kind, number = incoming.kind, incoming.number
        record = records.find(kind, number)
        old = incoming.old_addresses()
        if record and record.content_hash == incoming.hash:
            addresses.keep(Article.KIND, record.item_id, old)
            report.count(UNCHANGED, kind)
            return record.item_id
        if record:
            article = (
                Article.objects.select_for_update(of=("self",))
                .filter(pk=record.item_id)
                .first()
            )
            if article is None:
                raise Unusable("It was deleted here since the last import.")
            if _is_ours_now(article, record, incoming.status):
                report.skip(
                    kind,
                    number,
                    f"It changed in the export, but “{article}” was edited here since "
                    "the last import; what is here stays.",
                )
                return article.pk
            article.revision += 1
        else:
            article = Article()
        article.author = author
        incoming.write(article)
        _enter(article, incoming, by or author)
        Redirect.objects.remember(
            Article.KIND, article.pk, [one for one in old if one != article.slug]
        )
        records.write(kind, number, article.pk, incoming.hash, article.revision)
    report.count(CHANGED if record else TAKEN, kind)
    for note in incoming.notes:
        report.note(kind, number, note)
    return article.pk


def _enter(article, incoming, by):
    status = incoming.status
    held = ""
    if status == Status.SCHEDULED and incoming.published_at <= timezone.now():
        held = (
            "Its time had passed already when it was imported. "
            "Publish it now, or choose another time."
        )
        incoming.note("It was scheduled for a time that has passed; it waits for you.")
    actions.enter(
        article,
        status,
        by=by,
        at=incoming.published_at,
        written_at=incoming.modified_at,
        held_reason=held,
        comment="Imported from WordPress.",
        metadata=incoming.metadata(),
    )


def _is_ours_now(article, record: ImportRecord, status):
    """Whether staff touched the article since it came: its text or its state.

    A state that both sides agree on is nobody's edit: what was scheduled there and
    here is published on both when its time has come.
    """
    if article.revision != record.local_revision:
        return True
    last = History.objects.of(article).values_list("transition", flat=True).first()
    return last != "import" and article.status != status


def blocks_of(article):
    return [] if article._state.adding else article.block_list()


def _whole(text):
    try:
        return max(min(int(text), 2_000_000_000), -2_000_000_000)
    except ValueError:
        return 0
