"""A base that learns labels of words: what is learned, what is said, and how the field's libraries read it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.data.conll import TaggedCorpus
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, MethodError, ModelError, UsageError
from nlpwb.methods.finetuning.tagging import WordTokens
from nlpwb.specs import parse_spec
from nlpwb.workflows.model_folder import load_model
from nlpwb.workflows.networks.conditions import Conditions, TrainingInterrupted
from nlpwb.workflows.pretrained.opening import open_base
from nlpwb.workflows.tagging.evaluating import evaluate_tagger
from nlpwb.workflows.tagging.fitting import _epochs, finetune_tagger
from nlpwb.workflows.tagging.folder import load_tagger, save_tagger
from nlpwb.workflows.tagging.predicting import tag_sentences, texts_to_sentences
from nlpwb.workflows.tagging.tagger import Tagger
from tests.workflows.pretrained.bases import write_base, write_byte_base
from tests.workflows.pretrained.wrapped import write_wrapped

NAMES = ("ann", "bob", "cara", "dan")
PLACES = ("york", "rome", "oslo")
WORDS = (*NAMES, *PLACES, "new", "lives", "in", "left", ".")


def corpus_of(n: int, *, plain: bool = False) -> TaggedCorpus:
    """``ann lives in new york .`` and ``bob left .`` in turn: each word has one label."""
    words, tags = [], []
    for number in range(n):
        words.append([NAMES[number % 4], "lives", "in", "new", PLACES[number % 3], "."])
        tags.append(["B-PER", "O", "O", "B-LOC", "I-LOC", "O"])
        if number % 2:
            words[-1][1:5], tags[-1][1:5] = ["left"], ["O"]
    if plain:
        tags = [[{"O": "x", "B-PER": "name"}.get(tag, "place") for tag in one] for one in tags]
    return TaggedCorpus(
        "c", words, tags, list(range(1, n + 1)), "plain" if plain else "IOB2", (), 0, "f"
    )


CORPUS = corpus_of(48)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), WORDS)


def tuned(
    base: str, options: str = "", *, corpus: TaggedCorpus = CORPUS, epochs: int = 1, **more: Any
) -> Tagger:
    text = f"finetune:base={base},epochs={epochs},learning_rate=0.002,head_rate=15,batch_documents=8{options}"
    conditions = Conditions(**{"device": "cpu", "precision": "float32", **more})
    part = parse_spec(text).representation
    return finetune_tagger(part, corpus, seed=0, threads=1, conditions=conditions)


def weights(tagger: Tagger) -> dict[str, Any]:
    return {name: array.copy() for name, array in tagger.state().arrays.items()}


@pytest.fixture(scope="module")
def learned(base: str) -> Tagger:
    return tuned(base, epochs=20)


def test_labels_are_learned_and_every_word_gets_one(learned: Tagger) -> None:
    said = learned.tag(CORPUS.words)
    right = sum(one.tags == tags for one, tags in zip(said, CORPUS.tags, strict=True))
    assert right > 45
    assert all(((one.probabilities > 0) & (one.probabilities <= 1)).all() for one in said)


@pytest.mark.parametrize(
    ("options", "moves"),
    [
        (",strategy=frozen", lambda name: False),
        (",strategy=layers,layers=1", lambda name: name.startswith("blocks.1.")),
        (",strategy=bitfit", lambda name: name.endswith("bias")),
        (
            ",strategy=lora,rank=2,targets=query|value",
            lambda name: name.endswith("packed.weight"),
        ),
        ("", lambda name: True),
    ],
)
def test_each_strategy_moves_what_it_names_and_lowers_the_loss(
    base: str, options: str, moves: Any
) -> None:
    notes: list[str] = []
    tagger = tuned(base, options, epochs=8, note=notes.append)
    before = dict(open_base(base).body.named_parameters())
    after = dict(tagger.network.body.named_parameters())
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved <= {name for name in before if moves(name)}
    assert bool(moved) == (options != ",strategy=frozen")
    assert any("weights learn" in note for note in notes)
    # of a layer drawn with a deviation of 0.02, cut at two of them
    assert (tagger.network.head.output.weight.detach().abs() > 0.05).any()


@pytest.mark.parametrize("kind", ["bert", "roberta", "gpt2"])
def test_transformers_reads_the_folder_and_says_the_same_of_first_pieces(
    tmp_path: Path, kind: str
) -> None:
    """By ``AutoModelForTokenClassification``, with its own tokenizer on the same words."""
    transformers = pytest.importorskip("transformers")
    base = (
        write_byte_base(tmp_path / "base", [" ".join(words) for words in CORPUS.words])
        if kind == "roberta"
        else write_base(tmp_path / "base", WORDS, family=kind)
    )
    tagger = tuned(base)
    with torch.no_grad():
        tagger.network.head.output.weight.normal_(std=1.0)
    save_tagger(tmp_path / "model", tagger, {})
    theirs, told = transformers.AutoModelForTokenClassification.from_pretrained(
        tmp_path / "model", output_loading_info=True
    )
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    assert theirs.config.id2label == dict(enumerate(CORPUS.labels))
    spaced = {"add_prefix_space": True} if kind == "roberta" else {}
    reads = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "model" / "tokenizer.json")
    )
    if spaced:
        from tokenizers import pre_tokenizers

        reads.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(**spaced)
    for words in CORPUS.words[:3]:
        given = reads(words, is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            logits = theirs.eval()(
                input_ids=given["input_ids"], attention_mask=given["attention_mask"]
            ).logits[0]
        owners = given.word_ids()
        first = [owners.index(number) for number in range(len(words))]
        wanted = logits[first].double().softmax(dim=1)
        (found,) = tagger.tag([words])
        assert found.tags == [CORPUS.labels[at] for at in wanted.argmax(dim=1).tolist()]
        np.testing.assert_allclose(found.probabilities, wanted.max(dim=1).values.numpy(), atol=1e-5)


def test_a_folder_says_the_same_again(learned: Tagger, tmp_path: Path) -> None:
    save_tagger(tmp_path / "model", learned, {"corpus": "c"})
    again = load_tagger(tmp_path / "model")
    assert again.labels == learned.labels
    for one, other in zip(again.tag(CORPUS.words), learned.tag(CORPUS.words), strict=True):
        assert one.tags == other.tags
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
    with pytest.raises(ModelError, match="is a tagger of words, and this command needs"):
        load_model(tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert (manifest["format"], manifest["kind"]) == (3, "tagger")


def test_company_and_order_change_no_label(learned: Tagger) -> None:
    sentences = [*CORPUS.words[:7], [], ["ann"]]
    together = learned.tag(sentences)
    for sentence, one in zip(sentences, together, strict=True):
        (alone,) = learned.tag([sentence])
        assert alone.tags == one.tags
        np.testing.assert_allclose(alone.probabilities, one.probabilities, atol=1e-5)
    assert together[7].tags == []


def test_long_sentences_are_read_in_windows_and_nothing_is_dropped(base: str) -> None:
    """The base sees 40 tokens, marks included: 90 words are three windows, and a word is never cut in two."""
    words = WordTokens(open_base(base).tokens)
    windows = words.encode([["ann"] * 90, ["bob"]])
    assert windows.words.tolist() == [38, 38, 14, 1]
    assert windows.sentences.tolist() == [0, 0, 0, 1]
    assert windows.divided == 1
    tagger = tuned(base, corpus=corpus_of(8))
    assert len(tagger.tag([["ann", "lives"] * 200])[0].tags) == 400


def test_windows_hold_marks_pieces_and_labels(base: str) -> None:
    """[CLS] and [SEP] around, and a mark on each first piece: the label's number and 1."""
    tokens = open_base(base).tokens
    rows = tokens.vocabulary
    windows = WordTokens(tokens).encode([["ann", "unheard", "in"]], [[2, 0, 1]])
    plain = (windows.ids % rows).tolist()
    assert tokens.tokens[plain[0]] == "[CLS]"
    assert [tokens.tokens[number] for number in plain] == ["[CLS]", "ann", "[UNK]", "in", "[SEP]"]
    assert (windows.ids // rows).tolist() == [0, 3, 1, 2, 0]
    assert (windows.unknown, windows.total) == (1, 3)


def test_a_word_of_nothing_and_one_longer_than_a_window(tmp_path: Path) -> None:
    """What the tokenizer leaves out is unknown; what does not fit is cut: both are labelled."""
    base = write_byte_base(tmp_path, [" ".join(words) for words in CORPUS.words])
    words = WordTokens(open_base(base).tokens)
    windows = words.encode([["ann", "ß" * 300, "in"], ["\ud83d"]])
    assert windows.words.sum() == 4
    assert np.diff(windows.ends, prepend=0).max() == 40
    plain = write_base(tmp_path / "plain", WORDS)
    cleaned = WordTokens(open_base(plain).tokens).encode([["\u200b"]])
    assert cleaned.words.tolist() == [1]


def test_words_of_bytes_are_cut_as_behind_a_space(tmp_path: Path) -> None:
    """Else the first word of a sentence, and each behind a mark, would have pieces that the base met elsewhere."""
    base = write_byte_base(tmp_path, ["new york rome"] * 20)
    tokens = open_base(base).tokens
    ids = WordTokens(tokens).encode([["new", "york"]]).ids % tokens.vocabulary
    assert ids.tolist() == tokens.encode([" new york"]).ids.tolist()


def test_training_ends_where_the_tuning_part_gains_no_more(base: str) -> None:
    notes: list[str] = []
    tagger = tuned(
        base,
        ",patience=4,tuning=0.2",
        corpus=corpus_of(160),
        epochs=30,
        note=notes.append,
    )
    assert tagger.made.stopped_early
    assert tagger.made.tuning_score == "entity F1"
    assert tagger.made.tuning is not None
    assert tagger.made.tuning > 0.9
    frozen = tuned(base, ",patience=1,tuning=0.2,strategy=frozen", corpus=corpus_of(160), epochs=4)
    assert frozen.made.tuning_score == "entity F1"
    few: list[str] = []
    tuned(base, ",patience=1", note=few.append)
    assert any("no tuning part (48 sentences are too few" in note for note in few)


def test_few_sentences_are_passed_more_often() -> None:
    """Two hundred steps, but 20 passes at most; what was asked for is done."""
    auto = parse_spec("finetune:base=minilm").representation.config
    assert [_epochs(auto, count) for count in (10, 640, 100_000)] == [20, 10, 3]
    assert _epochs(dataclasses.replace(auto, epochs=2), 10) == 2
    assert _epochs(dataclasses.replace(auto, strategy="frozen"), 10) == 30


def test_plain_labels_are_judged_by_words(base: str, tmp_path: Path) -> None:
    corpus = corpus_of(160, plain=True)
    tagger = tuned(base, ",patience=3,tuning=0.2", corpus=corpus, epochs=6)
    assert tagger.made.tuning_score == "accuracy"
    save_tagger(tmp_path / "model", tagger, {})
    path = write_conll(tmp_path / "a.conll", corpus)
    found = judged(tmp_path / "model", path)
    assert found.metric == "accuracy"
    assert found.score == pytest.approx(found.accuracy)
    assert found.low <= found.score <= found.high
    assert {one.label for one in found.per_type} == {"x", "name", "place"}
    with pytest.raises(UsageError, match="--strict concerns entities"):
        judged(tmp_path / "model", path, strict=True)
    with pytest.raises(
        InputError, match=r"is labelled with entities, and the model .* plain labels"
    ):
        judged(tmp_path / "model", write_conll(tmp_path / "b.conll", CORPUS))


def write_conll(path: Path, corpus: TaggedCorpus) -> str:
    blocks = (
        "".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True))
        for words, tags in zip(corpus.words, corpus.tags, strict=True)
    )
    path.write_text("\n".join(blocks), encoding="utf-8")
    return str(path)


