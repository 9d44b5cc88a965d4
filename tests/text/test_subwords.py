"""Subword tokenizers: learned, the same in every run, saved, loaded by the library, and refused with a sentence."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer, Tokenizer, models, pre_tokenizers

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import KINDS, SPECIAL_TOKENS, load, save, train
from nlpwb.text.tokenizer import make_tokenizer
from nlpwb.text.words import words

PROSE = [
    "The lower river runs lower than the lowest bank, and the newest boats run newer routes.",
    "Größere Flüsse fließen größer; die größten fließen am größten.",
    "Slower rivers, slowest boats: a slow, low, new, widest and wider river.",
    "Newer, newest; wider, widest; lower, lowest. The river runs, the boats run.",
] * 3
SIZES = {"bpe": 180, "byte-bpe": 350, "wordpiece": 180, "unigram": 120, "word": 30}


@pytest.fixture(scope="module", params=KINDS)
def trained(request: pytest.FixtureRequest) -> tuple[str, Tokenizer]:
    kind: str = request.param
    return kind, train(kind, PROSE, vocab_size=SIZES[kind])


def test_special_tokens_have_the_first_ids(trained: tuple[str, Tokenizer]) -> None:
    kind, tokenizer = trained
    expected = ("<|endoftext|>",) if kind == "byte-bpe" else SPECIAL_TOKENS
    assert tuple(tokenizer.id_to_token(place) for place in range(len(expected))) == expected


def test_size_is_an_upper_bound_and_ids_have_no_gaps(trained: tuple[str, Tokenizer]) -> None:
    kind, tokenizer = trained
    vocabulary = tokenizer.get_vocab()
    assert len(vocabulary) <= SIZES[kind]
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))


def test_frequent_words_are_one_token(trained: tuple[str, Tokenizer]) -> None:
    """What learning is for: the river stays whole, a word never seen does not."""
    kind, tokenizer = trained
    assert len(tokenizer.encode(" lower").ids) <= 2
    if kind != "word":
        assert len(tokenizer.encode(" lidst").ids) > 2


def test_saved_file_is_loaded_by_the_library(
    trained: tuple[str, Tokenizer], tmp_path: Path
) -> None:
    kind, tokenizer = trained
    path = tmp_path / "tokenizer.json"
    save(tokenizer, path)
    text = "The newest boats, größer [MASK] 😀"
    expected = tokenizer.encode(text)
    for loaded in (Tokenizer.from_file(str(path)), load(path)):
        assert loaded.encode(text).ids == expected.ids, kind
        assert loaded.encode(text).offsets == expected.offsets
    assert [entry.name for entry in tmp_path.iterdir()] == ["tokenizer.json"]


def test_same_texts_give_the_same_file(trained: tuple[str, Tokenizer]) -> None:
    """The library's hash maps differ from one training to the next, also within one process."""
    kind, tokenizer = trained
    for texts in (PROSE, list(reversed(PROSE)), tuple(PROSE)):
        again = train(kind, texts, vocab_size=SIZES[kind])
        assert again.to_str() == tokenizer.to_str()


@pytest.mark.parametrize("kind", KINDS)
def test_same_reviews_give_the_same_file(kind: str, shared_data: Path) -> None:
    """On real text ties are many, and characters that no piece wants are, too."""
    with gzip.open(shared_data / "imdb" / "train.csv.gz", "rt", encoding="utf-8", newline="") as f:
        texts = [row["text"] for row, _ in zip(csv.DictReader(f), range(300), strict=False)]
    first = train(kind, texts, vocab_size=1500)
    assert train(kind, texts, vocab_size=1500).to_str() == first.to_str()


@pytest.mark.parametrize("kind", KINDS)
def test_an_iterator_gives_what_a_list_gives(kind: str) -> None:
    """Two of the kinds read the texts twice; an iterator is empty the second time."""

    def texts() -> Iterator[str]:
        yield from PROSE

    once = train(kind, texts(), vocab_size=SIZES[kind])
    assert once.to_str() == train(kind, PROSE, vocab_size=SIZES[kind]).to_str()


