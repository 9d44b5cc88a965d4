"""The same text, however it is computed; and when a text ends."""

from __future__ import annotations

import dataclasses

import pytest

from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.generating import Cut, Finished, Plan, Row, Slid, Written, generate
from tests.methods.decoding.toys import Fixed, Toy

END = 0
PROMPTS = [[1], [2, 3, 4, 5, 6], [3, 3], [4], [5, 1, 1, 1], [6, 6, 2], [1]]
PLAN = Plan(limit=30, ends=frozenset({END}), samples=2, seed=5)


def texts(toy: Toy, prompts: list[list[int]], plan: Plan) -> dict[Row, list[int]]:
    """The tokens of each row."""
    found: dict[Row, list[int]] = {}
    for event in generate(toy, prompts, plan):
        if isinstance(event, Written):
            found.setdefault(event.row, []).append(event.token)
    return found


@pytest.mark.parametrize("context", [None, 40, 6, 5])
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(greedy=True),
        Sampling(temperature=0.8, top_k=4, top_p=0.9, min_p=0.05, repetition_penalty=1.3),
    ],
)
def test_the_text_does_not_depend_on_how_it_is_computed(
    context: int | None, sampling: Sampling
) -> None:
    """Alone or batched, all kept or all read again, with any batch: rows would be mixed up, or a full context differ."""
    plan = dataclasses.replace(PLAN, sampling=sampling)
    toy = Toy(8, context=context)
    expected = texts(toy, PROMPTS, plan)
    assert len(expected) == 14
    for other in (
        dataclasses.replace(plan, batch=1),
        dataclasses.replace(plan, batch=3),
        dataclasses.replace(plan, keep=False),
        dataclasses.replace(plan, keep=False, batch=5),
    ):
        assert texts(toy, PROMPTS, other) == expected
    fewer = dataclasses.replace(plan, samples=1)
    one = texts(toy, PROMPTS, fewer)
    assert one == {row: tokens for row, tokens in expected.items() if row.sample == 0}


def test_samples_and_seeds_differ() -> None:
    """Samples would repeat each other."""
    plan = dataclasses.replace(PLAN, samples=8, ends=frozenset())
    first = texts(Toy(8), [[1], [1]], plan)
    other = texts(Toy(8), [[1], [1]], dataclasses.replace(plan, seed=6))
    assert len({tuple(tokens) for tokens in (*first.values(), *other.values())}) == 32


def test_samples_of_a_prompt_share_its_reading() -> None:
    """Four samples would cost four readings of the prompt."""
    toy = Toy(8)
    texts(toy, [[1, 2], [3]], dataclasses.replace(PLAN, samples=4, limit=3, ends=frozenset()))
    assert toy.rows == [2, 8, 8]


def test_rows_that_are_finished_leave() -> None:
    """The batch would be as dear as its longest text."""
    toy = Toy(4)
    found = texts(toy, [[1], [2], [3], [1, 2]], dataclasses.replace(PLAN, samples=1))
    lengths = [len(tokens) for tokens in found.values()]
    longest = max(lengths)
    assert len(set(lengths)) > 1
    assert toy.rows == [4] + [sum(n > step for n in lengths) for step in range(1, longest)]


def test_a_text_ends_where_it_should() -> None:
    """By its end, by the caller's word, or by the most tokens: the last token is told, then the reason."""
    certain = Fixed([0.001, 0.998, 0.001])
    plan = Plan(limit=4, ends=frozenset({0}), sampling=Sampling(greedy=True))
    row = Row(0, 0)
    *written, last = generate(certain, [[1]], plan)
    assert [event.token for event in written if isinstance(event, Written)] == [1] * 4
    assert last == Finished(row, "length")
    *written, last = generate(certain, [[1]], dataclasses.replace(plan, ends=frozenset({1})))
    assert (len(written), last) == (1, Finished(row, "end"))
    told: list[int] = []

    def stops(row: Row, token: int) -> bool:
        told.append(token)
        return len(told) == 3

    *written, last = generate(certain, [[1]], plan, stops=stops)
    assert (len(written), last) == (3, Finished(row, "stop"))


def test_a_full_context_goes_on_from_its_last_half_and_says_so() -> None:
    """After 6 tokens the last 3 are read again: with 2 more written, 3 + 3 fit again."""
    toy = Toy(8, context=6)
    plan = Plan(limit=12, ends=frozenset(), sampling=Sampling(greedy=True))
    events = list(generate(toy, [[1, 2]], plan))
    slides = [place for place, event in enumerate(events) if isinstance(event, Slid)]
    assert all(event == Slid(Row(0, 0), 3) for event in events if isinstance(event, Slid))
    # the first token after six that were read is the sixth; then every fourth
    written = [sum(isinstance(event, Written) for event in events[:place]) for place in slides]
    assert written == [5, 9]
    assert toy.longest == 6


def test_a_prompt_that_is_too_long_is_cut_from_the_left_and_said() -> None:
    """The beginning would be read and the end forgotten."""
    plan = Plan(limit=1, ends=frozenset(), sampling=Sampling(greedy=True))
    toy = Toy(8, context=4)
    cut, written, _ = generate(toy, [[7, 6, 5, 4, 3, 2]], plan)
    assert cut == Cut(Row(0, 0), 2)
    (same, _) = generate(toy, [[5, 4, 3, 2]], plan)
    assert written == same


def test_a_token_is_told_before_the_next_is_read() -> None:
    """A text that is streamed would come a token late."""
    toy = Toy(8)
    events = generate(toy, [[1]], Plan(limit=5, ends=frozenset()))
    next(events)
    assert len(toy.rows) == 1


def test_prompts_are_taken_as_they_come() -> None:
    """A pipe would be read to its end before the first text is written."""
    taken = []

    def prompts():
        for number in range(10):
            taken.append(number)
            yield [1]

    next(generate(Toy(8), prompts(), dataclasses.replace(PLAN, batch=2, samples=1)))
    assert taken == [0, 1]
