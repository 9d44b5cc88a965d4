"""Where a word stands in texts and corpora."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.contexts.finding import find_in_corpus, find_in_texts

READING = ReadOptions(labelled=False)


def test_each_place_is_a_context_with_a_name() -> None:
    """A text that holds the word twice makes two, told apart by a letter."""
    found = find_in_texts("bank", ["a Bank", "bank to bank"])
    assert [place.label for place in found] == ["1", "2a", "2b"]
    assert [(place.number, place.start, place.end) for place in found] == [(1, 2, 6), (2, 0, 4), (2, 8, 12)]  # fmt: skip


def test_letters_end_and_numbers_go_on() -> None:
    found = find_in_texts("a", ["a " * 28])
    assert [place.label for place in found[24:]] == ["1y", "1z", "1.27", "1.28"]


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["a bank", "the banks of a river"],
         "text 2 ('the banks of a river') does not hold the word bank as a whole, and inflections are other words; "
         "did you mean banks?"),
        (["zzz"],
         "text 1 ('zzz') does not hold the word bank as a whole, and inflections are other words; "
         "check the spelling, or ask for a word that is there"),
        (["x " * 60],
         f"text 1 ('{('x ' * 60)[:59].rstrip()}…') does not hold the word bank as a whole, and inflections are other words; "
         "check the spelling, or ask for a word that is there"),
    ],
)  # fmt: skip
def test_a_text_without_the_word_is_named(texts: list[str], sentence: str) -> None:
    """Its number, its beginning, the word, and the way out."""
    with pytest.raises(InputError) as error:
        find_in_texts("bank", texts)
    assert str(error.value) == sentence


def test_no_word_is_no_question() -> None:
    with pytest.raises(UsageError, match="WORD is empty"):
        find_in_texts("  ", ["a bank"])


def test_a_corpus_gives_its_sentences_with_the_word_once(tmp_path: Path) -> None:
    """Not the documents, and no sentence twice; the place is that of the first in the sentence."""
    path = tmp_path / "c.txt"
    path.write_text("It rains. A bank,  or a bank? Banks.\nA bank, or a bank?\nThe Bank sleeps.\n")
    found, sample = find_in_corpus("bank", str(path), READING, most=9, seed=0)
    assert [(place.text, place.start) for place in found] == [("A bank, or a bank?", 2), ("The Bank sleeps.", 4)]  # fmt: skip
    assert (sample.source, sample.documents, sample.sentences, sample.taken) == ("c.txt", 3, 2, 2)


def test_more_sentences_are_drawn_evenly_and_by_the_seed(tmp_path: Path) -> None:
    """Each of 6 is in a sample of 2 with a third; over 300 seeds that is 100 ± 4 deviations."""
    path = tmp_path / "c.txt"
    path.write_text("".join(f"bank number {number}\n" for number in range(6)))

    def drawn(seed: int) -> list[str]:
        places, sample = find_in_corpus("bank", str(path), READING, most=2, seed=seed)
        assert (sample.sentences, sample.taken) == (6, 2)
        texts = [place.text for place in places]
        assert texts == sorted(texts), "the order of the corpus"
        return texts

    assert drawn(3) == drawn(3)
    counts = Counter(text for seed in range(300) for text in drawn(seed))
    assert len(counts) == 6
    assert all(abs(count - 100) < 4 * (300 * 2 / 9) ** 0.5 for count in counts.values())


def test_a_corpus_without_the_word_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("Two banks.\nA river.\n")
    with pytest.raises(InputError) as error:
        find_in_corpus("bank", str(path), READING, most=9, seed=0)
    assert str(error.value) == (
        "c.txt: the word bank stands as a whole in none of 2 documents, and inflections are other words; did you mean banks?"
    )