def judged(model: Path, path: str, *, strict: bool = False) -> Any:
    return evaluate_tagger(
        model, path, ReadOptions(), strict=strict, seed=0, threads=1, note=lambda _: None
    )


def test_the_figures_are_those_of_seqeval(learned: Tagger, tmp_path: Path) -> None:
    metrics = pytest.importorskip("seqeval.metrics")
    save_tagger(tmp_path / "model", learned, {})
    strange = [[word if n % 3 else "dan" for n, word in enumerate(one)] for one in CORPUS.words]
    corpus = TaggedCorpus("c", strange, CORPUS.tags, CORPUS.rows, "IOB2", (), 0, "f")
    found = judged(tmp_path / "model", write_conll(tmp_path / "a.conll", corpus))
    said = [one.tags for one in learned.tag(strange)]
    assert found.overall.f1 == pytest.approx(metrics.f1_score(CORPUS.tags, said))
    assert found.score == pytest.approx(found.overall.f1)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(CORPUS.tags, said))
    assert 0 <= found.low <= found.score <= found.high <= 1


def test_a_type_that_the_model_has_never_seen(learned: Tagger, tmp_path: Path) -> None:
    save_tagger(tmp_path / "model", learned, {})
    (tmp_path / "a.conll").write_text("ann\tB-PER\n\nacme\tB-ORG\n")
    with pytest.raises(InputError, match=r"sentence of line 3: .* does not know the label 'B-ORG'"):
        judged(tmp_path / "model", str(tmp_path / "a.conll"))


