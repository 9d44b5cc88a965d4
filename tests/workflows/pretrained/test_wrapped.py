"""Architectures of the extra: the vectors of the library itself, a few steps of training, and the same again from the folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.bases import families
from nlpwb.bases.files import read_tensors, write_checkpoint
from nlpwb.errors import ModelError, UsageError
from nlpwb.methods.finetuning import wrapped as wrapping
from nlpwb.methods.finetuning.checkpoint import token_states
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.contexts.encoding import every_state
from nlpwb.workflows.looking.attention import open_and_attend
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.pretrained.classifier import FinetunedClassifier
from nlpwb.workflows.pretrained.finetuning import finetune
from nlpwb.workflows.pretrained.opening import open_base
from nlpwb.workflows.pretrained.representation import PretrainedTexts
from tests.workflows.networks.corpora import reviews

from .wrapped import KINDS, write_wrapped

transformers = pytest.importorskip("transformers")
TEXTS, LABELS = reviews(24)
DECODERS = ("qwen2",)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bases")
    return {kind: write_wrapped(folder / kind, TEXTS, kind) for kind in KINDS}


def tuned(base: str, options: str = "", **more: Any) -> FinetunedClassifier:
    text = f"finetune:base={base},epochs=2,learning_rate=0.003,batch_documents=8"
    part = parse_spec(text + (f",{options}" if options else "")).representation
    return finetune(
        part,
        TEXTS,
        LABELS,
        task="classify",
        labels=("bad", "good"),
        outputs=2,
        seed=0,
        threads=1,
        conditions=Conditions(device="cpu", precision="float32", **more),
    )


def theirs_of(folder: str) -> Any:
    """The library's own reading of a folder, as its pages tell."""
    kind = json.loads((Path(folder) / "config.json").read_text())["model_type"]
    code = transformers.T5EncoderModel if kind == "t5" else transformers.AutoModel
    return code.from_pretrained(folder).eval()


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_the_librarys(bases: dict[str, str], kind: str) -> None:
    """Beside longer texts in a batch, pooled over tokens alone: what padding stands there must not matter."""
    config = parse_spec(f"pretrained:base={bases[kind]},pooling=mean,precision=float32")
    found = PretrainedTexts.open(config.representation.config)
    vectors = found.transform(TEXTS, threads=1)
    theirs = theirs_of(bases[kind])
    for row in (0, 5, 23):
        ids = torch.from_numpy(found.tokens.encode([TEXTS[row]]).ids).long().unsqueeze(0)
        with torch.no_grad():
            states = theirs(input_ids=ids).last_hidden_state[0]
        np.testing.assert_allclose(vectors[row], states.mean(dim=0).numpy(), atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tuned_one_is_the_same_from_its_folder(
    bases: dict[str, str], kind: str, tmp_path: Path
) -> None:
    """All of it learned, and neither the base nor a pickle is needed afterwards; the library reads the folder, too."""
    base = tmp_path / "base"
    shutil.copytree(bases[kind], base)
    before = {name: tensor.clone() for name, tensor in open_base(str(base)).body.named_parameters()}
    network = tuned(str(base))
    moved = [
        name
        for name, tensor in network.network.body.named_parameters()
        if not torch.equal(tensor, before[name])
    ]
    assert len(moved) > 0.8 * len(before)
    spec = parse_spec(str(network.part))
    save_model(tmp_path / "model", Classifier(spec, ("bad", "good"), 0, network=network), {})
    scores = network.scores(TEXTS)
    shutil.rmtree(base)
    again = load_model(tmp_path / "model")
    np.testing.assert_allclose(again.scores(TEXTS), scores, atol=1e-6)
    assert {path.suffix for path in (tmp_path / "model").iterdir()} <= {".json", ".safetensors"}
    theirs = theirs_of(str(tmp_path / "model"))
    ids = torch.from_numpy(network.tokens.encode(TEXTS[:1]).ids).long().unsqueeze(0)
    with torch.no_grad():
        wanted = theirs(input_ids=ids).last_hidden_state
        found = network.network.body(ids, torch.tensor([ids.shape[1]]))
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-4)


