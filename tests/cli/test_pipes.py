"""Commands among other programs: readers that leave early, disks that are full, streams that are closed, Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NLPWB = f"{sys.executable} -m nlpwb"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


def shell(line: str, folder: Path, environment: dict[str, str]) -> tuple[list[int], str, str]:
    """A bash line: the exit code of every part of its pipe, stdout, stderr."""
    done = subprocess.run(
        ["bash", "-c", f'{line}; echo "codes: ${{PIPESTATUS[*]}}" >&2'],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    said, _, codes = done.stderr.rpartition("codes: ")
    return [int(code) for code in codes.split()], done.stdout, said


@pytest.fixture(scope="module")
def long_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More lines than a pipe holds, so that a writer is stopped in the middle."""
    path = tmp_path_factory.mktemp("long") / "long.txt"
    path.write_text("a line of some words\n" * 40_000, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line",
    [
        "data convert sample:reviews -o - --to csv | head -1",
        "predict majority LONG | head -2",
        "predict majority LONG --format jsonl | head -1",
        "predict majority LONG --format json | head -1",
        "tokenizer encode word LONG | head -1",
        "tokenizer encode word LONG --format tokens | head -1",
        "vectorize bow sample:reviews --top 2000 | true",
        "methods | true",
        "data list | true",
        "data check train.csv | true",
        "cache list | true",
        "evaluate majority test.csv | true",
        "--help | true",
        "--version | true",
        "compare train.csv --test test.csv -m majority -m onehot | true",
    ],
)
def test_a_reader_that_has_seen_enough_is_no_failure(
    line: str, models: Path, environment: dict[str, str], long_text: Path
) -> None:
    """0 and not a word, so that `| head` does not end a script under `set -o pipefail`."""
    codes, _, said = shell(f"{NLPWB} {line.replace('LONG', str(long_text))}", models, environment)
    assert (codes, said) == ([0, 0], "")


def test_results_are_whole_until_the_reader_leaves(
    models: Path, environment: dict[str, str], long_text: Path
) -> None:
    _, out, _ = shell(f"{NLPWB} predict majority {long_text} | head -3", models, environment)
    assert out == f"row\tlabel\tscore\n1\tyes\t{11 / 21}\n2\tyes\t{11 / 21}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("line", ["methods", "data convert sample:reviews -o - --to csv", "--help"])
def test_a_full_disk_behind_stdout_gets_its_sentence(
    line: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    codes, _, said = shell(f"{NLPWB} {line} > /dev/full", tmp_path, environment)
    assert codes == [1]
    assert said == (
        "nlpwb: the output cannot be written: no space left on device; make room, or write elsewhere\n"
    )


def test_streams_that_the_shell_closed(tmp_path: Path, environment: dict[str, str]) -> None:
    assert shell(f"{NLPWB} methods >&-", tmp_path, environment) == ([0], "", "")
    codes, _, said = shell(f"{NLPWB} data check - <&-", tmp_path, environment)
    assert (codes, said) == (
        [1],
        "nlpwb: standard input is empty; a corpus needs at least one document\n",
    )
    assert shell(f"{NLPWB} methods no-such 2>&-", tmp_path, environment)[0] == [2]


def test_nothing_but_data_goes_to_a_pipe(models: Path, environment: dict[str, str]) -> None:
    """No progress, no notes, no colours, on either stream."""
    line = "compare train.csv --test test.csv -m majority -m onehot --no-cache --format table | cat"
    environment = {name: value for name, value in environment.items() if name != "NO_COLOR"}
    codes, out, said = shell(f"{NLPWB} {line}", models, environment)
    assert (codes, said) == ([0, 0], "")
    assert "\x1b" not in out


def test_labels_arrive_before_the_input_ends_and_ctrl_c_is_130(
    models: Path, environment: dict[str, str]
) -> None:
    """A batch of texts is answered while the pipe is still open; then Ctrl-C ends it with one line."""
    program = subprocess.Popen(
        [sys.executable, "-m", "nlpwb", "predict", "majority", "-"],
        cwd=models,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stderr is not None
    try:
        program.stdin.write((b"word " * 200 + b"\n") * 300)  # 300 KB: the first 256 are looked at
        program.stdin.flush()
        assert program.stdout.readline() == b"row\tlabel\tscore\n"
        assert program.stdout.readline().startswith(b"1\tyes\t")
        program.send_signal(signal.SIGINT)
        program.stdout.close()
        assert program.stderr.read() == b"nlpwb: interrupted; what was finished is kept\n"
        assert program.wait(60) == 130
    finally:
        program.kill()
        program.stdin.close()
        program.stderr.close()
        program.wait()


def test_an_interrupt_before_the_work_begins_is_130_too(tmp_path: Path) -> None:
    """Ctrl-C during the first imports would else be a traceback."""
    code = "import nlpwb.__main__ as m, nlpwb.cli.main as c\n"
    code += "def run(_): raise KeyboardInterrupt\nc.run = run\nm.main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
