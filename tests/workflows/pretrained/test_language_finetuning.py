"""ULMFiT on our own language models: tuned on texts without labels, kept, taught to label, and read again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.bases.finding import find_base
from nlpwb.cache.store import Cache
from nlpwb.errors import InputError, ModelError, UsageError
from nlpwb.methods.finetuning.language import LanguageTextNetwork
from nlpwb.methods.finetuning.language_tokens import DocumentTokens
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.specs import parse_spec, spell
from nlpwb.training.meter import Meter
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.language.fitting import fit_language_model
from nlpwb.workflows.language.model import load_language_model, save_language_model
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions, NetworkProgress, TrainingInterrupted
from nlpwb.workflows.pretrained.language import tuning
from nlpwb.workflows.pretrained.language.classifier import LanguageClassifier
from nlpwb.workflows.pretrained.language.opening import open_language_base, target_texts
from tests.workflows.networks.corpora import reviews

TEXTS, NUMBERS = reviews(60)
LABELS = [("bad", "good")[number] for number in NUMBERS]
SHAPES = {
    "rnn-lm": "dim=8,hidden=12,batch=4,length=8",
    "gru-lm": "dim=8,hidden=12,batch=4,length=8",
    "lstm-lm": "dim=8,hidden=12,batch=4,length=8",
    "gpt": "dim=8,layers=2,heads=2,context=16,batch=4",
}
QUICK = {"hidden": "8", "epochs": "4", "lm_epochs": "1", "batch_documents": "8"}
FULL = {"strategy": "full", "hidden": "8", "epochs": "2"}


def write_model(folder: Path, name: str = "lstm-lm", more: str = "") -> str:
    """The folder of a language model that has read the reviews of another seed once; ``more`` options of it."""
    texts = Texts(reviews(40, seed=5)[0], running=False, name="general")
    options = f"{SHAPES[name]},tokenizer=words,patience=0,epochs=1{more}"
    part = parse_spec(f"{name}:{options}").representation
    conditions = Conditions(device="cpu", precision="float32")
    model = fit_language_model(part, texts, seed=0, threads=1, conditions=conditions)
    save_language_model(folder, model, {})
    return str(folder)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_model(tmp_path_factory.mktemp("base") / "lm")


@pytest.fixture
def count_tunings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of each tuning of a language model."""
    counts: list[int] = []
    plain = tuning._train

    def counting(base: Any, row: Any, *rest: Any, **more: Any) -> float:
        counts.append(len(row))
        return plain(base, row, *rest, **more)

    monkeypatch.setattr(tuning, "_train", counting)
    return counts


def tuned(
    base: str,
    options: dict[str, str] | None = None,
    *,
    rows: slice = slice(None),
    seed: int = 0,
    **more: Any,
) -> Classifier:
    """A classifier of the reviews, by one thread in float32; ``more`` are conditions."""
    words = {"base": base, "strategy": "gradual", **QUICK, **(options or {})}
    return fit_classifier(
        parse_spec(spell("finetune", words)),
        TEXTS[rows],
        LABELS[rows],
        labels=("bad", "good"),
        seed=seed,
        threads=1,
        conditions=Conditions(**{"device": "cpu", "precision": "float32", **more}),
    )


def network_of(classifier: Classifier) -> LanguageTextNetwork:
    network = classifier.network
    assert isinstance(network, LanguageClassifier)
    assert isinstance(network.model, LanguageTextNetwork)
    return network.model


@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_learns_labels_and_its_folder_says_the_same(tmp_path: Path, name: str) -> None:
    """And the model needs neither the language model's folder nor the file of texts any more."""
    base = write_model(tmp_path / "lm", name)
    more = tmp_path / "more.txt"
    more.write_text("\n".join(reviews(20, seed=9)[0]) + "\n", encoding="utf-8")
    free = {"epochs": "20", "drop_mult": "0", "learning_rate": "0.05", "decay": "1"}
    made = tuned(base, {**free, "unlabelled": str(more)})
    said = made.scores(TEXTS)
    assert (said.argmax(axis=1) == NUMBERS).mean() > 0.9
    save_model(tmp_path / "model", made, {"by": "a test"})
    shutil.rmtree(base)
    more.unlink()
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.scores(TEXTS), said)
    assert again.vectors(TEXTS[:3]).shape == (3, 8)


