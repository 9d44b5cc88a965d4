"""Language models learn a small text to its end, end with the same bits however often they were stopped, and count right."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import MethodError, UsageError
from nlpwb.training.meter import Meter
from nlpwb.workflows.language.blocks import blocks_of
from nlpwb.workflows.language.predicting import next_tokens
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from nlpwb.workflows.networks.log import read_log

from .corpora import LINE, SPECS, TEXT, fit, fresh, learned, part_of, weights

NETWORKS = ("lstm-lm", "gpt")
SHORT = {
    "lstm-lm": "lstm-lm:tokenizer=char,dim=8,hidden=12,batch=3,length=10,epochs=3,dropout=0.3,"
    "embedding_dropout=0.1,weight_drop=0.2",
    "gpt": "gpt:tokenizer=char,dim=8,layers=1,heads=2,context=10,batch=3,epochs=3,dropout=0.3",
}
"""With all that draws random numbers, so that a lost state shows."""


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is reported, however fast steps are."""
    monkeypatch.setattr(Meter, "due", lambda self, now: True)


@pytest.mark.parametrize("name", SPECS)
def test_a_text_is_learned_nearly_to_its_end(name: str) -> None:
    """From ln V = 5.6 nats a character to less than a tenth of a nat: the text says the same again and again."""
    model = learned(name)
    scores = model.score(TEXT)
    assert scores.nats.sum() / scores.tokens.sum() < 0.2 < math.log(model.tokens.vocabulary)
    later = scores.nats[5:].sum() / scores.tokens[5:].sum()
    assert later < 0.1, "the first lines come out of nothing"


@pytest.mark.parametrize("name", SPECS)
def test_what_comes_next_is_what_came_next(name: str) -> None:
    """The probabilities of all tokens sum to 1, and the right one leads."""
    model = learned(name)
    (found,) = next_tokens(model, [LINE + "money gro"], top_k=10**6)
    assert found.tokens[0] == "w"
    assert found.probabilities[0] > 0.8
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-5)
    assert list(found.probabilities) == sorted(found.probabilities, reverse=True)


@pytest.mark.parametrize("name", SPECS)
def test_scores_are_the_probabilities_of_what_comes_next(name: str) -> None:
    """Evaluation and prediction ask the same model: nats of a character are -ln of what predict says of it."""
    model = learned(name)
    text = "in the bank"
    scores = model.score(Texts([*text], running=True))
    assert scores.tokens.tolist() == [1] * len(text)
    for place, character in enumerate(text):
        (found,) = next_tokens(model, [text[:place]], top_k=10**6)
        said = dict(zip(found.tokens, found.probabilities, strict=True))[character]
        assert scores.nats[place] == pytest.approx(-math.log(said), abs=1e-3)


def test_bits_per_byte_by_hand() -> None:
    """Characters of ``abaa`` by an n-gram model of order 1 that saw ``aab``.

    Tokens count 2 (a), 1 (b); discounts are 0.5, 1 and 1.5 where there is so little. With V tokens in the vocabulary,
    p(a) = (2 - 1)/3 + 1.5/3/V and p(b) = (1 - 0.5)/3 + 1.5/3/V.
    """
    model = fit("ngram-lm:order=1,tokenizer=char", Texts(["aab"], running=True))
    v = model.tokens.vocabulary
    a, b = 1 / 3 + 0.5 / v, 0.5 / 3 + 0.5 / v
    texts = Texts(["ab", "aa"], running=True)
    sums = blocks_of(model.score(texts))
    bits = sums.nats.sum() / math.log(2) / sums.bytes.sum()
    assert bits == pytest.approx(-(3 * math.log2(a) + math.log2(b)) / 4)
    assert model.score(texts).nats == pytest.approx([-math.log(a) - math.log(b), -2 * math.log(a)])


def test_the_end_of_a_document_is_a_token_and_a_byte() -> None:
    """Whoever does not foretell where a text ends would be better off."""
    documents = Texts(["ab", "", "ü"], running=False)
    scores = fit("ngram-lm:order=2,tokenizer=char", documents).score(documents)
    assert scores.tokens.tolist() == [3, 1, 2]
    assert scores.bytes.tolist() == [3, 1, 3]
    assert (scores.nats > 0).all()


