"""A translator as a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpwb.workflows.folders import (
    TRANSLATOR,
    dated,
    read_manifest,
    read_states,
    save_folder,
    write_files,
)
from nlpwb.workflows.translation.model import Translator


def save_translator(
    target: Path,
    translator: Translator,
    made: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Put a translator's folder at ``target``, whole; ``beside`` are further files of the model, by name.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    facts = {
        "kind": TRANSLATOR,
        "seed": translator.seed,
        "parameters": translator.parameters,
        "made": dated(made),
    }
    part, state = translator.part, translator.state()
    save_folder(
        target, lambda folder: write_files(folder, part, [(part, state)], facts, beside=beside)
    )


def load_translator(path: Path, *, device: str = "auto", precision: str = "float32") -> Translator:
    """The translator of a folder.

    Raises:
        ModelError: a file is missing, damaged, or of a later version; or the model is another one.
    """
    manifest = read_manifest(path, TRANSLATOR)
    spec, states = read_states(path, manifest)
    return Translator.from_state(
        spec.representation,
        states[0],
        device=device,
        precision=precision,
        seed=int(manifest.get("seed", 0)),
    )
