"""Which language a text is in, and how hard it is to read.

Only for languages for which somebody has measured a formula; of others nothing is
said, rather than something wrong.
"""

import re
from collections import Counter
from dataclasses import dataclass

SMALL_WORDS = {
    "en": "the of and to in is that it was for with as on by this are be from not",
    "de": "der die und das ist nicht von mit ein eine zu den auf für im dem auch sich",
    "fr": "le la les des et est une dans que qui pour pas sur avec au du plus ce",
    "es": "el los las que en una por con para del se no su al lo como más es",
    "it": "il di che la per non una sono con del della è si gli le da nel anche",
    "nl": "de het een van en in is dat niet op te zijn met voor aan er door ook",
}
"""The commonest words of each: a text has many of its own, and few of others."""
_SMALL = {code: frozenset(words.split()) for code, words in SMALL_WORDS.items()}
NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûëïœæ]+", re.IGNORECASE)
SURE = 0.12
"""The share of small words from which on we believe in a language."""
MOST_READ = 20_000
"""Words that are looked at: a book reads like its first chapters."""

FLESCH = {
    # language: (start, for each word of a sentence, for each syllable of a word)
    "en": (206.835, 1.015, 84.6),  # Flesch
    "de": (180.0, 1.0, 58.5),  # Amstad
    "fr": (207.0, 1.015, 73.6),  # Kandel and Moles
    "es": (206.84, 1.02, 60.0),  # Fernández Huerta
    "nl": (206.84, 0.93, 77.0),  # Douma
}
HARD = 30
"""Below it, Flesch's scale says "very difficult", as research papers are."""


@dataclass(frozen=True)
class Reading:
    language: str
    score: int
    words_a_sentence: int

    @property
    def is_hard(self):
        return self.score < HARD

    @property
    def sentence(self):
        return (
            f"It is hard to read in {NAMES[self.language]}: {self.score} on a scale "
            f"to 100, with {self.words_a_sentence} words to a sentence."
        )


def words_in(text):
    return [word.casefold() for word in _WORD.findall(text)[:MOST_READ]]


def language_of(text):
    """The code of the language, or "" where it is not one of ours."""
    words = words_in(text)
    if not words:
        return ""
    counts = Counter(words)
    shares = {
        code: sum(counts[word] for word in small) / len(words)
        for code, small in _SMALL.items()
    }
    best = max(shares, key=shares.get)
    return best if shares[best] >= SURE else ""


def readability_of(text, language):
    """How hard it is, or None for a language without a formula."""
    words = words_in(text)
    if not words or language not in NAMES:
        return None
    sentences = [one for one in _SENTENCE.split(text) if _WORD.search(one)]
    length = len(words) / max(1, len(sentences))
    if language == "it":  # Gulpease counts letters
        letters = sum(map(len, words)) / len(words)
        score = 89 + 300 / length - 10 * letters
    else:
        start, by_length, by_syllables = FLESCH[language]
        syllables = sum(_syllables(word, language) for word in words) / len(words)
        score = start - by_length * length - by_syllables * syllables
    return Reading(language, round(min(100, max(0, score))), round(length))


def _syllables(word, language):
    count = len(_VOWELS.findall(word))
    if language == "en" and word.endswith("e") and not word.endswith("le"):
        count -= 1
    if language == "fr" and word.endswith(("e", "es")):
        count -= 1
    return max(1, count)
