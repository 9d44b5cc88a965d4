"""Tokenizers at work on corpora: train one, encode with one, compare several on documents that none of them saw."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlpwb.data.builtin import is_builtin
from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.reading import Reader, open_corpus, read_corpus
from nlpwb.data.splits import holdout
from nlpwb.errors import UsageError
from nlpwb.text.encoded import Encoded
from nlpwb.text.fertility import TokenizerReport, measure
from nlpwb.text.rules import RuleTokenizer
from nlpwb.text.scripts import without_spaces
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import KINDS, save
from nlpwb.text.tokenizer import NAMES, Tokenizer, make_tokenizer, parse_tokenizer_spec

DEFAULT_SPECS = ("word", "char", "bpe", "wordpiece", "unigram", "byte-bpe")
ADVICE = "take char, or a trained one such as unigram"

# An argument of this form was meant as a file, also where there is none.
_FILE_LIKE = re.compile(r"\S+\.(csv|tsv|tab|txt|jsonl|ndjson|parquet|ft|gz|bz2|zst)|\S*/\S*", re.I)
# So many documents tell which scripts a stream is written in.
_SAMPLE = 200


@dataclass(frozen=True)
class TrainedTokenizer:
    """A tokenizer that was trained and saved: where, what it is, its size, and how many documents it learned from."""

    path: str
    tokenizer: str
    vocabulary: int
    documents: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class EncodedDocument:
    """One document in tokens: the row it stands on; ``ids`` is None where there is no vocabulary.

    ``offsets`` hold the first character of each token in the text, and the one after its last.
    """

    row: int
    tokens: tuple[str, ...]
    ids: tuple[int, ...] | None
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class EncodedCorpus:
    """The documents of a source in tokens, one at a time, with what was guessed and what the user must know."""

    documents: Iterator[EncodedDocument]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ComparedTokenizer:
    """One tokenizer, learned from the training part and measured on the held-out one.

    ``vocabulary`` are the entries of a trained tokenizer, or the distinct tokens that a rule found in the training part. The
    other figures are those of :class:`nlpwb.text.fertility.TokenizerReport`; ``fit_seconds`` is the time of training.
    """

    tokenizer: str
    vocabulary: int | None
    tokens_per_word: float | None
    oov_rate: float | None
    bytes_per_token: float | None
    single_token_words: float | None
    mean_length: float | None
    max_length: int
    tokens: int
    words: int
    unknown_tokens: int | None
    fit_seconds: float
    docs_per_second: float | None


@dataclass(frozen=True)
class TokenizerComparison:
    """Tokenizers in the order in which they were asked for, and how they were compared."""

    corpus: str
    test: str
    train_documents: int
    test_documents: int
    seed: int | None
    results: tuple[ComparedTokenizer, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def train_tokenizer(
    source: str,
    kind: str,
    *,
    out: Path,
    vocab_size: int = 8000,
    min_frequency: int | None = None,
    lowercase: bool | None = None,
    single: bool | None = None,
    special_tokens: Sequence[str] | None = None,
    options: ReadOptions,
) -> TrainedTokenizer:
    """Learn a tokenizer from all documents of a source and save it as a ``tokenizer.json``.

    None stands for the kind's default. Raises UsageError for options that the kind does not have, and what reading, training
    and writing raise; nothing is written then.
    """
    if kind not in KINDS and kind in NAMES:
        raise UsageError(f"{kind} learns nothing, so there is nothing to train; use it as it is")
    words = [str(vocab_size)]
    words += [f"min_frequency={min_frequency}"] if min_frequency is not None else []
    for name, value in (("lowercase", lowercase), ("single", single)):
        words += [f"{name}={'yes' if value else 'no'}"] if value is not None else []
    spec = f"{kind}:{','.join(words)}"
    parse_tokenizer_spec(spec)
    texts = _Texts(source, options)
    tokenizer = make_tokenizer(spec, training=texts, special_tokens=special_tokens)
    assert isinstance(tokenizer, SubwordTokenizer)
    save(tokenizer.inner, out)
    learned = tokenizer.vocabulary_size
    notes = texts.notes
    if learned < vocab_size:
        notes += (f"{vocab_size:,} entries were asked for; these texts give {learned:,}",)
    return TrainedTokenizer(
        path=str(out),
        tokenizer=tokenizer.spec,
        vocabulary=learned,
        documents=texts.count,
        notes=notes,
        warnings=_warnings([tokenizer], texts.sample),
    )


def find_tokenizer(name: str) -> Tokenizer:
    """The tokenizer of a spec, a ``tokenizer.json`` or a folder that holds one."""
    if name.partition(":")[0] in NAMES:
        return make_tokenizer(name)
    path = Path(name)
    if path.is_dir():
        path /= "tokenizer.json"
    if path.exists() or path.suffix == ".json" or path.name != name:
        return make_tokenizer(f"path:{path}")
    return make_tokenizer(name)


def encode(tokenizer: Tokenizer, source: str, *, options: ReadOptions) -> EncodedCorpus:
    """The tokens of every document of a source, or of one text.

    ``source`` is a file, a folder, a built-in name or ``-``; what is none of these, and does not look like a file's name, is
    taken for the text itself. Documents are read as they are asked for.
    """
    if not (source == "-" or is_builtin(source) or _is_path(source)):
        return EncodedCorpus(
            documents=_encoded(tokenizer, [(1, source)]),
            notes=(),
            warnings=_warnings([tokenizer], [source]),
        )
    reader = open_corpus(source, replace(options, labelled=False))
    rows = ((document.row, document.text) for document in reader)
    first = list(itertools.islice(rows, _SAMPLE)) if _finds_words(tokenizer) else []
    return EncodedCorpus(
        documents=_encoded(tokenizer, itertools.chain(first, rows)),
        notes=reader.notes,
        warnings=_warnings([tokenizer], [text for _, text in first]),
    )


def compare_tokenizers(
    specs: Sequence[str],
    source: str,
    *,
    test: str | None = None,
    test_size: float = 0.2,
    seed: int = 0,
    options: ReadOptions,
) -> TokenizerComparison:
    """Train the tokenizers that learn on one part of a corpus and measure all on the other, or on the corpus ``test``.

    A specification that is given twice is measured once. Raises what reading, training and splitting raise.
    """
    asked = list(dict.fromkeys(_normal(spec) for spec in specs))
    reading = replace(options, label=None, labelled=False)
    corpus = read_corpus(source, reading)
    if test is None:
        split = holdout(corpus, test_size=test_size, seed=seed)
        train_texts = [corpus.texts[i] for i in split.train]
        test_texts = [corpus.texts[i] for i in split.test]
        notes = corpus.notes
    else:
        held_out = read_corpus(test, reading)
        train_texts, test_texts = corpus.texts, held_out.texts
        notes = tuple(dict.fromkeys((*corpus.notes, *held_out.notes)))
    measured = [_measured(spec, train_texts, test_texts) for spec in asked]
    return TokenizerComparison(
        corpus=corpus.name,
        test=_test_name(corpus, test, test_size),
        train_documents=len(train_texts),
        test_documents=len(test_texts),
        seed=seed if test is None else None,
        results=tuple(result for _, result in measured),
        notes=notes,
        warnings=_warnings([tokenizer for tokenizer, _ in measured], train_texts),
    )


class _Texts:
    """The texts of a source, as often as asked: read again from a file, held in memory from a pipe."""

    def __init__(self, source: str, options: ReadOptions) -> None:
        self.reader: Reader = open_corpus(source, replace(options, label=None, labelled=False))
        self.held: list[str] | None = None
        if not (is_builtin(source) or Path(source).is_file() or Path(source).is_dir()):
            self.held = [document.text for document in self.reader]
        self.count = 0
        self.sample: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed and left out so far."""
        skipped = self.reader.skipped_note()
        return self.reader.notes + ((skipped,) if skipped else ())

    def __iter__(self) -> Iterator[str]:
        self.count, self.sample = 0, []
        texts: Iterable[str] = (
            (document.text for document in self.reader) if self.held is None else self.held
        )
        for text in texts:
            self.count += 1
            if len(self.sample) < _SAMPLE:
                self.sample.append(text)
            yield text


