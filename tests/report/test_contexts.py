"""Words in context as they are printed: every view, in every format."""

from __future__ import annotations

import dataclasses
import json

import pytest

from nlpwb.report.contexts import LONGEST, marked, print_contexts, print_layers, print_leanings
from nlpwb.report.contexts_senses import print_senses
from nlpwb.report.sink import Sink
from nlpwb.workflows.contexts.asking import Answer
from nlpwb.workflows.contexts.finding import Sample, find_in_texts
from nlpwb.workflows.contexts.leaning import Lean, Leanings
from nlpwb.workflows.contexts.senses import Member, Sense, Senses
from nlpwb.workflows.words.leaning import Axis
from tests.workflows.contexts.made import contexts


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def leanings(*, several: bool = True) -> Answer:
    found = contexts()
    axes = (Axis("money", ("cash", "loan")), Axis("river", ("shore",)))[: 2 if several else 1]
    rows = [((0.5, 0.25), (-0.125, -0.25), "money", 0.125), ((0.25, 0.5), (-0.375, 0.0), "river", 0.375),
            ((0.5, 0.25), (-0.125, -0.125), None, 0.0)]  # fmt: skip
    leans = [
        Lean(place, cosines[: len(axes)], drawn[: len(axes)], axis if several else None, margin if several else None)
        for place, (cosines, drawn, axis, margin) in zip(found.places, rows, strict=True)
    ]  # fmt: skip
    alone = (0.625, 0.5)[: len(axes)]
    made = Leanings(axes, "this is {}.", 0.02, alone, tuple(leans), ("money",))
    return Answer(found, leanings=made)


def senses(silhouette: float = 0.5, taken: int = 3) -> Answer:
    found = contexts()
    members = [
        Member(place, sense, cosine, 0.5)
        for place, sense, cosine in zip(found.places, (1, 2, 1), (0.9, 1.0, 0.8), strict=True)
    ]
    groups = (
        Sense(1, 2, 2 / 3, 0.85, 0.5, (members[0], members[2])),
        Sense(2, 1, 1 / 3, 1.0, 0.5, (members[1],)),
    )
    return Answer(
        found,
        sample=Sample("c.txt", 9, 3 if taken == 3 else 40, taken),
        senses=Senses(groups, tuple(members), silhouette, ((2, silhouette),)),
    )


def test_the_matrix_stands_beside_the_texts(capsys: pytest.CaptureFixture[str]) -> None:
    """And the static vector in one line: the same cosines before any context."""
    print_contexts(Sink(format="table"), Answer(contexts()))
    assert capsys.readouterr().out == (
        "tiny   bank in 3 contexts   mean of layers 3 to 6   cosines\n"
        "\n"
        "     text                              1     2     3\n"
        "  1  money [bank] grows             1.00   .00   .60\n"
        "  2  the river [bank] flows          .00  1.00   .80\n"
        "  3  she went to the [bank] to pay   .60   .80  1.00\n"
        "\n"
        "Static vector (the word's row of the table, before any context): 1.00 between\n"
        "all.\n"
        "Two other tokens of different texts: 1.00 on average.\n"
    )


def test_programs_get_every_pair(capsys: pytest.CaptureFixture[str]) -> None:
    print_contexts(Sink(format="tsv"), Answer(contexts()))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "context\tother\tcosine\tstatic"
    assert [line.split("\t")[:2] for line in lines[1:]] == [["1", "2"], ["1", "3"], ["2", "3"]]
    assert lines[1] == "1\t2\t0.0\t1.0"
    print_contexts(Sink(format="csv"), Answer(contexts()))
    assert capsys.readouterr().out.splitlines()[1] == "1,2,0.0,1.0"
    print_contexts(Sink(format="jsonl"), Answer(contexts()))
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {
        "context": "1", "other": "2", "cosine": 0.0, "static": 1.0,
    }  # fmt: skip


def test_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_contexts(Sink(format="json"), Answer(contexts()))
    found = json.loads(capsys.readouterr().out)
    assert (found["base"], found["word"], found["layers"]) == ("tiny", "bank", [[3, 4, 5, 6]])
    assert found["contexts"][1] == {
        "context": "2", "text_number": 2, "text": "the river bank flows", "start": 10, "end": 14, "pieces": [], "cut": False,
        "unknown": False,
    }  # fmt: skip
    assert found["cosines"][0] == pytest.approx([1, 0, 0.6])
    assert found["static"] == [[1.0] * 3] * 3
    assert found["other_tokens"] == 1.0


