"""Cells to a verdict: bits per byte or BLEU with intervals and letters, what it costs, and the answer in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.cache.store import Artifact
from nlpwb.evaluation.bleu import bleu, chrf
from nlpwb.evaluation.dependence import BLOCKS
from nlpwb.evaluation.letters import letters
from nlpwb.evaluation.power import smallest_separable_normal
from nlpwb.evaluation.ratios import Estimate, Figure, compare_figures, interval_of, ratio
from nlpwb.evaluation.significance import Pair
from nlpwb.records import ALPHA, PairResult
from nlpwb.records_sequences import SequenceResult, SequenceVerdict
from nlpwb.workflows.sequences.answer import answer_of
from nlpwb.workflows.sequences.plan import SequencePlan
from nlpwb.workflows.sequences.sources import SequenceTask

_TWO_SIDED = 1.959963984540054  # normal quantile of 97.5 %
_TOP = 100.0  # the best BLEU and chrF
_LARGEST = 700.0  # nats whose exponential is still a number

Units = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A method with its cells, one for each of its seeds."""

    method: str
    cells: tuple[Artifact, ...]


def judge(
    task: SequenceTask, plan: SequencePlan, methods: Sequence[Judged], *, seed: int
) -> SequenceVerdict:
    """Compare methods that were asked the same units."""
    running = task == "lm"
    figure = ratio if running else bleu
    most = max(len(method.cells) for method in methods)
    taking_part = [method for method in methods if _comparable(method, task)]
    units = [_main_units(method, task, most) for method in taking_part]
    pairs = compare_figures(units, figure, running=running, seed=seed)
    estimates = [interval_of(u, figure, running=running, seed=seed) for u in units]
    values = [estimate.value for estimate in estimates]
    significant = {(pair.i, pair.j) for pair in pairs if pair.p_holm < ALPHA}
    higher = not running
    shown = letters(values, significant, higher_is_better=higher)
    order = sorted(range(len(values)), key=lambda m: -values[m] if higher else values[m])
    to_best = {pair.i + pair.j - order[0]: pair for pair in pairs if order[0] in (pair.i, pair.j)}
    results = []
    for m in order:
        result = _result(taking_part[m], estimates[m], task, figure, seed=seed)
        result = replace(result, letters=shown[m])
        results.append(_to_best(result, to_best[m], m) if m != order[0] else result)
    few = bool(pairs) and _too_few(units[0].shape[1], len(pairs), running=running)
    separable = None if few else _separable(pairs)
    seconds = [_seconds(taking_part[m].cells) for m in order]
    answer = answer_of(task, results, seconds, separable, units=plan.units, few=few)
    aside = [
        _result(method, _alone(method, task, figure, seed=seed), task, figure, seed=seed)
        for method in methods
        if not _comparable(method, task)
    ]
    aside.sort(key=lambda result: result.score or 0.0)
    names = [method.method for method in taking_part]
    rows = [
        PairResult(names[p.i], names[p.j], p.delta, p.low, p.high, p.p, p.p_holm) for p in pairs
    ]
    return SequenceVerdict([*results, *aside], rows, separable, answer)


def _comparable(method: Judged, task: SequenceTask) -> bool:
    """Whether its figures are about the same text as the others': what is translated is judged as text, whatever its tokens."""
    return task == "translate" or bool(method.cells[0].facts["lossless"])


def _main_units(method: Judged, task: SequenceTask, trainings: int) -> Units:
    """What the score is made of, (trainings, n, K); a method that no seed changes is the same in each training."""
    cells = method.cells
    found = np.stack([_units(cell, task) for cell in cells])
    return np.repeat(found, trainings, axis=0) if len(cells) < trainings else found


def _units(cell: Artifact, task: SequenceTask, *, nats: str = "nats") -> Units:
    """Bits and bytes of each block, or the counts of each sentence: (n, K)."""
    if task == "translate":
        return _load(cell, "bleu").astype(np.float64)
    return np.stack([_load(cell, nats) / math.log(2), _load(cell, "bytes")], axis=-1)


def _load(cell: Artifact, name: str) -> NDArray[Any]:
    found: NDArray[Any] = np.load(cell.path / f"{name}.npy", allow_pickle=False)
    return found


