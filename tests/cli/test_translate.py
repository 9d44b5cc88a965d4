"""``nlpwb translate``: what is printed, where it goes, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.workflows.translation.learned import SPECS, first_pairs, fit

from .conftest import Typed

TEXTS = first_pairs(4).sources
WRITTEN = first_pairs(4).targets


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a translator that knows forty sentences by heart."""
    from nlpwb.workflows.translation.folder import save_translator

    place = tmp_path_factory.mktemp("translators") / "model"
    save_translator(place, fit(SPECS["seq2seq-attention"], first_pairs()), {})
    return str(place)


def test_arguments_are_translated_a_line_each(typed: Typed, model: str) -> None:
    """Plain lines are what people and pipes want."""
    ended = typed("translate", model, *TEXTS, "--threads", "1")
    assert (ended.code, ended.out, ended.err) == (0, "\n".join([*WRITTEN, ""]), "")


def test_a_file_and_a_pipe_give_the_same(typed: Typed, model: str, tmp_path: Path) -> None:
    """Line i of the output is the translation of line i, blank lines included."""
    lines = [TEXTS[0], "", TEXTS[1], TEXTS[2]]
    content = "\n".join([*lines, ""])
    (tmp_path / "texts.txt").write_text(content, encoding="utf-8")
    wanted = "\n".join([WRITTEN[0], "", WRITTEN[1], WRITTEN[2], ""])
    assert typed("translate", model, str(tmp_path / "texts.txt")).out == wanted
    assert typed("translate", model, "-", stdin=content).out == wanted
    assert typed("translate", model, stdin=content).out == wanted


def test_output_goes_whole_into_a_file(typed: Typed, model: str, tmp_path: Path) -> None:
    """-o takes the lines, and stdout stays empty."""
    ended = typed("translate", model, *TEXTS[:2], "-o", str(tmp_path / "out.txt"))
    assert (ended.code, ended.out) == (0, "")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "\n".join([*WRITTEN[:2], ""])


def test_json_lines_say_all(typed: Typed, model: str) -> None:
    """Programs get scores, tokens and what was copied."""
    ended = typed("translate", model, TEXTS[0], "--format", "jsonl", "--beams", "2")
    (row,) = map(json.loads, ended.out.splitlines())
    assert list(row) == [
        "row", "source", "translation", "score", "log_probability", "tokens", "copied", "ended",
    ]  # fmt: skip
    assert (row["row"], row["source"], row["translation"]) == (1, TEXTS[0], WRITTEN[0])
    assert "".join(row["tokens"]) == WRITTEN[0]
    assert row["log_probability"] < 0
    assert row["ended"] is True


def test_a_gate_holds_the_lower_end_of_bleu(typed: Typed, model: str, tmp_path: Path) -> None:
    """A translator could get worse in a nightly run without a word; the figures are printed all the same."""
    rows = "".join(f"{one}\t{other}\n" for one, other in zip(TEXTS, WRITTEN, strict=True))
    (tmp_path / "pairs.tsv").write_text(f"source\ttarget\n{rows}nothing known\tein Satz\n")
    (tmp_path / "one.tsv").write_text(f"source\ttarget\n{TEXTS[0]}\t{WRITTEN[0]}\n")
    words = ("evaluate", model, "pairs.tsv", "--threads", "1")
    (bleu, *_) = json.loads(typed(*words, "--format", "json").out)["figures"]
    below, above = math.floor(bleu["low"]), math.ceil(bleu["low"])
    assert 1 <= below < bleu["low"] < above < bleu["score"]
    passed, missed = (typed(*words, "--fail-under", str(gate)) for gate in (below, above))
    assert (passed.code, passed.err) == (0, "")
    assert missed.code == 3
    assert missed.err == (
        f"nlpwb: --fail-under {above} is missed: the lower end of the interval of BLEU is {bleu['low']:.2f}; "
        "more data or another method may help\n"
    )
    assert "BLEU" in missed.out
    alone = typed("evaluate", model, "one.tsv", "--fail-under", "5")
    assert alone.code == 3
    assert "--fail-under 5 cannot be judged: one pair is too few" in alone.err
    for gate in ("0.3", "101"):
        wrong = typed(*words, "--fail-under", gate)
        assert (wrong.code, wrong.out) == (2, "")
        assert f"--fail-under {gate} is not on the scale of BLEU" in wrong.err
    other = typed(*words, "--fail-over", "1")
    assert other.code == 2
    assert "--fail-over has no meaning for the model" in other.err


def test_a_translation_that_was_cut_is_told(typed: Typed, model: str) -> None:
    """Whoever asks for few tokens must know that texts do not end there."""
    ended = typed("translate", model, *TEXTS[:2], "--max-tokens", "1")
    assert ended.code == 0
    assert ended.err == (
        "nlpwb: 2 translations reached the most tokens before the model ended them; --max-tokens raises that\n"
    )


def test_a_single_translation_that_was_cut_is_one(typed: Typed, model: str) -> None:
    """A sentence for a person."""
    ended = typed("translate", model, TEXTS[0], "--max-tokens", "1")
    assert ended.err == (
        "nlpwb: 1 translation reached the most tokens before the model ended it; --max-tokens raises that\n"
    )


def test_the_ending_of_a_file_decides_as_everywhere(
    typed: Typed, model: str, tmp_path: Path
) -> None:
    """Whoever writes to rows.jsonl expects rows; --format text has the last word."""
    place = tmp_path / "rows.jsonl"
    assert typed("translate", model, *TEXTS[:2], "--out", str(place)).code == 0
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    assert [row["translation"] for row in rows] == WRITTEN[:2]
    assert typed("translate", model, TEXTS[0], "-o", str(place), "--format", "text").code == 0
    assert place.read_text(encoding="utf-8") == WRITTEN[0] + "\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.txt"], "missing.txt: no such file or folder; check the path"),
        (["a text", "-"], "- is read as a whole, and stands beside other texts"),
        (["a text", "--beams", "0"], "--beams"),
        (
            ["a text", "--text", "body"],
            "--skip-bad-rows concern a file or standard input, and texts were given",
        ),
        (["a text", "--length-penalty", "-1"], "--length-penalty"),
        (["a text", "--format", "tsvv"], "--format 'tsvv' is not known; did you mean tsv?"),
    ],
)
def test_what_cannot_be_is_refused(
    typed: Typed,
    model: str,
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One sentence that names the thing and the way out, and no traceback."""
    monkeypatch.chdir(tmp_path)
    ended = typed("translate", model, *words)
    assert ended.code in (1, 2)
    assert said in ended.err
    assert ended.out == ""


def test_a_model_of_another_kind_names_its_commands(
    typed: Typed, shop: Path, tmp_path: Path
) -> None:
    """A classifier cannot translate, and the sentence says what it is for."""
    folder = str(tmp_path / "majority")
    assert typed("train", "majority", str(shop / "train.csv"), "-o", folder, "-q").code == 0
    ended = typed("translate", folder, "a text")
    assert ended.code == 1
    assert (
        "is a classifier, and this command needs a translator; it is for `nlpwb predict`"
        in ended.err
    )