def test_of_many_contexts_the_nearest_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nine columns of cosines have no room beside texts; equal ones go to the first."""
    many = contexts([(1, 0)] * 8 + [(0, 1)], [f"bank {number}" for number in range(9)])
    print_contexts(Sink(format="table"), Answer(many))
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["text", "nearest", "cosine"]
    assert lines[3].split() == ["1", "[bank]", "0", "2", "1.00"]
    assert lines[4].split() == ["2", "[bank]", "1", "1", "1.00"]
    assert lines[11].split() == ["9", "[bank]", "8", "1", ".00"]


def test_markdown_has_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_contexts(Sink(format="md"), Answer(contexts()))
    assert "| 2 | the river [bank] flows | .00 | 1.00 | .80 |" in capsys.readouterr().out


def test_layers_are_compared_pair_by_pair(capsys: pytest.CaptureFixture[str]) -> None:
    found = contexts(layers=[(0,), (1,)], others=[(1, 0), (0, 1), (0.6, 0.8)])
    print_layers(Sink(format="table"), Answer(found))
    out = capsys.readouterr().out
    assert out.startswith("tiny   bank in 3 contexts   cosines by layer\n\n1  money [bank] grows\n")
    assert (
        "   layer   1–2   1–3   2–3  mean  least  greatest  other tokens\n"
        "  static  1.00  1.00  1.00  1.00   1.00      1.00             –\n"
        "       0   .00   .60   .80   .47    .00       .80           .47\n"
        "       1   .00   .60   .80   .47    .00       .80           .47\n"
    ) in out
    print_layers(Sink(format="tsv"), Answer(found))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "layer\tmean\tleast\tgreatest\tother_tokens"
    assert lines[1] == "static\t1.0\t1.0\t1.0\t"
    print_layers(Sink(format="json"), Answer(found))
    data = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in data["by_layer"]] == ["static", "0", "1"]
    assert len(data["cosines"]) == 2


def test_leans_are_told_beside_the_word_alone(capsys: pytest.CaptureFixture[str]) -> None:
    print_leanings(Sink(format="table"), leanings())
    assert capsys.readouterr().out == (
        "tiny   bank in 3 contexts   mean of layers 3 to 6\n"
        "mean cosine to the words of each axis\n"
        "\n"
        "     text                           money  river  leans to\n"
        "     this is [bank].                  .62    .50\n"
        "  1  money [bank] grows               .50    .25  money +.12\n"
        "  2  the river [bank] flows           .25    .50  river +.38\n"
        "  3  she went to the [bank] to pay    .50    .25  as alone\n"
        "\n"
        "The first line is bank without a context. A text leans to the axis to which it\n"
        "draws the word, against that line, more than to any other; by less than .02: as\n"
        "alone.\n"
        "bank itself was left out of money: it is near in any sense.\n"
    )


def test_leans_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """The cosines, by how much they change, and the axis; the word alone is in JSON."""
    print_leanings(Sink(format="tsv"), leanings())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "context\ttext\tmoney\triver\tmoney_drawn\triver_drawn\tleans_to\tmargin"
    assert lines[1] == "1\tmoney bank grows\t0.5\t0.25\t-0.125\t-0.25\tmoney\t0.125"
    assert lines[3].endswith("\t\t0.0"), "a lean to none is empty"
    print_leanings(Sink(format="json"), leanings())
    found = json.loads(capsys.readouterr().out)
    assert found["axes"][0] == {"name": "money", "words": ["cash", "loan"], "alone": 0.625}
    assert found["leanings"][1] == dict(
        zip(
            lines[0].split("\t"),
            ["2", "the river bank flows", 0.25, 0.5, -0.375, 0.0, "river", 0.375],
            strict=True,
        )
    )
    assert found["frame"] == "this is {}."


def test_many_leans_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    answer = leanings()
    assert answer.leanings is not None
    many = dataclasses.replace(answer.leanings, leans=answer.leanings.leans * 3)
    print_leanings(Sink(format="table"), dataclasses.replace(answer, leanings=many))
    assert "\nmoney: 3, river: 3, as alone: 3.\n" in capsys.readouterr().out


def test_one_axis_has_what_its_contexts_change(capsys: pytest.CaptureFixture[str]) -> None:
    print_leanings(Sink(format="table"), leanings(several=False))
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:6] == [
        "     text                           money  drawn",
        "     this is [bank].                  .62      –",
        "  1  money [bank] grows               .50   −.12",
    ]


def test_senses_have_shares_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    print_senses(Sink(format="table"), senses(), seed=0)
    out = capsys.readouterr().out
    assert out.startswith(
        "c.txt   bank in 3 sentences   tiny, mean of layers 3 to 6   mean silhouette .50\n"
        "\n"
        "  sense  share  sentences  cohesion  nearest to its centre\n"
        "      1   67 %          2       .85  money [bank] grows\n"
        "                                     she went to the [bank] to pay\n"
        "      2   33 %          1      1.00  the river [bank] flows\n"
        "\n"
        "The number of senses has the highest mean silhouette of those tried (2: .50).\n"
    )
    assert "surroundings" not in out
    assert "drawn" not in out


def test_senses_that_hardly_differ_and_sentences_that_were_drawn_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_senses(Sink(format="table"), senses(0.1, taken=2), seed=7)
    out = " ".join(capsys.readouterr().out.split())
    assert "silhouettes below .20, too: these may be surroundings, and not senses." in out
    assert "2 of 40 sentences, drawn at random (seed 7)." in out


def test_senses_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Every sentence with its sense; of a corpus JSON has no matrix."""
    print_senses(Sink(format="tsv"), senses(), seed=0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "context\tsense\tcosine\tsilhouette\ttext"
    assert lines[2] == "2\t2\t1.0\t0.5\tthe river bank flows"
    print_senses(Sink(format="json"), senses(), seed=0)
    found = json.loads(capsys.readouterr().out)
    assert found["senses"][0]["nearest"] == ["1", "3"]
    assert found["corpus"] == {"name": "c.txt", "documents": 9, "sentences": 3}
    assert "cosines" not in found
    assert found["tried"] == [[2, 0.5]]


def test_what_limits_the_figures_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A decoder's direction, texts that were cut, a word that the base does not know, spellings with other tokens."""
    found = contexts(looks_back=True, static=[(1, 0), (0, 1), (1, 0)], others=[(0, 0)] * 3)
    places = [
        dataclasses.replace(place, cut=True, unknown=True, pieces=("Bank",) if place.number == 2 else ("bank",))
        for place in found.places
    ]  # fmt: skip
    print_contexts(Sink(format="table"), Answer(dataclasses.replace(found, places=tuple(places))))
    out = " ".join(capsys.readouterr().out.split())
    assert "before any context): .00 to 1.00, for the base has other tokens for other spellings (bank; Bank)." in out  # fmt: skip
    assert "reads from left to right: what stands behind the word changes nothing." in out
    assert "3 texts are longer than the base reads, and it saw what is around the word." in out
    assert "The base has no token for bank, or a part of it, and reads one that stands for" in out
    assert "other tokens of different texts" not in out.split("spellings")[1]


def test_a_text_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters of a text are shown as what they are not, in every view."""
    found = contexts([(1, 0), (0, 1)], ["a \x1b[2J bank", "the bank"])
    for view in (print_contexts, print_layers):
        view(Sink(format="table"), Answer(found))
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "a \N{REPLACEMENT CHARACTER}[2J [bank]" in out


def test_a_long_text_is_shown_around_its_word() -> None:
    """Whole words, ellipses where something is missing, one line."""
    (place,) = find_in_texts("bank", [f"{'one ' * 60}\n bank {'two ' * 60}"])
    shown = marked(place)
    assert shown.startswith("… one one")
    assert shown.endswith("two two …")
    assert "one [bank] two" in shown
    assert len(shown) <= LONGEST + 8
    (place,) = find_in_texts("bank", [f"bank {'two ' * 60}"])
    assert marked(place).startswith("[bank] two")
    assert len(marked(place)) > LONGEST - 8
