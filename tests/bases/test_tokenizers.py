"""How checkpoints cut texts, with the new file and with the old ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nlpwb.bases.tokenizers import read_tokenizer
from nlpwb.errors import ModelError
from nlpwb.methods.finetuning.tokens import CheckpointTokens

TEXTS = [
    "Hello, world!",
    "naïve café—déjà vu",
    "我爱 NLP",
    "it's 3.5% (of 10)",
    "",
    "unaffable  spaces",
]


def wordpiece(folder: Path, **settings: Any) -> Path:
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "the",
        "cat",
        "sat",
        "un",
        "##aff",
        "##able",
        ",",
        ".",
        "a",
    ]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def test_words_are_cut_into_pieces_between_marks(tmp_path: Path) -> None:
    tokenizer = read_tokenizer(wordpiece(tmp_path), family="bert")
    assert tokenizer.encode("The unaffable dog.").tokens == [
        "[CLS]", "the", "un", "##aff", "##able", "[UNK]", ".", "[SEP]",
    ]  # fmt: skip
    assert tokenizer.encode("a", "cat").type_ids == [0, 0, 0, 1, 1]


def test_capitals_count_where_the_settings_say_so(tmp_path: Path) -> None:
    tokenizer = read_tokenizer(wordpiece(tmp_path, do_lower_case=False), family="bert")
    assert tokenizer.encode("The the").tokens == ["[CLS]", "[UNK]", "the", "[SEP]"]


def test_marks_that_are_objects_in_the_settings(tmp_path: Path) -> None:
    folder = wordpiece(tmp_path, unk_token={"content": "[UNK]", "lstrip": False}, cls_token="[CLS]")
    assert read_tokenizer(folder, family="bert").encode("dog").tokens[1] == "[UNK]"


def test_no_file_of_a_known_kind(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"neither tokenizer\.json, nor vocab\.txt"):
        read_tokenizer(tmp_path, family="bert")


def test_a_file_that_is_no_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"model": 3}')
    with pytest.raises(ModelError, match="cannot be read"):
        read_tokenizer(tmp_path, family="bert")


@pytest.mark.parametrize("lower", [True, False])
def test_berts_own_vocabulary_is_read_as_transformers_reads_it(
    tmp_path: Path, shared_data: Path, lower: bool
) -> None:
    transformers = pytest.importorskip("transformers")
    (source,) = (shared_data / "vocab" / "bert-base-uncased").glob("vocab.txt")
    shutil.copy(source, tmp_path / "vocab.txt")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lower}))
    theirs = transformers.BertTokenizerFast.from_pretrained(tmp_path)
    ours = read_tokenizer(tmp_path, family="bert")
    for text in TEXTS:
        assert ours.encode(text).ids == theirs(text)["input_ids"], text


@pytest.mark.parametrize("family", ["gpt2", "roberta"])
def test_byte_pairs(tmp_path: Path, family: str) -> None:
    """A vocabulary of bytes and two merges; RoBERTa sets marks around a text, GPT-2 none."""
    from tokenizers import ByteLevelBPETokenizer

    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(["the cat"] * 9, vocab_size=268, special_tokens=marks)
    trained.save_model(str(tmp_path))
    tokenizer = read_tokenizer(tmp_path, family=family)
    tokens = tokenizer.encode("the cat").tokens
    assert (tokens[0], tokens[-1]) == (("<s>", "</s>") if family == "roberta" else ("the", "Ġcat"))
    assert tokenizer.decode(tokenizer.encode("é the 好").ids) == "é the 好"


class TestTokensOfACheckpoint:
    """Rows of ids, cut and counted."""

    def test_marks_cuts_and_unknown_ones(self, tmp_path: Path) -> None:
        inner = read_tokenizer(wordpiece(tmp_path), family="bert")
        tokens = CheckpointTokens(inner, vocabulary=14, longest=5, name="a test")
        found = tokens.encode(["the cat", "the cat sat dog .", "", "dog"])
        assert found.lengths.tolist() == [4, 5, 2, 3]
        assert found.ids[:4].tolist() == [2, 5, 6, 3]
        assert found.ids[4:9].tolist() == [2, 5, 6, 7, 3], "cut behind three tokens"
        assert (found.cut, found.unknown, found.total) == (1, 1, 6)
        assert tokens.tokens[5] == "the"

    def test_pairs_are_one_row(self, tmp_path: Path) -> None:
        inner = read_tokenizer(wordpiece(tmp_path), family="bert")
        tokens = CheckpointTokens(inner, vocabulary=14, longest=7, name="a test")
        found = tokens.encode_pairs([("the cat", "a"), ("the", "cat sat a . ,")])
        assert found.ids[:6].tolist() == [2, 5, 6, 3, 13, 3]
        assert found.lengths.tolist() == [6, 7]

    def test_a_tokenizer_of_another_model(self, tmp_path: Path) -> None:
        inner = read_tokenizer(wordpiece(tmp_path), family="bert")
        with pytest.raises(ModelError, match="14 tokens, and its table of embeddings 10 rows"):
            CheckpointTokens(inner, vocabulary=10, longest=8, name="a test")

    def test_no_room_beside_the_marks(self, tmp_path: Path) -> None:
        inner = read_tokenizer(wordpiece(tmp_path), family="bert")
        with pytest.raises(ModelError, match="leave no room"):
            CheckpointTokens(inner, vocabulary=14, longest=2, name="a test")

    def test_what_is_kept_has_no_length(self, tmp_path: Path) -> None:
        """The length is the model's; a tokenizer with one would cut for whoever reads the file."""
        inner = read_tokenizer(wordpiece(tmp_path), family="bert")
        tokens = CheckpointTokens(inner, vocabulary=14, longest=4, name="a test")
        assert json.loads(tokens.json)["truncation"] is None
        assert tokens.encode(["the cat sat a"]).lengths.tolist() == [4]
