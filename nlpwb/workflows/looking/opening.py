"""A model folder of any kind, opened to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.workflows.folders import LANGUAGE_MODEL, TRANSLATOR, read_manifest

if TYPE_CHECKING:
    from nlpwb.workflows.looking.looked import Looked

LLAMA2C = ".bin"
"""A file of llama2.c, with its tokenizer beside it."""


def open_model(path: Path) -> Looked:
    """The model of a folder, whatever it was trained for.

    Raises:
        ModelError: no sound model, or one that is no network.
    """
    if path.is_file() and path.suffix == LLAMA2C:
        return _language_model(path)
    kind = str(read_manifest(path)["kind"])
    if kind == LANGUAGE_MODEL:
        return _language_model(path)
    if kind == TRANSLATOR:
        from nlpwb.workflows.looking.translating import open_translator

        return open_translator(path)
    from nlpwb.workflows.looking.classifying import open_classifier

    return open_classifier(path)


def _language_model(path: Path) -> Looked:
    from nlpwb.workflows.looking.continuing import open_language_model

    return open_language_model(path)
