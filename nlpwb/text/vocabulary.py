"""Tokens to ids: a vocabulary counted from tokens, and how much of other tokens it covers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.text.whole import write_whole

FORMAT = "nlpwb-vocabulary"
VERSION = 1


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in order: a token's place is its id.

    ``tokens`` begins with the special ones (padding, unknown …), of which ``specials`` counts how many; the others follow
    from the most to the least frequent, equal counts in the order of their strings. ``counts`` stands beside them (0 for
    special ones). ``unknown``, where given, is the special token that stands for all others; without it they are left out.
    """

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    specials: int = 0
    unknown: str | None = None

    def __post_init__(self) -> None:
        assert len(self.tokens) == len(self.counts), "a count for each token"
        assert 0 <= self.specials <= len(self.tokens), "special tokens are tokens"
        assert self.unknown is None or self.unknown in self.tokens[: self.specials]

    @cached_property
    def lookup(self) -> dict[str, int]:
        """Each token's id."""
        return {token: place for place, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.lookup

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The ids of tokens, in order; an unknown one becomes the id of ``unknown`` or, without that, is left out."""
        lookup = self.lookup
        if self.unknown is None:
            return [lookup[token] for token in tokens if token in lookup]
        unknown = lookup[self.unknown]
        return [lookup.get(token, unknown) for token in tokens]

    def save(self, path: Path) -> None:
        """Write the vocabulary as one JSON file, whole or not at all."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "specials": self.specials,
            "unknown": self.unknown,
            "tokens": self.tokens,
            "counts": self.counts,
        }
        write_whole(path, json.dumps(content, separators=(",", ":")) + "\n")

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read a vocabulary that :meth:`save` wrote.

        Raises InputError when the file is missing, damaged, or something else.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise InputError(f"there is no vocabulary at {path}; check the path") from error
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
        except ValueError as error:
            raise _damaged(path) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError(
                f"{path} is no vocabulary of nlpwb; it must be a file that nlpwb saved"
            )
        if content.get("version") != VERSION:
            raise InputError(
                f"{path} has version {content.get('version')} of the vocabulary format, this program reads version "
                f"{VERSION}; install a newer nlpwb"
            )
        if not _is_consistent(content):
            raise _damaged(path)
        return cls(
            tokens=tuple(content["tokens"]),
            counts=tuple(content["counts"]),
            specials=content["specials"],
            unknown=content["unknown"],
        )


@dataclass(frozen=True)
class OovRate:
    """How many tokens, and how many distinct ones (types), a vocabulary does not hold."""

    tokens: int
    unknown_tokens: int
    types: int
    unknown_types: int

    @property
    def rate(self) -> float:
        """Unknown tokens among all tokens, 0 to 1; 0 where there are none."""
        return self.unknown_tokens / self.tokens if self.tokens else 0.0

    @property
    def type_rate(self) -> float:
        """Unknown types among all types, 0 to 1; 0 where there are none."""
        return self.unknown_types / self.types if self.types else 0.0


def build_vocabulary(
    documents: Iterable[Iterable[str]],
    *,
    min_count: int = 1,
    max_count: int | None = None,
    max_size: int | None = None,
    special_tokens: Sequence[str] = (),
    unknown: str | None = None,
) -> Vocabulary:
    """Count the tokens of documents and keep those between ``min_count`` and ``max_count`` occurrences.

    ``max_size`` keeps the most frequent of them; special tokens are not part of that number. ``unknown`` is put first among
    the special tokens if it is not yet one of them. The order depends on the counts and strings alone, so the same
    documents give the same vocabulary in whatever order they come.

    Raises UsageError for bounds that have no meaning, MethodError when no token is left.
    """
    _check_bounds(min_count, max_count, max_size)
    counter: Counter[str] = Counter()
    for tokens in documents:
        assert not isinstance(tokens, str), "a document is a list of tokens, not a string"
        counter.update(tokens)
    specials = tuple(dict.fromkeys(special_tokens))
    if unknown is not None and unknown not in specials:
        specials = (unknown, *specials)
    for special in specials:
        counter.pop(special, None)
    upper = float("inf") if max_count is None else max_count
    kept = [(token, count) for token, count in counter.items() if min_count <= count <= upper]
    if not kept:
        raise _nothing_left(len(counter), min_count=min_count, max_count=max_count)
    kept.sort(key=lambda entry: (-entry[1], entry[0]))
    kept = kept[:max_size]
    return Vocabulary(
        tokens=specials + tuple(token for token, _ in kept),
        counts=(0,) * len(specials) + tuple(count for _, count in kept),
        specials=len(specials),
        unknown=unknown,
    )


def oov_rate(vocabulary: Container[str], documents: Iterable[Iterable[str]]) -> OovRate:
    """Count the tokens of documents that a vocabulary (or any set of tokens) does not hold."""
    counter: Counter[str] = Counter()
    for tokens in documents:
        assert not isinstance(tokens, str), "a document is a list of tokens, not a string"
        counter.update(tokens)
    unknown = [count for token, count in counter.items() if token not in vocabulary]
    return OovRate(
        tokens=counter.total(),
        unknown_tokens=sum(unknown),
        types=len(counter),
        unknown_types=len(unknown),
    )


def _check_bounds(min_count: int, max_count: int | None, max_size: int | None) -> None:
    if min_count < 1:
        raise UsageError(f"min_count must be at least 1, got {min_count}")
    if max_count is not None and max_count < min_count:
        raise UsageError(f"max_count must be at least min_count ({min_count}), got {max_count}")
    if max_size is not None and max_size < 1:
        raise UsageError(f"max_size must be at least 1, got {max_size}")


def _nothing_left(types: int, *, min_count: int, max_count: int | None) -> MethodError:
    if types == 0:
        return MethodError(
            "the vocabulary is empty: these documents hold no tokens; check the text column"
        )
    bounds = f"at least {min_count}" + ("" if max_count is None else f" and at most {max_count}")
    return MethodError(
        f"the vocabulary is empty: none of {types} distinct tokens occurs {bounds} times; widen min_count or max_count"
    )


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged: it is no complete vocabulary; make it anew")


def _is_consistent(content: dict[str, object]) -> bool:
    """Whether the parts of a vocabulary file fit together."""
    tokens, counts = content.get("tokens"), content.get("counts")
    specials, unknown = content.get("specials"), content.get("unknown")
    return (
        isinstance(tokens, list)
        and isinstance(counts, list)
        and len(tokens) == len(counts)
        and all(isinstance(token, str) for token in tokens)
        and all(isinstance(count, int) for count in counts)
        and len(set(tokens)) == len(tokens)
        and isinstance(specials, int)
        and 0 <= specials <= len(tokens)
        and (unknown is None or unknown in tokens[:specials])
    )
