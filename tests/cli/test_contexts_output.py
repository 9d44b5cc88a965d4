"""``nlpwb contexts`` as it is typed: views, inputs, files, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.workflows.contexts.made import BANKS
from tests.workflows.pretrained.bases import write_base

AXES = ("--axis", "money=money,pay", "--axis", "river=river,flows")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), [*BANKS, "this is ."])


def test_texts_are_compared(typed: Typed, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns: the texts with the word marked, the matrix, the static vector."""
    monkeypatch.setenv("COLUMNS", "80")
    done = typed("contexts", base, "bank", *BANKS, "--format", "table")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "  3  she went to the [bank] to pay" in done.out
    assert [line.split()[-1] for line in lines if line.startswith("  3 ")] == ["1.00"]
    assert "before any context): 1.00 between" in done.out
    pairs = typed("contexts", base, "bank", *BANKS)
    assert [line.split("\t")[:2] for line in pairs.out.splitlines()[1:]] == [["1", "2"], ["1", "3"], ["2", "3"]]  # fmt: skip
    assert {line.split("\t")[3] for line in pairs.out.splitlines()[1:]} == {"1.0"}


def test_standard_input_has_a_text_a_line(typed: Typed, base: str) -> None:
    """The same answer as by arguments."""
    by_argument = typed("contexts", base, "bank", *BANKS)
    by_stdin = typed("contexts", base, "bank", "-", stdin="\n".join(BANKS) + "\n\n")
    assert by_stdin == by_argument
    assert by_stdin.code == 0


def test_layers_and_axes(typed: Typed, base: str) -> None:
    layers = typed("contexts", base, "bank", *BANKS, "--layer", "all")
    assert [line.split("\t")[0] for line in layers.out.splitlines()] == ["layer", "static", "0", "1", "2"]  # fmt: skip
    one = typed("contexts", base, "bank", *BANKS, "--layer", "1", "--format", "json")
    assert json.loads(one.out)["layers"] == [[1]]
    leans = typed("contexts", base, "bank", *BANKS, *AXES, "--frame", "is {}", "--least", "0")
    head, *rows = (line.split("\t") for line in leans.out.splitlines())
    assert head == ["context", "text", "money", "river", "money_drawn", "river_drawn", "leans_to", "margin"]  # fmt: skip
    assert {row[6] for row in rows} <= {"money", "river"}


def test_a_corpus_is_divided(typed: Typed, base: str) -> None:
    """Every sentence with its sense; columns and formats are the reader's; the same twice."""
    rows = "".join(f"{text}. It rains.\t{number}\n" for number, text in enumerate(BANKS * 2))
    Path("c.tsv").write_text("said\tnumber\n" + rows + "no money\t7\nthe bank\t8\n")
    words = ("contexts", base, "bank", "--corpus", "c.tsv", "--text", "said", "--senses", "2")
    done = typed(*words)
    assert done.code == 0
    head, *found = (line.split("\t") for line in done.out.splitlines())
    assert head == ["context", "sense", "cosine", "silhouette", "text"]
    assert [row[4] for row in found] == [f"{text}." for text in BANKS] + ["the bank"]
    assert {row[1] for row in found} == {"1", "2"}
    assert typed(*words) == done
    piped = typed("contexts", base, "bank", "--corpus", "-", stdin=Path("c.tsv").read_text())
    assert piped.code == 0


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_a_map_is_drawn_in_place_of_a_table(typed: Typed, base: str, ending: str) -> None:
    done = typed("contexts", base, "bank", *BANKS, "-o", f"map.{ending}", "-v")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith(f"map.{ending}: 3 contexts, mean of layers 1 to 2, two principal")
    data = Path(f"map.{ending}").read_bytes()
    assert data.startswith({"png": b"\x89PNG", "svg": b"<?xml", "html": b"<!doctype"}[ending])
    both = typed("contexts", base, "bank", *BANKS, "-o", f"map.{ending}", "--format", "tsv")
    assert both.out.startswith("context\tother\t")
    assert Path(f"map.{ending}").read_bytes() == data, "the same again"


MISTAKES = [
    ("bank a-river", 1,
     "text 1 ('a-river') does not hold the word bank as a whole, and inflections are other words; "
     "check the spelling, or ask for a word that is there"),
    ("bank bank banks", 1,
     "text 2 ('banks') does not hold the word bank as a whole, and inflections are other words; did you mean banks?"),
    ("bank", 2, "there is no text; give texts behind the word, - for standard input, or --corpus FILE"),
    ("bank bank", 1,
     "there is one context, and nothing to compare it with; give another text, or --axis NAME=WORDS"),
    ("bank bank bank --layer 3", 2,
     "--layer 3: the layers of BASE are 0 (what enters the first block) to 2; give one of them, or all"),
    ("bank bank - bank", 2, "- stands for standard input and so for all texts; give it alone"),
    ("bank bank bank --corpus c.txt", 2,
     "--corpus and texts on the command line exclude each other; give one"),
    ("bank bank bank --most 9", 2, "--most concerns --corpus; add it, or leave --most out"),
    ("bank bank bank --frame x{}", 2, "--frame concerns --axis; add it, or leave --frame out"),
    ("bank bank bank --theme dark", 2, "--theme concerns the map; add -o map.png, or leave it out"),
    ("bank bank bank --senses 9", 2, "--senses must be auto or a whole number from 2 to 8, got 9"),
    ("bank bank bank --senses 2", 1,
     "there are 2 sentences with the word, and senses need 4 at least; give more text"),
    ("bank bank bank --axis fruit", 2,
     "--axis fruit names no words; write --axis NAME=WORD,WORD as in fruit=banana,orange"),
    ("bank bank --axis a=b --axis a=c", 2,
     "--axis: the name a is taken or given twice; give each axis a name of its own"),
    ("bank bank --axis text=b", 2,
     "--axis: the name text is taken or given twice; give each axis a name of its own"),
    ("bank bank --axis a=b --axis a_drawn=c", 2,
     "--axis: the name a_drawn is taken or given twice; give each axis a name of its own"),
    ("bank bank --axis a=bank", 1,
     "--axis a has no word but bank itself, which is near in any sense; add others"),
    ("bank bank --axis a=b --frame x", 2, "--frame 'x' needs one {} for a word, as in 'this is {}.'"),
    ("bank bank bank -o map.pdf", 2, "-o map.pdf: the ending says the format, .png, .svg or .html"),
    ("bank bank bank -o map.png", 1,
     "2 contexts make no picture, 3 are needed; give more texts, or --axis twice"),
    ("bank bank bank bank -o map.png --layer all", 2,
     "-o draws one layer, and --layer all names several; name one, or leave -o out"),
    ("bank --corpus no.txt", 1, "no.txt: no such file or folder; check the path"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "code", "sentence"), MISTAKES)
def test_mistakes_get_their_sentence(
    typed: Typed, base: str, line: str, code: int, sentence: str
) -> None:
    word, *rest = line.split()
    done = typed("contexts", base, word, *rest)
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[-1].startswith(f"nlpwb: {sentence.replace('BASE', base)}")


def test_a_base_that_is_not_there_is_named(typed: Typed) -> None:
    done = typed("contexts", "minilmm", "bank", *BANKS)
    assert done.code == 2
    assert "there is no base minilmm" in done.err
    assert "did you mean minilm?" in done.err
