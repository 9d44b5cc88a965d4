"""Texts as word numbers: what the trainers of word vectors read."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings import encoding, numbering
from nlpwb.methods.embeddings.analysis import analyze, pieces
from nlpwb.methods.embeddings.config import SkipgramConfig
from nlpwb.methods.embeddings.encoding import END, LONGEST_SENTENCE, Numbering, encode
from nlpwb.methods.embeddings.numbering import TextNumbering

DOCUMENTS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=9), max_size=30)


def test_a_small_corpus_by_hand() -> None:
    """b occurs three times, a twice, c once and is rare; the document that held only c leaves nothing behind."""
    corpus = encode([["a", "b"], ["c"], [], ["b", "a", "b"]], min_count=2)
    assert list(corpus.words) == ["b", "a"]
    assert corpus.counts.tolist() == [3, 2]
    assert corpus.ids.tolist() == [1, 0, END, 0, 1, 0, END]
    assert corpus.occurrences == 5


@given(DOCUMENTS, st.integers(1, 3))
def test_ids_spell_the_documents_without_their_rare_words(
    documents: list[list[str]], least: int
) -> None:
    counts = Counter(word for document in documents for word in document)
    kept = [[word for word in document if counts[word] >= least] for document in documents]
    kept = [document for document in kept if document]
    if not kept:
        with pytest.raises(MethodError, match=f"min_count={least} times"):
            encode(documents, min_count=least)
        return
    corpus = encode(documents, min_count=least)
    spelled: list[list[str]] = [[]]
    for number in corpus.ids.tolist():
        if number == END:
            spelled.append([])
        else:
            spelled[-1].append(corpus.words[number])
    assert spelled[-1] == []  # every sentence is ended
    assert spelled[:-1] == kept
    assert corpus.counts.tolist() == sorted(
        (count for count in counts.values() if count >= least), reverse=True
    )


@given(DOCUMENTS, st.integers(1, 12))
def test_blocks_hold_whole_sentences_and_together_everything(
    documents: list[list[str]], size: int
) -> None:
    corpus = encode([*documents, ["a"]], min_count=1)
    blocks = list(corpus.blocks(size))
    assert all(block[-1] == END for block in blocks)
    assert np.concatenate(blocks).tolist() == corpus.ids.tolist()


def test_a_text_in_many_blocks_is_numbered_like_one_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences and runs of rare words cross the borders of blocks."""
    documents = [[f"w{(3 * n + k) % 17}" for k in range(n % 6)] + [f"rare{n}"] for n in range(99)]
    whole = encode(documents, min_count=2)
    monkeypatch.setattr(encoding, "BLOCK", 5)
    in_pieces = encode(documents, min_count=2)
    assert in_pieces.ids.tolist() == whole.ids.tolist()
    assert list(in_pieces.words) == list(whole.words)


def test_a_mapped_corpus_gives_the_same_blocks(tmp_path) -> None:  # type: ignore[no-untyped-def]
    corpus = encode([["a", "b", "a"]] * 50, min_count=1)
    np.save(tmp_path / "ids.npy", corpus.ids)
    mapped = encoding.EncodedCorpus(
        corpus.words, corpus.counts, np.load(tmp_path / "ids.npy", mmap_mode="r")
    )
    assert [block.tolist() for block in mapped.blocks(7)] == [
        block.tolist() for block in corpus.blocks(7)
    ]
    assert not any(isinstance(block, np.memmap) for block in mapped.blocks(7))


def test_a_long_sentence_is_cut_so_that_threads_can_share_it() -> None:
    """text8 is one line: 17 million words in one block would keep one thread busy and the others idle."""
    corpus = encode([["a", "b"] * 30_000], min_count=1)
    assert (corpus.ids == END).sum() == 6
    assert len(corpus.bounds(15_000)) == 3
    assert corpus.occurrences == 60_000


@given(st.text(st.sampled_from("ab \n"), max_size=60), st.integers(1, 9))
def test_pieces_of_a_text_have_its_tokens(text: str, size: int) -> None:
    assert [token for piece in pieces(text, size) for token in piece.split()] == text.split()


def test_windows_are_there_or_not() -> None:
    assert encode([["a"], ["b"], ["a", "b"]], min_count=1).has_windows
    assert not encode([["a"], ["b"], ["a"]], min_count=1).has_windows


def numbered_texts(texts: list[str], config: SkipgramConfig) -> tuple[list[int], list[str], int]:
    held: list[np.ndarray] = []
    with TextNumbering(config, held.append) as numbering:
        for text in texts:
            numbering.add(text)
        words = numbering.finish()
    return [number for block in held for number in block.tolist()], words, numbering.tokens


def numbered_tokens(texts: list[str], config: SkipgramConfig) -> tuple[list[int], list[str], int]:
    held: list[np.ndarray] = []
    numbering = Numbering(held.append)
    for text in texts:
        for piece in pieces(text):
            numbering.add(analyze(piece, config))
    words = numbering.finish()
    return [number for block in held for number in block.tolist()], words, numbering.tokens


TEXTS = st.lists(
    st.text(
        st.sampled_from("aAbB0_ .,'-\n\t\r\x00\x1c\x85\xa0ßüΣςİı猫👍\ud800")
        | st.characters(exclude_categories=[]),
        max_size=30,
    ),
    max_size=12,
)


@given(TEXTS, st.sampled_from(["word", "whitespace"]), st.booleans())
def test_the_compiled_loop_numbers_texts_as_their_tokens_are_numbered(
    texts: list[str], analyzer: str, lowercase: bool
) -> None:
    """Any script, any white space, half a surrogate pair: same words in the same order, same ends."""
    config = SkipgramConfig(analyzer=analyzer, lowercase=lowercase)
    assert numbered_texts(texts, config) == numbered_tokens(texts, config)


def test_many_words_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks end between any two texts, and the table grows in the middle of one."""
    monkeypatch.setattr(numbering, "_BLOCK", 5000)
    monkeypatch.setattr(numbering, "_SLOTS", 8)
    generator = np.random.default_rng(0)
    texts = [
        " ".join(f"w{number}" for number in generator.integers(0, 9000, 40)) for _ in range(500)
    ]
    config = SkipgramConfig()
    assert numbered_texts(texts, config) == numbered_tokens(texts, config)


def test_long_words_and_long_sentences_are_whole_and_cut() -> None:
    """A word of 200,000 characters is one word; a sentence ends after so many words, and not twice."""
    config = SkipgramConfig()
    texts = ["x" * 200_000 + " yy", "ab " * LONGEST_SENTENCE, "ab " * (2 * LONGEST_SENTENCE + 1)]
    assert numbered_texts(texts, config) == numbered_tokens(texts, config)


def test_the_hash_of_numbering_tells_words_apart_that_share_a_place() -> None:
    """Two bytes and nine slots' worth of words: places are shared, words are not."""
    config = SkipgramConfig()
    texts = [f"{first}{second}" for first in "abcdefghij" for second in "abcdefghij"]
    _, words, tokens = numbered_texts(texts, config)
    assert words == texts
    assert tokens == 100
