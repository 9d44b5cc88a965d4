"""Word vectors by the name of their place: the one way in and the one way out, whatever the format."""

from __future__ import annotations

from pathlib import Path

from nlpwb.errors import InputError
from nlpwb.vectors.folder import is_folder_of_vectors, read_folder
from nlpwb.vectors.table import WordVectors


def read_vectors(path: Path) -> WordVectors:
    """The table at ``path``: our own folder, or a file of another program, told by its ending and its first bytes.

    Raises:
        InputError: it is missing, or not what it seems to be; the sentence names the place in the file.
    """
    if is_folder_of_vectors(path):
        return read_folder(path)
    raise InputError(f"{path}: no word vectors; give a folder that `nlpwb words train` made")
