"""``train mlm``, ``evaluate``, ``predict`` and ``finetune --task lm`` as they are typed: formats, stdin, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workflows.language.test_checkpoint import write_gpt2
from tests.workflows.masked.corpora import GAP, SOURCE
from tests.workflows.pretrained.bases import write_base

from .conftest import Ended, Typed

SPEC = (
    "mlm:vocab_size=120,dim=32,layers=1,heads=2,context=10,dropout=0,whole_word=yes,batch=16,epochs=15,"
    "learning_rate=0.01,tuning=0.2,patience=15"
)
CPU = ("--threads", "1", "--device", "cpu", "--precision", "float32")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, an encoder of it, a base without a head, and a decoder."""
    from nlpwb.cli.main import run

    folder = tmp_path_factory.mktemp("masked")
    (folder / "text.txt").write_text(SOURCE)
    words = ["train", SPEC, str(folder / "text.txt"), "-o", str(folder / "model"), "-q", *CPU]
    assert run(words) == 0
    write_base(folder / "bert", [SOURCE])
    write_gpt2(folder / "gpt2")
    (folder / "own").mkdir()
    (folder / "own" / "manifest.json").write_text("{}")
    return folder


def rows(ended: Ended) -> list[list[str]]:
    assert (ended.code, ended.err) == (0, "")
    return [line.split("\t") for line in ended.out.splitlines()]


def test_train_says_what_was_made(typed: Typed, place: Path) -> None:
    words = ("train", SPEC, str(place / "text.txt"), "-o", "m", *CPU)
    ended = typed(*words, "--format", "json", "--plot", "m.svg", "--log", "m.jsonl")
    (row,) = json.loads(ended.out)
    assert row["masked_accuracy"] > 0.75 > row["commonest"]
    assert (row["before_accuracy"], row["before_nats"], row["resumed"]) == (None, None, 0)
    curve = Path("m.svg").read_text()
    assert "masked accuracy on the tuning part" in curve
    assert "nats per masked token on the tuning part" in curve
    judged = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
    assert [one["tuning"]["name"] for one in judged if one["record"] == "epoch"][:1] == [
        "nats per masked token"
    ]


def test_predict_fills_masks_in_order(typed: Typed, place: Path) -> None:
    ended = typed("predict", str(place / "model"), GAP, "--top-k", "2", *CPU, "--format", "tsv")
    head, best, second = rows(ended)
    assert head == ["text", "mask", "rank", "token", "probability"]
    assert best[:4] == [GAP, "1", "1", "river"]
    assert second[1:3] == ["1", "2"]
    piped = typed(
        "predict",
        str(place / "model"),
        "-",
        "--top-k",
        "1",
        *CPU,
        stdin=f"{GAP}\n[MASK] cat cat cat\n",
    )
    assert [row[3] for row in rows(piped)[1:]] == ["river", "cat"]


def test_evaluate_has_every_figure_with_its_interval(typed: Typed, place: Path) -> None:
    words = ("evaluate", str(place / "model"), str(place / "text.txt"), *CPU)
    head, *found = rows(typed(*words, "--maskings", "2", "--format", "tsv"))
    assert head == ["metric", "score", "low", "high", "count", "unit"]
    assert [row[0] for row in found] == [
        "masked accuracy",
        "always one token",
        "pseudo-perplexity",
        "nats per masked token",
    ]
    document = json.loads(typed(*words, "--format", "json").out)
    assert document["low"] <= document["accuracy"] <= document["high"]
    assert (document["maskings"], document["window"], document["whole_word"]) == (4, 10, True)
    table = typed(*words, "--format", "table").out
    assert "15% of its words hidden in 4 ways, windows of 10 tokens" in " ".join(table.split())
    assert typed(*words, "--fail-under", "0.5").code == 0
    missed = typed(*words, "--fail-under", "1")
    assert missed.code == 3
    assert "--fail-under 1 is missed: the lower end of the interval" in missed.err
    Path("few.txt").write_text("cat cat cat cat")
    missed = typed("evaluate", str(place / "model"), "few.txt", *CPU, "--fail-under", "0")
    assert missed.code == 3
    assert "--fail-under 0 cannot be judged: 4 tokens of text are too few" in missed.err


