"""A model folder of any kind, opened to be looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import UsageError
from nlpwb.workflows.folders import (
    LANGUAGE_MODEL,
    MASKED_MODEL,
    TRANSLATOR,
    check_either,
    is_checkpoint,
    read_manifest,
)

if TYPE_CHECKING:
    from nlpwb.workflows.looking.looked import Looked

LLAMA2C = ".bin"
"""A file of llama2.c, with its tokenizer beside it."""


@contextlib.contextmanager
def opened(
    paths: Sequence[Path], fitting: str, *, device: str, threads: int
) -> Iterator[list[Looked]]:
    """The models of some folders on a device (``auto``: a GPU where there is one), which compute with so many threads meanwhile.

    Args:
        fitting: as in :func:`open_model`.

    Raises:
        ModelError: no sound model, or one that is no network.
        UsageError: no such device here.
    """
    looked = [open_model(path, fitting) for path in paths]
    from nlpwb.training.device import choose_setting, threads_of

    setting = choose_setting(device, "float32", threads)
    with threads_of(setting):
        for one in looked:
            one.network.to(setting.device)
        yield looked


def open_model(path: Path, fitting: str) -> Looked:
    """The model of a folder, whatever it was trained for, on the processor.

    Args:
        fitting: what is looked for and which methods have it, ``attention: transformer and gpt have``: the way out for a model
            that is no network.

    Raises:
        ModelError: no sound model, or one that is no network.
    """
    if path.is_file() and path.suffix == LLAMA2C:
        return _language_model(path, fitting)
    check_either(path)
    if is_checkpoint(path) or not path.exists():
        return _base(path)
    kind = str(read_manifest(path)["kind"])
    if kind == MASKED_MODEL:
        return _base(path)
    if kind == LANGUAGE_MODEL:
        return _language_model(path, fitting)
    if kind == TRANSLATOR:
        from nlpwb.workflows.looking.translating import open_translator

        return open_translator(path)
    from nlpwb.workflows.looking.classifying import open_classifier

    return open_classifier(path, fitting)


def _base(path: Path) -> Looked:
    """A checkpoint's folder, or a base by its name; where there is no such base either, what is missing is a model.

    Raises:
        ModelError: there is neither.
    """
    from nlpwb.workflows.looking.bases import LookedBase
    from nlpwb.workflows.pretrained.opening import open_base

    try:
        return LookedBase(open_base(str(path)))
    except UsageError:
        read_manifest(path)
        raise


def _language_model(path: Path, fitting: str) -> Looked:
    from nlpwb.workflows.looking.continuing import open_language_model

    return open_language_model(path, fitting)
