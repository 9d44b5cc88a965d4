"""The recurrent networks: exact where batches and padding are concerned, and able to learn."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.errors import UsageError
from nlpwb.methods.recurrent.cells import run_cells
from nlpwb.methods.recurrent.config import (
    POOLINGS,
    GruConfig,
    LstmConfig,
    RecurrentConfig,
    RnnConfig,
)
from nlpwb.methods.recurrent.network import (
    RecurrentNetwork,
    locked_dropout,
    turn,
    turned_rows,
)
from nlpwb.options import parse_options

CONFIGS = [RnnConfig, LstmConfig, GruConfig]
VOCABULARY = 12


def small(kind: type[RecurrentConfig] = LstmConfig, **options: object) -> RecurrentNetwork:
    """A network of 6-wide states with weights from seed 0, not in training."""
    torch.manual_seed(0)
    config = kind(**{"dim": 5, "hidden": 6, **options})  # type: ignore[arg-type]
    return RecurrentNetwork.build(config, vocabulary=VOCABULARY, outputs=3, table=None).eval()


def batch(documents: list[list[int]], longest: int | None = None) -> tuple[Tensor, Tensor]:
    """Documents padded with zeros to the longest, or further."""
    lengths = torch.tensor([len(document) for document in documents])
    width = longest or int(lengths.max())
    ids = torch.zeros(len(documents), width, dtype=torch.int64)
    for row, document in zip(ids, documents, strict=True):
        row[: len(document)] = torch.tensor(document)
    return ids, lengths


DOCUMENTS = [[2, 3, 4, 5, 6], [7], [8, 9, 1]]


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("kind", CONFIGS)
def test_padding_and_neighbours_change_nothing(kind: type[RecurrentConfig], pooling: str) -> None:
    """Alone, among others, padded further: the same answer and the same gradient."""
    network = small(kind, pooling=pooling, layers=2)
    together = network(*batch(DOCUMENTS))
    padded = network(*batch(DOCUMENTS, longest=9))
    alone = torch.cat([network(*batch([document])) for document in DOCUMENTS])
    torch.testing.assert_close(padded, together, atol=1e-6, rtol=0)
    torch.testing.assert_close(alone, together, atol=1e-6, rtol=0)
    weights = list(network.parameters())
    one = torch.autograd.grad(together.sin().sum(), weights)
    other = torch.autograd.grad(alone.sin().sum(), weights)
    for mine, wanted in zip(one, other, strict=True):
        torch.testing.assert_close(mine, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", CONFIGS)
def test_states_are_those_of_the_cells_written_out(
    kind: type[RecurrentConfig], bidirectional: bool
) -> None:
    """What `trace` shows must be what the network computed."""
    network = small(kind, layers=2, bidirectional=bidirectional)
    ids, lengths = batch(DOCUMENTS)
    vectors = network.embedding(ids)
    traces = run_cells(network.config.cell, vectors, network.cell_weights, lengths=lengths)
    expected = torch.cat([trace["hidden"] for trace in traces[-1]], dim=2)
    states = network.states(vectors, lengths)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(states[row, :length], expected[row, :length])


@pytest.mark.parametrize("kind", CONFIGS)
def test_last_is_where_each_direction_ends(kind: type[RecurrentConfig]) -> None:
    """torch's own final states, of packed documents, at the same weights."""
    network = small(kind, pooling="last")
    theirs = {RnnConfig: nn.RNN, LstmConfig: nn.LSTM, GruConfig: nn.GRU}[kind](
        5, 6, bidirectional=True, batch_first=True
    )
    (directions,) = network.cell_weights
    ours = [weight for direction in directions for weight in direction]
    for copy, weight in zip(theirs.parameters(), ours, strict=True):
        copy.data.copy_(weight.data)
    ids, lengths = batch(DOCUMENTS)
    packed = nn.utils.rnn.pack_padded_sequence(
        network.embedding(ids), lengths, batch_first=True, enforce_sorted=False
    )
    _, final = theirs(packed)
    final = final[0] if isinstance(final, tuple) else final  # (2, B, H)
    torch.testing.assert_close(network.features(ids, lengths), final.transpose(0, 1).flatten(1))


def test_concat_is_last_maximum_and_mean_side_by_side() -> None:
    """Three poolings of the same states, in the order of its paper."""
    ids, lengths = batch(DOCUMENTS)
    parts = [small(pooling=pooling).features(ids, lengths) for pooling in ("last", "max", "mean")]
    network = small(pooling="concat")
    assert torch.equal(network.features(ids, lengths), torch.cat(parts, dim=1))
    assert network.feature_dimensions == 36


@pytest.mark.parametrize("pooling", POOLINGS)
def test_features_have_the_dimensions_that_it_says(pooling: str) -> None:
    """`embed` writes so many columns."""
    network = small(GruConfig, pooling=pooling, bidirectional=False)
    assert network.features(*batch(DOCUMENTS)).shape == (3, network.feature_dimensions)
    assert network(*batch(DOCUMENTS)).shape == (3, 3)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 3))
