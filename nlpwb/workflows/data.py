"""What people do with a corpus before anything is computed from it: check it, describe it, split it, convert it."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.builtin import BUILTINS, find_builtin, is_builtin
from nlpwb.data.corpus import Corpus, Document, ReadOptions
from nlpwb.data.description import Description, describe
from nlpwb.data.findings import Finding, Part
from nlpwb.data.health import check, worst
from nlpwb.data.reading import Reader, collect, open_corpus, read_corpus
from nlpwb.data.saved_splits import save_split
from nlpwb.data.splits import Split, folds, holdout
from nlpwb.data.targets import numbers_of
from nlpwb.data.writing import WriteOptions, format_of, text_blocks, write_documents
from nlpwb.errors import InputError, UsageError
from nlpwb.tasks import Task
from nlpwb.text.scripts import script_shares, without_spaces
from nlpwb.workflows.targets import strata_of, task_of

_EXTENSIONS = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", "fasttext": "ft", "text": "txt"}
_SCRIPT_SAMPLE = 2000  # documents from which the scripts of a corpus are told


@dataclass(frozen=True)
class CheckReport:
    """The health of a corpus, or of its two parts; ``worst`` is the gravest severity among the findings."""

    corpus: str
    documents: int
    test: str | None
    test_documents: int | None
    worst: str | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class WrittenPart:
    """One file that a split gave: which split, which part of it, where, and how many documents."""

    split: str
    part: str
    path: str
    documents: int


@dataclass(frozen=True)
class SplitReport:
    """The files of a split; ``path`` is the saved split itself, in which hashes stand for rows."""

    path: str
    corpus: str
    parts: tuple[WrittenPart, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ConvertReport:
    """A corpus that was written in another format."""

    path: str
    format: str
    documents: int
    skipped: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BuiltinRecord:
    """A data set that can be named without having a file."""

    name: str
    kind: str
    size: int
    contents: str
    terms: str


def list_builtin() -> tuple[BuiltinRecord, ...]:
    """The data sets that come with nlpwb and with gensim."""
    return tuple(
        BuiltinRecord(entry.name, entry.kind, entry.size, entry.contents, entry.terms)
        for entry in BUILTINS
    )


def check_corpus(
    source: str, options: ReadOptions, *, test: str | None = None, task: Task | None = None
) -> CheckReport:
    """The health report of a corpus, or of a training and a test corpus together; without a ``task`` the labels tell."""
    train = read_corpus(source, options)
    held_out = read_corpus(test, options) if test is not None else None
    guessed: list[str] = []
    if train.labels is not None:
        task = task_of(task, train, guessed.append)
    findings = [*check(train, held_out, task=task or "classify"), *_unspaced(train, "train")]
    notes = (*train.notes, *guessed)
    if held_out is not None:
        findings += _unspaced(held_out, "test")
        notes = tuple(dict.fromkeys((*notes, *held_out.notes)))
    return CheckReport(
        corpus=train.name,
        documents=len(train),
        test=held_out.name if held_out is not None else None,
        test_documents=len(held_out) if held_out is not None else None,
        worst=worst(findings),
        findings=tuple(findings),
        notes=notes,
    )


def describe_corpus(source: str, options: ReadOptions) -> Description:
    """A corpus in numbers, with the scripts that its texts are written in."""
    corpus = read_corpus(source, options)
    shares = script_shares(_sampled(corpus))
    return dataclasses.replace(describe(corpus), scripts=tuple(shares.items()))


def split_corpus(
    source: str,
    options: ReadOptions,
    *,
    output: Path,
    test_size: float | None = None,
    k: int | None = None,
    repeats: int = 1,
    seed: int = 0,
    to: str | None = None,
    task: Task | None = None,
) -> SplitReport:
    """Write a training and a test part, or ``k`` folds, into the folder ``output``, with ``split.json`` beside them.

    Single labels keep their shares, sets of labels and tenths of a range of numbers as nearly as they allow; without a ``task``
    the labels tell which they are. The files are in the format of the source where that can be written, else CSV, unless ``to``
    names another. All of them are written, or none. Raises UsageError where both a test size and folds are asked for.
    """
    if k is not None and test_size is not None:
        raise UsageError("--folds and --test-size contradict each other; give one")
    reader = open_corpus(source, options)
    corpus = collect(reader)
    guessed: list[str] = []
    strata = None
    if corpus.labels is not None:
        task = task_of(task, corpus, guessed.append)
        if task == "regression":
            numbers_of(corpus.labels, corpus.rows, name=corpus.name)
        strata = strata_of(task, corpus.labels)
    if k is not None:
        splits = folds(corpus, k=k, repeats=repeats, seed=seed, strata=strata)
    else:
        share = 0.2 if test_size is None else test_size
        splits = [holdout(corpus, test_size=share, seed=seed, strata=strata)]
    form = to or _written_format(reader.format, corpus)
    format_of("", form)  # refuses a format that cannot be written before anything is
    made = not output.exists()
    try:
        parts = _write_split(corpus, splits, output, form)
    except BaseException as error:
        if made:
            shutil.rmtree(output, ignore_errors=True)
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                f"{output} cannot be written ({reason}); choose another folder"
            ) from None
        raise
    return SplitReport(
        path=str(output / "split.json"),
        corpus=corpus.name,
        parts=tuple(dataclasses.replace(part, path=str(output / part.path)) for part in parts),
        notes=(*corpus.notes, *guessed),
    )


def convert_corpus(
    source: str, options: ReadOptions, *, output: Path, write: WriteOptions
) -> ConvertReport:
    """Write a corpus in the format that the extension of ``output``, or ``write.to``, says; one document is held at a time."""
    form = format_of(str(output), write.to)
    pairs = None if write.texts_only else _pairs_of(source, options, form)
    if pairs is not None:
        count = write_documents(pairs, output, dataclasses.replace(write, pairs=True))
        return ConvertReport(str(output), form, count, 0, ())
    reader = open_corpus(source, options)
    written = _with_columns(reader, write)
    count = write_documents(reader, output, written)
    skipped = reader.skipped_note()
    return ConvertReport(
        path=str(output),
        format=form,
        documents=count,
        skipped=reader.skipped,
        notes=(*reader.notes, *([skipped] if skipped else [])),
    )


def converted(source: str, options: ReadOptions, *, write: WriteOptions) -> Iterator[str]:
    """The same as pieces of text, for standard output; ``write.to`` says the format."""
    form = format_of("-", write.to)
    pairs = None if write.texts_only else _pairs_of(source, options, form)
    if pairs is not None:
        return text_blocks(pairs, form, dataclasses.replace(write, pairs=True))
    reader = open_corpus(source, options)
    return text_blocks(reader, form, _with_columns(reader, write))


def _pairs_of(source: str, options: ReadOptions, form: str) -> list[Document] | None:
    """A built-in set of pairs as documents, whose labels are the targets; None of others, and where a column is asked for.

    Formats of one text take the sources alone, as every command does that reads them as a corpus.
    """
    if not is_builtin(source) or find_builtin(source).kind != "pairs":
        return None
    if options.text is not None or form not in ("csv", "tsv", "jsonl"):
        return None
    from nlpwb.data.pair_columns import PairOptions
    from nlpwb.data.pairs import read_pairs

    found = read_pairs(source, PairOptions())
    rows = zip(found.sources, found.targets, found.rows, strict=True)
    return [Document(text, target, None, row) for text, target, row in rows]


def _with_columns(reader: Reader, write: WriteOptions) -> WriteOptions:
    return dataclasses.replace(write, labelled=reader.labelled, grouped=reader.grouped)


def _write_split(
    corpus: Corpus, splits: Sequence[Split], output: Path, form: str
) -> list[WrittenPart]:
    """All files in a folder beside their place first, so that none is there before all can be."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".split-") as folder:
        parts = _write_parts(corpus, splits, Path(folder), form)
        save_split(Path(folder, "split.json"), corpus, splits)
        for name in [*(part.path for part in parts), "split.json"]:
            Path(output, name).parent.mkdir(exist_ok=True)
            Path(folder, name).replace(Path(output, name))
    return parts


