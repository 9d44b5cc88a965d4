"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nlpwb.data.corpus import Corpus, Document, ReadOptions
from nlpwb.data.reading import open_corpus


def write(path: Path, content: str | bytes) -> str:
    """Put content, text as UTF-8, into a file; returns its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def documents(source: str, **options: Any) -> list[Document]:
    """All documents of a source, read with these options."""
    return list(open_corpus(source, ReadOptions(**options)))


def corpus(
    texts: list[str],
    labels: list[str] | None = None,
    groups: list[str] | None = None,
    rows: list[int] | None = None,
) -> Corpus:
    """A corpus that no file holds, its rows numbered from 1."""
    return Corpus(
        name="c",
        texts=texts,
        labels=labels,
        groups=groups,
        rows=rows or list(range(1, len(texts) + 1)),
        notes=(),
        skipped=0,
        fingerprint="",
    )