def test_entities_stand_where_they_are_in_the_text(learned: Tagger, tmp_path: Path) -> None:
    save_tagger(tmp_path / "model", learned, {})
    text = "ann  lives in new york."
    _, found = tag_sentences(tmp_path / "model", texts_to_sentences([(7, text)]), threads=1)
    (one,) = found
    assert one.sentence.row == 7
    assert [(entity.text, entity.type) for entity in one.entities] == [
        ("ann", "PER"),
        ("new york", "LOC"),
    ]
    assert all(text[entity.start : entity.end] == entity.text for entity in one.entities)
    product = one.probabilities[3] * one.probabilities[4]
    assert one.entities[1].probability == pytest.approx(product)


def test_additions_are_written_as_peft_reads_them(base: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    peft = pytest.importorskip("peft")
    tagger = tuned(base, ",strategy=lora,rank=2", adapter=tmp_path / "adapter")
    plain = transformers.AutoModelForTokenClassification.from_pretrained(
        base, num_labels=len(CORPUS.labels)
    )
    theirs = peft.PeftModel.from_pretrained(plain, tmp_path / "adapter").eval()
    windows = tagger.words.encode(CORPUS.words[:1])
    ids = torch.from_numpy(windows.ids % tagger.tokens.vocabulary).unsqueeze(0)
    with torch.no_grad():
        wanted = theirs(input_ids=ids).logits[0, 1:-1]
        found = tagger.network(torch.from_numpy(windows.ids)[None], torch.tensor([ids.shape[1]]))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_killed_in_the_middle_it_ends_with_the_same_bits(base: str, tmp_path: Path) -> None:
    """Interrupted after some steps, the same training goes on from there."""
    whole = weights(tuned(base, epochs=4, checkpoints=tmp_path / "a"))

    def stop(progress: Any) -> None:
        if progress.step.step >= 9:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted):
        tuned(base, epochs=4, checkpoints=tmp_path / "b", progress=stop)
    again = tuned(base, epochs=4, checkpoints=tmp_path / "b")
    assert again.made.resumed > 0
    for name, array in weights(again).items():
        np.testing.assert_array_equal(array, whole[name])


@pytest.mark.parametrize("options", [",pooling=mean"])
def test_what_concerns_whole_texts_is_refused(base: str, options: str) -> None:
    with pytest.raises(MethodError, match="--task tokens labels its words; leave it out"):
        tuned(base, options)


def test_architectures_that_no_table_knows_label_words_too(tmp_path: Path) -> None:
    """Their head has a name of ours in the file, and is read again."""
    pytest.importorskip("transformers")
    base = write_wrapped(tmp_path / "base", WORDS, "albert")
    tagger = tuned(base, epochs=4)
    save_tagger(tmp_path / "model", tagger, {})
    again = load_tagger(tmp_path / "model").tag(CORPUS.words[:3])
    for one, other in zip(again, tagger.tag(CORPUS.words[:3]), strict=True):
        assert one.tags == other.tags
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
    with pytest.raises(UsageError, match="additions are written by themselves for"):
        tuned(base, ",strategy=lora", adapter=tmp_path / "adapter")
