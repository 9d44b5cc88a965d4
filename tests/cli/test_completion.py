"""What the tab key offers: asked as Typer's scripts ask, and in a real bash, which cuts words at colons."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpwb.cli.completion import complete_corpus, complete_spec, joined

from .conftest import Typed

METHODS = [
    "majority",
    "onehot",
    "bow",
    "tfidf",
    "hashing",
    "skipgram",
    "cbow",
    "fasttext",
    "glove",
    "ppmi",
    "vectors",
    "doc2vec",
    "pretrained",
    "finetune",
    "rnn",
    "lstm",
    "gru",
    "transformer",
    "nbow",
    "cnn",
    "ngram-lm",
    "rnn-lm",
    "lstm-lm",
    "gru-lm",
    "gpt",
    "mlm",
    "seq2seq",
    "seq2seq-attention",
    "seq2seq-transformer",
]
HEADS = ["logreg", "svm", "ridge", "nb", "knn"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", METHODS),
        ("tf", ["tfidf"]),
        ("lsa", []),  # no method of its own
        ("tfidf+", [f"tfidf+{name}" for name in ["lsa", *HEADS]]),
        ("tfidf:ngrams=1-2+s", ["tfidf:ngrams=1-2+svm"]),
        ("tfidf+lsa+", [f"tfidf+lsa+{head}" for head in HEADS]),
        ("tfidf+svm+", []),
        ("majority+", []),
        ("tfidf:norm=", ["tfidf:norm=l2", "tfidf:norm=l1", "tfidf:norm=none"]),
        ("tfidf:min_df=2,nor", [f"tfidf:min_df=2,norm={v}" for v in ("", "l2", "l1", "none")]),
        ("tfidf:binary=", ["tfidf:binary=yes", "tfidf:binary=no"]),
        ("tfidf:norm=l2,norm", []),  # given already
        ("tfidf:nothing=", []),
        ("nothing:", []),
    ],
)
def test_specs(typed: str, offered: list[str]) -> None:
    assert complete_spec(typed) == offered


def test_every_option_of_a_method_is_offered() -> None:
    from nlpwb.catalogue import CATALOGUE, load
    from nlpwb.options import option_table

    for name, before in (("tfidf", ""), ("fasttext", ""), ("svm", "tfidf+lsa+"), ("lsa", "tfidf+")):
        options = option_table(load(CATALOGUE[name].config))
        found = [f"{before}{name}:{option}=" for option in options]
        assert complete_spec(f"{before}{name}:") == found


def test_a_file_of_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs.txt").write_text("bow\n", encoding="utf-8")
    (tmp_path / "sets").mkdir()
    assert complete_spec("@s") == ["@sets/", "@specs.txt"]


def test_corpora_are_built_in_names_with_the_files_that_begin_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sets of word pairs are no corpora; where no name fits, an empty answer leaves the files to the shell."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sampled.csv").write_text("", encoding="utf-8")
    (tmp_path / ".hidden").write_text("", encoding="utf-8")
    assert complete_corpus("sam") == [
        "sample:reviews",
        "sample:pairs",
        "sample:prose",
        "sample:senses",
        "sample:entities",
        "sample:entities-test",
        "sampled.csv",
    ]
    assert "gensim:lee" in complete_corpus("")
    assert "gensim:wordsim353" not in complete_corpus("")
    assert ".hidden" not in complete_corpus("")
    assert complete_corpus("reviews.c") == []


def ask(typed: Typed, shell: str, *words: str) -> list[str]:
    """The answers to the last word, asked as the script of that shell does."""
    variables = {"_NLPWB_COMPLETE": f"complete_{shell}", "COMP_WORDS": "\n".join(words)}
    variables |= {"COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    variables["_TYPER_COMPLETE_ARGS"] = " ".join(words)
    for name, value in variables.items():
        typed.monkeypatch.setenv(name, value)
    ended = typed()
    assert (ended.code, ended.err) == (0, "")
    return [line.split("\t")[0] for line in ended.out.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["nlpwb", "comp"], ["compare"]),
        (["nlpwb", "data", "c"], ["check", "convert"]),
        (["nlpwb", "compare", "x", "-m", "tf"], ["tfidf"]),
        (["nlpwb", "train", "bow+n"], ["bow+nb"]),
        (["nlpwb", "compare", "x", "--format", "json"], ["json", "jsonl"]),
        (["nlpwb", "compare", "x", "--metric", "m"], ["micro-f1", "macro-f1", "mcc", "mae"]),
        (["nlpwb", "compare", "x", "--preset", ""], ["quick", "standard"]),
        (["nlpwb", "compare", "x", "--fol"], ["--folds"]),
        (["nlpwb", "cache", "list", "--kind", "c"], ["cell"]),
        (["nlpwb", "methods", "sk"], ["skipgram"]),
        (["nlpwb", "tokenizer", "train", "x", "--kind", "w"], ["wordpiece", "word"]),
    ],
    ids=lambda value: " ".join(value) if value[0] == "nlpwb" else "",
)
def test_commands_options_and_values(
    typed: Typed, shell: str, words: list[str], offered: list[str]
) -> None:
    assert ask(typed, shell, *words) == offered


def test_zsh_gets_what_its_own_function_wants(typed: Typed) -> None:
    """A colon would begin a description there, so Typer escapes it."""
    assert ask(typed, "zsh", "nlpwb", "train", "tfidf:ngr") == [
        '_arguments \'*: :(("tfidf\\\\:ngrams="',
        '"tfidf\\\\:ngrams=1"))\'',
    ]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        # what bash makes of tfidf:ngr, tfidf:norm=l, tfidf:min_df=2,nor and tfidf:
        (["tfidf", ":", "ngr"], ["ngrams=", "ngrams=1"]),
        (["tfidf", ":", "norm", "=", "l"], ["l2", "l1"]),
        (["tfidf", ":", "min_df", "=", "2,use"], ["2,use_idf=", "2,use_idf=yes", "2,use_idf=no"]),
        (["bow+svm", ":", "C", "="], ["1.0"]),
    ],
)
def test_bash_gets_what_stands_behind_its_last_cut(
    typed: Typed, words: list[str], offered: list[str]
) -> None:
    """It replaces the last piece of the word and nothing before it."""
    assert ask(typed, "bash", "nlpwb", "compare", "x", "-m", *words) == offered
    assert ask(typed, "bash", "nlpwb", "train", *words) == offered


def test_a_long_option_with_its_value_behind_an_equals_sign(typed: Typed) -> None:
    assert ask(typed, "bash", "nlpwb", "compare", "x", "--format", "=", "ta") == ["table"]


@pytest.mark.parametrize(
    ("line", "place", "words", "at"),
    [
        ("nlpwb compare x", 2, ["nlpwb", "compare", "x"], 2),
        ("nlpwb\ncompare\nmy file.csv", 2, ["nlpwb", "compare", "my file.csv"], 2),
        ("nlpwb train tfidf : n = 1 x", 7, ["nlpwb", "train", "tfidf:n=1", "x"], 3),
        ("nlpwb train tfidf : n = 1 x", 2, ["nlpwb", "train", "tfidf:n=1", "x"], 2),
        ("nlpwb train tfidf :", 3, ["nlpwb", "train", "tfidf:"], 2),
        ("nlpwb compare x -m @ specs", 5, ["nlpwb", "compare", "x", "-m", "@specs"], 4),
        ("nlpwb compare", 2, ["nlpwb", "compare"], 2),
    ],
)
def test_words_are_joined_again(line: str, place: int, words: list[str], at: int) -> None:
    assert joined(line, place) == (words, at)


def test_a_real_bash_completes_inside_a_spec(tmp_path: Path, environment: dict[str, str]) -> None:
    """The script that --show-completion prints, a terminal, and the tab key: the only proof that bash agrees."""
    bash = shutil.which("bash")
    programs = Path(sys.executable).parent
    if bash is None or not (programs / "nlpwb").exists():
        pytest.skip("it takes bash, and nlpwb beside this interpreter")
    environment |= {
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
        "TERM": "dumb",
        "PS1": "ready> ",
        "HISTFILE": os.devnull,
        "INPUTRC": os.devnull,
    }
    script = subprocess.run(
        ["nlpwb"],
        env=environment | {"_NLPWB_COMPLETE": "source_bash"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "complete -o default -F" in script
    (tmp_path / "nlpwb.bash").write_text(script, encoding="utf-8")

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(bash, ["bash", "--norc", "--noprofile", "-i"], environment)
    try:
        until(terminal, "ready> ")
        os.write(terminal, b"PS1='ready> '; source nlpwb.bash; echo so''urced\n")
        until(terminal, "sourced\r\nready> ")
        os.write(terminal, b"nlpwb compare sample:re\t-m tfidf:norm=l2,ngr\t1-2+sv\t")
        until(terminal, "nlpwb compare sample:reviews -m tfidf:norm=l2,ngrams=1-2+svm ")
    finally:
        os.close(terminal)
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def until(terminal: int, expected: str, seconds: float = 60) -> None:
    """Read a terminal until it shows this."""
    seen, end = "", time.monotonic() + seconds
    while expected not in seen.replace("\x07", ""):
        assert time.monotonic() < end, f"not shown within {seconds} s: {expected!r} in {seen!r}"
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 65536).decode()
