"""Bases and fine-tuned networks under the glass: their own tokens, and the weights that the forward pass used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.errors import InputError, ModelError
from nlpwb.workflows.looking.attention import attend
from nlpwb.workflows.looking.opening import open_model
from nlpwb.workflows.looking.trace import trace
from tests.workflows.pretrained.bases import write_base

TEXT = "money bank grows"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(write_base(tmp_path_factory.mktemp("base"), [TEXT]))


def test_an_encoder_shows_its_marks_and_its_weights(folder: Path) -> None:
    """Two layers of four heads; rows sum to 1 and are the network's own account."""
    looked = open_model(folder, "attention")
    found = attend(looked, TEXT)
    assert found.sides.source.tokens == ("[CLS]", "money", "bank", "grows", "[SEP]")
    assert found.method == "bert"
    assert found.answers.what == "vector"
    assert [one.layer for one in found.maps] == [1, 2]
    told = looked.network.attention_weights(*looked.given(found.sides))  # type: ignore[operator]
    for one, weights in zip(found.maps, told, strict=True):
        assert one.weights.shape == (4, 5, 5)
        np.testing.assert_allclose(one.weights.sum(axis=2), 1, atol=1e-5)
        np.testing.assert_allclose(one.weights, weights[0].detach().numpy(), atol=1e-5)


def test_a_decoder_says_what_comes_next(tmp_path: Path) -> None:
    looked = open_model(Path(write_base(tmp_path / "gpt", [TEXT], family="gpt2")), "attention")
    found = attend(looked, TEXT)
    assert found.answers.what == "next"
    assert sum(found.answers.values) == pytest.approx(1)
    upper = np.triu(np.ones((len(found.sides.source),) * 2, dtype=bool), k=1)
    for one in found.maps:
        assert (one.weights[:, upper] == 0).all(), "a later place"


def test_words_in_capitals_and_unknown_ones(folder: Path) -> None:
    """The text's own words stand in the table, what the tokenizer makes of them in the trace."""
    read = open_model(folder, "attention").read("Money HOUSE").source
    assert read.tokens[1:3] == ("Money", "HOUSE")
    assert read.unknown == (False, False, True, False)
    assert read.normalised == "money house"


def test_a_trace_goes_from_the_text_to_the_last_norm(folder: Path) -> None:
    found = trace(open_model(folder, "steps"), TEXT)
    steps = {step.name: step for step in found.steps}
    assert steps["positions"].shape == (5, 32)
    assert steps["block2.feed_forward_norm"].shape == (5, 32)
    assert next(iter(steps)) == "text"


def test_nothing_to_read(folder: Path) -> None:
    with pytest.raises(InputError, match="holds no token"):
        open_model(folder, "attention").read("  ")


def test_neither_a_model_nor_a_base(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        open_model(tmp_path / "nothing", "attention")


def test_weights_do_not_learn_while_they_are_looked_at(folder: Path) -> None:
    looked = open_model(folder, "attention")
    with torch.enable_grad():
        attend(looked, TEXT)
    assert all(parameter.grad is None for parameter in looked.network.parameters())
