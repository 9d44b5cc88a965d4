"""What ``train``, ``evaluate`` and ``predict`` do with labels of words."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from nlpwb.cli.of_model import refuse
from nlpwb.errors import GateMissed, UsageError
from nlpwb.files import missing
from nlpwb.report.sink import Column, Sink

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.specs import Spec
    from nlpwb.workflows.networks.conditions import Conditions
    from nlpwb.workflows.tagging.evaluating import TaggingFigures
    from nlpwb.workflows.tagging.predicting import Sentence, TaggedSentence
    from nlpwb.workflows.tagging.training import TrainedTagger

CONLL = "conll"
"""What ``--format`` and ``--input-format`` call a word a line."""


def check(context: typer.Context, spec: Spec) -> None:
    """Refuse ``--task tokens`` where it has no meaning.

    Raises:
        UsageError: a method that is no base, or options of texts.
    """
    entry = spec.representation.entry
    if not (entry.based and entry.network):
        raise UsageError(
            f"--task tokens labels words, which {spec} does not; name a base, as in finetune:base=minilm"
        )
    refuse(
        context,
        ["pairs"],
        "{option} concerns texts, and --task tokens learns labels of words; leave it out",
    )


def train(
    spec: Spec,
    corpus: str,
    reading: ReadOptions,
    output: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> Callable[[Sink], None]:
    """Train a tagger; returns what prints what was made."""
    from nlpwb.workflows.tagging.training import train_tagger

    _check_input_format(reading.input_format)
    trained = train_tagger(
        spec.representation,
        corpus,
        reading,
        output,
        seed=seed,
        threads=threads,
        conditions=conditions,
    )
    return functools.partial(_show_trained, trained=trained)


def _check_input_format(name: str | None) -> None:
    """Refuse a format from which no labelled words are read.

    Raises:
        UsageError: it is another one.
    """
    if name not in (None, CONLL):
        raise UsageError(
            f"--input-format {name}: labelled words are read from columns, a word a line; write {CONLL}, or leave it out"
        )


def _show_trained(sink: Sink, trained: TrainedTagger) -> None:
    from nlpwb.report.comparison import count, score, seconds, size
    from nlpwb.report.numbers import learned, whole

    row = dataclasses.asdict(trained)
    made = row.pop("network")
    columns = [
        Column("model", "model", keep=True),
        Column("method", "method", keep=True, wrap_at=",+"),
        Column("sentences", "sentences", right=True, show=whole),
        Column("words", "words", right=True, show=whole),
        Column("epochs", "epochs", right=True),
        Column("best_epoch", "best", right=True, table=made["best_epoch"] < made["epochs"]),
        Column("steps", "steps", right=True, table=False),
        Column("tuning_score", "tuned on", table=False),
        Column(
            "tuning",
            f"tuning {made['tuning_score']}",
            right=True,
            table=made["tuning"] is not None,
            show=lambda value: score(value, "accuracy"),
        ),
        Column("labels", "labels", show=_listed),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("bytes", "size", right=True, show=size),
        Column("parameters", "parameters", right=True, table=False),
        Column("trained_share", "learned", right=True, show=learned),
        Column("ship_bytes", "to ship", right=True, show=size),
        Column("device", "device", table=made["device"] != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
        Column("resumed", "resumed", right=True, table=made["resumed"] > 0, show=count),
    ]
    sink.table([row | made], columns)


def _listed(labels: Any) -> str:
    return ", ".join(labels)


def evaluate(
    model: Path,
    corpus: str,
    reading: ReadOptions,
    *,
    sink: Sink,
    strict: bool,
    fail_under: float | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print how well a model labels words.

    Raises:
        GateMissed: the lower end of the interval is below ``fail_under``, or there is none.
        UsageError: ``fail_under`` is no share.
    """
    from nlpwb.workflows.tagging.evaluating import evaluate_tagger

    _check_input_format(reading.input_format)
    if fail_under is not None and not 0 <= fail_under <= 1:
        raise UsageError(
            f"--fail-under {fail_under:g} is not on the scale of F1, which goes from 0 to 1"
        )
    found = evaluate_tagger(
        model,
        corpus,
        reading,
        strict=strict,
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
        note=sink.note,
    )
    _show_figures(sink, found)
    if fail_under is None or found.low >= fail_under:
        return
    if math.isnan(found.low):
        raise GateMissed(
            f"--fail-under {fail_under:g} cannot be judged: one sentence is too few for an interval; give more of them"
        )
    raise GateMissed(
        f"--fail-under {fail_under:g} is missed: the lower end of the interval is {found.low:.4f}; "
        "more data or another method may help"
    )


