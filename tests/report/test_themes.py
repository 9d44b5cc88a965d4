"""Colours that can be read, by all eyes: contrast of text, and groups apart under every kind of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nlpwb.report.themes import DARK, LIGHT, MARKERS, THEMES, Theme, contrast

# Machado, Oliveira & Fernandes 2009, table 1, severity 1.0; for linear RGB.
BLIND = {
    "full": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def oklab(colour: str, seen: np.ndarray) -> np.ndarray:
    """Ottosson 2020; just noticeable differences are about 0.02."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    linear = np.clip(seen @ linear, 0, 1)
    cones = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ linear
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ cones
    )


def test_contrast_by_the_book() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_all_text_has_a_contrast_of_four_and_a_half(theme: Theme) -> None:
    for colour in (theme.ink, theme.quiet, *theme.groups):
        assert contrast(colour, theme.paper) >= 4.5, colour


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("eyes", list(BLIND))
def test_groups_differ_for_all_eyes(theme: Theme, eyes: str) -> None:
    for one, other in combinations(theme.groups, 2):
        apart = np.linalg.norm(oklab(one, BLIND[eyes]) - oklab(other, BLIND[eyes]))
        assert apart >= 0.08, (one, other)


def test_each_group_has_a_shape_of_its_own() -> None:
    assert len(set(MARKERS)) == len(LIGHT.groups) == len(DARK.groups)
    assert set(THEMES) == {"light", "dark"}
