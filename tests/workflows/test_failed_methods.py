"""Exit code 4: what the command line says where methods fail. In this process, whose fork server is warm."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.cli.main import run

from .corpora import rows, write_csv

pytestmark = pytest.mark.usefixtures("fork_server", "cache_dir")


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """40 rows of two labels."""
    return write_csv(tmp_path / "corpus.csv", rows(40))


def said(capsys: pytest.CaptureFixture[str], corpus: str, *arguments: str) -> tuple[list[str], str]:
    """The methods' lines on stdout and the sentence on stderr of a run that ends with 4."""
    assert run(["compare", corpus, "--test-size", "0.5", *arguments]) == 4
    output, error = capsys.readouterr()
    assert error.startswith("nlpwb: ")
    assert error.count("\n") == 1
    return output.splitlines()[1:], error.removeprefix("nlpwb: ").rstrip("\n")


def test_the_others_are_printed_and_the_sentence_names_the_one_that_failed(capsys, corpus):
    lines, sentence = said(capsys, corpus, "-m", "majority", "-m", "bow:min_df=99+nb")
    assert [line.split("\t")[0] for line in lines] == ["majority", "bow:min_df=99+nb"]
    assert lines[1].endswith("is left after min_df=99; lower min_df or raise max_df")
    assert sentence.startswith("bow:min_df=99+nb failed (no term of the documents")
    assert sentence.endswith("; the other figures are above")


def test_when_every_method_fails_none_is_said_to_stand(capsys, corpus):
    lines, sentence = said(capsys, corpus, "-m", "bow:min_df=99+nb", "-m", "onehot:min_df=99")
    assert len(lines) == 2
    assert sentence.startswith("bow:min_df=99+nb, onehot:min_df=99 failed (")
    assert sentence.endswith("; there is no other method")


def test_of_a_single_method_the_sentence_is_all(capsys, corpus):
    lines, sentence = said(capsys, corpus, "-m", "bow:min_df=99+nb")
    assert lines == []
    assert sentence.startswith("bow:min_df=99+nb: no term of the documents")


def test_a_time_limit_fails_the_slow_and_keeps_the_quick(capsys, corpus):
    endless = "bow+lsa:dim=2,iterations=2000000000"
    lines, sentence = said(
        capsys, corpus, "-m", "majority", "-m", endless, "--method-timeout", "1", "-j1"
    )
    assert [line.split("\t")[0] for line in lines] == ["majority", endless]
    assert sentence == (
        f"{endless} failed (stopped after 1 s (--method-timeout); give it more time); the other figures are above"
    )
