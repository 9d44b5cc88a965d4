"""``nlpwb tokenizer``: exact output in every format, from arguments, files and standard input; and sentences."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from nlpwb.cli import tokenizer
from nlpwb.cli.main import run
from nlpwb.text import subwords
from nlpwb.text.tokenizer import NAMES


@pytest.fixture
def words_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Five special tokens, then the words by frequency: the 5, cat 6, dog 7, sat 8."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("The cat sat\nthe cat\nthe dog\nthe dog sat the cat\n", encoding="utf-8")
    path = tmp_path / "words.json"
    arguments = ["--kind", "word", "--min-frequency", "1", "--vocab-size", "99", "-o", str(path)]
    assert run(["tokenizer", "train", str(corpus), *arguments, "-q"]) == 0
    capsys.readouterr()
    return str(path)


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8"))))


def test_train_writes_what_the_library_loads_and_says_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tokenizer.json"
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("label,text\n" + "a,low lower lowest\nb,lower low\n" * 5, encoding="utf-8")
    arguments = ["train", str(corpus), "--text", "text", "--kind", "bpe", "-o", str(path)]
    assert run(["tokenizer", *arguments, "--vocab-size", "30", "-q"]) == 0
    vocabulary = Tokenizer.from_file(str(path)).get_vocab()
    assert capsys.readouterr().out == (
        f"path\ttokenizer\tvocabulary\tdocuments\n{path}\tbpe:30\t{len(vocabulary)}\t10\n"
    )
    assert "lower</w>" in vocabulary
    assert "label" not in vocabulary


@pytest.mark.parametrize("kind", ["bpe", "byte-bpe", "wordpiece", "unigram", "word"])
def test_every_kind_trains_on_the_samples(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tokenizer.json"
    arguments = ["sample:reviews", "--kind", kind, "--vocab-size", "1000", "-o", str(path)]
    assert run(["tokenizer", "train", *arguments, "--format", "json", "--lowercase"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["vocabulary"] == Tokenizer.from_file(str(path)).get_vocab_size()
    assert 500 < row["vocabulary"] <= 1000
    assert row["documents"] > 400


def test_training_reads_standard_input_twice_where_it_must(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is empty the second time; the same text from a file must give the same tokenizer."""
    text = "low lower lowest\nnew newer newest\n" * 9
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(text, encoding="utf-8")
    for source, name in ((str(corpus), "file.json"), ("-", "pipe.json")):
        stdin(monkeypatch, text)
        arguments = [
            source,
            "--kind",
            "wordpiece",
            "--vocab-size",
            "60",
            "-o",
            str(tmp_path / name),
        ]
        assert run(["tokenizer", "train", *arguments, "--format", "jsonl"]) == 0
        assert json.loads(capsys.readouterr().out)["documents"] == 18
    assert (tmp_path / "file.json").read_bytes() == (tmp_path / "pipe.json").read_bytes()


def test_special_tokens_and_single_characters_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tokenizer.json"
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("o weh o\n", encoding="utf-8")
    tokens = ["--special-token", "<s>", "--special-token", "[UNK]"]
    arguments = ["--kind", "word", "--single", "--min-frequency", "1", *tokens, "-o", str(path)]
    assert run(["tokenizer", "train", str(corpus), *arguments]) == 0
    assert Tokenizer.from_file(str(path)).get_vocab() == {"<s>": 0, "[UNK]": 1, "o": 2, "weh": 3}
    capsys.readouterr()


