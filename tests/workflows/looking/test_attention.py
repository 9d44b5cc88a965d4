"""Weights are what the forward pass used; words, rollouts, layers and heads mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.errors import InputError, ModelError, UsageError
from nlpwb.workflows.looking.arithmetic import arithmetic, places_of
from nlpwb.workflows.looking.attention import (
    AttentionMap,
    attend,
    in_words,
    rollout,
    view_of,
    views,
)
from nlpwb.workflows.looking.choosing import Wanted, choose
from nlpwb.workflows.looking.reading import TokensRead, word_starts

from .models import TEXTS, looked

SPECS = [
    "transformer:dim=16,heads=2,layers=2",
    "transformer:dim=16,heads=4,layers=1,norm=post,positions=learned,pooling=cls",
    "transformer:dim=16,heads=2,layers=2,positions=rotary,pooling=max",
    "transformer:dim=16,heads=2,layers=2,positions=alibi,activation=swiglu",
    "transformer:dim=16,heads=2,layers=1,tokenizer=bpe:60",
]


def read(pieces: list[str]) -> TokensRead:
    known = tuple(range(len(pieces)))
    nothing = (False,) * len(pieces)
    return TokensRead("".join(pieces), tuple(pieces), known, word_starts(pieces), nothing)


@pytest.mark.parametrize("spec", SPECS)
def test_weights_are_those_of_the_forward_pass(spec: str) -> None:
    """Weights times values give the context that the fused kernel gave; and the network's own account agrees."""
    model = looked(spec)
    found = attend(model, TEXTS[1])
    steps = {step.name: step.value for step in found.steps}
    ids = torch.tensor([found.sides.source.ids])
    with torch.no_grad():
        own = model.network.attention_weights(ids, torch.tensor([ids.shape[1]]))  # type: ignore[operator]
    assert len(own) == len(found.maps)
    for one, theirs in zip(found.maps, own, strict=True):
        np.testing.assert_allclose(one.weights.sum(axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(one.weights, theirs[0].numpy(), atol=1e-6)
        name = f"block{one.layer}.attention"
        context = steps[f"{name}.weights"] @ steps[f"{name}.values"]
        assert torch.allclose(context, steps[f"{name}.context"], atol=1e-5)
        assert one.weights.std() > 0.01, "weights that are all alike would prove nothing"


def test_looking_leaves_nothing_on_the_network() -> None:
    """A hook that stays would slow every later prediction, and fill memory."""
    model = looked(SPECS[0])
    attend(model, TEXTS[0])
    for part in model.network.modules():
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
        assert "read" not in vars(part)


def test_pooling_by_attention_is_attention_of_one_query() -> None:
    found = attend(looked("gru:dim=8,hidden=8,pooling=attention"), TEXTS[0])
    (one,) = found.maps
    assert (one.kind, one.queries, one.keys) == (
        "pooling",
        ("document",),
        ("money", "bank", "grows"),
    )
    assert one.weights.sum() == pytest.approx(1, abs=1e-5)


def test_a_first_place_that_the_text_does_not_have_has_its_name() -> None:
    (one,) = attend(looked(SPECS[1]), TEXTS[0]).maps
    assert one.queries == ("[CLS]", "money", "bank", "grows")


def test_what_has_no_attention_says_which_methods_have() -> None:
    with pytest.raises(
        ModelError, match=r"model \(lstm.* has no attention .* gpt, seq2seq-attention"
    ):
        attend(looked("lstm:dim=8,hidden=8"), TEXTS[0])


def test_a_text_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match=r"the text '  ' holds no token"):
        attend(looked(SPECS[0]), "  ")


def test_layers_and_heads_that_do_not_exist_name_the_range() -> None:
    found = attend(looked(SPECS[0]), TEXTS[0])
    with pytest.raises(UsageError, match=r"--layer 3: the model has layers 1 to 2; .*, or all$"):
        views(found, layer="3")
    with pytest.raises(
        UsageError, match=r"--head 0: the model has heads 1 to 2; .*, or all or mean"
    ):
        views(found, head="0")
    with pytest.raises(
        UsageError, match=r"--kind cross: the model model \(transformer.*\) has self"
    ):
        views(found, kind="cross")
    one_layer = attend(looked(SPECS[1]), TEXTS[0])
    with pytest.raises(UsageError, match=r"the model has one layer, 1; "):
        views(one_layer, layer="x")


def test_views_are_the_layers_and_heads_that_are_asked_for() -> None:
    found = attend(looked(SPECS[0]), TEXTS[0])
    (usual,) = views(found)
    assert usual.title == "self-attention, layer 2, mean of 2 heads"
    np.testing.assert_allclose(usual.weights, found.maps[1].weights.mean(axis=0))
    every = views(found, layer="all", head="all")
    assert [(view.layer, view.head) for view in every] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    np.testing.assert_array_equal(every[1].weights, found.maps[0].weights[1])


def test_words_sum_what_is_read_and_average_who_reads() -> None:
    """un|seen: a row of each piece; read as one word with their sum, reading as their mean."""
    pieces = read(["un", "seen", " end"])
    weights = np.array([[[0.5, 0.2, 0.3], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]]], dtype=np.float32)
    one = AttentionMap("self", 1, weights, pieces.tokens, pieces.tokens)
    words = in_words(one, pieces, pieces)
    assert words.queries == words.keys == ("unseen", "end")
    np.testing.assert_allclose(words.weights[0], [[0.45, 0.55], [0.4, 0.6]], atol=1e-6)


