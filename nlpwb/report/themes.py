"""The colours of maps and trees, light and dark: text of 4.5 : 1 contrast at least, groups that colour-blind eyes tell apart.

The colours of groups were sought by computer: contrast of 4.5 : 1 and more to the background (WCAG 2.2, criterion 1.4.3), and
far apart in OKLab under full and under each kind of missing colour vision (Machado, Oliveira & Fernandes 2009). Groups have
shapes of their own too, for what colours cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours as ``#RRGGBB``: of the paper, of strong and quiet text, of lines, and of up to eight groups."""

    name: str
    paper: str
    ink: str
    quiet: str
    rule: str
    groups: tuple[str, ...]


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    ink="#262626",
    quiet="#595959",
    rule="#D5D5D5",
    groups=(
        "#3773C8",
        "#AF5F0F",
        "#006955",
        "#912391",
        "#504100",
        "#1E1E55",
        "#786E8C",
        "#641ECD",
    ),
)
DARK = Theme(
    name="dark",
    paper="#16181D",
    ink="#ECECEC",
    quiet="#AAB0BA",
    rule="#3A3F48",
    groups=(
        "#5FA0CD",
        "#FF9600",
        "#6EC878",
        "#F5AAFA",
        "#D7FA78",
        "#E6550F",
        "#AFB4BE",
        "#9B6EFF",
    ),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
"""A shape for each group, in matplotlib's letters."""
MOST_GROUPS = len(LIGHT.groups)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
