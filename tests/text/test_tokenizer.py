"""Specs become tokenizers, or a sentence; and what tokenizers do to texts is counted right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nlpwb.errors import InputError, UsageError
from nlpwb.text.fertility import measure
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import save, train
from nlpwb.text.tokenizer import make_tokenizer, parse_tokenizer_spec
from nlpwb.text.vocabulary import build_vocabulary

TEXT = "Ein Test, o weh: A_1 😀"
TRAINING = ["the cat sat on the mat", "the cat sat", "the dog sat"] * 4


@pytest.mark.parametrize(
    ("spec", "tokens"),
    [
        ("word", ["ein", "test", "weh", "a_1"]),
        ("word:single=yes", ["ein", "test", "o", "weh", "a_1"]),
        ("word:lowercase=no", ["Ein", "Test", "weh", "A_1"]),
        ("wordpunct", ["ein", "test", ",", "o", "weh", ":", "a_1", "😀"]),
        ("wordpunct:lowercase=no", ["Ein", "Test", ",", "o", "weh", ":", "A_1", "😀"]),
        ("whitespace", ["Ein", "Test,", "o", "weh:", "A_1", "😀"]),
        ("whitespace:lowercase=yes", ["ein", "test,", "o", "weh:", "a_1", "😀"]),
        ("char", list(TEXT)),
        ("char:lowercase=yes", list(TEXT.lower())),
    ],
)
def test_a_rule_gives_its_tokens(spec: str, tokens: list[str]) -> None:
    tokenizer = make_tokenizer(spec)
    assert tokenizer.tokens(TEXT) == tokens
    assert list(tokenizer.token_lists([TEXT, ""])) == [tokens, []]
    encoded, empty = tokenizer.encode([TEXT, ""])
    assert encoded.tokens == tuple(tokens)
    assert encoded.ids is None
    assert [TEXT[start:end].lower() for start, end in encoded.offsets] == [
        token.lower() for token in tokens
    ]
    assert empty.offsets == ()
    assert tokenizer.spec == spec


@pytest.mark.parametrize(
    ("spec", "normal", "is_trained"),
    [
        ("word", "word", False),
        (" word:lowercase=true ", "word", False),
        ("word:500", "word:500", True),
        ("word:500,min_frequency=2", "word:500,min_frequency=2", True),
        ("bpe", "bpe:8000", True),
        ("bpe:vocab_size=500, lowercase=on", "bpe:500,lowercase=yes", True),
        ("wordpiece:500,min_frequency=5", "wordpiece:500,min_frequency=5", True),
        ("path:a:b,c.json", "path:a:b,c.json", False),
    ],
)
def test_a_spec_has_a_normal_form(spec: str, normal: str, is_trained: bool) -> None:
    parsed = parse_tokenizer_spec(spec)
    assert str(parsed) == normal
    assert parse_tokenizer_spec(normal) == parsed
    assert parsed.is_trained == is_trained


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("wrod", "there is no tokenizer 'wrod'; did you mean word?"),
        ("", "there is no tokenizer ''; there are: bpe, byte-bpe, char"),
        ("bpe:0", "bpe: vocab_size must be at least 1, got 0"),
        ("bpe:many", "'many' is not an option; write option=value"),
        ("bpe:", "'' is not an option; write option=value"),
        ("bpe:500,600", "vocab_size is given twice"),
        ("bpe:lowercse=yes", "has no option 'lowercse'; did you mean lowercase?"),
        ("unigram:500,min_frequency=2", "tokenizer unigram has no option 'min_frequency'"),
        ("char:single=yes", "tokenizer char has no option 'single'"),
        ("char:500", "'500' is not an option"),
        ("wordpunct:single=yes", "tokenizer wordpunct has no option 'single'"),
        ("word:single=maybe", "single is yes or no, got 'maybe'"),
        ("word:min_frequency=2", "write word:8000,min_frequency=2"),
        ("path:", "path: names no file; write path:tokenizer.json"),
    ],
)
def test_a_spec_without_meaning_is_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_tokenizer(spec)
    assert sentence in str(caught.value)


def test_a_trained_kind_asks_for_training() -> None:
    with pytest.raises(
        UsageError, match="bpe:99 must be trained first; run: nlpwb tokenizer train"
    ):
        make_tokenizer("bpe:99")


@pytest.mark.parametrize("spec", ["bpe:40", "wordpiece:40", "unigram:40", "byte-bpe:270", "word:9"])
def test_a_trained_kind_learns(spec: str) -> None:
    tokenizer = make_tokenizer(spec, training=TRAINING)
    assert isinstance(tokenizer, SubwordTokenizer)
    assert tokenizer.spec == spec
    assert tokenizer.name == spec.partition(":")[0]
    (encoded,) = tokenizer.encode(["the cat"])
    assert encoded.ids is not None
    assert tokenizer.tokens("the cat") == list(encoded.tokens)
    assert list(tokenizer.token_lists(["the cat"])) == [list(encoded.tokens)]
    assert list(tokenizer.id_lists(["the cat"])) == [list(encoded.ids)]


def test_word_with_a_size_keeps_the_most_frequent_words() -> None:
    """Five special tokens and three words; "cat" and "sat" occur more often than "on"."""
    tokenizer = make_tokenizer("word:8", training=TRAINING)
    assert tokenizer.tokens("The cat sat on") == ["the", "cat", "sat", "[UNK]"]


def test_a_path_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "cats.json"
    save(train("bpe", TRAINING, vocab_size=40), path)
    tokenizer = make_tokenizer(f"path:{path}")
    assert tokenizer.name == "cats"
    assert tokenizer.tokens("the cat") == ["the</w>", "cat</w>"]
    with pytest.raises(InputError, match="there is no tokenizer at"):
        make_tokenizer(f"path:{tmp_path / 'dogs.json'}")


def test_words_need_no_library() -> None:
    """A rule must not pay for the import of ``tokenizers``."""
    program = (
        "import sys; from nlpwb.text.tokenizer import make_tokenizer; "
        "make_tokenizer('word').tokens('a cat'); "
        "sys.exit('tokenizers' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_rule_is_measured_against_a_vocabulary() -> None:
    """By head: 7 words between spaces; tokens the cat | the old dog sat; old and dog are unknown."""
    texts = ["The cat!", "the old dog sat ."]
    tokenizer = make_tokenizer("word")
    vocabulary = build_vocabulary([["the", "cat", "sat"]])
    report = measure(tokenizer, texts, vocabulary=vocabulary)
    assert (report.documents, report.words, report.tokens) == (2, 7, 6)
    assert report.name == "word"
    assert report.vocabulary_size == 3
    assert report.tokens_per_word == 6 / 7
    assert report.bytes_per_token == (8 + 17) / 6
    assert (report.unknown_tokens, report.oov_rate) == (2, 2 / 6)
    # The, cat!, the, sat become one known token; old, dog and the full stop do not.
    assert report.single_token_words == 4 / 7
    assert (report.mean_length, report.max_length) == (3.0, 4)
    assert report.seconds >= 0


def test_without_a_vocabulary_nothing_is_unknown_or_known() -> None:
    report = measure(make_tokenizer("char"), ["aé"])
    assert (report.vocabulary_size, report.unknown_tokens, report.oov_rate) == (None, None, None)
    assert (report.tokens_per_word, report.bytes_per_token) == (2.0, 1.5)
    assert report.single_token_words == 0.0


def test_nothing_is_measured_without_dividing_by_zero() -> None:
    for texts in ([], ["", " "]):
        report = measure(make_tokenizer("word"), texts, vocabulary={"a"})
        assert (report.words, report.tokens, report.max_length) == (0, 0, 0)
        assert report.tokens_per_word is None
        assert report.bytes_per_token is None
        assert report.oov_rate is None
        assert report.single_token_words is None


def test_a_trained_tokenizer_is_measured_by_its_own_vocabulary() -> None:
    """the cat | zzz: "zzz" is unknown, a character at a time."""
    report = measure(make_tokenizer("bpe:40", training=TRAINING), ["the cat", "zzz"])
    assert (report.words, report.tokens, report.unknown_tokens) == (3, 5, 3)
    assert report.oov_rate == 3 / 5
    assert report.single_token_words == 2 / 3
    assert report.vocabulary_size is not None
    assert report.vocabulary_size <= 40


def test_a_word_is_whole_for_bytes_after_a_space_too() -> None:
    """ "cat" never begins a training text, so only " cat" was learned."""
    tokenizer = make_tokenizer("byte-bpe:300", training=["the cat sat"] * 9)
    assert measure(tokenizer, ["the cat sat"]).single_token_words == 1.0
