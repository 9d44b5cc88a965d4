"""The road of ``nlpwb compare`` for methods that write: what is refused on it, and what comes out of real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from nlpwb.cache.store import Cache
from nlpwb.cli import sequences
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import SomeFailed, UsageError
from nlpwb.records_sequences import SequenceResult
from nlpwb.report.sink import Sink
from nlpwb.workflows.sequences.sources import LanguageSources
from tests.report.sequences import GPT, comparison

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs" / "sequences.schema.json").read_text(encoding="utf-8")
)
TINY = "lstm-lm:dim=8,hidden=8,layers=1,epochs=1,length=20,batch=4"


def refused(task: Any, *words: str) -> str:
    """What ``check_options`` says of a command line; empty where it is taken."""
    said = []
    app = typer.Typer()

    @app.command()
    def command(
        context: typer.Context,
        metric: str = "accuracy",
        text: str = "text",
        source_col: str = "source",
        seeds: int = 1,
    ) -> None:
        try:
            sequences.check_options(context, task)
        except UsageError as error:
            said.append(str(error))

    assert CliRunner().invoke(app, list(words)).exit_code == 0
    return "".join(said)


def test_what_concerns_labels_is_refused():
    assert refused("lm", "--metric", "mcc") == (
        "--task lm compares without labels, and --metric concerns comparisons by labels; leave it out"
    )
    assert refused("lm", "--seeds", "3", "--text", "body") == ""


def test_columns_are_those_of_the_task():
    assert "--source-col and --target-col" in refused("translate", "--text", "a")
    assert refused("translate", "--source-col", "de") == ""
    assert refused("lm", "--source-col", "de").startswith("--source-col concerns pairs of texts")


def compared(tmp_path: Path, *specs: str, out: Path, device: str = "auto") -> None:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"line {i} of a text that goes on and on\n" for i in range(1200)))
    sequences.run(
        "lm",
        specs,
        LanguageSources(str(path), ReadOptions()),
        cache=Cache(tmp_path / "cache"),
        sink=Sink(out=str(out), quiet=True),
        test_size=None,
        seed=0,
        seeds=1,
        jobs=1,
        threads=1,
        method_timeout=None,
        device=device,
        precision="auto",
        quiet=True,
    )


@pytest.mark.slow
def test_real_language_models_in_processes_of_their_own(tmp_path):
    out = tmp_path / "found.json"
    compared(tmp_path, f"{TINY},tokenizer=char", f"{TINY},tokenizer=words", out=out)
    document = json.loads(out.read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert all(0 < result["score"] < 12 for result in document["results"])
    assert len(document["pairs"]) == 1
    assert document["protocol"]["units"] == 4


def test_a_comparison_without_a_single_figure_is_an_error():
    """What stands is printed before; the sentence names who failed."""
    failed = SequenceResult(method="gpt", error="out of memory")
    found = comparison(GPT, failed)
    with pytest.raises(
        SomeFailed, match=r"gpt failed \(out of memory\); the other figures are above"
    ):
        sequences._judge_end(found)
    sequences._judge_end(comparison(GPT))
