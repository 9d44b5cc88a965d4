"""A tagger as a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpwb.workflows.folders import (
    FORMAT,
    TAGGER,
    dated,
    read_manifest,
    read_states,
    save_folder,
    write_files,
)
from nlpwb.workflows.tagging.tagger import Tagger


def save_tagger(
    target: Path,
    tagger: Tagger,
    made: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Put a tagger's folder at ``target``, whole; ``beside`` are further files of the model, by name.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    facts = {
        "format": FORMAT,
        "kind": TAGGER,
        "labels": list(tagger.labels),
        "seed": tagger.seed,
        "made": dated(made),
    }
    part, state = tagger.part, tagger.state()

    def write(folder: Path) -> None:
        tagger.write_beside(folder)
        write_files(folder, part, [(part, state)], facts, beside=beside)

    save_folder(target, write)


def load_tagger(path: Path, *, device: str = "auto", precision: str = "float32") -> Tagger:
    """The tagger of a folder.

    Raises:
        ModelError: a file is missing, damaged, or of a later version; or the model is another one.
    """
    manifest = read_manifest(path, TAGGER)
    spec, states = read_states(path, manifest)
    return Tagger.from_state(
        spec.representation,
        states[0],
        seed=int(manifest.get("seed", 0)),
        device=device,
        precision=precision,
    )
