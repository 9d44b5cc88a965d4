"""``nlpwb words neighbors | similarity | analogy | odd | axes | vector``: exact output, batches, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import Subwords, WordVectors
from tests.cli.conftest import Typed
from tests.cli.test_pipes import NLPWB, shell
from tests.cli.test_startup import loaded

# Numbers that float32 holds exactly, lengths 1 and 2, so that every figure is computed by head.
TABLE = {
    "man": (0, 0, 2, 0),
    "woman": (0, 1, 0, 0),
    "king": (1, 1, 1, 1),
    "queen": (1, 1, 1, -1),
    "boat": (-1, -1, -1, -1),
    "zero": (0, 0, 0, 0),
}
COUNTS = (5000, 4000, 300, 200, 7, 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``w``, the words above, and ``subwords``, where every unseen word is (0, 3)."""
    folder = tmp_path_factory.mktemp("home")
    table = np.array(list(TABLE.values()), dtype=np.float32)
    counts = np.array(COUNTS, dtype=np.int64)
    write_folder(folder / "w", WordVectors(list(TABLE), table, counts), {"lowercase": True})
    slots = Subwords(np.full((10, 2), [0, 3], dtype=np.float32), 3, 3)
    small = np.array([[1, 0], [0, 1], [0, -1]], dtype=np.float32)
    write_folder(folder / "subwords", WordVectors(["a1", "b1", "c1"], small, subwords=slots), {})
    return folder


