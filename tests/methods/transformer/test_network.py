"""The whole encoder: what must not change a prediction does not, order does, and it learns."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.methods.transformer.config import NORMS, POOLINGS, POSITIONS, TransformerConfig
from nlpwb.methods.transformer.network import TransformerNetwork
from tests.methods.transformer.parts import VOCABULARY, batch, network

documents = st.lists(
    st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=12), min_size=1, max_size=5
)
layouts = st.tuples(st.sampled_from(POSITIONS), st.sampled_from(NORMS), st.sampled_from(POOLINGS))


def made(layout: tuple[str, str, str], **options: object) -> TransformerNetwork:
    positions, norm, pooling = layout
    return network(positions=positions, norm=norm, pooling=pooling, **options)


@settings(max_examples=60, deadline=None)
@given(documents, layouts, st.integers(0, 5))
def test_padding_and_neighbours_change_nothing(
    texts: list[list[int]], layout: tuple[str, str, str], more: int
) -> None:
    """A document alone, or in a batch with others, or padded further: the same outputs, to 1e-5."""
    built = made(layout)
    with torch.no_grad():
        together = built(*batch(texts, longest=max(map(len, texts)) + more))
        for row, one in enumerate(texts):
            torch.testing.assert_close(together[row], built(*batch([one]))[0], atol=1e-5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(documents, layouts, st.randoms(use_true_random=False))
def test_batch_order_changes_nothing(
    texts: list[list[int]], layout: tuple[str, str, str], random: object
) -> None:
    """Rows of a batch do not know of each other."""
    built = made(layout)
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    ids, lengths = batch(texts)
    with torch.no_grad():
        torch.testing.assert_close(
            built(ids[order], lengths[order]), built(ids, lengths)[order], atol=1e-5, rtol=1e-5
        )


def test_what_stands_in_the_padding_changes_nothing() -> None:
    """Masks, not luck: padding that held real tokens would still be unseen."""
    for positions in POSITIONS:
        for pooling in POOLINGS:
            built = network(positions=positions, pooling=pooling)
            ids, lengths = batch([[5, 6, 7, 8, 9], [4, 3]])
            other = ids.clone()
            other[1, 2:] = 11
            with torch.no_grad():
                torch.testing.assert_close(built(other, lengths), built(ids, lengths))


@pytest.mark.parametrize("positions", POSITIONS)
def test_positions_tell_order_and_none_does_not(positions: str) -> None:
    """Without positions a transformer reads a bag of words; with any of them it must not."""
    built = network(positions=positions)
    with torch.no_grad():
        forth, back = built(*batch([[2, 3, 4, 5]])), built(*batch([[4, 2, 5, 3]]))
    assert torch.allclose(forth, back, atol=1e-5) == (positions == "none")


def test_mirrored_documents_differ_by_rotary_but_not_by_alibi() -> None:
    """ALiBi of an encoder knows distance alone, so that a text and its mirror image are one to it: the docs say so."""
    for positions, same in (("alibi", True), ("rotary", False)):
        built = network(positions=positions)
        with torch.no_grad():
            pair = built(*batch([[2, 3, 4, 5]])), built(*batch([[5, 4, 3, 2]]))
        assert torch.allclose(*pair, atol=1e-5) == same


def test_learned_positions_reach_the_longest_document_with_the_first_vector() -> None:
    """max_tokens tokens and the vector in front of them need max_tokens + 1 rows."""
    built = network(positions="learned", pooling="cls", max_tokens=8)
    assert built(*batch([[2] * 8])).shape == (1, 3)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_features_are_what_the_last_layer_sees(pooling: str) -> None:
    """`embed` gives features; the outputs are a linear function of them."""
    built = network(pooling=pooling)
    pair = batch([[5, 6, 7], [4]])
    with torch.no_grad():
        features = built.features(*pair)
        assert features.shape == (2, built.feature_dimensions)
        torch.testing.assert_close(built.output(features), built(*pair))


def test_attention_weights_of_each_block() -> None:
    """A matrix for each block and head: rows sum to 1, padding has exactly none."""
    built = network(pooling="cls")
    weights = built.attention_weights(*batch([[5, 6, 7], [4]]))
    assert [one.shape for one in weights] == [
        (2, 4, 4, 4)
    ] * 2  # three tokens and the vector in front
    for one in weights:
        torch.testing.assert_close(one.sum(-1), torch.ones(2, 4, 4))
        assert (one[1, :, :, 2:] == 0).all()


def test_initial_table_is_taken_and_frozen() -> None:
    """Word vectors that are not to be tuned stay as they came."""
    table = torch.randn(VOCABULARY, 16)
    config = TransformerConfig(dim=16, heads=4, layers=1, tune=False)
    built = TransformerNetwork.build(config, vocabulary=VOCABULARY, outputs=2, table=table)
    torch.testing.assert_close(built.embedding.weight[1:], table[1:])
    assert not built.embedding.weight.requires_grad


def test_same_generator_same_network() -> None:
    """Weights come from torch's global generator alone, which the loop seeds."""
    one, two = network(seed=7), network(seed=7)
    for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("norm", NORMS)
def test_learns_a_tiny_set_to_the_end(positions: str, norm: str) -> None:
    """Which of two words a document holds, in any place: what an encoder that cannot learn does not find."""
    torch.manual_seed(0)
    config = TransformerConfig(
        dim=16, heads=2, layers=2, positions=positions, norm=norm, dropout=0.1, pooling="cls"
    )
    built = TransformerNetwork.build(config, vocabulary=20, outputs=2, table=None)
    ids = torch.randint(4, 20, (32, 6))
    targets = torch.arange(32) % 2
    ids[torch.arange(32), torch.randint(0, 6, (32,))] = 2 + targets
    lengths = torch.full((32,), 6)
    optimiser = torch.optim.AdamW(built.parameters(), lr=5e-3)
    for _ in range(120):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(built(ids, lengths), targets).backward()
        optimiser.step()
    assert torch.equal(built.eval()(ids, lengths).argmax(1), targets)


def test_every_parameter_gets_a_gradient() -> None:
    """A part that is built and never used would be carried in every model for nothing."""
    for positions in POSITIONS:
        for norm in NORMS:
            for pooling in POOLINGS:
                built = network(positions=positions, norm=norm, pooling=pooling)
                built(*batch([[5, 6, 7], [4, 8]])).square().sum().backward()
                assert all(one.grad is not None for one in built.parameters())


def test_bfloat16_says_nearly_the_same() -> None:
    """Autocast changes digits, not answers."""
    built = network(outputs=4)
    pair = batch([[5, 6, 7, 9, 10], [4, 8]])
    with torch.no_grad():
        exact = built(*pair)
        with torch.autocast("cpu", torch.bfloat16):
            half = built(*pair)
    torch.testing.assert_close(half.float(), exact, atol=0.1, rtol=0.1)
