"""A tree of words as a figure: merges at their mean cosine, clusters in colours, PNG or SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.errors import InputError
from nlpwb.report.drawing import DPI, fitting, kind_of, lines_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.themes import MOST_GROUPS, THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nlpwb.vectors.clusters import Linkage

MOST = 80
"""Words that can still be read in one tree."""
WIDTH, EDGE, LINE = 7.2, 0.12, 0.155  # inches
TITLE, FACT, LABEL = 11.0, 8.0, 8.0  # points


def check_dendrogram(path: str) -> str:
    """The format that the place names, checked before any work is done.

    Raises:
        UsageError: another ending than .png or .svg.
        InputError: the folder is missing.
    """
    return kind_of(path, ("png", "svg"), option="-o")


def check_words(count: int, path: str) -> None:
    """Refuse more words than can be read in one tree, before they are compared with each other.

    Raises:
        InputError: there are more.
    """
    if count > MOST:
        raise InputError(
            f"-o {path}: a dendrogram of {count:,} words cannot be read; take {MOST} at most, "
            "or print the tree with --tree"
        )


def plot_dendrogram(
    words: Sequence[str],
    merges: Linkage,
    clusters: Sequence[int],
    *,
    title: str,
    path: str,
    theme: str,
) -> None:
    """Draw a linkage of ``words``; ``clusters`` (from 1) colour the branches that lie within one of them.

    Raises:
        InputError: more words than can be read, or a place that cannot be written.
    """
    kind = check_dendrogram(path)
    check_words(len(words), path)
    colours = THEMES[theme]
    write_figure(
        path,
        lambda: draw_dendrogram(words, merges, clusters, title=title, theme=colours),
        kind=kind,
        theme=colours,
        option="-o",
    )


def draw_dendrogram(
    words: Sequence[str],
    merges: Linkage,
    clusters: Sequence[int],
    *,
    title: str,
    theme: Theme,
) -> Figure:
    """The figure: leaves below each other on the right, a line a word; the root on the left."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scipy.cluster.hierarchy import dendrogram

    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure, bold = measure_on(canvas), measure_on(canvas, weight="bold")
    room = DPI * (WIDTH - 2 * EDGE)
    count = len(set(clusters))
    facts = [f"{len(words)} words · ", "average linkage on cosine distance · ", f"{count} clusters"]
    lines = lines_of(facts, FACT, measure, width=room)
    names = [fitting(word, LABEL, measure, width=DPI * WIDTH / 3) for word in words]
    widest = max(measure(name, LABEL)[0] for name in names) / DPI
    top = EDGE + 0.22 + 0.15 * len(lines) + 0.08
    panel = LINE * (len(words) + 0.6)
    height = top + panel + 0.48
    figure.set_size_inches(WIDTH, height)
    text = fitting(title, TITLE, bold, width=room)
    write_lines(
        figure, [text], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    write_lines(figure, lines, left=EDGE, top=EDGE + 0.22, step=0.15, size=FACT, color=theme.quiet)
    across = WIDTH - 2 * EDGE - 0.1 - widest
    axes = figure.add_axes(
        ((EDGE + 0.04) / WIDTH, 1 - (top + panel) / height, across / WIDTH, panel / height)
    )
    found: dict[str, Any] = dict(dendrogram(merges, no_plot=True))
    inside = _within(merges, clusters)
    for depth, place, colour in zip(
        found["dcoord"], found["icoord"], _of_links(found, merges, inside), strict=True
    ):
        axes.plot(
            depth,
            place,
            color=theme.ink if colour is None else _colour(colour, theme),
            linewidth=1.0,
            solid_joinstyle="miter",
        )
    n = len(words)
    axes.set_ylim(10 * n + 3, -3)
    deepest = float(merges[:, 2].max())
    axes.set_xlim(deepest * 1.02, 0)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.set_yticks([])
    _cosine_ticks(axes, deepest, theme)
    left = (EDGE + 0.04 + across + 0.06) / WIDTH
    for line, leaf in enumerate(found["leaves"]):
        up = 1 - (top + panel * (10 * line + 8) / (10 * n + 6)) / height
        figure.text(
            left,
            up,
            names[leaf],
            size=LABEL,
            color=_colour(clusters[leaf], theme),
            va="center_baseline",
            parse_math=False,
        )
    return figure


def _within(merges: Linkage, clusters: Sequence[int]) -> list[int | None]:
    """For each merge the cluster to which all its words belong, or None."""
    n = len(clusters)
    owner: list[int | None] = list(clusters)
    for left, right, *_ in merges.tolist():
        one, other = owner[int(left)], owner[int(right)]
        owner.append(one if one == other else None)
    return owner[n:]


def _of_links(
    found: dict[str, Any], merges: Linkage, inside: Sequence[int | None]
) -> list[int | None]:
    """The cluster of each drawn link: scipy draws them in an order of its own, so they are met by depth and place."""
    n = len(merges) + 1
    line = {leaf: 10.0 * place + 5 for place, leaf in enumerate(found["leaves"])}
    places: dict[int, float] = {leaf: line[leaf] for leaf in range(n)}
    by_place: dict[tuple[float, float], int | None] = {}
    for number, (left, right, distance, _) in enumerate(merges.tolist()):
        middle = (places[int(left)] + places[int(right)]) / 2
        places[n + number] = middle
        by_place[round(middle, 6), round(distance, 9)] = inside[number]
    return [
        by_place[round((place[1] + place[2]) / 2, 6), round(depth[1], 9)]
        for depth, place in zip(found["dcoord"], found["icoord"], strict=True)
    ]


def _cosine_ticks(axes: Axes, deepest: float, theme: Theme) -> None:
    """The axis in cosines, which people know, not in distances."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if deepest > 0.2 else 3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{1 - value:.2g}"))
    axes.set_xlabel("mean cosine between what is joined", color=theme.quiet)


def _colour(cluster: int, theme: Theme) -> str:
    """Clusters from 1; more than there are colours begin again."""
    return theme.groups[(cluster - 1) % MOST_GROUPS]
