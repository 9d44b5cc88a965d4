"""`docs/intrinsic.schema.json` against what a comparison without labels is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nlpwb.records import Answer, PairResult
from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicProtocol, IntrinsicResult

from .intrinsic import FAILED, SKIPGRAM, TFIDF, comparison
from .test_schema import objects

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs" / "intrinsic.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_described_and_no_other_is_allowed():
    found = dict(objects(SCHEMA))
    assert len(found) == 5
    for name, schema in found.items():
        assert schema["additionalProperties"] is False, name
        assert schema["required"] == list(schema["properties"]), name
        for field, about in schema["properties"].items():
            assert about["description"].endswith("."), (name, field)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("", IntrinsicComparison),
        ("/$defs/protocol", IntrinsicProtocol),
        ("/$defs/result", IntrinsicResult),
        ("/$defs/pair", PairResult),
        ("/$defs/answer", Answer),
    ],
)
def test_the_fields_are_those_of_the_records(name, record):
    """A field that is added to a record must be added here."""
    fields = [field.name for field in dataclasses.fields(record)]
    assert list(dict(objects(SCHEMA))[name]["properties"]) == fields


def test_comparisons_by_hand_are_valid():
    VALIDATOR.validate(comparison(SKIPGRAM, TFIDF, FAILED).document())
    VALIDATOR.validate(comparison(SKIPGRAM).document())
    infinite = dataclasses.replace(TFIDF, docs_per_second=float("inf"))
    VALIDATOR.validate(comparison(SKIPGRAM, infinite, separable=float("nan")).document())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": 1}, "'score' was unexpected"),
        ({"mrr": "high"}, "'high' is not"),
        ({"mrr": 65.2}, "65.2 is greater than the maximum of 1"),
        ({"error": "why"}, "is not valid under any of the given schemas"),
        ({"wordsim353": -2}, "-2 is less than the minimum of -1"),
        ({"letters": "1"}, "does not match"),
    ],
)
def test_what_the_schema_refuses(change, said):
    """A schema that accepts everything documents nothing."""
    document: Any = comparison(SKIPGRAM, TFIDF).document()
    document["results"][0].update(change)
    errors = [error.message for error in VALIDATOR.iter_errors(document)]
    assert any(said in message for message in errors), errors
