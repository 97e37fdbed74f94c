"""Two people wrote in one text: nobody's words are lost, whoever comes second."""

from hypothesis import given, settings
from hypothesis import strategies as st

from editorial.blocks import plain_text
from editorial.merging import Edit, copy_id, merge, merge_text, same, unmoved
from tests.factories import paragraph

IDS = [f"00000000-0000-7000-8000-{number:012d}" for number in range(40)]


def body(*texts, first=0):
    return [
        paragraph(text, IDS[first + place])
        for place, text in enumerate(texts)
        if text is not None
    ]


def edit(was, now):
    """What a page sends when its text went from `was` to `now`."""
    before = {block["id"]: block for block in was}
    after = {block["id"]: block for block in now}
    return Edit(
        changed={
            pk: (before.get(pk), block)
            for pk, block in after.items()
            if pk not in before or not same(before[pk], block)
        },
        removed={pk: block for pk, block in before.items() if pk not in after},
        was_order=list(before),
        order=list(after),
    )


def texts(blocks):
    return [plain_text([block]) for block in blocks]


def by_id(blocks):
    return sorted(blocks, key=lambda block: block["id"])


def both(was, theirs, mine):
    """Theirs was saved first; now comes mine."""
    merged = merge(merge(was, edit(was, theirs)).blocks, edit(was, mine))
    return texts(merged.blocks), merged.clashes


BASE = body("one", "two", "three")


# --- Works ------------------------------------------------------------------------


def test_what_nobody_else_touched_is_taken_over():
    theirs = body("one", "TWO", "three")
    mine = body("one", "two", "THREE")
    assert both(BASE, theirs, mine) == (["one", "TWO", "THREE"], [])


def test_the_same_change_twice_is_one():
    theirs = mine = body("one", "TWO", "three")
    assert both(BASE, theirs, mine) == (["one", "TWO", "three"], [])


def test_two_changes_of_one_block_are_both_kept_theirs_first():
    theirs, mine = body("one", "their two", "three"), body("one", "my two", "three")
    found, clashes = both(BASE, theirs, mine)
    assert found == ["one", "their two", "my two", "three"]
    assert clashes == [(IDS[1], copy_id(mine[1]))]


def test_an_edit_outweighs_a_deletion_whoever_is_first():
    gone, edited = body("one", None, "three"), body("one", "TWO", "three")
    assert both(BASE, gone, edited) == (["one", "TWO", "three"], [])
    assert both(BASE, edited, gone) == (["one", "TWO", "three"], [])
    assert both(BASE, gone, gone) == (["one", "three"], [])
    assert both(BASE, gone, BASE) == (["one", "three"], [])


def test_new_blocks_stand_where_their_writers_put_them():
    theirs = [*BASE[:1], *body("theirs", first=10), *BASE[1:]]
    mine = [*BASE[:1], *body("mine", "mine, too", first=20), *BASE[1:]]
    assert both(BASE, theirs, mine)[0] == [
        *("one", "theirs", "mine", "mine, too", "two", "three")
    ]
    at_the_top = [*body("top", first=20), *BASE]
    assert both(BASE, body("one"), at_the_top)[0] == ["top", "one"]
    at_the_end = [*BASE, *body("end", first=20)]
    assert both(BASE, body("one", None, "three"), at_the_end)[0][-1] == "end"


def test_moves_of_one_meet_edits_and_insertions_of_another():
    moved = [BASE[2], BASE[0], BASE[1]]
    assert both(BASE, body("one", "TWO", "three"), moved)[0] == ["three", "one", "TWO"]
    assert both(BASE, moved, body("one", "TWO", "three"))[0] == ["three", "one", "TWO"]
    assert unmoved(IDS[:3], [IDS[2], IDS[0], IDS[1]]) == IDS[:2]


def test_a_paragraph_that_one_divided_and_another_rewrote():
    divided = [paragraph("tw", IDS[1]), paragraph("o", IDS[9])]
    mine = [BASE[0], *divided, BASE[2]]
    found, clashes = both(BASE, body("one", "rewritten", "three"), mine)
    assert found == ["one", "rewritten", "tw", "o", "three"]
    assert len(clashes) == 1


