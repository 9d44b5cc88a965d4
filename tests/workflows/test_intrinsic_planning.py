"""What trains, what is held out and what is asked where there are no labels."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nlpwb.data.fingerprint import text_hash
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.intrinsic import planning
from nlpwb.workflows.intrinsic.halving import halves, length

from .corpora import write_csv
from .intrinsic_corpora import design, plan_of, topics, write_lines

PARTS = ("train", "half-a", "half-b", "held-out", "queries")


def texts_of(folder: Path, source: str, **more) -> dict[str, list[str]]:
    """The texts of every part."""
    plan, sources = plan_of(folder, design(source, **more))
    return {name: [sources.train.texts[row] for row in plan.indices(name)] for name in PARTS}


@pytest.mark.parametrize(
    ("text", "unit", "cut"),
    [
        ("One word, two words.", "words", ("One word, ", "two words.")),
        ("one two three", "words", ("one ", "two three")),
        ("a b one c two", "words", ("a b one c ", "two")),
        ("abcd", "characters", ("ab", "cd")),
        ("a b c", "characters", ("a ", "b c")),
        ("...", "words", ("...", "")),
    ],
)
def test_a_text_is_cut_where_its_second_half_begins(text, unit, cut):
    assert halves(text, unit) == cut
    assert "".join(cut) == text


def test_lengths_count_what_is_cut():
    assert length("one, two; a", "words") == 2
    assert length("a bc\n d", "characters") == 4


def test_every_document_trains_or_is_held_out_and_halves_make_up_the_training_part(tmp_path):
    texts = topics(200)
    found = texts_of(tmp_path, write_lines(tmp_path / "c.txt", texts))
    assert sorted(found["train"] + found["held-out"]) == sorted(texts)
    assert sorted(found["half-a"] + found["half-b"]) == sorted(found["train"])
    assert len(found["held-out"]) == 40
    assert abs(len(found["half-a"]) - len(found["half-b"])) <= 1


def test_repeated_texts_stand_on_one_side_and_are_asked_once(tmp_path):
    """A copy in the training part would be learnt by heart; two in the queries would be each other's rivals."""
    texts = topics(100)
    found = texts_of(tmp_path, write_lines(tmp_path / "c.txt", [*texts, *texts[:50]]))
    hashes = {name: {text_hash(text) for text in part} for name, part in found.items()}
    assert not hashes["train"] & hashes["held-out"]
    assert not hashes["half-a"] & hashes["half-b"]
    assert len(found["queries"]) == len(hashes["queries"])


def test_the_order_of_the_file_changes_no_part(tmp_path):
    texts = topics(150)
    first = texts_of(tmp_path, write_lines(tmp_path / "a.txt", texts))
    random.Random(1).shuffle(texts)
    second = texts_of(tmp_path, write_lines(tmp_path / "b.txt", texts))
    assert {name: sorted(part) for name, part in first.items()} == {
        name: sorted(part) for name, part in second.items()
    }


def test_another_seed_holds_out_other_documents(tmp_path):
    source = write_lines(tmp_path / "c.txt", topics(150))
    assert texts_of(tmp_path, source)["held-out"] != texts_of(tmp_path, source, seed=1)["held-out"]


def test_short_documents_train_and_are_not_asked(tmp_path):
    texts = [*topics(150, words=24), *topics(50, words=4, seed=1)]
    plan, _ = plan_of(tmp_path, design(write_lines(tmp_path / "c.txt", texts)))
    found = texts_of(tmp_path, str(tmp_path / "c.txt"))
    assert plan.least_units == 20
    assert all(len(text.split()) == 24 for text in found["queries"])
    assert any(len(text.split()) == 4 for text in found["held-out"])


def test_where_all_documents_are_short_less_is_asked_for(tmp_path):
    plan, _ = plan_of(tmp_path, design(write_lines(tmp_path / "c.txt", topics(150, words=12))))
    assert (plan.least_units, plan.queries, plan.unit) == (10, 30, "words")


def test_documents_too_short_to_be_cut_are_an_error(tmp_path):
    source = write_lines(tmp_path / "c.txt", [f"word{i} another{i}" for i in range(50)])
    with pytest.raises(InputError) as error:
        plan_of(tmp_path, design(source))
    assert str(error.value) == (
        "c.txt: none of the 10 documents that are held out has 6 words or more, and without labels documents "
        "are asked for their other halves; give longer documents, or more of them"
    )


