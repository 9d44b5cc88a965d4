"""The training log of a network: a JSON object a line, as training goes, whole again after an interruption.

{"record": "begun", "at": "2026-01-31T12:00:00Z", "steps": 320, "precision": "float32", …}
{"record": "step", "epoch": 0, "step": 10, "loss": 0.68, "learning_rate": 0.001, …}
{"record": "epoch", "epoch": 0, "step": 32, "loss": 0.61, "tuning": {"name": "accuracy", "value": 0.74, …}, …}
{"record": "ended", "steps": 320, "epochs": 10, …}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nlpwb.errors import InputError

Row = dict[str, Any]


class TrainingLog:
    """Rows of a log in memory and, as they come, in files.

    The first of ``paths`` may hold the log of a run that was interrupted; its rows up to the step from which training goes on
    are kept, and all files begin with them.

    Raises:
        InputError: a file cannot be written.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        self.rows: list[Row] = []

    def begin(self, row: Row, *, step: int) -> None:
        """Take over what was logged up to ``step``, and write the first row of this run."""
        before = read_log(self.paths[0]) if self.paths and step > 0 else []
        self.rows = [kept for kept in before if _stays(kept, row, step)]
        for path in self.paths:
            self._write(path, self.rows, mode="w")
        self.add(row)

    def add(self, row: Row) -> None:
        """Write a further row."""
        self.rows.append(row)
        for path in self.paths:
            self._write(path, [row], mode="a")

    def _write(self, path: Path, rows: Iterable[Row], *, mode: str) -> None:
        try:
            with path.open(mode, encoding="utf-8") as file:
                file.writelines(json.dumps(_plain(row), allow_nan=False) + "\n" for row in rows)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(
                f"the training log {path}: {reason}; make room, or choose another place"
            ) from None


def _stays(kept: Row, begun: Row, step: int) -> bool:
    """Whether a row of an earlier run is of what stays of it: an epoch that is ended anew is not, nor the end itself."""
    if kept["record"] == "ended" or kept.get("step", 0) > step:
        return False
    return kept["record"] != "epoch" or bool(kept.get("epoch", 0) < begun.get("epoch", math.inf))


def read_log(path: Path) -> list[Row]:
    """The rows of a log; a last line that was cut short, as by a kill, is left out. Empty where there is no log."""
    rows: list[Row] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            break
        if not isinstance(row, dict) or "record" not in row:
            break
        rows.append(row)
    return rows


def _plain(value: Any) -> Any:
    """Numbers that are not finite are null: JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