def test_what_was_never_seen_has_a_price_and_not_an_infinite_one() -> None:
    """Characters that no training text has are spelt in bytes."""
    for name in SPECS:
        scores = learned(name).score(Texts(["money 😀"], running=True))
        assert scores.tokens.tolist() == [10]
        assert math.log(2) < scores.nats[0] < 400


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("name", NETWORKS)
def test_an_interrupted_training_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    """Ctrl-C in the first epoch, at the end of one and within the last: states that are carried, too, go on."""
    spec = SHORT[name]
    whole = fit(spec, checkpoints=fresh(tmp_path / "whole"))
    assert whole.learned.made is not None
    steps = whole.learned.made.steps
    folder = fresh(tmp_path / "run")
    for at in (2, steps // 3, steps - 2):

        def stop(progress: NetworkProgress, at: int = at) -> None:
            if progress.step.step >= at:
                raise KeyboardInterrupt

        with pytest.raises(TrainingInterrupted, match="the same command goes on from there"):
            fit(spec, checkpoints=folder, progress=stop)
    again = fit(spec, checkpoints=folder)
    assert again.learned.made is not None
    assert again.learned.made.resumed >= steps - 2
    assert weights(again) == weights(whole)
    assert again.learned.made.steps == steps
    ends = [row["step"] for row in read_log(folder / "training.jsonl") if row["record"] == "epoch"]
    assert len(ends) == 3
    assert ends[-1] == steps


@pytest.mark.usefixtures("talkative")
def test_the_checkpoint_of_another_text_is_not_gone_on_from(tmp_path: Path) -> None:
    """It begins anew, and says so."""

    def stop(progress: NetworkProgress) -> None:
        if progress.step.step >= 3:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted):
        fit(SHORT["gpt"], checkpoints=tmp_path, progress=stop)
    notes: list[str] = []
    other = Texts(TEXT.pieces[1:], running=True)
    model = fit(SHORT["gpt"], other, checkpoints=tmp_path, note=notes.append)
    assert model.learned.made is not None
    assert model.learned.made.resumed == 0
    assert any("are of another training" in note for note in notes)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_bits_and_another_others(name: str) -> None:
    first, again, other = (fit(SHORT[name], seed=seed) for seed in (1, 1, 2))
    assert weights(first) == weights(again)
    assert weights(first) != weights(other)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_end_of_the_text_says_which_epoch_stays(name: str) -> None:
    """The tuning part is not trained on, and its figure is told per token and per byte."""
    notes: list[str] = []
    spec = f"{SHORT[name]},patience=2,tuning=0.3"
    model = fit(spec, note=notes.append)
    learnt = model.learned
    assert learnt.made is not None
    assert learnt.made.tuning_score == "nats per token"
    assert 0 < learnt.made.best_epoch <= 3
    held = Texts(TEXT.pieces[-12:], running=True)
    scores = model.score(held)
    assert learnt.tuning_nats == pytest.approx(scores.nats.sum() / scores.tokens.sum(), rel=1e-4)
    assert learnt.tuning_bits == pytest.approx(learnt.tuning_nats / math.log(2))
    assert learnt.tokens == 28 * len(LINE)
    assert f"{28 * 24:,} tokens (char) of {model.tokens.vocabulary} in the vocabulary" in notes


def test_a_text_too_short_to_tune_on_is_trained_on_whole() -> None:
    """A judge of some dozens of tokens would stop training by chance."""
    notes: list[str] = []
    model = fit(
        f"{SHORT['gpt']},patience=2", Texts(TEXT.pieces[:10], running=True), note=notes.append
    )
    assert any("no tuning part (24 tokens are too few to tune on)" in note for note in notes)
    assert model.learned.tokens == 10 * 24
    assert model.learned.tuning_nats is None
    notes.clear()
    fit(f"{SHORT['gpt']},patience=2", Texts([LINE * 2], running=True), note=notes.append)
    assert any("no tuning part (there is a single document)" in note for note in notes)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("steps", "accumulate"), [(1, 1), (7, 1), (15, 2), (33, 3)])
def test_steps_are_counted_however_many_batches_they_have(
    name: str, steps: int, accumulate: int
) -> None:
    """15 steps of two batches were 20, because rounds of three batches ended within a step."""
    model = fit(f"{SHORT[name]},steps={steps},accumulate={accumulate}")
    assert model.learned.made is not None
    assert model.learned.made.steps == steps


def test_a_longer_history_foretells_better() -> None:
    """After ``in the b`` all is said; a single character before does not tell where in the line it is."""
    lines = Texts(pieces_of(LINE * 8), running=True)
    nats = [
        fit(f"ngram-lm:order={order},tokenizer=char", lines).score(lines).nats.sum()
        for order in (1, 2, 5)
    ]
    assert nats[0] > 1.5 * nats[1] > 1.5 * nats[2]


def test_a_narrower_window_sees_less() -> None:
    """The window of a network of limited sight can be set; n-grams have none."""
    model = learned("gpt")
    assert model.trained_context == 24
    usual = model.score(TEXT).nats.sum()
    np.testing.assert_allclose(model.score(TEXT, window=24, stride=12).nats.sum(), usual)
    assert model.score(TEXT, window=2, stride=1).nats.sum() > 2 * usual
    assert learned("ngram-lm").trained_context is None
    assert learned("lstm-lm").trained_context is None


def test_texts_of_which_nothing_can_be_learned_are_refused() -> None:
    for spec in (SPECS["ngram-lm"], SHORT["gpt"]):
        with pytest.raises(MethodError):
            fit(spec, Texts(["", ""], running=False))
    with pytest.raises(UsageError, match="tokenizer"):
        part_of("gpt:tokenizer=runes")


def test_two_tokens_are_enough_to_train_on() -> None:
    """One is read where the other is wanted; windows and streams are cut down to them."""
    for name in NETWORKS:
        model = fit(SHORT[name], Texts(["ab"], running=True))
        assert model.learned.tokens == 2
        assert np.isfinite(model.score(Texts(["ab"], running=True)).nats).all()
