"""Word vectors by the name of their place: the one way in and the one way out, whatever the format.

A folder of ours is asked from cold shells, so the other formats are loaded when there is one of them.
"""

from __future__ import annotations

from pathlib import Path

from nlpwb.vectors.folder import is_folder_of_vectors, read_folder
from nlpwb.vectors.table import WordVectors


def read_vectors(path: Path) -> WordVectors:
    """The table at ``path``: our own folder, or a file of another program, told by its ending and its first bytes.

    Raises:
        InputError: it is missing, or not what it seems to be; the sentence names the place in the file.
    """
    if is_folder_of_vectors(path):
        return read_folder(path)
    from nlpwb.vectors.formats.opening import open_rows
    from nlpwb.vectors.formats.rows import collect

    with open_rows(path) as rows:
        return rows.whole if rows.whole is not None else collect(rows)


def write_vectors(target: Path, vectors: WordVectors, *, to: str | None = None) -> int:
    """Write a table in the format that the target's name, or ``to``, tells; the number of words.

    Raises:
        UsageError: the name tells none.
        InputError: the target cannot hold the words or be written.
    """
    from nlpwb.vectors.formats import recognise
    from nlpwb.vectors.formats.opening import write_rows
    from nlpwb.vectors.formats.rows import table_rows

    form = recognise.target_format(target, to)
    rows = table_rows(vectors, path=target, format=recognise.FOLDER)
    return write_rows(target, rows, to=form)
