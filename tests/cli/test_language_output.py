"""``train``, ``evaluate`` and ``predict`` of language models as they are typed: formats, stdin, files, and what is refused."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Ended, Typed

LINE = "money grows in the bank\n"
GPT = "gpt:tokenizer=char,epochs=30,learning_rate=0.02,dim=16,dropout=0.0,layers=1,heads=2,context=24,batch=4"
NGRAMS = "ngram-lm:tokenizer=char"
ONE = ("--threads", "1")
CPU = (*ONE, "--device", "cpu", "--precision", "float32")
TRAINED = [
    "model", "method", "tokens", "vocabulary", "parameters", "epochs", "steps", "tuning_nats", "tuning_bits",
    "before_perplexity", "tuning_perplexity", "fit_seconds", "bytes", "resumed", "device", "precision", "threads",
]  # fmt: skip


@pytest.fixture(scope="module")
def bank(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text of 300 lines, a short one of 20, and models of the long one; ``labels`` is a classifier."""
    from nlpwb.cli.main import run

    folder = tmp_path_factory.mktemp("bank")
    (folder / "long.txt").write_text(LINE * 300)
    (folder / "short.txt").write_text(LINE * 20)
    for name, spec, corpus, more in (
        ("gpt", GPT, folder / "short.txt", CPU),
        ("ngrams", NGRAMS, folder / "long.txt", ONE),
        ("labels", "bow+nb", shop / "train.csv", ONE),
    ):
        assert run(["train", spec, str(corpus), "-o", str(folder / name), "-q", *more]) == 0
    return folder


def fields(ended: Ended) -> list[list[str]]:
    assert (ended.code, ended.err) == (0, "")
    return [line.split("\t") for line in ended.out.splitlines()]


def test_train_says_what_was_made(typed: Typed, bank: Path, tmp_path: Path) -> None:
    """480 characters; the last 5 % are too few to tune on, so all of them are trained on."""
    ended = typed("train", GPT, str(bank / "short.txt"), "-o", "m", *CPU, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    (row,) = json.loads(ended.out)
    assert list(row) == TRAINED
    known = {name: row[name] for name in TRAINED if name not in ("fit_seconds", "bytes", "steps")}
    table = 4 + 256 + len(set(LINE))
    assert known == {
        "model": "m", "method": GPT, "tokens": 480, "vocabulary": table, "parameters": row["parameters"],
        "epochs": 30, "tuning_nats": None, "tuning_bits": None, "before_perplexity": None,
        "tuning_perplexity": None, "resumed": 0, "device": "cpu",
        "precision": "float32", "threads": 1,
    }  # fmt: skip
    assert row["parameters"] > 16 * table
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]
    assert {path.name for path in (tmp_path / "m").iterdir()} >= {
        "manifest.json",
        "model.safetensors",
        "training.jsonl",
    }
    again = typed("train", NGRAMS, "-", "-o", "n", *ONE, "--format", "tsv", stdin=LINE * 20)
    head, values = fields(again)
    assert dict(zip(head, values, strict=True))["tokens"] == "480"


def test_train_shows_a_table_and_says_notes_when_asked(typed: Typed, bank: Path) -> None:
    words = ("train", GPT, str(bank / "short.txt"), "-o", "m", *CPU)
    ended = typed(*words, "--format", "table", "-v", "--plot", "curve.svg")
    assert ended.code == 0
    head, row = [line for line in ended.out.splitlines() if line.strip()][:2]
    assert head.split()[:3] == ["model", "method", "tokens"]
    assert row.split()[0] == "m"
    said = ended.err.splitlines()
    assert any(line.endswith("in the vocabulary") for line in said)
    assert any(line.startswith("no tuning part (") for line in said)
    assert Path("curve.svg").read_text(encoding="utf-8").count("<svg") == 1
    assert typed(*words, "--format", "md").out.startswith("| model | method | tokens |")


def test_train_says_which_model_of_another_method_it_replaces(
    typed: Typed, shop: Path, bank: Path
) -> None:
    """A classifier that gave way to a language model without a word was noticed too late; the same spec again is no news."""
    classifier = ("train", "bow+nb", str(shop / "train.csv"), "-o", "m", *ONE, "-v")
    language_model = ("train", NGRAMS, str(bank / "short.txt"), "-o", "m", *ONE, "-v")

    def told(words: tuple[str, ...]) -> list[str]:
        ended = typed(*words)
        assert ended.code == 0
        return [line for line in ended.err.splitlines() if "replaced" in line]

    held = "m holds a classifier, bow+nb; it is replaced when ngram-lm:tokenizer=char is trained"
    assert [told(words) for words in (classifier, classifier)] == [[], []]
    assert told(language_model) == [held]
    assert told(language_model) == []
    assert told(classifier) == [
        "m holds a language model, ngram-lm:tokenizer=char; it is replaced when bow+nb is trained"
    ]


