"""A base goes on learning: which of its weights move, what comes out, and how the field's libraries read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nlpwb.bases.sentences import SentenceSettings
from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError, UsageError
from nlpwb.methods.finetuning.lora import merge, widen
from nlpwb.specs import parse_spec
from nlpwb.tasks import Task
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.pretrained import finetuning
from nlpwb.workflows.pretrained.classifier import FinetunedClassifier
from nlpwb.workflows.pretrained.finetuning import finetune
from nlpwb.workflows.pretrained.opening import open_base
from tests.workflows.networks.corpora import reviews

from .bases import write_base

TEXTS, LABELS = reviews(60)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), TEXTS)


def tuned(base: str, options: str = "", **more: Any) -> FinetunedClassifier:
    """A base trained in one thread on reviews, or on what ``more`` says."""
    epochs = more.pop("epochs", 2)
    text = f"finetune:base={base},epochs={epochs},learning_rate=0.003,batch_documents=8"
    arguments: dict[str, Any] = {
        "texts": TEXTS,
        "targets": LABELS,
        "task": "classify",
        "labels": ("bad", "good"),
        "outputs": 2,
    }
    arguments |= {name: more.pop(name) for name in tuple(more) if name in arguments}
    conditions = Conditions(**{"device": "cpu", "precision": "float32", **more})
    part = parse_spec(text + (f",{options}" if options else "")).representation
    return finetune(
        part,
        arguments.pop("texts"),
        arguments.pop("targets"),
        seed=0,
        threads=1,
        conditions=conditions,
        **arguments,
    )


def moved(classifier: FinetunedClassifier, base: str) -> set[str]:
    """The parameters of the body that are not what they were."""
    before = dict(open_base(base).body.named_parameters())
    return {
        name
        for name, parameter in classifier.network.body.named_parameters()
        if not torch.equal(parameter, before[name])
    }


def test_labels_are_learned(base: str) -> None:
    network = tuned(base, "pooling=mean", epochs=20)
    scores = network.scores(TEXTS)
    assert scores.shape == (60, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores.argmax(axis=1) == LABELS).mean() > 0.95
    assert network.features(TEXTS).shape == (60, 32)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("strategy=frozen", lambda name: False),
        ("strategy=layers,layers=1", lambda name: name.startswith("blocks.1.")),
        ("strategy=bitfit", lambda name: name.endswith("bias")),
        (
            "strategy=lora,rank=2",
            lambda name: (
                name.startswith("blocks.") and name.endswith("weight") and "norm" not in name
            ),
        ),
        (
            "strategy=lora,rank=2,targets=query|value",
            lambda name: name.endswith("packed.weight"),
        ),
        (
            "strategy=lora,rank=2,targets=inner|back",
            lambda name: name.endswith(("inner.weight", "feed_forward.output.weight")),
        ),
        ("strategy=full", lambda name: True),
    ],
)
def test_each_strategy_moves_what_it_names(base: str, options: str, expected: Any) -> None:
    every = {name for name, _ in open_base(base).body.named_parameters()}
    found = moved(tuned(base, options), base)
    # keys' offsets add one number to all scores of a query, and the softmax does not see it: they may stand still
    assert found <= {name for name in every if expected(name)}
    wanted = {name for name in every if expected(name)}
    assert len(wanted - found) <= len(wanted) // 4, sorted(wanted - found)


def test_lora_of_queries_and_values_moves_no_keys(base: str) -> None:
    before = open_base(base).body.blocks[0].attention.packed.weight  # type: ignore[union-attr]
    named = "strategy=lora,rank=2,targets=query|value"
    after = tuned(base, named).network.body.blocks[0].attention.packed.weight  # type: ignore[union-attr]
    same = (before == after).all(dim=1)
    assert same[32:64].all()
    assert not same[:32].any()
    assert not same[64:].any()


def test_additions_merge_into_what_they_computed(base: str) -> None:
    """With additions beside the matrices and merged into them a network says the same."""
    torch.manual_seed(1)
    body = open_base(base).body
    ids, lengths = torch.randint(5, 20, (3, 7)), torch.tensor([7, 4, 2])
    before = body(ids, lengths)
    widen(body.blocks, ("query", "value", "output", "inner", "back"), rank=3, alpha=6)
    torch.testing.assert_close(body(ids, lengths), before)
    for name, parameter in body.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(parameter, std=0.1)
    beside = body(ids, lengths)
    assert not torch.allclose(beside, before, atol=1e-2)
    merge(body)
    assert not any("additions" in name for name, _ in body.named_parameters())
    torch.testing.assert_close(body(ids, lengths), beside, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_peft_reads_the_additions(tmp_path: Path, family: str) -> None:
    """On the base, by peft: the logits of the merged network; GPT-2's three additions are one there."""
    transformers = pytest.importorskip("transformers")
    peft = pytest.importorskip("peft")
    base = write_base(tmp_path / "base", TEXTS, family=family)
    every = "strategy=lora,rank=2"
    network = tuned(base, every, adapter=tmp_path / "adapter")
    plain = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=2)
    plain.config.pad_token_id = 0
    theirs = peft.PeftModel.from_pretrained(plain, tmp_path / "adapter").eval()
    ids = torch.from_numpy(network.tokens.encode(TEXTS[:1]).ids).long().unsqueeze(0)
    with torch.no_grad():
        wanted = theirs(input_ids=ids).logits
        found = network.network(ids, torch.tensor([ids.shape[1]]))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(found, open_logits(base, network, ids), atol=1e-3), (
        "nothing was learned"
    )


