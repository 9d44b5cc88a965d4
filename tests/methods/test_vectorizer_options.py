"""What surrounds the matrix: stop words, single characters, unknown words, state, and the sentences of what cannot be counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD

from nlpwb.errors import InputError, MethodError
from nlpwb.methods.protocol import Unknown
from nlpwb.methods.vectorizers.lsa import Lsa
from nlpwb.methods.vectorizers.model import HashingModel, VectorizerModel
from nlpwb.methods.vectorizers.trie import Trie
from nlpwb.specs import parse_spec


def fit(spec: str, texts: list[str]) -> tuple[VectorizerModel, sp.csr_matrix]:
    return VectorizerModel.fit(parse_spec(spec).representation.config, texts)


def terms(spec: str, texts: list[str]) -> list[str]:
    return list(fit(spec, texts)[0].terms())


def test_counts_are_int32_and_weights_float64() -> None:
    assert fit("bow", ["aa aa"])[1].dtype == np.int32
    assert fit("onehot", ["aa aa"])[1].toarray().tolist() == [[1]]
    assert fit("tfidf", ["aa aa"])[1].dtype == np.float64


def test_words_of_one_character_on_request() -> None:
    assert terms("bow", ["a cat, 好 cat"]) == ["cat"]
    assert terms("bow:single=yes", ["a cat, 好 cat"]) == ["a", "cat", "好"]


def test_characters_inside_words_by_hand() -> None:
    """A word counts with the blanks around it; one that is shorter than the shortest n-gram counts once, whole."""
    assert terms("bow:analyzer=char_wb,ngrams=3", ["ab c"]) == [" ab", " c ", "ab "]
    assert terms("bow:analyzer=char_wb,ngrams=4-5", ["ab c"]) == [" ab ", " c "]
    model, matrix = fit("bow:analyzer=char_wb,ngrams=6", ["ab ab c", "abcd"])
    assert list(model.terms()) == [" ab ", " abcd ", " c "]
    assert matrix.toarray().tolist() == [[2, 0, 1], [0, 1, 0]]


def test_stop_words_leave_before_ngrams_are_made() -> None:
    assert terms("bow:ngrams=2,stop_words=english", ["cat and the dog"]) == ["cat dog"]


def test_stop_words_of_a_file(tmp_path: Path) -> None:
    """The file's words are compared after lowering, as scikit-learn does with a list."""
    path = tmp_path / "stop words.txt"
    path.write_text("katze\nund der\n", encoding="utf-8")
    assert terms(f"bow:stop_words=path:{path}", ["Die Katze und der Hund"]) == ["die", "hund"]
    path.write_text("hund", encoding="utf-8")
    assert terms(f"bow:stop_words=path:{path}", ["Katze und Hund"]) == ["katze", "und"]


def test_stop_words_go_with_the_model(tmp_path: Path) -> None:
    """The folder of a model may be used where the file is not, or where another one has its name."""
    path = tmp_path / "stop.txt"
    path.write_text("cat", encoding="utf-8")
    config = parse_spec(f"bow:stop_words=path:{path},ngrams=1-2").representation.config
    model, _ = VectorizerModel.fit(config, ["dog cat emu"])
    hashed, expected = HashingModel.fit(
        parse_spec(f"hashing:stop_words=path:{path}").representation.config, ["dog cat emu"]
    )
    path.unlink()
    again = VectorizerModel.from_state(config, model.state())
    assert list(again.terms()) == ["dog", "dog emu", "emu"]
    assert again.transform(["dog cat emu"]).toarray().tolist() == [[1, 1, 1]]
    assert again.unknown_tokens(["dog cat cat"]).share == 0
    hashed_again = HashingModel.from_state(hashed.config, hashed.state())
    assert (hashed_again.transform(["dog cat emu"]) != expected).nnz == 0


def test_a_key_follows_what_a_file_of_stop_words_holds(tmp_path: Path) -> None:
    """Otherwise the cache answers with the matrix of yesterday's words; where the file lies does not matter."""
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("cat", encoding="utf-8")
    two.write_text("cat", encoding="utf-8")
    identity = parse_spec(f"bow:stop_words=path:{one}").identity()
    assert parse_spec(f"bow:stop_words=path:{two}").identity() == identity
    one.write_text("dog", encoding="utf-8")
    assert parse_spec(f"bow:stop_words=path:{one}").identity() != identity
    one.unlink()
    with pytest.raises(
        InputError, match=r"^stop_words=path:.*one\.txt: no such file or directory;"
    ):
        parse_spec(f"bow:stop_words=path:{one}").identity()


def test_a_file_of_stop_words_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or directory; stop_words=path:FILE names"):
        fit(f"bow:stop_words=path:{tmp_path / 'none.txt'}", ["aa"])
    (tmp_path / "latin.txt").write_bytes(b"ab\xe4")
    with pytest.raises(InputError, match=r"latin\.txt is not UTF-8 at byte 2; convert it first"):
        fit(f"bow:stop_words=path:{tmp_path / 'latin.txt'}", ["aa"])


