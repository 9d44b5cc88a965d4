"""The options of every network: what they refuse, and which files decide a result."""

from __future__ import annotations

import pytest

from nlpwb.errors import UsageError
from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.options import changed_options, option_table, parse_options


def parse(**words: str) -> NetworkConfig:
    config = parse_options(NetworkConfig, "net", words)
    assert isinstance(config, NetworkConfig)
    return config


@pytest.mark.parametrize("name", option_table(NetworkConfig))
def test_every_option_explains_itself(name: str) -> None:
    """`nlpwb methods` prints these; the default must be a word that the parser takes back."""
    info = option_table(NetworkConfig)[name]
    assert info.help
    assert info.usual is not None
    assert changed_options(parse(**{name: info.usual})) == {}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"tokenizer": "wrodpunct"}, "did you mean wordpunct?"),
        ({"tokenizer": "bpe:8000,lowercse=yes"}, "did you mean lowercase?"),
        ({"embeddings": "skipgrm"}, "did you mean skipgram?"),
        ({"embeddings": "skipgram:dmi=3"}, "did you mean dim?"),
        ({"embeddings": "tfidf"}, "embeddings=tfidf gives no vector for each word"),
        ({"embeddings": "doc2vec"}, "embeddings=doc2vec gives no vector for each word"),
        ({"embeddings": "path:"}, "write embeddings=path:FILE"),
        ({"schedule": "linaer"}, "did you mean linear?"),
        ({"dropout": "1"}, "dropout must be at most 0.99"),
        ({"class_weight": "equal"}, "class_weight=equal is not one of its values"),
    ],
)
def test_what_has_no_meaning_is_refused(words: dict[str, str], sentence: str) -> None:
    """Before anything is read or trained."""
    with pytest.raises(UsageError) as caught:
        parse(**words)
    assert sentence in str(caught.value)


def test_files_are_named_by_their_options() -> None:
    """The cache key holds what these files hold: a changed file is another result."""
    assert parse().files == {}
    config = parse(tokenizer="path:t.json", embeddings="path:a:b.vec")
    assert config.files == {"tokenizer": "t.json", "embeddings": "a:b.vec"}
    assert parse(embeddings="skipgram:dim=50").files == {}


def test_no_class_weight_is_a_word() -> None:
    """none is typed as a word and means None."""
    assert parse(class_weight="none").class_weight is None
    assert parse(class_weight="balanced").class_weight == "balanced"
