"""A base that learns from pairs of texts: what it reads, what comes out, and how the field's libraries read it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, ModelError
from nlpwb.specs import parse_spec
from nlpwb.tasks import Task
from nlpwb.text.pairs import split_pair
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.evaluating import evaluate
from nlpwb.workflows.looking.classifying import open_classifier
from nlpwb.workflows.model_folder import load_model, reads_pairs, save_model
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.prediction import predict
from nlpwb.workflows.pretrained.finetuning import finetune
from nlpwb.workflows.sentences.encoders import model_encoder

from .bases import write_base, write_byte_base

WORDS = ("cat", "dog", "sat", "ran", "the", "a", "man", "ate", "fish", "slept")


def pairs_of(n: int) -> tuple[list[str], list[str]]:
    """Pairs whose second text is the first's last word, or another."""
    chance = random.Random(1)
    texts, labels = [], []
    for number in range(n):
        first = chance.choices(WORDS, k=chance.randint(3, 12))
        same = number % 2 == 0
        other = chance.choice([word for word in WORDS if word != first[-1]])
        texts.append(f"{' '.join(first)}\t{first[-1] if same else other}")
        labels.append("same" if same else "other")
    return texts, labels


TEXTS, LABELS = pairs_of(40)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), WORDS)


def tuned(
    base: str,
    options: str = "",
    *,
    task: Task = "classify",
    targets: list[str] = LABELS,
    pairs: bool = True,
    **more: Any,
) -> Classifier:
    text = f"finetune:base={base},epochs=1,learning_rate=0.003,batch_documents=8{options}"
    return fit_classifier(
        parse_spec(text),
        TEXTS,
        targets,
        labels=() if task == "regression" else ("other", "same"),
        seed=0,
        threads=1,
        conditions=Conditions(**{"device": "cpu", "precision": "float32", **more}),
        task=task,
        pairs=pairs,
    )


def loud(model: Classifier) -> None:
    """Draw the last layers anew, so large that texts differ in what is said of them."""
    assert model.network is not None
    torch.manual_seed(3)
    network: Any = model.network.model
    with torch.no_grad():
        for parameter in network.head.parameters():
            parameter.normal_(std=0.4)


def odds(scores: Any) -> Any:
    """Numbers, or differences of logits: probabilities near 0 and 1 all look alike."""
    return scores[:, 0] if scores.shape[1] == 1 else np.log(scores[:, 0] / scores[:, 1])


def write(kind: str, folder: Path) -> str:
    return write_byte_base(folder, TEXTS * 3) if kind == "roberta" else write_base(folder, WORDS)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
@pytest.mark.parametrize("task", ["classify", "regression"])
def test_transformers_reads_the_folder_and_says_the_same_of_pairs(
    tmp_path: Path, kind: str, task: Task
) -> None:
    """Its own tokenizer on the two texts, with its segments: marks, segments and cuts are where the family has them."""
    transformers = pytest.importorskip("transformers")
    base = write(kind, tmp_path / "base")
    numbers = [str(len(text) / 10) for text in TEXTS]
    model = tuned(base, task=task, targets=LABELS if task == "classify" else numbers)
    loud(model)
    save_model(tmp_path / "model", model, {})
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    reads = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "model" / "tokenizer.json"),
        model_input_names=["input_ids", "attention_mask"]
        + (["token_type_ids"] if kind == "bert" else []),
        model_max_length=40,
    )
    long = f"{'the cat ' * 30}\t{'a fish ' * 8}"
    texts = [*TEXTS[:4], "\t".join(reversed(split_pair(TEXTS[0]))), long]
    with torch.no_grad():
        wanted = [
            theirs.eval()(
                **reads(*split_pair(text), return_tensors="pt", truncation="longest_first")
            ).logits
            for text in texts
        ]
    logits = torch.cat(wanted).double()
    expected = logits.softmax(dim=1) if task == "classify" else logits
    found, wanted_odds = odds(model.scores(texts)), odds(expected.numpy())
    np.testing.assert_allclose(found, wanted_odds, atol=1e-4)
    assert wanted_odds.std() > 0.005, "else anything would agree"
    again = load_model(tmp_path / "model")
    assert again.pairs
    assert reads_pairs(tmp_path / "model")
    np.testing.assert_array_equal(again.scores(texts), model.scores(texts))


