"""Tokens of what writes: by head, back to the text, as they come, unknown, kept."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlpwb.errors import InputError, MethodError, ModelError, UsageError
from nlpwb.methods.networks.cutting import word_pattern
from nlpwb.methods.networks.sequence_tokens import (
    BEGIN,
    END,
    PADDING,
    UNKNOWN,
    SequenceTokens,
    check_spec,
)
from nlpwb.methods.protocol import State
from nlpwb.text.subwords import encodable, save, train

TEXTS = ["The cat sat on the mat.", "the dog, the cat", "", "Ein Übel\n\n  kommt 12 Mal!"]
LOSSLESS = ["byte-bpe:300", "words", "char"]
LOSSY = ["bpe:60", "unigram:40", "wordpiece:60"]
# Halves of surrogate pairs, too: hypothesis leaves them out unless told.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@cache
def fitted(spec: str, *, fallback: bool = True) -> SequenceTokens:
    return SequenceTokens.fit(spec, TEXTS, vocab_size=1000, min_count=1, fallback=fallback)


def test_characters_by_head() -> None:
    """Four special tokens, 256 bytes, then a (2), b (1), c (1); an unseen é is its two bytes C3 A9."""
    tokens = SequenceTokens.fit("char", ["ab", "ac"], vocab_size=100, min_count=1)
    assert (PADDING, UNKNOWN, BEGIN, END) == (0, 1, 2, 3)
    assert tokens.tokens[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert tokens.tokens[4] == "<0x00>"
    assert tokens.tokens[259:] == ["<0xFF>", "a", "b", "c"]
    assert tokens.vocabulary == 263
    found = tokens.encode("aé c")
    assert found.dtype == np.int32
    assert found.tolist() == [260, 4 + 0xC3, 4 + 0xA9, 4 + 0x20, 262]


def test_words_by_head() -> None:
    """A word has the space before it; kept by falling count, then by the string."""
    tokens = SequenceTokens.fit("words", ["a b b", "c b"], vocab_size=2, min_count=1)
    assert tokens.tokens[260:] == [" b", "a"]
    assert tokens.encode("a b").tolist() == [261, 260]
    assert tokens.encode("c").tolist() == [4 + ord("c")]


def test_where_words_are_cut() -> None:
    """Letters with their combining marks, digits, other marks, line breaks alone, the last space with what follows."""
    text = "Hello,  world_1 a12\t\tb \n\n x नमस्ते"
    assert fitted("words", fallback=False).surfaces(text) == [
        "Hello", ",", " ", " world", "_", "1", " a", "12", "\t", "\t", "b", " ", "\n\n", " x", " नमस्ते",
    ]  # fmt: skip


def test_every_combining_mark_belongs_to_its_letter() -> None:
    """Words of Indian scripts would fall to pieces at each vowel."""
    marks = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code))[0] == "M"]
    apart = [mark for mark in marks if word_pattern().findall(f"a{mark}b") != [f"a{mark}b"]]
    assert not apart


@pytest.mark.parametrize("spec", LOSSLESS)
@given(text=ANY_TEXT)
@example("a\ud800b \udc00")
@example(" \x1c\x85\u2028\n\n  \r\n x")
def test_nothing_is_lost(spec: str, text: str) -> None:
    """A model that writes must be able to write every text; half of a pair is a question mark, as everywhere."""
    tokens = fitted(spec)
    assert tokens.lossless
    ids = tokens.encode(text)
    assert tokens.decode(ids) == encodable(text)
    assert not ids.size or ids.min() > END, "no text holds a special token"


@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY])
@given(data=st.data())
def test_a_stream_writes_what_decoding_gives(spec: str, data: st.DataObject) -> None:
    """Any ids, half characters and special tokens among them."""
    tokens = fitted(spec)
    text = data.draw(st.sampled_from([*TEXTS, "cats: ü!", "don't mat . cat"]))
    wild = data.draw(st.lists(st.integers(0, tokens.vocabulary - 1), max_size=12))
    for ids in (tokens.encode(text).tolist(), wild):
        streamer = tokens.streamer()
        parts = [streamer.push(number) for number in ids]
        assert "".join(parts) + streamer.finish() == tokens.decode(ids)


def test_half_a_character_waits() -> None:
    """é comes with its second byte; one that never ends is a mark of replacement."""
    streamer = fitted("char").streamer()
    assert [streamer.push(4 + byte) for byte in b"a\xc3\xa9\xc3"] == ["a", "", "é", ""]
    assert streamer.finish() == "\ufffd"


@pytest.mark.parametrize("spec", [*LOSSY, "byte-bpe:300"])
@pytest.mark.parametrize(
    "text", ["The cat sat on the mat.", "the dogs, the cats!", "12 cat dog", ""]
)
def test_decoding_equals_the_librarys(spec: str, text: str) -> None:
    """Spaces stand where the tokenizers library puts them."""
    kind, size = spec.split(":")
    specials = [] if kind == "byte-bpe" else ["[UNK]"]
    theirs = train(kind, TEXTS, vocab_size=int(size), special_tokens=specials)
    ids = theirs.encode(text, add_special_tokens=False).ids
    known = [i for i in ids if theirs.id_to_token(i) != "[UNK]"]
    tokens = fitted(spec)
    assert tokens.decode(tokens.encode(text)) == theirs.decode(known, skip_special_tokens=False)


def test_pieces_that_normalise_say_so() -> None:
    """Bits per byte of a tokenizer that loses text are no bits per byte."""
    assert not any(fitted(spec).lossless for spec in LOSSY)
    assert not fitted("words", fallback=False).lossless
    assert not fitted("byte-bpe:300,lowercase=yes").lossless


def test_pieces_are_shown_as_they_are_written() -> None:
    """Spaces where words begin, no marks of the tokenizer's own; a byte that is no character by its number."""
    tokens = fitted("byte-bpe:300").tokens
    assert " the" in tokens
    assert "<0xE2>" in tokens
    assert " cat" in fitted("wordpiece:60").tokens
    assert not any("##" in token for token in fitted("wordpiece:60").tokens)


