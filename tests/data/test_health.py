"""Each flaw is found where it is, and a sound corpus has none."""

from __future__ import annotations

from typing import Any

import pytest

from nlpwb.data.corpus import Corpus
from nlpwb.data.findings import Finding, percent
from nlpwb.data.health import check, worst

from .helpers import corpus

SOUND = [
    f"text number {word} of many"
    for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
] * 2
SOUND = [f"{text} {'again' if i >= 10 else 'first'}" for i, text in enumerate(SOUND)]
LABELS = ["x", "y"] * 10


def sound(extra: list[str] | None = None, labels: list[str] | None = None) -> Corpus:
    """Twenty sound rows and some more, the first of which stands on row 21."""
    more = extra or []
    return corpus([*SOUND, *more], [*LABELS, *(labels or ["x", "y"] * len(more))][: 20 + len(more)])


def only(c: Corpus, code: str, test: Corpus | None = None) -> Finding:
    (finding,) = [finding for finding in check(c, test) if finding.code == code]
    return finding


def codes(c: Corpus, test: Corpus | None = None) -> list[str]:
    return [finding.code for finding in check(c, test)]


def test_a_sound_corpus_has_its_lengths_noted_and_nothing_else() -> None:
    assert codes(sound()) == ["lengths"]
    assert worst(check(sound())) == "note"


def test_repeats_across_the_split_come_first() -> None:
    """They make every number too good; 2 of 8 test documents, said with their rows in the test part."""
    test = corpus([SOUND[0], *(f"new {i}" for i in range(6)), SOUND[1]], ["x", "y"] * 4)
    findings = check(sound(), test)
    assert findings[0] == Finding(
        "warning",
        "duplicates-across",
        "2 test documents also stand in the training part (25.0 %); --drop-duplicates leaves them out",
        2,
        0.25,
        (1, 8),
        "across",
    )


def test_one_repeat_is_said_in_the_singular() -> None:
    test = corpus([SOUND[0], "new", "newer", "newest"], ["x", "y"] * 2)
    assert check(sound(), test)[0].message == (
        "1 test document also stands in the training part (25.0 %); --drop-duplicates leaves it out"
    )


def test_a_test_part_that_is_half_training_part_is_an_error() -> None:
    assert only(sound(), "duplicates-across", sound()).severity == "error"


def test_near_repeats_across_the_split_are_found() -> None:
    test = corpus([SOUND[0].upper() + "!", "new"], ["x", "y"])
    found = only(sound(), "near-duplicates-across", test)
    assert (found.count, found.examples) == (1, (1,))


def test_groups_on_both_sides_are_found() -> None:
    train = corpus(["a", "b", "c"], None, ["g", "h", "i"])
    test = corpus(["d", "e"], None, ["h", "k"])
    assert only(train, "groups-across", test).examples == (1,)


def test_labels_that_were_never_trained_on_are_an_error_and_untested_ones_a_warning() -> None:
    test = corpus(["new", "newer"], ["x", "z"])
    unknown = only(sound(), "unknown-labels", test)
    assert (unknown.severity, unknown.count, unknown.examples) == ("error", 1, (2,))
    assert (
        "1 test document has a label that no training document has (z; 50.0 %)" in unknown.message
    )
    assert only(sound(), "untested-labels", test).severity == "warning"


@pytest.mark.parametrize(
    ("texts", "code", "rows"),
    [
        ([SOUND[3], SOUND[3]], "duplicates", (21, 22)),
        ([SOUND[3].upper(), f"{SOUND[4]} !!"], "near-duplicates", (21, 22)),
        (["", "  \n"], "empty", (21, 22)),
        (["Ã©tÃ© Ã  la plage", "itâ€™s"], "mojibake", (21, 22)),
        (["caf\ufffd", "fine now"], "replacement-characters", (21,)),
        (["bell\x07", "page\x0cbreak"], "control-characters", (21,)),
        (["dash \x96 here", "nel\x85"], "c1-controls", (21, 22)),
        (["a<br />b", "1 < 2 > 0"], "markup", (21,)),
        (["R&amp;D", "Fears #39;s", "AT&T; no", "#1"], "entities", (21, 22)),
        (["ok", "yes"], "very-short", (21,)),
        (["word " * 2000, "fine now"], "very-long", (21,)),
    ],
)
def test_a_flaw_is_found_with_its_rows(texts: list[str], code: str, rows: tuple[int, ...]) -> None:
    """Beside each flawed text stands one that looks like it and is sound."""
    finding = only(sound(texts), code)
    assert (finding.examples, finding.count) == (rows, len(rows))
    assert finding.share == pytest.approx(len(rows) / (20 + len(texts)))
    assert finding.part == "train"


def test_names_in_other_languages_are_no_mojibake() -> None:
    assert "mojibake" not in codes(
        sound(["São Paulo, Århus, Ñandú, «quoted»", "ÂNGELA foi à praia às 5h"])
    )


