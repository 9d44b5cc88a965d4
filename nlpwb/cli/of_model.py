"""What the commands that put a model to work share: the folder, its kind, and what has no meaning for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.errors import UsageError

Model = Annotated[
    Path,
    typer.Argument(help="A folder that `nlpwb train` made.", metavar="MODEL", show_default=False),
]
ModelOrFile = Annotated[
    Path,
    typer.Argument(
        help="A folder that `nlpwb train` made, or a language model of llama2.c (model.bin, with its tok*.bin beside it).",
        metavar="MODEL",
        show_default=False,
    ),
]
"""What takes language models takes those of llama2.c."""


def kind_of(model: Path) -> str:
    """What a model is: classifier, language-model, masked-model, translator.

    A llama2.c file and a checkpoint of GPT-2's family are language models, other checkpoints fill masks.

    Raises:
        ModelError: no model stands there.
    """
    from nlpwb.bases.files import CONFIG, read_json
    from nlpwb.workflows.folders import LANGUAGE_MODEL, MASKED_MODEL, is_checkpoint, read_manifest

    if model.is_file() and model.suffix == ".bin":
        return LANGUAGE_MODEL
    if is_checkpoint(model):
        writes = read_json(model, CONFIG).get("model_type") == "gpt2"
        return LANGUAGE_MODEL if writes else MASKED_MODEL
    return str(read_manifest(model)["kind"])


def refuse(context: typer.Context, names: Sequence[str], sentence: str) -> None:
    """Refuse options that were typed and have no meaning for this model.

    Args:
        names: the parameters' names.
        sentence: says so, with ``{option}`` in it.

    Raises:
        UsageError: one of them was typed.
    """
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise UsageError(sentence.replace("{option}", option))
