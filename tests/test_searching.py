"""Random search: what is drawn, and what stays as it was typed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from nlpwb.catalogue import CATALOGUE, load
from nlpwb.options import Span, option_table, parse_options
from nlpwb.searching import chosen_options, searched, trials
from nlpwb.specs import parse_spec


def drawn(text: str, number: int, *, seed: int = 0) -> list[str]:
    return [str(trial) for trial in islice(trials(parse_spec(text), seed=seed), number)]


def test_the_first_trial_is_what_was_typed() -> None:
    """A search never ends below its beginning on the rows on which it chooses."""
    assert drawn("tfidf+svm", 1) == ["tfidf+svm"]


def test_a_longer_search_tries_the_same_specs_first() -> None:
    """Its trials are in the cache already."""
    assert drawn("tfidf+svm", 20)[:5] == drawn("tfidf+svm", 5)
    assert len(set(drawn("tfidf+svm", 20))) == 20


def test_another_seed_draws_others() -> None:
    assert drawn("tfidf+svm", 6)[1:] != drawn("tfidf+svm", 6, seed=1)[1:]


def test_a_typed_option_is_never_drawn() -> None:
    """Every trial keeps C=3; the others move: three kinds of n-grams, sublinear or not, and then there is no more."""
    found = [parse_spec(text) for text in drawn("tfidf:min_df=4+svm:C=3", 15)]
    assert {spec.head.config.C for spec in found if spec.head} == {3.0}
    assert {spec.representation.config.min_df for spec in found} == {4}
    assert len({str(spec) for spec in found}) == 6


def test_what_has_no_ranges_is_tried_once() -> None:
    assert drawn("majority", 5) == ["majority"]


def test_a_span_is_drawn_from_end_to_end() -> None:
    """Evenly in its logarithm: the middle of .01 and 1 is .1."""
    span = Span(0.01, 1, logarithmic=True)
    assert [span.draw(share) for share in (0, 0.5, 1)] == [0.01, 0.1, 1.0]
    assert [Span(1, 3, whole=True).draw(share) for share in (0, 0.5, 1)] == [1, 2, 3]


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_declared_range_is_within_what_the_option_takes(name: str) -> None:
    """Both ends of a span, and every word, are read back without a complaint."""
    config = load(CATALOGUE[name].config)
    for option, info in option_table(config).items():
        ends = (
            [str(info.search.draw(0)), str(info.search.draw(1))]
            if isinstance(info.search, Span)
            else list(info.search)
        )
        for word in ends:
            words = {option: word}
            if name == "vectors":
                words["path"] = "x"
            parse_options(config, name, words)


def test_most_methods_have_something_to_search() -> None:
    assert {"ngrams", "min_df"} <= searched(parse_spec("tfidf").representation).keys()
    head = parse_spec("tfidf").head
    assert head is not None
    assert "C" in searched(head)


def test_what_was_chosen_is_told_by_its_option() -> None:
    """Of two parts with an option of one name the second carries its own name."""
    before = parse_spec("tfidf+svm")
    after = parse_spec("tfidf:ngrams=1-2+svm:C=0.3")
    assert chosen_options(before, after) == {"ngrams": "1-2", "C": "0.3"}
    assert chosen_options(before, before) == {}


def test_what_the_base_cannot_take_is_not_drawn(tmp_path: Path) -> None:
    """Such a trial would end the search: a language model of ours has no lora, and no other pooling."""
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    found = [parse_spec(text) for text in drawn(f"finetune:base={tmp_path}", 8)]
    assert len(found) == 8
    assert {spec.representation.config.strategy for spec in found} == {"full"}
    assert {spec.representation.config.pooling for spec in found} == {"auto"}
