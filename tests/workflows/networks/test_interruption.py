"""``nlpwb train`` of a network as the system sees it: killed, interrupted, and started again with the same command."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpwb.workflows.networks.log import read_log

from .corpora import write_reviews

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are of another kind")

SPEC = "gru:dim=16,hidden=16,epochs=40,patience=3,tuning=0.2,batch_documents=8,learning_rate=0.0005"


def command(folder: Path, *more: str) -> list[str]:
    words = ["train", SPEC, "reviews.csv", "-o", "model", "--threads", "1", "--format", "json"]
    return [sys.executable, "-m", "nlpwb", *words, *more]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NLPWB_")}
    root = str(Path(__file__).resolve().parents[3])
    return kept | {"NLPWB_CACHE": str(folder / "cache"), "PYTHONPATH": root}


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *more),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def started(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(folder),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps(folder: Path) -> int:
    """Steps that the log of a training under way tells of."""
    rows = read_log(folder / ".model.training" / "training.jsonl")
    return max((row["step"] for row in rows if "step" in row), default=0)


def wait_until(process: subprocess.Popen[str], true) -> bool:
    """Whether something came to pass before the process ended."""
    end = time.monotonic() + 100
    while process.poll() is None:
        if true():
            return True
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)
    return False


def folder_for(path: Path) -> Path:
    path.mkdir()
    write_reviews(path / "reviews.csv", 400)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nobody disturbed."""
    folder = folder_for(tmp_path_factory.mktemp("whole") / "run")
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder


def model(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


def test_ctrl_c_keeps_what_was_learnt_and_the_same_command_goes_on(
    whole: Path, tmp_path: Path
) -> None:
    folder = folder_for(tmp_path / "run")
    process = started(folder)
    assert wait_until(process, lambda: steps(folder) >= 30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == (
        "nlpwb: interrupted; what was learnt is kept, and the same command goes on from there\n"
    )
    assert not (folder / "model").exists()
    again = run(folder)
    assert again.returncode == 0, again.stderr
    (made,) = json.loads(again.stdout)
    assert made["resumed"] >= 30
    assert model(folder) == model(whole)
    assert sorted(path.name for path in folder.iterdir()) == ["model", "reviews.csv"]


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    """kill -9 between the start of the interpreter and the end of the last epoch, again and again."""
    folder = folder_for(tmp_path / "run")
    chance = random.Random(0)
    kills = 0
    while kills < 12:
        process = started(folder)
        at = steps(folder) + chance.randint(0, 120)
        moment = chance.random() * 0.2
        if not wait_until(process, lambda at=at: steps(folder) >= at):
            break
        time.sleep(moment)
        process.kill()
        process.communicate()
        kills += 1
    if not (folder / "model").exists():
        done = run(folder)
        assert done.returncode == 0, done.stderr
    assert kills >= 3
    assert model(folder) == model(whole)
    logs = [read_log(place / "model" / "training.jsonl") for place in (folder, whole)]
    scores = [
        [(row["step"], row["tuning"]["value"]) for row in log if row["record"] == "epoch"]
        for log in logs
    ]
    assert scores[0] == scores[1]


@pytest.mark.slow
def test_two_trainings_of_one_model_the_second_says_so(tmp_path: Path) -> None:
    folder = folder_for(tmp_path / "run")
    process = started(folder)
    try:
        assert wait_until(process, lambda: steps(folder) >= 1)
        second = run(folder)
        assert second.returncode == 1
        assert second.stderr == (
            "nlpwb: -o model: another process is training this model; wait for it, or choose another place\n"
        )
    finally:
        process.kill()
        process.communicate()


def test_a_comparison_goes_on_from_a_cells_checkpoint(tmp_path: Path) -> None:
    """Killed in the middle of a cell: the next run of the comparison resumes its training, and leaves no checkpoint."""
    folder = folder_for(tmp_path / "run")
    words = ["compare", "reviews.csv", "-m", SPEC, "--test-size", "0.25", "--format", "json"]
    line = [sys.executable, "-m", "nlpwb", *words]
    process = subprocess.Popen(
        line,
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    place = folder / "cache" / "training"
    assert wait_until(process, lambda: any(place.glob(".*/checkpoint-*/checkpoint.json")))
    process.kill()
    process.communicate()
    done = subprocess.run(
        line, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (log,) = (folder / "cache" / "cell").glob("*/training.jsonl")
    begun = [row for row in read_log(log) if row["record"] == "begun"]
    assert len(begun) >= 2
    assert begun[-1]["step"] > 0
    assert list(place.iterdir()) == []
