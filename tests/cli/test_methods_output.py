"""``nlpwb methods``: what there is and the options of each, to the letter."""

from __future__ import annotations

import json

import pytest

from nlpwb.catalogue import CATALOGUE

from .conftest import Typed

HEAD = "lsa (reducer, vectorizers): truncated singular value decomposition of the matrix before it"
SOURCE = "Source: Deerwester et al. (1990), JASIS 41; Halko et al. (2011), SIAM Review 53"
OPTIONS = [
    ("dim", "100", ">= 1", "dimensions kept", "50 | 100 | 200 | 300"),
    ("iterations", "5", ">= 0", "power iterations of the randomised solver", ""),
    ("normalize", "yes", "yes | no", "scale each document's vector to length 1", ""),
]
FIELDS = ("option", "default", "range", "help", "search")
ROWS = [{name: word or None for name, word in zip(FIELDS, row, strict=True)} for row in OPTIONS]
LSA = {
    "tsv": "".join("\t".join(row) + "\n" for row in [FIELDS, *OPTIONS]),
    "csv": "".join(",".join(row) + "\n" for row in [FIELDS, *OPTIONS]),
    "jsonl": "".join(json.dumps(row) + "\n" for row in ROWS),
    "json": json.dumps(
        {
            "name": "lsa",
            "role": "reducer",
            "family": "vectorizers",
            "summary": HEAD.partition(": ")[2],
            "source": SOURCE.partition(": ")[2],
            "options": ROWS,
        },
        indent=2,
    )
    + "\n",
    "table": f"{HEAD}\n{SOURCE}\n\n"
    "  option      default  values    what it does\n"
    "  dim         100      >= 1      dimensions kept\n"
    "  iterations  5        >= 0      power iterations of the randomised solver\n"
    "  normalize   yes      yes | no  scale each document's vector to length 1\n",
    "md": f"{HEAD}\n\n{SOURCE}\n\n"
    "| option | default | values | what it does |\n| --- | --- | --- | --- |\n"
    "| dim | 100 | >= 1 | dimensions kept |\n"
    "| iterations | 5 | >= 0 | power iterations of the randomised solver |\n"
    "| normalize | yes | yes \\| no | scale each document's vector to length 1 |\n",
}


@pytest.mark.parametrize("format", sorted(LSA))
def test_one_method_in_every_format(typed: Typed, format: str) -> None:
    ended = typed("methods", "lsa", "--format", format)
    assert (ended.code, ended.out, ended.err) == (0, LSA[format], "")


def test_all_methods_have_the_same_fields_in_every_format(typed: Typed) -> None:
    """The catalogue's order; nobody looks for a method that is not listed."""
    rows = json.loads(typed("methods", "--format", "json").out)
    assert [row["name"] for row in rows] == list(CATALOGUE)
    assert rows[0] == {
        "name": "majority",
        "role": "method",
        "family": "baselines",
        "summary": "always the most frequent label: what any method must beat",
        "source": "the zero rule of Holte (1993), Machine Learning 11",
    }
    lines = [json.loads(line) for line in typed("methods", "--format", "jsonl").out.splitlines()]
    assert lines == rows
    header, *values = typed("methods").out.splitlines()
    assert [
        dict(zip(header.split("\t"), value.split("\t"), strict=True)) for value in values
    ] == rows
    table = typed("methods", "--format", "table").out
    assert table.splitlines()[0].split() == ["name", "role", "family", "what", "it", "is"]
    assert table.endswith("A spec is method[:option=value,…][+lsa][+head]: tfidf:ngrams=1-2+svm\n")
    assert typed("methods", "--format", "md").out.startswith(
        "| name | role | family | what it is |\n"
    )
    assert typed("methods", "--format", "csv").out.startswith("name,role,family,summary,source\n")


@pytest.mark.parametrize("name", ["gpt", "rnn-lm", "seq2seq-transformer", "skipgram"])
def test_a_terminal_of_80_columns_still_says_what_each_option_does(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Names and defaults alone explain nothing: values are wrapped before the help leaves."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = typed("methods", name, "--format", "table").out.splitlines()
    assert max(map(len, lines)) <= 80
    head = next(line for line in lines if line.split()[:1] == ["option"])
    assert head.split() == ["option", "default", "values", "what", "it", "does"]
    assert "no room" not in "".join(lines)
    start = head.index("what it does")
    told = " ".join(" ".join(line[start:].split()) for line in lines)
    rows = json.loads(typed("methods", name, "--format", "json").out)["options"]
    assert all(row["help"] in told for row in rows)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_method_shows_its_options(typed: Typed, name: str) -> None:
    """What is shown as a default can be typed as a value, or is the word none."""
    ended = typed("methods", name, "--format", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["name"]) == (0, name)
    for option in document["options"]:
        assert option["help"]
        assert option["range"]
        assert option["default"] != ""
