"""`docs/comparison.schema.json` against what `nlpwb compare --format json` prints."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nlpwb.cli.main import run
from nlpwb.records import Answer, Comparison, PairResult, Protocol, Result
from tests.report.comparisons import comparison, many

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs" / "comparison.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

SPECS = ("bow", "majority", "bow+lsa:dim=2", "tfidf:min_df=1000")


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """Sixty rows in two labels."""
    path = tmp_path / "colours.csv"
    rows = [f"a {c} thing of kind {i},{c}" for i in range(30) for c in ("red", "blue")]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def objects(schema: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object schema with named properties, with where it stands."""
    if isinstance(schema, dict):
        if "additionalProperties" in schema and "properties" in schema:
            yield name, schema
        for key, value in schema.items():
            yield from objects(value, f"{name}/{key}")


def strict(text: str) -> Any:
    """JSON without the words NaN and Infinity, which Python would read and nobody else."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_described_and_no_other_is_allowed() -> None:
    found = dict(objects(SCHEMA))
    assert len(found) == 5
    for name, schema in found.items():
        assert schema["additionalProperties"] is False, name
        assert set(schema["required"]) == set(schema["properties"]), name
        for field, about in schema["properties"].items():
            assert about["description"].endswith("."), (name, field)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("", Comparison),
        ("/$defs/protocol", Protocol),
        ("/$defs/result", Result),
        ("/$defs/pair", PairResult),
        ("/$defs/answer", Answer),
    ],
)
def test_the_fields_are_those_of_the_records(name: str, record: type[Any]) -> None:
    """A field that is added to a record must be added here."""
    fields = [field.name for field in dataclasses.fields(record)]
    assert list(dict(objects(SCHEMA))[name]["properties"]) == fields


def test_a_real_comparison_with_budgets_seeds_and_a_failed_method(
    corpus: str, cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command's own output, not a record made for the test."""
    methods = [word for spec in SPECS for word in ("-m", spec)]
    options = ["--test-size", "0.3", "--budget", "20", "--seeds", "2", "--format", "json", "-q"]
    assert run(["compare", corpus, *methods, *options]) == 4
    document = strict(capsys.readouterr().out)
    VALIDATOR.validate(document)
    assert [result["method"] for result in document["results"]][-1] == "tfidf:min_df=1000"
    assert {result["budget"] for result in document["curve"]} == {20, None}
    by_method = {result["method"]: result for result in document["results"]}
    assert by_method["bow+lsa:dim=2"]["seed_sd"] is not None
    assert by_method["tfidf:min_df=1000"]["error"]
    assert len(document["pairs"]) == 3


def test_a_real_comparison_over_folds_with_a_loss(
    corpus: str, cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--folds", "3", "--metric", "log-loss", "-m", "majority", "-m", "bow:max_df=0.9"]
    assert run(["compare", corpus, *options, "--format", "json", "-q"]) == 0
    document = strict(capsys.readouterr().out)
    VALIDATOR.validate(document)
    assert document["protocol"]["folds"] == 3
    assert document["protocol"]["higher_is_better"] is False


def test_one_method_has_no_answer_and_no_pairs(
    corpus: str, cache_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", corpus, "-m", "majority", "--test-size", "0.3", "--format", "json"]) == 0
    document = strict(capsys.readouterr().out)
    VALIDATOR.validate(document)
    assert (document["answer"], document["pairs"]) == (None, [])


def test_figures_that_are_not_finite_are_valid_as_null() -> None:
    made = many(3, seed=1, separable=float("inf"))
    odd = dataclasses.replace(made.results[1], delta_low=float("nan"), docs_per_second=float("inf"))
    made = dataclasses.replace(made, results=[made.results[0], odd, made.results[2]])
    VALIDATOR.validate(made.document())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": 1}, "'scores' was unexpected"),
        ({"score": "high"}, "'high' is not"),
        ({"error": "why"}, "is not valid under any of the given schemas"),
        ({"oov_rate": 12.2}, "12.2 is greater than the maximum of 1"),
        ({"letters": "1"}, "does not match"),
    ],
)
def test_what_the_schema_refuses(change: dict[str, Any], said: str) -> None:
    """A schema that accepts everything documents nothing."""
    document: Any = comparison(many(2, seed=1).results).document()
    VALIDATOR.validate(document)
    document["results"][0].update(change)
    errors = [error.message for error in VALIDATOR.iter_errors(document)]
    assert any(said in message for message in errors), errors