def test_turning_twice_is_turning_not_at_all(lengths: list[int], padding: int) -> None:
    """Each document is turned within its own length, and padding stays where it is."""
    longest = max(lengths) + padding
    rows = turned_rows(torch.tensor(lengths), longest)
    x = torch.arange(longest * len(lengths)).view(longest, len(lengths), 1)
    turned = turn(x, rows)
    for column, length in enumerate(lengths):
        places = list(range(longest))
        order = [*reversed(places[:length]), *places[length:]]
        assert turned[:, column, 0].tolist() == x[order, column, 0].tolist()
    assert torch.equal(turn(turned, rows), x)


def test_the_gradient_of_turning_turns_back() -> None:
    """It is written by hand."""
    rows = turned_rows(torch.tensor([3, 1]), 4)
    x = torch.randn(4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: turn(x, rows) ** 2, x)


def test_locked_dropout_is_the_same_for_all_tokens() -> None:
    """A feature falls out of a whole document, or stays in it, scaled so that the mean stays 1."""
    torch.manual_seed(0)
    out = locked_dropout(torch.ones(3, 40, 50), 0.25, training=True)
    assert torch.equal(out[0], out[1])
    assert torch.equal(out[0], out[2])
    assert {round(value, 4) for value in out.unique().tolist()} == {0.0, 1.3333}
    assert float(out.mean()) == pytest.approx(1, abs=0.05)
    assert torch.equal(locked_dropout(out, 0.25, training=False), out)


@pytest.mark.parametrize("option", ["dropout", "embedding_dropout", "weight_drop"])
def test_every_dropout_acts_in_training_alone(option: str) -> None:
    """An option that does nothing would be believed."""
    none = {"dropout": 0.0, "embedding_dropout": 0.0, "weight_drop": 0.0}
    still, moving = small(**none), small(**none | {option: 0.5})
    ids, lengths = batch(DOCUMENTS)
    assert torch.equal(still(ids, lengths), moving(ids, lengths))
    assert torch.equal(still.train()(ids, lengths), still.eval()(ids, lengths))
    moving.train()
    torch.manual_seed(1)
    assert not torch.equal(still(ids, lengths), moving(ids, lengths))


def test_dropout_between_layers_is_there() -> None:
    """With two layers the features, in front of the last dropout, differ, too; with one they do not."""
    ids, lengths = batch(DOCUMENTS)
    for layers, differ in ((1, False), (2, True)):
        network = small(layers=layers, embedding_dropout=0.0)
        quiet = network.features(ids, lengths)
        assert torch.equal(network.train().features(ids, lengths), quiet) is not differ


def test_the_table_is_where_the_embedding_starts() -> None:
    """Word vectors from elsewhere reach the network, and stay when they are not to be tuned."""
    table = torch.arange(VOCABULARY * 5, dtype=torch.float32).view(VOCABULARY, 5)
    config = GruConfig(dim=5, hidden=6, tune=False, embedding_dropout=0.0)
    network = RecurrentNetwork.build(config, vocabulary=VOCABULARY, outputs=2, table=table)
    assert torch.equal(network.embedding(torch.tensor([[3]]))[0, 0], table[3])
    network(*batch(DOCUMENTS)).sum().backward()
    assert network.embedding.weight.grad is None


@pytest.mark.parametrize(
    ("kind", "pooling"),
    [(RnnConfig, "concat"), (LstmConfig, "last"), (GruConfig, "attention"), (LstmConfig, "max")],
)
def test_it_learns_the_order_of_two_tokens(kind: type[RecurrentConfig], pooling: str) -> None:
    """2 before 3, or 3 before 2: no bag of words can tell."""
    off = {"dropout": 0.0, "embedding_dropout": 0.0}
    network = small(kind, pooling=pooling, **off).train()
    ids, lengths = batch([[4, 2, 3], [5, 3, 2, 4], [2, 5, 3, 5], [3, 2]])
    labels = torch.tensor([0, 1, 0, 1])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(ids, lengths), labels).backward()
        optimizer.step()
    assert torch.equal(network.eval()(ids, lengths).argmax(dim=1), labels)


def test_options_are_parsed_and_refused() -> None:
    """What the issue's specs say must have a meaning; what has none must be said."""
    words = {"hidden": "256", "bidirectional": "yes", "epochs": "5", "pooling": "concat"}
    config = parse_options(LstmConfig, "lstm", words)
    assert (config.hidden, config.bidirectional, config.epochs) == (256, True, 5)
    assert dataclasses.replace(config, pooling="last").cell == "lstm"
    with pytest.raises(UsageError, match="pooling=first"):
        parse_options(GruConfig, "gru", {"pooling": "first"})
