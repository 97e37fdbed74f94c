"""Nothing was found: what may have been meant.

Asked only then, so that nobody else waits for it. A word that nothing published has is
compared with words of titles, tags, sections and names.
"""

from publishing.search.asked import WORD
from publishing.search.hits import WORDS, ask

MOST_WORDS = 6
SHORTEST = 4
"""Letters of a word that is compared: short words resemble too many."""

RECENT = 2_000
"""The words of so many of the newest titles are compared, whatever they look like."""

SPELLINGS = f"""
SELECT set_config('enable_seqscan', 'off', true),
       set_config('pg_trgm.word_similarity_threshold', '{{likeness}}', true);
WITH recent AS MATERIALIZED (
    SELECT DISTINCT word FROM (
        (SELECT title FROM published_articles WHERE kind = 'post'
         ORDER BY first_published_at DESC, id DESC LIMIT {RECENT})
      UNION ALL
        (SELECT title FROM published_courses
         ORDER BY first_published_at DESC, id DESC LIMIT {RECENT})
      UNION ALL (SELECT name FROM published_tags LIMIT {RECENT})
      UNION ALL (SELECT name FROM published_categories LIMIT {RECENT})
      UNION ALL (SELECT display_name FROM public_user_profiles LIMIT {RECENT}))
        AS texts (text),
        regexp_split_to_table(lower(text), '[^[:alnum:]]+') AS word)
SELECT term.word, known, CASE WHEN known THEN NULL ELSE ARRAY(
    (SELECT title FROM published_articles
     WHERE folded(title) %%> folded(term.word)
     ORDER BY word_similarity(folded(term.word), folded(title)) DESC LIMIT 40)
  UNION ALL
    (SELECT recent.word FROM recent
     WHERE abs(length(recent.word) - length(term.word)) < 3
       AND (left(recent.word, 1) = left(lower(term.word), 1)
            OR right(recent.word, 1) = right(lower(term.word), 1)))) END
FROM unnest(%(terms)s::text[]) AS term (word)
CROSS JOIN LATERAL (SELECT
    EXISTS (SELECT FROM published_articles
            WHERE search_vector @@ plainto_tsquery('{WORDS}', term.word))
    OR EXISTS (SELECT FROM published_courses
               WHERE search_vector @@ plainto_tsquery('{WORDS}', term.word))
    OR numnode(plainto_tsquery('{WORDS}', term.word)) = 0) AS knowledge (known)
"""  # noqa: S608  (a constant)
"""Titles that resemble the word as a whole, however old; and words of newer titles and
of all names, because two swapped letters cost a short word most of its likeness."""


def spellings(asked):
    """({typed: meant} for words that nothing has, the words that something has)."""
    terms = asked.terms[:MOST_WORDS]
    if not terms:
        return {}, []
    meant, known = {}, []
    likeness = "0.3" if min(map(len, terms)) < 7 else "0.45"
    answers = ask(SPELLINGS.replace("{likeness}", likeness), {"terms": terms})
    for word, is_known, near in answers:
        if is_known:
            known.append(word)
        elif best := closest(word, near):
            meant[word] = best
    return meant, known


def closest(word, texts):
    """The word in `texts` that is fewest slips of the hand away, or nothing."""
    typed = word.lower()
    if len(typed) < SHORTEST:
        return ""
    allowed = 1 if len(typed) < 6 else 2
    words = dict.fromkeys(each.lower() for text in texts for each in WORD.findall(text))
    near = [
        (slips, abs(len(other) - len(typed)), other)
        for other in words
        if abs(len(other) - len(typed)) <= allowed
        and (slips := slips_between(typed, other)) <= allowed
    ]
    return min(near)[2] if near else ""


def slips_between(one, other):
    """Letters that are wrong, missing, too many or swapped with their neighbour."""
    before, last = [], list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                last[column] + 1,
                now[column - 1] + 1,
                last[column - 1] + (letter != wanted),
            )
            if (
                row > 1
                and column > 1
                and letter == other[column - 2]
                and one[row - 2] == wanted
            ):
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]
