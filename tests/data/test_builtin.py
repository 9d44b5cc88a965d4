"""Data sets with names of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nlpwb.data import builtin
from nlpwb.data.builtin import BUILTINS, find_builtin, is_builtin, names
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import InputError

CORPORA = [entry for entry in BUILTINS if entry.kind in ("labelled", "unlabelled", "pairs")]


@pytest.mark.parametrize("entry", CORPORA, ids=lambda entry: entry.name)
def test_a_built_in_corpus_has_the_size_and_kind_that_the_list_says(entry: builtin.Builtin) -> None:
    corpus = read_corpus(entry.name, ReadOptions())
    assert len(corpus) == entry.size
    assert (corpus.labels is not None) == (entry.kind == "labelled")
    assert corpus.name == entry.name
    assert entry.terms


def test_texts_in_windows_1252_are_read_as_such() -> None:
    """gensim ships lee.cor and pang_lee_polarity.cor as they came."""
    assert any("£" in text for text in read_corpus("gensim:lee", ReadOptions()).texts)


def test_word_similarity_and_analogies_have_files_but_are_no_corpora() -> None:
    for entry in (one for one in BUILTINS if one.kind in ("similarity", "analogies")):
        assert entry.path().stat().st_size > 0
        with pytest.raises(
            InputError,
            match=f"{entry.name} is a set of {entry.kind} for word vectors, not a corpus",
        ):
            read_corpus(entry.name, ReadOptions())


def test_an_unknown_name_is_an_error_with_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        read_corpus("sample:review", ReadOptions())
    assert (
        str(error.value)
        == "there is no built-in data set sample:review; did you mean sample:reviews?"
    )


def test_a_file_of_that_name_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_builtin("sample:reviews")
    Path("sample:reviews").write_text("mine\n")
    assert not is_builtin("sample:reviews")
    assert read_corpus("sample:reviews", ReadOptions()).texts == ["mine"]


def test_samples_are_found_inside_an_installed_package_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel carries them in nlpwb/sample_data; a checkout beside the package."""
    inside = tmp_path / "nlpwb" / "sample_data"
    inside.mkdir(parents=True)
    monkeypatch.setattr(builtin, "__file__", str(tmp_path / "nlpwb" / "data" / "builtin.py"))
    (inside / "reviews.csv").write_text("text,label\n")
    assert find_builtin("sample:reviews").path() == inside / "reviews.csv"
    with pytest.raises(InputError, match="sample:pairs is not installed"):
        find_builtin("sample:pairs").path()


def test_finding_the_files_of_gensim_does_not_import_it() -> None:
    """Importing it takes a second, and listing must not."""
    code = (
        "import sys; from nlpwb.data.builtin import find_builtin; find_builtin('gensim:lee').path(); "
        "sys.exit(any(name in sys.modules for name in ('gensim', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_a_corpus_imports_nothing_heavy() -> None:
    code = (
        "import sys; from nlpwb.data.reading import read_corpus; from nlpwb.data.corpus import ReadOptions; "
        "from nlpwb.data.splits import holdout; from nlpwb.data.health import check; "
        "c = read_corpus('sample:reviews', ReadOptions()); holdout(c, test_size=.2, seed=0); check(c); "
        "heavy = ('numpy', 'pyarrow', 'zstandard', 'gensim', 'scipy'); "
        "sys.exit(any(name in sys.modules for name in heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_names_are_distinct_and_carry_a_prefix() -> None:
    assert len(set(names())) == len(names())
    assert all(name.startswith(("sample:", "gensim:")) for name in names())
