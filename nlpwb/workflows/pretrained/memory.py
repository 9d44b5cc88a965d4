"""Vectors that a base has made of texts before: a text meets the same network once, whatever heads, seeds and folds there are.

An artifact of kind ``text-vectors`` holds what was missing when somebody asked: ``texts.npy``, uint64 (n, 2), the hashes of the
texts; ``vectors.npy``, float32 (n, d); and in its facts the seconds that this took.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.cache.store import MANIFEST, Artifact, Cache, Key
from nlpwb.methods.finetuning.wrapped import WrappedBody, library_version
from nlpwb.specs import Part

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import BaseConfig
    from nlpwb.workflows.pretrained.encoding import Manner
    from nlpwb.workflows.pretrained.opening import Base

KIND = "text-vectors"
VERSION = 1
Vectors = NDArray[np.float32]


def vectors_identity(
    config: BaseConfig, base: Base, manner: Manner, *, precision: str
) -> dict[str, Any]:
    """All that decides the vector that a base makes of a text.

    Raises:
        InputError: the folder of the base cannot be read any more.
    """
    options: Any = Part("pretrained", config).identity()["options"]
    how = dataclasses.asdict(manner)
    if not manner.pairs:  # single texts keep the names that they had before there were pairs
        del how["pairs"]
    return {
        "base": options["base"],
        "manner": how,
        "longest": base.tokens.longest,
        "precision": precision,
        "torch": torch.__version__,
        **({"transformers": library_version()} if isinstance(base.body, WrappedBody) else {}),
    }


class TextVectors:
    """The vectors of one encoder.

    Args:
        cache: where they are kept.
        encoder: all that decides a text's vector, as canonical JSON can hold it.
    """

    def __init__(self, cache: Cache, encoder: Mapping[str, Any]) -> None:
        self.cache = cache
        text = json.dumps({"version": VERSION, **encoder}, sort_keys=True)
        self.encoder = hashlib.sha256(text.encode()).hexdigest()
        self._key = Key(KIND, {"encoder": self.encoder})

    def of(
        self, texts: Sequence[str], compute: Callable[[list[str]], Vectors]
    ) -> tuple[Vectors, float]:
        """The vectors of texts, float32 (n, d), and the seconds that those which were found took when they were made.

        ``compute`` makes those that are missing, each once. Of several processes that miss the same, one computes.
        """
        hashes = hashes_of(texts)
        found = self._found(hashes)
        if found is None or not found.whole:
            with self.cache.locked(self._key):
                found = self._found(hashes)
                missing = hashes if found is None else hashes[~found.there]
                if len(missing):
                    self._make(texts, hashes, missing, compute)
                    spent = 0.0 if found is None else found.seconds
                    found = self._found(hashes)
                    assert found is not None, "what was just made"
                    return found.vectors, spent
        assert found is not None, "nothing is missing"
        return found.vectors, found.seconds

    def _make(
        self,
        texts: Sequence[str],
        hashes: NDArray[np.uint64],
        missing: NDArray[np.uint64],
        compute: Callable[[list[str]], Vectors],
    ) -> None:
        wanted, first = np.unique(missing, axis=0, return_index=True)
        place_of = {
            pair: place for place, pair in reversed([*enumerate(map(tuple, hashes.tolist()))])
        }
        order = np.sort(first)  # as they came: texts that stand together are often alike
        rows = [place_of[tuple(pair)] for pair in missing[order].tolist()]
        digest = hashlib.sha256(np.ascontiguousarray(wanted).tobytes()).hexdigest()

        def make(folder: Path) -> Mapping[str, Any]:
            started = time.perf_counter()
            vectors = compute([texts[row] for row in rows])
            seconds = time.perf_counter() - started
            np.save(folder / "texts.npy", hashes[rows])
            np.save(folder / "vectors.npy", np.asarray(vectors, dtype=np.float32))
            return {"summary": f"{len(rows):,} texts", "seconds": seconds, "texts": len(rows)}

        self.cache.get_or_make(Key(KIND, {"encoder": self.encoder, "texts": digest}), make)

    def _found(self, hashes: NDArray[np.uint64]) -> _Found | None:
        """What the artifacts of this encoder have of these; None where there are none."""
        gathered: _Found | None = None
        wanted = _one_number(hashes)
        for artifact in self._artifacts():
            kept = _one_number(np.load(artifact.path / "texts.npy", allow_pickle=False))
            vectors = np.load(artifact.path / "vectors.npy", mmap_mode="r", allow_pickle=False)
            order = np.argsort(kept, kind="stable")
            places = np.searchsorted(kept[order], wanted).clip(max=len(kept) - 1)
            rows = order[places]
            there = kept[rows] == wanted
            if gathered is None:
                gathered = _Found(len(hashes), vectors.shape[1])
            gathered.add(there, vectors, rows, float(artifact.facts["seconds"]) / len(kept))
        return gathered

    def _artifacts(self) -> Iterator[Artifact]:
        folder = self.cache.root / KIND
        for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
            try:
                parts = json.loads(manifest.read_text(encoding="utf-8"))["key"]
            except (OSError, ValueError, KeyError):
                continue  # whoever needs it will find it missing, and `cache verify` says what it is
            if parts.get("encoder") == self.encoder:
                artifact = self.cache.get(Key(KIND, parts))
                if artifact is not None:
                    yield artifact


class _Found:
    """Vectors of some texts so far."""

    def __init__(self, count: int, dim: int) -> None:
        self.there = np.zeros(count, dtype=bool)
        self.vectors = np.zeros((count, dim), dtype=np.float32)
        self.seconds = 0.0

    @property
    def whole(self) -> bool:
        """Whether none is missing."""
        return bool(self.there.all())

    def add(
        self,
        there: NDArray[np.bool_],
        vectors: Vectors,
        rows: NDArray[np.int64],
        seconds_each: float,
    ) -> None:
        """Take what is there and was not before; a text that stands twice was computed once."""
        fresh = there & ~self.there
        self.vectors[fresh] = vectors[rows[fresh]]
        self.there |= fresh
        self.seconds += seconds_each * len(np.unique(rows[fresh]))


def hashes_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """128 bits of each text's BLAKE2b, uint64 (n, 2)."""
    held = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for text in texts
    )
    return np.frombuffer(held, dtype="<u8").reshape(-1, 2)


def _one_number(hashes: NDArray[np.uint64]) -> NDArray[Any]:
    """Pairs as values that sort and compare as wholes."""
    return np.ascontiguousarray(hashes).view([("a", "<u8"), ("b", "<u8")]).reshape(-1)