def test_the_second_text_has_segments_of_its_own(base: str) -> None:
    """Without them both orders of two equal marks would be told apart by places alone."""
    model = tuned(base)
    assert model.network is not None
    network: Any = model.network.model
    loud(model)
    before = odds(model.scores(TEXTS[:4]))
    with torch.no_grad():
        network.body.segments.weight[1].normal_(std=1.0)
    assert (np.abs(odds(model.scores(TEXTS[:4])) - before) > 1e-2).any()


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_company_changes_no_score(tmp_path: Path, kind: str) -> None:
    model = tuned(write(kind, tmp_path))
    loud(model)
    alone = np.concatenate([model.scores([text]) for text in TEXTS[:6]])
    np.testing.assert_allclose(model.scores(TEXTS[:6]), alone, atol=1e-5)


def test_a_frozen_base_keeps_vectors_of_pairs_apart_from_those_of_texts(
    base: str, tmp_path: Path
) -> None:
    """The same characters are a pair here and a text there, and have other vectors."""
    cache = Cache(tmp_path)
    single = tuned(base, ",strategy=frozen", pairs=False, cache=cache)
    paired = tuned(base, ",strategy=frozen", cache=cache)
    again = tuned(base, ",strategy=frozen", cache=cache)
    assert not single.pairs
    assert not np.allclose(single.vectors(TEXTS[:4]), paired.vectors(TEXTS[:4]), atol=1e-3)
    np.testing.assert_array_equal(paired.scores(TEXTS), again.scores(TEXTS))


@pytest.fixture(scope="module")
def folder(base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pairs")
    save_model(place / "model", tuned(base), {})
    rows = [f"{text}\t{label}" for text, label in zip(TEXTS, LABELS, strict=True)]
    table = "\n".join(["premise\thypothesis\tlabel", *rows, ""])
    (place / "pairs.tsv").write_text(table, encoding="utf-8")
    (place / "texts.csv").write_text("text,label\nthe cat,same\na dog,other\n", encoding="utf-8")
    return place


def test_a_file_of_two_columns_is_judged_and_labelled(folder: Path) -> None:
    found = evaluate(
        folder / "model",
        str(folder / "pairs.tsv"),
        ReadOptions(),
        metric=None,
        seed=0,
        threads=1,
        note=lambda _: None,
    )
    assert found.documents == 40
    assert found.low <= found.score <= found.high
    rows = list(
        predict(
            folder / "model",
            str(folder / "pairs.tsv"),
            ReadOptions(labelled=False),
            top_k=None,
            probabilities=False,
            threads=1,
            note=lambda _: None,
        )
    )
    assert [row.text for row in rows] == TEXTS
    right = sum(row.labels[0] == label for row, label in zip(rows, LABELS, strict=True))
    assert right / 40 == pytest.approx(found.score)


def test_single_texts_are_refused_in_a_sentence(folder: Path) -> None:
    with pytest.raises(InputError, match=r"model reads pairs of texts: .*--text names them"):
        evaluate(
            folder / "model",
            str(folder / "texts.csv"),
            ReadOptions(),
            metric=None,
            seed=0,
            threads=1,
            note=lambda _: None,
        )


def test_what_looks_at_single_texts_refuses_a_model_of_pairs(folder: Path) -> None:
    with pytest.raises(ModelError, match="reads pairs of texts, and this command looks at one"):
        open_classifier(folder / "model", "attention: transformer has")
    with pytest.raises(ModelError, match="reads pairs of texts, and has no vector of one"):
        model_encoder(folder / "model", device="cpu", threads=1)


def test_a_pair_that_leaves_no_room_is_refused(base: str) -> None:
    part = parse_spec(f"finetune:base={base},max_tokens=3").representation
    with pytest.raises(ModelError, match="no room for two texts"):
        finetune(
            part,
            TEXTS,
            np.zeros(len(TEXTS), dtype=np.int64),
            task="classify",
            labels=("other", "same"),
            outputs=2,
            seed=0,
            threads=1,
            conditions=Conditions(device="cpu"),
            pairs=True,
        )
