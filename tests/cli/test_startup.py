"""What a command loads: nothing heavy to print help, and no more than numpy and scipy where counting is all there is to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import COMMANDS

HEAVY = {
    "numpy", "scipy", "sklearn", "gensim", "numba", "torch", "tokenizers", "matplotlib", "pandas",
    "pyarrow", "safetensors", "zstandard", "rich", "pydantic",
}  # fmt: skip
# Runs command lines one after another, and says which heavy packages each has brought with it.
PROBE = """
import io, json, sys
from contextlib import redirect_stdout
from nlpwb.cli.main import run
heavy, lines = set(json.loads(sys.argv[1])), json.loads(sys.argv[2])
found = [["import", 0, sorted(heavy & set(sys.modules))]]
for line in lines:
    with redirect_stdout(io.StringIO()):
        code = run(line)
    found.append([" ".join(line), code, sorted(heavy & set(sys.modules))])
print(json.dumps(found))
"""


def loaded(
    folder: Path, environment: dict[str, str], *lines: list[str]
) -> list[tuple[str, int, set[str]]]:
    """For each command line its exit code, and the heavy packages that are loaded after it, in one process."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(sorted(HEAVY)), json.dumps(lines)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(line, code, set(found)) for line, code, found in json.loads(done.stdout)]


def test_help_lists_and_versions_load_nothing_heavy(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Each heavy package costs every command its import; torch alone takes seconds."""
    lines = [[*command.split(), "--help"] for command in COMMANDS]
    lines += [["--help"], ["--version"], ["methods"], ["methods", "tfidf"], ["methods", "fasttext"]]
    lines += [["methods", "lstm"], ["train", "transformer:heads=3", "no-such-file", "-o", "m"]]
    lines += [
        ["bases"],
        ["data", "list"],
        ["cache", "list"],
        ["no-such-command"],
        ["compare", "no-such-file"],
    ]
    found = loaded(tmp_path, environment, *lines)
    assert len(found) == len(lines) + 1
    assert [(line, packages) for line, _, packages in found if packages] == []
    assert {line: code for line, code, _ in found if code} == {
        "train transformer:heads=3 no-such-file -o m": 2,
        "no-such-command": 2,
        "compare no-such-file": 1,
    }


def test_the_commands_whose_help_is_tested_are_all_there_are() -> None:
    """A new command must join the list, else nobody sees what it loads."""
    import typer.main

    from nlpwb.cli.main import app

    program = typer.main.get_command(app)
    commands = set()
    for name, command in program.commands.items():
        inner = getattr(command, "commands", None)
        commands |= {f"{name} {sub}" for sub in inner} if inner else {name}
    assert commands == set(COMMANDS)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        (["data", "check", "train.csv"], set()),
        (["data", "describe", "train.csv"], set()),
        (["data", "convert", "train.csv", "-o", "-", "--to", "jsonl"], set()),
        (["tokenizer", "encode", "word", "some text"], set()),
        (["vectorize", "tfidf:ngrams=1-2", "train.csv", "-o", "OUT/x.npz"], {"numpy", "scipy"}),
        (["vectorize", "bow", "train.csv", "--top", "3"], {"numpy", "scipy"}),
        (["predict", "svm", "test.csv"], {"numpy", "scipy", "safetensors"}),
        (["evaluate", "nb", "test.csv"], {"numpy", "scipy", "safetensors"}),
        (["train", "majority", "train.csv", "-o", "OUT/m"], {"numpy", "scipy", "safetensors"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_command_loads_what_it_needs(
    line: list[str],
    allowed: set[str],
    models: Path,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    words = [word.replace("OUT", str(tmp_path)) for word in line]
    *_, (_, code, packages) = loaded(models, environment, words)
    assert code == 0
    assert packages <= allowed


def test_a_comparison_from_the_cache_loads_nothing_heavy(
    shop: Path, environment: dict[str, str]
) -> None:
    """Computed once in one process, told again in another: 1.5 seconds leave no room for a library."""
    line = ["compare", "train.csv", "--test", "test.csv", "-m", "majority", "-m", "onehot"]
    line += ["-m", "nbow:epochs=1,embeddings=skipgram:dim=4", "--format", "json"]
    assert loaded(shop, environment, line)[-1][1] == 0
    *_, (_, code, packages) = loaded(shop, environment, line)
    assert (code, packages) == (0, set())
