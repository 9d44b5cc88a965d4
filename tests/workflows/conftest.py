"""Fixtures of this room."""

from __future__ import annotations

import pytest

from nlpwb.cache.store import Cache
from nlpwb.catalogue import CATALOGUE

from .corpora import compared, design, rows, write_csv
from .doubles import ENTRY


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The methods that misbehave are in the catalogue."""
    monkeypatch.setitem(CATALOGUE, "double", ENTRY)


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The fork server of this process runs and has scikit-learn loaded, so that no cell has to load it again."""
    folder = tmp_path_factory.mktemp("warm")
    corpus = write_csv(folder / "corpus.csv", rows(20))
    compared(Cache(folder / "cache"), design(corpus, test_size=0.5), "onehot")
