"""Contexts in groups."""

from __future__ import annotations

import numpy as np
import pytest

from nlpwb.errors import InputError
from nlpwb.workflows.contexts.senses import check_count, divide
from tests.workflows.contexts.made import contexts


def clouds(sizes: tuple[int, ...], *, seed: int = 0) -> list[list[float]]:
    """Points around as many axes of a space as there are sizes."""
    draw = np.random.default_rng(seed)
    rows = [
        np.eye(len(sizes) + 2)[group] + draw.normal(0, 0.05, len(sizes) + 2)
        for group, size in enumerate(sizes)
        for _ in range(size)
    ]
    return [row.tolist() for row in rows]


def texts(count: int) -> list[str]:
    return [f"bank number {number}" for number in range(count)]


def test_groups_are_found_with_their_number() -> None:
    """Three clouds of 6, 12 and 9: the largest is sense 1; the nearest are its own, the nearest first."""
    found = divide(contexts(clouds((6, 12, 9)), texts(27)), count=None, seed=0)
    assert [sense.size for sense in found.senses] == [12, 9, 6]
    assert [member.sense for member in found.members] == [3] * 6 + [1] * 12 + [2] * 9
    assert sum(sense.share for sense in found.senses) == pytest.approx(1)
    assert [count for count, _ in found.tried] == [2, 3, 4, 5]
    assert max(found.tried, key=lambda pair: pair[1]) == (3, found.silhouette)
    assert found.silhouette > 0.9
    for sense in found.senses:
        assert len(sense.nearest) == 3
        assert all(member.sense == sense.sense for member in sense.nearest)
        cosines = [member.cosine for member in sense.nearest]
        assert cosines == sorted(cosines, reverse=True)
        own = [member.cosine for member in found.members if member.sense == sense.sense]
        assert cosines[0] == max(own)
        assert sense.cohesion == pytest.approx(np.mean(own))


def test_never_more_than_eight_are_sought() -> None:
    found = divide(contexts(clouds((9,) * 10), texts(90)), count=None, seed=0)
    assert [count for count, _ in found.tried] == [2, 3, 4, 5, 6, 7, 8]


def test_a_number_that_was_asked_for_is_kept() -> None:
    found = divide(contexts(clouds((6, 6)), texts(12)), count=4, seed=0)
    assert len(found.senses) == 4
    assert found.tried == ()


def test_what_cannot_be_divided_is_told() -> None:
    with pytest.raises(InputError, match="there is 1 sentence with the word, and senses need 4"):
        check_count(1, None)
    with pytest.raises(InputError, match=r"--senses 5: there are 5 sentences .* ask for 4 at most"):
        check_count(5, 5)
    check_count(5, 4)
    with pytest.raises(InputError, match="all contexts of bank have the same vector in this layer"):
        divide(contexts([(1, 2)] * 4, texts(4)), count=None, seed=0)
