"""A comparison as a whole: what it computes, what it does not compute again, and that its figures are right."""

from __future__ import annotations

import dataclasses
import multiprocessing
import statistics
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import InputError, UsageError
from nlpwb.records import Comparison
from nlpwb.specs import parse_specs
from nlpwb.workflows import design as design_module
from nlpwb.workflows.compare import compare
from nlpwb.workflows.computing import Progress
from nlpwb.workflows.design import Sources
from nlpwb.workflows.disagreements import disagreements
from nlpwb.workflows.request import Request

from .corpora import cells, compared, design, plan_for, rows, write_csv

pytestmark = pytest.mark.usefixtures("fork_server", "doubles")

METHODS = "majority bow+nb tfidf"


@dataclasses.dataclass(frozen=True)
class Done:
    """A finished comparison of METHODS on four folds of 120 rows, to be added to and not changed."""

    source: str
    cache: Cache
    comparison: Comparison

    def more(self, methods: str, **more) -> Comparison:
        """Another comparison on the same rows."""
        return compared(self.cache, design(self.source, folds=4), methods, **more)


@pytest.fixture(scope="module")
def done(tmp_path_factory, fork_server) -> Done:
    """One comparison for all tests that only look at one."""
    folder = tmp_path_factory.mktemp("done")
    source = write_csv(folder / "corpus.csv", rows(120))
    cache = Cache(folder / "cache")
    return Done(source, cache, compared(cache, design(source, folds=4), METHODS))


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """60 rows of two labels."""
    return write_csv(tmp_path / "corpus.csv", rows(60))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file of a cache with what changes when it is written anew."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_size)
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


# what is computed, and what is not


def test_every_cell_is_computed_once(done):
    assert len(cells(done.cache.root)) >= 3 * 4
    assert [result.method for result in done.comparison.results].count("majority") == 1
    assert {result.method for result in done.comparison.results} == set(METHODS.split())


def test_a_repeated_comparison_computes_nothing_and_says_the_same(done):
    before = snapshot(done.cache.root)
    assert done.more(METHODS) == done.comparison
    assert snapshot(done.cache.root) == before