def test_a_gpt_of_gpt2s_shape_with_words_of_its_own_is_a_language_model_of_ours(
    tmp_path: Path,
) -> None:
    """Its folder says what it is to other libraries, and has no tokenizer of theirs: it is no checkpoint to go on with."""
    base = write_model(tmp_path / "lm", "gpt", ",positions=learned")
    assert Path(base, "config.json").is_file()
    assert not Path(base, "tokenizer.json").exists()
    made = tuned(base, {"epochs": "1"})
    assert isinstance(network_of(made), LanguageTextNetwork)
    with pytest.raises(ModelError, match=r"and no base: .*--strategy gradual` makes one of labels"):
        find_base(base)


def test_padding_and_company_change_no_answer(base: str) -> None:
    """A text alone, beside a longer one, and beside a shorter one."""
    model = network_of(tuned(base, {"bptt": "3"}))
    ids, lengths = torch.randint(4, 20, (3, 11)), torch.tensor([11, 7, 2])
    for row in (1, 2):
        ids[row, lengths[row] :] = 0
    with torch.no_grad():
        together = model(ids, lengths)
        alone = [model(ids[n : n + 1, :size], lengths[n : n + 1]) for n, size in enumerate(lengths)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-6, rtol=1e-5)


def test_windows_carry_the_state(base: str) -> None:
    """Read three tokens at a time or all at once: the same states; and no gradient passes from a window to the one before."""
    model = network_of(tuned(base))
    ids = torch.randint(4, 20, (2, 10))
    model.window = 10
    whole = model.states(ids)
    model.window = 3
    torch.testing.assert_close(model.states(ids), whole, atol=1e-6, rtol=1e-5)
    table = model.body.get_parameter("embedding.weight")
    (reached,) = torch.autograd.grad(model.states(ids[:1])[0, -1].sum(), table)
    assert set(reached.abs().sum(dim=1).nonzero().flatten().tolist()) == {int(ids[0, -1])}


def test_texts_begin_with_the_end_of_the_one_before() -> None:
    """As in training; cut with that mark counted; one without tokens is the mark alone."""
    tokens = SequenceTokens.fit("words", ["a b c d"], vocab_size=9, min_count=1)
    ids = tokens.encode("a b c d").tolist()
    found = DocumentTokens(tokens, longest=4).encode(["a b c d", "", "a b"])
    assert found.ids.tolist() == [3, *ids[:3], 3, 3, *ids[:2]]
    assert found.ends.tolist() == [4, 5, 8]
    assert (found.cut, found.unknown, found.total) == (1, 0, 5)


def test_target_texts_are_the_same_for_whoever_has_the_same(tmp_path: Path) -> None:
    """In the file's order; those to be labelled follow sorted, each once; blanks teach nothing."""
    more = tmp_path / "more.txt"
    more.write_text("one\nthree\none\n", encoding="utf-8")
    found, _ = target_texts(["two", " ", "three", "four"], str(more))
    assert found.pieces == ["one", "three", "four", "two"]
    again, _ = target_texts(["four", "two"], str(more))
    assert again.pieces == found.pieces
    assert target_texts(["b", "a"], None)[0].pieces == ["a", "b"]


def test_a_language_model_is_tuned_once_for_the_same_texts(
    base: str, tmp_path: Path, count_tunings: list[int]
) -> None:
    """Other seeds, heads, and labels of texts that the file holds find it; other texts do not."""
    more = tmp_path / "more.txt"
    more.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    cache, unlabelled = Cache(tmp_path / "cache"), {"unlabelled": str(more)}
    first = tuned(base, unlabelled, cache=cache)
    tuned(base, unlabelled, cache=cache, seed=1, rows=slice(0, 20))
    tuned(base, {**unlabelled, "hidden": "9"}, cache=cache)
    assert len(count_tunings) == 1
    again = tuned(base, unlabelled, cache=cache)
    np.testing.assert_array_equal(first.scores(TEXTS), again.scores(TEXTS))
    assert again.network is not None
    assert again.network.made.earlier_seconds > 0, "what it took when it was tuned"
    tuned(base, cache=cache, rows=slice(0, 20))
    assert len(count_tunings) == 2
    assert not list((tmp_path / "cache" / "training").glob(".*"))


def test_tuning_moves_the_language_model_to_the_target(base: str, tmp_path: Path) -> None:
    """Fewer nats per token on such texts; by ``lm_epochs=0`` it stays as it is."""
    seen: list[float] = []
    texts = Texts(reviews(30, seed=77)[0], running=False)
    for epochs in ("0", "15"):
        still = {"lm_epochs": epochs, "epochs": "2", "thaw": "9", "learning_rate": "1e-9"}
        model = load_language_model(Path(base))
        model.network.load_state_dict(network_of(tuned(base, still)).body.state_dict())
        seen.append(float(model.score(texts).nats.sum()))
    assert seen[1] < 0.9 * seen[0]


