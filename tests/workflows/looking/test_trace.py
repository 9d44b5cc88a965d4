"""Every step of a text through a network: in order, of the right shape, and the last is what predict says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nlpwb.errors import ModelError, UsageError
from nlpwb.methods.networks.tracing import Recorder
from nlpwb.methods.recurrent.cells import run_cells
from nlpwb.workflows.looking.gradients import fading
from nlpwb.workflows.looking.trace import Trace, trace

from .models import TEXTS, classifier, looked

SPECS = [
    "transformer:dim=16,heads=2,layers=2",
    "transformer:dim=16,heads=2,layers=2,norm=post,positions=rotary,pooling=cls",
    "transformer:dim=16,heads=2,layers=1,positions=alibi",
    "rnn:dim=8,hidden=8,layers=2,pooling=last",
    "lstm:dim=8,hidden=8,layers=2,bidirectional=no,pooling=attention",
    "gru:dim=8,hidden=8,pooling=concat",
]


def values(found: Trace, name: str) -> np.ndarray:
    step = found.step(name)
    assert step.values is not None
    return step.values


@pytest.mark.parametrize("spec", SPECS)
def test_the_last_step_is_what_predict_says(spec: str) -> None:
    made = classifier(spec)
    found = trace(looked(spec), TEXTS[1])
    said = made.scores([TEXTS[1]])[0]
    assert found.steps[-1].name == "probabilities"
    np.testing.assert_allclose(values(found, "probabilities"), said, atol=1e-6)
    np.testing.assert_allclose(found.answers.values, said, atol=1e-6)


def test_the_steps_of_a_transformer_in_order() -> None:
    found = trace(looked(SPECS[0]), "Money bank grows")
    block = [
        "attention_norm", "attention.queries", "attention.keys", "attention.values", "attention.scores",
        "attention.weights", "attention.context", "attention", "attention_sum", "feed_forward_norm",
        "feed_forward.inner", "feed_forward", "feed_forward_sum",
    ]  # fmt: skip
    wanted = ["text", "normalised", "tokens", "ids", "embedding", "positions", "input"]
    wanted += [f"block{number}.{name}" for number in (1, 2) for name in block]
    wanted += ["final_norm", "pooled", "logits", "probabilities"]
    assert [step.name for step in found.steps] == wanted
    assert found.step("normalised").texts == ("money bank grows",)
    assert found.step("block1.attention.queries").shape == (2, 3, 8)
    assert found.step("block1.attention.weights").labels == ("money", "bank", "grows")


def test_sums_and_steps_fit_each_other() -> None:
    """What is shown as a sum is the sum of what is shown."""
    found = trace(looked(SPECS[0]), TEXTS[0])
    for number, before in ((1, "input"), (2, "block1.feed_forward_sum")):
        block = f"block{number}"
        attended = values(found, before) + values(found, f"{block}.attention")
        np.testing.assert_allclose(values(found, f"{block}.attention_sum"), attended, atol=1e-5)
        fed = attended + values(found, f"{block}.feed_forward")
        np.testing.assert_allclose(values(found, f"{block}.feed_forward_sum"), fed, atol=1e-5)


def test_sums_of_norms_behind_fit_each_other() -> None:
    found = trace(looked(SPECS[1]), TEXTS[0])
    attended = values(found, "input") + values(found, "block1.attention")
    np.testing.assert_allclose(values(found, "block1.attention_sum"), attended, atol=1e-5)
    fed = values(found, "block1.attention_norm") + values(found, "block1.feed_forward")
    np.testing.assert_allclose(values(found, "block1.feed_forward_sum"), fed, atol=1e-5)
    assert found.step("positions.cosine").shape == (4, 4)


@pytest.mark.parametrize("spec", SPECS[3:])
def test_gates_and_states_are_the_networks_own(spec: str) -> None:
    """The states that are shown are those of the kernels, and of the cells written out."""
    model = looked(spec)
    found = trace(model, TEXTS[1])
    network = model.network
    ids = torch.tensor([found.sides.source.ids])
    lengths = torch.tensor([ids.shape[1]])
    with torch.no_grad():
        vectors = network.embedding(ids)  # type: ignore[operator]
        own = network.states(vectors, lengths)[0].numpy()  # type: ignore[operator]
        cells = run_cells(network.config.cell, vectors, network.cell_weights, lengths=lengths)  # type: ignore[union-attr, arg-type]
    for number, layer in enumerate(cells, start=1):
        for way, gates in zip(("forwards", "backwards"), layer, strict=False):
            for name, value in gates.items():
                shown = name if name in ("candidate", "cell", "hidden") else f"{name}_gate"
                got = values(found, f"layer{number}.{way}.{shown}")
                np.testing.assert_allclose(got, value[0].numpy(), atol=1e-6)
    top = f"layer{len(cells)}"
    ways = [
        values(found, f"{top}.{way}.hidden") for way in ("forwards", "backwards")[: len(cells[0])]
    ]
    np.testing.assert_allclose(np.concatenate(ways, axis=1), own, atol=1e-5)


def test_values_of_a_step_as_rows() -> None:
    found = trace(looked(SPECS[0]), TEXTS[0])
    where, rows = found.step("block1.attention.weights").rows()
    assert where == ["head", "place", "token"]
    assert [(row["head"], row["token"]) for row in rows][:4] == [
        (1, "money"), (1, "bank"), (1, "grows"), (2, "money"),
    ]  # fmt: skip
    assert rows[0]["values"] == values(found, "block1.attention.weights")[0, 0].tolist()
    assert found.step("ids").rows()[1][1]["token"] == "bank"
    assert found.step("tokens").rows()[1][2] == {"place": 3, "values": ["grows"]}


def test_a_step_that_does_not_exist_offers_the_nearest() -> None:
    found = trace(looked(SPECS[0]), TEXTS[0])
    with pytest.raises(
        UsageError, match=r"no such step; did you mean block1\.attention\.weights\?"
    ):
        found.step("block1.attention.weight")


def test_statistics_by_hand() -> None:
    """ids have none that mean something; weights of three places have a mean of a third."""
    found = trace(looked(SPECS[0]), TEXTS[0])
    mean, deviation, norm = found.step("block1.attention.weights").statistics()
    exact = values(found, "block1.attention.weights")
    assert mean == pytest.approx(1 / 3, abs=1e-6)
    assert deviation == pytest.approx(exact.std())
    assert norm == pytest.approx(np.linalg.norm(exact))


def test_the_gradient_of_a_linear_chain_fades_and_says_how() -> None:
    """The last token's share of itself is 1; a network that is no chain has no such gradient."""
    found = fading(looked("rnn:dim=8,hidden=8"), TEXTS[1])
    assert found.tokens[:3] == ("off", "it", "turn")
    assert found.shares[0] == 1
    assert found.shares[-1] < 0.5
    with pytest.raises(ModelError, match="rnn-lm, lstm-lm and gru-lm; leave --gradients out"):
        fading(looked(SPECS[0]), TEXTS[0])


def test_a_recorder_keeps_copies() -> None:
    """A later change in place must not reach what was kept."""
    layer = torch.nn.Linear(1, 1)
    given = torch.ones(1, 1)
    with Recorder() as recorder:
        recorder.input(layer, "given")
        layer(given)
        given += 1
    layer(given)
    assert [step.value.item() for step in recorder.steps] == [1.0]
