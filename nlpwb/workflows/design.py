"""What a comparison is asked of its rows, and the corpora that it asks of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.fingerprint import fingerprint
from nlpwb.data.reading import read_corpus
from nlpwb.data.sources import is_pipe
from nlpwb.tasks import Task


@dataclass(frozen=True)
class Design:
    """How rows are divided. ``folds`` None and ``test`` None: chosen by the corpus's size. ``task`` None: by its labels."""

    source: str
    options: ReadOptions
    test: str | None = None
    test_options: ReadOptions | None = None
    test_size: float | None = None
    folds: int | None = None
    repeats: int = 1
    seed: int = 0
    drop_duplicates: bool = False
    budgets: tuple[int, ...] = ()
    task: Task | None = None


class Sources:
    """The corpora of a design, read when first asked for and then held."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._train: Corpus | None = None
        self._test: Corpus | None = None
        self._fingerprints: list[str] | None = None

    @property
    def has_read(self) -> bool:
        """Whether the corpus is held already."""
        return self._train is not None

    @property
    def train(self) -> Corpus:
        """The corpus, or its training file."""
        if self._train is None:
            self._train = read_corpus(self.design.source, self.design.options)
        return self._train

    @property
    def test(self) -> Corpus | None:
        """The test file, where there is one."""
        if self.design.test is None:
            return None
        if self._test is None:
            assert self.design.test_options is not None
            self._test = read_corpus(self.design.test, self.design.test_options)
        return self._test

    def fingerprints(self) -> list[str]:
        """What names the bytes and the reading of both; a pipe is read for it, a file is not."""
        if self._fingerprints is not None:
            return self._fingerprints
        design = self.design
        found = [_name(design.source, design.options, lambda: self.train)]
        if design.test is not None:
            assert design.test_options is not None
            found.append(_name(design.test, design.test_options, lambda: self.test))
        self._fingerprints = found
        return found


def _name(source: str, options: ReadOptions, read: Callable[[], Corpus | None]) -> str:
    if not is_pipe(source):
        return fingerprint(source, options)
    corpus = read()
    assert corpus is not None
    return corpus.fingerprint
