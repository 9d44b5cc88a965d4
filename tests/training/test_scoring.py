"""How likely a row is: every token once, given all that the network can see before it, equal to the sums written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from nlpwb.errors import MethodError
from nlpwb.methods.recurrent.language import RecurrentLanguageNetwork
from nlpwb.methods.recurrent.language_config import LstmLmConfig
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.training import scoring
from nlpwb.training.device import Setting
from nlpwb.training.scoring import token_nats

SETTING = Setting(torch.device("cpu"))
VOCABULARY = 9


class Toy(nn.Module):
    """Knows of each place how many tokens it sees, its own included: p(0) is 1 / (1 + that number), the rest is for 1."""

    vocabulary = 2

    def __init__(self, sight: int | None, *, memory: int | None = None) -> None:
        super().__init__()
        self.trained_context = sight
        self.batches: list[tuple[int, int]] = []
        self.room = memory

    def hidden(self, ids: Tensor, memory: int | None) -> tuple[Tensor, int]:
        """The number of tokens seen at each place, (B, T, 1)."""
        rows, length = ids.shape
        if self.room is not None and rows * length > self.room:
            raise MemoryError
        self.batches.append((rows, length))
        before = memory or 0
        seen = torch.arange(before + 1, before + length + 1).expand(rows, length)
        return seen.unsqueeze(2).float(), before + length

    def logits(self, hidden: Tensor) -> Tensor:
        """ln of 1 and of the number of tokens seen."""
        return torch.cat([torch.zeros_like(hidden), hidden.log()], dim=1)


def seen(found: NDArray[np.float32]) -> list[int]:
    """How many tokens a toy saw before each token 0 but the first."""
    return [round(math.exp(nats)) - 1 for nats in found[1:].tolist()]


def test_a_network_without_limit_reads_the_row_as_a_whole() -> None:
    """-ln p by hand: token t, after t tokens, has p(0) = 1/(1+t) and p(1) = t/(1+t)."""
    found = token_nats(Toy(None), np.array([1, 0, 1, 1, 0]), SETTING)
    expected = [0, math.log(2), math.log(3 / 2), math.log(4 / 3), math.log(5)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_windows_begin_where_they_should() -> None:
    """4 tokens seen at once, 2 of them new: whoever is not in the first window has 3 or 4 before it."""
    found = token_nats(Toy(4), np.zeros(10, dtype=np.int32), SETTING)
    assert found[0] == 0
    assert seen(found) == [1, 2, 3, 4, 3, 4, 3, 4, 3]
    every = token_nats(Toy(4), np.zeros(10, dtype=np.int32), SETTING, stride=1)
    assert seen(every) == [1, 2, 3, 4, 4, 4, 4, 4, 4]
    apart = token_nats(Toy(4), np.zeros(10, dtype=np.int32), SETTING, stride=4)
    assert seen(apart) == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    wider = token_nats(Toy(4), np.zeros(10, dtype=np.int32), SETTING, window=7)
    assert seen(wider) == [1, 2, 3, 4, 5, 6, 7, 5, 6]


@settings(deadline=None, max_examples=150)
@given(n=st.integers(2, 60), window=st.integers(1, 20), data=st.data())
def test_every_token_is_scored_once_with_enough_before_it(
    n: int, window: int, data: st.DataObject
) -> None:
    """``window - stride`` tokens at least, and all there are near the beginning; never more than the window."""
    stride = data.draw(st.integers(1, window))
    before = seen(token_nats(Toy(window), np.zeros(n, dtype=np.int32), SETTING, stride=stride))
    assert len(before) == n - 1
    for place, history in enumerate(before, start=1):
        least = min(place, window - stride + 1)
        assert least <= history <= min(place, window), f"token {place}"


def gpt(**options: Any) -> GptNetwork:
    torch.manual_seed(0)
    config = GptConfig(dim=16, layers=2, heads=2, context=8, dropout=0.0, **options)
    made = GptNetwork.build(config, vocabulary=VOCABULARY)
    with torch.no_grad():
        for weights in made.parameters():
            weights.add_(0.3 * torch.randn_like(weights))
    return made


def row(n: int) -> NDArray[np.int32]:
    return np.random.default_rng(n).integers(0, VOCABULARY, n).astype(np.int32)


def by_hand(network: Any, ids: NDArray[np.int32], start: int, place: int) -> float:
    """-ln p of one token from the tokens ``start`` to it, alone."""
    network.eval()
    with torch.inference_mode():
        hidden, _ = network.hidden(torch.from_numpy(ids[start:place]).long().unsqueeze(0), None)
        said = network.logits(hidden[0, -1]).double().log_softmax(dim=0)
    return -float(said[int(ids[place])])


@pytest.mark.parametrize(("window", "stride"), [(8, 3), (8, 8), (5, 1), (20, 7)])
@pytest.mark.parametrize("n", [2, 3, 9, 31])
def test_windows_are_a_slow_loop(n: int, window: int, stride: int) -> None:
    """One token at a time, from the beginning of the first window that it stands in as a new one."""
    network, ids = gpt(), row(n)
    found = token_nats(network, ids, SETTING, window=window, stride=stride)
    expected = [0.0]
    for place in range(1, n):
        later = max(0, -(-(place - window) // stride))
        expected.append(by_hand(network, ids, later * stride, place))
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


def test_what_a_window_cannot_hold_changes_nothing() -> None:
    """The defaults: as many tokens as it was trained on, half of them new."""
    network, ids = gpt(), row(50)
    found = token_nats(network, ids, SETTING)
    np.testing.assert_array_equal(found, token_nats(network, ids, SETTING, window=8, stride=4))
    other = ids.copy()
    other[:20] = 0
    changed = token_nats(network, other, SETTING)
    np.testing.assert_allclose(changed[30:], found[30:], atol=1e-6)
    assert (np.abs(changed[1:20] - found[1:20]) > 1e-3).any()


def test_a_carried_state_is_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in stretches of 7 tokens, or all at once: the same figures."""
    torch.manual_seed(0)
    config = LstmLmConfig(dim=8, hidden=12, dropout=0.4, weight_drop=0.3)
    network = RecurrentLanguageNetwork.build(config, vocabulary=VOCABULARY)
    ids = row(40)
    whole = token_nats(network, ids, SETTING)
    monkeypatch.setattr(scoring, "STRETCH", 7)
    np.testing.assert_allclose(token_nats(network, ids, SETTING), whole, atol=1e-6)
    expected = [by_hand(network, ids, 0, place) for place in range(1, 40)]
    np.testing.assert_allclose(whole[1:], expected, atol=1e-5)


