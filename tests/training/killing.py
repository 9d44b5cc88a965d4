"""Trains once without a disturbance, then again and again with ``kill -9`` at random moments until it ends. Prints JSON.

    python -m tests.training.killing FOLDER VARIANT…

Children are forked from a process that has imported torch and computed nothing yet: so a kill costs milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch

from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.loop import train
from nlpwb.training.records import Ended
from tests.training.tiny import LOSS, SETTING, judge_on, recipe, source, stages_of, tiny

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"epochs": 14},
    "dropout": {"epochs": 14, "dropout": 0.3, "schedule": "cosine"},
    "accumulate": {"epochs": 14, "accumulate": 3, "dropout": 0.1, "optimizer": "sgd", "momentum": 0.9},
    "average": {"epochs": 14, "average": 0.95, "dropout": 0.1, "judged": True},
    "stopping": {"epochs": 40, "patience": 6, "dropout": 0.5, "judged": True, "learning_rate": 0.2},
    "sparse": {"epochs": 14, "sparse": True, "dropout": 0.1, "optimizer": "adagrad"},
    "lazy": {"epochs": 14, "sparse": True, "average": 0.9},
    "stages": {"epochs": 14, "dropout": 0.2, "sparse": True, "schedule": "slanted", "stages": True},
}  # fmt: skip
MOST_KILLS = 60


def trained(variant: str, folder: Path) -> dict[str, Any]:
    """What a whole training ends with."""
    changes = dict(VARIANTS[variant])
    judged = changes.pop("judged", False)
    staged = changes.pop("stages", False)
    model = tiny(dropout=changes.pop("dropout", 0.0), sparse=changes.pop("sparse", False))
    data = source(400)
    records = list(
        train(
            model,
            data,
            LOSS,
            recipe(checkpoint_seconds=0.003, **changes),
            seed=3,
            setting=SETTING,
            judge=judge_on(source(100, seed=9)) if judged else None,
            checkpoints=Checkpoints(folder, {"variant": variant}),
            groups=stages_of(model) if staged else None,
        )
    )
    ended = records[-1]
    assert isinstance(ended, Ended)
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    return {"weights": digest.hexdigest(), "steps": ended.steps, "best": ended.best_epoch,
            "epochs": ended.epochs, "begun": records[0].step}  # type: ignore[union-attr]  # fmt: skip


def child(variant: str, folder: Path, answer: Path) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            answer.write_text(json.dumps(trained(variant, folder)))
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def disturbed(variant: str, folder: Path, chance: random.Random, usual: float) -> dict[str, Any]:
    """The same with kills; how many, and how many of them met a training under way."""
    answer = folder / "answer.json"
    kills = 0
    while True:
        pid = child(variant, folder / "checkpoints", answer)
        if kills < MOST_KILLS:
            time.sleep(chance.uniform(0.0, usual / 3))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            kills += 1
            continue
        assert status == 0, f"the child failed with status {status}"
        return {**json.loads(answer.read_text()), "kills": kills}


def main() -> None:
    torch.set_num_threads(1)
    import safetensors.torch  # noqa: F401  what children need is imported before they are forked

    root = Path(sys.argv[1])
    seed = int.from_bytes(os.urandom(4))
    found: dict[str, Any] = {"seed": seed}
    for variant in sys.argv[2:]:
        folder = root / variant
        folder.mkdir()
        started = time.perf_counter()
        pid = child(variant, folder / "whole", folder / "whole.json")
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"the child failed with status {status}"
        usual = time.perf_counter() - started
        whole = json.loads((folder / "whole.json").read_text())
        again = disturbed(variant, folder, random.Random(seed), usual)
        found[variant] = {"whole": whole, "again": again, "seconds": usual}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
