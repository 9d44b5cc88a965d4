"""fastText's own models: the vectors that fastText gives, of words and of what is no word."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import InputError
from nlpwb.vectors.files import read_vectors
from nlpwb.vectors.formats.ngram_rows import ngram_hashes
from nlpwb.vectors.formats.opening import open_rows
from nlpwb.vectors.formats.rows import collect
from nlpwb.vectors.formats.words import Reading
from nlpwb.vectors.ngrams import fnv1a, ngrams

from .tiny_fasttext import tiny_model


def written(folder: Path, data: bytes) -> Path:
    path = folder / "tiny.bin"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("version", [11, 12])
def test_a_word_is_the_mean_of_its_row_and_its_ngrams(tmp_path: Path, version: int) -> None:
    """<ab> has two n-grams of three characters, both in the one bucket: (3 + 6 + 6) / 3 = 5."""
    path = written(tmp_path, tiny_model([b"ab"], [[3.0], [6.0]], version=version, counts=[7]))
    found = read_vectors(path)
    assert found.words == ["ab"]
    assert found.vectors.tolist() == [[5.0]]
    assert found.counts is not None
    assert found.counts.tolist() == [7]
    unknown = found.vector("xyz")
    assert unknown is not None
    assert unknown.tolist() == [6.0]


def test_a_packed_model_is_the_same(tmp_path: Path) -> None:
    """It cannot be mapped, and is unpacked into memory."""
    path = tmp_path / "tiny.bin.gz"
    path.write_bytes(gzip.compress(tiny_model([b"ab"], [[3.0], [6.0]])))
    found = read_vectors(path)
    assert found.vectors.tolist() == [[5.0]]
    assert found.subwords is not None
    noise = np.random.default_rng(0).normal(size=(9, 5000)).tolist()
    path.write_bytes(gzip.compress(tiny_model([b"ab"], noise, bucket=8))[:-20])
    with pytest.raises(InputError, match="the compressed file is cut short or damaged"):
        read_vectors(path)


def test_the_end_of_a_sentence_has_no_ngrams(tmp_path: Path) -> None:
    """fastText gives </s> its row alone; gensim mixes the n-grams of its characters in."""
    path = written(tmp_path, tiny_model([b"ab", b"</s>"], [[3.0], [9.0], [6.0]]))
    assert read_vectors(path).vectors.tolist() == [[5.0], [9.0]]


def test_supervised_models_have_words_and_labels(tmp_path: Path) -> None:
    """Labels stand in the dictionary behind the words and have no row."""
    data = tiny_model(
        [b"good"], [[2.0]], labels=[b"__label__yes"], bucket=0, ngrams=(0, 0), model=3
    )
    found = read_vectors(written(tmp_path, data))
    assert (found.words, found.vectors.tolist(), found.subwords) == (["good"], [[2.0]], None)
    assert found.facts["labels"] == ["__label__yes"]
    assert found.vector("bad") is None


def test_supervised_models_of_version_11_have_no_ngrams_whatever_they_say(tmp_path: Path) -> None:
    data = tiny_model([b"good"], [[2.0], [6.0]], version=11, model=3)
    assert read_vectors(written(tmp_path, data)).vectors.tolist() == [[2.0]]


def test_a_pruned_index_keeps_some_buckets(tmp_path: Path) -> None:
    """Of the buckets of <ab and ab> the first is kept, as slot 0: (3 + 6) / 2; the other n-gram counts for nothing."""
    first, second = (fnv1a(gram) % 1000 for gram in ("<ab", "ab>"))
    assert first != second
    data = tiny_model([b"ab"], [[3.0], [6.0]], bucket=1000, pruned=[(first, 0)])
    found = read_vectors(written(tmp_path, data))
    assert found.vectors.tolist() == [[4.5]]
    assert found.vector("zz") is None


def test_words_may_hold_spaces(tmp_path: Path) -> None:
    """fastText makes none, but gensim saves whatever was a token."""
    found = read_vectors(written(tmp_path, tiny_model([b"a b", b"c"], [[3.0], [4.0], [6.0]])))
    assert found.words == ["a b", "c"]


def test_words_that_are_not_utf8_keep_their_vectors(tmp_path: Path) -> None:
    """fastText takes any bytes for words, and its n-grams are of bytes: the escapes are for the eye.

    The odd byte looks like the second of a character, so that <a.> is one n-gram: (3 + 6) / 2.
    """
    path = written(tmp_path, tiny_model([b"a\x97"], [[3.0], [6.0]]))
    assert (found := read_vectors(path)).words == ["a\\x97"]
    assert found.vectors.tolist() == [[4.5]]
    with open_rows(path, reading=Reading("replace")) as rows:
        assert collect(rows).words == ["a\N{REPLACEMENT CHARACTER}"]
        assert rows.source.broken == 1
    with (
        open_rows(path, reading=Reading("strict")) as rows,
        pytest.raises(
            InputError, match=r"word 1 \('a\\\\x97'\) is not UTF-8 at byte 2 of the word"
        ),
    ):
        collect(rows)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (tiny_model([b"a"], [[1.0], [1.0]], version=10), "version 10; versions 11 and 12 can be read"),
        (tiny_model([b"a"], [[1.0], [1.0]], quantised=True), "is quantised (.ftz)"),
        (tiny_model([b"a"], [[1.0]], bucket=5), "the matrix is 1 × 1 where 6 × 1 are expected"),
        (tiny_model([b"ab", b"cd"], [[1.0], [1.0], [1.0]])[:100], "within entry 1 of 2 of the dictionary, at byte 100"),
        (tiny_model([b"ab"], [[1.0], [1.0]])[:118], "the file ends within the shape of the matrix, at byte 118"),
        (tiny_model([b"ab"], [[1.0], [1.0]])[:124], "the file ends within the matrix, at byte 124"),
        (tiny_model([b"ab"], [[1.0], [1.0]])[:-1], "the file ends within the output matrix, at byte"),
        (tiny_model([b"ab"], [[1.0], [1.0]])[:20], "the file ends within the options, at byte 20"),
        (tiny_model([], [[1.0]]), "the dictionary says 0 words"),
        (tiny_model([b"a"], [[1.0], [1.0]], ngrams=(3, 2**31 - 1)), "its n-grams have up to 2,147,483,647 characters"),
        (tiny_model([b"a"], [[1.0], [1.0]], pruned=[(9, 0)]), "its pruned index names what is not there"),
        (tiny_model([b"a"], [[float("nan")], [1.0]]), "word 1 ('a') has nan as its number 1"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_damaged_model_is_refused_by_what_is_wrong(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    with pytest.raises(InputError) as error:
        read_vectors(written(tmp_path, data))
    assert sentence in str(error.value)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_ngrams_in_bulk_are_those_of_each_word(words: list[str], shortest: int, more: int) -> None:
    """The two must agree, else a word that is known and one that is not live in different spaces."""
    longest = shortest + more
    owners, hashes = ngram_hashes([word.encode() for word in words], shortest, longest)
    for number, word in enumerate(words):
        expected = sorted(fnv1a(gram) for gram in ngrams(word, shortest, longest))
        assert sorted(hashes[owners == number].tolist()) == expected


@pytest.mark.parametrize("name", ["crime-and-punishment.bin", "lee_fasttext_new.bin"])
def test_real_models_agree_with_gensim(shared_data: Path, name: str) -> None:
    """Of </s> gensim has another vector than fastText; all others, and those of unknown words, agree to 1e-5."""
    from gensim.models.fasttext import load_facebook_model

    path = shared_data / "models" / "embeddings" / name
    ours, theirs = read_vectors(path), load_facebook_model(str(path)).wv
    assert list(ours.words) == theirs.index_to_key
    assert ours.counts is not None
    assert ours.counts.tolist() == [theirs.get_vecattr(word, "count") for word in ours.words]
    for number, word in enumerate(ours.words):
        if word != "</s>":
            np.testing.assert_allclose(ours.vectors[number], theirs[word], atol=1e-5)
    for word in ("nightly", "zxqw", "Überraschung", "ночью", "日本語"):
        assert word not in ours.numbers
        np.testing.assert_allclose(ours.vector(word), theirs[word], atol=1e-5)


def test_a_real_supervised_model_gives_the_rows_that_lie_before_its_output(
    shared_data: Path,
) -> None:
    """gensim refuses it. Counted from the end of the file: 2 × 100 numbers of output with its head, then 1694 × 100."""
    path = shared_data / "models" / "embeddings" / "pang_lee_polarity_fasttext.bin"
    found, data = read_vectors(path), path.read_bytes()
    matrix = np.frombuffer(data[: -(17 + 4 * 2 * 100)][-4 * 1694 * 100 :], "<f4")
    assert found.vectors.shape == (1694, 100)
    assert found.vectors.tobytes() == matrix.tobytes()
    assert found.facts["labels"] == ["__label__pos", "__label__neg"]
    assert found.subwords is None
    assert found.words[:3] == [".", "the", "</s>"]


def test_a_model_equals_the_text_that_fasttext_wrote_beside_it(shared_data: Path) -> None:
    """The .vec has five digits of what the .bin gives."""
    folder = shared_data / "models" / "embeddings"
    model = read_vectors(folder / "crime-and-punishment.bin")
    text = read_vectors(folder / "crime-and-punishment.vec")
    assert list(model.words) == list(text.words)
    np.testing.assert_allclose(model.vectors, text.vectors, rtol=1e-4, atol=1e-6)