@pytest.fixture(scope="module")
def byte_level() -> SubwordTokenizer:
    inner = train("byte-bpe", PROSE, vocab_size=400)
    return SubwordTokenizer(inner, name="byte-bpe", spec="byte-bpe:400")


@settings(max_examples=200)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.sampled_from(PROSE))
def test_byte_level_gives_every_text_back(byte_level: SubwordTokenizer, text: str) -> None:
    """White space, emoji and controls included, and nothing is unknown."""
    (encoded,) = byte_level.encode([text])
    assert encoded.ids is not None
    assert byte_level.decode(encoded.ids) == text
    assert byte_level.unknown_id is None


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram"])
def test_pieces_are_put_together_to_words_again(kind: str) -> None:
    tokenizer = train(kind, PROSE, vocab_size=SIZES[kind])
    ids = tokenizer.encode("the newer river runs wider").ids
    assert len(ids) >= 5
    assert tokenizer.decode(ids) == "the newer river runs wider"


@pytest.mark.parametrize("kind", KINDS)
def test_lowercase_learns_from_lower_case(kind: str) -> None:
    size = SIZES[kind]
    shouted = train(kind, [text.upper() for text in PROSE], vocab_size=size, lowercase=True)
    cased = train(kind, [text.upper().lower() for text in PROSE], vocab_size=size)
    assert shouted.encode("The RIVER").tokens == cased.encode("the river").tokens
    if kind != "wordpiece":  # It strips accents, too.
        assert shouted.get_vocab() == cased.get_vocab()


def test_uncased_wordpiece_strips_accents_as_bert_does() -> None:
    uncased = train("wordpiece", PROSE, vocab_size=150, lowercase=True)
    assert uncased.encode("GRÖßER").tokens == uncased.encode("großer").tokens
    cased = train("wordpiece", PROSE, vocab_size=180)
    assert cased.encode("größer").tokens != cased.encode("großer").tokens


def test_word_finds_the_words_of_the_rule() -> None:
    """The library's own \\w would take combining marks along; the tokens must be those of ``word``."""
    texts = ["यह फ़िल्म अच्छी है 2½ naïve o'clock snow_man 好 x", "Größe STRASSE ıi"]
    for single in (False, True):
        tokenizer = train(
            "word", texts, vocab_size=99, min_frequency=1, lowercase=True, single_characters=single
        )
        for text in texts:
            assert tokenizer.encode(text).tokens == words(text, single_characters=single)


def test_min_frequency_leaves_rare_words_unknown() -> None:
    tokenizer = train("word", ["aa aa bb"], vocab_size=9, min_frequency=2)
    assert tokenizer.encode("aa bb").tokens == ["aa", "[UNK]"]


def test_special_tokens_can_be_chosen() -> None:
    tokenizer = train("bpe", PROSE, vocab_size=150, special_tokens=["<s>", "[UNK]"])
    assert tokenizer.token_to_id("<s>") == 0
    assert tokenizer.encode("the <s>").tokens[-1] == "<s>"
    assert tokenizer.token_to_id("[PAD]") is None


def test_half_a_surrogate_pair_is_no_obstacle() -> None:
    """JSON can hold one; UTF-8, and so the library, cannot."""
    texts = ["good \ud800 film", *PROSE]
    tokenizer = SubwordTokenizer(train("bpe", texts, vocab_size=200), name="bpe", spec="bpe:200")
    (encoded,) = tokenizer.encode(["a \ud83d b"])
    assert encoded.offsets == ((0, 1), (2, 3), (4, 5))
    assert tokenizer.tokens("a \ud83d b") == list(encoded.tokens)


