"""``nlpwb compare`` as the system sees it: exit codes, streams, signals, and what a killed run leaves to the next one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlpwb.cache.inventory import verify

from .corpora import cells, rows, write_csv

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and sessions are of another kind")

METHODS = ("-m", "majority", "-m", "bow+nb")
ENDLESS = "bow+lsa:dim=2,iterations=2000000000"
CELLS = 20  # two methods, ten folds


def command(*arguments: str) -> list[str]:
    """The command line as a user types it."""
    return [sys.executable, "-m", "nlpwb", *arguments]


def environment(cache: Path, **more: str) -> dict[str, str]:
    """That of this process with a cache of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NLPWB_")}
    return kept | {"NLPWB_CACHE": str(cache)} | more


def run(cache: Path, *arguments: str, **more) -> subprocess.CompletedProcess[str]:
    """Run it to its end, its output in pipes."""
    return subprocess.run(
        command(*arguments),
        env=environment(cache),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **more,
    )


def scores(output: str) -> dict[str, str]:
    """Method to score, as printed in TSV."""
    header, *lines = [line.split("\t") for line in output.splitlines()]
    return {line[header.index("method")]: line[header.index("score")] for line in lines}


@dataclass(frozen=True)
class Whole:
    """An uninterrupted comparison: its corpus, its cache, what it printed. Not to be changed."""

    source: str
    cache: Path
    output: str

    @property
    def arguments(self) -> Sequence[str]:
        """What was asked, one cell after the other."""
        return ("compare", self.source, *METHODS, "--jobs", "1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    made = Whole(write_csv(folder / "corpus.csv", rows(120)), folder / "cache", "")
    done = run(made.cache, *made.arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(cells(made.cache)) == CELLS
    return Whole(made.source, made.cache, done.stdout)


def test_the_same_command_again_prints_the_same_and_writes_nothing(whole):
    def snapshot() -> dict[Path, int]:
        return {path: path.stat().st_ino for path in whole.cache.rglob("*")}

    before = snapshot()
    again = run(whole.cache, *whole.arguments)
    assert (again.returncode, again.stdout, again.stderr) == (0, whole.output, "")
    assert snapshot() == before


# processes that end early


def in_session(leader: int) -> dict[int, int]:
    """The processes of a session that have not ended: each with its parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found[int(stat.parent.name)] = int(parent)
    return found


def wait_until(true, seconds: float = 60.0) -> None:
    """Look every few milliseconds until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.003)


@contextlib.contextmanager
def started(cache: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a session of its own, of which nothing is left when the block ends."""
    with tempfile.TemporaryDirectory(dir="/tmp") as scratch:
        process = subprocess.Popen(
            command(*arguments),
            env=environment(cache, TMPDIR=scratch),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            for pid in in_session(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
            process.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to count processes in")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_an_ended_run_keeps_what_was_finished_and_the_next_goes_on_from_there(
    whole, tmp_path, name
):
    """Ctrl-C reaches the whole group as from a terminal, ``kill -9`` one process and no cleaning up after it."""
    cache = tmp_path / "cache"
    with started(cache, *whole.arguments) as process:
        wait_until(lambda: len(cells(cache)) >= 2)
        if name == "SIGINT":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(getattr(signal, name))
        output, said = process.communicate(timeout=60)
        wait_until(lambda: not in_session(process.pid), seconds=20)
    assert output == ""
    if name == "SIGINT":
        assert process.returncode == 130
        assert said == "nlpwb: interrupted; what was finished is kept\n"
    else:
        assert process.returncode == -getattr(signal, name)
        assert said == ""
    finished = cells(cache)
    assert 2 <= len(finished) < CELLS
    assert [fault for _, fault in verify(cache) if fault] == []
    again = run(cache, *whole.arguments)
    assert (again.returncode, again.stderr) == (0, "")
    assert scores(again.stdout) == scores(whole.output)
    after = cells(cache)
    assert {digest: after[digest] for digest in finished} == finished
    assert len(after) == CELLS


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to find processes in")
def test_an_interruption_while_libraries_are_loaded_is_no_traceback(whole, tmp_path):
    """The fork server is in the middle of its imports then, and Ctrl-C reaches it too."""

    def loading() -> bool:
        for pid in in_session(process.pid):
            with contextlib.suppress(OSError):
                if b"multiprocessing.forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return True
        return False

    with started(tmp_path / "cache", *whole.arguments) as process:
        wait_until(loading)
        time.sleep(0.1)  # the interpreter is up, scikit-learn takes a second
        os.killpg(process.pid, signal.SIGINT)
        output, said = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert said == "nlpwb: interrupted; what was finished is kept\n"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to find processes in")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL", "SIGTERM"])
def test_a_cell_does_not_outlive_the_comparison_that_asked_for_it(whole, tmp_path, name):
    """One that would compute for hours, for nobody, and hold the lock on which the next run waits."""
    cache = tmp_path / "cache"
    with started(cache, "compare", whole.source, "-m", ENDLESS, "-j1") as process:
        wait_until(lambda: any((cache / "cell").glob(".*")))
        os.killpg(process.pid, signal.SIGINT) if name == "SIGINT" else process.send_signal(
            getattr(signal, name)
        )
        process.communicate(timeout=20)
        wait_until(lambda: not in_session(process.pid), seconds=20)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to find processes in")
def test_a_cell_that_is_killed_has_its_row_and_exit_code_4(whole, tmp_path):
    """What the kernel does where memory runs out, done to the process of a cell that never ends."""
    cache = tmp_path / "cache"
    with started(
        cache, "compare", whole.source, "-m", ENDLESS, "-m", "majority", "--test-size", "0.5", "-j1"
    ) as process:
        wait_until(lambda: any((cache / "cell").glob(".*")))
        family = in_session(process.pid)
        (cell,) = [pid for pid, parent in family.items() if family.get(parent) == process.pid]
        os.kill(cell, signal.SIGKILL)
        output, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert scores(output) == {"majority": "0.5", ENDLESS: ""}
    assert "killed, most likely for want of memory" in output
    assert said.startswith(f"nlpwb: {ENDLESS} failed (killed, most likely for want of memory;")
    assert said.count("\n") == 1


def test_two_runs_at_once_compute_each_cell_once(whole, tmp_path):
    """Both print the same seconds: those of the one process that computed the cell."""
    cache = tmp_path / "cache"
    with started(cache, *whole.arguments) as one, started(cache, *whole.arguments) as other:
        outputs = [process.communicate(timeout=120) for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0)
    assert outputs[0] == outputs[1]
    assert outputs[0][1] == ""
    assert scores(outputs[0][0]) == scores(whole.output)
    assert len(cells(cache)) == CELLS


# streams


@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_has_seen_enough_is_no_failure(whole, reader):
    line = " ".join(f"'{word}'" for word in command(*whole.arguments))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line} | {reader}"],
        env=environment(whole.cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    expected = whole.output.splitlines(keepends=True)[0] if reader == "head -1" else ""
    assert done.stdout == expected


def test_a_corpus_from_standard_input_uses_the_cells_of_the_file(whole):
    before = cells(whole.cache)
    with Path(whole.source).open("rb") as file:
        done = run(whole.cache, "compare", "-", *whole.arguments[2:], stdin=file)
    assert (done.returncode, done.stderr) == (0, "")
    assert scores(done.stdout) == scores(whole.output)
    assert cells(whole.cache) == before


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket, which systems limit to some hundred bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("folder", ["t", "t" * 120])
def test_without_a_cache_nothing_stays_behind(whole, short_folder, folder):
    """Also where the system's temporary folder has a long name, as on clusters, and no socket fits into it."""
    scratch, cache = short_folder / folder, short_folder / "cache"
    scratch.mkdir()
    done = subprocess.run(
        command("compare", whole.source, "-m", "majority", "--test-size", "0.5", "--no-cache"),
        env=environment(cache, TMPDIR=str(scratch)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert scores(done.stdout) == {"majority": "0.5"}
    assert list(scratch.iterdir()) == []
    assert not cache.exists()


# exit codes


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one sentence on stderr of a run that printed nothing else."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("nlpwb: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("nlpwb: ").rstrip("\n")


def test_a_missed_gate_is_exit_code_3_after_the_table(whole):
    done = run(whole.cache, *whole.arguments, "--fail-under", "0.999")
    assert done.returncode == 3
    assert done.stdout == whole.output
    assert done.stderr.startswith("nlpwb: --fail-under 0.999 is missed: the lower end of bow+nb's")
    assert run(whole.cache, *whole.arguments, "--fail-under", "0.1").returncode == 0


def test_log_loss_of_a_head_without_probabilities_is_exit_code_2(whole):
    sentence = refused(
        run(whole.cache, "compare", whole.source, "-m", "bow+svm", "--metric", "log-loss"), 2
    )
    assert sentence.startswith("bow+svm: log-loss needs probabilities, and svm gives none; take")


def test_a_corpus_that_cannot_be_compared_on_is_exit_code_1_and_keeps_nothing(tmp_path):
    source = write_csv(tmp_path / "c.csv", [(text, "same") for text, _ in rows(20)])
    sentence = refused(run(tmp_path / "cache", "compare", source, *METHODS), 1)
    assert sentence == "c.csv has one label only, 'same'; a comparison needs two or more"
    assert [path for path in (tmp_path / "cache").rglob("*") if path.suffix == ".json"] == []


def test_a_cache_that_cannot_be_written_is_exit_code_1(whole):
    sentence = refused(run(Path("/dev/null/cache"), *whole.arguments), 1)
    assert sentence == (
        "the cache /dev/null/cache: a file stands where a folder must be; move it away, "
        "or give --cache-dir DIR or --no-cache"
    )