def _encoded(tokenizer: Tokenizer, rows: Iterable[tuple[int, str]]) -> Iterator[EncodedDocument]:
    numbers: list[int] = []

    def texts() -> Iterator[str]:
        for number, text in rows:
            numbers.append(number)
            yield text

    # The tokenizer reads ahead by a batch; the numbers wait here in the same order.
    for encoded in tokenizer.encode(texts()):
        yield _document(numbers.pop(0), encoded)


def _document(row: int, encoded: Encoded) -> EncodedDocument:
    return EncodedDocument(row, encoded.tokens, encoded.ids, encoded.offsets)


def _measured(
    spec: str, train_texts: list[str], test_texts: list[str]
) -> tuple[Tokenizer, ComparedTokenizer]:
    started = time.perf_counter()
    tokenizer = make_tokenizer(spec, training=train_texts)
    known = None
    if isinstance(tokenizer, RuleTokenizer):
        known = set(itertools.chain.from_iterable(tokenizer.token_lists(train_texts)))
    fitted = time.perf_counter()
    report = measure(tokenizer, test_texts, vocabulary=known)
    return tokenizer, _compared(report, fitted - started)


def _compared(report: TokenizerReport, fit_seconds: float) -> ComparedTokenizer:
    return ComparedTokenizer(
        tokenizer=report.name,
        vocabulary=report.vocabulary_size,
        tokens_per_word=report.tokens_per_word,
        oov_rate=report.oov_rate,
        bytes_per_token=report.bytes_per_token,
        single_token_words=report.single_token_words,
        mean_length=report.mean_length,
        max_length=report.max_length,
        tokens=report.tokens,
        words=report.words,
        unknown_tokens=report.unknown_tokens,
        fit_seconds=fit_seconds,
        docs_per_second=report.documents / report.seconds if report.seconds else None,
    )


def _normal(spec: str) -> str:
    """A spec in its normal form; a file's name is one, too."""
    if spec.partition(":")[0] not in NAMES and Path(spec).is_file():
        spec = f"path:{spec}"
    return str(parse_tokenizer_spec(spec))


def _test_name(corpus: Corpus, test: str | None, test_size: float) -> str:
    return f"{100 * test_size:g} % of {corpus.name}" if test is None else test


def _is_path(source: str) -> bool:
    if _FILE_LIKE.fullmatch(source):
        return True
    try:
        return Path(source).exists()
    except (OSError, ValueError):  # Too long for a name, or with a NUL: a text.
        return False


def _finds_words(tokenizer: Tokenizer) -> bool:
    """Whether it takes words to be what stands apart."""
    if isinstance(tokenizer, RuleTokenizer):
        return tokenizer.rule != "char"
    return tokenizer.name == "word"


def _warnings(tokenizers: Iterable[Tokenizer], texts: Iterable[str]) -> tuple[str, ...]:
    if not any(map(_finds_words, tokenizers)):
        return ()
    advice = without_spaces(texts)
    return () if advice is None else (f"{advice.finding}; {ADVICE}",)