def _show_figures(sink: Sink, found: TaggingFigures) -> None:
    from nlpwb.report.comparison import score

    def share(value: float) -> str:
        return score(value, "accuracy")

    plain = found.metric == "accuracy"
    headline = "accuracy" if plain else "entity F1 (strict)" if found.strict else "entity F1"
    ends = (
        ""
        if math.isnan(found.low)
        else f", 95 % interval {share(found.low)} to {share(found.high)}"
    )
    beside = "" if plain else f", {share(found.accuracy)} of the words right"
    rows = [dataclasses.asdict(one) for one in (found.overall, *found.per_type)]
    sink.table(
        rows,
        [
            Column("label", "label" if plain else "type", keep=True),
            *(
                Column(name, name, right=True, keep=True, show=share)
                for name in ("precision", "recall", "f1")
            ),
            Column("support", "words" if plain else "entities", right=True),
            Column("predicted", "predicted", right=True),
        ],
        before=[
            f"{found.method} on {found.corpus}: {headline} {share(found.score)}{ends}, {found.sentences:,} sentences, "
            f"{found.words:,} words{beside}"
        ],
        document=found.document(),
    )


def predict(
    model: Path,
    sources: list[str],
    reading: ReadOptions,
    *,
    sink: Sink,
    words: bool,
    conll: bool,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print the entities of texts, or (``words``, or where labels say no entities) each word with its label.

    ``conll``: words and labels parted by a tab, a blank line behind each text.
    """
    from nlpwb.workflows.tagging.predicting import tag_sentences

    tagger, found = tag_sentences(
        model,
        _sentences(sources, reading, sink),
        device=device,
        precision=precision,
        threads=threads,
    )
    if conll:
        _write_conll(sink, found)
    elif words or tagger.plain:
        sink.stream(_word_rows(found), _WORD_COLUMNS)
    else:
        sink.stream(_entity_rows(found), _ENTITY_COLUMNS)


def _decimals(value: Any) -> str:
    return f"{value:.4f}"


_PLACES = (Column("start", "start", right=True), Column("end", "end", right=True))
_PROBABILITY = Column("probability", "probability", right=True, show=_decimals)
_ENTITY_COLUMNS = [
    Column("row", "row", right=True),
    Column("text", "text", keep=True, wrap=True),
    Column("type", "type", keep=True),
    *_PLACES,
    _PROBABILITY,
]
_WORD_COLUMNS = [
    Column("row", "row", right=True),
    Column("word", "word", keep=True, wrap=True),
    Column("label", "label", keep=True),
    *_PLACES,
    _PROBABILITY,
]


def _entity_rows(found: Iterable[TaggedSentence]) -> Iterator[dict[str, Any]]:
    for one in found:
        for entity in one.entities:
            yield {"row": one.sentence.row, **dataclasses.asdict(entity)}


def _word_rows(found: Iterable[TaggedSentence]) -> Iterator[dict[str, Any]]:
    for one in found:
        said = zip(one.sentence.words, one.tags, one.probabilities, strict=True)
        for (word, start, end), label, probability in said:
            yield {
                "row": one.sentence.row,
                "word": word,
                "label": label,
                "start": start,
                "end": end,
                "probability": probability,
            }


def _write_conll(sink: Sink, found: Iterable[TaggedSentence]) -> None:
    texts = (
        "".join(
            f"{word}\t{label}\n"
            for (word, _, _), label in zip(one.sentence.words, one.tags, strict=True)
        )
        + "\n"
        for one in found
        if one.tags
    )
    if sink.out is not None:
        sink.write("".join(texts))
        return
    for text in texts:
        sink.write(text)


def _sentences(sources: list[str], reading: ReadOptions, sink: Sink) -> Iterator[Sentence]:
    """The texts; or, of a single argument that is a file, its documents, or its sentences where it has a word a line."""
    from nlpwb.data.builtin import is_builtin
    from nlpwb.data.conll import is_conll
    from nlpwb.data.reading import open_corpus
    from nlpwb.workflows.tagging.predicting import conll_to_sentences, texts_to_sentences

    source = sources[0]
    alone = len(sources) == 1
    if not alone or not (source == "-" or is_builtin(source) or _is_file(source)):
        if alone and is_conll(source) and not any(map(str.isspace, source)):
            raise missing(Path(source))
        return texts_to_sentences(enumerate(sources, start=1))
    if reading.input_format == CONLL or (reading.input_format is None and is_conll(source)):
        words = dataclasses.replace(reading, labelled=False)
        return conll_to_sentences(source, words, note=sink.note)
    reader = open_corpus(source, dataclasses.replace(reading, labelled=False))
    for line in reader.notes:
        sink.note(line)
    return texts_to_sentences((document.row, document.text) for document in reader)


def _is_file(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long for a name, or a NUL byte
        return False
