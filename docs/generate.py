"""Pages that the program writes about itself: every command's help, and every method's options.

python -m docs.generate           write docs/commands.md and docs/methods.md
python -m docs.generate --check   exit with 1 when they differ from what the program says now
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from nlpwb.catalogue import CATALOGUE, load
from nlpwb.options import option_table

DOCS = Path(__file__).resolve().parent
COMMANDS = (
    "compare",
    "methods",
    "bases",
    "data list",
    "data check",
    "data describe",
    "data split",
    "data convert",
    "tokenizer train",
    "tokenizer encode",
    "tokenizer compare",
    "words train",
    "words neighbors",
    "words index",
    "words similarity",
    "words analogy",
    "words odd",
    "words axes",
    "words vector",
    "vectorize",
    "train",
    "finetune",
    "evaluate",
    "predict",
    "embed",
    "search",
    "similarity",
    "generate",
    "translate",
    "attend",
    "trace",
    "contexts",
    "position",
    "words convert",
    "words evaluate",
    "words drift",
    "words cluster",
    "words plot",
    "cache list",
    "cache info",
    "cache verify",
    "cache prune",
)
ENVIRONMENT = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}


def help_text(command: str) -> str:
    """What ``nlpwb COMMAND --help`` prints."""
    arguments = [sys.executable, "-m", "nlpwb", *command.split(), "--help"]
    done = subprocess.run(
        arguments, capture_output=True, text=True, env=ENVIRONMENT, check=True, encoding="utf-8"
    )
    lines = [line.rstrip() for line in done.stdout.strip().splitlines()]
    return "\n".join(lines).replace("python -m nlpwb", "nlpwb")


def commands_page() -> str:
    """docs/commands.md."""
    parts = ["# Commands", "", "Generated from `--help` by `make docs`.", ""]
    parts += ["```text", help_text(""), "```", ""]
    for command in COMMANDS:
        parts += [f"## nlpwb {command}", "", "```text", help_text(command), "```", ""]
    return "\n".join(parts)


def methods_page() -> str:
    """docs/methods.md."""
    parts = ["# Methods", "", "Generated from the catalogue by `make docs`.", ""]
    parts += ["| name | role | what it is |", "| --- | --- | --- |"]
    parts += [f"| `{e.name}` | {e.role} | {e.summary} |" for e in CATALOGUE.values()]
    for entry in CATALOGUE.values():
        parts += ["", f"## {entry.name}", "", f"{entry.summary}. Source: {entry.source}.", ""]
        table = option_table(load(entry.config))
        if not table:
            parts.append("No options.")
            continue
        parts += ["| option | default | values | what it does |", "| --- | --- | --- | --- |"]
        for info in table.values():
            values = info.range.replace("|", "\\|")
            usual = info.usual or "none: must be given"
            parts.append(f"| `{info.name}` | {usual} | {values} | {info.help} |")
    return "\n".join(parts) + "\n"


def main() -> int:
    """Write the pages, or compare them."""
    pages = {"commands.md": commands_page(), "methods.md": methods_page()}
    stale = []
    for name, text in pages.items():
        path = DOCS / name
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name}")
    if stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
