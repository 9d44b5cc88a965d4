"""Every mistake of the table gets one line on stderr that names it, its exit code, and leaves nothing behind."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from .bad_inputs import CORPORA, READING, REQUESTS, Bad
from .conftest import Typed


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("bad", [*READING, *CORPORA, *REQUESTS], ids=str)
def test_one_sentence_and_nothing_written(
    bad: Bad, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    cache = tmp_path / "cache"
    monkeypatch.setenv("NLPWB_CACHE", str(cache))
    monkeypatch.chdir(folder)
    bad.make(folder)
    before = tree(folder)
    ended = typed(*shlex.split(bad.words))
    assert (ended.code, ended.out, ended.err) == (bad.code, "", f"nlpwb: {bad.sentence}\n")
    assert tree(folder) == before
    assert not list(cache.glob("cell/*")), "a cell was kept of a comparison that could not be made"


@pytest.mark.parametrize("bad", READING, ids=str)
@pytest.mark.parametrize("command", ["predict svm", "train bow -o new", "vectorize bow -o new.npz"])
def test_other_commands_say_the_same_of_a_corpus_that_cannot_be_read(
    bad: Bad, command: str, typed: Typed, models: Path, tmp_path: Path
) -> None:
    """The reader's sentences do not depend on who reads; a command that can do without labels takes such a corpus."""
    labels = (
        "one label",
        "a label with",
        "no labels",
        "unknown group",
        "unknown label",
        "of its own",
    )
    if any(word in bad.what for word in labels) or bad.words.startswith("compare ''"):
        pytest.skip("it concerns labels, which this command does not need or judges by itself")
    bad.make(tmp_path)
    before = tree(tmp_path)
    name, *rest = bad.words.removeprefix("compare ").split()
    options = [word for word in rest if word not in ("-m", "bow", "majority")]
    verb, what, *output = command.replace("svm", str(models / "svm")).split()
    ended = typed(verb, what, name, *output, *options)
    assert (ended.code, ended.out, ended.err) == (bad.code, "", f"nlpwb: {bad.sentence}\n")
    assert tree(tmp_path) == before


def test_the_same_from_standard_input(typed: Typed) -> None:
    """A pipe has no name, and says so."""
    sentence = "standard input is empty; a corpus needs at least one document"
    assert typed("compare", "-", "-m", "bow").err == f"nlpwb: {sentence}\n"
    words = ("vectorize", "bow", "-", "--top", "3", "--input-format", "csv")
    ended = typed(*words, stdin='text,label\na text,yes\n"open,no\n')
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("nlpwb: standard input, line 3: a quoted field opens here")


def test_skip_bad_rows_counts_what_it_leaves_out(typed: Typed, tmp_path: Path) -> None:
    """The way out that the sentences offer is one."""
    (tmp_path / "in.csv").write_text("text,label\na b,yes\none, two,no\nc d,no\n", encoding="utf-8")
    ended = typed("data", "describe", "in.csv", "--skip-bad-rows", "-v")
    assert ended.code == 0
    assert "documents\t2\n" in ended.out
    assert "skipped rows\t1\n" in ended.out


def test_the_encoding_that_is_offered_reads_the_file(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"text,label\na text,yes\ncaf\xe9,no\n")
    ended = typed(
        "data", "convert", "in.csv", "--encoding", "windows-1252", "-o", "-", "--to", "csv"
    )
    assert (ended.code, ended.out) == (0, "text,label\na text,yes\ncafé,no\n")
