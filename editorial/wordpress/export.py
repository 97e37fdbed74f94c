"""Reading WXR, the export of WordPress: RSS with a namespace of its own.

The file is read as a stream: what was yielded is forgotten, so its size does not
matter. Comments of an item wait in a temporary file until they are asked for.
"""

import json
import re
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

NAMESPACES = (
    # what an address has in it, and how we call its namespace
    ("wordpress.org/export/", "wp"),
    ("purl.org/rss/1.0/modules/content/", "content"),
    ("purl.org/dc/elements/", "dc"),
)
_EXCERPT = re.compile(r"wordpress\.org/export/[\d.]+/excerpt/")
DEEPEST = 20
IN_MEMORY = 256 * 1024
"""Comments of one item beyond this many bytes go to a file."""


class UnreadableExport(Exception):
    """The file cannot be imported. `str()` says why and what to do."""


@dataclass
class Survey:
    """What a first look at the whole file found. Nothing is written before it."""

    source: str
    title: str
    authors: dict = field(default_factory=dict)
    """Login to what the export says about the author."""
    creators: dict = field(default_factory=dict)
    """Login of whoever wrote an item, declared or not, in the order of the file."""
    pages: set = field(default_factory=set)
    """Numbers of the pages."""
    counts: dict = field(default_factory=dict)


class Comments:
    """The comments of one item, in the order of the file."""

    def __init__(self):
        self._file = None
        self._count = 0

    def __len__(self):
        return self._count

    def __iter__(self):
        if self._file is not None:
            self._file.seek(0)
            for line in self._file:
                yield json.loads(line)

    def add(self, comment):
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
                IN_MEMORY, "w+", encoding="utf-8"
            )
        self._file.write(json.dumps(comment) + "\n")
        self._count += 1

    def close(self):
        if self._file is not None:
            self._file.close()


class Export:
    """An export file. `on_read` hears how many bytes were read, for a progress bar."""

    def __init__(self, path, on_read=None):
        self.path = path
        self.on_read = on_read or (lambda size: None)

    def survey(self):
        """Look through the whole file; raises UnreadableExport if it is none."""
        head, authors, creators, pages, counts = {}, {}, {}, set(), {}
        for name, row in self.rows():
            if isinstance(row, str):
                head.setdefault(name, row)
                continue
            kind = row["wp:post_type"] if name == "item" else name
            counts[kind] = counts.get(kind, 0) + 1
            if name == "wp:author":
                authors.setdefault(row["wp:author_login"], row)
            elif name == "item":
                counts["comments"] = counts.get("comments", 0) + len(row["comments"])
                if row["dc:creator"]:
                    creators.setdefault(row["dc:creator"], True)
                if kind == "page":
                    pages.add(row["wp:post_id"])
        if "wp:wxr_version" not in head:
            raise UnreadableExport(
                f"{self.path} is a feed, but no export of WordPress. Make one with "
                "Tools → Export in the WordPress dashboard."
            )
        address = head.get("wp:base_blog_url") or head.get("link") or head.get("title")
        return Survey(
            source=f"wordpress:{address or 'without an address'}"[:500],
            title=head.get("title", ""),
            authors={login: row for login, row in authors.items() if login},
            creators=creators,
            pages=pages,
            counts=counts,
        )

    def rows(self):
        """(name, row) of everything below the channel; plain texts as str."""
        try:
            with open(self.path, "rb") as file:
                yield from self._rows(_Counting(file, self.on_read))
        except OSError as problem:
            raise UnreadableExport(
                f"{self.path} cannot be read: {problem.strerror or problem}. "
                "Check the path and who may read the file."
            ) from None

    def _rows(self, file):
        parser = DefusedXMLParser(forbid_dtd=True)
        try:
            yield from self._parsed(iterparse(file, ("start", "end"), parser))
        except ParseError as problem:
            line, column = problem.position
            reason = str(problem).partition(":")[0]
            raise UnreadableExport(
                f"{self.path} is not well-formed XML: {reason} in line {line}, column "
                f"{column + 1}. Perhaps the download was cut short: export the site "
                "again, or mend the file there."
            ) from None
        except DefusedXmlException:
            at = parser.parser
            raise UnreadableExport(
                f"{self.path} declares a document type or entities in line "
                f"{at.CurrentLineNumber}, column {at.CurrentColumnNumber + 1}. "
                "WordPress never writes such; it can be an attack, so nothing was read."
            ) from None
        except (LookupError, UnicodeError, ValueError) as problem:
            raise UnreadableExport(
                f"{self.path} is in an encoding that cannot be read ({problem}). "
                "Save it as UTF-8."
            ) from None

    def _parsed(self, events):
        depth, channel, comments = 0, None, Comments()
        try:
            for event, element in events:
                name = name_of(element.tag)
                if event == "start":
                    depth += 1
                    self._refuse_others(name, depth)
                    if depth == 2:
                        channel = element
                    elif depth == 3:
                        comments = Comments()
                    continue
                if depth == 4 and name == "wp:comment":
                    comments.add(texts_of(element))
                    element.clear()
                elif depth == 3:
                    yield name, self._row(name, element, comments)
                    comments.close()
                    channel.clear()  # what was yielded is not kept
                depth -= 1
        finally:
            comments.close()

    def _refuse_others(self, name, depth):
        if depth == 1 and name != "rss":
            raise UnreadableExport(
                f"{self.path} is XML, but no export of WordPress: it begins with "
                f"<{name[:60]}>. Make one with Tools → Export."
            )
        if depth > DEEPEST:
            raise UnreadableExport(
                f"{self.path} is nested deeper than any export of WordPress."
            )

    def _row(self, name, element, comments):
        if name == "item":
            return item_of(element, comments)
        return texts_of(element) if len(element) else (element.text or "").strip()


class _Counting:
    """A file that tells how much of it was read."""

    def __init__(self, file, on_read):
        self.file = file
        self.on_read = on_read

    def read(self, size=-1):
        chunk = self.file.read(size)
        self.on_read(len(chunk))
        return chunk


class _Row(dict):
    """What an export does not say is empty."""

    def __missing__(self, key):
        return ""


@lru_cache(maxsize=1000)
def name_of(tag):
    """`wp:post_id` for the tag of any version of WXR."""
    if not tag.startswith("{"):
        return tag
    address, _, local = tag[1:].partition("}")
    if _EXCERPT.search(address):
        return f"excerpt:{local}"
    for part, prefix in NAMESPACES:
        if part in address:
            return f"{prefix}:{local}"
    return f"other:{local}"


def texts_of(element):
    """{name: text} of the children."""
    row = _Row()
    for child in element:
        row[name_of(child.tag)] = (child.text or "").strip()
    return row


def item_of(element, comments):
    """A post, page, attachment, …: its texts, `terms`, `meta` and `comments`."""
    row = _Row(terms=[], meta=_Row(), comments=comments)
    for child in element:
        name = name_of(child.tag)
        if name == "wp:postmeta":
            meta = texts_of(child)
            # The last one wins, but for old addresses, of which there can be many.
            key, value = meta["wp:meta_key"], meta["wp:meta_value"]
            if key == "_wp_old_slug":
                value = f"{row['meta'][key]} {value}".strip()
            row["meta"][key] = value
        elif name == "category":
            term = {
                "domain": child.get("domain", "category"),
                "nicename": child.get("nicename", ""),
                "name": (child.text or "").strip(),
            }
            row["terms"].append(term)
        elif name != "wp:comment":
            row.setdefault(name, (child.text or "").strip())
    return row