def test_pairs_by_label_tune_one_too(bases: dict[str, str], tmp_path: Path) -> None:
    network = tuned(bases["mpnet"], "strategy=contrastive")
    assert network.made.trained_share == 1.0
    spec = parse_spec(str(network.part))
    save_model(tmp_path / "model", Classifier(spec, ("bad", "good"), 0, network=network), {})
    again = load_model(tmp_path / "model")
    np.testing.assert_allclose(again.scores(TEXTS), network.scores(TEXTS), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_low_ranks_find_queries_and_values(bases: dict[str, str], kind: str) -> None:
    network = tuned(bases[kind], "strategy=lora,targets=query|value,rank=2")
    before = dict(open_base(bases[kind]).body.named_parameters())
    moved = {
        name
        for name, tensor in network.network.body.named_parameters()
        if not torch.equal(tensor, before[name])
    }
    assert moved
    own = ("query", "value", "_proj.weight", ".q.weight", ".v.weight", "Wqkv.weight")
    assert all(any(part in name for part in own) for name in moved), moved
    assert not any("key" in name or ".k." in name or "k_proj" in name for name in moved)


def test_thirds_of_one_matrix_leave_the_keys_alone(bases: dict[str, str]) -> None:
    network = tuned(bases["modernbert"], "strategy=lora,targets=query|value,rank=2")
    name = "inner.layers.0.attn.Wqkv.weight"
    before = dict(open_base(bases["modernbert"]).body.named_parameters())[name]
    same = (dict(network.network.body.named_parameters())[name] == before).all(dim=1)
    assert same[32:64].all()
    assert not same[:32].any()
    assert not same[64:].any()


def test_blocks_can_begin_one_after_the_other(bases: dict[str, str], tmp_path: Path) -> None:
    """And the head of gradual unfreezing comes back from a folder whose other tensors are the library's."""
    notes: list[str] = []
    network = tuned(bases["qwen2"], "strategy=gradual,hidden=4", note=notes.append)
    assert len([note for note in notes if "weights move" in note]) == 2
    made = Classifier(parse_spec(str(network.part)), ("bad", "good"), 0, network=network)
    save_model(tmp_path / "model", made, {"by": "a test"})
    np.testing.assert_array_equal(
        load_model(tmp_path / "model").scores(TEXTS), network.scores(TEXTS)
    )


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("mpnet", "strategy=frozen", ()),
        ("mpnet", "strategy=layers,layers=1", ("encoder.layer.1.",)),
        ("qwen2", "strategy=layers,layers=1", ("inner.layers.1.", "inner.norm.")),
        ("deberta-v2", "strategy=bitfit", ("bias",)),
    ],
)
def test_the_other_strategies_move_what_they_name(
    bases: dict[str, str], kind: str, options: str, expected: tuple[str, ...]
) -> None:
    network = tuned(bases[kind], options)
    before = dict(open_base(bases[kind]).body.named_parameters())
    moved = {
        name
        for name, tensor in network.network.body.named_parameters()
        if not torch.equal(tensor, before[name])
    }
    assert bool(moved) == bool(expected)
    assert all(any(part in name for part in expected) for name in moved), moved


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("albert", "strategy=layers", "no list that this program finds; write strategy=full"),
        ("albert", "strategy=gradual", "no list that this program finds; write strategy=full"),
        ("t5", "strategy=bitfit", "moves offsets, and .* has none"),
        ("modernbert", "strategy=lora,targets=back|inner", None),
        ("albert", "strategy=lora,targets=output", None),
    ],
)
def test_what_an_architecture_lacks_is_said(
    bases: dict[str, str], kind: str, options: str, sentence: str | None
) -> None:
    if sentence is None:
        tuned(bases[kind], options)
        return
    with pytest.raises(UsageError, match=sentence):
        tuned(bases[kind], options)


