"""Static models as model2vec lays them out: a table in safetensors, and a tokenizer whose entries are the words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from nlpwb.errors import InputError
from nlpwb.vectors.files import read_vectors
from nlpwb.vectors.formats.opening import open_rows, write_rows

WORDS = {"[UNK]": 0, "king": 1, "queen": 2}
TABLE = np.array([[0, 0], [1, 2], [3, 4]], dtype=np.float32)


def model(folder: Path, vocabulary: Any = None, added: Any = (), **tensors: np.ndarray) -> Path:
    """A static model in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors")
    tokenizer = {
        "model": {"type": "WordPiece", "vocab": vocabulary or WORDS},
        "added_tokens": added,
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def test_words_are_the_tokenizers_by_id(tmp_path: Path) -> None:
    """A dictionary is in no order; its ids are."""
    shuffled = {"queen": 2, "[UNK]": 0, "king": 1}
    found = read_vectors(model(tmp_path / "m", shuffled, embeddings=TABLE))
    assert found.words == ["[UNK]", "king", "queen"]
    assert found.vectors.tolist() == TABLE.tolist()
    assert isinstance(found.vectors, np.memmap)


def test_a_unigram_vocabulary_and_added_tokens(tmp_path: Path) -> None:
    """A list of pieces with their scores, and what was added behind it, or over it."""
    added = [{"id": 0, "content": "[UNK]"}, {"id": 2, "content": "[PAD]"}]
    found = read_vectors(
        model(tmp_path / "m", [["[UNK]", 0.0], ["▁king", -1.5]], added, embeddings=TABLE)
    )
    assert found.words == ["[UNK]", "▁king", "[PAD]"]


@pytest.mark.parametrize("kind", ["float16", "float64", "int8"])
def test_other_numbers_become_float32(tmp_path: Path, kind: str) -> None:
    found = read_vectors(model(tmp_path / "m", embeddings=TABLE.astype(kind)))
    assert found.vectors.dtype == np.float32
    assert found.vectors.tolist() == TABLE.tolist()


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    """numpy knows no such number, so that its bytes are put together by hand."""
    folder = model(tmp_path / "m", embeddings=TABLE)
    halves = (TABLE.view(np.uint32) >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, len(halves)]}
    header = json.dumps({"embeddings": entry}).encode()
    data = len(header).to_bytes(8, "little") + header + halves
    (folder / "model.safetensors").write_bytes(data)
    assert read_vectors(folder).vectors.tolist() == TABLE.tolist()


def test_a_mapping_and_weights_are_applied(tmp_path: Path) -> None:
    """A quantised vocabulary: three words share two rows, each with a weight of its own."""
    found = read_vectors(
        model(
            tmp_path / "m",
            embeddings=TABLE[1:],
            mapping=np.array([1, 0, 1]),
            weights=np.array([1.0, 2.0, 0.5]),
        )
    )
    assert found.vectors.tolist() == [[3, 4], [2, 4], [1.5, 2]]


def test_the_layout_of_sentence_transformers(tmp_path: Path) -> None:
    model(tmp_path / "m" / "0_StaticEmbedding", **{"embedding.weight": TABLE})
    assert read_vectors(tmp_path / "m").words == list(WORDS)


def test_it_can_be_converted(tmp_path: Path) -> None:
    with open_rows(model(tmp_path / "m", embeddings=TABLE)) as rows:
        assert rows.format == "model2vec"
        write_rows(tmp_path / "a.txt", rows, to="word2vec")
    assert (tmp_path / "a.txt").read_text() == "3 2\n[UNK] 0 0\nking 1 2\nqueen 3 4\n"


@pytest.mark.parametrize(
    ("vocabulary", "tensors", "sentence"),
    [
        ({"king": 0}, {"embeddings": TABLE}, "the table has 3 rows and the tokenizer 1 words"),
        ({"king": 0, "queen": 2}, {"embeddings": TABLE[:2]}, "the ids of its words have gaps"),
        (None, {"other": TABLE}, "has no table embeddings or embedding.weight, but other"),
        (None, {"embeddings": TABLE, "mapping": np.array([0, 1, 3])}, "its mapping names rows that the table does not have"),
        (None, {"embeddings": TABLE[:, :0]}, "the table is empty"),
        (["king"], {"embeddings": TABLE}, "is no tokenizer"),
        ([["a", 0], ["a", 1], ["b", 2]], {"embeddings": TABLE}, "a word has two ids"),
    ],
)  # fmt: skip
def test_files_that_do_not_belong_together(
    tmp_path: Path, vocabulary: Any, tensors: dict[str, np.ndarray], sentence: str
) -> None:
    folder = model(tmp_path / "m", vocabulary, **tensors)
    with pytest.raises(InputError) as error:
        read_vectors(folder)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b'{"embeddings": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 999]}}',
        b'{"embeddings": {"dtype": "F32", "shape": [100, 2], "data_offsets": [0, 800]}}',
        b'{"embeddings": {"dtype": "F32", "shape": [-3, -2], "data_offsets": [0, 24]}}',
        b'{"embeddings": {"shape": [3, 2]}}',
        b"[1]",
    ],
    ids=["no JSON", "wrong size", "behind the end", "negative", "no dtype", "a list"],
)  # fmt: skip
def test_a_damaged_table(tmp_path: Path, header: bytes) -> None:
    """What a header promises is compared with the file before anything is mapped."""
    folder = model(tmp_path / "m", embeddings=TABLE)
    data = len(header).to_bytes(8, "little") + header + bytes(24)
    for content in (data, data[:5], (2**60).to_bytes(8, "little") + header):
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(InputError, match="is no safetensors file"):
            read_vectors(folder)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [("float32", "nan", "nan"), ("float16", "inf", "inf"), ("float64", "-1e300", "-inf")],
)
def test_numbers_that_are_none_are_refused_with_their_word(
    tmp_path: Path, kind: str, value: str, shown: str
) -> None:
    """As of a file of text: of NaN every cosine would be NaN, and nobody would know why."""
    table = TABLE.astype(kind)
    table[2, 1] = float(value)
    folder = model(tmp_path / "m", embeddings=table)
    with pytest.raises(InputError) as error:
        read_vectors(folder)
    assert f": word 3 ('queen') has {shown} as its number 2; a vector has finite" in str(
        error.value
    )