@pytest.mark.parametrize("spec", ["words", "char", "wordpiece:60"])
def test_without_bytes_what_is_new_is_unknown(spec: str) -> None:
    """The id says nothing, the surface is there to be copied."""
    tokens = fitted(spec, fallback=False)
    text = "the 好 cat"
    ids, surfaces = tokens.encode(text).tolist(), tokens.surfaces(text)
    assert len(ids) == len(surfaces)
    assert [surface.strip() for surface, i in zip(surfaces, ids, strict=True) if i == UNKNOWN] == [
        "好"
    ]
    assert tokens.decode(ids) == tokens.decode([i for i in ids if i != UNKNOWN])


@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY])
@given(text=ANY_TEXT)
def test_every_token_has_a_surface(spec: str, text: str) -> None:
    """Attention is shown over surfaces: one too many and every word below has another's weight."""
    tokens = fitted(spec)
    assert len(tokens.surfaces(text)) == len(tokens.encode(text))


@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY])
def test_many_texts_at_once_are_the_texts_one_by_one(spec: str) -> None:
    """With their ends, empty ones included."""
    tokens = fitted(spec)
    texts = [*TEXTS, "", "好 new"] * 60
    ids, ends = tokens.encode_all(iter(texts))
    assert (ids.dtype, ends.dtype, len(ends)) == (np.int32, np.int64, len(texts))
    for text, part in zip(texts, np.split(ids, ends[:-1]), strict=True):
        assert part.tolist() == tokens.encode(text).tolist()


