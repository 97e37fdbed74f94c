"""How it reads: long paragraphs, long sentences, links that say nothing."""

import re

from editorial.checks.languages import language_of, readability_of
from editorial.checks.registry import ADVICE, WARN, declare, looks
from editorial.checks.texts import shown, words_of

PARAGRAPH = declare("long-paragraph", "Paragraphs are not too long", ADVICE)
READING = declare("readability", "It is easy enough to read", ADVICE)
LINK_WORDS = declare("link-words", "Links say where they lead", WARN)

LONGEST_PARAGRAPH = 150
LEAST_WORDS = 100
"""Below this a figure for the whole text means nothing."""

SAY_NOTHING = {
    "click here", "here", "this", "this link", "link", "more", "read more",
    "learn more", "see here", "hier", "hier klicken", "mehr", "weiterlesen", "ici",
    "cliquez ici", "lire la suite", "plus", "aquí", "haz clic aquí", "leer más", "qui",
    "clicca qui", "leggi di più", "klik hier", "lees meer", "aqui", "clique aqui",
    "leia mais", "här", "läs mer", "her", "les mer", "læs mere",
}  # fmt: skip
_BARE = re.compile(r"(?:https?://|www\.)\S+")


@looks
def link_words(text):
    for link in text.links:
        words = " ".join(link.words.split()).strip(" .,:;!?…→»›>").casefold()
        if not words:
            continue
        if words in SAY_NOTHING:
            yield LINK_WORDS.found(
                f"The words of a link are only {shown(link.words)}",
                "Link the words that say where it leads: many listen to links alone.",
                **link.where,
            )
        elif _BARE.fullmatch(words) and link.body.field == "":
            yield LINK_WORDS.found(
                f"A link is written out as its address: {shown(link.words)}",
                "Link words that say where it leads.",
                **link.where,
            )


@looks
def paragraphs(text):
    for body, block, node in text.nodes():
        if node["type"] != "paragraph":
            continue
        count = len(words_of(node).split())
        if count > LONGEST_PARAGRAPH:
            yield PARAGRAPH.found(
                f"A paragraph has {count} words: {shown(words_of(node))}",
                "Divide it where a new thought begins.",
                **body.where(block),
            )


@looks
def readability(text):
    words = "\n".join(
        words_of(node)
        for _, _, node in text.nodes()
        if node["type"] in ("paragraph", "heading")
    )
    if len(words.split()) < LEAST_WORDS:
        return
    reading = readability_of(words, language_of(words))
    if reading is not None and reading.is_hard:
        yield READING.found(
            reading.sentence,
            "Shorter sentences help most, and shorter words.",
            field="body",
        )
