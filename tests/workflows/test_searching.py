"""``compare --search``: trials on a part of the training rows, the best on the test rows, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.data.splits import holdout
from nlpwb.errors import UsageError
from nlpwb.records import Comparison
from nlpwb.searching import Budget, parse_budget
from nlpwb.specs import parse_spec, parse_specs
from nlpwb.workflows import searching
from nlpwb.workflows.compare import compare
from nlpwb.workflows.computing import Progress
from nlpwb.workflows.design import Design
from nlpwb.workflows.request import Request
from nlpwb.workflows.searching import TUNING

from .corpora import design, rows, write_csv

pytestmark = pytest.mark.usefixtures("fork_server")

FOUR = Budget(trials=4)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    return write_csv(tmp_path / "corpus.csv", rows(100))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def kept(cache: Cache, kind: str) -> list[dict]:
    """The facts of all artifacts of a kind."""
    folders = (cache.root / kind).glob("[!.]*")
    return [json.loads((folder / "manifest.json").read_text())["facts"] for folder in folders]


def compared(
    cache: Cache,
    wanted: Design,
    methods: str,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    **more: Any,
) -> Comparison:
    request = Request(wanted, tuple(parse_specs(methods.split())), **more)
    return compare(request, cache=cache, progress=progress)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("20", Budget(trials=20)),
        ("90s", Budget(seconds=90)),
        ("1.5 h", Budget(seconds=5400)),
        ("10min", Budget(seconds=600)),
    ],
)
def test_a_budget_is_trials_or_time(text: str, budget: Budget) -> None:
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["", "0", "-3", "1.5", "ten", "10 days"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a number of trials, such as 20, or a time"):
        parse_budget(text)


def test_the_best_trial_meets_the_test_rows(corpus: str, cache: Cache) -> None:
    """Its score is that of the same spec without a search, and no trial scored higher on the tuning rows."""
    wanted = design(corpus, test_size=0.3)
    found = compared(cache, wanted, "tfidf", search=FOUR)
    [facts] = kept(cache, "search")
    assert len(facts["trials"]) == 4
    assert facts["trials"][0]["spec"] == "tfidf"
    best = max(trial["score"] for trial in facts["trials"])
    chosen = next(trial["spec"] for trial in facts["trials"] if trial["score"] == best)
    assert facts["chosen"] == chosen
    plain = compared(cache, wanted, chosen)
    assert found.results[0].score == plain.results[0].score
    assert found.results[0].method == "tfidf"
    assert found.protocol.search == "4 trials"
    said = found.results[0].searched
    assert said is not None
    assert parse_spec(chosen) == parse_spec(_spelled("tfidf", said))


def _spelled(name: str, said: dict[str, str]) -> str:
    head = {option: word for option, word in said.items() if option == "C"}
    own = ",".join(f"{option}={word}" for option, word in said.items() if option not in head)
    text = f"{name}:{own}" if own else name
    return f"{text}+logreg:C={head['C']}" if head else text


def test_no_trial_sees_a_test_row(
    corpus: str, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of trials are training texts, and those that judge are not those that were fitted on."""
    given = []
    ask = searching._Parts.documents

    def documents(self, part):
        given.append(ask(self, part))
        return given[-1]

    monkeypatch.setattr(searching._Parts, "documents", documents)
    found = compared(cache, design(corpus, test_size=0.3), "bow", search=Budget(trials=2))
    assert found.protocol.train_rows == 70
    whole = read_corpus(corpus, ReadOptions())
    split = holdout(whole, test_size=0.3, seed=0)
    tests = {whole.texts[i] for i in split.test}
    assert len(given) == 2
    for trial in given:
        assert not tests & {*trial.train_texts, *trial.test_texts}
        assert not {*trial.train_texts} & {*trial.test_texts}
        assert len(trial.test_texts) == round(TUNING * 70)


