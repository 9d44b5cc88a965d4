"""`docs/sequences.schema.json` against what a comparison of language models or translators is."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nlpwb.records import Answer, PairResult
from nlpwb.records_sequences import SequenceComparison, SequenceProtocol, SequenceResult

from .sequences import FAILED, GPT, LOSSY, NGRAMS, WITH, WITHOUT, comparison
from .test_schema import objects

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs" / "sequences.schema.json").read_text(encoding="utf-8")
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
        ("", SequenceComparison),
        ("/$defs/protocol", SequenceProtocol),
        ("/$defs/result", SequenceResult),
        ("/$defs/pair", PairResult),
        ("/$defs/answer", Answer),
    ],
)
def test_the_fields_are_those_of_the_records(name, record):
    """A field that is added to a record must be added here."""
    fields = [field.name for field in dataclasses.fields(record)]
    assert list(dict(objects(SCHEMA))[name]["properties"]) == fields


def test_comparisons_by_hand_are_valid():
    VALIDATOR.validate(comparison(GPT, NGRAMS, LOSSY, FAILED).document())
    VALIDATOR.validate(comparison(WITH, WITHOUT).document())
    one_unit = dataclasses.replace(GPT, low=float("nan"), high=float("nan"))
    VALIDATOR.validate(comparison(one_unit, separable=None, units=1).document())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bits": 1}, "'bits' was unexpected"),
        ({"score": "low"}, "'low' is not"),
        ({"score": -1}, "-1 is less than the minimum of 0"),
        ({"error": "why"}, "is not valid under any of the given schemas"),
        ({"chrf": 101}, "101 is greater than the maximum of 100"),
        ({"letters": "1"}, "does not match"),
    ],
)
def test_what_the_schema_refuses(change, said):
    """A schema that accepts everything documents nothing."""
    document: Any = comparison(GPT, NGRAMS).document()
    document["results"][0].update(change)
    errors = [error.message for error in VALIDATOR.iter_errors(document)]
    assert any(said in message for message in errors), errors