@pytest.mark.parametrize("cached", [True, False])
def test_stopped_anywhere_it_ends_with_the_same_bits(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    """While the language model is tuned, in the first stage and in a later one; with a cache and without."""
    monkeypatch.setattr(Meter, "due", lambda self, now: True)
    places = {name: tmp_path / name for name in ("kept", "whole")}
    for place in places.values():
        place.mkdir()

    def made(name: str, progress: Callable[[NetworkProgress], None] | None = None) -> Classifier:
        more: dict[str, Any] = {"checkpoints": places[name]}
        if cached:
            more["cache"] = Cache(tmp_path / f"cache-{name}")
        if progress is not None:
            more["progress"] = progress
        return tuned(base, {"lm_epochs": "2"}, **more)

    seen: list[int] = []

    def stop(progress: NetworkProgress) -> None:
        seen.append(progress.step.step)
        if len(seen) == 7:
            raise KeyboardInterrupt

    stops = 0
    while stops < 20:
        seen.clear()
        try:
            made("kept", stop)
            break
        except TrainingInterrupted:
            stops += 1
    assert 5 < stops < 20, "in both trainings"
    again, whole = made("kept"), made("whole")
    np.testing.assert_array_equal(again.scores(TEXTS), whole.scores(TEXTS))


def test_full_is_the_same_network_trained_at_once(base: str) -> None:
    """What ULMFiT is compared with; the language model is taken as it is."""
    notes: list[str] = []
    spec = parse_spec(spell("finetune", {"base": base, **FULL}))
    conditions = Conditions(device="cpu", precision="float32", note=notes.append)
    how: dict[str, Any] = {"labels": ("bad", "good"), "seed": 0, "threads": 1}
    fit_classifier(spec, TEXTS, LABELS, conditions=conditions, **how)
    assert not any("tuning" in note or "weights move" in note for note in notes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("strategy=lora", "strategy=lora is for checkpoints of transformers"),
        ("strategy=full,pooling=mean", "its head sees the last"),
        ("strategy=gradual,unlabelled=nowhere.txt", "no such file"),
    ],
)
def test_what_has_no_meaning_for_a_language_model(base: str, options: str, sentence: str) -> None:
    part = parse_spec(f"finetune:base={base},{options}").representation
    with pytest.raises((UsageError, InputError), match=sentence):
        part.identity()


def test_what_has_no_meaning_for_a_checkpoint() -> None:
    part = parse_spec("finetune:base=minilm,strategy=gradual,unlabelled=more.txt").representation
    way = "concerns language models of nlpwb train, .* `nlpwb finetune minilm TEXT --task lm`"
    with pytest.raises(UsageError, match=way):
        part.identity()


def test_a_gpt_that_no_other_library_reads_is_no_checkpoint(tmp_path: Path) -> None:
    """Of GPT-2's shape, but its tokens are words: there is no tokenizer of the field's, and it is tuned as the others are."""
    texts = Texts(reviews(40, seed=5)[0], running=False, name="general")
    spec = f"gpt:{SHAPES['gpt']},positions=learned,tokenizer=words,patience=0,epochs=1"
    conditions = Conditions(device="cpu", precision="float32")
    part = parse_spec(spec).representation
    model = fit_language_model(part, texts, seed=0, threads=1, conditions=conditions)
    save_language_model(tmp_path / "lm", model, {})
    assert (tmp_path / "lm" / "config.json").is_file()
    made = tuned(str(tmp_path / "lm"))
    save_model(tmp_path / "model", made, {"by": "a test"})
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.scores(TEXTS[:5]), made.scores(TEXTS[:5]))


def test_texts_and_no_epochs_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="does nothing with lm_epochs=0"):
        parse_spec("finetune:strategy=gradual,unlabelled=more.txt,lm_epochs=0")


def test_a_model_that_counts_has_nothing_to_tune(tmp_path: Path) -> None:
    texts = Texts(TEXTS, running=False, name="general")
    part = parse_spec("ngram-lm:tokenizer=words").representation
    model = fit_language_model(part, texts, seed=0, threads=1, conditions=Conditions())
    save_language_model(tmp_path / "lm", model, {})
    with pytest.raises(ModelError, match="counts and has no weights"):
        open_language_base(tmp_path / "lm")


def test_texts_without_labels_count_by_what_they_are(base: str, tmp_path: Path) -> None:
    """A comparison asks by this whether it has a cell already."""
    found = []
    for name, text in (("a.txt", "one\n"), ("b.txt", "one\n"), ("c.txt", "two\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        words = {"base": base, "strategy": "gradual", "unlabelled": str(tmp_path / name)}
        found.append(parse_spec(spell("finetune", words)).identity())
    assert found[0] == found[1] != found[2]
