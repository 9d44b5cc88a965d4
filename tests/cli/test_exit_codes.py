"""How a command ends: the exit codes of DESIGN 4, one line on stderr for each failure, a traceback only when asked for."""

from __future__ import annotations

import errno
import importlib.metadata
from pathlib import Path

import pytest

from nlpwb.cli import methods

from .conftest import Typed


def test_0_done(typed: Typed) -> None:
    ended = typed("methods")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_0_help_goes_to_stdout(typed: Typed, word: str) -> None:
    for words in ((word,), ("compare", word), ("data", word), ("data", "split", word)):
        ended = typed(*words)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith(f"Usage: {' '.join(('nlpwb', *words[:-1]))} ")


def test_0_version(typed: Typed) -> None:
    ended = typed("--version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"nlpwb {importlib.metadata.version('nlpwb')}\n"


def test_1_the_request_cannot_be_served(typed: Typed, tmp_path: Path) -> None:
    ended = typed("data", "check", "no-such.csv")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("nlpwb: no-such.csv: no such file or folder")
    (tmp_path / "one.csv").write_text("text,label\nfine,x\nwell,x\n", encoding="utf-8")
    found = typed("data", "check", "one.csv")
    assert (found.code, found.err) == (1, "")  # the finding is data


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["comprae", "x"], "no such command 'comprae'; did you mean 'compare'?"),
        (["zzz"], "no such command 'zzz' (`nlpwb --help` shows how)"),
        (["cache", "lst"], "no such command 'lst'; did you mean 'list'?"),
        (["compare", "x", "--metrc", "f1"], "there is no option --metrc; did you mean --metric?"),
        (["compare", "x", "--zzz"], "there is no option --zzz (`nlpwb compare --help` shows how)"),
        (["--zzz"], "there is no option --zzz (`nlpwb --help` shows how)"),
        (["compare"], "CORPUS is missing; name a file, a folder, a built-in corpus, or - for stdin"),
        (["train", "bow", "-o", "m"], "CORPUS is missing; name a file, a folder, a built-in corpus, or - for stdin"),
        (["train", "bow", "x"], "missing option '-o' / '--output' (`nlpwb train --help` shows how)"),
        (["methods", "bow", "nb"], "got unexpected extra argument(s) (nb) (`nlpwb methods --help` shows how)"),
        (["compare", "x", "--folds"], "option '--folds' requires an argument (`nlpwb COMMAND --help` shows how)"),
        (["compare", "x", "--folds", "x"], "--folds must be a whole number, got 'x'"),
        (["compare", "x", "--fail-under", "x"], "--fail-under must be a number, got 'x'"),
        (["compare", "x", "--seeds", "0"], "--seeds must be between 1 and 100, got 0"),
        (["compare", "x", "-j", "0"], "--jobs must be at least 1, got 0"),
        (["compare", "x", "--seed", "-1"], "--seed must be between 0 and 2147483648, got -1"),
        (["compare", ""], "CORPUS is empty; name a file, a folder, a built-in corpus, or - for stdin"),
        (["compare", "x", "-q", "-v"], "-q and -v contradict each other; give one"),
        (["compare", "x", "--folds", "5", "--test-size", ".2"],
         "--folds and --test-size contradict each other; give one of them"),
        (["compare", "sample:reviews", "--no-cache", "--cache-dir", "y"],
         "--no-cache and --cache-dir contradict each other; give one"),
        (["compare", "x", "--fail-under", "80"],
         "--fail-under 80 is no value of accuracy, which lies between 0 and 1; write for example 0.8"),
        (["compare", "x", "--drop-duplicates"],
         "--drop-duplicates concerns a test file; give --test FILE, or leave it out"),
        (["methods", "--format", "jsno"], "--format 'jsno' is not known; did you mean json?"),
        (["methods", "tfdif"], "there is no method 'tfdif': did you mean tfidf? (`nlpwb methods` lists them)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_2_wrong_usage_is_one_sentence(typed: Typed, words: list[str], sentence: str) -> None:
    """Typer's own three lines become one, with the nearest name where there is one."""
    ended = typed(*words)
    assert (ended.code, ended.out, ended.err) == (2, "", f"nlpwb: {sentence}\n")


@pytest.mark.parametrize("words", [(), ("data",), ("cache",), ("tokenizer",)])
def test_2_a_command_that_is_missing_shows_those_there_are(
    typed: Typed, words: tuple[str, ...]
) -> None:
    ended = typed(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"Usage: {' '.join(('nlpwb', *words))} ")
    assert "\nCommands:\n" in ended.err


def test_3_a_gate_was_missed_and_the_results_are_there(typed: Typed, models: Path) -> None:
    """The lower end is judged: .5 of 12 reaches down to .2538."""
    words = ("evaluate", str(models / "majority"), str(models / "test.csv"))
    missed = typed(*words, "--fail-under", "0.2539")
    assert (missed.code, missed.out) == (3, typed(*words).out)
    assert missed.err == (
        "nlpwb: --fail-under 0.2539 is missed: the lower end of the interval is 0.2538; "
        "more data or another method may help\n"
    )
    assert typed(*words, "--fail-under", "0.2537").code == 0

    corpus = (str(models / "train.csv"), "--test", str(models / "test.csv"))
    words = ("compare", *corpus, "-m", "majority", "-m", "onehot")
    missed = typed(*words, "--fail-under", "0.76")
    assert (missed.code, missed.out) == (3, typed(*words).out)
    assert "the lower end of onehot's interval is 0.7575" in missed.err
    assert typed(*words, "--fail-under", "0.75").code == 0


def test_4_some_methods_failed_and_the_others_are_there(typed: Typed, shop: Path) -> None:
    corpus = (str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    ended = typed("compare", *corpus, "-m", "bow:min_df=99", "-m", "majority", "--format", "jsonl")
    assert ended.code == 4
    assert ended.err.startswith("nlpwb: bow:min_df=99 failed (no term ")
    assert ended.err.count("\n") == 1
    best, failed = ended.out.splitlines()
    assert '"method": "majority"' in best
    assert '"error": "no term ' in failed
    gate = typed("compare", *corpus, "-m", "bow:min_df=99", "-m", "majority", "--fail-under", ".9")
    assert gate.code == 3  # a gate goes before a failure


def test_4_the_only_method_failed(typed: Typed, shop: Path) -> None:
    corpus = (str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    ended = typed("compare", *corpus, "-m", "bow:min_df=99", "--out", "table.md")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("nlpwb: bow:min_df=99: no term ")
    assert not Path("table.md").exists()


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(methods, "find", fail)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            RuntimeError("odd"),
            1,
            "nlpwb: a bug of ours, RuntimeError: odd; "
            "please report it with the output of the same command after `nlpwb --debug`\n",
        ),
        (KeyboardInterrupt(), 130, "nlpwb: interrupted; what was finished is kept\n"),
        (
            MemoryError(),
            1,
            "nlpwb: there is not enough memory for this; give it fewer documents at a time\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "nlpwb: the output cannot be written: no space left on device; "
            "make room, or write elsewhere\n",
        ),
    ],
    ids=["bug", "ctrl-c", "memory", "full"],
)
def test_no_traceback(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, sentence: str
) -> None:
    monkeypatch.setattr("nlpwb.cli.main._leave_stdout", lambda code: code)
    raising(monkeypatch, error)
    ended = typed("methods", "bow")
    assert (ended.code, ended.out, ended.err) == (code, "", sentence)


def test_debug_shows_the_traceback_of_a_bug_and_of_an_error(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLPWB_DEBUG", "")  # set anew by --debug; the fixture's end takes it back
    ended = typed("--debug", "methods", "tfdif")
    assert ended.code == 2
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert ended.err.endswith(
        "\nnlpwb: there is no method 'tfdif': did you mean tfidf? (`nlpwb methods` lists them)\n"
    )
    raising(monkeypatch, RuntimeError("odd"))
    with pytest.raises(RuntimeError, match="odd"):
        typed("--debug", "methods", "bow")
