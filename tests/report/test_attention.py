"""Attention in the terminal: shades, sums, and what is shown of long texts; nothing wider than the terminal."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from nlpwb.report.arithmetic import arithmetic_lines
from nlpwb.report.attention import (
    fitted,
    shaded_table,
    strongest_edges,
    strongest_lines,
    sum_lines,
    sum_of,
)
from nlpwb.report.attention import (
    shown as token_shown,
)
from nlpwb.report.attention_output import print_attention
from nlpwb.report.sink import Sink
from nlpwb.workflows.looking.arithmetic import Arithmetic, Term
from nlpwb.workflows.looking.attention import View

from .looking import WORDS, attended, shown


def printed(tmp_path: Path, name: str, **options: str) -> str:
    place = tmp_path / name
    print_attention(Sink(out=str(place)), [shown(attended(), **options)])
    return place.read_text(encoding="utf-8")


def test_a_table_to_the_letter() -> None:
    """Shades from .05, .2, .4 and .7 on; nothing where a query may not look."""
    (view,) = shown(attended()).views
    lines = shaded_table(view, width=80, colour=False, rows=range(3))
    assert lines == [
        "         money  bank grows",
        "  money  ▓▓.50 ▓▓.50",
        "  bank   ▒▒.25 ██.70 ░░.05",
        "  grows              ██1.0",
    ]


def test_a_sentence_as_sums() -> None:
    (view,) = shown(attended()).views
    assert list(sum_lines(view, width=80, rows=range(3))) == [
        "  money = 0.50·money + 0.50·bank",
        "   bank = 0.25·money + 0.70·bank + 0.05·grows",
        "  grows = 1.00·grows",
    ]


def test_a_sum_of_many_keeps_the_largest_and_says_how_many_are_left() -> None:
    words = tuple(f"w{n}" for n in range(20))
    one = attended(words)
    (view,) = shown(one).views
    text = sum_of(view, 3)
    terms = re.findall(r"(\d\.\d\d)·(\S+)", text.split(" = ")[1])
    rest = re.search(r" \+ (\d\.\d\d) of (\d+) others$", text)
    assert rest is not None
    assert int(rest[2]) == 20 - len(terms)
    assert sum(float(weight) for weight, _ in terms) + float(rest[1]) == pytest.approx(1, abs=0.04)
    kept = [int(word[1:]) for _, word in terms]
    assert kept == sorted(kept)
    largest = np.argsort(-view.weights[3])[: len(kept)]
    assert set(kept) == set(largest.tolist())


def view_of(*weights: float) -> View:
    """One query that reads so many keys, w0, w1 …."""
    keys = tuple(f"w{n}" for n in range(len(weights)))
    (view,) = shown(attended(("bank",))).views
    return dataclasses.replace(view, weights=np.array([weights], dtype=np.float32), keys=keys)


def test_a_sum_of_a_long_text_has_its_strongest_terms_however_small() -> None:
    """512 tokens: each weight rounds to 0.00, and 1.00 of 512 others told nothing."""
    weights = np.full(512, 0.9 / 510)
    weights[[7, 300]] = 0.06, 0.04
    assert sum_of(view_of(*weights), 0) == ("bank = 0.06·w7 + 0.04·w300 + 0.90 of 510 others")
    falling = np.linspace(1.5, 0.5, 512) / 512
    assert sum_of(view_of(*falling), 0, terms=2) == (
        "bank = 0.0029·w0 + 0.0029·w1 + 0.99 of 510 others"
    )


def test_even_weights_are_said_once() -> None:
    """Six equal terms of 512 are an accident; so are twenty strongest edges."""
    even = view_of(*[1 / 512] * 512)
    assert sum_of(even, 0) == "bank = 0.0020·each of 512"
    assert sum_of(view_of(*[0.125] * 8, 0, 0), 0) == "bank = 0.12·each of 8"
    assert sum_of(view_of(0.5, 0.5), 0) == "bank = 0.50·w0 + 0.50·w1"
    assert strongest_lines(even, width=80, rows=range(1)) == [
        "All 512 edges have the same weight, 0.00195."
    ]


@pytest.mark.parametrize("count", [1, 3, 12, 13, 30, 60, 61, 200])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(count: int, width: int) -> None:
    """From numbers over shades alone to the strongest edges, with words of any length and script."""
    words = tuple(
        ("word", "unbelievably-long-word", "漢字", "é")[n % 4] + str(n) for n in range(count)
    )
    (view,) = shown(attended(words)).views
    lines = shaded_table(view, width=width, colour=False, rows=range(count))
    lines += list(sum_lines(view, width=width, rows=range(min(count, 5))))
    assert max(cell_len(line) for line in lines) <= width


def test_colours_change_no_character() -> None:
    (view,) = shown(attended()).views
    plain = shaded_table(view, width=80, colour=False, rows=range(3))
    coloured = shaded_table(view, width=80, colour=True, rows=range(3))
    assert coloured != plain
    bare = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in coloured]
    assert bare == plain


def test_edges_of_a_long_text_are_the_strongest() -> None:
    words = tuple(f"w{n}" for n in range(100))
    (view,) = shown(attended(words)).views
    lines = shaded_table(view, width=80, colour=False, rows=range(100))
    assert lines[0] == "The 20 strongest of 10,000 edges (query, key, weight):"
    edges = strongest_edges(view.weights, range(100), 20)
    assert [weight for *_, weight in edges] == sorted(view.weights.ravel().tolist(), reverse=True)[
        :20
    ]
    for query, key, weight in edges:
        assert view.weights[query, key] == pytest.approx(weight)


def test_tokens_of_white_space_are_seen() -> None:
    assert [token_shown(token) for token in (" the", "\n", " ", "", "\x1b[2J")] == [
        "the", "⏎", "␣", "∅", "\N{REPLACEMENT CHARACTER}[2J",
    ]  # fmt: skip
    assert fitted("漢字漢字", 5) == "漢字…"


def test_the_whole_table_as_it_is_printed(tmp_path: Path) -> None:
    text = printed(tmp_path, "a.txt")
    assert text.splitlines()[0] == "transformer → good .750, bad .250"
    assert "self-attention, layer 2, mean of 2 heads; 3 tokens, each row sums to 1" in text
    assert "   bank = 0.25·money + 0.70·bank + 0.05·grows" in text


def test_programs_get_every_weight(tmp_path: Path) -> None:
    rows = printed(tmp_path, "a.tsv", layer="all", head="all").splitlines()
    assert rows[0] == "text\tkind\tlayer\thead\tquery_place\tquery\tkey_place\tkey\tweight"
    assert len(rows) == 1 + 2 * 2 * 9
    assert rows[-1] == "1\tself\t2\t2\t3\tgrows\t3\tgrows\t1.0"
    (found,) = json.loads(printed(tmp_path, "a.json", head="2"))
    (one,) = found["maps"]
    assert (one["kind"], one["layer"], one["head"], one["keys"]) == ("self", 2, 2, list(WORDS))
    assert one["weights"][1] == pytest.approx([0.25, 0.7, 0.05])
    assert found["answers"] == [
        {"name": "bad", "probability": 0.25},
        {"name": "good", "probability": 0.75},
    ]


def test_markdown_has_a_table_and_its_sums(tmp_path: Path) -> None:
    lines = printed(tmp_path, "a.md").splitlines()
    assert "| bank | 0.25 | 0.70 | 0.05 |" in lines
    assert "bank = 0.25·money + 0.70·bank + 0.05·grows" in lines


@pytest.mark.parametrize(("score", "said"), [(-1.5, "score + 1.500"), (1.5, "score − 1.500")])
def test_the_largest_score_is_taken_away_with_one_sign(score: float, said: str) -> None:
    """Nobody reads minus minus."""
    term = Term(1, "a", (1.0,), (1.0,), score, score, None, score, 1.0, 1.0)
    made = Arithmetic("self-attention", 1, "a", (1.0,), (term,), 1.0, (1.0,))
    assert f"exp({said}) / 1.000" in "\n".join(arithmetic_lines(made, width=120))


def test_a_single_token_is_one(tmp_path: Path) -> None:
    print_attention(Sink(out=str(tmp_path / "a.txt")), [shown(attended(("money",)))])
    assert "; 1 token, each row sums to 1" in (tmp_path / "a.txt").read_text(encoding="utf-8")
