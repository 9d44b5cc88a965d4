"""Rows that cannot be read: an error by default, counted where the user asked to skip them."""

from __future__ import annotations

from nlpwb.errors import InputError

_SHOWN = 5


class BadRows:
    """Call it with the line and what is wrong there: it raises InputError, or counts the row and returns."""

    def __init__(self, name: str, *, skip: bool) -> None:
        self.name = name
        self.skip = skip
        self.count = 0
        self._first: list[str] = []

    def __call__(self, line: int, what: str) -> None:
        """Refuse, or count, the row that begins on this line."""
        if not self.skip:
            raise InputError(
                f"{self.name}, line {line}: {what}; mend it, or --skip-bad-rows leaves such rows out"
            )
        self.count += 1
        if len(self._first) < _SHOWN:
            self._first.append(f"line {line}: {what}")

    def refuse(self, error: InputError) -> None:
        """The same for a document that is a file of its own, and whose error says all."""
        if not self.skip:
            raise error
        self.count += 1
        if len(self._first) < _SHOWN:
            self._first.append(str(error))

    def note(self) -> str | None:
        """How many rows were left out, and the first of them; None where all were read."""
        if not self.count:
            return None
        more = f"; and {self.count - _SHOWN} more" if self.count > _SHOWN else ""
        rows = "row" if self.count == 1 else "rows"
        return f"{self.count} bad {rows} left out ({'; '.join(self._first)}{more})"


def flaw(text: str) -> str | None:
    """What makes a string unfit as text: a NUL byte, bytes that could not be decoded, half a surrogate pair."""
    if "\0" in text:
        return "it holds a NUL byte"
    if text.isascii():
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that it could not decode
            return f"the byte 0x{code - 0xDC00:02x} is not in the file's encoding"
        return f"it holds half a surrogate pair (U+{code:04X})"
    return None
