"""What ``train`` and ``evaluate`` do with translators, and how their pairs are read."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import GateMissed, UsageError
from nlpwb.report.sink import Column, Sink

if TYPE_CHECKING:
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.data.pairs import Pairs
    from nlpwb.specs import Spec
    from nlpwb.workflows.networks.conditions import Conditions
    from nlpwb.workflows.translation.training import TrainedTranslator


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where pairs come from, as typed: a corpus with two columns, or two files with a text a line."""

    corpus: str | None
    source: str | None
    target: str | None

    def check(self) -> None:
        """Refuse what is neither one nor the other.

        Raises:
            UsageError: nothing, one file of the two, or both a corpus and files.
        """
        files = [name for name in (self.source, self.target) if name is not None]
        if self.corpus is None and not files:
            raise UsageError(
                "there is nothing to read: name a CORPUS of pairs, or --source FILE and --target FILE"
            )
        if len(files) == 1:
            given, missing = ("source", "target") if self.source else ("target", "source")
            raise UsageError(f"--{given} needs --{missing} beside it, with a text for each line")
        if self.corpus is not None and files:
            raise UsageError(
                f"{self.corpus} and --source contradict each other; give the pairs in one way"
            )

    def read(self, options: PairOptions) -> Pairs:
        """The pairs.

        Raises:
            InputError: they cannot be read.
            UsageError: as :meth:`check`.
        """
        from nlpwb.data.pairs import read_aligned, read_pairs

        self.check()
        if self.source is not None and self.target is not None:
            return read_aligned(self.source, self.target, options)
        assert self.corpus is not None
        return read_pairs(self.corpus, options)


def train(
    spec: Spec,
    pairs: Pairs,
    output: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> Callable[[Sink], None]:
    """Train a translator; returns what prints what was made."""
    from nlpwb.workflows.translation.training import train_translator

    trained = train_translator(
        spec.representation, pairs, output, seed=seed, threads=threads, conditions=conditions
    )
    return functools.partial(_show_trained, trained=trained)


def _show_trained(sink: Sink, trained: TrainedTranslator) -> None:
    from nlpwb.report.comparison import count, seconds, size
    from nlpwb.report.numbers import whole

    row = dataclasses.asdict(trained)
    made = row.pop("network")
    columns = [
        Column("model", "model", keep=True),
        Column("method", "method", keep=True, wrap_at=",+"),
        Column("pairs", "pairs", right=True, show=whole),
        Column("vocabulary", "vocabulary", right=True, show=whole),
        Column(
            "target_vocabulary",
            "of targets",
            right=True,
            show=whole,
            table=trained.target_vocabulary != trained.vocabulary,
        ),
        Column("parameters", "parameters", right=True, show=whole),
        Column("epochs", "epochs", right=True),
        Column("best_epoch", "best", right=True, table=made["best_epoch"] < made["epochs"]),
        Column("steps", "steps", right=True, table=False),
        Column(
            "tuning",
            "tuning nats/token",
            right=True,
            table=made["tuning"] is not None,
            show=lambda value: f"{value:.4f}",
        ),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("bytes", "size", right=True, show=size),
        Column("resumed", "resumed", right=True, table=made["resumed"] > 0, show=count),
        Column("device", "device", table=made["device"] != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
    ]
    kept = ("epochs", "best_epoch", "steps", "tuning", "resumed", "device", "precision", "threads")
    sink.table([row | {name: made[name] for name in kept}], columns)


def evaluate(
    model: Path,
    pairs: Pairs,
    *,
    sink: Sink,
    beams: int,
    length_penalty: float,
    fail_under: float | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print how well a translator does: BLEU and chrF of its translations, perplexity of the true ones.

    Raises:
        GateMissed: the lower end of the interval of BLEU is below ``fail_under``, or there is none.
    """
    from nlpwb.workflows.translation.evaluating import evaluate_translator
    from nlpwb.workflows.translation.search import Search

    found = evaluate_translator(
        model,
        pairs,
        search=Search(beams=beams, length_penalty=length_penalty),
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
        note=sink.note,
    )

    def figure(value: float) -> str:
        return f"{value:.2f}"

    columns = [
        Column("metric", "metric", keep=True),
        Column("score", "score", right=True, keep=True, show=figure),
        Column("low", "from", right=True, show=figure),
        Column("high", "to", right=True, show=figure),
        Column("signature", "signature of sacrebleu"),
    ]
    rows = [dataclasses.asdict(one) for one in found.figures]
    before = [
        f"{found.method} on {found.corpus}: {found.pairs:,} pairs, {found.search.beams} beams, "
        f"{found.pairs / found.seconds:,.0f} translations/s; intervals of 95 %"
    ]
    sink.table(rows, columns, before=before, document=found.document())
    if fail_under is None or found.bleu.low >= fail_under:
        return
    if math.isnan(found.bleu.low):
        raise GateMissed(
            f"--fail-under {fail_under:g} cannot be judged: one pair is too few for an interval; give more of them"
        )
    raise GateMissed(
        f"--fail-under {fail_under:g} is missed: the lower end of the interval of BLEU is {found.bleu.low:.2f}; "
        "more data or another method may help"
    )


def check_gate(fail_under: float | None) -> None:
    """A gate that every translator would miss, or pass, is a slip: 0.3 for 30.

    Raises:
        UsageError: it was typed.
    """
    if fail_under is not None and not (fail_under == 0 or 1 <= fail_under <= 100):
        raise UsageError(
            f"--fail-under {fail_under:g} is not on the scale of BLEU, which goes from 0 to 100; write for example 30"
        )