def test_no_more_than_the_cap_is_asked_and_no_more_than_the_limit_held_out(tmp_path, monkeypatch):
    source = write_lines(tmp_path / "c.txt", topics(200))
    monkeypatch.setattr(planning, "HELD_OUT", 20)
    monkeypatch.setattr(planning, "QUERIES", 15)
    found = texts_of(tmp_path, source)
    assert (len(found["held-out"]), len(found["queries"])) == (20, 15)
    assert set(found["queries"]) <= set(found["held-out"])


def test_the_share_that_is_held_out_can_be_asked_for(tmp_path):
    source = write_lines(tmp_path / "c.txt", topics(100))
    assert len(texts_of(tmp_path, source, test_size=0.5)["held-out"]) == 50
    with pytest.raises(UsageError, match="--test-size must be between 0 and 1, got 0"):
        plan_of(tmp_path, design(source, test_size=0.0))


def test_few_queries_are_warned_of(tmp_path):
    plan, _ = plan_of(tmp_path, design(write_lines(tmp_path / "c.txt", topics(60))))
    assert plan.warnings == [
        "12 held-out documents are few to ask for their other half: only large differences show; "
        "give more documents or a larger --test-size"
    ]


def test_reference_words_stand_in_both_halves_the_most_frequent_first(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "ENOUGH_WORDS", 3)
    texts = {
        0: "apple apple apple rare",
        1: "Apple bread bread bread bread",
        2: "bread bread cheese",
    }
    a, b = [0, 1], [1, 2]
    assert planning._reference([texts[row] for row in sorted(texts)], a, b) == (["bread"], 2)
    more = ["apple bread cheese " * 5, "cheese apple bread " * 5 + "apple"]
    assert planning._reference(more, [0], [1]) == (["apple", "bread", "cheese"], 5)


def test_scripts_without_spaces_are_cut_by_characters(tmp_path):
    chance = random.Random(0)
    signs = [chr(0x4E00 + i) for i in range(300)]
    texts = ["".join(chance.choices(signs, k=60)) for _ in range(600)]
    plan, _ = plan_of(tmp_path, design(write_lines(tmp_path / "c.txt", texts)))
    assert (plan.unit, plan.least_units, plan.queries) == ("characters", 40, 120)
    (warning,) = plan.warnings
    assert warning.startswith("100 % of the letters are Han, written without spaces")


def test_groups_stay_together_and_are_numbered(tmp_path):
    rows = [(text, f"author {i % 30}") for i, text in enumerate(topics(240))]
    source = write_csv(tmp_path / "c.csv", rows, header="text,author")
    plan, sources = plan_of(tmp_path, design(source, group="author"))
    groups = sources.train.groups
    assert groups is not None
    sides = [
        {groups[row] for row in plan.indices(part)} for part in ("half-a", "half-b", "held-out")
    ]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]
    numbers = plan.query_groups()
    assert numbers is not None
    assert plan.groups == len(set(numbers.tolist())) == len(sides[2])
    assert plan.groups < 30
    assert plan.warnings[-1] == (
        f"the documents that are asked come from {plan.groups} groups: intervals over fewer than 30 are too narrow"
    )


def test_queries_of_one_group_are_an_error(tmp_path):
    texts = topics(30)
    rows = [(text, "one" if i < 15 else "two") for i, text in enumerate(texts)]
    rows += [(text, "three") for text in topics(15, seed=1)]
    source = write_csv(tmp_path / "c.csv", rows, header="text,author")
    with pytest.raises(InputError, match="belong to one group, and an interval over groups"):
        plan_of(tmp_path, design(source, group="author"))


def test_labels_play_no_part(tmp_path):
    """The same texts with and without a column of labels train and are asked the same."""
    texts = topics(100)
    labelled = write_csv(tmp_path / "c.csv", [(text, f"l{i % 3}") for i, text in enumerate(texts)])
    one, _ = plan_of(tmp_path, design(labelled))
    other, _ = plan_of(tmp_path, design(write_lines(tmp_path / "c.txt", texts)))
    assert one.digests == other.digests


def test_a_plan_is_read_from_the_cache_without_a_text(tmp_path):
    source = write_lines(tmp_path / "c.txt", topics(60))
    first, _ = plan_of(tmp_path, design(source))
    second, sources = plan_of(tmp_path, design(source))
    assert first.digests == second.digests
    assert not sources.has_read


def test_a_corpus_without_text_is_an_error(tmp_path):
    source = write_csv(tmp_path / "c.csv", [("", "x"), (" ", "y")], header="text,other")
    with pytest.raises(InputError, match="holds no text at all"):
        plan_of(tmp_path, design(source))
