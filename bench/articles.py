"""The same articles for Masthead and for its peer: 12 blocks, about 700 words.

Made of a seeded dice and of words that are as unevenly common as real ones. Nothing
but the standard library: the peer reads it from an environment of its own.
"""

import random
from dataclasses import dataclass
from itertools import accumulate

MARK = "The harbour log says so."
"""Stands in every article; an answer without it is a wrong answer."""
WORDS = 20_000
CATEGORIES = ["Sea", "Land", "Weather", "Trade", "Ships", "People", "Food", "Law"]
TAGS = ["tide", "fog", "night", "rope", "salt", "chart", "gull", "crane"]

_SYLLABLES = [
    first + second
    for first in ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v")
    for second in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "us")
]
_dice = random.Random(7)
VOCABULARY = sorted(
    {
        "".join(_dice.choices(_SYLLABLES, k=_dice.choice((2, 3, 3, 4))))
        for _ in "x" * WORDS
    }
)
_dice.shuffle(VOCABULARY)
_WEIGHTS = list(accumulate(1 / (rank + 10) for rank in range(len(VOCABULARY))))


@dataclass
class Text:
    title: str
    slug: str
    excerpt: str
    meta_title: str
    meta_description: str
    category: int
    tags: list
    blocks: list
    """[(type, text)]: three times heading, paragraph, quote, code."""


def words(dice, count):
    return dice.choices(VOCABULARY, cum_weights=_WEIGHTS, k=count)


def sentence(dice, count):
    return " ".join(words(dice, count)).capitalize() + "."


def headline(number):
    """Title and address of one article; cheap, for very many of them."""
    dice = random.Random(f"headline {number}")
    some = words(dice, 5)
    return f"Harbour {' '.join(some)}", f"{'-'.join(some)}-{number}"


def article(number):
    dice = random.Random(f"article {number}")
    title, slug = headline(number)
    blocks = []
    for _ in range(3):
        blocks += [
            ("heading", sentence(dice, 5)),
            ("paragraph", f"{MARK} {sentence(dice, 120)} {sentence(dice, 75)}"),
            ("quote", sentence(dice, 20)),
            ("code", f"def tide(hour):\n    return {dice.random()} * hour"),
        ]
    return Text(
        title=title,
        slug=slug,
        excerpt=f"{MARK} {sentence(dice, 22)}",
        meta_title=sentence(dice, 6),
        meta_description=sentence(dice, 16),
        category=dice.randrange(len(CATEGORIES)),
        tags=dice.sample(range(len(TAGS)), 3),
        blocks=blocks,
    )


def html(text):
    """The body as one piece of HTML, which `editorial.blocks` reads as 12 blocks."""
    forms = {
        "heading": "<h2>{}</h2>",
        "paragraph": "<p>{}</p>",
        "quote": "<blockquote><p>{}</p></blockquote>",
        "code": "<pre><code>{}</code></pre>",
    }
    return "\n".join(forms[kind].format(words) for kind, words in text.blocks)


def questions(count):
    """What readers look for: one or two words, neither very common nor very rare."""
    dice = random.Random("questions")
    pool = VOCABULARY[30:3000]
    return [" ".join(dice.sample(pool, dice.choice((1, 1, 2)))) for _ in range(count)]