@pytest.mark.parametrize("n", [8, 9, 40, 41])
def test_streams_side_by_side(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Three rows of one length, each read as if nothing were before it; the last goes on into what is left over."""
    monkeypatch.setattr(scoring, "STRETCH", 2)
    torch.manual_seed(0)
    network = RecurrentLanguageNetwork.build(LstmLmConfig(dim=8, hidden=12), vocabulary=VOCABULARY)
    ids = row(n)
    found = token_nats(network, ids, SETTING, streams=3)
    length = (n - 1) // 3
    for begin, end in ((0, length), (length, 2 * length), (2 * length, n - 1)):
        alone = token_nats(network, ids[begin : end + 1], SETTING)
        np.testing.assert_allclose(found[begin + 1 : end + 1], alone[1:], atol=1e-6)


def test_short_rows_are_not_cut_into_streams() -> None:
    """A stream shorter than a stretch would begin with nothing before it for no gain."""
    toy = Toy(None)
    assert seen(token_nats(toy, np.zeros(9, dtype=np.int32), SETTING, streams=4)) == [*range(1, 9)]


@pytest.mark.parametrize("sight", [None, 1, 4])
def test_rows_of_no_or_few_tokens(sight: int | None) -> None:
    """Nothing is before the first token, so there is nothing to say of it."""
    assert token_nats(Toy(sight), np.zeros(0, dtype=np.int32), SETTING).tolist() == []
    assert token_nats(Toy(sight), np.zeros(1, dtype=np.int32), SETTING).tolist() == [0.0]
    two = token_nats(Toy(sight), np.zeros(2, dtype=np.int32), SETTING)
    np.testing.assert_allclose(two, [0, math.log(2)], rtol=1e-6)


def test_many_windows_and_many_logits_are_taken_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The figures do not depend on how much is held."""
    network, ids = gpt(), row(70)
    whole = token_nats(network, ids, SETTING)
    monkeypatch.setattr(scoring, "PLACES", 20)
    monkeypatch.setattr(scoring, "_LOGITS", 2 * VOCABULARY)
    np.testing.assert_allclose(token_nats(network, ids, SETTING), whole, atol=1e-5)


def test_windows_that_do_not_fit_are_taken_in_halves() -> None:
    """Room for 20 tokens: windows of 4 go five at a time, or fewer."""
    toy = Toy(4, memory=20)
    found = token_nats(toy, np.zeros(100, dtype=np.int32), SETTING)
    assert seen(found)[:6] == [1, 2, 3, 4, 3, 4]
    assert max(rows * length for rows, length in toy.batches) <= 20
    with pytest.raises(MethodError, match="memory"):
        token_nats(Toy(4, memory=3), np.zeros(100, dtype=np.int32), SETTING)


def test_a_network_in_training_is_judged_without_dropout_and_goes_on_training() -> None:
    """The loop judges between two epochs."""
    network = gpt(attention_dropout=0.5)
    network.train()
    first = token_nats(network, row(30), SETTING)
    assert network.training
    np.testing.assert_array_equal(token_nats(network.eval(), row(30), SETTING), first)
    assert not network.training


def test_lower_precision_is_close_and_still_float32() -> None:
    low = Setting(torch.device("cpu"), precision="bf16")
    exact, found = (token_nats(gpt(), row(40), setting) for setting in (SETTING, low))
    assert found.dtype == np.float32
    assert 0 < np.abs(found - exact).max() < 0.3
