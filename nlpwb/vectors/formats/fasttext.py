"""fastText's own models (``.bin``, versions 11 and 12): the words, and the slots that give a vector to any other word.

A file holds, little-endian: the magic number and the version; twelve int32 and a float64 of options; the dictionary (its sizes,
then each entry with its bytes, a zero, its count and whether it is a label; then the pairs of a pruned index); whether the matrix
is quantised, its shape, and its float32, a row for each word and then one for each bucket of n-grams. The output matrix follows.
Source: Bojanowski et al. 2017, "Enriching word vectors with subword information", and github.com/facebookresearch/fastText.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import InputError
from nlpwb.vectors.formats.ngram_rows import ngram_hashes
from nlpwb.vectors.formats.words import Reading, decode
from nlpwb.vectors.table import Counts, Floats, Subwords

Buffer = bytes | mmap.mmap
Indices = NDArray[np.int64]
_VERSIONS = (11, 12)
_SUPERVISED = 3
_OPTIONS = (
    "dim", "ws", "epoch", "min_count", "neg", "word_ngrams", "loss", "model", "bucket", "minn", "maxn",
    "lr_update_rate",
)  # fmt: skip
_LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_MODELS = {1: "cbow", 2: "skipgram", 3: "supervised"}
_WORDS_AT_A_TIME = 256
_LONGEST_NGRAM = 1000
_END_OF_SENTENCE = b"</s>"


@dataclass(frozen=True)
class Model:
    """A model as it lies in its file; ``matrix`` float32 (words + slots, dim) is mapped, and perhaps not aligned."""

    options: dict[str, float]
    version: int
    words: list[bytes]
    counts: Counts
    labels: list[str]
    pruned: dict[int, int] | None
    matrix: Floats

    def subwords(self) -> Subwords | None:
        """The slots, where words have n-grams."""
        if not _has_ngrams(self.version, self.options):
            return None
        table = self.matrix[len(self.words) :]
        shortest, longest = int(self.options["minn"]), int(self.options["maxn"])
        return Subwords(table, shortest, longest, self.pruned, int(self.options["bucket"]))

    def facts(self) -> dict[str, object]:
        """What the file says of its training, by the names of this program's options."""
        loss, model = int(self.options["loss"]), int(self.options["model"])
        facts: dict[str, object] = {
            "model": _MODELS.get(model, str(model)),
            "loss": _LOSSES.get(loss, str(loss)),
            "window": int(self.options["ws"]),
            "epochs": int(self.options["epoch"]),
            "negative": int(self.options["neg"]),
            "min_count": int(self.options["min_count"]),
            "version": self.version,
        }
        return facts | ({"labels": self.labels} if self.labels else {})


def read_model(buffer: Buffer, *, path: Path) -> Model:
    """The model in a file's bytes; its matrix is a view of them.

    Raises:
        InputError: it is cut short, of another version, or quantised.
    """
    reader = _Reader(buffer, path)
    _, version = reader.numbers("<ii", "the head")
    if version not in _VERSIONS:
        raise InputError(
            f"{path} is a fastText model of version {version}; versions 11 and 12 can be read, so export its words with: "
            "fasttext print-word-vectors"
        )
    *values, threshold = reader.numbers("<12id", "the options")
    options: dict[str, float] = {"t": threshold, **dict(zip(_OPTIONS, values, strict=True))}
    size, words, labels, _, pruned = reader.numbers("<iiiqq", "the sizes of the dictionary")
    if min(size, words, labels) < 0 or words + labels != size or not words or options["dim"] < 1:
        raise InputError(
            f"{path}: the dictionary says {words:,} words and {labels:,} labels of {size:,} entries, with {options['dim']:,} "
            "dimensions, which cannot be; copy the file anew"
        )
    if options["maxn"] > _LONGEST_NGRAM:
        raise InputError(
            f"{path}: its n-grams have up to {options['maxn']:,} characters, which cannot be; copy the file anew"
        )
    entries, counts, kinds = reader.entries(size)
    if any(kinds[:words]) or not all(kinds[words:]):
        raise InputError(
            f"{path}: words and labels are mixed in its dictionary; save the model anew"
        )
    index = None
    if pruned >= 0:
        pairs = reader.array("<i4", 2 * pruned, "the pruned index").reshape(-1, 2)
        index = dict(pairs.tolist())
        slots, buckets = set(index.values()), int(options["bucket"])
        if index and not (
            min(index) >= 0 and max(index) < buckets and slots == set(range(len(index)))
        ):
            raise InputError(
                f"{path}: its pruned index names what is not there; save the model anew"
            )
    (quantised,) = reader.numbers("<?", "the matrix")
    if quantised:
        raise InputError(
            f"{path} is quantised (.ftz), and its vectors are no longer those that were trained; take the model that it was made "
            "of (.bin)"
        )
    rows, columns = reader.numbers("<qq", "the shape of the matrix")
    held = len(index) if index is not None else int(options["bucket"])
    needed = words + held if _has_ngrams(version, options) else words
    if columns != options["dim"] or rows < needed:
        raise InputError(
            f"{path}: the matrix is {rows:,} × {columns:,} where {needed:,} × {options['dim']:,} are expected; copy it anew"
        )
    matrix = reader.array("<f4", rows * columns, "the matrix").reshape(rows, columns)
    reader.skip_matrix()
    return Model(
        options=options,
        version=version,
        words=entries[:words],
        counts=np.array(counts[:words], dtype=np.int64),
        labels=[label.decode("utf-8", "backslashreplace") for label in entries[words:]],
        pruned=index,
        matrix=matrix,
    )


