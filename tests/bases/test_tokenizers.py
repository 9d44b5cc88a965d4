"""How checkpoints cut texts, with the new file and with the old ones."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from nlpwb.bases.tokenizers import read_tokenizer
from nlpwb.errors import ModelError

TEXTS = [
    "Hello, world!",
    "naïve café—déjà vu; İstanbul ß",
    "我爱 NLP 안녕하세요 เมือง",
    "it's 3.5% (of 10), Mr. O'Neill",
    "",
    "unaffable  spaces\n\n\tand tabs ",
    "a\u0301e\u200bx\x00y\ufffdz",
    "😀👩‍👩‍👧 𝔘𝔫𝔦",
    "x" * 300,
    "[CLS] say [MASK] now [SEP]",
    "<s> x </s><pad><unk> end<|endoftext|> y",
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


@pytest.fixture(scope="module")
def library() -> Any:
    """transformers, with its tokenizers imported."""
    found = pytest.importorskip("transformers")
    found.logging.set_verbosity_error()
    for name in ("BertTokenizerFast", "GPT2TokenizerFast", "RobertaTokenizerFast"):
        getattr(found, name)
    return found


def same_ids(ours: Any, theirs: Any) -> None:
    """Texts alone and with another, marks included, and which of two a token is of."""
    for text in TEXTS:
        assert ours.encode(text).ids == theirs(text)["input_ids"], text
        pair, expected = ours.encode(text, "and another"), theirs(text, "and another")
        assert pair.ids == expected["input_ids"], text
        if "token_type_ids" in expected:
            assert pair.type_ids == expected["token_type_ids"], text


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"do_lower_case": True},
        {"do_lower_case": False},
        {"do_lower_case": True, "strip_accents": False},
        {"do_lower_case": False, "strip_accents": True},
        {"tokenize_chinese_chars": False},
    ],
    ids=str,
)
def test_berts_own_vocabulary_is_read_as_transformers_reads_it(
    library: Any, tmp_path: Path, shared_data: Path, settings: dict[str, bool]
) -> None:
    """Accents, capitals and Chinese characters are what its settings are about."""
    shutil.copy(shared_data / "vocab" / "bert-base-uncased" / "vocab.txt", tmp_path)
    if settings:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    same_ids(
        read_tokenizer(tmp_path, family="bert"), library.BertTokenizerFast.from_pretrained(tmp_path)
    )


def gpt2_folder(folder: Path, shared_data: Path, **settings: Any) -> Path:
    source = shared_data / "vocab" / "gpt2"
    shutil.copy(source / "encoder.json", folder / "vocab.json")
    shutil.copy(source / "vocab.bpe", folder / "merges.txt")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("spaced", [False, True])
def test_gpt2s_own_vocabulary_is_read_as_transformers_reads_it(
    library: Any, tmp_path: Path, shared_data: Path, spaced: bool
) -> None:
    folder = gpt2_folder(tmp_path, shared_data, add_prefix_space=spaced)
    same_ids(
        read_tokenizer(folder, family="gpt2"), library.GPT2TokenizerFast.from_pretrained(folder)
    )


@pytest.mark.parametrize("spaced", [False, True])
def test_robertas_vocabulary_is_read_as_transformers_reads_it(
    library: Any, tmp_path: Path, shared_data: Path, spaced: bool
) -> None:
    """GPT-2's pieces, between marks."""
    folder = gpt2_folder(tmp_path, shared_data, add_prefix_space=spaced)
    pieces = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    for mark in ("<s>", "<pad>", "</s>", "<unk>", "<mask>"):
        pieces[mark] = len(pieces)
    (folder / "vocab.json").write_text(json.dumps(pieces), encoding="utf-8")
    same_ids(
        read_tokenizer(folder, family="roberta"),
        library.RobertaTokenizerFast.from_pretrained(folder),
    )


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
    assert tokenizer.encode("").ids == ([0, 2] if family == "roberta" else [])
    if family == "roberta":
        assert tokenizer.encode("a", "b").tokens == ["<s>", "a", "</s>", "</s>", "b", "</s>"]
        # as in roberta-base's own tokenizer.json, the space before a mask is no token
        assert len(tokenizer.encode("the <mask>").ids) == len(tokenizer.encode("the<mask>").ids)


@pytest.mark.parametrize("lost", ["[CLS]", "[SEP]", "[UNK]"])
def test_a_vocabulary_without_a_mark_names_it(tmp_path: Path, lost: str) -> None:
    path = wordpiece(tmp_path) / "vocab.txt"
    path.write_text(path.read_text().replace(f"{lost}\n", ""))
    with pytest.raises(ModelError, match=re.escape(f"vocab.txt lacks the mark {lost}")):
        read_tokenizer(tmp_path, family="bert")


@pytest.mark.parametrize("keep", [0, 1, 500, -1])
def test_a_tokenizer_that_is_cut_short(tmp_path: Path, keep: int) -> None:
    read_tokenizer(wordpiece(tmp_path), family="bert").save(str(tmp_path / "tokenizer.json"))
    path = tmp_path / "tokenizer.json"
    path.write_text(path.read_text()[:keep])
    with pytest.raises(ModelError, match=r"cannot be read .*fetch it again"):
        read_tokenizer(tmp_path, family="bert")


def test_the_newer_file_comes_first_and_nothing_is_cut_or_padded(tmp_path: Path) -> None:
    """Files of sentence encoders hold a length and a padding, which are not the tokenizer's business here."""
    tokenizer = read_tokenizer(wordpiece(tmp_path), family="bert")
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=20)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "vocab.txt").write_text("nothing of this\n")
    read = read_tokenizer(tmp_path, family="bert")
    assert read.encode("the cat sat").tokens == ["[CLS]", "the", "cat", "sat", "[SEP]"]
