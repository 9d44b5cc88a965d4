"""Files that are there whole or not at all: links are followed, pipes are written to."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nlpwb.files import put_whole


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    put_whole(tmp_path / "link", lambda path: path.write_text("new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    def write(path: Path) -> None:
        path.write_text("half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        put_whole(tmp_path / "file", write)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    put_whole(pipe, lambda path: path.write_text("through"))
    reader.join(10)
    assert (got, pipe.is_fifo()) == (["through"], True)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout")
def test_standard_output_that_is_a_pipe_is_written_to() -> None:
    """/dev/stdout is a link to a link that names no path: followed to its end there is nothing."""
    code = (
        "from pathlib import Path; from nlpwb.files import put_whole; "
        "put_whole(Path('/dev/stdout'), lambda path: path.write_text('through'))"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=False)
    assert (done.stdout, done.returncode) == (b"through", 0), done.stderr
