"""The first rows of a network's table of embeddings: word vectors trained on its own tokens, or those of a file.

Rows are matched by token. A token without a vector gets random numbers of the deviation that the others have, so that no row
begins louder than its neighbours.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Cache, Key
from nlpwb.errors import MethodError, UsageError
from nlpwb.options import changed_options
from nlpwb.specs import Part, parse_spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.methods.networks.tokens import EncodedTexts

    Floats = NDArray[np.float32]
    Ids = NDArray[np.int32]

TABLE_VERSION = 1
RANDOM = "random"
PATH = "path:"
FILE = "vectors"
"""The method of the catalogue that reads a file."""
SPECIAL = 2
"""Ids below this are padding and the unknown token."""
WORTH_KEEPING = 2.0
"""Seconds of training from which word vectors get an entry of their own in the cache."""
_SAYS_DIM = re.compile(r"[:,]\s*dim\s*=")
_DEVIATION = 0.1  # of random rows where no vector says otherwise


@dataclass(frozen=True, eq=False)
class InitialTable:
    """``rows`` float32 (vocabulary, dim). ``covered``: share of the training tokens that have a vector of their own, 0 to 1.

    ``spared``: seconds of training that the cache spared; they are a cost of the method all the same.
    """

    rows: Floats
    covered: float
    spared: float = 0.0


def embedding_part(text: str, *, dim: int, method: str) -> Part | None:
    """The word-vector method that ``embeddings=`` names, as wide as the network's ``dim`` unless it says otherwise.

    None for random rows and for a file.

    Raises:
        UsageError: no such method, one that trains no word vectors, or an option that would do nothing here.
    """
    if text == RANDOM or text.startswith(PATH):
        return None
    spec = parse_spec(text)
    part = spec.representation
    if part.entry.family != "embeddings" or part.name == "doc2vec":
        raise UsageError(
            f"{method}: embeddings={text}: {part.name} trains no word vectors; take random, skipgram, cbow, fasttext, "
            "glove, ppmi, or path:FILE"
        )
    if spec.reducer is not None or "+" in text.replace("\\+", ""):
        raise UsageError(f"{method}: embeddings={text}: word vectors take no +part; leave it out")
    idle = {"analyzer", "lowercase", "pooling"} & set(changed_options(part.config))
    if idle:
        raise UsageError(
            f"{method}: embeddings={text}: rows are those of the network's own tokens, so {min(idle)} does nothing; leave it out"
        )
    if part.name != FILE and not _SAYS_DIM.search(text):
        part = Part(part.name, dataclasses.replace(part.config, dim=dim))
    return part


def embedding_identity(config: Any, method: str) -> dict[str, Any] | None:
    """What the initial table adds to the key of what is trained from it: the version of the method that makes it."""
    part = embedding_part(config.embeddings, dim=config.dim, method=method)
    return part.identity() if part is not None else None


def initial_table(
    config: Any,
    method: str,
    encoded: EncodedTexts,
    tokens: Sequence[str],
    *,
    seed: int,
    cache: Cache | None,
) -> InitialTable | None:
    """The table that ``embeddings=`` asks for, or None for random rows.

    ``tokens`` names every id. Vectors are trained in one thread, so that a seed gives the same bytes again.

    Raises:
        InputError: a file that cannot be read.
        MethodError: no token has a vector.
        UsageError: a spec without meaning.
    """
    text = config.embeddings
    if text == RANDOM:
        return None
    part = embedding_part(text, dim=config.dim, method=method)
    if part is None or part.name == FILE:
        path = text.removeprefix(PATH) if part is None else part.config.path
        limit = None if part is None else part.config.limit
        found = _rows_of_file(Path(path), tokens, limit=limit)
        return _filled(found, encoded, tokens, seed=seed, source=text)
    found, spared = _trained(part, encoded, tokens, seed=seed, cache=cache)
    return _filled(found, encoded, tokens, seed=seed, source=text, spared=spared)


@dataclass(frozen=True, eq=False)
class _Found:
    """Rows float32 (n, dim) of the tokens with these ``ids``."""

    ids: Ids
    rows: Floats


def _trained(
    part: Part,
    encoded: EncodedTexts,
    tokens: Sequence[str],
    *,
    seed: int,
    cache: Cache | None,
) -> tuple[_Found, float]:
    """Word vectors trained on the ids, or those that the cache has; and the seconds that this spared."""
    import numpy as np

    from nlpwb.methods.embeddings.training import train_word_vectors

    fresh: list[_Found] = []

    def train() -> _Found:
        vectors = train_word_vectors(_sentences(encoded, tokens), part.config, seed=seed, threads=1)
        number = {token: place for place, token in enumerate(tokens) if place >= SPECIAL}
        ids = np.array([number[word] for word in vectors.words], dtype=np.int32)
        return _Found(ids, np.asarray(vectors.vectors, dtype=np.float32))

    def make(folder: Path) -> Mapping[str, Any]:
        started = time.perf_counter()
        found = train()
        seconds = time.perf_counter() - started
        fresh.append(found)
        if seconds < WORTH_KEEPING:
            raise _NotWorthKeeping
        np.save(folder / "ids.npy", found.ids)
        np.save(folder / "rows.npy", found.rows)
        return {"summary": f"{part}, embeddings of {len(found.ids):,} tokens", "seconds": seconds}

    if cache is None:
        return train(), 0.0
    try:
        artifact = cache.get_or_make(_key(part, encoded, tokens, seed), make)
    except _NotWorthKeeping:
        return fresh[0], 0.0
    if fresh:
        return fresh[0], 0.0
    ids = np.load(artifact.path / "ids.npy", allow_pickle=False)
    rows = np.load(artifact.path / "rows.npy", allow_pickle=False)
    return _Found(ids, rows), float(artifact.facts["seconds"])


def _key(part: Part, encoded: EncodedTexts, tokens: Sequence[str], seed: int) -> Key:
    """What the vectors hang on: the method, the ids with their ends, the names of the ids, the seed."""
    import hashlib

    digest = hashlib.sha256()
    for array in (encoded.ids, encoded.ends):
        digest.update(array.tobytes())
    digest.update("\0".join(tokens).encode("utf-8", "surrogatepass"))
    return Key(
        "embeddings",
        {
            "version": TABLE_VERSION,
            "method": part.identity(),
            "tokens": digest.hexdigest(),
            "seed": seed,
        },
    )


class _NotWorthKeeping(Exception):
    """Leaves the cache without an entry."""


def _sentences(encoded: EncodedTexts, tokens: Sequence[str]) -> Iterator[list[str]]:
    """The documents as known tokens."""
    start = 0
    for end in encoded.ends.tolist():
        yield [tokens[i] for i in encoded.ids[start:end].tolist() if i >= SPECIAL]
        start = end


def _rows_of_file(path: Path, tokens: Sequence[str], *, limit: int | None) -> _Found:
    """The vectors that a file has for these tokens, else for their lower-case forms; a block of rows in memory at a time."""
    import numpy as np

    from nlpwb.vectors.folder import is_folder_of_vectors, read_folder
    from nlpwb.vectors.formats.opening import open_rows

    wanted = {token: place for place, token in enumerate(tokens) if place >= SPECIAL}
    lowered: dict[str, list[int]] = {}
    for token, place in wanted.items():
        if token.lower() != token:
            lowered.setdefault(token.lower(), []).append(place)
    exact: dict[int, Floats] = {}
    folded: dict[int, Floats] = {}

    def take(words: Sequence[str], rows: Any) -> None:
        for row, word in enumerate(words):
            place = wanted.get(word)
            if place is not None:
                exact[place] = np.array(rows[row], dtype=np.float32)
            for other in lowered.get(word, ()):
                folded[other] = np.array(rows[row], dtype=np.float32)

    subwords = None
    if is_folder_of_vectors(path):
        table = read_folder(path)
        take(table.words[:limit], table.vectors)
        subwords = table.subwords
    else:
        with open_rows(path) as rows:
            if rows.whole is not None:
                take(rows.whole.words[:limit], rows.whole.vectors)
                subwords = rows.whole.subwords
            else:
                for words, block in rows.blocks(limit=limit):
                    take(words, block)
                subwords = rows.subwords
    found = {**folded, **exact}
    if subwords is not None:
        for token, place in wanted.items():
            if place not in found and (vector := subwords.vector(token)) is not None:
                found[place] = vector
    ids = np.array(sorted(found), dtype=np.int32)
    return _Found(ids, np.array([found[i] for i in ids.tolist()], dtype=np.float32))


def _filled(
    found: _Found,
    encoded: EncodedTexts,
    tokens: Sequence[str],
    *,
    seed: int,
    source: str,
    spared: float = 0.0,
) -> InitialTable:
    """A row for every id: those found, random ones of the same deviation, zeros for padding."""
    import numpy as np

    if not len(found.ids):
        raise MethodError(
            f"embeddings={source}: no token of the documents has a vector there; check the language and the tokenizer"
        )
    deviation = float(found.rows.std(dtype=np.float64)) or _DEVIATION
    generator = np.random.default_rng(seed)
    shape = (len(tokens), found.rows.shape[1])
    rows = (generator.standard_normal(shape, dtype=np.float32) * np.float32(deviation)).astype(
        np.float32
    )
    rows[found.ids] = found.rows
    rows[0] = 0
    known = np.zeros(len(tokens), dtype=bool)
    known[found.ids] = True
    covered = float(known[encoded.ids].mean()) if len(encoded.ids) else 0.0
    return InitialTable(rows, covered, spared)
