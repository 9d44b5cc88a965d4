"""The figure of a training log: what is drawn, from what, and into which files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.errors import InputError, UsageError
from nlpwb.report.drawing import drawn
from nlpwb.report.themes import LIGHT
from nlpwb.report.training_curves import check_curves, draw_training, plot_training

BEGUN = {
    "record": "begun",
    "steps": 40,
    "parameters": 12_345,
    "precision": "float32",
    "device": "cpu",
}
ENDED = {"record": "ended", "seconds": 75.4, "stopped_early": True, "best_epoch": 1}


def step(number: int, loss: float | None) -> dict:
    return {"record": "step", "epoch": (number - 1) // 10, "step": number, "loss": loss}


def epoch(number: int, value: float | None) -> dict:
    row = {"record": "epoch", "epoch": number, "step": 10 * (number + 1), "loss": 0.5}
    if value is not None:
        figures = {"accuracy": value, "loss": 1 - value}
        row["tuning"] = {
            "name": "accuracy",
            "value": value,
            "higher_is_better": True,
            "figures": figures,
        }
    return row


ROWS = [
    BEGUN,
    *(step(number, 1 / number) for number in range(1, 41)),
    *(epoch(number, value) for number, value in enumerate((0.6, 0.81, 0.8, 0.7))),
    ENDED,
]


def texts(rows: list[dict]) -> list[str]:
    figure = drawn(
        lambda: draw_training(rows, title="lstm on reviews.csv", theme=LIGHT), theme=LIGHT
    )
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [axes.get_xlabel(), axes.get_ylabel(), *(text.get_text() for text in axes.texts)]
    return found


def test_loss_and_score_have_a_panel_each_with_the_best_epoch_named() -> None:
    figure = drawn(lambda: draw_training(ROWS, title="lstm", theme=LIGHT), theme=LIGHT)
    loss, score = figure.axes
    assert loss.get_ylabel() == "loss"
    assert list(loss.lines[-2].get_ydata()) == pytest.approx([1 / n for n in range(1, 41)])
    assert list(loss.lines[-1].get_ydata()) == pytest.approx([0.4, 0.19, 0.2, 0.3])
    assert score.get_ylabel() == "accuracy on the tuning part"
    assert list(score.lines[-1].get_xdata()) == [20]
    assert [text.get_text() for text in score.texts] == [".8100"]


def test_the_facts_say_how_training_ended() -> None:
    said = " · ".join(texts(ROWS))
    for fact in ("4 epochs", "12,345 parameters", "float32 on cpu", "75 s", "best epoch 2"):
        assert fact in said
    assert "resumed once" in " ".join(texts([BEGUN, *ROWS]))


def test_without_a_tuning_part_there_is_one_panel() -> None:
    rows = [BEGUN, step(1, 0.7), step(2, None), epoch(0, None)]
    figure = drawn(lambda: draw_training(rows, title="lstm", theme=LIGHT), theme=LIGHT)
    assert len(figure.axes) == 1
    assert len(figure.axes[0].lines[-1].get_ydata()) == 1, "a loss that is not known is no point"


@pytest.mark.parametrize("last", [1, 2, 3, 7, 40, 1000])
def test_steps_are_counted_in_whole_numbers(last: int) -> None:
    """A training of two steps had ticks at a quarter of a step."""
    rows = [BEGUN, step(1, 0.7), {"record": "epoch", "epoch": 0, "step": last, "loss": 0.5}]
    figure = drawn(lambda: draw_training(rows, title="lstm", theme=LIGHT), theme=LIGHT)
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert ticks == [int(tick) for tick in ticks]
    assert len(ticks) >= 2


def test_of_a_score_that_should_fall_the_lowest_is_the_best() -> None:
    rows = [step(10, 0.5), epoch(0, 0.6), step(20, 0.4), epoch(1, 0.3), epoch(2, 0.5)]
    for row in rows:
        if "tuning" in row:
            row["tuning"] |= {"name": "RMSE", "higher_is_better": False}
    assert "0.3" in texts(rows)
    assert "RMSE on the tuning part (lower is better)" in texts(rows)


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_same_log_gives_the_same_bytes(tmp_path: Path, ending: str, start: bytes) -> None:
    places = [tmp_path / f"{name}.{ending}" for name in ("a", "b")]
    for place in places:
        plot_training(ROWS, str(place), title="lstm on reviews.csv")
    assert places[0].read_bytes().startswith(start)
    assert places[0].read_bytes() == places[1].read_bytes()


def test_a_place_that_cannot_be_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"--plot c\.gif: the ending says the format, \.png, \.svg or \.pdf"
    ):
        check_curves("c.gif")
    with pytest.raises(InputError, match="does not exist"):
        check_curves(str(tmp_path / "no" / "c.png"))


def test_a_log_without_steps_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no step"):
        plot_training([BEGUN], str(tmp_path / "c.png"), title="lstm")
