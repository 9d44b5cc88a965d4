"""Step sizes at moments that can be computed by head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.training.schedules import SCHEDULES, constant, cosine, invsqrt, linear, onecycle, slanted


def test_constant_rises_once_and_stays() -> None:
    assert [constant(step, 10, 0.2) for step in (0, 1, 5, 9)] == [0.5, 1, 1, 1]


def test_linear_rises_and_falls_on_lines() -> None:
    """Ten steps, two of them warm-up: the eight others go down by an eighth each."""
    assert [linear(step, 10, 0.2) for step in (0, 1, 2, 6, 9)] == [0.5, 1, 1, 0.5, 0.125]


def test_cosine_is_at_half_in_the_middle() -> None:
    assert cosine(5, 10, 0.0) == pytest.approx(0.5)
    assert cosine(0, 10, 0.0) == 1


def test_slanted_is_steep_up_and_flat_down() -> None:
    """Howard & Ruder's form: from 1/32 to 1 over the warm-up, then back on a longer line."""
    assert slanted(0, 100, 0.1) == pytest.approx(1 / 32)
    assert slanted(10, 100, 0.1) == 1
    assert slanted(55, 100, 0.1) == pytest.approx(1 / 32 + 31 / 32 / 2)


def test_onecycle_has_a_mean_at_the_middle_of_each_half() -> None:
    assert onecycle(0, 100, 0.5) == pytest.approx(1 / 25)
    assert onecycle(25, 100, 0.5) == pytest.approx((1 / 25 + 1) / 2)
    assert onecycle(50, 100, 0.5) == pytest.approx(1)
    assert onecycle(75, 100, 0.5) == pytest.approx((1 + 1e-4) / 2)


def test_invsqrt_is_halved_where_steps_are_four_times_as_many() -> None:
    """Equation 3 of Vaswani et al.: after w steps of warm-up the factor is sqrt(w / step)."""
    assert invsqrt(0, 100, 0.1) == pytest.approx(1 / 10)
    assert invsqrt(9, 100, 0.1) == 1
    assert invsqrt(39, 100, 0.1) == pytest.approx(1 / 2)


@pytest.mark.parametrize("name", SCHEDULES)
@given(steps=st.integers(1, 500), warmup=st.floats(0, 1))
def test_every_step_moves_something_and_none_more_than_asked(
    name: str, steps: int, warmup: float
) -> None:
    """A factor of 0 would waste a step, one above 1 would be a learning rate that nobody asked for."""
    factors = [SCHEDULES[name](step, steps, warmup) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)


@pytest.mark.parametrize("name", SCHEDULES)
@given(steps=st.integers(2, 500), warmup=st.floats(0, 1))
def test_a_schedule_rises_to_one_peak_and_falls(name: str, steps: int, warmup: float) -> None:
    """Up and down once: anything else is a slip in the phases' borders."""
    factors = [SCHEDULES[name](step, steps, warmup) for step in range(steps)]
    peak = factors.index(max(factors))
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
