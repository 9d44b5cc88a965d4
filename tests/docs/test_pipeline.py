"""docs/examples/Makefile: every step made once, again only where something changed, and never past a failure."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "Makefile"
QUICK = "METHODS=bow+nb tfidf"
NEW = "Broke after a day, and nobody answers.\nLovely thing, I use it every morning.\n"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


class Pipeline:
    """A folder in which the pipeline is run."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {
            k: v for k, v in environment.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        }

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``make -j4`` as a user types it."""
        return subprocess.run(
            ["make", "-j4", "-f", str(MAKEFILE), *(words or (QUICK,))],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=300,
        )

    def dates(self) -> dict[str, int]:
        """Every file that the pipeline made, with the time it was written."""
        given = ("raw.csv", "new.txt")
        return {
            str(path.relative_to(self.folder)): path.stat().st_mtime_ns
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name not in given
        }

    def changed(self, before: dict[str, int]) -> set[str]:
        """The files that are new, or written anew, since ``before``."""
        return {name for name, date in self.dates().items() if before.get(name) != date}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, typed: dict[str, str]) -> Pipeline:
    """The pipeline run once on the sample reviews; the tests below follow one another in its folder."""
    pipeline = Pipeline(tmp_path_factory.mktemp("a folder of mine"), typed)
    convert = ["nlpwb", "data", "convert", "sample:reviews", "-o", "raw.csv", "-q"]
    subprocess.run(convert, cwd=pipeline.folder, env=typed, check=True, capture_output=True)
    (pipeline.folder / "new.txt").write_text(NEW, encoding="utf-8")
    done = pipeline.make()
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return pipeline


def test_raw_file_to_report_and_predictions(built: Pipeline) -> None:
    """The report holds data, methods, winner and its figures; the winner is the one that scored best."""
    work = built.folder / "work"
    comparison = json.loads((work / "comparison.json").read_text(encoding="utf-8"))
    winner = (work / "winner").read_text(encoding="utf-8").strip()
    assert winner == comparison["answer"]["best"]
    assert {result["method"] for result in comparison["results"]} == {"bow+nb", "tfidf"}
    manifest = json.loads((work / "model" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["spec"] == winner

    sizes = {}
    for part in ("train", "test"):
        with (work / "parts" / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            sizes[part] = sum(1 for _ in csv.DictReader(file))
    assert sizes["train"] == comparison["protocol"]["rows"], "compared inside the training part"
    assert sizes["train"] + sizes["test"] == 520

    report = (built.folder / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# raw.csv\n\n## The data\n\nraw.csv · 520 documents\n")
    assert f"\n| {winner} | ." in report
    assert f"\n{winner} on test.csv: accuracy ." in report
    assert f"{sizes['test']} documents" in report

    header, *rows = (built.folder / "predictions.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "row\tlabel\tscore\ttext"
    assert [row.split("\t")[3] for row in rows] == NEW.splitlines()
    assert {row.split("\t")[1] for row in rows} <= {"negative", "positive"}


def test_nothing_is_made_twice(built: Pipeline) -> None:
    before = built.dates()
    done = built.make()
    assert (done.returncode, done.stdout) == (0, "make: Nothing to be done for 'all'.\n")
    assert built.changed(before) == set()


def test_new_texts_are_labelled_by_the_model_there_is(built: Pipeline) -> None:
    before = built.dates()
    with (built.folder / "new.txt").open("a", encoding="utf-8") as file:
        file.write("It came broken.\n")
    assert built.make().returncode == 0
    assert built.changed(before) == {"predictions.tsv"}
    assert len((built.folder / "predictions.tsv").read_text(encoding="utf-8").splitlines()) == 4


def test_a_further_method_that_does_not_win_trains_nothing(built: Pipeline) -> None:
    before = built.dates()
    assert built.make(QUICK + " majority").returncode == 0
    assert built.changed(before) == {
        "work/METHODS",
        "work/comparison.json",
        "work/comparison.md",
        "work/winner.stamp",
        "report.md",
    }
    before = built.dates()
    assert "Nothing to be done" in built.make(QUICK + " majority").stdout
    assert built.changed(before) == set()


def test_a_gate_that_is_missed_stops_what_stands_behind_it(built: Pipeline) -> None:
    """And it goes on stopping: the evaluation that failed is never taken for done."""
    before = built.dates()
    for _ in range(2):
        done = built.make(QUICK + " majority", "GATE=0.999")
        assert done.returncode == 2  # make's own code for a step that failed
        assert (
            "nlpwb: --fail-under 0.999 is missed: the lower end of the interval is" in done.stderr
        )
        assert " on test.csv: accuracy ." in done.stderr, "the figures are shown"
        assert "Error 3" in done.stderr
    assert built.changed(before) == {"work/GATE"}
    assert set(before) - set(built.dates()) == {"work/evaluation.md"}

    assert built.make(QUICK + " majority").returncode == 0
    assert "work/evaluation.md" in built.changed(before)
    assert "work/model/manifest.json" not in built.changed(before)


def test_a_changed_raw_file_makes_all_of_it_again(built: Pipeline) -> None:
    before = built.dates()
    with (built.folder / "raw.csv").open("a", encoding="utf-8") as file:
        file.write("The third one this year and each better than the last.,positive\n")
    done = built.make(QUICK + " majority")
    assert done.returncode == 0, done.stderr
    untouched = {"work/METHODS", "work/METRIC", "work/READ", "work/GATE", "work/winner"}
    assert set(built.dates()) - built.changed(before) <= untouched
    assert "raw.csv · 521 documents" in (built.folder / "report.md").read_text(encoding="utf-8")


def test_an_error_in_the_raw_file_ends_it_before_anything_is_computed(
    tmp_path: Path, typed: dict[str, str]
) -> None:
    pipeline = Pipeline(tmp_path, typed)
    (tmp_path / "raw.csv").write_text("text,label\nfine,x\nwell,x\n", encoding="utf-8")
    done = pipeline.make()
    assert done.returncode == 2
    assert "all rows have the label 'x', so there is nothing to tell apart" in done.stderr
    made = set(pipeline.dates())
    assert "work/check.md" not in made, "what failed is never taken for done"
    assert not made - {f"work/{name}" for name in ("READ", "METHODS", "METRIC", "GATE")}


def test_the_only_method_is_the_winner_and_a_failed_one_is_none(
    tmp_path: Path, typed: dict[str, str]
) -> None:
    """A single method needs no comparing; a comparison that failed leaves no older winner in its place."""
    pipeline = Pipeline(tmp_path, typed)
    rows = "".join(f"good work {n},x\nbad work {n},y\n" for n in range(20))
    (tmp_path / "raw.csv").write_text("text,label\n" + rows, encoding="utf-8")
    done = pipeline.make("METHODS=majority", "GATE=0")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "winner").read_text(encoding="utf-8") == "majority\n"
    assert not (tmp_path / "predictions.tsv").exists(), "there are no new texts"

    done = pipeline.make("METHODS=bow:min_df=500", "GATE=0")
    assert done.returncode == 2
    assert "min_df=500" in done.stderr
    assert not (tmp_path / "work" / "comparison.json").exists()
