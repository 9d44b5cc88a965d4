"""Recurrent language models: one text, however it is cut into windows, rows and steps; dropout in training alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nlpwb.errors import UsageError
from nlpwb.methods.recurrent.cells import run_cells
from nlpwb.methods.recurrent.language import RecurrentLanguageNetwork, StateMemory
from nlpwb.methods.recurrent.language_config import (
    GruLmConfig,
    LstmLmConfig,
    RecurrentLmConfig,
    RnnLmConfig,
)
from nlpwb.methods.recurrent.layer import Direction
from nlpwb.options import parse_options
from nlpwb.specs import parse_spec

KINDS = pytest.mark.parametrize("kind", [RnnLmConfig, LstmLmConfig, GruLmConfig])
CELLS = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
VOCABULARY = 12
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def small(
    kind: type[RecurrentLmConfig] = LstmLmConfig, **options: object
) -> RecurrentLanguageNetwork:
    """A network with weights from seed 0, not in training; larger than usual, so that every token counts."""
    torch.manual_seed(0)
    config = kind(**{"dim": 5, "hidden": 7, "layers": 2, **options})  # type: ignore[arg-type]
    network = RecurrentLanguageNetwork.build(config, vocabulary=VOCABULARY).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.2 * torch.randn_like(weights))
    return network


def ids(rows: int, length: int) -> Tensor:
    return torch.randint(0, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(1))


def close_memories(one: StateMemory, other: StateMemory) -> None:
    """States and lengths are those of the other, to rounding."""
    assert one.lengths.tolist() == other.lengths.tolist()
    for name, tensor in one.tensors().items():
        torch.testing.assert_close(tensor, other.tensors()[name], **CLOSE)


@KINDS
def test_carried_windows_are_one_long_text(kind: type[RecurrentLmConfig]) -> None:
    """A state that was lost or mixed up between windows would show in all that follows."""
    network, text = small(kind), ids(3, 17)
    whole, end = network.hidden(text)
    assert whole.shape == (3, 17, 5)
    memory, parts = None, []
    for start, stop in ((0, 1), (1, 6), (6, 16), (16, 17)):
        hidden, memory = network.hidden(text[:, start:stop], memory)
        parts.append(hidden)
    assert memory is not None
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, **CLOSE)
    close_memories(memory, end)
    assert end.lengths.tolist() == [17, 17, 17]


@KINDS
def test_states_are_those_of_the_cells_written_out(kind: type[RecurrentLmConfig]) -> None:
    """What `trace` shows must be what the network computed."""
    network, text = small(kind), ids(2, 9)
    hidden, memory = network.hidden(text)
    layers = [[layer.weights] for layer in network.layers if isinstance(layer, Direction)]
    traces = run_cells(
        network.config.cell, network.embedding(text), layers, lengths=torch.tensor([9, 9])
    )
    torch.testing.assert_close(hidden, traces[-1][0]["hidden"], **CLOSE)
    for (trace,), state in zip(traces, memory.states, strict=True):
        torch.testing.assert_close(state[0], trace["hidden"][:, -1], **CLOSE)
        if network.config.cell == "lstm":
            torch.testing.assert_close(state[1], trace["cell"][:, -1], **CLOSE)


@CELLS
def test_a_layer_run_from_zeros_is_the_layer_as_classifiers_have_it(cell: str) -> None:
    """Two kernels for the same cell: on a processor classifiers have loops of their own."""
    torch.manual_seed(0)
    layer = Direction(cell, 4, 6)
    x = torch.randn(8, 3, 4)
    zeros = torch.zeros(3, 6)
    states, last = layer.run(x, (zeros,) * (2 if cell == "lstm" else 1))
    torch.testing.assert_close(states, layer(x), **CLOSE)
    torch.testing.assert_close(last[0], states[-1], **CLOSE)


@CELLS
def test_a_layer_goes_on_from_a_state_and_gradients_reach_it(cell: str) -> None:
    """Within a window they go back as far as the first token; across windows the loss cuts them off."""
    torch.manual_seed(0)
    layer = Direction(cell, 4, 6)
    x = torch.randn(8, 3, 4)
    start = tuple(torch.randn(3, 6, requires_grad=True) for _ in range(2 if cell == "lstm" else 1))
    whole, end = layer.run(x, start)
    first, middle = layer.run(x[:3], start)
    second, last = layer.run(x[3:], middle)
    torch.testing.assert_close(torch.cat([first, second]), whole, **CLOSE)
    for mine, wanted in zip(last, end, strict=True):
        torch.testing.assert_close(mine, wanted, **CLOSE)
    gradients = torch.autograd.grad(second.sum(), start)
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


@KINDS
def test_tokens_one_by_one_give_what_they_give_at_once(kind: type[RecurrentLmConfig]) -> None:
    network, text = small(kind), ids(3, 11)
    with torch.inference_mode():
        hidden, end = network.hidden(text)
        whole = network.logits(hidden)
        memory, one = network.start(3), torch.ones(3, dtype=torch.int64)
        for place in range(11):
            logits, memory = network.read(text[:, place : place + 1], one, memory)
            torch.testing.assert_close(logits, whole[:, place], **CLOSE)
    close_memories(memory, end)
    assert logits.dtype == torch.float32


@KINDS
def test_rows_of_several_lengths_are_read_as_if_each_were_alone(
    kind: type[RecurrentLmConfig],
) -> None:
    """Padding, the other rows and their order have no influence; twice, so that states are right, too."""
    network = small(kind)
    rounds = [(ids(4, 6), torch.tensor([2, 6, 1, 2])), (ids(4, 3), torch.tensor([3, 1, 3, 2]))]
    with torch.inference_mode():
        memory = network.start(4)
        alone = [network.start(1) for _ in range(4)]
        for text, lengths in rounds:
            logits, memory = network.read(text, lengths, memory)
            for row, length in enumerate(lengths.tolist()):
                said, alone[row] = network.read(
                    text[row : row + 1, :length], lengths[row : row + 1], alone[row]
                )
                torch.testing.assert_close(logits[row], said[0], **CLOSE)
                close_memories(memory.rows(torch.tensor([row])), alone[row])
    assert memory.lengths.tolist() == [5, 7, 4, 4]


@KINDS
def test_rows_are_taken_in_any_order_and_number(kind: type[RecurrentLmConfig]) -> None:
    """A beam that is kept twice goes on twice, and one that is dropped leaves nothing behind."""
    network, text = small(kind), ids(3, 5)
    chosen = torch.tensor([2, 0, 2])
    with torch.inference_mode():
        _, memory = network.hidden(text)
        _, expected = network.hidden(text[chosen])
        close_memories(memory.rows(chosen), expected)
        assert memory.rows(torch.tensor([], dtype=torch.int64)).lengths.tolist() == []
        logits, _ = network.read(
            text[chosen, :1], torch.ones(3, dtype=torch.int64), memory.rows(chosen)
        )
        torch.testing.assert_close(logits[0], logits[2])


@KINDS
def test_a_memory_goes_through_its_tensors(kind: type[RecurrentLmConfig]) -> None:
    network, text = small(kind), ids(2, 5)
    _, memory = network.hidden(text)
    assert any(tensor.requires_grad for tensor in memory.tensors().values())
    free = memory.detached()
    assert not any(tensor.requires_grad for tensor in free.tensors().values())
    close_memories(network.memory_of(free.tensors()), memory)
    assert len(free.states) == 2


@KINDS
def test_a_tied_network_has_one_table_and_a_last_layer_of_its_width(
    kind: type[RecurrentLmConfig],
) -> None:
    """Two layers of 7 and 5 states over embeddings of 5, or of 7 and 7 with an output table of its own."""
    tied, apart = small(kind), small(kind, tied=False)
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[kind.cell]

    def layer(read: int, width: int) -> int:
        return gates * width * (read + width + 2)

    expected = VOCABULARY * 5 + layer(5, 7) + layer(7, 5) + VOCABULARY
    assert sum(p.numel() for p in tied.parameters()) == expected
    expected = VOCABULARY * 5 + layer(5, 7) + layer(7, 7) + VOCABULARY * 7 + VOCABULARY
    assert sum(p.numel() for p in apart.parameters()) == expected
    assert tied.head()[0] is tied.embedding.weight
    hidden, _ = apart.hidden(ids(1, 3))
    assert apart.logits(hidden).shape == (1, 3, VOCABULARY)
    one = small(kind, layers=1)
    assert one.hidden(ids(1, 3))[0].shape == (1, 3, 5)


@KINDS
@pytest.mark.parametrize("option", ["dropout", "embedding_dropout", "weight_drop"])
def test_dropout_is_of_training_alone(kind: type[RecurrentLmConfig], option: str) -> None:
    """Each of the three changes what is computed in training, and nothing else."""
    plain = {"dropout": 0.0, "embedding_dropout": 0.0, "weight_drop": 0.0}
    network, text = small(kind, **{**plain, option: 0.5}), ids(2, 8)
    expected, _ = small(kind, **plain).hidden(text)
    torch.testing.assert_close(network.hidden(text)[0], expected, atol=0, rtol=0)
    network.train()
    torch.manual_seed(1)
    first, _ = network.hidden(text)
    second, _ = network.hidden(text)
    assert not torch.allclose(first, expected)
    assert not torch.allclose(first, second)
    torch.manual_seed(1)
    torch.testing.assert_close(network.hidden(text)[0], first, atol=0, rtol=0)


def test_variational_dropout_is_the_same_for_all_tokens_of_a_window() -> None:
    """A mask of its own for every token would undo what the state remembers (Gal & Ghahramani 2016)."""
    network = small(dropout=0.5).train()
    hidden, _ = network.hidden(ids(6, 9))
    zero = hidden == 0
    assert zero.any()
    assert not zero.all()
    assert torch.equal(zero, zero[:, :1].expand_as(zero))


@KINDS
def test_gradients_reach_every_weight(kind: type[RecurrentLmConfig]) -> None:
    for tied in (True, False):
        network = small(kind, tied=tied, dropout=0.0).train()
        hidden, _ = network.hidden(ids(4, 9))
        network.logits(hidden).logsumexp(dim=-1).sum().backward()
        for name, weights in network.named_parameters():
            assert weights.grad is not None, name
            assert weights.grad.abs().sum() > 0, name


@KINDS
def test_lower_precision_reads_and_carries_on(kind: type[RecurrentLmConfig]) -> None:
    """States come back in the type of the products, and the next window takes them."""
    network, text = small(kind), ids(2, 12)
    with torch.inference_mode():
        exact, _ = network.hidden(text)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            first, memory = network.hidden(text[:, :5])
            second, _ = network.hidden(text[:, 5:], memory)
            logits, _ = network.read(text[:, :1], torch.ones(2, dtype=torch.int64), memory)
    found = torch.cat([first, second], dim=1).float()
    torch.testing.assert_close(found, exact, atol=0.1, rtol=0.1)
    assert logits.dtype == torch.float32


def test_it_learns_to_count() -> None:
    """0 1 2 … 11 0 1 …: what follows is certain, and the state must say nothing else."""
    network = small(dropout=0.0, hidden=16, dim=16).train()
    text = (torch.arange(4).unsqueeze(1) + torch.arange(25)) % VOCABULARY
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(80):
        hidden, _ = network.hidden(text[:, :-1])
        loss = nn.functional.cross_entropy(
            network.logits(hidden).flatten(0, 1), text[:, 1:].flatten()
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.05


def test_options_of_batches_that_do_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="batch_documents does nothing here; a batch is batch=32"):
        parse_options(LstmLmConfig, "lstm-lm", {"batch_documents": "8"})
    config = parse_options(LstmLmConfig, "lstm-lm", {"length": "9"})
    assert (config.window, config.carried) == (9, True)


def test_a_width_that_no_layer_has_is_refused() -> None:
    with pytest.raises(UsageError, match="hidden=64 does nothing with layers=1"):
        parse_spec("lstm-lm:dim=32,hidden=64,layers=1")
    for sound in (
        "layers=1",
        "hidden=64,layers=1,tied=no",
        "hidden=32,dim=32,layers=1",
        "hidden=64",
    ):
        parse_spec(f"lstm-lm:{sound}")