def test_a_repeated_comparison_reads_no_text(done, monkeypatch):
    def read(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(design_module, "read_corpus", read)
    assert done.more(METHODS) == done.comparison


def test_another_method_computes_its_own_cells_alone(done):
    before = cells(done.cache.root)
    seen: list[Progress] = []
    request = Request(
        design(done.source, folds=4), tuple(parse_specs([*METHODS.split(), "onehot+nb"]))
    )
    added = compare(request, cache=done.cache, progress=seen.append)
    after = cells(done.cache.root)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 4
    assert {one.method for one in seen} == {"", "onehot+nb"}
    assert [(one.done, one.kept, one.total) for one in seen] == [
        (number, 12, 16) for number in (12, 13, 14, 15, 16)
    ]
    old = {result.method: result.score for result in done.comparison.results}
    new = {result.method: result.score for result in added.results}
    assert {name: new[name] for name in old} == old


def test_another_metric_computes_no_cell(done):
    before = cells(done.cache.root)
    other = done.more(METHODS, metric="macro-f1")
    assert cells(done.cache.root) == before
    assert other.protocol.metric == "macro-f1"
    assert other.results != done.comparison.results


def test_fewer_methods_compute_no_cell(done):
    before = cells(done.cache.root)
    assert len(done.more("majority bow+nb").results) == 2
    assert cells(done.cache.root) == before


def test_the_order_in_which_methods_are_named_changes_no_figure(done):
    def figures(comparison: Comparison):
        return {one.method: (one.score, one.low, one.high) for one in comparison.results}

    assert figures(done.more("tfidf majority bow+nb")) == figures(done.comparison)


def test_a_damaged_cell_is_computed_anew_and_said(cache, corpus):
    said: list[str] = []
    cache.warn = said.append
    first = compared(cache, design(corpus, test_size=0.5), "majority bow+nb")
    before = cells(cache.root)
    spoilt = sorted(before)[0]
    file = cache.root / "cell" / spoilt / "predicted.npy"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    again = compared(cache, design(corpus, test_size=0.5), "majority bow+nb")
    assert len(said) == 1
    assert f"the cached cell {spoilt[:12]} is damaged" in said[0]
    after = cells(cache.root)
    assert {name for name in after if after[name] != before[name]} == {spoilt}
    assert [one.score for one in again.results] == [one.score for one in first.results]


# whether the figures are right

REFERENCE = {
    "tfidf": lambda: make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
    "bow+nb": lambda: make_pipeline(CountVectorizer(), MultinomialNB()),
}
SCORES = {
    "accuracy": lambda y, p, labels: metrics.accuracy_score(y, p.argmax(1)),
    "macro-f1": lambda y, p, labels: metrics.f1_score(y, p.argmax(1), average="macro"),
    "weighted-f1": lambda y, p, labels: metrics.f1_score(y, p.argmax(1), average="weighted"),
    "mcc": lambda y, p, labels: metrics.matthews_corrcoef(y, p.argmax(1)),
    "log-loss": lambda y, p, labels: metrics.log_loss(y, p, labels=labels),
    "roc-auc": lambda y, p, labels: metrics.roc_auc_score(y, p[:, 1]),
}


@pytest.mark.parametrize("metric", SCORES)
def test_scores_are_scikit_learns_on_the_same_folds(done, metric):
    """By hand: the rows of the plan, scikit-learn's estimators, scikit-learn's metrics, the mean over the folds."""
    plan = plan_for(done.cache, design(done.source, folds=4))
    corpus = read_corpus(done.source, ReadOptions())
    texts, labels = np.array(corpus.texts), np.array(corpus.labels)
    found = {one.method: one for one in done.more(METHODS, metric=metric).results}
    for method, pipeline in REFERENCE.items():
        scores = []
        for run in range(4):
            train, test = plan.train_indices(run), plan.test_indices(run)
            model = pipeline().fit(texts[train], labels[train])
            numbers = np.searchsorted(plan.labels, labels[test])
            scores.append(SCORES[metric](numbers, model.predict_proba(texts[test]), [0, 1]))
        assert found[method].score == pytest.approx(statistics.fmean(scores), abs=1e-3), method


def test_accuracy_on_a_test_file_is_scikit_learns(cache, tmp_path):
    train, test = rows(80), rows(50, seed=3)
    comparison = compared(
        cache,
        design(write_csv(tmp_path / "a.csv", train), test=write_csv(tmp_path / "b.csv", test)),
        "tfidf bow+nb",
    )
    assert comparison.protocol.split == "file"
    assert comparison.protocol.interval == "Wilson"
    assert comparison.protocol.significance == "exact McNemar, Holm"
    for one in comparison.results:
        model = REFERENCE[one.method]().fit(*zip(*train, strict=True))
        texts, labels = zip(*test, strict=True)
        assert one.score == model.score(texts, labels)
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.score < one.high


def test_majority_is_the_share_of_the_most_frequent_label(cache, tmp_path):
    content = [("a text of its own " + str(i), "ab"[i % 3 == 0]) for i in range(60)]
    source = write_csv(tmp_path / "c.csv", content)
    (one,) = compared(cache, design(source, folds=5), "majority").results
    assert one.score == pytest.approx(40 / 60)


# seeds, budgets, groups


def test_seeds_spread_what_depends_on_them_and_nothing_else(cache, corpus):
    comparison = compared(
        cache, design(corpus, test_size=0.4), "majority bow+nb bow+lsa:dim=3,iterations=0", seeds=3
    )
    assert comparison.protocol.seeds == [0, 1, 2]
    assert len(cells(cache.root)) == 1 + 1 + 3
    spread = {one.method: one.seed_sd for one in comparison.results}
    assert spread.pop("bow+lsa:dim=3,iterations=0") > 0
    assert spread == {"majority": None, "bow+nb": None}
    assert comparison.protocol.interval == "Wilson, for several seeds bootstrap over documents"
    assert (
        comparison.protocol.significance
        == "exact McNemar, for several seeds paired permutation, Holm"
    )


def test_more_seeds_add_the_cells_of_the_new_ones(cache, corpus):
    wanted = design(corpus, test_size=0.4)
    compared(cache, wanted, "bow+lsa:dim=3", seeds=1)
    before = cells(cache.root)
    compared(cache, wanted, "bow+lsa:dim=3", seeds=2)
    after = cells(cache.root)
    assert len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


def test_a_learning_curve_has_a_row_for_each_method_and_budget(cache, corpus):
    comparison = compared(cache, design(corpus, test_size=0.2, budgets=(10, 20)), "majority bow+nb")
    assert comparison.protocol.budgets == [10, 20]
    assert {(one.method, one.budget) for one in comparison.curve} == {
        (method, budget) for method in ("majority", "bow+nb") for budget in (10, 20, None)
    }
    assert len(comparison.results) == 2
    assert all(one.budget is None for one in comparison.results)
    assert len(cells(cache.root)) == 6
    assert all(one.score is not None for one in comparison.curve)


def test_a_budget_is_scored_on_the_same_test_rows(cache, corpus):
    """Majority over two rows, one of each label, says the first label: the share of that label in the test part."""
    wanted = design(corpus, test_size=0.2, budgets=(2,))
    comparison = compared(cache, wanted, "majority")
    truth = plan_for(cache, wanted).truth(0)
    (at_two,) = [one for one in comparison.curve if one.budget == 2]
    assert at_two.score == np.mean(truth == 0)


def test_groups_are_resampled_whole(cache, tmp_path):
    content = [(*row, f"author {i % 7}") for i, row in enumerate(rows(70))]
    source = write_csv(tmp_path / "c.csv", content, "text,label,author")
    comparison = compared(cache, design(source, group="author", test_size=0.4), "majority bow+nb")
    assert comparison.protocol.groups == 7
    assert comparison.protocol.interval == "bootstrap over groups"
    assert comparison.protocol.significance == "paired permutation over groups, Holm"


# failures


def test_a_method_that_cannot_be_fitted_says_why_and_the_others_stand(done):
    comparison = done.more(f"{METHODS} bow:min_df=100000+nb")
    assert comparison.results[:-1] == done.comparison.results
    (failed,) = comparison.failed
    assert "(90) is left after min_df=100000; lower min_df" in failed.error
    assert (failed.score, failed.letters) == (None, None)
    assert comparison.answer == done.comparison.answer


def test_a_killed_method_fails_and_the_next_run_tries_it_again(done, tmp_path):
    side = tmp_path / "side"
    spec = f"double:what=killed,side={side}"
    for times in (4, 8):
        comparison = done.more(f"majority {spec}")
        assert [one.method for one in comparison.failed] == [spec]
        assert "for want of memory" in comparison.failed[0].error
        assert len(side.read_text().splitlines()) == times


def test_a_slow_method_is_stopped_and_the_others_stand(done):
    comparison = done.more("majority double:what=sleeps", method_timeout=0.3)
    assert comparison.failed[0].error == "stopped after 0.3 s (--method-timeout); give it more time"
    assert comparison.results[0].method == "majority"


def test_an_interruption_between_two_cells_ends_those_under_way(done, tmp_path):
    """The exception holds on to the generator of outcomes: only closing it ends the processes."""
    side = tmp_path / "side"

    def interrupt(one: Progress) -> None:
        if one.method == "majority":
            while not side.exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

    specs = parse_specs([f"double:what=sleeps,side={side}", "majority"])
    request = Request(design(done.source, test_size=0.3), tuple(specs), jobs=2)
    with pytest.raises(KeyboardInterrupt) as held:
        compare(request, cache=done.cache, progress=interrupt)
    for process in multiprocessing.active_children():
        process.join(0.1)
    assert multiprocessing.active_children() == []
    assert held.tb is not None


def test_when_all_fail_there_are_rows_and_no_answer(done):
    comparison = done.more("double:what=refuses bow:min_df=100000+nb")
    assert [one.score for one in comparison.results] == [None, None]
    assert len(comparison.failed) == 2
    assert (comparison.answer, comparison.pairs, comparison.protocol.separable) == (None, [], None)


def test_a_method_that_fails_at_a_budget_has_its_other_figures(cache, corpus):
    comparison = compared(
        cache, design(corpus, test_size=0.2, budgets=(4,)), "majority bow:min_df=5+nb"
    )
    assert [one.error for one in comparison.results] == [None, None]
    (failed,) = comparison.failed
    assert (failed.method, failed.budget) == ("bow:min_df=5+nb", 4)
    assert "(4) is left after min_df=5; lower min_df" in failed.error
    assert failed in comparison.curve


def test_log_loss_is_refused_for_heads_without_probabilities(cache, corpus):
    with pytest.raises(
        UsageError, match=r"tfidf\+svm: log-loss needs probabilities, and svm gives none"
    ):
        compared(cache, design(corpus), "tfidf+svm", metric="log-loss")
    assert not cache.root.exists()


def test_a_comparison_without_methods_is_refused(cache, corpus):
    with pytest.raises(UsageError, match="a comparison needs a method; give one with -m"):
        compared(cache, design(corpus), "")


def test_roc_auc_of_a_test_file_with_one_label_is_refused(cache, corpus, tmp_path):
    test = write_csv(tmp_path / "t.csv", [row for row in rows(20, seed=2) if row[1] == "bad"])
    with pytest.raises(InputError, match="roc-auc compares documents of different labels"):
        compared(cache, design(corpus, test=test), "majority bow+nb", metric="roc-auc")


# rows on which methods disagree


def test_disagreements_are_the_test_rows_on_which_methods_differ(cache, tmp_path):
    content = rows(40)
    source = write_csv(tmp_path / "c.csv", content)
    request = Request(design(source, folds=4), tuple(parse_specs(["majority", "bow+nb"])))
    compare(request, cache=cache)
    found = disagreements(request, cache=cache)
    assert found
    assert len(found) < 40
    assert [one.row for one in found] == sorted({one.row for one in found})
    for one in found:
        assert (one.text, one.label) == content[one.row - 2]  # line 1 is the header
        assert one.predicted["majority"] != one.predicted["bow+nb"]


def test_disagreements_of_a_test_file_are_its_rows(cache, corpus, tmp_path):
    content = rows(30, seed=5)
    test = write_csv(tmp_path / "t.csv", content)
    specs = tuple(parse_specs(["majority", "bow+nb", "double:what=refuses"]))
    request = Request(design(corpus, test=test), specs)
    compare(request, cache=cache)
    found = disagreements(request, cache=cache, sources=Sources(request.design))
    assert found
    for one in found:
        assert (one.text, one.label) == content[one.row - 2]
        assert list(one.predicted) == ["majority", "bow+nb"]