@pytest.fixture
def ask(typed: Typed, home: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types in a folder with vectors, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(home)
    return typed


def printed(ask: Typed, line: str, *, stdin: str | None = None) -> str:
    """What a command line that succeeds prints."""
    done = ask(*line.split(), stdin=stdin)
    assert (done.code, done.err) == (0, "")
    return done.out


# Cosine of king: queen ½, man ½, woman ½, boat −1.
NEIGHBORS = {
    "table": """\
nearest to king   among the 6 words of w

  rank  word   cosine  count
     1  man      .500  5,000
     2  woman    .500  4,000
     3  queen    .500    200
     4  boat   −1.000      7
""",
    "tsv": """\
query\trank\tword\tcosine\tcount\tnote
king\t1\tman\t0.5\t5000\t
king\t2\twoman\t0.5\t4000\t
king\t3\tqueen\t0.5\t200\t
king\t4\tboat\t-1.0\t7\t
""",
    "csv": """\
query,rank,word,cosine,count,note
king,1,man,0.5,5000,
king,2,woman,0.5,4000,
king,3,queen,0.5,200,
king,4,boat,-1.0,7,
""",
    "jsonl": """\
{"query": "king", "rank": 1, "word": "man", "cosine": 0.5, "count": 5000, "note": null}
{"query": "king", "rank": 2, "word": "woman", "cosine": 0.5, "count": 4000, "note": null}
{"query": "king", "rank": 3, "word": "queen", "cosine": 0.5, "count": 200, "note": null}
{"query": "king", "rank": 4, "word": "boat", "cosine": -1.0, "count": 7, "note": null}
""",
    "md": """\
nearest to king · among the 6 words of w

| rank | word | cosine | count |
| ---: | --- | ---: | ---: |
| 1 | man | .500 | 5,000 |
| 2 | woman | .500 | 4,000 |
| 3 | queen | .500 | 200 |
| 4 | boat | −1.000 | 7 |
""",
}


@pytest.mark.parametrize("format", NEIGHBORS)
def test_neighbors_in_every_format(ask: Typed, format: str) -> None:
    """Equal cosines stand in the order of the file; zeros are no neighbour; nor is the word itself."""
    assert printed(ask, f"words neighbors w king --format {format}") == NEIGHBORS[format]


def test_neighbors_as_json(ask: Typed) -> None:
    rows = json.loads(printed(ask, "words neighbors w king woman -k 1 --format json"))
    assert rows == [
        {"query": "king", "rank": 1, "word": "man", "cosine": 0.5, "count": 5000, "note": None},
        {"query": "woman", "rank": 1, "word": "king", "cosine": 0.5, "count": 300, "note": None},
    ]


def test_the_restriction_is_said(ask: Typed) -> None:
    line = "words neighbors w king boat --restrict-vocab 2 -k 1 --format table"
    assert printed(ask, line) == (
        "nearest to king, boat   among the first 2 of the 6 words of w\n\n"
        "  query  rank  word  cosine  count\n"
        "  king      1  man     .500  5,000\n"
        "  boat      1  man    −.500  5,000\n"
    )


def test_a_capital_is_read_as_the_table_spells_it(ask: Typed) -> None:
    """The folder says that its words are lower-case."""
    assert printed(ask, "words neighbors w King -k 1 --format table") == (
        "nearest to King   among the 6 words of w\n\n"
        "  rank  word  cosine  count\n"
        "     1  man     .500  5,000\n\n"
        "King is read as king\n"
    )
    assert printed(ask, "words neighbors w King -k 1").endswith("\tKing is read as king\n")


def test_an_unseen_word_is_built_where_there_are_subwords(ask: Typed) -> None:
    note = "xyz is not in the table; its vector is made of its character n-grams"
    assert printed(ask, "words neighbors subwords xyz -k 1") == (
        f"query\trank\tword\tcosine\tcount\tnote\nxyz\t1\tb1\t1.0\t\t{note}\n"
    )
    assert json.loads(printed(ask, "words vector subwords xyz --format json")) == [
        {"word": "xyz", "vector": [0.0, 3.0], "norm": 3.0, "source": "n-grams", "note": note}
    ]


def test_similarity(ask: Typed) -> None:
    assert printed(ask, "words similarity w king queen") == (
        "a\tb\tcosine\tnote\nking\tqueen\t0.5\t\n"
    )
    assert printed(ask, "words similarity w king boat --format table") == (
        "  a     b     cosine\n  king  boat  −1.000\n"
    )


def test_similarity_of_a_batch(ask: Typed) -> None:
    """Apart by spaces or by a tab; what has no answer keeps its line, and is counted on stderr."""
    done = ask("words", "similarity", "w", "-", stdin="king queen\n\nboat\tking\nman qqq\nman\n")
    assert done.code == 0
    assert done.out == (
        "a\tb\tcosine\tnote\nking\tqueen\t0.5\t\nboat\tking\t-1.0\t\n"
        "man\tqqq\t\tno vector for qqq\nman\t\t\tsimilarity needs two words, got 1\n"
    )
    assert done.err == "nlpwb: 2 of 4 lines have no answer: no vector for qqq …\n"


# As units king − man + woman is (½, 1½, −½, ½), of length √3: with queen (½ + 1½ − ½ − ½) / (2 √3).
ANALOGY = """\
king - man + woman   among the 6 words of w

  rank  word   3cosadd  count
     1  queen     .289    200
     2  boat     −.577      7
"""


@pytest.mark.parametrize(
    "words",
    [
        ["king", "-", "man", "+", "woman"],
        ["king - man + woman"],
        ["king", "− man", "+ woman"],
        ["+", "king", "-", "man", "+", "woman"],
    ],
)
def test_an_analogy_as_a_sum(ask: Typed, words: list[str]) -> None:
    done = ask("words", "analogy", "w", *words, "--format", "table")
    assert (done.code, done.out, done.err) == (0, ANALOGY, "")


@pytest.mark.parametrize("words", ["man king woman", "man : king :: woman : ?"])
def test_an_analogy_as_a_proportion_says_how_it_was_read(ask: Typed, words: str) -> None:
    note = "read as man : king :: woman : ?, which is king - man + woman\n"
    assert printed(ask, f"words analogy w {words} --format table") == f"{ANALOGY}\n{note}"


def test_an_analogy_by_multiplication(ask: Typed) -> None:
    """Of queen: cosines ½ with king, ½ with woman, ½ with man: ¾ · ¾ / (¾ + 0.001)."""
    row = json.loads(
        printed(ask, "words analogy w king - man + woman --method 3cosmul -k 1 --format jsonl")
    )
    assert row["word"] == "queen"
    assert row["score"] == pytest.approx(0.75 * 0.75 / 0.751)


def test_analogies_of_a_batch(ask: Typed) -> None:
    lines = "king - man + woman\nman king woman\nking -\nking - qqq\n"
    done = ask("words", "analogy", "w", "-", "-k", "1", "--format", "jsonl", stdin=lines)
    assert done.code == 0
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["question"] for row in rows] == ["king - man + woman"] * 2 + [
        "king -",
        "king - qqq",
    ]
    assert [row["word"] for row in rows] == ["queen", "queen", None, None]
    assert rows[0]["note"] is None
    assert rows[1]["note"] == "read as man : king :: woman : ?, which is king - man + woman"
    assert rows[3]["note"] == "no vector for qqq"
    assert done.err.startswith("nlpwb: 2 of 4 lines have no answer: no word follows the last -;")