def test_evaluate_gives_programs_numbers(typed: Typed, bank: Path) -> None:
    """A rounded string with commas in it is no number; JSON has everything."""
    words = ("evaluate", str(bank / "ngrams"), str(bank / "long.txt"), *ONE, "--format")
    document = json.loads(typed(*words, "json").out)
    assert (document["bytes"], document["tokens"], document["blocks"]) == (7200, 7200, 7)
    assert document["low"] <= document["bits_per_byte"] <= document["high"] < 0.2
    assert document["perplexity"] == pytest.approx(math.exp(document["nats_per_token"]))
    nats = document["nats_per_token"] * document["tokens"]
    assert document["bits_per_byte"] == pytest.approx(nats / math.log(2) / document["bytes"])
    assert (document["window"], document["stride"], document["lossless"]) == (None, None, True)
    expected = [
        ["bits per byte", document["bits_per_byte"], document["low"], document["high"], 7200, "bytes"],
        ["perplexity per token", document["perplexity"], document["perplexity_low"],
         document["perplexity_high"], 7200, "tokens"],
        ["nats per token", document["nats_per_token"], None, None, 7200, "tokens"],
    ]  # fmt: skip
    names = ["metric", "score", "low", "high", "count", "unit"]
    rows = [json.loads(line) for line in typed(*words, "jsonl").out.splitlines()]
    assert rows == [dict(zip(names, row, strict=True)) for row in expected]
    written = [["" if value is None else str(value) for value in row] for row in expected]
    assert fields(typed(*words, "tsv")) == [names, *written]
    assert typed(*words, "csv").out.splitlines()[0] == ",".join(names)


