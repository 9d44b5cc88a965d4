"""Every command on a page works as it is printed there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "docs" / "run_examples.py"
# .ci/run runs the README, too, from the installed wheel.
PAGES = (
    "docs/pipelines.md",
    "docs/word-vectors.md",
    "docs/neural.md",
    "docs/language-models.md",
    "docs/translation.md",
    "docs/looking.md",
    "docs/transfer.md",
    "docs/tokens.md",
    "docs/pretraining.md",
    "docs/contexts.md",
    "docs/sentences.md",
    "README.md",
)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, typed: dict[str, str]) -> None:
    """Pages say what they need (``need: `jq` …``); a block that fails, or shows a bug, is a wrong page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if "```sh" not in text:
        pytest.skip(f"{page} has no ```sh block")
    needs = re.search(r"need: ((?:`[a-z]+`\s+)+)", text)
    for tool in re.findall(r"`([a-z]+)`", needs[1]) if needs else []:
        if shutil.which(tool) is None:
            pytest.skip(f"{page} needs {tool}, which is not installed")
    done = subprocess.run(
        [sys.executable, str(RUNNER), str(ROOT / page)],
        env={**typed, "TERM": "xterm"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    assert "a bug of ours" not in done.stderr


def test_the_page_of_one_liners_leaves_out_what_it_says_and_no_more() -> None:
    """A block marked as not run is not tested; there is one, which would change the start of the user's shell."""
    text = (ROOT / "docs/pipelines.md").read_text(encoding="utf-8")
    assert text.count("<!-- not run: ") == 1
    assert text.count("```sh") > 25