def test_subword_pieces_of_a_model_join_to_the_words_of_the_text() -> None:
    found = attend(looked(SPECS[4]), "an unbelievable river, bank", words=True)
    assert found.maps[0].keys == ("an", "unbelievable", "river", ",", "bank")
    np.testing.assert_allclose(found.maps[0].weights.sum(axis=-1), 1, atol=1e-5)


def test_rollout_of_two_layers_by_hand() -> None:
    """(A + I) / 2 of each: [[.5, .5], [0, 1]] and then [[1, 0], [.25, .75]] on the left of it."""
    first = np.array([[[0, 1], [0, 1]]], dtype=np.float32)
    second = np.array([[[1, 0], [0.5, 0.5]]], dtype=np.float32)
    maps = [
        AttentionMap("self", n, w, ("a", "b"), ("a", "b")) for n, w in ((1, first), (2, second))
    ]
    np.testing.assert_allclose(rollout(maps).weights, [[0.5, 0.5], [0.125, 0.875]])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(0, 99))
def test_rows_of_rollouts_and_words_sum_to_one(
    layers: int, heads: int, places: int, seed: int
) -> None:
    drawn = np.random.default_rng(seed).dirichlet(np.ones(places), size=(layers, heads, places))
    tokens = read([" a" if n % 2 else "b" for n in range(places)])
    maps = [
        AttentionMap("self", n, one.astype(np.float32), tokens.tokens, tokens.tokens)
        for n, one in enumerate(drawn, start=1)
    ]
    np.testing.assert_allclose(rollout(maps).weights.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(in_words(maps[0], tokens, tokens).weights.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("spec", [SPECS[0], SPECS[3]])
def test_the_arithmetic_ends_in_the_weights(spec: str) -> None:
    """q · k / √h (+ bias), exp, divided by their sum: the weight; weights times values: what the head says."""
    found = attend(looked(spec), TEXTS[0])
    view = view_of(found.maps[1], 2)
    made = arithmetic(found, view, 1)
    assert (made.word, made.place, made.title) == ("bank", 2, "self-attention, layer 2, head 2")
    for term, weight in zip(made.terms, view.weights[1], strict=True):
        dot = float(np.dot(made.query, term.key_vector))
        assert term.dot == pytest.approx(dot)
        assert term.score == pytest.approx(dot / 8**0.5 + (term.bias or 0), abs=1e-5)
        assert term.weight == pytest.approx(float(weight), abs=1e-6)
    assert (made.terms[0].bias is None) == ("alibi" not in spec)
    context = sum(term.weight * np.array(term.value_vector) for term in made.terms)
    np.testing.assert_allclose(made.context, context, atol=1e-5)


def test_a_word_is_found_as_a_token_and_as_the_pieces_that_make_it() -> None:
    tokens = ("Bank", "the", "bank", "The")
    assert places_of("bank", tokens) == [2]
    assert places_of("BANK", tokens) == [0, 2]
    pieces = read(["un", "seen", " end"])
    assert places_of("unseen", pieces.tokens, pieces) == [0, 1]
    with pytest.raises(
        UsageError, match=r"--word ban: the text has no such word; did you mean bank\?"
    ):
        places_of("ban", tokens)


def test_wishes_that_contradict_each_other_are_refused() -> None:
    for wanted, said in (
        (Wanted(qkv=True), "add --word"),
        (Wanted(qkv=True, word="a", words=True), "--words joins them"),
        (Wanted(qkv=True, word="a", head="all"), "about one head"),
        (Wanted(qkv=True, word="a", rollout=True), "about all"),
        (Wanted(rollout=True, layer="1"), "leave --layer out"),
    ):
        with pytest.raises(UsageError, match=said):
            wanted.check()


def test_a_mean_of_states_has_neither_rollout_nor_arithmetic() -> None:
    found = attend(looked("gru:dim=8,hidden=8,pooling=attention"), TEXTS[0])
    with pytest.raises(UsageError, match="leave --rollout out"):
        choose(found, Wanted(rollout=True))
    with pytest.raises(UsageError, match="no queries and keys"):
        choose(found, Wanted(qkv=True, word="document"))


def test_a_network_whose_modules_are_not_watched_tells_its_weights_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever class computes attention, a network that says what it used can be looked at."""
    model = looked(SPECS[0])
    wanted = attend(model, TEXTS[0])
    monkeypatch.setattr("nlpwb.workflows.looking.watching.attentions", lambda network: [])
    found = attend(model, TEXTS[0])
    assert found.kinds == ("self",)
    for one, other in zip(found.maps, wanted.maps, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-6)