def test_words_with_spaces_in_analogies(ask: Typed, tmp_path: Path) -> None:
    """Typed as one argument, or in a line with tabs, a word keeps its spaces: embeddings of phrases have many."""
    rows = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 0], [1, 1, 0]], dtype=np.float32)
    write_folder(tmp_path / "p", WordVectors([". . .", "new york", "a", "b c"], rows), {})
    place = str(tmp_path / "p")
    done = ask("words", "analogy", place, "new york", "-", ". . .", "+", "a", "-k", "1")
    assert done.out.splitlines()[1].split("\t")[:3] == ["new york - . . . + a", "1", "b c"]
    line = "new york\t-\t. . .\t+\ta\n"
    assert ask("words", "analogy", place, "-", "-k", "1", stdin=line).out == done.out
    line = ". . .\tnew york\ta\n"
    found = ask("words", "analogy", place, "-", "-k", "1", stdin=line).out.splitlines()[1]
    assert found.split("\t")[:3] == ["new york - . . . + a", "1", "b c"]


def test_a_word_of_zeros_is_answered_by_a_note_in_a_batch(ask: Typed) -> None:
    """A row of zeros has no direction: whatever was said of it would be chance."""
    done = ask("words", "odd", "w", "-", stdin="king queen zero\nking queen boat\n")
    assert done.out.splitlines()[1] == "king queen zero\t\t\t\t\tzero: its vector is all zeros"
    assert len(done.out.splitlines()) == 5
    done = ask("words", "similarity", "w", "-", stdin="king zero\nking queen\n")
    assert done.out.splitlines()[1] == "king\tzero\t\tzero: its vector is all zeros"
    done = ask("words", "axes", "w", "-", "--axis", "m=man", stdin="zero\nking\n")
    assert done.out.splitlines()[1] == "zero\t\t\tits vector is all zeros"
    assert done.err == "nlpwb: 1 of 2 lines has no answer: its vector is all zeros\n"


def test_a_word_without_an_answer_beside_others_is_named(ask: Typed) -> None:
    done = ask("words", "axes", "w", "--axis", "m=man", "king", "zero", "--format", "table")
    assert done.out.splitlines()[2].split() == ["zero", "–", "–"]
    assert done.out.splitlines()[-1] == "zero: its vector is all zeros"


def test_the_odd_one(ask: Typed) -> None:
    """As units king, queen and boat add up to half of queen: cosines 1, ½, −½."""
    assert printed(ask, "words odd w king queen boat --format table") == (
        "  word   cosine with the mean\n"
        "  queen                 1.000\n"
        "  king                   .500\n"
        "  boat                  −.500  odd\n"
    )


