"""Texts of a figure: how long ones are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlpwb.report.drawing import fitting


def letters(text: str, size: float) -> tuple[float, float]:
    """Every character is a pixel wide."""
    return float(len(text)), size


@given(st.text(), st.integers(2, 60))
def test_a_title_takes_the_room_that_there_is(title: str, width: int) -> None:
    """What fits stays; of the others the ends stay, as much of them as there is room for."""
    found = fitting(title, 8.0, letters, width=width)
    if len(title) <= width:
        assert found == title
        return
    assert len(found) == width
    assert found == f"{title[: (width - 1) // 2]}…{title[len(title) - width // 2 :]}"


def test_a_very_long_word_is_measured_a_few_times_and_never_whole() -> None:
    """Else a word of 20,000 letters would be measured 20,000 times."""
    measured: list[int] = []

    def measure(text: str, size: float) -> tuple[float, float]:
        measured.append(len(text))
        return letters(text, size)

    assert fitting("w" * 20_000, 8.0, measure, width=30) == f"{'w' * 14}…{'w' * 15}"
    assert len(measured) < 12
    assert max(measured) < 500


def test_where_there_is_no_room_one_character_stays() -> None:
    assert fitting("word", 8.0, letters, width=0) == "…d"
    assert fitting("w", 8.0, letters, width=0) == "w"