def test_evaluate_shows_a_person_a_table(typed: Typed, bank: Path) -> None:
    ended = typed("evaluate", str(bank / "gpt"), str(bank / "long.txt"), *CPU, "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    before, _, rows = ended.out.partition("\n\n")
    assert before.replace("\n", " ").endswith(
        "on long.txt: 7,200 tokens (char), 7 blocks of text, 24 tokens seen at once, 12 of them new"
    )
    lines = [line.split() for line in rows.splitlines()]
    assert lines[0] == ["metric", "score", "95", "%", "interval", "over"]
    assert lines[1][:3] == ["bits", "per", "byte"]
    assert lines[1][-2:] == ["7,200", "bytes"]
    assert "to" in lines[1]
    markdown = typed("evaluate", str(bank / "gpt"), str(bank / "long.txt"), *CPU, "--format", "md")
    assert "| metric | score | 95 % interval | over |" in markdown.out


def test_a_text_too_short_for_an_interval_has_none(typed: Typed, bank: Path) -> None:
    """Not ``nan to nan``; and a gate that cannot be judged is not passed."""
    words = ("evaluate", str(bank / "gpt"), str(bank / "short.txt"), *CPU)
    shown = typed(*words, "--format", "table")
    assert "nan" not in shown.out
    assert "1 block of text" in shown.out.replace("\n", " ")
    assert json.loads(typed(*words, "--format", "json").out)["high"] is None
    gate = typed(*words, "--fail-over", "9")
    assert gate.code == 3
    assert gate.err == (
        "nlpwb: --fail-over 9 cannot be judged: 480 bytes of text are too few for an interval; give more of it\n"
    )


def test_a_pipe_is_judged_as_the_file_is(typed: Typed, bank: Path, tmp_path: Path) -> None:
    """Blank lines and spaces are part of a running text."""
    text = (LINE * 30 + "\n\n  in the bank\n") * 3
    (tmp_path / "gaps.txt").write_text(text)
    words = (*ONE, "--format", "json")
    found = [
        json.loads(ended.out)
        for ended in (
            typed("evaluate", str(bank / "ngrams"), "gaps.txt", *words),
            typed("evaluate", str(bank / "ngrams"), "-", *words, stdin=text),
        )
    ]
    assert found[0]["bytes"] == len(text)
    for name in ("bytes", "tokens", "bits_per_byte", "low", "high"):
        assert found[0][name] == found[1][name]


def test_documents_of_a_column_are_judged_apart(typed: Typed, bank: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,body\n1,money grows\n2,"in the, bank"\n')
    words = ("evaluate", str(bank / "ngrams"), "rows.csv", *ONE, "--format", "json")
    document = json.loads(typed(*words, "--text", "body").out)
    assert (document["documents"], document["tokens"], document["bytes"]) == (2, 25, 25)


def test_the_window_can_be_set(typed: Typed, bank: Path) -> None:
    """A character seen alone foretells less than 23 of them."""
    words = ("evaluate", str(bank / "gpt"), str(bank / "long.txt"), *CPU, "--format", "json")
    usual = json.loads(typed(*words).out)
    narrow = json.loads(typed(*words, "--window", "2", "--stride", "1").out)
    assert (narrow["window"], narrow["stride"]) == (2, 1)
    assert narrow["bits_per_byte"] > 2 * usual["bits_per_byte"]


def test_a_gate_has_its_exit_code(typed: Typed, bank: Path) -> None:
    """The figures are printed all the same."""
    words = ("evaluate", str(bank / "ngrams"), str(bank / "long.txt"), *ONE, "--format", "tsv")
    passed, missed = typed(*words, "--fail-over", "1"), typed(*words, "--fail-over", "0.001")
    assert (passed.code, passed.err) == (0, "")
    assert missed.code == 3
    assert missed.err.startswith(
        "nlpwb: --fail-over 0.001 is missed: the upper end of the interval is 0."
    )
    assert missed.out == passed.out


def test_predict_says_what_may_come_next(typed: Typed, bank: Path) -> None:
    words = ("predict", str(bank / "ngrams"), "money gro", "in the", "--top-k", "2", *ONE)
    rows = [json.loads(line) for line in typed(*words, "--format", "jsonl").out.splitlines()]
    assert [(row["text"], row["rank"], row["token"]) for row in rows if row["rank"] == 1] == [
        ("money gro", 1, "w"),
        ("in the", 1, " "),
    ]
    assert all(0 < row["probability"] <= 1 for row in rows)
    assert len(rows) == 4
    assert rows[0]["probability"] > 0.9 > rows[1]["probability"]
    assert json.loads(typed(*words, "--format", "json").out) == rows
    head, *lines = fields(typed(*words, "--format", "tsv"))
    assert head == ["text", "rank", "token", "probability"]
    assert [line[:3] for line in lines] == [
        [row["text"], str(row["rank"]), row["token"]] for row in rows
    ]
    table = typed(*words, "--format", "table").out.splitlines()
    assert table[0].split() == ["text", "rank", "next", "token", "probability"]
    assert table[3].split()[-3:-1] == ["'", "'"], "a space can be seen"


def test_predict_reads_the_lines_of_a_file_like_those_of_a_pipe(
    typed: Typed, bank: Path, tmp_path: Path
) -> None:
    """A file's name is no text to go on from."""
    place = tmp_path / "texts.txt"
    place.write_bytes(b"money gro\nin the\n")
    words = ("predict", str(bank / "ngrams"), "--top-k", "2", *ONE)
    assert fields(typed(*words, str(place))) == fields(typed(*words, "money gro", "in the"))
    place.write_bytes(b"money\n\xff\n")
    ended = typed(*words, str(place))
    assert ended.code == 1
    assert ended.err == f"nlpwb: {place}: line 2 is not UTF-8; convert it (`iconv -t utf-8`)\n"


def test_predict_reads_lines_and_an_empty_one_asks_how_texts_begin(
    typed: Typed, bank: Path
) -> None:
    words = ("predict", str(bank / "ngrams"), "-", "--top-k", "1", *CPU, "--format", "jsonl")
    rows = [json.loads(line) for line in typed(*words, stdin="in the b\n\nmo").out.splitlines()]
    assert [(row["text"], row["token"]) for row in rows] == [
        ("in the b", "a"),
        ("", "m"),
        ("mo", "n"),
    ]
    assert typed(*words, stdin="").out == ""
    ten = typed("predict", str(bank / "ngrams"), "mo", *ONE, "--format", "jsonl").out.splitlines()
    assert len(ten) == 10


def test_a_text_longer_than_the_model_sees_is_cut_and_that_is_said(
    typed: Typed, bank: Path, tmp_path: Path
) -> None:
    """Learned positions have an end: the 8 last tokens are read."""
    spec = GPT.replace("context=24", "context=8,positions=learned").replace("epochs=30", "epochs=1")
    assert typed("train", spec, str(bank / "short.txt"), "-o", "m", *CPU).code == 0
    words = ("predict", "m", LINE.strip(), "--top-k", "1", *CPU)
    ended = typed(*words)
    said = "nlpwb: text 1 is longer than the 8 tokens that the model reads: its first 16 tokens were cut\n"
    assert ended.err == said
    written = typed("generate", "m", LINE.strip(), "--max-tokens", "1", *CPU)
    assert (written.code, written.err) == (0, said), "both commands say it the same way"
    assert ended.code == 0
    assert typed("predict", "m", LINE.strip(), "--top-k", "1", *CPU, "-q").err == ""
    wide = typed("evaluate", "m", str(bank / "short.txt"), "--window", "9", *CPU)
    assert (wide.code, wide.out) == (2, "")
    assert wide.err == (
        "nlpwb: --window 9: the model m can tell 8 places apart; give at most that many\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["train", GPT, "long.txt", "-o", "m", "--label", "x"],
            f"--label concerns labels, and {GPT} needs none; leave it out",
        ),
        (
            ["train", NGRAMS, "long.txt", "-o", "m", "--device", "cpu"],
            f"--device concerns networks, and {NGRAMS} is none; leave it out",
        ),
        (
            ["train", GPT, "-o", "m"],
            "CORPUS is missing; name a file, a folder, a built-in corpus, or - for stdin",
        ),
        (
            ["predict", "gpt", "a", "--proba"],
            "--proba concerns labels; a language model takes TEXT, leave it out",
        ),
        (
            ["predict", "gpt", "a", "--with-text"],
            "--with-text concerns labels; a language model takes TEXT, leave it out",
        ),
        (
            ["evaluate", "labels", "long.txt", "--window", "9"],
            "--window has no meaning for the model labels, a classifier; leave it out",
        ),
        (
            ["evaluate", "labels", "long.txt", "--fail-over", "9"],
            "--fail-over has no meaning for the model labels, a classifier; leave it out",
        ),
        (
            ["evaluate", "gpt", "long.txt", "--confusion"],
            "--confusion has no meaning for the model gpt, a language model; leave it out",
        ),
        (
            ["evaluate", "gpt", "long.txt", "--stride", "25"],
            "--stride 25 is beyond the window of 24 tokens; give at most that many",
        ),
        (
            ["evaluate", "gpt", "long.txt", "--window", "8", "--stride", "9"],
            "--stride 9 is beyond the window of 8 tokens; give at most that many",
        ),
        (
            ["evaluate", "ngrams", "long.txt", "--window", "9"],
            "--window: the model ngrams sees all that came before; leave it out",
        ),
        (
            ["evaluate", "ngrams", "long.txt", "--stride", "9"],
            "--stride: the model ngrams sees all that came before; leave it out",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(
    typed: Typed,
    bank: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    """In one sentence, with exit code 2, and nothing is printed or made."""
    monkeypatch.chdir(bank)
    before = sorted(path.name for path in bank.iterdir())
    ended = typed(*words, *ONE)
    assert (ended.code, ended.out, ended.err) == (2, "", f"nlpwb: {said}\n")
    assert sorted(path.name for path in bank.iterdir()) == before


@pytest.mark.parametrize("command", ["generate", "predict", "evaluate", "attend", "trace"])
def test_the_help_says_that_a_file_of_llama2c_is_taken(typed: Typed, command: str) -> None:
    """Nobody tries a .bin file where a folder is asked for."""
    ended = typed(command, "--help")
    assert ended.code == 0
    assert "language model of llama2.c (model.bin" in " ".join(ended.out.split())


def test_a_model_of_another_task_names_the_commands_that_fit(typed: Typed, bank: Path) -> None:
    for command in (["generate", str(bank / "labels")], ["embed", str(bank / "gpt"), "x.txt"]):
        ended = typed(*command, *(("-o", "v.npy") if command[0] == "embed" else ()))
        assert ended.code in (1, 2)
        assert "it is for `nlpwb " in ended.err


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind")
def test_killed_and_started_again_it_ends_with_the_same_bytes(
    bank: Path, environment: dict[str, str]
) -> None:
    """kill -9 after the first epochs: states that were carried, and the place in the text, come from the checkpoint."""
    spec = (
        "lstm-lm:tokenizer=char,dim=16,hidden=24,batch=4,length=16,epochs=16,patience=0,dropout=0.3"
    )
    line = [sys.executable, "-m", "nlpwb", "train", spec, "long.txt", *CPU, "--format", "json"]

    def started(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*line, "-o", name],
            cwd=bank,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert started("whole").wait(timeout=100) == 0
    process = started("again")
    end = time.monotonic() + 60
    while not any((bank / ".again.training").glob("checkpoint-*/checkpoint.json")):
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (bank / "again").exists()
    process = started("again")
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    (made,) = json.loads(out)
    assert made["resumed"] > 0
    files = [bank / name / "model.safetensors" for name in ("whole", "again")]
    assert files[0].read_bytes() == files[1].read_bytes()