def _write_parts(
    corpus: Corpus, splits: Sequence[Split], folder: Path, form: str
) -> list[WrittenPart]:
    """One file for each part; the path of each is relative to the folder."""
    write = WriteOptions(
        to=form, labelled=corpus.labels is not None, grouped=corpus.groups is not None
    )
    parts = []
    for number, split in enumerate(splits, 1):
        place = Path() if len(splits) == 1 else Path(f"fold-{number}")
        (folder / place).mkdir(exist_ok=True)
        for part, indices in (("train", split.train), ("test", split.test)):
            path = place / f"{part}.{_EXTENSIONS[form]}"
            count = write_documents(_documents(corpus, indices), folder / path, write)
            parts.append(WrittenPart(split.name, part, str(path), count))
    return parts


def _documents(corpus: Corpus, indices: Sequence[int]) -> Iterator[Document]:
    for i in indices:
        yield Document(
            corpus.texts[i],
            corpus.labels[i] if corpus.labels is not None else None,
            corpus.groups[i] if corpus.groups is not None else None,
            corpus.rows[i],
        )


def _written_format(read: str, corpus: Corpus) -> str:
    """The format of the source where it holds all that is to be written, else CSV, which holds everything."""
    if read in ("csv", "tsv", "jsonl") or (read == "fasttext" and corpus.labels is not None):
        return read
    return "text" if read == "text" and all("\n" not in text for text in corpus.texts) else "csv"


def _unspaced(corpus: Corpus, part: Part) -> list[Finding]:
    """A note where words are not set apart by spaces."""
    advice = without_spaces(_sampled(corpus))
    if advice is None:
        return []
    return [Finding("note", "no-spaces", advice.sentence, len(corpus), advice.share, (), part)]


def _sampled(corpus: Corpus) -> list[str]:
    """Texts spread evenly over the corpus: enough to tell its scripts."""
    return corpus.texts[:: max(1, len(corpus) // _SCRIPT_SAMPLE)]
