"""Texts to the ids of a checkpoint: marks, cuts and counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.tokens import CheckpointTokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*MARKS, "the", "cat", "sat", "un", "##aff", "##able", ",", ".", "a"]
THE, CAT, SAT, A = 5, 6, 7, 13


def wordpiece() -> Tokenizer:
    from tokenizers import BertWordPieceTokenizer

    library = BertWordPieceTokenizer({piece: number for number, piece in enumerate(PIECES)})
    inner: Tokenizer = library._tokenizer
    return inner


def byte_pairs() -> Tokenizer:
    """GPT-2's kind: no marks and nothing unknown."""
    from tokenizers import ByteLevelBPETokenizer

    library = ByteLevelBPETokenizer()
    library.train_from_iterator(["the cat"] * 9, vocab_size=262)
    inner: Tokenizer = library._tokenizer
    return inner


def tokens(longest: int, vocabulary: int = 14) -> CheckpointTokens:
    return CheckpointTokens(wordpiece(), vocabulary=vocabulary, longest=longest, name="it")


def test_marks_cuts_and_unknown_ones() -> None:
    found = tokens(5).encode(["the cat", "the cat sat dog .", "", "dog"])
    assert found.lengths.tolist() == [4, 5, 2, 3]
    assert found.ids[:4].tolist() == [2, THE, CAT, 3]
    assert found.ids[4:9].tolist() == [2, THE, CAT, SAT, 3], "cut behind three tokens"
    assert (found.cut, found.unknown, found.total) == (1, 1, 6)


def test_a_text_that_just_fits_is_not_cut() -> None:
    found = tokens(5).encode(["the cat sat", "the cat sat a"])
    assert found.lengths.tolist() == [5, 5]
    assert found.cut == 1


def test_more_texts_than_go_into_the_library_at_once() -> None:
    """They cross in batches; order and counts must not notice."""
    texts = ["the " * (number % 5) for number in range(700)]
    found = tokens(4).encode(iter(texts))
    assert found.lengths.tolist() == [min(4, 2 + number % 5) for number in range(700)]
    assert found.cut == 2 * 140, "those of three and of four words"


def test_pairs_are_one_row_and_the_longer_text_is_cut() -> None:
    """An id of the second segment is larger by the vocabulary's fourteen."""
    found = tokens(7).encode_pairs([("the cat", "a"), ("the", "cat sat a . ,"), ("", "")])
    assert found.ids[:6].tolist() == [2, THE, CAT, 3, 14 + A, 14 + 3]
    assert found.ids[6:13].tolist() == [2, THE, 3, *(14 + number for number in (CAT, SAT, A, 3))]
    assert found.lengths.tolist() == [6, 7, 3]
    assert (found.cut, found.total) == (1, 3 + 4), (
        "the marks of a pair are three, and count for nothing"
    )


def test_a_pair_needs_room_for_its_marks() -> None:
    """Two texts have a mark more than one."""
    both = tokens(3)
    assert both.encode(["the cat"]).lengths.tolist() == [3]
    with pytest.raises(ModelError, match="3 tokens leave no room for two texts beside their 3"):
        both.encode_pairs([("the", "cat")])


def test_no_room_beside_the_marks() -> None:
    with pytest.raises(ModelError, match="it: 2 tokens leave no room for a text beside its 2"):
        tokens(2)


@pytest.mark.parametrize("vocabulary", [13, 10])
def test_a_tokenizer_with_more_ids_than_rows_is_of_another_model(vocabulary: int) -> None:
    with pytest.raises(
        ModelError, match=f"14 tokens, and its table of embeddings {vocabulary} rows"
    ):
        tokens(8, vocabulary)


def test_rows_without_a_token_are_allowed() -> None:
    """Tables are often padded to a multiple of eight or more."""
    found = tokens(8, 16).tokens
    assert found[:14] == PIECES
    assert found[14:] == ["", ""]


def test_an_empty_text_of_gpt2_is_one_token() -> None:
    """Without marks nothing would be left, and a row of nothing has no vector."""
    plain = CheckpointTokens(byte_pairs(), vocabulary=262, longest=8, name="it")
    found = plain.encode(["", "the cat", ""])
    assert plain.marks == 0
    assert found.lengths.tolist() == [1, 2, 1]
    assert found.total == 2
    assert (found.cut, found.unknown) == (0, 0)
    assert len(plain.surfaces("")) == 1, "as many names as there are vectors"
    assert plain.surfaces("the cat") == ["the", "Ġcat"]


def test_what_is_unknown_is_known_for_it() -> None:
    words, plain = (
        tokens(8),
        CheckpointTokens(byte_pairs(), vocabulary=262, longest=8, name="it"),
    )
    assert [words.is_unknown(number) for number in (0, 1, 2)] == [False, True, False]
    assert not any(plain.is_unknown(number) for number in range(262))
    assert words.surfaces("the dog") == ["[CLS]", "the", "[UNK]", "[SEP]"]


def test_half_of_a_surrogate_pair_is_no_error() -> None:
    """JSON may hold one, and the library takes UTF-8 alone."""
    assert tokens(8).encode(["the \ud83d cat"]).lengths.tolist() == [5]
    assert tokens(8).encode_pairs([("\udc00", "cat")]).lengths.tolist() == [5]


def test_a_length_or_padding_of_its_own_is_taken_off() -> None:
    """Files of sentence encoders often hold both, and would cut or fill rows behind our back."""
    inner = wordpiece()
    inner.enable_truncation(3)
    inner.enable_padding(length=12)
    found = CheckpointTokens(inner, vocabulary=14, longest=8, name="it").encode(
        ["the cat sat", "a"]
    )
    assert found.lengths.tolist() == [5, 3]


def test_what_is_kept_has_no_length() -> None:
    """The length is the model's; a tokenizer with one would cut for whoever reads the file."""
    cutting = tokens(4)
    assert json.loads(cutting.json)["truncation"] is None
    assert cutting.encode(["the cat sat a"]).lengths.tolist() == [4]