def _alone(method: Judged, task: SequenceTask, figure: Figure, *, seed: int) -> Estimate:
    units = _main_units(method, task, 1)
    return interval_of(units, figure, running=task == "lm", seed=seed)


def _result(
    method: Judged, estimate: Estimate, task: SequenceTask, figure: Figure, *, seed: int
) -> SequenceResult:
    """The figures of a method, and what it cost."""
    cells = method.cells
    each = [float(figure(_units(cell, task).sum(axis=0))) for cell in cells]
    return SequenceResult(
        method=method.method,
        score=estimate.value,
        low=max(estimate.low, 0.0),
        high=min(estimate.high, math.inf if task == "lm" else _TOP),
        block=estimate.block,
        seed_sd=statistics.stdev(each) if len(each) > 1 else None,
        **_perplexity(cells, running=task == "lm", seed=seed),
        **(_wide(cells) if task == "lm" else _chrf(cells, seed=seed)),
        **_costs(cells, task),
    )


def _perplexity(cells: Sequence[Artifact], *, running: bool, seed: int) -> dict[str, Any]:
    """exp(nats per token), with the exponentials of the interval's ends."""
    units = np.stack(
        [
            np.stack([_load(cell, "nats"), _load(cell, "tokens")], axis=-1).astype(np.float64)
            for cell in cells
        ]
    )
    found = interval_of(units, ratio, running=running, seed=seed)
    ends = {"": found.value, "_low": found.low, "_high": found.high}
    return {f"perplexity{end}": math.exp(min(nats, _LARGEST)) for end, nats in ends.items()}


def _wide(cells: Sequence[Artifact]) -> dict[str, Any]:
    """Bits per byte where more is seen at once than in training."""
    facts = cells[0].facts
    found = {name: facts[name] for name in ("trained_context", "wide_context")}
    if facts["wide_context"] is None:
        return found
    sums = [_units(cell, "lm", nats="nats-wide").sum(axis=0) for cell in cells]
    return {**found, "score_wide": float(ratio(np.stack(sums)).mean())}


def _chrf(cells: Sequence[Artifact], *, seed: int) -> dict[str, Any]:
    units = np.stack([_load(cell, "chrf").astype(np.float64) for cell in cells])
    found = interval_of(units, chrf, running=False, seed=seed)
    return {
        "chrf": found.value,
        "chrf_low": max(found.low, 0.0),
        "chrf_high": min(found.high, _TOP),
    }


def _costs(cells: Sequence[Artifact], task: SequenceTask) -> dict[str, Any]:
    first = cells[0].facts
    seconds = sum(cell.facts["work_seconds"] for cell in cells)
    work = sum(cell.facts["work"] for cell in cells)
    speed = "tokens_per_second" if task == "lm" else "sentences_per_second"
    return {
        **{name: first[name] for name in ("tokenizer", "vocabulary", "lossless", "parameters")},
        "fit_seconds": statistics.fmean(cell.facts["fit_seconds"] for cell in cells),
        speed: work / seconds if seconds > 0 else None,
        "peak_mib": max(cell.facts["peak_bytes"] for cell in cells) / 2**20,
        "bytes": first["model_bytes"],
    }


def _seconds(cells: Sequence[Artifact]) -> float:
    """What a method costs: training, and going through the test part once."""
    return statistics.fmean(
        cell.facts["fit_seconds"] + cell.facts["work_seconds"] for cell in cells
    )


def _to_best(result: SequenceResult, pair: Pair, m: int) -> SequenceResult:
    sign = 1 if pair.i == m else -1
    low, high = sorted((sign * pair.low, sign * pair.high))
    return replace(result, delta=sign * pair.delta, delta_low=low, delta_high=high)


def _too_few(units: int, pairs: int, *, running: bool) -> bool:
    """Whether a coin for each of them cannot tell methods apart, however unlike: two tosses of all reach any difference."""
    tossed = min(units, BLOCKS) if running else units
    return bool(pairs * 2.0 ** (1 - tossed) >= ALPHA)


def _separable(pairs: Sequence[Pair]) -> float | None:
    """The smallest difference that would show between methods like these."""
    errors = [(pair.high - pair.low) / (2 * _TWO_SIDED) for pair in pairs]
    known = [error for error in errors if math.isfinite(error)]
    if not known:
        return None
    return smallest_separable_normal(statistics.median(known), alpha=ALPHA / len(pairs))