def test_finetune_with_the_task_lm_goes_on_with_an_encoder(typed: Typed, place: Path) -> None:
    """`finetune BASE TEXT --task lm` is `train mlm:base=BASE TEXT`, to the bit."""
    base, text = str(place / "model"), str(place / "text.txt")
    words = ("--task", "lm", "--set", "epochs=1", "--set", "tuning=0.2", *CPU, "--format", "json")
    one = json.loads(typed("finetune", base, text, "-o", "one", *words).out)[0]
    spec = f"mlm:base={base},epochs=1,tuning=0.2"
    other = json.loads(typed("train", spec, text, "-o", "two", *CPU, "--format", "json").out)[0]
    assert one["method"] == other["method"] == f"mlm:epochs=1,tuning=0.2,base={base}"
    assert one["before_accuracy"] == other["before_accuracy"] > 0.75
    first, second = (Path(name, "model.safetensors").read_bytes() for name in ("one", "two"))
    assert first == second


def test_finetune_with_the_task_lm_goes_on_with_a_decoder(typed: Typed, place: Path) -> None:
    words = ("finetune", str(place / "gpt2"), str(place / "text.txt"), "-o", "m", "--task", "lm")
    more = ("--set", "epochs=2", "--set", "learning_rate=0.01", "--set", "tuning=0.2", *CPU)
    (row,) = json.loads(typed(*words, *more, "--format", "json").out)
    assert row["method"].startswith("gpt:")
    assert row["tuning_perplexity"] < row["before_perplexity"]
    table = typed(*words, *more, "--format", "table").out
    assert "perplexity before" in " ".join(table.split())
    assert typed("generate", "m", "money", "--max-tokens", "3", "--threads", "1").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("predict {p}/model nothing", "the text 'nothing' has no mask, and there is nothing to fill; write [MASK]"),
        ("predict {p}/model [MASK] --proba", "--proba concerns labels; an encoder that fills masks takes TEXT"),
        ("predict {p}/bert [MASK]", "has no head that says hidden tokens"),
        ("generate {p}/model x", "is an encoder that fills masks, and this command needs a language model; it is for"),
        ("evaluate {p}/model {p}/text.txt --window 9", "--window has no meaning for the model"),
        ("evaluate {p}/model {p}/text.txt --fail-under 80", "--fail-under 80 is no value of accuracy"),
        ("train mlm:base={p}/gpt2 {p}/text.txt -o m", "is of the family gpt2, which says what comes next; write gpt:base="),
        ("train mlm:base={p}/none {p}/text.txt -o m", "there is no base"),
        ("train mlm:base={p}/own {p}/text.txt -o m", "is a model of `nlpwb train`, and no base"),
        ("train gpt:base={p}/own {p}/text.txt -o m", "is a model of `nlpwb train`, and no base"),
        ("finetune {p}/own {p}/text.txt -o m --task lm", "CORPUS -o MODEL --strategy gradual` makes one of labels"),
        ("train mlm {p}/text.txt -o m --label x", "--label concerns labels, and mlm needs none; leave it out"),
        ("train mlm+svm {p}/text.txt -o m", "takes no +head"),
        ("train mlm:dim=9 {p}/text.txt -o m", "dim=9 is no multiple of heads=4; write dim=8"),
        ("compare {p}/text.txt -m mlm", "is compared by what it is a base for"),
        ("finetune {p}/bert {p}/text.txt -o m --task lm --strategy lora", "--strategy concerns a last layer over labels"),
        ("finetune {p}/bert {p}/text.txt -o m --task lm --set dim=9", "dim=9 is settled by base="),
        ("finetune {p}/bert {p}/text.txt -o m --task lm --set epochs", "`nlpwb methods mlm`, or gpt, lists the names"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_gets_its_sentence(
    words: str, sentence: str, typed: Typed, place: Path
) -> None:
    ended = typed(*words.format(p=place).split())
    assert ended.code in (1, 2)
    assert ended.out == ""
    assert sentence in " ".join(ended.err.split())
    assert not Path("m").exists()
    assert not list(Path().glob(".m*"))
