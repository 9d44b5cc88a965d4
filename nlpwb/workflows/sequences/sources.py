"""What language models and translators are compared on: texts, or pairs of texts, read when first asked for and then held."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.fingerprint import fingerprint
from nlpwb.data.pairs import Pairs
from nlpwb.data.sources import is_pipe
from nlpwb.workflows.language.texts import Texts, read_texts

SequenceTask = Literal["lm", "translate"]


@dataclass(frozen=True)
class LanguageSources:
    """Texts, and perhaps a file of test texts; all raise what reading raises (InputError)."""

    source: str
    options: ReadOptions
    test_source: str | None = None
    test_options: ReadOptions | None = None

    @cached_property
    def train(self) -> Texts:
        """All texts, or those that train where there is a test file."""
        return read_texts(self.source, self.options)

    @cached_property
    def test(self) -> Texts | None:
        """The test file's."""
        if self.test_source is None:
            return None
        return read_texts(self.test_source, self.test_options or self.options)

    def fingerprints(self) -> list[str]:
        """What names the bytes and the reading of both; a pipe is read for it, a file is not."""
        found = [self._name(self.source, self.options, lambda: self.train)]
        if self.test_source is not None:
            options = self.test_options or self.options
            found.append(self._name(self.test_source, options, lambda: self.test))
        return found

    def _name(self, source: str, options: ReadOptions, read: Callable[[], Texts | None]) -> str:
        if is_pipe(source):
            texts = read()
            assert texts is not None
            return texts.fingerprint
        return fingerprint(source, dataclasses.replace(options, labelled=False))


@dataclass(frozen=True)
class PairSources:
    """Pairs, and perhaps test pairs; what reads them raises InputError where it cannot."""

    read: Callable[[], Pairs]
    read_test: Callable[[], Pairs] | None = None

    @cached_property
    def train(self) -> Pairs:
        """All pairs, or those that train where there are test pairs."""
        return self.read()

    @cached_property
    def test(self) -> Pairs | None:
        """The test pairs."""
        return None if self.read_test is None else self.read_test()

    def fingerprints(self) -> list[str]:
        """What names the texts of both; they are read for it."""
        return [pairs.fingerprint for pairs in (self.train, self.test) if pairs is not None]


Sources = LanguageSources | PairSources
