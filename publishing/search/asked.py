"""What somebody looks for: words, what narrows them, and in which order."""

import re
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

LONGEST = 200
"""Characters of a question; what is longer is cut."""
KINDS = ("article", "course")
SORTS = ("relevance", "newest")
NARROWING = ("kind", "category", "tag", "author", "year")

# A minus that begins a word takes it out, as in PostgreSQL's websearch_to_tsquery.
TERM = re.compile(r'(-?)"([^"]*)"?|(-?)([^\s"]+)')
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def tidy(text):
    """What somebody typed, without what PostgreSQL cannot hold."""
    return re.sub(r"[\s\x00]+", " ", text).strip()[:LONGEST]


@dataclass(frozen=True, slots=True)
class Asked:
    words: str = ""
    kind: str = ""
    category: str = ""
    tag: str = ""
    author: str = ""
    year: str = ""
    sort: str = "relevance"

    @classmethod
    def of(cls, query):
        """From a query string. What makes no sense narrows nothing."""
        kind, year = query.get("kind", ""), query.get("year", "")
        sort = query.get("sort", "")
        return cls(
            words=tidy(query.get("q", "")),
            kind=kind if kind in KINDS else "",
            category=tidy(query.get("category", "")),
            tag=tidy(query.get("tag", "")),
            author=tidy(query.get("author", "")),
            year=year if re.fullmatch(r"[12][0-9]{3}", year, re.ASCII) else "",
            sort=sort if sort in SORTS else "relevance",
        )

    def __bool__(self):
        return bool(self.words)

    @property
    def narrowed(self):
        """What narrows it, by name."""
        return {name: value for name in NARROWING if (value := getattr(self, name))}

    @property
    def at_large(self):
        """The same words, with nothing that narrows them."""
        return replace(self, **dict.fromkeys(NARROWING, ""))

    def address(self, **changes):
        """The query string of this question, or of one that differs from it."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        known["q"] = known.pop("words")
        if known["sort"] == "relevance":
            known["sort"] = ""
        asked = {"q": known.pop("q"), **known, **changes}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    @property
    def terms(self):
        """The words that must be there, without quotes, minus and OR."""
        found = []
        for quoted_minus, quoted, minus, word in TERM.findall(self.words):
            if quoted_minus or minus or word.lower() == "or":
                continue
            found += WORD.findall(quoted or word)
        return list(dict.fromkeys(found))

    @property
    def left_out(self):
        """The parts with a minus, as they were typed."""
        return [
            match.group(0)
            for match in TERM.finditer(self.words)
            if match.group(1) or match.group(3)
        ]

    def respelt(self, spellings):
        """With other words in the place of some, {typed: meant}; quotes stay."""
        return replace(
            self,
            words=WORD.sub(
                lambda found: spellings.get(found.group(0), found.group(0)), self.words
            )[:LONGEST],
        )

    @property
    def any_word(self):
        """Whatever has one of the words, and none of those that are left out."""
        without = "".join(f" {part}" for part in self.left_out)
        either = " OR ".join(f'"{word}"{without}' for word in self.terms)
        return replace(self, words=either)