@pytest.mark.parametrize("fallback", [True, False])
@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY])
def test_what_is_kept_is_the_same(spec: str, fallback: bool) -> None:
    """Through JSON, and without the texts."""
    tokens = fitted(spec, fallback=fallback)
    state = tokens.state()
    assert not state.arrays
    kept = State(lists=json.loads(json.dumps(state.lists)), facts=state.facts)
    again = SequenceTokens.from_state(spec, kept)
    text = "The cat, ü 好 [UNK] </s>"
    assert again.tokens == tokens.tokens
    assert again.lossless == tokens.lossless
    assert again.encode(text).tolist() == tokens.encode(text).tolist()
    assert again.decode(again.encode(text)) == tokens.decode(tokens.encode(text))


@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY])
def test_fitted_twice_the_same(spec: str) -> None:
    """In another order of texts, too."""
    again = SequenceTokens.fit(spec, TEXTS[::-1], vocab_size=1000, min_count=1)
    assert again.tokens == fitted(spec).tokens


def test_a_file_is_used_and_then_not_needed(tmp_path: Path) -> None:
    """It may cut and pad for its owner; texts are whole here all the same."""
    path = tmp_path / "pieces.json"
    theirs = train("byte-bpe", TEXTS, vocab_size=300)
    theirs.enable_truncation(2)
    theirs.enable_padding(length=40)
    save(theirs, path)
    spec = f"path:{path}"
    tokens = SequenceTokens.fit(spec, [], vocab_size=1, min_count=1)
    path.unlink()
    text = "the cat sat<|endoftext|> 好"
    assert tokens.lossless
    for one in (tokens, SequenceTokens.from_state(spec, tokens.state())):
        assert one.decode(one.encode(text)) == text
        assert "<|endoftext|>" in one.surfaces(text)


def test_a_decoder_that_cannot_be_followed_is_named(tmp_path: Path) -> None:
    """Better no model than texts put together wrongly."""
    from tokenizers import decoders

    theirs = train("byte-bpe", TEXTS, vocab_size=300)
    theirs.decoder = decoders.CTC()
    save(theirs, tmp_path / "ctc.json")
    with pytest.raises(InputError, match=r"ctc\.json puts texts together by CTC"):
        SequenceTokens.fit(f"path:{tmp_path / 'ctc.json'}", [], vocab_size=1, min_count=1)


@pytest.mark.parametrize(
    ("spec", "texts", "min_count", "sentence"),
    [
        ("char", ["", ""], 1, "training texts are empty"),
        ("words", [], 1, "training texts are empty"),
        ("words", ["a b"], 3, "occurs min_count=3 times, the most frequent 1"),
        ("byte-bpe:300", [""], 1, "no text to learn"),
    ],
)
def test_nothing_to_learn_from_is_a_sentence(
    spec: str, texts: list[str], min_count: int, sentence: str
) -> None:
    """Not a model of no tokens."""
    with pytest.raises(MethodError, match=sentence):
        SequenceTokens.fit(spec, texts, vocab_size=10, min_count=min_count)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("word", "did you mean words"),
        ("wordpunct", "gpt cannot write with tokenizer=wordpunct"),
        ("bite-bpe:800", "did you mean byte-bpe"),
        ("char:lowercase=yes", "char takes no options"),
        ("bpe:8000,colour=red", "no option 'colour'"),
        ("path:", "names no file"),
    ],
)
def test_a_spec_without_meaning_is_refused(spec: str, sentence: str) -> None:
    """Before any text is read."""
    with pytest.raises(UsageError, match=sentence):
        check_spec(spec, "gpt")


@pytest.mark.parametrize("spec", [*LOSSLESS, *LOSSY, "path:tokenizer.json", "byte-bpe"])
def test_a_spec_with_a_meaning_passes(spec: str) -> None:
    """The defaults among them."""
    check_spec(spec, "gpt")


@pytest.mark.parametrize("state", [State(), State(lists={"tokenizer": ["{not json"]})])
def test_a_damaged_state_is_refused(state: State) -> None:
    """A model folder that lost its vocabulary must not write."""
    with pytest.raises(ModelError, match="train it anew"):
        SequenceTokens.from_state("byte-bpe:300", state)