@pytest.mark.slow
def test_the_same_search_computes_nothing_again(corpus: str, cache: Cache) -> None:
    """And reads no text: what was chosen is kept."""
    events: list[Progress] = []
    wanted = design(corpus, test_size=0.3)
    first = compared(cache, wanted, "tfidf bow", search=FOUR)
    second = compared(cache, wanted, "tfidf bow", search=FOUR, progress=events.append)
    assert not [event for event in events if event.method]
    assert second.results == first.results


def test_a_longer_search_adds_its_trials_alone(corpus: str, cache: Cache) -> None:
    wanted = design(corpus, test_size=0.3)
    compared(cache, wanted, "tfidf", search=FOUR)
    events: list[Progress] = []
    compared(cache, wanted, "tfidf", search=Budget(trials=6), progress=events.append)
    trials = [event.method for event in events if event.method]
    assert len(set(trials)) in (2, 3)  # two trials, and their winner on all rows if it is new


def test_interrupted_it_goes_on(corpus: str, cache: Cache) -> None:
    """Ctrl-C after two trials: the next search has two left."""
    wanted = design(corpus, test_size=0.3)
    seen: list[str] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress.method)
        if len([name for name in seen if name]) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compared(cache, wanted, "tfidf", search=FOUR, progress=interrupt)
    assert not kept(cache, "search")
    events: list[Progress] = []
    compared(cache, wanted, "tfidf", search=FOUR, progress=events.append)
    assert events[0].kept >= 2
    assert len(kept(cache, "search")) == 1


@pytest.mark.slow
def test_every_fold_chooses_for_itself(corpus: str, cache: Cache) -> None:
    found = compared(cache, design(corpus, folds=3), "tfidf", search=Budget(trials=3))
    assert len(kept(cache, "search")) == 3
    said = found.results[0].searched or {}
    assert all(" of 3)" in word or "(" not in word for word in said.values())


def test_a_search_by_time_ends(corpus: str, cache: Cache) -> None:
    """Every method gets its seconds, and at least one trial."""
    wanted = design(corpus, test_size=0.3)
    compared(cache, wanted, "bow majority", search=Budget(seconds=0.05), jobs=1)
    for facts in kept(cache, "search"):
        spent = [trial["seconds"] for trial in facts["trials"]]
        assert spent
        assert sum(spent[:-1]) < 0.05


def test_the_metric_of_the_comparison_chooses(corpus: str, cache: Cache) -> None:
    """Log loss is better when it is lower."""
    wanted = design(corpus, test_size=0.3)
    compared(cache, wanted, "tfidf", search=FOUR, metric="log-loss")
    [facts] = kept(cache, "search")
    assert facts["chosen"] in [
        trial["spec"]
        for trial in facts["trials"]
        if trial["score"] == min(other["score"] for other in facts["trials"])
    ]


def test_numbers_are_searched_too(tmp_path: Path, cache: Cache) -> None:
    generator = np.random.default_rng(0)
    content = []
    for number in range(80):
        value = generator.integers(1, 9)
        content.append((f"{'word ' * int(value)} text {number}", f"{value + 0.5}"))
    source = write_csv(tmp_path / "numbers.csv", content)
    wanted = design(source, test_size=0.3, task="regression")
    found = compared(cache, wanted, "bow+ridge majority", search=Budget(trials=3))
    assert found.results[0].method == "bow+ridge"
    assert len(kept(cache, "search")) == 2


def test_too_few_rows_for_a_search_cost_the_method_alone(tmp_path: Path, cache: Cache) -> None:
    """One training row of a label cannot stand on both sides: the row says so, and no figure is made up."""
    content = [*rows(40), ("rare words indeed 1", "rare"), ("rare words again 2", "rare")]
    source = write_csv(tmp_path / "few.csv", content)
    found = compared(cache, design(source, test_size=0.3), "bow", search=FOUR)
    assert found.results[0].score is None
    assert "no search on" in (found.results[0].error or "")