def test_texts_that_carry_two_labels_are_found_with_all_their_rows() -> None:
    finding = only(sound([SOUND[0]], ["y"]), "contradicting-labels")
    assert finding.examples == (1, 21)
    assert finding.message == (
        "2 rows share a text with a row of another label (9.5 %, different texts: 1); no method can be right on all"
    )


def test_one_text_in_a_tenth_of_the_rows_is_found() -> None:
    c = corpus([f"t{i} and more" for i in range(90)] + ["spam and more"] * 10, ["x", "y"] * 50)
    assert only(c, "one-text-repeated").count == 10


def test_one_text_that_outweighs_the_others_is_found() -> None:
    finding = only(sound(["word " * 2000]), "one-text-dominates")
    assert finding.examples == (21,)
    assert finding.share > 0.9


def test_a_field_of_a_million_characters_is_a_warning() -> None:
    finding = only(sound(["x" * 1_000_000]), "very-long")
    assert finding.severity == "warning"
    assert "the longest has 1,000,000 characters" in finding.message


@pytest.mark.parametrize(
    ("labels", "code", "severity"),
    [
        (["x"] * 20, "one-label", "error"),
        (["x"] * 10 + ["y"] * 9 + ["z"], "label-with-one-row", "error"),
        (["x"] * 15 + ["y"] * 5, "label-with-few-rows", "warning"),
        (["x"] * 10 + ["y"] * 7 + ["Y "] * 3, "label-spellings", "warning"),
        (["x"] * 15 + ["y"] * 5, "imbalance", "note"),
        (["x"] * 19 + ["y"], "imbalance", "warning"),
    ],
)
def test_flaws_of_labels_are_found(labels: list[str], code: str, severity: str) -> None:
    assert only(corpus(SOUND, labels), code).severity == severity


def test_one_row_of_a_label_is_enough_where_the_test_part_is_another_file() -> None:
    train = corpus(SOUND, ["x"] * 10 + ["y"] * 9 + ["z"])
    test = corpus(["new", "newer", "newest"], ["x", "y", "z"])
    findings = [
        f for f in check(train, test) if f.code == "label-with-one-row" and f.part == "train"
    ]
    assert [(f.severity, f.message) for f in findings] == [
        ("warning", "1 label has one row only (5.0 %): 'z'")
    ]


def test_imbalance_names_what_always_guessing_would_reach() -> None:
    """So that nobody takes 0.750 for a result."""
    message = only(corpus(SOUND, ["x"] * 15 + ["y"] * 5), "imbalance").message
    assert message == (
        "unbalanced labels: 15 rows of 'x' (75.0 %), 5 of 'y'; "
        "always saying 'x' has an accuracy of 0.750, so judge by --metric macro-f1"
    )


def test_a_label_that_stands_in_its_texts_is_found() -> None:
    """Ten texts tagged with their own label; a label that is a word of all texts alike is no leak."""
    texts = [f"text {i} {'#sport' if i % 2 else 'politics?'}" for i in range(20)]
    c = corpus(texts, ["Sport" if i % 2 else "text" for i in range(20)])
    findings = [finding for finding in check(c) if finding.code == "label-in-text"]
    assert [finding.message.split(" stands")[0] for finding in findings] == ["the label 'Sport'"]


def test_an_unlabelled_corpus_is_noted() -> None:
    assert codes(corpus(SOUND)) == ["unlabelled", "lengths"]


def test_errors_come_before_warnings_before_notes() -> None:
    severities = [
        finding.severity for finding in check(sound(["", "a<br>b", SOUND[0]], ["z", "x", "y"]))
    ]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_a_corpus_of_empty_texts_alone_is_an_error() -> None:
    assert only(corpus(["", " "], ["x", "y"]), "empty").severity == "error"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0.0 %"),
        (0.0001, "under 0.1 %"),
        (0.123, "12.3 %"),
        (0.9999, "over 99.9 %"),
        (1, "100.0 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, words: str) -> None:
    assert percent(share) == words


def test_findings_are_found_in_the_test_part_too() -> None:
    test: Any = corpus(["new", ""], ["x", "y"])
    assert only(sound(), "empty", test).part == "test"


def test_sets_of_labels_name_those_that_are_rare_or_always_there_or_spelt_twice() -> None:
    cells = ["all;News"] * 20 + ["all;news"] * 3
    texts = [f"{SOUND[i % 20]} once more {i}" for i in range(len(cells))]
    told = {
        finding.code: (finding.message, finding.count)
        for finding in check(corpus(texts, cells), None, task="multilabel")
        if finding.severity == "warning"
    }
    assert told == {
        "label-with-few-rows": ("1 of 3 labels have fewer than 10 rows: 'news'", 3),
        "label-of-every-row": (
            "labels that every row has: 'all'; nothing can be learned of them",
            23,
        ),
        "label-spellings": (
            "the labels 'News', 'news' differ in case or spaces alone; make them one",
            23,
        ),
    }
