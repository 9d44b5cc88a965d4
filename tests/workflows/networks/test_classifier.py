"""A trained network at work: streams, empty inputs, long documents, what damage says."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from nlpwb.errors import ModelError
from nlpwb.workflows.networks import classifier
from nlpwb.workflows.networks.classifier import NetworkClassifier

from .corpora import fitted, reviews

TEXTS, LABELS = reviews(60)


@pytest.fixture(scope="module")
def network() -> NetworkClassifier:
    return fitted("gru:dim=8,hidden=8,epochs=3,learning_rate=0.02", TEXTS, LABELS)


def test_the_first_answers_do_not_wait_for_the_last_document(
    network: NetworkClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With windows of 2 and 4 documents, two are answered when two are read; from then on the next are read meanwhile."""
    monkeypatch.setattr(classifier, "WINDOWS", (2, 4))
    read = 0

    def source() -> Iterator[str]:
        nonlocal read
        for read in range(1, 1001):
            yield TEXTS[read % 60]

    stream = network.stream(source(), str)
    window, scores = next(stream)
    assert (len(window), scores.shape) == (2, (2, 2))
    assert read == 2
    assert len(next(stream)[0]) == 4
    assert read == 10
    stream.close()
    assert read == 10


def test_a_stream_gives_the_order_of_its_documents(
    network: NetworkClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "WINDOWS", (1, 7))
    found = list(network.stream(iter(enumerate(TEXTS)), lambda item: item[1]))
    assert [number for window, _ in found for number, _ in window] == list(range(60))
    np.testing.assert_allclose(
        np.concatenate([scores for _, scores in found]), network.scores(TEXTS), atol=1e-6
    )


def test_turns_are_given_back_to_the_interpreter(network: NetworkClassifier) -> None:
    before = sys.getswitchinterval()
    network.scores(TEXTS)
    assert sys.getswitchinterval() == before


def test_a_source_that_fails_fails_where_it_is_asked(network: NetworkClassifier) -> None:
    def source() -> Iterator[str]:
        yield from TEXTS
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        list(network.stream(source(), str))


def test_nothing_gives_nothing(network: NetworkClassifier) -> None:
    assert network.scores([]).shape == (0, 2)
    assert network.features([]).shape == (0, 16)
    assert network.unknown_tokens([]).share is None
    assert network.unknown_tokens([""]).share is None


def test_a_document_of_10_megabytes_is_cut(network: NetworkClassifier) -> None:
    """And answered as its beginning is."""
    long = "the chair came with good legs " * 350_000
    short = " ".join(long[:10_000].split()[:512])
    np.testing.assert_allclose(network.scores([long]), network.scores([short]), atol=1e-6)


def test_weights_of_another_network_are_damage(network: NetworkClassifier) -> None:
    state = network.state()
    less = dict(state.arrays)
    less.pop(next(name for name in less if name.startswith("weights.")))
    with pytest.raises(
        ModelError, match=r"the weights of the gru do not fit its options .*; train"
    ):
        NetworkClassifier.from_state(network.part, dataclasses.replace(state, arrays=less))
    with pytest.raises(ModelError):
        NetworkClassifier.from_state(network.part, dataclasses.replace(state, facts={}))