def test_targets_without_a_matrix_name_those_that_there_are(tmp_path: Path) -> None:
    """GPT-NeoX keeps queries, keys and values in one matrix, head by head."""
    KINDS["gpt_neox"] = {}
    try:
        base = write_wrapped(tmp_path / "neox", TEXTS, "gpt_neox")
    finally:
        del KINDS["gpt_neox"]
    with pytest.raises(UsageError, match=r"query or value; its matrices are .*query_key_value"):
        tuned(base, "strategy=lora,targets=query|value")
    tuned(base, "strategy=lora,rank=2")  # all: those that there are


def test_additions_by_themselves_are_for_the_tables_families(
    bases: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--adapter"):
        tuned(bases["mpnet"], "strategy=lora,targets=query|value", adapter=tmp_path / "a")


@pytest.mark.parametrize("kind", KINDS)
def test_attention_and_states_are_told(bases: dict[str, str], kind: str) -> None:
    """Rows sum to 1, a decoder's look back only, and asking leaves the network as it was."""
    base = open_base(bases[kind])
    ids = torch.from_numpy(base.tokens.encode([TEXTS[0]]).ids).long().unsqueeze(0)
    lengths = torch.tensor([ids.shape[1]])
    with torch.no_grad():
        before = base.body(ids, lengths)
        states = every_state(base.body, ids, lengths)
        weights = base.body.attention_weights(ids, lengths)
        after = base.body(ids, lengths)
    assert len(states) == 3
    torch.testing.assert_close(states[-1], before)
    assert torch.equal(before, after)
    assert [tuple(one.shape) for one in weights] == [(1, 4, ids.shape[1], ids.shape[1])] * 2
    torch.testing.assert_close(weights[0].sum(dim=-1), torch.ones(1, 4, ids.shape[1]))
    backwards = bool((weights[0].triu(1) == 0).all())
    assert backwards == base.architecture.looks_back == (kind in DECODERS)


def test_attend_opens_one(bases: dict[str, str]) -> None:
    (attended,) = open_and_attend(Path(bases["deberta-v2"]), [TEXTS[0]], words=False)
    assert len(attended.layers("self")) == 2


def test_places_are_those_that_there_are(bases: dict[str, str]) -> None:
    """XLM-R's and MPNet's tables begin behind the row of padding; a text of all places goes through."""
    long = " ".join([TEXTS[0]] * 30)
    for kind, places in {"xlm-roberta": 38, "mpnet": 38, "albert": 40, "qwen2": 40}.items():
        base = open_base(bases[kind])
        assert base.tokens.longest == places
        ids = torch.from_numpy(base.tokens.encode([long]).ids).long().unsqueeze(0)
        assert ids.shape[1] == places
        assert bool(base.body(ids, torch.tensor([places])).isfinite().all())


def test_without_the_extra_the_sentence_says_what_installs_it(
    bases: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrapping, "reads_others", lambda: False)
    with pytest.raises(ModelError) as told:
        open_base(bases["albert"])
    assert "of the architecture albert" in str(told.value)
    assert ", ".join(families.READ[:2]) in str(told.value)
    assert "`pip install 'nlpwb[hf]'` installs it" in str(told.value)


def test_an_old_library_is_told(bases: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "library_version", lambda: "4.44.1")
    with pytest.raises(ModelError, match=r"transformers 4\.44\.1 is too old"):
        open_base(bases["albert"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model_type": "wholly-new"}, "neither this program nor transformers .* knows"),
        ({"model_type": "vit"}, "reads no tokens of a text"),
        ({"model_type": "canine"}, "no table of embeddings by tokens"),
        ({"model_type": "bart"}, "encoder-decoder .*no encoder by itself"),
        ({"quantization_config": {"bits": 4}}, "quantised"),
        ({"hidden_size": "wide"}, "lacks a size, or says one that makes no sense"),
        ({"num_hidden_layers": 3}, "lacks the tensor encoder.layer.2"),
        ({"hidden_size": 16}, r"the tensor .* has the shape .*, and its config.json says"),
    ],
)
def test_folders_that_do_not_fit_name_what_is_wrong(
    bases: dict[str, str], tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    folder = tmp_path / "base"
    shutil.copytree(bases["mpnet"], folder)
    config = json.loads((folder / "config.json").read_text()) | change
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=sentence):
        open_base(str(folder))


def test_code_beside_the_weights_is_not_run(bases: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(bases["mpnet"], folder)
    (folder / "modeling_own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling_own.Own", "AutoConfig": "modeling_own.Own"}
    (folder / "config.json").write_text(json.dumps(config))
    open_base(str(folder))
    config["model_type"] = "own"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="is never run"):
        open_base(str(folder))
    assert not (tmp_path / "ran").exists()


def test_a_pooler_that_is_not_there_is_not_missed(bases: dict[str, str], tmp_path: Path) -> None:
    """Checkpoints of masked language models hold none, and the vectors of tokens need none."""
    folder = tmp_path / "base"
    shutil.copytree(bases["albert"], folder)
    tensors = {n: t for n, t in read_tensors(folder).items() if not n.startswith("pooler")}
    assert len(tensors) < len(read_tensors(folder))
    write_checkpoint(folder, json.loads((folder / "config.json").read_text()), tensors)
    open_base(str(folder))


@pytest.mark.slow
def test_the_library_is_imported_for_such_a_base_alone(tmp_path: Path) -> None:
    """It takes seconds; bert and the rest must not pay for it."""
    from .bases import write_base

    base = write_base(tmp_path / "bert", TEXTS)
    code = (
        "import sys; from nlpwb.workflows.pretrained.opening import open_base; "
        f"open_base({base!r}); print('transformers' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_trace_tells_what_enters_and_leaves_each_block(bases: dict[str, str]) -> None:
    from nlpwb.workflows.looking.trace import open_and_trace

    names = [step.name for step in open_and_trace(Path(bases["qwen2"]), TEXTS[0]).steps]
    assert [name for name in names if name.startswith("block")] == ["block1", "block2"]


def test_the_second_text_of_a_pair_is_told_apart(bases: dict[str, str]) -> None:
    """Where the architecture tells segments apart; ids carry them as they do for our own bodies."""
    from nlpwb.methods.finetuning.pairs import parted

    base = open_base(bases["albert"])
    encoded = base.tokens.encode_pairs([(TEXTS[0], TEXTS[1])])
    ids, segments = parted(base.body, torch.from_numpy(encoded.ids).long().unsqueeze(0))
    assert segments is not None
    assert sorted(set(segments[0].tolist())) == [0, 1]
    with torch.no_grad():
        wanted = theirs_of(bases["albert"])(input_ids=ids, token_type_ids=segments)
        found = token_states(base.body, ids, torch.tensor([ids.shape[1]]), segments)
    torch.testing.assert_close(found, wanted.last_hidden_state, atol=2e-5, rtol=1e-4)
    other = open_base(bases["mpnet"])
    encoded = other.tokens.encode_pairs([(TEXTS[0], TEXTS[1])])
    ids, segments = parted(other.body, torch.from_numpy(encoded.ids).long().unsqueeze(0))
    assert segments is None
    assert int(ids.max()) < other.body.embedding.num_embeddings


def test_positions_begin_behind_the_row_of_padding(bases: dict[str, str]) -> None:
    from nlpwb.workflows.looking.positions import positions

    found = positions("learned", length=100, dim=8, heads=1, model=Path(bases["mpnet"]))
    assert found.encoding.shape == (38, 32)
    with pytest.raises(ModelError, match="has no learned positions"):
        positions("learned", length=8, dim=8, heads=1, model=Path(bases["qwen2"]))
