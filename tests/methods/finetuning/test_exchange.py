"""Checkpoints go from the transformers library to networks of ours and back, and say the same numbers on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nlpwb.bases.files import write_checkpoint
from nlpwb.methods.finetuning.checkpoint import (
    head_of,
    new_body,
    written_checkpoint,
)
from nlpwb.methods.finetuning.configurations import architecture_of

from .theirs import (
    KINDS,
    LABELS,
    TASKS,
    Opened,
    batch,
    loader,
    opened,
    our_answer,
    their_answer,
    their_model,
)

CLOSE: dict[str, Any] = {"atol": 2e-5, "rtol": 1e-5}


def read_back(library: Any, kind: str, task: str, folder: Path) -> tuple[Any, dict[str, set[str]]]:
    """Their model of a folder of ours, and what it says of the keys."""
    model, said = loader(library, kind, task).from_pretrained(
        folder, output_loading_info=True, attn_implementation="eager"
    )
    return model.eval(), {name: set(keys) for name, keys in said.items() if keys}


def compared(task: str, ours: torch.Tensor, theirs: torch.Tensor, mask: torch.Tensor) -> None:
    """Answers for texts in full, those for tokens where there are some."""
    if task != "text":
        ours, theirs = ours[mask], theirs[mask]
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", TASKS)
def test_a_checkpoint_of_theirs_says_the_same_in_ours_and_goes_back(
    library: Any, tmp_path: Path, kind: str, task: str
) -> None:
    """Every table of names, every head, padding, and both directions."""
    theirs = their_model(library, kind, task)
    theirs.save_pretrained(tmp_path / "theirs")
    made = opened(tmp_path / "theirs", task)
    assert made.architecture.task == task
    ids, lengths, mask = batch(theirs.config.pad_token_id)
    expected = their_answer(theirs, ids, mask)
    assert expected[mask if task != "text" else slice(None)].std() > 0.1  # no comparison of zeros
    compared(task, our_answer(made, task, ids, lengths), expected, mask)

    (tmp_path / "ours").mkdir()
    config, tensors = written_checkpoint(*made, labels=made.architecture.labels)
    write_checkpoint(tmp_path / "ours", config, tensors)
    again, said = read_back(library, kind, task, tmp_path / "ours")
    pooler = {"pooler.dense.weight", "pooler.dense.bias"}
    assert said.pop("missing_keys", set()) <= (pooler if task == "encoder" else set())
    assert said == {}
    compared(task, their_answer(again, ids, mask), expected, mask)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", TASKS)
def test_a_network_that_began_with_us_is_read_by_theirs(
    library: Any, tmp_path: Path, kind: str, task: str
) -> None:
    """No configuration of theirs stands behind it: what ours leaves unsaid must be what theirs takes for granted."""
    source = their_model(library, kind, task).config.to_dict()
    family = architecture_of(source, name="it").family
    bare = {theirs: source[theirs] for theirs in family.sizes.values()}
    named = {"model_type": kind, "architectures": [family.classes[task]]}  # type: ignore[index]
    architecture = architecture_of({**bare, **named}, name="it")
    torch.manual_seed(3)
    body = new_body(architecture, vocabulary=source["vocab_size"])
    head = head_of(architecture, task, outputs=LABELS)  # type: ignore[arg-type]
    for part in (body, head):
        for weights in () if part is None else part.parameters():
            torch.nn.init.normal_(weights, std=0.3)
        if part is not None:
            part.eval()
    labels = ("no", "yes", "perhaps") if task in ("text", "tokens") else ()
    config, tensors = written_checkpoint(architecture, body, head, labels=labels)
    write_checkpoint(tmp_path, config, tensors)
    theirs, said = read_back(library, kind, task, tmp_path)
    if task != "encoder":
        assert said == {}
    if labels:
        assert theirs.config.id2label == dict(enumerate(labels))
    ids, lengths, mask = batch(theirs.config.pad_token_id)
    ours = our_answer(Opened(architecture, body, head), task, ids, lengths)
    compared(task, ours, their_answer(theirs, ids, mask), mask)


@pytest.mark.parametrize(
    ("kind", "task", "settings"),
    [
        ("bert", "language", {"hidden_act": "relu"}),
        ("bert", "language", {"hidden_act": "gelu_pytorch_tanh"}),
        ("bert", "text", {"layer_norm_eps": 0.05, "type_vocab_size": 5}),
        ("roberta", "language", {"hidden_act": "relu"}),
        ("roberta", "tokens", {"pad_token_id": 7, "type_vocab_size": 2}),
        ("electra", "language", {"hidden_act": "relu"}),
        ("electra", "text", {"embedding_size": 24, "hidden_act": "gelu_new"}),
        ("distilbert", "language", {"activation": "relu"}),
        ("distilbert", "encoder", {"sinusoidal_pos_embds": True}),
        ("gpt2", "language", {"activation_function": "relu", "n_inner": 30}),
        ("gpt2", "tokens", {"activation_function": "gelu"}),
        ("gpt2", "language", {"tie_word_embeddings": True, "reorder_and_upcast_attn": True}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_settings_that_are_not_the_usual_ones_are_kept(
    library: Any, tmp_path: Path, kind: str, task: str, settings: dict[str, Any]
) -> None:
    theirs = their_model(library, kind, task, **settings)
    theirs.save_pretrained(tmp_path / "theirs")
    made = opened(tmp_path / "theirs", task)
    ids, lengths, mask = batch(theirs.config.pad_token_id)
    expected = their_answer(theirs, ids, mask)
    compared(task, our_answer(made, task, ids, lengths), expected, mask)
    (tmp_path / "ours").mkdir()
    config, tensors = written_checkpoint(*made, labels=made.architecture.labels)
    write_checkpoint(tmp_path / "ours", config, tensors)
    again, _ = read_back(library, kind, task, tmp_path / "ours")
    assert {name: getattr(again.config, name) for name in settings} == settings
    compared(task, their_answer(again, ids, mask), expected, mask)


@pytest.mark.parametrize("task", TASKS)
def test_segments_of_pairs_are_told_apart(library: Any, tmp_path: Path, task: str) -> None:
    theirs = their_model(library, "bert", task)
    theirs.save_pretrained(tmp_path)
    made = opened(tmp_path, task)
    ids, lengths, mask = batch(0)
    segments = (torch.arange(9) >= torch.tensor([[4], [2], [1]])).long()
    ours = our_answer(made, task, ids, lengths, segments)
    compared(task, ours, their_answer(theirs, ids, mask, token_type_ids=segments), mask)
    assert not torch.allclose(ours, our_answer(made, task, ids, lengths))


@pytest.mark.parametrize("kind", KINDS[:4])
def test_every_layers_states_are_theirs(library: Any, tmp_path: Path, kind: str) -> None:
    """What enters the first block included, which ELECTRA has widened by then."""
    theirs = their_model(library, kind, "encoder")
    theirs.save_pretrained(tmp_path)
    body = opened(tmp_path, "encoder").body
    ids, lengths, mask = batch(theirs.config.pad_token_id)
    with torch.inference_mode():
        ours = body.states(ids, lengths)  # type: ignore[operator]
        expected = theirs(
            input_ids=ids, attention_mask=mask.long(), output_hidden_states=True
        ).hidden_states
    assert len(ours) == len(expected) == 3
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one[mask], other[mask], **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_blocks_attention_is_theirs(library: Any, tmp_path: Path, kind: str) -> None:
    theirs = their_model(library, kind, "encoder")
    theirs.save_pretrained(tmp_path)
    body = opened(tmp_path, "encoder").body
    ids, lengths, mask = batch(theirs.config.pad_token_id)
    with torch.inference_mode():
        ours = body.attention_weights(ids, lengths)
        expected = theirs(
            input_ids=ids, attention_mask=mask.long(), output_attentions=True
        ).attentions
    assert len(ours) == len(expected) == 2
    for one, other in zip(ours, expected, strict=True):
        for row, length in enumerate(lengths.tolist()):
            torch.testing.assert_close(
                one[row, :, :length, :length], other[row, :, :length, :length], **CLOSE
            )


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_source_says_of_itself_is_written_back(
    library: Any, tmp_path: Path, kind: str
) -> None:
    """Their settings that mean nothing to us must not be lost: somebody may go on with the model there."""
    theirs = their_model(
        library,
        kind,
        "text",
        initializer_range=0.03,
        problem_type="multi_label_classification",
        id2label={0: "red", 1: "green", 2: "blue"},
        label2id={"red": 0, "green": 1, "blue": 2},
        bos_token_id=3,
    )
    theirs.save_pretrained(tmp_path / "theirs")
    made = opened(tmp_path / "theirs", "text")
    config, tensors = written_checkpoint(*made, labels=made.architecture.labels)
    (tmp_path / "ours").mkdir()
    write_checkpoint(tmp_path / "ours", config, tensors)
    again = library.AutoConfig.from_pretrained(tmp_path / "ours").to_dict()
    before = library.AutoConfig.from_pretrained(tmp_path / "theirs").to_dict()
    of_the_file = ("_name_or_path", "transformers_version", "dtype")
    for name in (*of_the_file, *(("n_ctx",) if kind == "gpt2" else ())):
        before.pop(name, None)
        again.pop(name, None)
    assert again == before


def test_a_real_folder_with_weights_of_the_old_format(library: Any, shared_data: Path) -> None:
    """``pytorch_model.bin`` by the loader of weights alone; five layers, and a width of 37 inside."""
    folder = shared_data / "models" / "hf_tiny" / "BertForSequenceClassification"
    made = opened(folder, "text", outputs=2)
    theirs = library.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    ids = torch.randint(5, 1000, (2, 12), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([12, 7])
    mask = torch.arange(12) < lengths[:, None]
    ours, expected = our_answer(made, "text", ids, lengths), their_answer(theirs, ids, mask)
    torch.testing.assert_close(ours, expected, **CLOSE)
    assert made.architecture.shape.layers == 5