def open_logits(base: str, network: FinetunedClassifier, ids: torch.Tensor) -> torch.Tensor:
    """What the trained head says on the body as it was."""
    from nlpwb.methods.finetuning.network import FinetunedNetwork

    before = FinetunedNetwork(open_base(base).body, network.network.head, network.network.pooling)
    with torch.no_grad():
        said: torch.Tensor = before.eval()(ids, torch.tensor([ids.shape[1]]))
    return said


def test_the_share_that_learns_is_said(base: str) -> None:
    notes: list[str] = []
    tuned(base, "strategy=bitfit", note=notes.append)
    assert any("weights learn" in note and "strategy=bitfit" in note for note in notes)


def test_what_learned_and_what_is_to_ship_is_kept(base: str) -> None:
    """Of low ranks the additions and the head; of a frozen base the head alone; of all of it everything."""
    body = sum(parameter.numel() for parameter in open_base(base).body.parameters())
    head = 32 * 32 + 32 + 32 * 2 + 2
    additions = 2 * 2 * (2 * 32 * 2)  # two blocks, queries and values, A and B of rank 2
    for options, learns, every in (
        ("", body + head, body + head),
        ("strategy=lora,rank=2,targets=query|value", additions + head, body + additions + head),
        ("strategy=frozen", 32 * 2 + 2, body + 32 * 2 + 2),
    ):
        made = tuned(base, options, epochs=1).made
        assert made.parameters == every
        assert made.trained_share == pytest.approx(learns / every)
        assert made.ship_bytes == 4 * learns


