"""The program's entry. Imports nothing until it runs: worker processes import this module again."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from nlpwb.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before or after the work itself
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
