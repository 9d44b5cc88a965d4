"""Places of a word to vectors, against the network's own states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.errors import UsageError
from nlpwb.workflows.contexts.asking import layers_of
from nlpwb.workflows.contexts.encoding import every_state, in_context, read_place
from nlpwb.workflows.contexts.finding import find_in_texts
from nlpwb.workflows.pretrained.opening import Base, open_base
from tests.workflows.contexts.made import BANKS
from tests.workflows.pretrained.bases import write_base

LONG = f"{'the ' * 50}river bank flows{' to pay' * 40}"


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Base:
    folder = tmp_path_factory.mktemp(request.param)
    return open_base(write_base(folder, BANKS, family=request.param))


def states_of(base: Base, text: str) -> list[torch.Tensor]:
    ids = torch.tensor([base.tokens.inner.encode(text).ids])
    with torch.no_grad():
        return [one[0] for one in every_state(base.body, ids, torch.tensor([ids.shape[1]]))]


def test_a_vector_is_the_mean_of_layers_at_the_words_token(base: Base) -> None:
    """In company as alone; of two layers all there are, the last four are both."""
    places = find_in_texts("bank", BANKS)
    layers = [*layers_of("all", base), *layers_of(None, base)]
    assert layers == [(0,), (1,), (2,), (1, 2)]
    found = in_context(base, "bank", places, layers)
    marks = base.tokens.marks // 2
    for row, text in enumerate(BANKS):
        at = text.split().index("bank") + marks
        states = states_of(base, text)
        for group, chosen in enumerate(layers):
            expected = sum(states[layer][at] for layer in chosen) / len(chosen)
            np.testing.assert_allclose(found.vectors[group, row], expected, atol=1e-5)
    row = base.body.embedding.weight[base.tokens.inner.token_to_id("bank")].detach()
    np.testing.assert_array_equal(found.static, np.stack([row] * 3))
    assert found.places[0].pieces == ("bank",)


def test_a_word_of_several_tokens_is_their_mean(base: Base) -> None:
    """And the other tokens of the text are those that are neither the word's nor marks."""
    (place,) = find_in_texts("river bank", ["the river bank flows"])
    found = in_context(base, "river bank", [place], [(1,)])
    marks = base.tokens.marks // 2
    state = states_of(base, place.text)[1][marks:]
    np.testing.assert_allclose(found.vectors[0, 0], state[1:3].mean(dim=0), atol=1e-5)
    units = torch.nn.functional.normalize(state, dim=1)
    np.testing.assert_allclose(found.others[0, 0], (units[0] + units[3]) / 2, atol=1e-5)
    assert found.places[0].pieces == ("river", "bank")


def test_of_a_long_text_the_network_reads_what_is_around_the_word(base: Base) -> None:
    """40 places, 91 words before, in and behind: the word stands in the middle of what is read, and it is said."""
    (place,) = find_in_texts("bank", [LONG])
    read = read_place(base.tokens, LONG, (place.start, place.end))
    assert read.cut
    assert len(read.ids) == base.tokens.longest == 40
    assert read.pieces == ("bank",)
    assert abs(read.first - 20) <= 2
    for text in ("bank " + "to " * 60, "to " * 60 + "bank"):
        (place,) = find_in_texts("bank", [text])
        read = read_place(base.tokens, text, (place.start, place.end))
        assert (read.cut, len(read.ids), read.pieces) == (True, 40, ("bank",))
    (found,) = in_context(base, "bank", find_in_texts("bank", [LONG]), [(1,)]).places
    assert found.cut


def test_a_word_alone_has_no_others_and_an_unknown_one_is_told(base: Base) -> None:
    found = in_context(base, "bank", find_in_texts("bank", ["bank", "bank"]), [(1,)])
    assert not found.others.any()
    assert found.usual() is None
    (place,) = in_context(base, "zebra", find_in_texts("zebra", ["the zebra"]), [(1,)]).places
    assert place.unknown
    assert not found.places[0].unknown


def test_a_decoder_does_not_see_what_is_behind_the_word(base: Base) -> None:
    """An encoder does: that is what sets them apart here."""
    texts = ["the bank flows", "the bank to pay"]
    found = in_context(base, "bank", find_in_texts("bank", texts), [(2,)])
    same = np.allclose(found.vectors[0, 0], found.vectors[0, 1], atol=1e-5)
    assert same == found.looks_back == (base.architecture.family.name == "gpt2")


@pytest.mark.parametrize("layer", ["3", "-1", "last", "²", ""])
def test_a_layer_that_is_not_there_is_refused(base: Base, layer: str) -> None:
    with pytest.raises(UsageError, match=r"are 0 \(what enters the first block\) to 2; give one"):
        layers_of(layer, base)


def test_the_last_layer_is_what_the_network_says(tmp_path: Path) -> None:
    """Of a decoder behind its final norm, as its output layer sees it."""
    base = open_base(write_base(tmp_path, BANKS, family="gpt2"))
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        states = every_state(base.body, ids, torch.tensor([3]))
        last, _ = base.body.hidden(ids)  # type: ignore[union-attr,operator]
    assert len(states) == 3
    torch.testing.assert_close(states[-1], last)
