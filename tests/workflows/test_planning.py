"""Plans: which rows train and which test, what is refused, what is warned of, and that a known plan reads no text."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from nlpwb.cache.inventory import entries
from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows import design as design_module

from .corpora import design, plan_for, rows, write_csv


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """60 rows of two labels."""
    return write_csv(tmp_path / "corpus.csv", rows(60))


def refusal(cache: Cache, error: type[Exception], *args, **more) -> str:
    """The sentence with which a design is refused; nothing of it is kept."""
    with pytest.raises(error) as caught:
        plan_for(cache, design(*args, **more))
    assert entries(cache.root) == []
    return str(caught.value)


# divisions


def test_a_small_corpus_is_divided_into_ten_folds(cache, corpus):
    plan = plan_for(cache, design(corpus))
    assert (plan.split, plan.folds, plan.repeats, plan.test_size) == ("folds", 10, 1, None)
    assert plan.rows == 60
    assert plan.labels == ("bad", "good")
    tested = Counter(row for run in range(10) for row in plan.test_indices(run))
    assert tested == dict.fromkeys(range(60), 1), "every row is tested once"
    for run in range(10):
        assert sorted(plan.train_indices(run) + plan.test_indices(run)) == list(range(60))
    assert any("60 rows are few: 10 folds" in note for note in plan.notes)


def test_two_thousand_rows_are_divided_once(cache, tmp_path):
    plan = plan_for(cache, design(write_csv(tmp_path / "large.csv", rows(2000))))
    assert (plan.split, plan.folds, plan.test_size) == ("holdout", None, 0.2)
    assert [run.test_rows for run in plan.runs] == [400]


def test_repeats_need_folds(cache, tmp_path):
    """Left unsaid, the option would do nothing."""
    large = write_csv(tmp_path / "large.csv", rows(2000))
    assert refusal(cache, UsageError, large, repeats=3) == (
        "--repeats repeats folds, and 2,000 rows are divided once; add --folds 5"
    )
    assert len(plan_for(cache, design(large, repeats=3, folds=2)).runs) == 6


def test_a_rare_label_sets_the_number_of_folds(cache, tmp_path):
    content = [*rows(40), ("odd one", "rare"), ("odd two", "rare"), ("odd three", "rare")]
    plan = plan_for(cache, design(write_csv(tmp_path / "c.csv", content)))
    assert plan.folds == 3


def test_a_rare_label_with_equal_texts_counts_its_texts(cache, tmp_path):
    """Equal texts stay together, so four rows of two texts reach two folds; nobody asked for four."""
    content = [*rows(40), *[("odd one", "rare")] * 2, *[("odd two", "rare")] * 2]
    plan = plan_for(cache, design(write_csv(tmp_path / "c.csv", content)))
    assert plan.folds == 2


def test_groups_set_the_number_of_folds_and_never_stand_on_both_sides(cache, tmp_path):
    content = [(*row, f"author {i % 4}") for i, row in enumerate(rows(60))]
    content = [
        (text, ("good", "bad")[i % 3 == 0], group) for i, (text, _, group) in enumerate(content)
    ]
    source = write_csv(tmp_path / "c.csv", content, "text,label,author")
    plan = plan_for(cache, design(source, group="author"))
    assert (plan.folds, plan.groups) == (4, 4)
    authors = [group for _, _, group in content]
    for run in range(4):
        trained = {authors[row] for row in plan.train_indices(run)}
        tested = {authors[row] for row in plan.test_indices(run)}
        assert not trained & tested
        of_rows = plan.test_groups(run)
        assert of_rows is not None
        assert [sorted(set(authors))[number] for number in of_rows] == [
            authors[row] for row in plan.test_indices(run)
        ]


def test_few_groups_are_tested_in_folds_however_many_rows(cache, tmp_path):
    """A fifth of fifty authors is ten, and ten say nothing of how authors vary."""
    content = [(*row, f"author {i % 51}") for i, row in enumerate(rows(2040))]
    source = write_csv(tmp_path / "c.csv", content, "text,label,author")
    plan = plan_for(cache, design(source, group="author"))
    assert (plan.split, plan.folds, plan.groups) == ("folds", 10, 51)
    assert any("51 groups are few: 10 folds" in note for note in plan.notes)


def test_without_groups_there_are_none(cache, corpus):
    assert plan_for(cache, design(corpus)).test_groups(0) is None


def test_the_truth_is_the_labels_of_the_test_rows(cache, corpus):
    plan = plan_for(cache, design(corpus, test_size=0.25))
    labels = read_corpus(corpus, ReadOptions()).labels
    assert [plan.labels[number] for number in plan.truth(0)] == [
        labels[row] for row in plan.test_indices(0)
    ]
    assert plan.runs[0].test_rows == len(plan.test_indices(0)) == 15


def test_the_seed_decides_the_split(cache, corpus):
    first, again, other = (
        plan_for(Cache(cache.root / name), design(corpus, test_size=0.2, seed=seed))
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first.runs == again.runs
    assert first.test_indices(0) == again.test_indices(0) != other.test_indices(0)


# a test file


def test_with_a_test_file_all_rows_train(cache, corpus, tmp_path):
    test = write_csv(tmp_path / "test.csv", rows(20, seed=9))
    plan = plan_for(cache, design(corpus, test=test))
    assert (plan.split, plan.test, plan.rows) == ("file", "test.csv", 80)
    assert plan.train_indices(0) == list(range(60))
    assert plan.test_indices(0) == list(range(20))


def test_labels_that_no_training_document_has_are_refused(cache, corpus, tmp_path):
    test = write_csv(tmp_path / "test.csv", [*rows(20, seed=9), ("what is this", "ugly")])
    sentence = refusal(cache, InputError, corpus, test=test)
    assert "1 test document has a label that no training document has (ugly;" in sentence
    assert sentence.endswith("`nlpwb data check` shows the rows")


def test_a_label_of_one_row_can_train_where_the_test_part_is_a_file(cache, tmp_path):
    corpus = write_csv(tmp_path / "c.csv", [*rows(40), ("once", "rare")])
    test = write_csv(tmp_path / "test.csv", rows(20, seed=9))
    plan = plan_for(cache, design(corpus, test=test))
    assert plan.labels == ("bad", "good", "rare")
    assert any("label has one row only" in warning for warning in plan.warnings)


def test_duplicates_across_are_the_first_warning(cache, corpus, tmp_path):
    shared = rows(60)[:3]
    test = write_csv(tmp_path / "test.csv", [*rows(40, seed=9), *shared])
    plan = plan_for(cache, design(corpus, test=test))
    assert plan.warnings[0].startswith("3 test documents also stand in the training part (7.0 %);")
    assert plan.runs[0].test_rows == 43


def test_dropped_duplicates_are_not_tested_and_not_warned_of(cache, corpus, tmp_path):
    """A warning of rows that are left out, which ends in "--drop-duplicates leaves them out", would be false."""
    shared = [(text.upper(), label) for text, label in rows(60)[:3]]
    test = write_csv(tmp_path / "test.csv", [*rows(40, seed=9), *shared])
    plan = plan_for(cache, design(corpus, test=test, drop_duplicates=True))
    assert plan.test_indices(0) == list(range(40))
    assert plan.rows == 100
    assert not any("training part" in warning for warning in plan.warnings)
    assert "3 test rows left out because their text is in the training part" in plan.notes


def test_a_test_file_that_is_mostly_duplicates_can_be_used_without_them(cache, corpus, tmp_path):
    """Half a copy is an error; the way out that its sentence names must then be open."""
    test = write_csv(tmp_path / "test.csv", [*rows(60)[:30], *rows(20, seed=9)])
    sentence = refusal(cache, InputError, corpus, test=test)
    assert "--drop-duplicates leaves them out" in sentence
    plan = plan_for(cache, design(corpus, test=test, drop_duplicates=True))
    assert plan.runs[0].test_rows == 20


def test_a_label_that_only_dropped_rows_carry_is_none_of_the_labels(cache, corpus, tmp_path):
    """No training row has it, so every method would be refused for want of one."""
    text = rows(60)[0][0]
    test = write_csv(tmp_path / "test.csv", [(text, "ugly"), *rows(20, seed=9)])
    plan = plan_for(cache, design(corpus, test=test, drop_duplicates=True))
    assert plan.labels == ("bad", "good")


def test_a_test_file_without_a_new_text_is_refused(cache, corpus):
    sentence = refusal(cache, InputError, corpus, test=corpus, drop_duplicates=True)
    assert sentence == (
        "every text of corpus.csv also stands in corpus.csv; nothing is left to test on"
    )


def test_a_test_file_without_the_column_of_groups_is_refused(cache, tmp_path):
    content = [(*row, f"author {i % 5}") for i, row in enumerate(rows(60))]
    corpus = write_csv(tmp_path / "c.csv", content, "text,label,author")
    test = write_csv(tmp_path / "test.csv", rows(20, seed=9))
    assert "author" in refusal(cache, InputError, corpus, test=test, group="author")


# what cannot be compared on


def test_one_label_is_refused(cache, tmp_path):
    content = [(text, "good") for text, _ in rows(20)]
    assert refusal(cache, InputError, write_csv(tmp_path / "c.csv", content)) == (
        "c.csv has one label only, 'good'; a comparison needs two or more"
    )


def test_no_labels_are_refused(cache, tmp_path):
    source = write_csv(tmp_path / "c.csv", [(text,) for text, _ in rows(20)], "text")
    sentence = refusal(cache, InputError, source)
    assert sentence.startswith("c.csv has no labels to compare methods by; name their column with")


def test_a_test_file_without_labels_is_refused(cache, corpus, tmp_path):
    test = write_csv(tmp_path / "t.csv", [(text,) for text, _ in rows(20)], "text")
    sentence = refusal(cache, InputError, corpus, test=test)
    assert "t.csv has no labels" in sentence
    assert "--test-label COL" in sentence


def test_a_label_with_one_row_is_refused(cache, tmp_path):
    source = write_csv(tmp_path / "c.csv", [*rows(40), ("once", "rare")])
    sentence = refusal(cache, InputError, source)
    assert "label 'rare' has one row (line 42), which cannot both train and test" in sentence


def test_more_folds_than_a_label_has_rows_are_refused(cache, corpus):
    assert "too few different texts for --folds 31" in refusal(cache, InputError, corpus, folds=31)


def test_empty_texts_are_refused(cache, tmp_path):
    source = tmp_path / "c.jsonl"
    source.write_text('{"text": " ", "label": "a"}\n{"text": "", "label": "b"}\n' * 5)
    assert refusal(cache, InputError, str(source)) == (
        "c.jsonl holds no text at all; look at its text column"
    )


# budgets


def test_budgets_lie_inside_each_other_and_inside_the_training_part(cache, corpus):
    plan = plan_for(cache, design(corpus, test_size=0.2, budgets=(2, 10, 20)))
    parts = [set(plan.train_indices(0, budget)) for budget in (2, 10, 20)]
    assert [len(part) for part in parts] == [2, 10, 20]
    assert parts[0] < parts[1] < parts[2] < set(plan.train_indices(0))
    labels = read_corpus(corpus, ReadOptions()).labels
    assert {labels[row] for row in parts[0]} == {"bad", "good"}
    assert sorted(plan.runs[0].budgets) == [2, 10, 20]
    assert len({plan.runs[0].train_digest, *plan.runs[0].budgets.values()}) == 4


def test_a_budget_below_a_row_for_each_label_is_refused(cache, corpus):
    assert refusal(cache, UsageError, corpus, test_size=0.2, budgets=(1, 10)) == (
        "--budget 1 is less than one row for each of the 2 labels; give 2 or more"
    )


def test_budgets_above_the_training_part_are_refused(cache, corpus):
    assert refusal(cache, UsageError, corpus, test_size=0.2, budgets=(48, 100)) == (
        "--budget: the training part has 48 rows; give numbers below that"
    )


def test_a_budget_that_cannot_be_drawn_is_left_out_and_said(cache, corpus):
    plan = plan_for(cache, design(corpus, test_size=0.2, budgets=(10, 1000)))
    assert list(plan.runs[0].budgets) == [10]
    assert any(note.startswith("--budget 1,000 left out") for note in plan.notes)


# what is kept


def test_a_known_plan_reads_no_text(cache, corpus, monkeypatch):
    first = plan_for(cache, design(corpus))

    def read(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(design_module, "read_corpus", read)
    assert plan_for(cache, design(corpus)) == first
    with pytest.raises(AssertionError, match="read again"):
        plan_for(cache, design(corpus, seed=1))


def test_another_content_is_another_plan(cache, corpus):
    before = plan_for(cache, design(corpus))
    write_csv(Path(corpus), [*rows(60), ("one more", "good")])
    assert plan_for(cache, design(corpus)).rows == before.rows + 1


def piped(monkeypatch, source: str) -> None:
    """Standard input is the content of a file."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(source).read_bytes())))