def test_odd_ones_of_a_batch(ask: Typed) -> None:
    done = ask("words", "odd", "w", "-", stdin="king queen boat\nking queen\n")
    assert done.out == (
        "question\trank\tword\tcosine\todd\tnote\n"
        "king queen boat\t1\tqueen\t1.0\tno\t\n"
        "king queen boat\t2\tking\t0.5\tno\t\n"
        "king queen boat\t3\tboat\t-0.5\tyes\t\n"
        "king queen\t\t\t\t\todd needs three words at least, got 2\n"
    )
    assert done.err == (
        "nlpwb: 1 of 2 lines has no answer: odd needs three words at least, got 2\n"
    )


AXES = "words axes w --axis m=man --axis f=woman --least 0.3 king man boat"


def test_shares_of_axes(ask: Typed) -> None:
    """The usual cosines with man: 1, 0, ½, ½, −½. King lies equally above both, man above one, boat above none."""
    assert printed(ask, f"{AXES} --format table") == (
        "  word     m     f\n"
        "  king  0.50  0.50\n"
        "  man   1.00  0.00\n"
        "  boat     –     –\n\n"
        "Shares of the standard deviations by which a cosine lies above that of a usual\n"
        "word; –: less than 0.3 for every axis.\n"
    )
    king, _, boat = json.loads(printed(ask, f"{AXES} --format json"))
    assert list(king) == ["word", "m", "f", "m_cosine", "m_above", "f_cosine", "f_above", "note"]
    assert (king["m_cosine"], king["m"]) == (0.5, pytest.approx(0.5))
    assert king["m_above"] == pytest.approx(0.2 / 0.26**0.5)
    assert (boat["m"], boat["m_cosine"]) == (None, -0.5)


def test_one_axis_has_no_shares(ask: Typed) -> None:
    assert printed(ask, "words axes w --axis m=man king --format table") == (
        "  word  cosine with m  above usual (sd)\n  king           .500              +0.4\n"
    )
    head = printed(ask, "words axes w --axis m=man king").splitlines()[0]
    assert head == "word\tm_cosine\tm_above\tnote"


def test_the_numbers_of_a_word(ask: Typed) -> None:
    assert printed(ask, "words vector w queen man") == (
        "word\td1\td2\td3\td4\nqueen\t1.0\t1.0\t1.0\t-1.0\nman\t0.0\t0.0\t2.0\t0.0\n"
    )
    assert printed(ask, "words vector w queen --format table") == (
        "  word   vector                    length  from\n"
        "  queen  1.000 1.000 1.000 −1.000       2  table\n"
    )


def test_long_vectors_are_cut_in_a_table(ask: Typed, tmp_path: Path) -> None:
    table = np.ones((1, 16), dtype=np.float32)
    write_folder(tmp_path / "long", WordVectors(["one"], table), {})
    out = printed(ask, f"words vector {tmp_path / 'long'} one --format table")
    assert out.splitlines()[1] == (
        "  one   1.000 1.000 1.000 1.000 1.000 1.000 … (16)       4  table"
    )


def test_a_batch_keeps_its_order_over_many_lines(ask: Typed) -> None:
    """More lines than are answered at a time; each has its rows, in order; unknown words have one."""
    words = ["king", "qqq", "man", "woman"] * 400
    done = ask("words", "neighbors", "w", "-", "-k", "2", "--format", "csv", stdin="\n".join(words))
    rows = [line.split(",") for line in done.out.splitlines()[1:]]
    assert [row[0] for row in rows if row[1] in ("", "1")] == words
    assert len(rows) == 400 * (3 * 2 + 1)
    assert done.err == "nlpwb: 400 of 1,600 lines have no answer: no vector for qqq …\n"


