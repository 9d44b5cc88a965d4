"""The program as it is typed, in this process and in one of its own; a corpus whose figures one can compute by head."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlpwb.cli.main import run

FOODS = ("apple", "bread", "cheese", "dates", "eggs", "figs", "grapes", "honey", "ice", "jam")
NEW_FOODS = ("kale", "leek", "mint", "nuts", "okra", "pear")


@dataclass(frozen=True)
class Ended:
    """How a command line ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


class Typed:
    """``typed("methods", "tfidf", stdin="…")`` runs a command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def __call__(self, *words: str, stdin: str | bytes | None = None) -> Ended:
        data = stdin.encode("utf-8") if isinstance(stdin, str) else stdin or b""
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        self.capsys.readouterr()
        code = run(words)
        caught = self.capsys.readouterr()
        return Ended(code, caught.out, caught.err)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with training and test texts: ``good FOOD`` is yes, ``bad FOOD`` is no.

    21 training texts, 11 of them yes, 13 words; 12 test texts of other foods, 6 of each label. ``majority`` says yes to all of
    them and is right 6 times; a bag of words is right 12 times, and knows every other word of them.
    """
    folder = tmp_path_factory.mktemp("shop")
    train = [f"good {food},yes" for food in (*FOODS, "tea")] + [f"bad {food},no" for food in FOODS]
    test = [f"good {food},yes" for food in NEW_FOODS] + [f"bad {food},no" for food in NEW_FOODS]
    for name, rows in (("train.csv", train), ("test.csv", test)):
        (folder / name).write_text("\n".join(["text,label", *rows, ""]), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def models(shop: Path) -> Path:
    """A folder with a model for every kind of head: majority, nb (probabilities), svm (scores)."""
    for name, spec in (("majority", "majority"), ("nb", "bow+nb"), ("svm", "onehot+svm")):
        done = subprocess.run(
            [sys.executable, "-m", "nlpwb", "train", spec, "train.csv", "-o", name, "-q"],
            cwd=shop,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return shop


@pytest.fixture(scope="session")
def shop_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all comparisons of the session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def typed(
    shop_cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Typed:
    """Runs command lines in a fresh folder, with the session's cache, 100 columns and no colours."""
    monkeypatch.setenv("NLPWB_CACHE", str(shop_cache))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("NLPWB_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)
    return Typed(capsys, monkeypatch)


@pytest.fixture
def environment(shop_cache: Path) -> dict[str, str]:
    """The environment of a command in a process of its own."""
    return {
        **{name: value for name, value in os.environ.items() if name != "NLPWB_DEBUG"},
        "NLPWB_CACHE": str(shop_cache),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