def test_a_pipe_gives_the_plan_of_its_file(cache, corpus, monkeypatch):
    piped(monkeypatch, corpus)
    from_pipe = plan_for(cache, design("-"))
    from_file = plan_for(cache, design(corpus))
    assert from_pipe.runs == from_file.runs


def test_a_piped_test_part_is_told_by_its_own_bytes(cache, corpus, tmp_path, monkeypatch):
    """Told by those of the corpus, a second test file would be answered with the figures of the first."""
    for seed, count in ((1, 20), (2, 30)):
        piped(monkeypatch, write_csv(tmp_path / "test.csv", rows(count, seed=seed)))
        assert plan_for(cache, design(corpus, test="-")).runs[0].test_rows == count


@pytest.mark.skipif(os.name == "nt", reason="no named pipes")
def test_a_named_pipe_is_read_once(cache, corpus, tmp_path):
    """The ``<(…)`` of a shell: looked at for its fingerprint first, it would be empty for its rows."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(Path(corpus).read_bytes()))
    writer.start()
    assert plan_for(cache, design(str(pipe))).rows == 60
    writer.join()


def test_two_pipes_are_refused(cache):
    assert refusal(cache, UsageError, "-", test="-") == (
        "standard input can be read once; give --test a file"
    )


def test_a_file_whose_name_is_no_unicode(cache, tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    try:
        source = write_csv(Path(name), rows(40))
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    assert plan_for(cache, design(source)).rows == plan_for(cache, design(source)).rows == 40
