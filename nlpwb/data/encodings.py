"""What the first and the wrong bytes of a file say about its encoding.

UTF-8 is the rule. A byte order mark at the start, or NUL bytes at every second or fourth place, give UTF-16 and UTF-32 away;
a byte that UTF-8 does not allow is named with its place and with the encoding that it looks like.
"""

from __future__ import annotations

import codecs

from nlpwb.errors import InputError, UsageError

# The longer marks first: UTF-32 (little endian) begins with the mark of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS_1252_UNUSED = frozenset(b"\x81\x8d\x8f\x90\x9d")


def codec_name(encoding: str) -> str:
    """Python's name of a text encoding; raises UsageError where there is none of that name."""
    try:
        info = codecs.lookup(encoding)
    except LookupError:
        info = None
    # codecs that turn bytes into bytes (base64, zlib) are no encodings of text
    if info is None or not getattr(info, "_is_text_encoding", True):
        raise UsageError(
            f"--encoding {encoding!r} is not known; usual ones are utf-8, utf-16, windows-1252, "
            "latin-1, gb18030, shift_jis"
        )
    return info.name


def is_utf8(encoding: str) -> bool:
    """Whether this is UTF-8 under any of its names, with or without byte order mark."""
    return codec_name(encoding) in ("utf-8", "utf-8-sig")


def mark_length(head: bytes, encoding: str) -> int:
    """Length in bytes of a UTF-8 byte order mark; UTF-16 and UTF-32 need theirs and keep it."""
    return 3 if is_utf8(encoding) and head.startswith(codecs.BOM_UTF8) else 0


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, where byte order mark or the places of NUL bytes show it; else None.

    Text in a Latin script without a mark has NUL at every odd or even place (UTF-16), or at three places of four (UTF-32).
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return None if name == "utf-8" else name
    sample = head[: len(head) // 4 * 4][:4096]
    if len(sample) < 8:
        return None
    quarter = len(sample) // 4
    nuls = [sample[place::4].count(0) / quarter for place in range(4)]
    if min(nuls[1:]) > 0.9 and nuls[0] < 0.2:
        return "utf-32-le"
    if min(nuls[:3]) > 0.9 and nuls[3] < 0.2:
        return "utf-32-be"
    if min(nuls[1], nuls[3]) > 0.3 and max(nuls[0], nuls[2]) < 0.2:
        return "utf-16-le"
    if min(nuls[0], nuls[2]) > 0.3 and max(nuls[1], nuls[3]) < 0.2:
        return "utf-16-be"
    return None


def looks_like(around: bytes) -> str:
    """The way out for bytes that are not UTF-8: the encoding that they look like, as an option to type.

    ``around`` holds the wrong byte and what stands near it.
    """
    high = [byte for byte in around if byte >= 0x80]
    if len(high) > 0.3 * len(around):
        return "--encoding names the right one, such as gb18030, shift_jis, big5 or windows-1251"
    # Where both fit, windows-1252: what calls itself latin-1 seldom means its 32 further control characters.
    single = "latin-1" if _WINDOWS_1252_UNUSED.intersection(high) else "windows-1252"
    return f"it looks like {single}: --encoding {single}"


def wrong_byte(name: str, error: UnicodeDecodeError, *, read: int, lines: int) -> InputError:
    """The sentence for bytes that the encoding does not allow.

    ``read`` and ``lines`` count the bytes and line feeds that were handed to the decoder before it stopped; ``error.object``
    ends with the last of them.
    """
    data = error.object
    offset = read - len(data) + error.start
    line = lines - data.count(b"\n", error.start) + 1
    around = data[max(0, error.start - 1000) : error.start + 1000]
    byte = data[error.start]
    if not is_utf8(error.encoding):
        way_out = "--encoding names the right one"
    elif _has_good_letters(data[: error.start]):
        way_out = (
            "most of it is UTF-8, so mend this line or leave it out with --skip-bad-rows "
            f"({looks_like(around)})"
        )
    else:
        way_out = looks_like(around)
    return InputError(
        f"{name}, byte {offset:,} (line {line}): 0x{byte:02x} is not {error.encoding.upper()}; {way_out}"
    )


def _has_good_letters(decoded: bytes) -> bool:
    """Whether some non-ASCII letters were decoded before: then the file as a whole is in this encoding."""
    return not decoded.isascii()
