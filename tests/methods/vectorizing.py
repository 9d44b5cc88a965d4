"""Our vectorizers and scikit-learn's side by side: texts of several scripts, and what it means that two results are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from nlpwb.errors import MethodError
from nlpwb.methods.vectorizers.model import HashingModel, VectorizerModel
from nlpwb.specs import parse_spec

TEXTS = {
    "english": [
        "The quick brown fox jumps over the lazy dog; the dog sleeps.",
        "A fox, a dog & a cat -- it isn't theirs, it's MINE!",
        "",
        "Quick! quick, QUICK: the snow_man melts in 3 days, or 30 days.",
        "I saw the dog. The dog saw me? The dog ran\taway\nwith the fox",
        " \t\n ",
        "over and over and over the lazy lazy hill",
        "x y z 1 2 3",
        "the the the the the the the",
        "brown bread, brown fox, brown dog and a half",
    ],
    "german": [
        "Größe und Straße: 'Müßiggang' ist aller Laster Anfang – „o weh!“ sagte Jürgen.",
        "Die Straße ist größer als die Gasse, und die Gasse ist älter als die Straße.",
        "ÜBER den Wolken muß die Freiheit wohl grenzenlos sein; über, Über, u\u0308ber.",
        "Öl, Äpfel und Übermut",
        "",
        "Fußgängerübergänge über Flüsse; STRASSE, Straße, strasse.",
        "ist ist ist o o ö ö",
        "und die Freiheit und die Größe und die Äpfel",
    ],
    "chinese": [
        "这部电影很好看,我看了两遍。It was 好!",
        "酒店位置很好，服务也很好，就是早餐一般般。",
        "很好 很好 不好 也 好",
        "",
        "书的内容一般，纸张很好；２０１５年买的Ｋｉｎｄｌｅ版。",
        "不错不错不错，下次还会再来！房间 干净\u3000整洁",
        "好",
        "我看了这本书，又看了这部电影。",
    ],
    "emoji": [
        "so good 👍👍🏽 love it ❤️❤️",
        "👨\u200d👩\u200d👧 family trip 🇩🇪→🇫🇷 was 😀😀😀",
        "no comment 🙃",
        "❤️",
        "",
        "love 😀 love 😀 hate 😡 ok👌🏿ok naïve café ①②③ ﬁne",
        "😀 😀",
        "good trip 👍 good family 👍 so so",
    ],
}

NEW_TEXTS = {
    "english": ["the brown dog jumps over a zebra", "", "Fox fox FOX unseen words only", "qqq www"],
    "german": ["Über die Straße und über die Brücke", "größer größer Zwerg", "", "o ö ü ß"],
    "chinese": ["这本书很好，电影也很好看", "早餐不好", "", "完全陌生"],
    "emoji": ["love 👍🏽 trip 🇩🇪", "", "🎉 unseen", "😀❤️"],
}


# What scikit-learn says where no term is left; any other error is one of the test's own.
_NO_TERM = ("no terms remain", "empty vocabulary", "max_df corresponds to < documents than min_df")


def both_counts(options: str, theirs: dict[str, Any], name: str = "bow") -> tuple[Any, Any]:
    """Our config and scikit-learn's vectorizer for ``bow``, ``onehot`` or ``tfidf``."""
    spec = f"{name}:{options}" if options else name
    config = parse_spec(spec).representation.config
    if name == "tfidf":
        return config, TfidfVectorizer(**theirs)
    return config, CountVectorizer(binary=name == "onehot", **theirs)


def assert_same_matrix(ours: Any, theirs: Any) -> None:
    """The same shape, the same entries at the same places; counts to the last digit, weights to the last few bits."""
    theirs = theirs.tocsr().sorted_indices()
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours.indptr, theirs.indptr)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    if ours.dtype.kind == "i":
        np.testing.assert_array_equal(ours.data, theirs.data)
    else:
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-13, atol=0)


def assert_same_fit(
    config: Any, reference: Any, texts: Sequence[str], new: Sequence[str], *, threads: int = 1
) -> None:
    """Fit both, and transform new texts with both; where scikit-learn finds no term, ours has a sentence for it."""
    try:
        expected = reference.fit_transform(texts)
    except ValueError as error:
        if not any(words in str(error) for words in _NO_TERM):
            raise
        with pytest.raises(MethodError):
            VectorizerModel.fit(config, texts, threads=threads)
        return
    model, matrix = VectorizerModel.fit(config, texts, threads=threads)
    assert_same_matrix(matrix, expected)
    assert list(model.terms()) == list(reference.get_feature_names_out())
    assert_same_matrix(model.transform(new, threads=threads), reference.transform(new))


def assert_same_hashes(options: str, theirs: dict[str, Any], texts: Sequence[str]) -> None:
    """The hashed matrix; entries that cancel to 0 are entries in both."""
    config = parse_spec(f"hashing:{options}").representation.config
    _, matrix = HashingModel.fit(config, texts)
    assert_same_matrix(matrix, HashingVectorizer(**theirs).transform(texts))