def test_texts_of_fields():
    assert merge_text("a", "a", "b") == ("b", None)
    assert merge_text("b", "a", "a") == ("b", None)
    assert merge_text("b", "a", "b") == ("b", None)
    assert merge_text("b", "a", "c") == ("b", "c")
    assert merge_text("a\n", "a\r\n", "c") == ("c", None)


# --- Bad input --------------------------------------------------------------------


def test_what_is_no_block_is_nobodys_base():
    now = paragraph("my one", IDS[0])
    for was in (None, {}, {"type": []}, {"type": "x", "content": {"type": 3}}, "text"):
        merged = merge(BASE, Edit({IDS[0]: (was, now)}, {}, IDS[:3], IDS[:3]))
        assert texts(merged.blocks) == ["one", "my one", "two", "three"]
        merged = merge(BASE, Edit({}, {IDS[0]: was}, IDS[:3], IDS[1:3]))
        assert texts(merged.blocks) == ["one", "two", "three"]


def test_an_order_of_unknown_blocks_loses_none():
    merged = merge(BASE, Edit({IDS[5]: (None, paragraph("new", IDS[5]))}, {}, [], []))
    assert texts(merged.blocks) == ["one", "two", "three", "new"]
    merged = merge(BASE, Edit({}, {}, IDS[10:12], IDS[12:9:-1]))
    assert merged.blocks == BASE


# --- Properties -------------------------------------------------------------------

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["change", "insert", "remove", "move", "divide"]),
        st.integers(0, 11),
        st.integers(0, 11),
    ),
    max_size=6,
)


def written(was, changes, name, count):
    """The text after somebody's changes; every word they write is new."""
    now, words = list(was), set()
    for number, (kind, place, other) in enumerate(changes):
        word = f"{name}{count}x{number}"
        if kind == "insert" or not now:
            pk = f"0000{ord(name[0]):04x}-{count:04d}-7000-8000-{number:012d}"
            now.insert(place % (len(now) + 1), paragraph(word, pk))
            words.add(word)
            continue
        place %= len(now)
        block = now[place]
        if kind == "remove":
            del now[place]
        elif kind == "move":
            now.insert(other % len(now), now.pop(place))
        elif kind == "change":
            now[place] = paragraph(f"{plain_text([block])} {word}", block["id"])
            words.add(word)
        else:
            pk = f"1000{ord(name[0]):04x}-{count:04d}-7000-8000-{number:012d}"
            first, _, rest = plain_text([block]).partition(" ")
            now[place : place + 1] = [
                paragraph(first, block["id"]),
                paragraph(f"{rest} {word}".strip(), pk),
            ]
            words.add(word)
    kept = set(" ".join(texts(now)).split())
    return now, words & kept


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), CHANGES), max_size=12))
def test_no_word_of_any_accepted_save_vanishes(history):
    """Three pages of three writers; each saves now and then, and hears what is there
    now and then. A word may go only when somebody who had seen it takes it out."""
    stored = body("one", "two", "three", "four")
    names = ["ana", "ben", "cem"]
    pages = [stored] * 3
    owed = set()
    for count, (writer, hears, changes) in enumerate(history):
        was = pages[writer]
        now, words = written(was, changes, names[writer], count)
        sent = edit(was, now)
        seen = set(" ".join(texts(was)).split())
        owed -= seen - set(" ".join(texts(now)).split())
        owed |= words

        merged = merge(stored, sent)
        assert merge(stored, sent) == merged, "the same edit, the same text"
        again = merge(merged.blocks, sent)
        assert by_id(again.blocks) == by_id(merged.blocks), "nothing comes twice"
        assert again.clashes == []
        assert len({block["id"] for block in merged.blocks}) == len(merged.blocks)
        stored = merged.blocks
        there = set(" ".join(texts(stored)).split())
        assert owed <= there, f"lost: {owed - there}"
        # Who does not listen keeps comparing with what they sent.
        pages[writer] = stored if hears else now
