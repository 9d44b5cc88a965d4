"""Each encoder-decoder learns what it is given, says it back, and is the same after a stay on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlpwb.data.pairs import part_of
from nlpwb.errors import MethodError, ModelError
from nlpwb.workflows.networks.conditions import Conditions, TrainingInterrupted
from nlpwb.workflows.translation.fitting import fit_translator
from nlpwb.workflows.translation.folder import load_translator, save_translator
from nlpwb.workflows.translation.model import Translator
from nlpwb.workflows.translation.search import Search
from nlpwb.workflows.translation.translating import translate_all
from tests.workflows.translation.learned import SPECS, TINY, first_pairs, fit, part

SHORT = TINY.replace("epochs=70", "epochs=3")


@pytest.fixture(scope="module", params=list(SPECS))
def learned(request: pytest.FixtureRequest) -> Translator:
    """Each of the three, trained on 40 pairs."""
    return fit(SPECS[request.param], first_pairs())


def test_pairs_are_learnt_to_the_end(learned: Translator) -> None:
    """A network that cannot learn forty sentences by heart is broken somewhere."""
    pairs = first_pairs()
    found = translate_all(learned, pairs.sources)
    assert [one.text for one in found] == pairs.targets
    assert all(one.ended and not one.cut for one in found)
    assert learned.score(pairs.sources, pairs.targets).perplexity < 1.2


def test_greedy_search_finds_them_too(learned: Translator) -> None:
    """One beam takes the likeliest token each time, which is the right one here."""
    pairs = first_pairs(10)
    found = translate_all(learned, pairs.sources, Search(beams=1))
    assert [one.text for one in found] == pairs.targets


def test_scores_are_the_probabilities_of_what_is_written(learned: Translator) -> None:
    """Teacher forcing and decoding must say the same of a translation: both are log p(target | source)."""
    pairs = first_pairs(10)
    scores = learned.score(pairs.sources, pairs.targets)
    for one, nats, count in zip(
        translate_all(learned, pairs.sources), scores.nats, scores.tokens, strict=True
    ):
        assert count == len(one.tokens) + 1
        assert one.log_probability == pytest.approx(-nats, abs=1e-3)


def test_a_translator_comes_back_from_disk(learned: Translator, tmp_path: Path) -> None:
    """Weights and tokens must be all that it is."""
    save_translator(tmp_path / "model", learned, {"corpus": "a"})
    again = load_translator(tmp_path / "model", device="cpu")
    pairs = first_pairs(5)
    before, after = (one.score(pairs.sources, pairs.targets) for one in (learned, again))
    np.testing.assert_array_equal(before.nats, after.nats)
    assert [one.text for one in translate_all(again, pairs.sources)] == pairs.targets


def test_two_vocabularies_are_kept_apart(tmp_path: Path) -> None:
    """shared=no: each side has its own tokens and its own table, on disk, too."""
    spec = f"seq2seq-attention:hidden=16,shared=no,tied=no,{SHORT}"
    made = fit(spec, first_pairs())
    assert made.source_tokens.tokens != made.target_tokens.tokens
    save_translator(tmp_path / "model", made, {})
    again = load_translator(tmp_path / "model")
    pairs = first_pairs(5)
    assert again.target_tokens.tokens == made.target_tokens.tokens
    np.testing.assert_array_equal(
        again.score(pairs.sources, pairs.targets).nats,
        made.score(pairs.sources, pairs.targets).nats,
    )


def test_weights_of_another_network_are_refused() -> None:
    """A state that does not fit the options is told in one sentence."""
    made = fit(f"seq2seq:hidden=16,{SHORT}", first_pairs(5))
    with pytest.raises(ModelError, match="do not fit its options"):
        Translator.from_state(part(f"seq2seq:hidden=18,{SHORT}"), made.state())


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    """What goes on from a checkpoint must give the bits of what was never interrupted."""
    spec = f"seq2seq-attention:hidden=16,{SHORT.replace('dropout=0', 'dropout=0.3', 1)}"
    whole = fit(spec, first_pairs())
    again = fit(spec, first_pairs(), checkpoints=_killed(spec, tmp_path))
    assert again.made.resumed > 0
    for name, weight in whole.network.state_dict().items():
        np.testing.assert_array_equal(weight.numpy(), again.network.state_dict()[name].numpy())


def _killed(spec: str, folder: Path) -> Path:
    """The checkpoints of a training that Ctrl-C ended after its first report."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    conditions = Conditions(
        device="cpu", precision="float32", checkpoints=folder, progress=interrupt
    )
    with pytest.raises(TrainingInterrupted):
        fit_translator(part(spec), first_pairs(), seed=0, threads=1, conditions=conditions)
    return folder


def test_a_tuning_part_decides_the_epoch() -> None:
    """With pairs enough, some are kept from training and tell which weights stay."""
    notes: list[str] = []
    made = fit(f"seq2seq:hidden=16,tuning=0.5,{SHORT}", first_pairs(80), notes=notes)
    assert made.made.tuning_score == "nats per token"
    assert made.made.tuning is not None
    assert made.made.tuning > 0
    notes.clear()
    fit(f"seq2seq:hidden=16,{SHORT}", first_pairs(5), notes=notes)
    assert any("no tuning part (0 pairs are too few to tune on)" in note for note in notes)


def test_steps_end_a_training_sooner_or_later_than_epochs() -> None:
    """``steps`` counts moves of the weights, in parts of an epoch or over several."""
    for steps in (1, 5):
        made = fit(f"seq2seq:hidden=16,steps={steps},{SHORT}", first_pairs())
        assert made.made.steps == steps


def test_long_pairs_are_not_trained_on() -> None:
    """max_tokens leaves pairs out and says so; where it leaves none, it is told what to do."""
    notes: list[str] = []
    fit(f"seq2seq:hidden=16,max_tokens=12,{SHORT}", first_pairs(), notes=notes)
    assert any("of the pairs have a side of more than 12 tokens (max_tokens)" in n for n in notes)
    with pytest.raises(MethodError, match="every pair has a side of more than max_tokens=1"):
        fit(f"seq2seq:hidden=16,max_tokens=1,{SHORT}", part_of(first_pairs(), range(4)))
