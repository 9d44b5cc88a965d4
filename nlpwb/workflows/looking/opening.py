"""A model folder of any kind, opened to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import ModelError
from nlpwb.workflows.folders import CLASSIFIER, read_manifest

if TYPE_CHECKING:
    from nlpwb.workflows.looking.looked import Looked


def open_model(path: Path) -> Looked:
    """The model of a folder, whatever it was trained for.

    Raises:
        ModelError: no sound model, or one that is no network.
    """
    from nlpwb.workflows.looking.classifying import open_classifier

    kind = str(read_manifest(path)["kind"])
    if kind == CLASSIFIER:
        return open_classifier(path)
    raise ModelError(
        f"the model {path} is a {kind}, and this version looks into classifiers alone; update nlpwb"
    )
