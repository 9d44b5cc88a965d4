"""The table of embeddings: padding stays zero, dropout takes whole tokens, a frozen table does not move."""

from __future__ import annotations

import torch

from nlpwb.methods.networks.embedding import TokenEmbedding

IDS = torch.tensor([[2, 3, 2, 0], [4, 1, 0, 0]])


def test_rows_are_looked_up() -> None:
    """The shape, and that a table is taken over as it is, but for padding."""
    table = torch.arange(15.0).reshape(5, 3) + 1
    embedding = TokenEmbedding(5, 3, table=table)
    vectors = embedding(IDS)
    assert vectors.shape == (2, 4, 3)
    assert vectors[0, 1].tolist() == [10, 11, 12]
    assert vectors[0, 3].tolist() == [0, 0, 0]


def test_a_table_is_copied() -> None:
    """Training must not write into the word vectors of the caller."""
    table = torch.ones(5, 3)
    embedding = TokenEmbedding(5, 3, table=table)
    with torch.no_grad():
        embedding.weight.fill_(7)
    assert (table == 1).all()


def test_padding_stays_zero_while_the_other_rows_move() -> None:
    """Even where a loss pulls at padded places, and decay is on."""
    torch.manual_seed(0)
    embedding = TokenEmbedding(5, 3)
    start = embedding.weight.detach().clone()
    optimizer = torch.optim.AdamW(embedding.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (embedding(IDS) - 1).square().sum().backward()
        optimizer.step()
    assert (embedding.weight[0] == 0).all()
    assert (embedding.weight[1:] != start[1:]).all()


def test_a_frozen_table_has_no_gradient() -> None:
    """tune=False: an optimiser must find nothing to move."""
    assert [p.requires_grad for p in TokenEmbedding(5, 3, tune=False).parameters()] == [False]


def test_dropout_takes_whole_tokens() -> None:
    """Both places of token 2 fall out together; what stays is scaled, so that the mean stays."""
    torch.manual_seed(0)
    embedding = TokenEmbedding(2_000, 4, table=torch.ones(2_000, 4), dropout=0.25)
    ids = torch.arange(1, 2_000).repeat(2, 1)
    vectors = embedding(ids)
    assert (vectors[0] == vectors[1]).all()
    rows = vectors[0]
    assert ((rows == 0).all(dim=1) | (rows == 1 / 0.75).all(dim=1)).all()
    assert 0.2 < (rows[:, 0] == 0).float().mean() < 0.3


def test_dropout_rests_outside_training() -> None:
    """Prediction must not be random."""
    embedding = TokenEmbedding(5, 3, dropout=0.9).eval()
    assert torch.equal(embedding(IDS), embedding.weight[IDS])
