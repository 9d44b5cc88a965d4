"""Texts to ids: by head, with every tokenizer, cut, unknown and kept."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import MethodError, ModelError
from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.methods.networks.tokens import EncodedTexts, TextEncoder
from nlpwb.methods.protocol import State
from nlpwb.text.subwords import save, train

TEXTS = ["The cat sat.", "the dog sat on the mat", "", "A dog!"]
SPECS = ["wordpunct", "word", "whitespace", "char", "bpe:60", "byte-bpe:300", "unigram:40"]
SPECS += ["wordpiece:60", "word:9"]


def documents(encoder: TextEncoder, encoded: EncodedTexts) -> list[list[str]]:
    """The tokens of each document."""
    bounds = pairwise([0, *encoded.ends.tolist()])
    return [[encoder.tokens[i] for i in encoded.ids[start:end]] for start, end in bounds]


def same(left: EncodedTexts, right: EncodedTexts) -> bool:
    return (
        np.array_equal(left.ids, right.ids)
        and np.array_equal(left.ends, right.ends)
        and (left.cut, left.unknown, left.total) == (right.cut, right.unknown, right.total)
    )


def test_words_by_head() -> None:
    """the 3, dog 2, sat 2, then those of one occurrence by their strings; an empty document is one unknown token."""
    encoder, encoded = TextEncoder.fit_encode(NetworkConfig(), TEXTS)
    words = ["the", "dog", "sat", "!", ".", "a", "cat", "mat", "on"]
    assert encoder.tokens == ["[PAD]", "[UNK]", *words]
    assert encoder.vocabulary == 11
    assert encoded.ids.dtype == np.int32
    assert encoded.ids.tolist() == [2, 8, 4, 6, 2, 3, 4, 10, 2, 9, 1, 7, 3, 5]
    assert encoded.ends.tolist() == [4, 10, 11, 14]
    assert encoded.lengths.tolist() == [4, 6, 1, 3]
    assert (encoded.cut, encoded.unknown, encoded.total) == (0, 0, 13)


def test_a_cap_keeps_the_most_frequent_words() -> None:
    """Three rows for words; the other six tokens are unknown, in training texts as in new ones."""
    encoder, encoded = TextEncoder.fit_encode(NetworkConfig(vocab_size=3), TEXTS)
    assert encoder.tokens[2:] == ["the", "dog", "sat"]
    assert documents(encoder, encoded)[1] == ["the", "dog", "sat", "[UNK]", "the", "[UNK]"]
    assert (encoded.unknown, encoded.total) == (6, 13)
    assert same(encoded, encoder.encode(TEXTS))


def test_rare_words_are_unknown() -> None:
    """min_count=2 leaves the three words that occur twice."""
    encoder = TextEncoder.fit(NetworkConfig(min_count=2), TEXTS)
    assert encoder.tokens[2:] == ["the", "dog", "sat"]
    new = encoder.encode(["the bird", "xyzzy"])
    assert documents(encoder, new) == [["the", "[UNK]"], ["[UNK]"]]
    assert (new.unknown, new.total) == (2, 3)


def test_a_long_document_keeps_its_head() -> None:
    """Cut at two tokens, counted; what was cut off is neither learned nor counted as unknown."""
    encoder, encoded = TextEncoder.fit_encode(NetworkConfig(max_tokens=2), TEXTS)
    assert documents(encoder, encoded) == [["the", "cat"], ["the", "dog"], ["[UNK]"], ["a", "dog"]]
    assert (encoded.cut, encoded.total) == (3, 6)
    assert "mat" not in encoder.tokens


@pytest.mark.parametrize("spec", SPECS)
def test_every_tokenizer_encodes_and_is_kept(spec: str) -> None:
    """Training texts and new ones have the same ids; state and JSON give the same encoder back, without the texts."""
    config = NetworkConfig(tokenizer=spec)
    encoder, encoded = TextEncoder.fit_encode(config, TEXTS)
    assert same(encoded, encoder.encode(TEXTS))
    assert encoder.tokens[:2] == ["[PAD]", "[UNK]"]
    assert len(set(encoder.tokens)) == encoder.vocabulary == len(encoder.tokens)
    assert encoded.ids.min() == 1
    assert encoded.ids.max() < encoder.vocabulary
    state = encoder.state()
    assert not state.arrays
    lists = json.loads(json.dumps(state.lists))
    loaded = TextEncoder.from_state(config, State(lists=lists, facts=state.facts))
    assert loaded.tokens == encoder.tokens
    new = ["The bird, a [PAD] and 好!", "", "dog " * 2000]
    assert same(encoder.encode(new), loaded.encode(new))
    assert (encoder.encode(new).ids > 0).all(), "no text holds padding"


@pytest.mark.parametrize("spec", SPECS)
def test_the_same_texts_give_the_same_vocabulary(spec: str) -> None:
    """In another order, too: a vocabulary that depended on it would make ids that no seed explains."""
    config = NetworkConfig(tokenizer=spec)
    assert TextEncoder.fit(config, TEXTS).tokens == TextEncoder.fit(config, TEXTS[::-1]).tokens


def test_a_tokenizer_file_is_used_and_then_not_needed(tmp_path: Path) -> None:
    """Its own specials and order of ids are not ours; the model holds the tokenizer itself."""
    path = tmp_path / "pieces.json"
    save(train("bpe", TEXTS, vocab_size=60, special_tokens=["[CLS]", "[UNK]", "[PAD]"]), path)
    config = NetworkConfig(tokenizer=f"path:{path}")
    encoder, encoded = TextEncoder.fit_encode(config, TEXTS)
    assert encoder.tokens[:3] == ["[PAD]", "[UNK]", "[CLS]"]
    assert documents(encoder, encoded)[3] == ["A</w>", "dog</w>", "!</w>"]
    path.unlink()
    assert same(TextEncoder.from_state(config, encoder.state()).encode(TEXTS), encoded)


@pytest.mark.parametrize("spec", ["wordpunct", "char", "bpe:60"])
@pytest.mark.parametrize("limit", [3, 512])
def test_a_head_of_a_long_text_has_the_tokens_of_the_whole(spec: str, limit: int) -> None:
    """Only a part of a text of megabytes is looked at, however thin its tokens stand."""
    encoder = TextEncoder.fit(NetworkConfig(tokenizer=spec, max_tokens=limit), TEXTS)
    long = [" " * 100_000 + "the cat sat on the mat", "the dog sat " * 300_000, "x" * 200_000]
    encoded = encoder.encode(long)
    assert encoded.lengths.max() <= limit
    by_hand = [encoder.tokenizer.tokens(text[:300_000])[:limit] for text in long]
    known = set(encoder.tokens)
    assert documents(encoder, encoded) == [
        [token if token in known else "[UNK]" for token in tokens] for tokens in by_hand
    ]


def test_few_thin_tokens_are_not_cut() -> None:
    """Six words behind a wide gap are a document of six words, and said to be whole."""
    encoder = TextEncoder.fit(NetworkConfig(max_tokens=6), TEXTS)
    encoded = encoder.encode([" " * 100_000 + "the cat sat on the mat"])
    assert (encoded.cut, encoded.total) == (0, 6)


@given(st.lists(st.text(max_size=40), max_size=6), st.integers(1, 5))
def test_any_texts_can_be_encoded(texts: list[str], limit: int) -> None:
    """Every document has 1 to max_tokens ids, none of them padding; the sums agree."""
    encoder = TextEncoder.fit(NetworkConfig(max_tokens=limit, vocab_size=5), TEXTS)
    encoded = encoder.encode(texts)
    assert len(encoded) == len(texts)
    assert all(1 <= length <= limit for length in encoded.lengths)
    assert ((encoded.ids > 0) & (encoded.ids < encoder.vocabulary)).all()
    assert encoded.unknown <= encoded.total <= len(encoded.ids) == encoded.lengths.sum()


def test_a_vocabulary_of_one_word() -> None:
    """A corpus of one word is a corpus."""
    encoder, encoded = TextEncoder.fit_encode(NetworkConfig(), ["yes", "yes", "yes"])
    assert encoder.tokens == ["[PAD]", "[UNK]", "yes"]
    assert encoded.ids.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("config", "texts", "sentence"),
    [
        (NetworkConfig(), ["", "  "], "hold no token"),
        (NetworkConfig(), [], "hold no token"),
        (NetworkConfig(min_count=3), ["a b", "a"], "occurs min_count=3 times, the most frequent 2"),
        (NetworkConfig(tokenizer="bpe:60"), ["", " "], "no text to learn a bpe tokenizer from"),
    ],
)
def test_nothing_to_learn_from_is_a_sentence(
    config: NetworkConfig, texts: list[str], sentence: str
) -> None:
    """Not a table of no rows."""
    with pytest.raises(MethodError, match=sentence):
        TextEncoder.fit(config, texts)


@pytest.mark.parametrize("state", [State(), State(lists={"tokenizer": ["{not json"]})])
def test_a_damaged_state_is_refused(state: State) -> None:
    """A model folder that lost its vocabulary must not predict."""
    with pytest.raises(ModelError, match="train it anew"):
        TextEncoder.from_state(NetworkConfig(), state)