def test_a_frozen_base_reads_a_text_once(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another seed's or another fold's head finds the vectors that the first one needed."""
    calls: list[int] = []
    plain = finetuning.encode

    def counting(body: Any, encoded: Any, *rest: Any, **more: Any) -> NDArray[np.float32]:
        calls.append(len(encoded))
        return plain(body, encoded, *rest, **more)

    monkeypatch.setattr(finetuning, "encode", counting)
    cache = Cache(tmp_path)
    first = tuned(base, "strategy=frozen", cache=cache)
    again = tuned(base, "strategy=frozen", cache=cache)
    few = tuned(base, "strategy=frozen", cache=cache, texts=TEXTS[:30], targets=LABELS[:30])
    assert calls == [len(set(TEXTS))]
    np.testing.assert_array_equal(first.scores(TEXTS), again.scores(TEXTS))
    assert few.scores(TEXTS).shape == (60, 2)
    assert again.made.earlier_seconds > 0


@pytest.mark.parametrize(
    ("task", "targets", "labels"),
    [
        ("multilabel", np.stack([LABELS == 0, LABELS == 1], axis=1), ("bad", "good")),
        ("regression", 100.0 + 7.0 * LABELS, ()),
    ],
)
def test_sets_and_numbers(base: str, task: Task, targets: Any, labels: tuple[str, ...]) -> None:
    """Of a number mean and deviation are in the last layer: what the file says is the number itself."""
    outputs = 1 if task == "regression" else 2
    network = tuned(base, task=task, targets=targets, labels=labels, outputs=outputs)
    scores = network.scores(TEXTS)
    assert scores.shape == (60, outputs)
    if task == "regression":
        assert 95 < scores.mean() < 112
        assert (network.shape.mean, network.shape.deviation) == (0.0, 1.0)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("task", ["classify", "multilabel", "regression"])
def test_transformers_reads_the_folder(tmp_path: Path, family: str, task: Task) -> None:
    """The same logits, the labels, and the kind of problem, by ``AutoModelForSequenceClassification``."""
    transformers = pytest.importorskip("transformers")
    base = write_base(tmp_path / "base", TEXTS, family=family)
    targets: Any = {
        "classify": LABELS,
        "multilabel": np.stack([LABELS == 0, LABELS == 1], axis=1),
        "regression": LABELS.astype(np.float64),
    }[task]
    labels = () if task == "regression" else ("bad", "good")
    network = tuned(base, task=task, targets=targets, labels=labels, outputs=max(1, len(labels)))
    spec = parse_spec(str(network.part))
    save_model(
        tmp_path / "model",
        Classifier(spec, labels, 0, network=network, task=task),
        {"by": "a test"},
    )
    theirs, told = transformers.AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "model", output_loading_info=True
    )
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    if labels:
        assert theirs.config.id2label == dict(enumerate(labels))
    encoded = network.tokens.encode(TEXTS[:1])
    ids = torch.from_numpy(encoded.ids).long().unsqueeze(0)
    with torch.no_grad():
        wanted = theirs.eval()(input_ids=ids).logits
        found = network.network(ids, torch.tensor([ids.shape[1]]))
    if (
        task == "regression" and family == "gpt2"
    ):  # its last layer has no offset to put the mean into
        found = found * 1.0
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.scores(TEXTS), network.scores(TEXTS))


def test_a_head_on_means_is_offered_to_nobody_else(tmp_path: Path) -> None:
    """A family's class would take its last layer for one that stands on the first token."""
    settings = SentenceSettings("mean", True, 20)
    base = write_base(tmp_path / "base", TEXTS, sentences=settings)
    network = tuned(base, "pooling=mean")
    assert not network.exchanged
    spec = parse_spec(str(network.part))
    save_model(tmp_path / "model", Classifier(spec, ("bad", "good"), 0, network=network), {})
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["architectures"] == ["BertModel"]
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.scores(TEXTS), network.scores(TEXTS))


def test_the_command_offers_the_strategies_that_there_are() -> None:
    from nlpwb.cli.finetune import STRATEGIES as OFFERED
    from nlpwb.methods.finetuning.config import STRATEGIES

    assert OFFERED == STRATEGIES


def test_blanks_teach_nothing(base: str) -> None:
    with pytest.raises(MethodError, match="no token"):
        tuned(base, texts=["", " "], targets=LABELS[:2])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("strategy=lora,targets=querry", "did you mean query"),
        ("rank=4", "does nothing with strategy=full"),
        ("strategy=lora,layers=1", "does nothing with strategy=lora"),
        ("strategy=upside-down", "strategy"),
    ],
)
def test_options_without_effect_are_refused(options: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_spec(f"finetune:{options}")
