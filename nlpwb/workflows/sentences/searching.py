"""Questions to an index of documents: the nearest by cosine, exact or by a graph; numpy alone until a question is encoded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.errors import InputError, ModelError, NlpwbError, UsageError
from nlpwb.vectors.documents import DocumentIndex, read_index
from nlpwb.vectors.neighbors import nearest
from nlpwb.workflows.sentences.encoders import Encoder, model_encoder, open_encoder

if TYPE_CHECKING:
    from nlpwb.vectors.index import Index
    from nlpwb.vectors.table import Floats

AT_ONCE = 256
"""Questions of a batch that are answered together."""


@dataclass(frozen=True)
class Hit:
    """A document that answers a question; ``row`` is its place in the source that was embedded."""

    query: str
    rank: int
    cosine: float
    row: int
    text: str


@dataclass(frozen=True, eq=False)
class Search:
    """An index that is asked, what encodes the questions, and its graph where one is walked."""

    index: DocumentIndex
    encoder: Encoder
    graph: Index | None

    @property
    def title(self) -> str:
        """Which documents are searched, and what made their vectors."""
        corpus, name = self.index.manifest["corpus"], self.index.encoder["name"]
        return f"among the {len(self.index):,} documents of {corpus}   {name}"

    def answer(self, queries: Iterable[str], *, k: int) -> Iterator[Hit]:
        """The ``k`` nearest documents of each question, nearest first; the first answers come before the last is read.

        Raises:
            ModelError: the texts of the index are damaged.
        """
        stream = iter(queries)
        while batch := list(itertools.islice(stream, AT_ONCE)):
            vectors = np.asarray(self.encoder.vectors(batch), dtype=np.float32)
            yield from self._answered(batch, vectors, k=min(k, len(self.index)))

    def _answered(self, queries: Sequence[str], vectors: Floats, *, k: int) -> Iterator[Hit]:
        if self.graph is None:
            places, cosines = nearest(self.index.table, vectors, k=k)
        else:
            from nlpwb.vectors.index import nearest_by_index

            places, cosines = nearest_by_index(self.index.table, self.graph, vectors, k=k)
        for query, row, near in zip(queries, places.tolist(), cosines.tolist(), strict=True):
            found = [place for place in row if place >= 0]
            documents = self.index.documents(found)
            for rank, ((line, text), cosine) in enumerate(zip(documents, near, strict=False), 1):
                yield Hit(query, rank, min(cosine, 1.0), line, text)


def open_search(
    folder: Path,
    *,
    model: Path | None = None,
    approximate: bool = False,
    device: str = "auto",
    threads: int = 1,
    note: Callable[[str], object] = lambda _: None,
) -> Search:
    """An index, and what made its vectors, ready for questions.

    Args:
        model: where the model that made it is now.
        approximate: walk a graph, which is made and kept beside the vectors where there is none.

    Raises:
        UsageError: a model for an index that a base made.
        InputError: the base is not at hand, or usearch is not installed.
        ModelError: no index, a damaged one, or what made it is not the same any more.
    """
    index = read_index(folder)
    graph = _graph(index, note) if approximate else None
    encoder = _encoder(index, model, device=device, threads=threads)
    return Search(index, encoder, graph)


def _graph(index: DocumentIndex, note: Callable[[str], object]) -> Index:
    from nlpwb.vectors.index import build_graph, has_graph, open_graph

    if not has_graph(index.folder):
        note(f"{index.folder} has no graph yet; one is made and kept there")
        return build_graph(index.folder, index.table, table=index.digest)
    return open_graph(
        index.folder,
        table=index.digest,
        dimensions=index.dimensions,
        again="delete index.usearch and index.json in it, and it is made again",
    )


def _encoder(index: DocumentIndex, model: Path | None, *, device: str, threads: int) -> Encoder:
    from nlpwb.workflows.sentences.embedding import made_by_model

    made = index.encoder
    again = f"embed the documents again, -o {index.folder}/"
    if "model" in made:
        place = model or Path(str(made["model"]))
        if not place.exists():
            raise ModelError(
                f"the model that made {index.folder}, {place}, is not there any more; --model says where it is now, or {again}"
            )
        if made_by_model(place)["manifest"] != made["manifest"]:
            raise ModelError(f"{place} is not the model that made {index.folder}; {again}")
        return model_encoder(place, device=device, threads=threads)
    if model is not None:
        raise UsageError(
            f"--model {model}: the base {made['name']} made {index.folder}, and encodes the questions; leave it out"
        )
    try:
        found = open_encoder(str(made["spec"]), cache=None, device=device, threads=threads)
    except NlpwbError as error:
        raise ModelError(f"what made {index.folder} cannot be opened: {error}") from None
    assert found is not None, "the spec of a base"
    encoder, texts = found
    identity = texts.identity or {}
    if any(identity.get(part) != value for part, value in made["identity"].items()):
        raise ModelError(
            f"{made['name']} is not what it was when {index.folder} was made (its weights, or how they are read); {again}"
        )
    return encoder


def read_queries(source: str) -> Iterator[str]:
    """The questions of a file, a line each in plain text, or of standard input.

    Raises:
        InputError: there are none, or they cannot be read.
    """
    options = ReadOptions(labelled=False, input_format="text" if source == "-" else None)
    for document in open_corpus(source, options):
        if document.text.strip():
            yield document.text


def check_queries(queries: Sequence[str]) -> None:
    """Refuse a blank question.

    Raises:
        InputError: one of them is.
    """
    if any(not query.strip() for query in queries):
        raise InputError("a QUERY is blank; give it words")
