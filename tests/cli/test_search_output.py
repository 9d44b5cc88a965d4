"""``nlpwb embed -o INDEX/`` and ``nlpwb search``: exact output of vectors one computes by head, batches, mistakes, no socket."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlpwb.specs import parse_spec
from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import WordVectors
from nlpwb.workflows.classifier import fit_classifier
from nlpwb.workflows.model_folder import save_model
from tests.cli.conftest import Typed
from tests.cli.test_pipes import NLPWB, shell
from tests.cli.test_startup import loaded
from tests.workflows.pretrained.bases import write_base
from tests.workflows.pretrained.hub import block_sockets, keep_in_hub, use_hub_cache

# A text is the mean of its words' vectors: of three cats and a dog it is (¾, ¼), whose cosine with a cat is 3/√10.
WORDS = {"cat": (1, 0), "dog": (0, 1), "bird": (0, -1)}
DOCUMENTS = ["a cat", "one dog", "cat and dog", "no known word", "the bird", "cat cat cat dog"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model ``m``, and the documents in ``d.txt``, with a blank line before the last."""
    folder = tmp_path_factory.mktemp("home")
    write_folder(
        folder / "w", WordVectors(list(WORDS), np.array(list(WORDS.values()), dtype=np.float32)), {}
    )
    spec = parse_spec(f"vectors:path={folder / 'w'}+logreg")
    texts, labels = ["cat", "dog", "bird"] * 4, ["yes", "no", "no"] * 4
    made = fit_classifier(spec, texts, labels, labels=("no", "yes"), seed=0, threads=1)
    save_model(folder / "m", made, {"by": "a test"})
    lines = [*DOCUMENTS[:-1], "", DOCUMENTS[-1], ""]
    (folder / "d.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def ask(typed: Typed, home: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types 80 columns wide where ``ix`` is an index of the documents by the model."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # --offline sets it, and it is taken back
    done = typed("embed", str(home / "m"), str(home / "d.txt"), "-o", "ix/", "-v")
    assert (done.code, done.out) == (0, "")
    assert "ix/: 6 documents, 2 dimensions; `nlpwb search ix/ QUERY` asks them" in done.err
    return typed


def printed(ask: Typed, *words: str, stdin: str | None = None) -> str:
    """What a command line that succeeds prints."""
    done = ask(*words, stdin=stdin)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_table(ask: Typed, home: Path) -> None:
    """Equal cosines in the order of the documents; a text without a vector is no answer."""
    shown = printed(ask, "search", "ix", "cat", "--format", "table")
    said, _, table = shown.partition("\n\n")
    assert " ".join(said.split()) == f"nearest to cat among the 6 documents of d.txt {home / 'm'}"
    assert table == (
        "  rank  cosine  row  text\n"
        "     1   1.000    1  a cat\n"
        "     2    .949    7  cat cat cat dog\n"
        "     3    .707    3  cat and dog\n"
        "     4    .000    2  one dog\n"
        "     5    .000    5  the bird\n"
    )


def test_machine_formats(ask: Typed) -> None:
    assert printed(ask, "search", "ix", "cat", "--top-k", "1") == (
        "query\trank\tcosine\trow\ttext\ncat\t1\t1.0\t1\ta cat\n"
    )
    assert json.loads(printed(ask, "search", "ix", "dog", "-k", "1", "--format", "json")) == [
        {"query": "dog", "rank": 1, "cosine": 1.0, "row": 2, "text": "one dog"}
    ]
    printed(ask, "search", "ix", "dog", "-k", "1", "--out", "a.csv")
    assert Path("a.csv").read_text(encoding="utf-8") == (
        "query,rank,cosine,row,text\ndog,1,1.0,2,one dog\n"
    )
    shown = printed(ask, "search", "ix", "dog", "-k", "1", "--format", "md")
    assert shown.endswith("| 1 | 1.000 | 2 | one dog |\n")


@pytest.mark.parametrize("way", ["-", "none", "--queries", "arguments"])
def test_questions_come_from_arguments_a_file_or_standard_input(ask: Typed, way: str) -> None:
    """A line each, blank ones left out; every answer names its question."""
    lines = "the dog\n\na bird, please\n"
    words = {"-": ["-"], "none": [], "--queries": ["--queries", "q.txt"]}.get(
        way, ["the dog", "a bird, please"]
    )
    Path("q.txt").write_text(lines, encoding="utf-8")
    out = printed(ask, "search", "ix", *words, "-k", "1", stdin=lines if way in "-none" else "")
    assert out == (
        "query\trank\tcosine\trow\ttext\nthe dog\t1\t1.0\t2\tone dog\na bird, please\t1\t1.0\t5\tthe bird\n"
    )


def test_a_long_text_is_cut_to_the_width(ask: Typed, home: Path) -> None:
    """And to the cell where characters are two wide; the machine formats have all of it."""
    wide = "cat " + "漢字" * 60
    long = "dog\t" + "x" * 200
    printed(ask, "embed", str(home / "m"), "-", "-o", "ix", "--input-format", "text",
            stdin=f"{wide}\n{long}\n")  # fmt: skip
    for words in (
        ["cat"],
        ["cat", "a question of some length about a dog"],
        ["漢字" * 9 + " cat", "dog"],
    ):
        shown = printed(ask, "search", "ix", *words, "--format", "table").splitlines()
        from rich.cells import cell_len

        assert max(map(cell_len, shown)) <= 80
        assert sum(line.endswith("…") for line in shown) == 2 * len(words)
    assert json.loads(printed(ask, "search", "ix", "dog", "--format", "json"))[0]["text"] == long


def test_a_question_without_a_vector_has_no_answer(ask: Typed) -> None:
    assert printed(ask, "search", "ix", "qqq") == "query\trank\tcosine\trow\ttext\n"


def test_an_approximate_answer_says_its_recall(ask: Typed) -> None:
    pytest.importorskip("usearch")
    done = ask("search", "ix", "cat", "-k", "2", "--approximate", "-v")
    assert done.out.splitlines()[1:] == [
        "cat\t1\t1.0\t1\ta cat",
        f"cat\t2\t{float(np.float32(0.9486833))}\t7\tcat cat cat dog",
    ]
    assert "graph, recall@10 1.000" in done.err
    shown = printed(ask, "search", "ix", "cat", "--approximate", "--format", "table")
    assert "graph, recall@10 1.000" in " ".join(shown.split("\n"))


def test_a_base_of_the_hub_offline_opens_no_socket(
    ask: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """embed pins the commit, search finds it in the cache, and the network is never asked."""
    (tmp_path / "hub").mkdir()
    use_hub_cache(monkeypatch, tmp_path / "hub")
    name = keep_in_hub(
        tmp_path / "hub", "someone/one", Path(write_base(tmp_path / "one", DOCUMENTS))
    )
    attempts = block_sockets(monkeypatch)
    Path("d.txt").write_text("\n".join(DOCUMENTS), encoding="utf-8")
    printed(ask, "embed", name, "d.txt", "-o", "hubbed", "--offline", "--device", "cpu")
    hits = json.loads(
        printed(ask, "search", "hubbed", "one dog", "--offline", "-k", "1", "--format", "json")
    )
    assert hits[0]["text"] == "one dog"
    manifest = json.loads(Path("hubbed/manifest.json").read_text(encoding="utf-8"))
    assert f"base={name}@0123456789" in manifest["encoder"]["spec"]
    assert attempts == []
    done = ask("embed", "hub:someone/two", "d.txt", "-o", "e.npy", "--offline")
    assert (done.code, attempts) == (1, [])
    assert "fetch it once without --offline" in done.err


def test_a_base_in_place_of_a_model(ask: Typed, tmp_path: Path) -> None:
    """To a matrix, to a map; a second time it encodes nothing."""
    name = write_base(tmp_path / "one", DOCUMENTS)
    Path("d.txt").write_text("\n".join(DOCUMENTS), encoding="utf-8")
    for spelled in (name, f"pretrained:base={name},precision=float32"):
        done = ask("embed", spelled, "d.txt", "-o", "e.npy", "--precision", "float32", "-v")
        assert (done.code, done.out) == (0, "")
        assert "e.npy: 6 documents, 32 dimensions" in done.err
    assert np.load("e.npy").shape == (6, 32)
    kinds = [row["kind"] for row in json.loads(printed(ask, "cache", "list", "--format", "json"))]
    printed(ask, "embed", name, "d.txt", "--plot", "m.html", "--precision", "float32")
    again = [row["kind"] for row in json.loads(printed(ask, "cache", "list", "--format", "json"))]
    assert again == kinds
    assert Path("m.html").is_file()


def test_an_index_is_asked_without_heavy_packages_until_there_is_a_question(
    ask: Typed, environment: dict[str, str], home: Path
) -> None:
    """A wrong folder or a damaged index is told at once; with a model of word vectors torch never comes."""
    *_, (_, code, packages) = loaded(Path(), environment, ["search", "nothing", "cat"])
    assert (code, packages) == (1, {"numpy"})
    *_, (_, code, packages) = loaded(Path(), environment, ["search", "ix", "cat"])
    assert code == 0
    assert "torch" not in packages


def test_a_reader_that_leaves_early(ask: Typed, environment: dict[str, str]) -> None:
    codes, out, said = shell(
        f"yes cat | head -n 2000 | {NLPWB} search ix | head -n 1", Path(), environment
    )
    assert (out, said) == ("query\trank\tcosine\trow\ttext\n", "")
    assert codes[2] == 0


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("search nothing cat", 1, "there is no index nothing; `nlpwb embed minilm CORPUS -o nothing/` makes one"),
        ("search HOME/m cat", 1, "HOME/m holds a classifier, not an index of documents; `nlpwb embed minilm CORPUS -o "
         "INDEX/` makes one"),
        ("search ix cat -", 2, "- stands for standard input and so for all questions; give it alone"),
        ("search ix cat --queries q.txt", 2, "--queries and QUERY say the same; give one"),
        ("search ix -k 0 cat", 2, "--top-k must be at least 1, got 0"),
        ("search ix --queries nothing.txt", 1, "nothing.txt: no such file or folder; check the path"),
        ("search ix", 1, "standard input is empty; a corpus needs at least one document"),
        ("embed HOME/m HOME/d.txt -o HOME/m/", 1, "-o HOME/m: something else than an index stands there; choose another "
         "place"),
        ("embed HOME/m HOME/d.txt -o ix --plot m.png", 2, "--plot m.png: an index is not drawn; give -o E.npy, or leave "
         "one out"),
        ("embed HOME/m HOME/d.txt -o e.npy --no-cache", 2, "--no-cache concerns bases, and what a model sees of texts is "
         "not kept; leave it out"),
        ("embed nothing HOME/d.txt -o e.npy", 1, "there is no model nothing; `nlpwb train SPEC CORPUS -o nothing` makes "
         "one"),
        ("embed minlm HOME/d.txt -o e.npy", 2, "there is no base minlm; it is a folder with a config.json, "
         "hub:owner/name, or a name of `nlpwb bases`: did you mean minilm?"),
        ("embed tfidf:ngrams=1-2 HOME/d.txt -o e.npz", 2, "tfidf:ngrams=1-2: embed takes a model, a base, or a spec "
         "pretrained:base=…; `nlpwb train` makes a model of this method, and `nlpwb vectorize` writes counts"),
    ],
)  # fmt: skip
def test_mistakes_get_their_sentence(
    ask: Typed, home: Path, line: str, code: int, sentence: str
) -> None:
    done = ask(*line.replace("HOME", str(home)).split())
    assert (done.code, done.out) == (code, "")
    assert done.err == f"nlpwb: {sentence.replace('HOME', str(home))}\n"


