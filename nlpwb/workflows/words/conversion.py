"""Word vectors from one format into another, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlpwb.vectors.folder import check_target
from nlpwb.vectors.formats.opening import open_rows, write_rows
from nlpwb.vectors.formats.recognise import FOLDER, target_format
from nlpwb.vectors.formats.words import Reading, words_of
from nlpwb.vectors.formats.writing import check_file


@dataclass(frozen=True)
class Converted:
    """What was read and what was written; ``subwords`` and ``counts`` are kept, lost, or None where there were none."""

    source: str
    read: str
    target: str
    written: str
    words: int
    dimensions: int
    bytes: int
    subwords: str | None
    counts: str | None


def convert(
    source: Path,
    target: Path,
    *,
    given: str | None = None,
    to: str | None = None,
    limit: int | None = None,
    normalize: bool = False,
    encoding_errors: str | None = None,
    duplicates: str = "refuse",
    warn: Callable[[str], None] = lambda _: None,
) -> Converted:
    """Write the vectors at ``source`` as ``target``, in the format that its name, or ``to``, tells.

    Raises:
        UsageError: the target's name tells no format.
        InputError: the source is not what it seems to be, or the target cannot hold it or be written.
    """
    form = target_format(target, to)
    if form == FOLDER:
        check_target(target, option="")
    else:
        check_file(target)
    with open_rows(source, given=given, reading=Reading(encoding_errors, duplicates)) as rows:
        subwords = _fate(rows.subwords is not None, form)
        counts = _fate(rows.all_counts is not None, form)
        words = write_rows(target, rows, to=form, limit=limit, normalize=normalize)
        broken, dropped = rows.source.broken, rows.dropped
    lost = [what for what, fate in (("subwords", subwords), ("counts", counts)) if fate == "lost"]
    if lost:
        warn(
            f"{source}: the {' and the '.join(lost)} are lost, for {form} has no place for them; a folder of vectors (a name "
            "without ending) keeps them"
        )
    if subwords == "kept" and normalize:
        warn(
            "--normalize concerns the words' vectors; those of unknown words come from subwords, which stay as they are"
        )
    if broken:
        were, its = ("was", "its") if broken == 1 else ("were", "their")
        warn(f"{source}: {words_of(broken)} {were} not UTF-8; {its} odd bytes have been replaced")
    if dropped:
        warn(f"{source}: {words_of(dropped)} came again; the first vector of each was kept")
    return Converted(
        source=str(source),
        read=rows.format,
        target=str(target),
        written=form,
        words=words,
        dimensions=rows.dimensions,
        bytes=_bytes(target),
        subwords=subwords,
        counts=counts,
    )


def _fate(there: bool, form: str) -> str | None:
    if not there:
        return None
    return "kept" if form == FOLDER else "lost"


def _bytes(target: Path) -> int:
    if target.is_dir():
        return sum(path.stat().st_size for path in target.iterdir())
    return target.stat().st_size