def test_a_batch_as_a_table_shows_its_notes(ask: Typed) -> None:
    done = ask("words", "neighbors", "w", "-", "-k", "1", "--format", "table", stdin="king\nqqq\n")
    assert done.out == (
        "  query  rank  word  cosine  count  note\n"
        "  king      1  man     .500  5,000  –\n"
        "  qqq       –  –          –      –  no vector for qqq\n"
    )


UNKNOWN = "w has no vector for 'kingg' among its 6 words; did you mean king?"
HOW = "write king - man + woman, or three words: man king woman"


@pytest.mark.parametrize(
    ("line", "stdin", "code", "sentence"),
    [
        ("neighbors w kingg", None, 1, UNKNOWN),
        ("neighbors w king kingg", None, 1, UNKNOWN),
        ("similarity w kingg king", None, 1, UNKNOWN),
        ("analogy w kingg - man", None, 1, UNKNOWN),
        ("odd w king man kingg", None, 1, UNKNOWN),
        ("vector w kingg", None, 1, UNKNOWN),
        ("axes w --axis a=man kingg", None, 1, UNKNOWN),
        ("axes w --axis a=man,kingg king", None, 1, f"--axis a: {UNKNOWN}"),
        ("vector w 東京", None, 1, "w has no vector for '東京' among its 6 words; no word is spelled like it"),
        ("neighbors w zero", None, 1, "zero: no answer, for its vector is all zeros"),
        ("similarity w zero king", None, 1, "zero: no answer, for its vector is all zeros"),
        ("neighbors w king -", None, 2, "- stands for standard input and so for all words; give it alone"),
        ("neighbors w king -k 0", None, 2, "-k must be at least 1, got 0"),
        ("neighbors w -", "", 1, "standard input is empty; give it a question a line"),
        ("neighbors w -", " \n\n", 1, "standard input is empty; give it a question a line"),
        ("neighbors w -", "qqq\n", 1, "no line has an answer: no vector for qqq"),
        ("neighbors w -", b"king\n\xff\xfe\n", 1,
         "standard input, line 2: this is not UTF-8; turn it into UTF-8 first, as with iconv"),
        ("similarity w king", None, 2, "similarity needs two words, got 1"),
        ("odd w king queen", None, 2, "odd needs three words at least, got 2"),
        ("analogy w king man", None, 2, f"2 words without + and - between them; {HOW}"),
        ("analogy w king - - man", None, 2, f"two signs stand before '- man'; {HOW}"),
        ("analogy w king - man woman", None, 2, f"a + or - is missing between man and woman; {HOW}"),
        ("analogy w king -", None, 2, f"no word follows the last -; {HOW}"),
        ("analogy w - king", None, 2, f"no word is added; {HOW}"),
        ("analogy w king - man --method 3cosad", None, 2, "--method '3cosad' is not known; did you mean 3cosadd?"),
        ("axes w --axis fruit king", None, 2,
         "--axis fruit names no words; write --axis NAME=WORD,WORD as in fruit=banana,orange"),
        ("axes w --axis a=man --axis a=king boat", None, 2,
         "--axis: the name a is taken or given twice; give each axis a name of its own"),
        ("axes w --axis a=man --axis note=king boat", None, 2,
         "--axis: the name note is taken or given twice; give each axis a name of its own"),
        ("axes w --axis word=man king", None, 2,
         "--axis: the name word is taken or given twice; give each axis a name of its own"),
        ("axes w --axis note=man king", None, 2,
         "--axis: the name note is taken or given twice; give each axis a name of its own"),
        ("axes w --axis rank=man king", None, 2,
         "--axis: the name rank is taken or given twice; give each axis a name of its own"),
        ("axes w --axis a=man --axis a_cosine=woman king", None, 2,
         "--axis: the name a_cosine is taken or given twice; give each axis a name of its own"),
        ("axes w --axis a=king,boat man", None, 1,
         "the words of the axis a have no common direction; choose others"),
        ("axes w --axis a=man,zero king", None, 1,
         "--axis a: zero has no direction, for its vector is all zeros; choose another word"),
        ("axes w --axis a=man zero", None, 1, "zero: no answer, for its vector is all zeros"),
        ("odd w king queen zero", None, 1, "zero: no answer, for its vector is all zeros"),
        ("similarity w king zero", None, 1, "zero: no answer, for its vector is all zeros"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(
    ask: Typed, line: str, stdin: str | bytes | None, code: int, sentence: str
) -> None:
    done = ask("words", *line.split(), stdin=stdin)
    assert (done.code, done.err) == (code, f"nlpwb: {sentence}\n")


@pytest.mark.parametrize("command", ["neighbors", "vector"])
def test_a_closed_pipe_is_no_failure(
    home: Path, environment: dict[str, str], tmp_path: Path, command: str
) -> None:
    """0 and not a word, so that `| head` does not end a script under `set -o pipefail`."""
    lines = tmp_path / "lines.txt"
    lines.write_text("king\nman\n" * 20_000)
    codes, out, said = shell(f"{NLPWB} words {command} w - < {lines} | head -2", home, environment)
    assert (codes, said) == ([0, 0], "")
    assert out.splitlines()[1].startswith("king\t1")


@pytest.mark.parametrize(
    "line",
    [
        ["neighbors", "w", "king"],
        ["similarity", "w", "king", "queen"],
        ["analogy", "w", "king", "-", "man", "+", "woman", "--method", "3cosmul"],
        ["odd", "w", "king", "queen", "boat"],
        ["axes", "w", "--axis", "m=man", "king"],
        ["vector", "w", "king"],
    ],
    ids=lambda line: line[0],
)
def test_numpy_alone_answers(line: list[str], home: Path, environment: dict[str, str]) -> None:
    """No scipy, no torch, no gensim, no rich: an answer in half a second leaves no room for them."""
    *_, (_, code, packages) = loaded(home, environment, ["words", *line])
    assert (code, packages) == (0, {"numpy"})


def test_an_index_is_made_and_asked(ask: Typed, tmp_path: Path) -> None:
    """Of five words all are found: the answers are those of the whole table, with the recall said."""
    pytest.importorskip("usearch.index", reason="usearch, the extra `index`, is not installed")
    table = np.array(list(TABLE.values()), dtype=np.float32)
    place = tmp_path / "w"
    write_folder(place, WordVectors(list(TABLE), table, np.array(COUNTS)), {"lowercase": True})
    done = ask("words", "neighbors", str(place), "king", "--index")
    assert (done.code, done.err) == (
        1,
        f"nlpwb: {place} has no index; make one with: nlpwb words index {place}\n",
    )
    (made,) = json.loads(printed(ask, f"words index {place} --format json"))
    assert made["seconds"] > 0
    assert {name: made[name] for name in ("index", "words", "recall", "sampled")} == {
        "index": f"{place}/index.usearch",
        "words": 5,
        "recall": 1.0,
        "sampled": 5,
    }
    assert made["bytes"] == (place / "index.usearch").stat().st_size
    out = printed(ask, f"words neighbors {place} king --index --format table")
    head = "nearest to king   among the 6 words of w   index, recall@10 1.000\n"
    assert out == head + NEIGHBORS["table"].partition("\n")[2]
    assert printed(ask, f"words neighbors {place} king --index") == NEIGHBORS["tsv"]
    done = ask("words", "neighbors", str(place), "king", "--index", "--restrict-vocab", "3")
    assert (done.code, done.err) == (
        2,
        "nlpwb: --index searches all words; leave out --restrict-vocab, or --index\n",
    )


def test_only_a_folder_of_ours_has_an_index(ask: Typed, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("2 2\na 1 0\nb 0 1\n")
    done = ask("words", "index", str(tmp_path / "v.txt"))
    assert done.code == 1
    assert done.err.startswith(f"nlpwb: {tmp_path}/v.txt is a file of another program; an index ")
