"""An encoder learns from text alone: what is hidden, from nothing and from a base, interrupted, judged, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.bases.sentences import SentenceSettings
from nlpwb.errors import MethodError, ModelError, UsageError
from nlpwb.specs import parse_spec
from nlpwb.training.meter import Meter
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.masked.fitting import ACCURACY, row_of
from nlpwb.workflows.masked.model import load_masked_model, save_masked_model
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from nlpwb.workflows.networks.log import read_log
from tests.workflows.pretrained.bases import write_base

from .corpora import SMALL, SOURCE, fit, learned, weights

SHORT = f"{SMALL},whole_word=yes,epochs=3".replace("dropout=0,", "dropout=0.2,")


def test_hidden_words_are_learned() -> None:
    """A hidden word is the one around it, but where one run ends and another begins."""
    model = fit(f"{SMALL},epochs=15,tuning=0.2,patience=15,learning_rate=0.01,whole_word=yes")
    assert model.learned is not None
    assert model.learned.tuning is not None
    assert model.learned.tuning.accuracy > 0.75
    assert model.learned.tuning.nats < 1
    assert model.learned.commonest is not None
    assert model.learned.commonest < 0.4
    assert model.learned.before is None


def test_documents_end_with_a_mark_and_a_running_text_does_not() -> None:
    """An encoder is asked about texts that end: it should have seen ends."""
    model = learned()
    end = model.marks.end
    some = ["money river", "bank fruit cat"]
    apart = row_of(model.tokens, Texts(some, running=False), end=end)
    running = row_of(model.tokens, Texts(some, running=True), end=end)
    assert (apart == end).sum() == 2
    assert apart[-1] == end
    assert apart[apart != end].tolist() == running.tolist()


def test_nothing_of_a_long_document_is_lost() -> None:
    """Longer than the model sees at once: it is cut into windows, and not cut off."""
    model = learned()
    row = row_of(model.tokens, Texts(["river bank " * 150], running=False), end=model.marks.end)
    assert len(row) > 200 > model.tokens.longest
    assert len(model.tokens.encode(["river bank " * 150]).ids) == model.tokens.longest


def test_an_interrupted_training_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the first epoch, between and within the last: what is hidden follows from seed, pass and step."""
    monkeypatch.setattr(Meter, "due", lambda self, now: True)
    (tmp_path / "whole").mkdir()
    whole = fit(SHORT, checkpoints=tmp_path / "whole")
    assert whole.learned is not None
    steps = whole.learned.made.steps
    folder = tmp_path / "run"
    folder.mkdir()
    for at in (2, steps // 2, steps - 2):

        def stop(progress: NetworkProgress, at: int = at) -> None:
            if progress.step.step >= at:
                raise KeyboardInterrupt

        with pytest.raises(TrainingInterrupted, match="the same command goes on from there"):
            fit(SHORT, checkpoints=folder, progress=stop)
    again = fit(SHORT, checkpoints=folder)
    assert again.learned is not None
    assert again.learned.made.resumed >= steps - 2
    assert weights(again) == weights(whole)
    assert weights(fit(SHORT, seed=1)) != weights(whole)


def test_figures_of_the_tuning_part_are_told_while_it_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the log after each epoch, and beside the loss while the next one goes on."""
    monkeypatch.setattr(Meter, "due", lambda self, now: True)
    told: list[NetworkProgress] = []
    fit(f"{SMALL},epochs=2,tuning=0.2", checkpoints=tmp_path, progress=told.append)
    ends = [row for row in read_log(tmp_path / "training.jsonl") if row["record"] == "epoch"]
    assert len(ends) == 2
    figures = ends[0]["tuning"]["figures"]
    assert set(figures) == {"nats per masked token", "masked accuracy", "loss"}
    assert told[0].judged == {}
    assert told[-1].judged[ACCURACY] == figures[ACCURACY]


def test_more_training_on_a_model_of_ours_begins_where_it_was(tmp_path: Path) -> None:
    """Its tokens and its head are taken: before the first step it says what it said."""
    save_masked_model(tmp_path / "model", learned(), {"corpus": "bank"})
    notes: list[str] = []
    text = f"mlm:base={tmp_path / 'model'},epochs=1,tuning=0.2,batch=8,context=10,whole_word=yes"
    further = fit(text, note=notes.append)
    assert further.learned is not None
    assert further.learned.before is not None
    assert further.learned.before.accuracy > 0.75
    assert further.tokens.json == learned().tokens.json
    assert any("of the tuning part's hidden tokens are right" in note for note in notes)
    assert weights(further) != weights(learned())
    assert further.network.body.shape.dim == 32


def test_a_base_without_a_head_gets_one_and_keeps_how_it_pools(tmp_path: Path) -> None:
    """An encoder of sentences: its pooling stays beside the weights, so that the field's library still loads it."""
    settings = SentenceSettings("mean", normalised=True, longest=30)
    base = write_base(tmp_path / "base", [SOURCE], sentences=settings)
    notes: list[str] = []
    model = fit(f"mlm:base={base},epochs=1,batch=8,patience=0", note=notes.append)
    assert any("has no head that says hidden tokens: a new one" in note for note in notes)
    assert any("how it pools (mean) stays beside the weights" in note for note in notes)
    save_masked_model(tmp_path / "model", model, {})
    assert (tmp_path / "model" / "modules.json").is_file()
    assert (tmp_path / "model" / "1_Pooling" / "config.json").is_file()
    again = load_masked_model(tmp_path / "model")
    assert again.sentences == settings
    assert weights(again) == weights(model)


def test_a_damaged_file_within_a_folder_of_the_model_is_seen(tmp_path: Path) -> None:
    settings = SentenceSettings("mean", normalised=False, longest=30)
    base = write_base(tmp_path / "base", [SOURCE], sentences=settings)
    model = fit(f"mlm:base={base},epochs=1,batch=8,patience=0")
    save_masked_model(tmp_path / "model", model, {})
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"is damaged: 1_Pooling/config.json is not what was"):
        load_masked_model(tmp_path / "model")
    save_masked_model(tmp_path / "model", model, {})  # its own files do not stand in the way
    load_masked_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("mlm:base=minilm,dim=64", "dim=64 is settled by base=minilm; leave one of them out"),
        ("mlm:base=minilm,preset=cpu", "preset=cpu is settled by base=minilm"),
        ("mlm:dim=30,heads=4", "dim=30 is no multiple of heads=4; write dim=28"),
        ("mlm:batch_tokens=100", "batch_tokens does nothing here; a batch is batch=32 windows"),
        ("mlm:masked=0.95", "masked must be at most 0.9, got 0.95"),
    ],
)
def test_options_without_meaning_are_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence.replace("(", r"\(")):
        parse_spec(spec)


def test_a_window_longer_than_the_base_sees_is_refused(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", [SOURCE])
    with pytest.raises(UsageError, match=r"context=50 is more than .* tells apart, 40 tokens"):
        fit(f"mlm:base={base},context=50")


def test_a_decoder_is_told_where_it_goes(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", [SOURCE], family="gpt2")
    with pytest.raises(
        ModelError, match="is of the family gpt2, which says what comes next; write gpt:base="
    ):
        fit(f"mlm:base={base}")


def test_texts_of_nothing_are_refused() -> None:
    with pytest.raises(MethodError, match="there is no text to learn a wordpiece tokenizer from"):
        fit(f"{SMALL},patience=0", Texts([" ", ""], running=False))