@pytest.mark.parametrize(
    ("kind", "arguments", "sentence"),
    [
        ("bpee", {"vocab_size": 9}, "no tokenizer kind 'bpee'; did you mean bpe"),
        ("bpe", {"vocab_size": 0}, "vocab_size must be at least 1, got 0"),
        ("bpe", {"vocab_size": 9, "min_frequency": 0}, "min_frequency must be at least 1, got 0"),
        ("unigram", {"vocab_size": 99, "min_frequency": 2}, "unigram has no min_frequency"),
        ("bpe", {"vocab_size": 99, "single_characters": True}, "bpe has no single_characters"),
        ("bpe", {"vocab_size": 99, "special_tokens": ["<s>"]}, r"must hold \[UNK\]"),
        ("bpe", {"vocab_size": 20}, "vocab_size=20 cannot hold the .* characters"),
        ("wordpiece", {"vocab_size": 20}, "vocab_size=20 cannot hold the .* characters"),
        ("unigram", {"vocab_size": 20}, "vocab_size=20 cannot hold every character"),
        ("byte-bpe", {"vocab_size": 256}, "vocab_size=256 cannot hold the 257"),
    ],
)
def test_requests_without_meaning_are_refused(
    kind: str, arguments: dict[str, int], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        train(kind, PROSE, **arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], [""], [" \n", "\t"]])
def test_nothing_to_learn_from_is_said(kind: str, texts: list[str]) -> None:
    with pytest.raises(MethodError, match="there is no text to learn"):
        train(kind, texts, vocab_size=500)


def test_words_that_are_all_rare_are_said() -> None:
    with pytest.raises(MethodError, match=r"occurs 2 times.*lower min_frequency"):
        train("word", ["one two three"], vocab_size=100)


def test_an_error_in_the_texts_comes_through() -> None:
    """The reader's own sentence must not drown in the library."""

    def texts() -> Iterator[str]:
        yield "fine"
        raise InputError("line 2 is not UTF-8")

    for kind in KINDS:
        with pytest.raises(InputError, match="line 2 is not UTF-8"):
            train(kind, texts(), vocab_size=300)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no tokenizer that can be read"),
        (b"{}", "is no tokenizer that can be read"),
        (b'{"version": "1.0", "model": {"type": "New"}}', "is no tokenizer that can be read"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_damaged_file_gets_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        load(path)


def test_a_cut_file_a_missing_one_and_a_folder_get_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    save(train("word", PROSE, vocab_size=20), path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="is damaged"):
        load(path)
    with pytest.raises(InputError, match="there is no tokenizer at"):
        load(tmp_path / "missing.json")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)


def test_unknown_id_is_found_in_every_model(trained: tuple[str, Tokenizer]) -> None:
    kind, tokenizer = trained
    wrapped = SubwordTokenizer(tokenizer, name=kind, spec=kind)
    assert wrapped.unknown_id == (None if kind == "byte-bpe" else 1)
    if kind != "byte-bpe":
        assert wrapped.tokens("語語") in (["[UNK]"], ["[UNK]", "[UNK]"], ["▁", "語語"])
        (encoded,) = wrapped.encode(["語語"])
        assert encoded.ids is not None
        assert 1 in encoded.ids


def test_files_of_others_are_read(shared_data: Path, tmp_path: Path) -> None:
    """GPT-2's and BERT's own vocabularies give the ids that the papers' programs give."""
    gpt2 = Tokenizer(
        models.BPE.from_file(
            str(shared_data / "vocab" / "gpt2" / "encoder.json"),
            str(shared_data / "vocab" / "gpt2" / "vocab.bpe"),
        )
    )
    gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bert = BertWordPieceTokenizer(str(shared_data / "vocab" / "bert-base-uncased" / "vocab.txt"))
    for name, inner, ids in (("gpt2", gpt2, (31373, 995)), ("bert", bert, (7592, 2088))):
        inner.save(str(tmp_path / f"{name}.json"))
        tokenizer = make_tokenizer(f"path:{tmp_path / name}.json")
        (encoded,) = tokenizer.encode(["hello world"])
        assert tokenizer.name == name
        assert encoded.ids == ids
