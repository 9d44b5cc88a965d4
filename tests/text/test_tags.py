"""Labels of words: entities out of them, schemes, and words out of running text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.text.running_words import running_words
from nlpwb.text.tags import (
    as_iob2,
    entities_of,
    scheme_of,
    strict_entities_of,
    written_tags,
)

IOB2 = ["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-LOC", "O"]
IOB1 = ["I-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-LOC", "O"]
IOBES = ["B-PER", "E-PER", "O", "S-LOC", "B-LOC", "E-LOC", "O"]
BILOU = ["B-PER", "L-PER", "O", "U-LOC", "B-LOC", "L-LOC", "O"]
ENTITIES = [("PER", 0, 2), ("LOC", 3, 4), ("LOC", 4, 6)]
TAGS = st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in "BIES" for t in ("X", "Y"))]))


@pytest.mark.parametrize(
    ("name", "tags"), [("IOB2", IOB2), ("IOB1", IOB1), ("IOBES", IOBES), ("BILOU", BILOU)]
)
def test_every_scheme_is_known_and_says_the_same(name: str, tags: list[str]) -> None:
    assert scheme_of([["O"], tags]) == (name, 0)
    assert as_iob2(tags, scheme_of([tags])[0]) == IOB2


def test_only_short_entities_of_iobes() -> None:
    """Without a B- among them; the O beside them says that they are no names of classes."""
    assert scheme_of([["S-LOC", "O"]]) == ("IOBES", 0)
    assert as_iob2(["S-LOC", "O"], "IOBES") == ["B-LOC", "O"]


@pytest.mark.parametrize("tags", [["NOUN", "VERB"], ["O", "X"], ["S", "U"]])
def test_labels_that_say_no_entities(tags: list[str]) -> None:
    assert scheme_of([tags]) == ("plain", 0)
    assert as_iob2(tags, "plain") == tags


def test_slips_of_iob2_are_counted_and_begin_entities() -> None:
    """One B- without a neighbour shows that B- begins entities here; an I- behind O, or behind another type, is a slip."""
    tags = ["B-PER", "O", "I-LOC", "O", "B-PER", "I-LOC"]
    assert scheme_of([tags]) == ("IOB2", 2)
    assert as_iob2(tags, "IOB2") == ["B-PER", "O", "B-LOC", "O", "B-PER", "B-LOC"]


def test_nothing_but_outside() -> None:
    assert scheme_of([["O", "O"]]) == ("IOB2", 0)


def test_entities_without_a_type() -> None:
    assert as_iob2(["I", "I", "O", "B"], "IOB2") == ["B", "I", "O", "B"]


@given(TAGS)
def test_what_is_written_is_read_again(tags: list[str]) -> None:
    """Strictly and leniently the same: written labels are well-formed."""
    found = entities_of(tags)
    written = written_tags(found, len(tags))
    assert entities_of(written) == found
    assert strict_entities_of(written) == found


@given(TAGS)
def test_entities_do_not_overlap_and_stand_in_order(tags: list[str]) -> None:
    ends = [0]
    for _, begin, end in entities_of(tags):
        assert ends[-1] <= begin < end <= len(tags)
        ends.append(end)


def test_words_of_a_running_text() -> None:
    text = "Mr. O'Neill's U.S. office (New York) opened 12:30, at $1,000.50 a month."
    found = running_words(text)
    assert [word for word, _, _ in found] == [
        "Mr", ".", "O", "'", "Neill", "'s", "U.S.", "office", "(", "New", "York", ")", "opened", "12:30", ",", "at",
        "$", "1,000.50", "a", "month", ".",
    ]  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_character_but_white_space_is_lost(text: str) -> None:
    found = running_words(text)
    assert all(text[start:end] == word for word, start, end in found)
    assert "".join(word for word, _, _ in found) == "".join(text.split())
