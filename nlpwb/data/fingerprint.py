"""Names for content: a fingerprint for a source, hashes for rows and for texts.

The fingerprint says whether a source and the way it is read are the same as before, without reading it as a table. Row hashes
stand for rows in saved splits. Text hashes are equal for texts that differ in nothing but white space, case and the order
in which accents are written, and so find duplicates.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import unicodedata
from pathlib import Path

from nlpwb.data.builtin import find_builtin, is_builtin
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.folders import text_files
from nlpwb.data.sources import Source
from nlpwb.errors import InputError
from nlpwb.files import missing, sha256, unreadable

# Raise it when the same bytes begin to be read as other documents, so that nothing made from them before is used.
READING = 1

_HASH_BYTES = 16


def fingerprint(source: str, options: ReadOptions) -> str:
    """SHA-256, in hexadecimal, over the raw bytes of a file, or the sorted names and contents of a folder, and the options.

    The name of a file plays no part beyond the extension that says its format. Raises InputError where the source is missing,
    or is a pipe, whose bytes cannot be read twice: ``read_corpus`` gives its fingerprint.
    """
    if is_builtin(source):
        builtin = find_builtin(source)
        return fingerprint(str(builtin.path()), builtin.options(options))
    path = Path(source)
    if source != "-" and path.is_dir():
        return of_folder(path, options)
    opened = Source(None if source == "-" else path)
    if not opened.reopens:
        raise InputError(
            f"{opened.name} has no fingerprint before it is read; save it to a file and name that file"
        )
    return of_source(opened, options)


def of_source(source: Source, options: ReadOptions) -> str:
    """The fingerprint of a file, or of a pipe that was read to its end."""
    digest = _sha256(source.path) if source.reopens and source.path else source.digest()
    return _identity(digest, source.suffix, options)


def of_folder(folder: Path, options: ReadOptions) -> str:
    """The fingerprint of a folder, from the files that would be read."""
    if not folder.exists():
        raise missing(folder)
    digest = hashlib.sha256()
    for file in text_files(folder, labelled=options.labelled)[0]:
        name = os.fsencode(file.below)
        digest.update(len(name).to_bytes(8, "big") + name + bytes.fromhex(_sha256(file.path)))
    return _identity(digest.hexdigest(), "/", options)


def row_hash(text: str, label: str | None, group: str | None) -> bytes:
    """16 bytes that stand for a row: blake2b over its fields, each with its length in front, so that none runs into the next."""
    digest = hashlib.blake2b(digest_size=_HASH_BYTES)
    for field in (text, label, group):
        if field is None:
            digest.update(b"-")
        else:
            data = field.encode("utf-8", "surrogatepass")
            digest.update(b"+" + len(data).to_bytes(8, "big") + data)
    return digest.digest()


def text_hash(text: str) -> bytes:
    """16 bytes, equal for texts that are the same in NFC, with runs of white space as one space, and case folded."""
    same = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.blake2b(same.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()


def _identity(digest: str, suffix: str, options: ReadOptions) -> str:
    asked = dataclasses.asdict(options)
    if options.task is None:  # what was read before there were tasks, or pairs, keeps its name
        del asked["task"]
    if not options.pairs:
        del asked["pairs"]
    identity = {"reading": READING, "sha256": digest, "suffix": suffix, "options": asked}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise unreadable(str(path), error) from None