@pytest.mark.parametrize("stop_words", ["none", "english"])
def test_a_batch_without_a_word_is_no_error(stop_words: str) -> None:
    """A reviewer who sends one empty line gets an empty row."""
    model, _ = fit(f"tfidf:stop_words={stop_words}", ["cats sleep"])
    assert model.transform([""]).toarray().tolist() == [[0, 0]]
    assert model.transform([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("spec", "texts", "sentence"),
    [
        (
            "tfidf",
            ["", "a b"],
            "the documents (2) hold no term; "
            "try analyzer=char, or single=yes for words of one character",
        ),
        (
            "tfidf:ngrams=2-3",
            ["hello", "world"],
            "the documents (2) hold no term of 2 words; lower the first number of ngrams",
        ),
        (
            "bow:analyzer=char,ngrams=9",
            ["hello"],
            "the documents (1) hold no term of 9 characters; lower the first number of ngrams",
        ),
        (
            "bow:analyzer=whitespace,ngrams=2",
            ["x\x01", "y"],
            "the documents (2) hold no term of 2 words; lower the first number of ngrams",
        ),
        (
            "bow:analyzer=char_wb",
            [" ", ""],
            "the documents (2) hold no term; give some that are not blank",
        ),
        (
            "onehot:min_df=3",
            ["aa bb", "aa cc"],
            "no term of the documents (2) is left after min_df=3; lower min_df or raise max_df",
        ),
        (
            "onehot:min_df=2,max_df=0.5",
            ["aa bb", "aa cc"],
            "no term of the documents (2) is left after min_df=2 and max_df=0.5; "
            "lower min_df or raise max_df",
        ),
    ],
)
def test_the_sentence_where_no_term_is_left(spec: str, texts: list[str], sentence: str) -> None:
    with pytest.raises(MethodError) as caught:
        fit(spec, texts)
    assert str(caught.value) == sentence


def test_unknown_share_by_hand() -> None:
    """Of ``cat emu emu dog`` the two emus are unknown; a word of one character is no token and does not count."""
    model, _ = fit("bow", ["cat dog"])
    assert model.unknown_tokens(["cat emu", "emu a dog"]) == Unknown(2, 4)
    assert model.unknown_tokens(["", "a"]).share is None


def test_words_that_min_df_dropped_are_unknown() -> None:
    model, _ = fit("bow:min_df=2", ["cat dog", "cat emu"])
    assert model.unknown_tokens(["cat dog"]) == Unknown(1, 2)


def test_words_inside_kept_ngrams_are_known() -> None:
    """Only ``cat dog`` is a column, and both its words are known."""
    model, _ = fit("bow:ngrams=2,min_df=2", ["cat dog", "cat dog emu"])
    assert list(model.terms()) == ["cat dog"]
    assert model.unknown_tokens(["cat dog emu emu"]) == Unknown(2, 4)


def test_unknown_characters() -> None:
    model, _ = fit("bow:analyzer=char", ["abc"])
    assert model.unknown_tokens(["abz"]) == Unknown(1, 3)


def test_a_hash_knows_every_word() -> None:
    model, _ = HashingModel.fit(parse_spec("hashing:n_features=8").representation.config, ["aa"])
    assert model.unknown_tokens(["anything"]).share is None
    assert model.dimensions == 8


@pytest.mark.parametrize(
    "spec",
    [
        "bow:ngrams=1-3,min_df=2",
        "onehot:analyzer=char,ngrams=2-4",
        "tfidf:analyzer=char_wb,ngrams=3-5",
        "tfidf:use_idf=no,max_features=4",
        "tfidf:analyzer=whitespace,ngrams=2",
    ],
)
def test_a_model_is_its_state(spec: str) -> None:
    """Fitted and read back, it gives the same matrix: nothing that decides a column stays behind."""
    texts = ["the cat sat on the mat", "the cat sat \x01 again", "a lone \ud800 surrogate", ""]
    new = ["the cat sat", "\ud800 the", "unseen"]
    model, matrix = fit(spec, texts)
    again = VectorizerModel.from_state(model.config, model.state())
    assert isinstance(again.trie, Trie)
    assert list(again.terms()) == list(model.terms())
    assert again.dimensions == matrix.shape[1]
    assert (again.transform(texts) != matrix).nnz == 0
    assert (again.transform(new) != model.transform(new)).nnz == 0


def random_rows() -> sp.csr_matrix:
    generator = np.random.default_rng(0)
    return sp.random(30, 20, density=0.4, random_state=generator, format="csr")


def test_lsa_is_scikit_learns_truncated_svd() -> None:
    """The same directions; kept in float32."""
    matrix = random_rows()
    config = parse_spec("tfidf+lsa:dim=5,normalize=no").reducer.config
    model, reduced = Lsa.fit(config, matrix, seed=3)
    reference = TruncatedSVD(5, n_iter=5, random_state=3).fit(matrix)
    np.testing.assert_allclose(np.abs(reduced), np.abs(reference.transform(matrix)), atol=1e-5)
    assert reduced.dtype == np.float32
    assert model.dimensions == 5
    again = Lsa.from_state(config, model.state())
    np.testing.assert_array_equal(again.transform(matrix), reduced)


def test_lsa_rows_have_length_one_and_rows_of_zeros_stay() -> None:
    matrix = sp.vstack([random_rows(), sp.csr_matrix((1, 20))]).tocsr()
    _, reduced = Lsa.fit(parse_spec("tfidf+lsa:dim=3").reducer.config, matrix, seed=0)
    np.testing.assert_allclose(np.linalg.norm(reduced[:-1], axis=1), 1, rtol=1e-6)
    assert not reduced[-1].any()


def test_lsa_takes_dense_rows_too() -> None:
    rows = random_rows()
    config = parse_spec("skipgram+lsa:dim=4,normalize=no").reducer.config
    _, sparse = Lsa.fit(config, rows, seed=0)
    _, dense = Lsa.fit(config, rows.toarray().astype(np.float32), seed=0)
    np.testing.assert_allclose(np.abs(dense), np.abs(sparse), atol=1e-4)


def test_lsa_with_more_dimensions_than_there_are() -> None:
    with pytest.raises(MethodError) as caught:
        Lsa.fit(parse_spec("tfidf+lsa:dim=21").reducer.config, random_rows(), seed=0)
    assert str(caught.value) == (
        "lsa:dim=21 is more than the matrix of 30 documents and 20 columns has; give dim=20 or less"
    )
