"""The same matrix as scikit-learn's on texts and options that nobody thought of."""

from __future__ import annotations

from typing import Any
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpwb.methods.vectorizers import chunks
from tests.methods.vectorizing import assert_same_fit, assert_same_hashes, both_counts

# Letters that change length when lowered (İ), marks that combine, ligatures, digits of other scripts, scripts without
# spaces, emoji that are joined and coloured, characters that sort below a space, blanks of every kind, quotes.
LETTERS = "abcAB zZ09_äöüßÄéÉİıΣςσﬁ²½①中文日本語カ한العनमस्ते"
MARKS = "\u0301\u0308\u0300\u0327\u200b\u200d\ufe0f🏽👍❤😀🇩🇪.,;:!?'’„“-–—_&#@<>/"
CONTROLS = "\x00\x01\x08\x0e\x1b\x7f\x9f"
BLANKS = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u202f\u3000"
WORDS = [
    "the",
    "cat",
    "Cat",
    "a",
    "o",
    "Straße",
    "STRASSE",
    "über",
    "u\u0308ber",
    "很好",
    "👍🏽",
    "x\x01",
]

pieces = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(BLANKS),
    st.text(st.sampled_from(LETTERS + MARKS + CONTROLS), max_size=4),
    st.text(max_size=3),
)
texts = st.lists(pieces, max_size=14).map("".join) | st.lists(st.sampled_from(WORDS)).map(" ".join)
corpora = st.lists(texts, min_size=1, max_size=7)
chunk_sizes = st.sampled_from([1, 40, 1_500_000])
ngram_ranges = st.sampled_from([(1, 1), (1, 2), (2, 2), (2, 3), (1, 4), (3, 5), (4, 4), (6, 7)])
shares = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0])


def yes_no(value: bool) -> str:
    return "yes" if value else "no"


@st.composite
def analyses(draw: st.DrawFn) -> tuple[list[str], dict[str, Any]]:
    """What is taken for a term: our words, and scikit-learn's arguments."""
    analyzer = draw(st.sampled_from(["word", "char", "char_wb", "whitespace"]))
    low, high = draw(ngram_ranges)
    lowercase = draw(st.booleans())
    accents = draw(st.sampled_from([None, "unicode", "ascii"]))
    ours = [
        f"analyzer={analyzer}",
        f"ngrams={low}-{high}",
        f"lowercase={yes_no(lowercase)}",
        f"strip_accents={accents or 'none'}",
    ]
    theirs: dict[str, Any] = {
        "analyzer": analyzer,
        "ngram_range": (low, high),
        "lowercase": lowercase,
        "strip_accents": accents,
    }
    if analyzer == "whitespace":
        theirs |= {"analyzer": "word", "tokenizer": str.split, "token_pattern": None}
    if analyzer == "word" and draw(st.booleans()):
        ours.append("single=yes")
        theirs["token_pattern"] = r"(?u)\b\w+\b"
    if analyzer == "word" and draw(st.booleans()):
        ours.append("stop_words=english")
        theirs["stop_words"] = "english"
    return ours, theirs


@st.composite
def limits(draw: st.DrawFn) -> tuple[list[str], dict[str, Any]]:
    """Which terms become columns; a lower limit above the upper one of its kind is refused before, and left out here."""
    low = draw(st.integers(1, 4) | shares)
    high = draw(st.integers(1, 6) | shares)
    if type(low) is type(high) and low > high:
        low, high = high, low
    ours, theirs = [f"min_df={low}", f"max_df={high}"], {"min_df": low, "max_df": high}
    if not draw(st.booleans()):
        ours, theirs = [], {}
    if draw(st.booleans()):
        theirs["max_features"] = draw(st.integers(1, 12))
        ours.append(f"max_features={theirs['max_features']}")
    return ours, theirs


@st.composite
def weightings(draw: st.DrawFn) -> tuple[list[str], dict[str, Any]]:
    flags = {
        name: draw(st.booleans()) for name in ("binary", "sublinear_tf", "use_idf", "smooth_idf")
    }
    norm = draw(st.sampled_from(["l1", "l2", None]))
    ours = [f"{name}={yes_no(value)}" for name, value in flags.items()]
    return [*ours, f"norm={norm or 'none'}"], {**flags, "norm": norm}


@settings(max_examples=250, deadline=None)
@given(corpora, st.lists(texts, min_size=1, max_size=4), analyses(), limits(), chunk_sizes)
@example(
    ["", "\x1c", "a a\x01 a"],
    ["", "a a\x01"],
    (
        ["analyzer=whitespace", "ngrams=1-2"],
        {"tokenizer": str.split, "token_pattern": None, "ngram_range": (1, 2)},
    ),
    ([], {}),
    1,
)
def test_counts_of_any_text(
    corpus: list[str],
    new: list[str],
    analysis: tuple[list[str], dict[str, Any]],
    limit: tuple[list[str], dict[str, Any]],
    chunk: int,
) -> None:
    options = ",".join(analysis[0] + limit[0])
    with mock.patch.object(chunks, "CHUNK_CHARACTERS", chunk):
        for name in ("bow", "onehot"):
            config, reference = both_counts(options, {**analysis[1], **limit[1]}, name)
            assert_same_fit(config, reference, corpus, new)


@settings(max_examples=150, deadline=None)
@given(
    corpora,
    st.lists(texts, min_size=1, max_size=4),
    analyses(),
    limits(),
    weightings(),
    chunk_sizes,
)
def test_weights_of_any_text(
    corpus: list[str],
    new: list[str],
    analysis: tuple[list[str], dict[str, Any]],
    limit: tuple[list[str], dict[str, Any]],
    weighting: tuple[list[str], dict[str, Any]],
    chunk: int,
) -> None:
    options = ",".join(analysis[0] + limit[0] + weighting[0])
    config, reference = both_counts(options, {**analysis[1], **limit[1], **weighting[1]}, "tfidf")
    with mock.patch.object(chunks, "CHUNK_CHARACTERS", chunk):
        assert_same_fit(config, reference, corpus, new)


@settings(max_examples=100, deadline=None)
@given(
    corpora,
    analyses(),
    st.sampled_from([1, 2, 13, 2**20]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["l1", "l2", None]),
    chunk_sizes,
)
def test_hashes_of_any_text(
    corpus: list[str],
    analysis: tuple[list[str], dict[str, Any]],
    columns: int,
    signed: bool,
    binary: bool,
    norm: str | None,
    chunk: int,
) -> None:
    options = [
        *analysis[0],
        f"n_features={columns}",
        f"alternate_sign={yes_no(signed)}",
        f"binary={yes_no(binary)}",
        f"norm={norm or 'none'}",
    ]
    theirs = {
        **analysis[1],
        "n_features": columns,
        "alternate_sign": signed,
        "binary": binary,
        "norm": norm,
    }
    with mock.patch.object(chunks, "CHUNK_CHARACTERS", chunk):
        assert_same_hashes(",".join(options), theirs, corpus)
