"""The scores and the decoders against the papers' equations, written out place by place in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nlpwb.methods.recurrent.cells import GruStep, LstmStep, gru_step, lstm_step
from nlpwb.methods.seq2seq.attention import Attention, additive_scores, product_scores, weights_of
from tests.methods.seq2seq.nets import ATTENTIVE, pairs, recurrent

B, S, T, H = 2, 4, 3, 6


def test_additive_score_is_that_of_bahdanau() -> None:
    """e_ij = v · tanh(W s_i + U h_j), appendix A.1.2 of Bahdanau, Cho & Bengio 2015."""
    torch.manual_seed(0)
    s, h = torch.randn(B, T, H).double(), torch.randn(B, S, H).double()
    W, U, v = torch.randn(H, H).double(), torch.randn(H, H).double(), torch.randn(H).double()
    found = additive_scores(s @ W.T, h @ U.T, v)
    for b in range(B):
        for i in range(T):
            for j in range(S):
                expected = sum(v[a] * torch.tanh(W[a] @ s[b, i] + U[a] @ h[b, j]) for a in range(H))
                assert found[b, i, j] == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize("score", ["dot", "general"])
@torch.no_grad()
def test_products_are_those_of_luong(score: str) -> None:
    """h_t · h_s and h_t · W h_s, equation 8 of Luong, Pham & Manning 2015."""
    torch.manual_seed(0)
    attention = Attention(H, score).double()
    s, h = torch.randn(B, T, H).double(), torch.randn(B, S, H).double()
    found = product_scores(s, attention.source(h, torch.full((B,), S)).keys)
    W = torch.eye(H).double() if attention.key is None else attention.key.weight
    for b in range(B):
        for i in range(T):
            for j in range(S):
                assert found[b, i, j] == pytest.approx(float(s[b, i] @ (W @ h[b, j])), abs=1e-12)


def test_weights_are_a_softmax_over_the_tokens_that_there_are() -> None:
    """exp(e_ij) / Σ_k exp(e_ik), equation 6 of Bahdanau; a place behind the end has no weight."""
    scores = torch.tensor([[[0.0, 1.0, 5.0]]])
    real = torch.tensor([[True, True, False]])
    e = torch.e
    assert weights_of(scores, real)[0, 0].tolist() == pytest.approx([1 / (1 + e), e / (1 + e), 0])


def states_of_encoder(
    net: torch.nn.Module, source: Tensor
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """h_j of every place, (B, S, H), and the state in which the decoder begins."""
    x = net._inputs(net.tables.source, source)  # type: ignore[operator, union-attr]
    h, lasts = net.encoder(x, torch.full((len(source),), source.shape[1]))  # type: ignore[operator]
    return h, net.bridge(lasts)  # type: ignore[operator]


def context_of(net: torch.nn.Module, s: Tensor, h: Tensor) -> Tensor:
    """c = Σ_j α_j h_j of one state (H,) over (S, H): equations 5 and 6, with the score of the network."""
    attention = net.attention
    assert isinstance(attention, Attention)
    if attention.score == "additive":
        assert attention.query is not None
        assert attention.key is not None
        query = attention.query.weight @ s + attention.query.bias
        e = [attention.v @ torch.tanh(query + attention.key.weight @ place) for place in h]
    else:
        W = torch.eye(len(s)).double() if attention.key is None else attention.key.weight
        e = [s @ W @ place for place in h]
    weights = torch.stack(e).exp()
    weights = weights / weights.sum()
    return sum(weight * place for weight, place in zip(weights, h, strict=True))  # type: ignore[return-value]


def stepped(net: torch.nn.Module, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """One step of the decoder's cell on (D,) from states (H,)."""
    (direction,) = net.decoder.layers  # type: ignore[union-attr, misc]
    x, (h, *c) = x.unsqueeze(0), [part.unsqueeze(0) for part in state]
    if direction.cell == "gru":
        return (gru_step(x, GruStep(h, h, h, h), direction.weights).hidden[0],)
    after = lstm_step(x, LstmStep(h, h, h, h, c[0], h), direction.weights)
    return after.hidden[0], after.cell[0]


def read_out(net: torch.nn.Module, c: Tensor, s: Tensor) -> Tensor:
    """h~ = tanh(W [c; s]), equation 5 of Luong et al."""
    readout = net.readout
    assert isinstance(readout, torch.nn.Linear)
    return torch.tanh(readout.weight @ torch.cat((c, s)) + readout.bias)


@pytest.mark.parametrize("score", ["additive", "dot", "general"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("feeding", [None, "context", "output"])
def test_decoder_is_the_equations_place_by_place(
    score: str, cell: str, feeding: str | None
) -> None:
    """Bahdanau 2015, equations 4 to 6 (context), Luong 2015, sections 3.1 (none) and 3.3 (output), one place after the other."""
    net = recurrent(ATTENTIVE, score=score, cell=cell, feeding=feeding).double()
    source, source_lengths, target, target_lengths = pairs([4, 4], [3, 3])
    with torch.no_grad():
        found = net(source, source_lengths, target, target_lengths)
        annotations, (start,) = states_of_encoder(net, source)
        embedded = net._inputs(net.tables.target, target)  # (T, B, d)
        for b in range(2):
            h, state = annotations[b], tuple(part[b] for part in start)
            before = torch.zeros(net.config.dim).double()
            for i in range(3):
                x = embedded[i, b]
                if feeding == "context":
                    c = context_of(net, state[0], h)
                    state = stepped(net, torch.cat((x, c)), state)
                else:
                    state = stepped(net, x if feeding is None else torch.cat((x, before)), state)
                    c = context_of(net, state[0], h)
                before = read_out(net, c, state[0])
                torch.testing.assert_close(found[b, i], before, atol=1e-12, rtol=1e-12)
