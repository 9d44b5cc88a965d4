"""``nlpwb embed --plot``: a map of documents beside, or instead of, their vectors; mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Typed


def test_embed_draws_a_map(typed: Typed, models: Path, shop: Path) -> None:
    """Both at once read the corpus once; the page's data are the documents with their labels."""
    done = typed(
        "embed", str(models / "nb"), str(shop / "train.csv"), "-o", "e.npz", "--plot", "map.html", "-v"
    )  # fmt: skip
    assert (done.code, done.out) == (0, "")
    assert "e.npz: 21 documents, 13 dimensions" in done.err
    assert "map.html: 21 documents, vectors of bow+nb, two principal components" in done.err
    text = Path("map.html").read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert data["groups"] == ["no", "yes"]
    first = data["marks"][0]
    assert (first["text"], first["group"], first["row"], first["near"]) == ("good apple", 1, 2, [])


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_embed_draws_without_writing_vectors(typed: Typed, models: Path, ending: str) -> None:
    lines = "".join(f"good {food}\n" for food in ("apple", "bread", "jam", "ice"))
    done = typed("embed", str(models / "nb"), "-", "--plot", f"m.{ending}", "--projection", "tsne",
                 "--theme", "dark", "--input-format", "text", stdin=lines)  # fmt: skip
    assert (done.code, done.out) == (0, "")
    assert [path.name for path in Path().iterdir()] == [f"m.{ending}"]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("", 2, "embed has nothing to do; give -o E.npy, or --plot map.png, or both"),
        ("--label label -o e.npz", 2, "--label: labels only colour the map; add --plot map.png"),
        (
            "--theme dark -o e.npz",
            2,
            "--projection and --theme concern the map; add --plot map.png",
        ),
        ("--plot m.pdf", 2, "--plot m.pdf: the ending says the format, .png, .svg or .html"),
        ("--plot no/m.png", 1, "--plot no/m.png: the folder no does not exist; make it first"),
        (
            "-o e.npy",
            2,
            "-o e.npy: the vectors of bow+nb are sparse; end it in .npz",
        ),
    ],
)
def test_mistakes_get_their_sentence(
    typed: Typed, models: Path, shop: Path, line: str, code: int, sentence: str
) -> None:
    done = typed("embed", str(models / "nb"), str(shop / "train.csv"), *line.split())
    assert (done.code, done.out) == (code, "")
    assert done.err.splitlines()[-1] == f"nlpwb: {sentence}"