def _has_ngrams(version: int, options: dict[str, float]) -> bool:
    """Supervised models of version 11 have none, whatever they say."""
    if version == 11 and options["model"] == _SUPERVISED:
        return False
    return options["maxn"] > 0 and options["bucket"] > 0


class ModelRows:
    """The words' vectors: the mean of a word's own row and of its n-grams' (``FastText::getWordVector``)."""

    def __init__(self, model: Model, *, path: Path, reading: Reading) -> None:
        self.model = model
        self.path = path
        self.reading = reading
        self.dimensions = int(model.matrix.shape[1])
        self._subwords = model.subwords()
        self._pruned = None
        if model.pruned is not None:
            pairs = np.array(sorted(model.pruned.items()), dtype=np.int64).reshape(-1, 2)
            self._pruned = (pairs[:, 0], pairs[:, 1])
        self.broken = 0
        self._row = 0

    def place(self, row: int) -> str:
        """Its number among the words."""
        return f"word {row + 1:,}"

    def fill(self, out: Floats) -> list[str]:
        """Some hundreds of words, and what they need of the slots."""
        raw = self.model.words[self._row : self._row + min(len(out), _WORDS_AT_A_TIME)]
        out[: len(raw)] = self.model.matrix[self._row : self._row + len(raw)]
        if self._subwords is not None:
            _add_ngrams(out[: len(raw)], raw, self._subwords, self._pruned)
        words, broken = decode(
            raw,
            path=self.path,
            reading=self.reading,
            place=self.place,
            first=self._row,
            between=b"\0",
        )
        self._row += len(raw)
        self.broken += broken
        return words


def _add_ngrams(
    out: Floats, words: Sequence[bytes], subwords: Subwords, pruned: tuple[Indices, Indices] | None
) -> None:
    """Make each row of ``out`` (n, dim) the mean of itself and the word's slots; ``</s>`` has none.

    ``pruned`` are the buckets of a pruned index, in order, and their rows; None where each bucket has its own.
    """
    owners, hashes = ngram_hashes(words, subwords.shortest, subwords.longest)
    rows = (hashes % np.uint32(subwords.buckets or len(subwords.table))).astype(np.int64)
    kept = np.ones(len(rows), dtype=bool)
    if _END_OF_SENTENCE in words:
        kept &= owners != words.index(_END_OF_SENTENCE)
    if pruned is not None:
        buckets, slots = pruned
        if not len(buckets):
            return
        found = np.minimum(np.searchsorted(buckets, rows), len(buckets) - 1)
        kept &= buckets[found] == rows
        rows = slots[found]
    owners, rows = owners[kept], rows[kept]
    if not len(owners):
        return
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    numbers = np.bincount(owners, minlength=len(words))
    out[owners[firsts]] += np.add.reduceat(subwords.table[rows], firsts, axis=0)
    out /= (numbers + 1)[:, None].astype(np.float32)


class _Reader:
    """A place in the bytes of a file; every step past its end is a sentence."""

    def __init__(self, buffer: Buffer, path: Path) -> None:
        self.buffer = buffer
        self.path = path
        self.size = len(buffer)
        self.at = 0

    def numbers(self, layout: str, what: str) -> tuple[int, ...]:
        start = self._step(struct.calcsize(layout), what)
        return struct.unpack_from(layout, self.buffer, start)

    def array(self, kind: str, count: int, what: str) -> Any:
        start = self._step(count * np.dtype(kind).itemsize, what)
        return np.frombuffer(self.buffer, kind, count, start)

    def entries(self, count: int) -> tuple[list[bytes], list[int], list[int]]:
        """The bytes, the count and the kind of each entry of the dictionary."""
        words, counts, kinds = [], [], []
        find: Callable[[bytes, int], int] = self.buffer.find
        read = struct.Struct("<qb").unpack_from
        at = self.at
        for number in range(count):
            end = find(b"\0", at)
            if end < 0 or end + 10 > self.size:
                self._fail(f"entry {number + 1:,} of {count:,} of the dictionary")
            words.append(self.buffer[at:end])
            tally, kind = read(self.buffer, end + 1)
            counts.append(tally)
            kinds.append(kind)
            at = end + 10
        self.at = at
        return words, counts, kinds

    def skip_matrix(self) -> None:
        """The output matrix: it is not used, and a file that lacks it was not copied whole."""
        (quantised,) = self.numbers("<?", "the output matrix")
        if not quantised:
            rows, columns = self.numbers("<qq", "the output matrix")
            self._step(4 * rows * columns, "the output matrix")

    def _step(self, size: int, what: str) -> int:
        start = self.at
        if size < 0 or start + size > self.size:
            self._fail(what)
        self.at = start + size
        return start

    def _fail(self, what: str) -> None:
        raise InputError(
            f"{self.path}: the file ends within {what}, at byte {self.size:,}; copy it anew"
        )
