"""The content of a source as lines of text, with decoding errors that name byte and line."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from nlpwb.data.encodings import mark_length, wide_encoding, wrong_byte
from nlpwb.data.sources import Head, Source, TextBytes, refuse_binary, refuse_known
from nlpwb.errors import InputError


@contextlib.contextmanager
def open_text(
    source: Source, *, encoding: str, newline: str, undecodable: str = "strict"
) -> Iterator[tuple[Iterable[str], TextBytes]]:
    """The source decoded, and the counters behind it.

    ``newline`` is what ends a line, as for ``open``: ``"\\n"`` for formats of one record a line, where U+0085 or a lone carriage
    return ends nothing, and ``""`` for CSV. Raises InputError at the first byte that is not in the encoding.
    """
    blocks = source.blocks()
    stream = TextBytes(blocks, skip=mark_length(source.head().data, encoding))
    # BufferedIOBase lacks the raw buffer that the stubs ask for; TextIOWrapper itself calls read1 and nothing else
    text = io.TextIOWrapper(
        cast(BinaryIO, stream), encoding=encoding, errors=undecodable, newline=newline
    )
    try:
        yield text, stream
    except UnicodeDecodeError as error:
        raise wrong_byte(source.name, error, read=stream.read_bytes, lines=stream.lines) from None


def head_text(name: str, head: Head, *, encoding: str, skip_bad_rows: bool) -> str:
    """The first bytes as text, cut after the last whole character.

    Raises InputError where they are not text, or in another encoding than the one asked for.
    """
    refuse_known(name, head.data)
    wide = wide_encoding(head.data)
    if wide and not encoding.lower().startswith(
        ("utf-16", "utf_16", "utf-32", "utf_32", "utf16", "utf32")
    ):
        raise InputError(f"{name} is {wide.upper()}, not {encoding.upper()}; add --encoding {wide}")
    if not wide:
        refuse_binary(name, head.data)
    data = head.data[mark_length(head.data, encoding) :]
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        at_the_cut = not head.complete and error.end >= len(data) - 4
        if not at_the_cut and not skip_bad_rows:
            raise wrong_byte(
                name, error, read=len(head.data), lines=head.data.count(b"\n")
            ) from None
        return data.decode(encoding, "ignore")