TSV = 'row\ttokens\tids\toffsets\n1\t["the", "cow"]\t[5, 1]\t[[0, 3], [4, 7]]\n'
CSV = 'row,tokens,ids,offsets\n1,"[""the"", ""cow""]","[5, 1]","[[0, 3], [4, 7]]"\n'
DOCUMENT = {"row": 1, "tokens": ["the", "[UNK]"], "ids": [5, 1], "offsets": [[0, 3], [4, 7]]}


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("auto", TSV.replace("cow", "[UNK]")),
        ("tsv", TSV.replace("cow", "[UNK]")),
        ("csv", CSV.replace("cow", "[UNK]")),
        ("jsonl", json.dumps(DOCUMENT) + "\n"),
        ("json", json.dumps([DOCUMENT], indent=2) + "\n"),
        ("tokens", "the [UNK]\n"),
        ("ids", "5 1\n"),
        ("table", "  row  tokens     ids\n    1  the [UNK]  5 1\n"),
        ("md", "| row | tokens | ids |\n| ---: | --- | --- |\n| 1 | the [UNK] | 5 1 |\n"),
    ],
)
def test_encode_prints_each_format(
    words_json: str, format: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tokenizer", "encode", words_json, "The cow", "--format", format]) == 0
    assert capsys.readouterr().out == expected


def test_encode_takes_a_text_a_file_and_standard_input(
    words_json: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = "The dog\nsat\n"
    file = tmp_path / "new.txt"
    file.write_text(lines, encoding="utf-8")
    for arguments in ([str(file)], ["-"], []):
        stdin(monkeypatch, lines)
        assert run(["tokenizer", "encode", words_json, *arguments, "--format", "ids"]) == 0
        assert capsys.readouterr().out == "5 7\n8\n"
    assert run(["tokenizer", "encode", words_json, "The dog", "--format", "ids"]) == 0
    assert capsys.readouterr().out == "5 7\n"


def test_encode_keeps_rows_in_order_over_many_batches(
    words_json: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library takes hundreds of texts at once; each must come out under its own row."""
    file = tmp_path / "many.tsv"
    file.write_text("text\n" + "".join(f"cat {n}\n" for n in range(1000)), encoding="utf-8")
    arguments = [str(file), "--text", "text", "--format", "jsonl"]
    assert run(["tokenizer", "encode", "whitespace", *arguments]) == 0
    by_rule = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["row"], row["tokens"]) for row in by_rule] == [
        (n + 2, ["cat", str(n)]) for n in range(1000)
    ]
    assert run(["tokenizer", "encode", words_json, *arguments]) == 0
    trained = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["row"] for row in trained] == list(range(2, 1002))


def test_encode_by_a_rule_has_no_ids(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tokenizer", "encode", "word:single=yes", "o weh", "--format", "tsv"]) == 0
    assert capsys.readouterr().out == (
        'row\ttokens\tids\toffsets\n1\t["o", "weh"]\t\t[[0, 1], [2, 5]]\n'
    )
    assert run(["tokenizer", "encode", "word", "o weh", "--format", "ids"]) == 2
    assert "word has no vocabulary and so no ids; make one with" in capsys.readouterr().err


def test_white_space_in_a_token_is_shown_by_its_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line of tokens can be cut at its spaces again."""
    assert run(["tokenizer", "encode", "char", "a b\tc", "--format", "tokens"]) == 0
    assert capsys.readouterr().out == "a ␣ b ␉ c\n"


def test_encode_takes_a_folder_that_holds_a_tokenizer(
    words_json: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    Path(words_json).rename(folder / "tokenizer.json")
    assert run(["tokenizer", "encode", str(folder), "the", "--format", "ids"]) == 0
    assert capsys.readouterr().out == "5\n"


def test_encode_writes_a_file(words_json: str, tmp_path: Path) -> None:
    out = tmp_path / "ids.txt"
    arguments = ["the dog", "--format", "ids", "--out", str(out)]
    assert run(["tokenizer", "encode", words_json, *arguments]) == 0
    assert out.read_text(encoding="utf-8") == "5 7\n"


@pytest.fixture
def corpora(tmp_path: Path) -> list[str]:
    """Training words: the 3, cat 2, dog, sat; ten different characters. One of three test words is new."""
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("the cat sat\nthe cat\nthe dog\n", encoding="utf-8")
    test.write_text("the cow sat\n", encoding="utf-8")
    return [str(train), "--test", str(test)]


COMPARED = ["-t", "word", "-t", "char", "-t", "word:7", "-t", "word:lowercase=yes"]


def test_compare_counts_what_one_can_count(
    corpora: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tokenizer", "compare", *corpora, *COMPARED, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    protocol = found["protocol"]
    assert (protocol["train_documents"], protocol["test_documents"]) == (3, 1)
    assert protocol["seed"] is None
    assert found["warnings"] == []
    word, char, known = found["results"]  # lowercase=yes is word's default: the same spec
    timing = {"fit_seconds", "docs_per_second"}
    assert {key: word[key] for key in word if key not in timing} == {
        "tokenizer": "word",
        "vocabulary": 4,
        "tokens_per_word": 1.0,
        "oov_rate": 1 / 3,
        "bytes_per_token": 11 / 3,
        "single_token_words": 2 / 3,
        "mean_length": 3.0,
        "max_length": 3,
        "tokens": 3,
        "words": 3,
        "unknown_tokens": 1,
    }
    assert (char["vocabulary"], char["tokens"], char["unknown_tokens"]) == (10, 11, 1)
    assert (char["tokens_per_word"], char["single_token_words"]) == (11 / 3, 0.0)
    # Five special tokens, "the" and "cat"; "sat" is no longer known.
    assert (known["tokenizer"], known["vocabulary"], known["unknown_tokens"]) == ("word:7", 7, 2)
    assert known["single_token_words"] == 1 / 3


def test_compare_prints_a_table(
    corpora: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns the times leave first, and it is said; what is left does not depend on the clock."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(Path(corpora[0]).parent)
    arguments = ["train.txt", "--test", "test.txt", *COMPARED, "--format", "table"]
    assert run(["tokenizer", "compare", *arguments]) == 0
    assert (
        capsys.readouterr().out
        == """\
train.txt   3 training + 1 test documents   held out: test.txt

  tokenizer  vocabulary  tokens/word  OOV %  bytes/token  whole %  tokens/doc
  word                4        1.000  33.33         3.67     66.7         3.0
  char               10        3.667   9.09         1.00      0.0        11.0
  word:7              7        1.000  66.67         3.67     33.3         3.0

Words are what stands between white space; whole: the share that becomes one
known token.
80 columns of text leave no room for: fit s, docs/s (--format tsv or json has
every field)
"""
    )


def test_compare_has_the_same_fields_in_every_format(
    corpora: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {}
    for format in ("tsv", "csv", "jsonl", "json"):
        assert run(["tokenizer", "compare", *corpora, "-t", "char", "--format", format]) == 0
        outputs[format] = capsys.readouterr().out
    (expected,) = json.loads(outputs["json"])["results"]
    (line,) = outputs["jsonl"].splitlines()
    (tsv,) = csv.DictReader(io.StringIO(outputs["tsv"]), delimiter="\t")
    (comma,) = csv.DictReader(io.StringIO(outputs["csv"]))
    assert set(json.loads(line)) == set(expected) == set(tsv) == set(comma)
    assert float(tsv["oov_rate"]) == float(comma["oov_rate"]) == expected["oov_rate"] == 1 / 11


def test_compare_holds_documents_out_by_hash(capsys: pytest.CaptureFixture[str]) -> None:
    """The same documents for the same seed, others for another; none in both parts."""
    found = []
    for seed in ("0", "0", "1"):
        arguments = ["sample:reviews", "-t", "word", "--test-size", "0.25", "--seed", seed]
        assert run(["tokenizer", "compare", *arguments, "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        protocol, (row,) = document["protocol"], document["results"]
        assert protocol["test_documents"] * 3 == pytest.approx(protocol["train_documents"], abs=4)
        found.append((row["tokens"], row["oov_rate"]))
    assert found[0] == found[1] != found[2]


def test_compare_takes_saved_tokenizers(
    corpora: list[str], words_json: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tokenizer", "compare", *corpora, "-t", words_json, "--format", "jsonl"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["tokenizer"], row["vocabulary"]) == (f"path:{words_json}", 9)


def test_compare_without_choices_takes_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tokenizer", "compare", "sample:reviews", "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [row["tokenizer"].partition(":")[0] for row in rows]
    assert names == ["word", "char", "bpe", "wordpiece", "unigram", "byte-bpe"]
    by_name = dict(zip(names, rows, strict=True))
    assert by_name["byte-bpe"]["oov_rate"] == 0.0
    assert by_name["char"]["tokens_per_word"] > by_name["bpe"]["tokens_per_word"] > 1


def test_chinese_text_gets_advice_from_those_that_look_for_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chinese.txt"
    file.write_text("这部电影很好看\n我不喜欢\n今天天气很好\n", encoding="utf-8")
    sentence = "100 % of the letters are Han, written without spaces: words cannot be found there"
    out = str(tmp_path / "tokenizer.json")
    train = ["train", str(file), "--min-frequency", "1", "-o", out]
    for arguments, advised in (
        (["encode", "word", str(file)], True),
        (["encode", "word", "这部电影很好看"], True),
        (["encode", "char", str(file)], False),
        ([*train, "--kind", "word"], True),
        ([*train, "--kind", "bpe"], False),
        (["compare", str(file), "-t", "word", "--test", str(file)], True),
        (["compare", str(file), "-t", "char", "--test", str(file)], False),
    ):
        assert run(["tokenizer", *arguments]) == 0
        assert (sentence in capsys.readouterr().err) == advised, arguments


BAD = [
    (["encode", "wrod", "hello"], 2, "there is no tokenizer 'wrod'; did you mean word?"),
    (["encode", "missing.json", "hello"], 1, "there is no tokenizer at missing.json"),
    (["encode", "bpe:500", "hello"], 2, "bpe:500 must be trained first"),
    (["encode", "word", "missing.csv"], 1, "missing.csv"),
    (["encode", "word", "no/such"], 1, "no/such"),
    (["encode", "word", "x", "--format", "xml"], 2, "--format 'xml' is not known"),
    (["train", "sample:reviews"], 2, "missing option '--output'"),
    (["train", "missing.csv", "-o", "OUT"], 1, "missing.csv"),
    (["train", "sample:reviews", "--kind", "bpee", "-o", "OUT"], 2, "did you mean bpe?"),
    (["train", "sample:reviews", "--kind", "char", "-o", "OUT"], 2, "char learns nothing"),
    (["train", "sample:reviews", "--vocab-size", "9", "-o", "OUT"], 2, "vocab_size=9 cannot hold"),
    (["train", "sample:reviews", "--vocab-size", "0", "-o", "OUT"], 2, "--vocab-size"),
    (["train", "sample:reviews", "--single", "-o", "OUT"], 2, "bpe has no option 'single'"),
    (
        ["train", "sample:reviews", "--kind", "unigram", "--min-frequency", "2", "-o", "OUT"],
        2,
        "unigram has no option 'min_frequency'",
    ),
    (["train", "sample:reviews", "-o", "no/folder/OUT"], 1, "no/folder/OUT cannot be written"),
    (["compare", "sample:reviews", "-t", "bpe:x"], 2, "'x' is not an option"),
    (["compare", "sample:reviews", "-t", "word", "--test-size", "2"], 2, "--test-size"),
    (["compare", "sample:revews", "-t", "word"], 1, "sample:reviews"),
]


@pytest.mark.parametrize(("arguments", "code", "sentence"), BAD)
def test_bad_requests_get_a_sentence_and_write_nothing(
    arguments: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["tokenizer", *arguments]) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert sentence in caught.err
    assert list(tmp_path.iterdir()) == []


def test_the_commands_load_nothing_heavy() -> None:
    program = (
        "import sys; from nlpwb.cli.main import run; code = run(['tokenizer', 'encode', 'word', 'a cat']); "
        "heavy = {'numpy', 'scipy', 'sklearn', 'gensim', 'torch', 'tokenizers', 'rich'} & set(sys.modules); "
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_help_names_the_kinds_that_there_are() -> None:
    """The command file may not import the room of texts, so it has its own list."""
    assert tokenizer.KINDS == subwords.KINDS
    assert {*tokenizer.KINDS, *tokenizer.RULES, "path"} == set(NAMES)