def test_a_blank_question(ask: Typed) -> None:
    assert ask("search", "ix", " ").err == "nlpwb: a QUERY is blank; give it words\n"


def test_sparse_vectors_have_no_index(ask: Typed, models: Path, shop: Path) -> None:
    done = ask("embed", str(models / "nb"), str(shop / "train.csv"), "-o", "sparse")
    assert (done.code, Path("sparse").exists()) == (2, False)
    assert done.err == (
        f"nlpwb: {models / 'nb'} makes sparse vectors, and an index holds dense ones; train it with +lsa, or give -o E.npz\n"
    )


def test_a_model_that_moved_or_changed(ask: Typed, home: Path, models: Path) -> None:
    manifest = Path("ix/manifest.json")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    said["encoder"]["model"] = "/gone"
    manifest.write_text(json.dumps(said), encoding="utf-8")
    done = ask("search", "ix", "cat")
    assert done.err == (
        "nlpwb: the model that made ix, /gone, is not there any more; --model says where it is now, or embed the documents "
        "again, -o ix/\n"
    )
    assert printed(ask, "search", "ix", "cat", "-k", "1", "--model", str(home / "m"))
    done = ask("search", "ix", "cat", "--model", str(models / "nb"))
    assert "is not the model that made ix; embed the documents again, -o ix/" in done.err
