"""Run every command of a page, block by block, as a reader would who copies them.

    python docs/run_examples.py README.md

Only ```sh blocks are run, in one empty folder and in order, each by bash with ``-euo pipefail``. A block under the comment
``<!-- not run: REASON -->`` is left out, and the reason is printed. The first block that fails ends the run with 1.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]*?) -->\s*\n)?```sh\n(?P<code>.*?)^```",
    re.DOTALL | re.MULTILINE,
)


def blocks(page: str) -> list[tuple[str, str | None]]:
    """The code of every block, and why it is not run, if so."""
    return [(match["code"], match["reason"]) for match in BLOCK.finditer(page)]


def main(arguments: list[str]) -> int:
    """Run the pages named."""
    for name in arguments:
        page = Path(name).resolve()
        found = blocks(page.read_text(encoding="utf-8"))
        if not found:
            print(f"{name}: no ```sh block", file=sys.stderr)
            return 1
        ran = 0
        with tempfile.TemporaryDirectory() as folder:
            for code, reason in found:
                if reason is not None:
                    print(f"-- not run ({reason}): {code.strip().splitlines()[0]}")
                    continue
                print("$ " + code.strip().replace("\n", "\n  "), flush=True)
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", code],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "COLUMNS": "100"},
                    check=False,
                )
                if done.returncode:
                    print(f"{name}: exit code {done.returncode} from the block above")
                    return 1
                ran += 1
        print(f"{name}: {ran} blocks ran")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
