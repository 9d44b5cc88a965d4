"""A corpus as word numbers in the cache: read once, then mapped by every training on it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.cache.store import Cache, Key
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.fingerprint import fingerprint
from nlpwb.data.reading import open_corpus
from nlpwb.data.sources import is_pipe
from nlpwb.methods.embeddings.config import TextConfig
from nlpwb.methods.embeddings.encoding import (
    BLOCK,
    EncodedCorpus,
    Ids,
    Renumbering,
    renumber,
)
from nlpwb.methods.embeddings.numbering import TextNumbering

ENCODING_VERSION = 2  # 2: sentences are cut at 10,000 words


@contextlib.contextmanager
def encoded_corpus(
    source: str,
    options: ReadOptions,
    config: TextConfig,
    *,
    min_count: int,
    cache: Cache,
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[EncodedCorpus, dict[str, Any]]]:
    """The encoded corpus, its ids mapped, and facts about it: name, fingerprint, sentences, tokens.

    A pipe is encoded into a folder that leaves with the context: it has no name to be found again by.

    Raises:
        InputError: the corpus cannot be read.
        MethodError: no word occurs ``min_count`` times.
    """
    if is_pipe(source):
        with tempfile.TemporaryDirectory(prefix="nlpwb-") as scratch:
            folder = Path(scratch)
            facts = _write(folder, source, options, config, min_count=min_count, note=note)
            yield _mapped(folder), facts
        return
    key = Key(
        "encoded-corpus",
        {
            "version": ENCODING_VERSION,
            "corpus": fingerprint(source, options),
            "analyzer": config.analyzer,
            "lowercase": config.lowercase,
            "min_count": min_count,
        },
    )

    def make(folder: Path) -> Mapping[str, Any]:
        return _write(folder, source, options, config, min_count=min_count, note=note)

    artifact = cache.get_or_make(key, make)
    yield _mapped(artifact.path), {**artifact.facts, "corpus": source}


def _write(
    folder: Path,
    source: str,
    options: ReadOptions,
    config: TextConfig,
    *,
    min_count: int,
    note: Callable[[str], None],
) -> dict[str, Any]:
    reader = open_corpus(source, options)
    for line in reader.notes:
        note(line)
    rough = folder / "provisional.bin"
    with rough.open("wb") as file:
        documents = 0
        with TextNumbering(config, lambda ids: ids.tofile(file)) as numbering:
            for documents, document in enumerate(reader, start=1):  # noqa: B007  counted for the facts
                numbering.add(document.text)
            words = numbering.finish()
    if (skipped := reader.skipped_note()) is not None:
        note(skipped)
    final = renumber(words, _read_blocks(rough), min_count=min_count)
    _write_ids(folder / "ids.npy", final, rough)
    rough.unlink()
    np.save(folder / "counts.npy", final.counts)
    with (folder / "vocabulary.json").open("w", encoding="utf-8") as lines:
        json.dump(final.words, lines, ensure_ascii=True, separators=(",\n", ":"))
    return {
        "summary": f"{reader.name}, {len(final.words):,} words, min_count {min_count}",
        "corpus": reader.name,
        "fingerprint": reader.fingerprint(),
        "documents": documents,
        "tokens": numbering.tokens,
        "types": len(words),
        "words": len(final.words),
        "occurrences": int(final.counts.sum()),
    }


def _read_blocks(path: Path) -> Iterator[Ids]:
    with path.open("rb") as file:
        while len(block := np.fromfile(file, dtype=np.int32, count=BLOCK)):
            yield block


def _write_ids(path: Path, final: Renumbering, rough: Path) -> None:
    """An npy file whose length is known only at its end: room for the header is left, and filled then."""
    longest = rough.stat().st_size // 4
    with path.open("wb") as file:
        header = _header(longest)
        file.write(header)
        written = 0
        for block in final.blocks(_read_blocks(rough)):
            block.tofile(file)
            written += len(block)
        exact = _header(written)
        assert len(exact) == len(header), (longest, written)
        file.seek(0)
        file.write(exact)


def _header(length: int) -> bytes:
    import io

    head = io.BytesIO()
    facts = {"descr": "<i4", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(head, facts)
    return head.getvalue()


def _mapped(folder: Path) -> EncodedCorpus:
    return EncodedCorpus(
        words=json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")),
        counts=np.load(folder / "counts.npy", allow_pickle=False),
        ids=np.load(folder / "ids.npy", mmap_mode="r", allow_pickle=False),
    )
