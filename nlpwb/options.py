"""The options of a method, declared once: a frozen dataclass whose fields carry type, default, range and help.

    @dataclass(frozen=True)
    class TfidfConfig:
        ngrams: Range = option((1, 1), help="shortest and longest n-gram", low=1)

Everything that asks about an option (the spec's parser, ``nlpwb methods``, shell completion, the cache key) reads it here.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal

from nlpwb.errors import UsageError, nearest

Range = tuple[int, int]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_YES = {"yes": True, "true": True, "on": True, "1": True}
_NO = {"no": False, "false": False, "off": False, "0": False}

# ASCII digits, and no more than 64 bits hold: str.isdigit lets superscripts through, and int refuses those.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


@dataclasses.dataclass(frozen=True)
class Span:
    """Where a search draws a number: ``low`` to ``high``, evenly, or evenly in its logarithm."""

    low: float
    high: float
    logarithmic: bool = False
    whole: bool = False

    def draw(self, share: float) -> float | int:
        """The value at a share of the way, 0 to 1; numbers that are not whole with three digits.

        >>> Span(0.001, 10, logarithmic=True).draw(0.5), Span(50, 200, whole=True).draw(0.5)
        (0.1, 125)
        """
        ratio, width = self.high / self.low if self.logarithmic else 1.0, self.high - self.low
        value = self.low * ratio**share if self.logarithmic else self.low + width * share
        return round(value) if self.whole else float(f"{value:.3g}")

    def __str__(self) -> str:
        scale = ", log" if self.logarithmic else ""
        return f"{show(self.low)} to {show(self.high)}{scale}"


@dataclasses.dataclass(frozen=True)
class OptionInfo:
    """What is known of one option of one method."""

    name: str
    kind: str
    default: object
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    search: Span | tuple[str, ...] = ()

    @property
    def usual(self) -> str | None:
        """The default as it is typed; None for an option that must be given."""
        return None if self.default == "" else show(self.default)

    @property
    def range(self) -> str:
        """The values it takes, as people write them: ``>= 1``, ``0 to 1``, ``l1 | l2 | none``."""
        if self.choices:
            return " | ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{show(self.low)} to {show(self.high)}"
        if self.low is not None:
            return f">= {show(self.low)}"
        return self.kind


def option(
    default: Any,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    check: Callable[[str], None] | None = None,
    search: Span | Sequence[str] = (),
) -> Any:
    """A dataclass field that knows its help and its range, and what a search tries for it: words, or a span of numbers."""
    metadata = {
        "help": help,
        "low": low,
        "high": high,
        "choices": tuple(choices),
        "check": check,
        "search": search if isinstance(search, Span) else tuple(search),
    }
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def option_table(config_class: type) -> dict[str, OptionInfo]:
    """The options of a config class by name, in the order of their declaration."""
    hints = typing.get_type_hints(config_class)
    return {
        field.name: OptionInfo(
            name=field.name,
            kind=_kind(hints[field.name]),
            default=field.default,
            help=field.metadata["help"],
            low=field.metadata["low"],
            high=field.metadata["high"],
            choices=field.metadata["choices"],
            search=field.metadata["search"],
        )
        for field in dataclasses.fields(config_class)
    }


def parse_options(config_class: type, method: str, words: dict[str, str]) -> Any:
    """Build the config of ``method`` from option words; every word is used or refused.

    Raises:
        UsageError: an option that the method does not have, or a value out of its range.
    """
    table = option_table(config_class)
    hints = typing.get_type_hints(config_class)
    words = {**preset_words(config_class, words.get("preset")), **words}
    values: dict[str, object] = {}
    for name, word in words.items():
        if name not in table:
            if not table:
                raise UsageError(f"{method} takes no options, got {name!r}; leave it out")
            raise UsageError(
                f"{method} has no option {name!r}: {nearest(name, table)} "
                f"(`nlpwb methods {method}` lists them)"
            )
        info = table[name]
        value = _convert(hints[name], word, info, method)
        _in_range(value, word, info, method)
        values[name] = value
    config = config_class(**values)
    validate = getattr(config, "validate", None)
    if validate is not None:
        validate(method)
    for field in dataclasses.fields(config_class):
        check = field.metadata["check"]
        if check is not None and field.name in words:
            check(words[field.name])
    return config


def preset_words(config_class: type, preset: str | None) -> dict[str, str]:
    """What a preset says of other options, as words; what is typed beside it wins.

    A config that has presets names them in ``presets``, by the value of its option ``preset``.
    """
    presets: dict[str, dict[str, str]] = getattr(config_class, "presets", {})
    return presets.get(preset or "", {})


def changed_options(config: Any) -> dict[str, str]:
    """The options that differ from their defaults, as words: what a spec must say to mean this config.

    With a preset it is what differs from the preset.
    """
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    said = preset_words(type(config), values.get("preset"))
    return {
        field.name: show(values[field.name])
        for field in dataclasses.fields(config)
        if (
            show(values[field.name]) != said[field.name]
            if field.name in said
            # the type counts too: max_df=1 is one document, and its default 1.0 is all of them
            else (type(values[field.name]), values[field.name])
            != (type(field.default), field.default)
        )
    }


def all_options(config: Any) -> dict[str, str]:
    """Every option with its value, as words: what a model keeps, so that a later default changes nothing of it."""
    return {field.name: show(getattr(config, field.name)) for field in dataclasses.fields(config)}


def show(value: object) -> str:
    """A value as it is typed in a spec: ``1-2``, ``yes``, ``none``, ``0.5``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return str(value[0]) if value[0] == value[1] else f"{value[0]}-{value[1]}"
    if isinstance(value, float) and value.is_integer() and abs(value) >= 2:
        return str(int(value))
    return str(value)


def _kind(hint: Any) -> str:
    if hint == Range:
        return "range"
    members = [member for member in typing.get_args(hint) if member is not type(None)]
    if not members:
        return {int: "integer", float: "number", bool: "yes | no", str: "text"}[hint]
    words = [
        "auto" if typing.get_origin(member) is Literal else _kind(member) for member in members
    ]
    if type(None) in typing.get_args(hint):
        words.append("none")
    return " | ".join(words)


def _convert(hint: Any, word: str, info: OptionInfo, method: str) -> object:
    """The value that a word means for this type; choices are checked here, ranges by the caller."""
    if info.choices:
        if word not in info.choices:
            raise UsageError(
                f"{method}: {info.name}={word} is not one of its values; "
                f"{nearest(word, info.choices)}"
            )
        return None if word == "none" else word
    if hint == Range:
        return _range(word, info, method)
    if hint is bool:
        lowered = word.lower()
        if lowered in _YES or lowered in _NO:
            return lowered in _YES
        raise UsageError(f"{method}: {info.name} is yes or no, got {word!r}")
    if hint is str:
        return word
    members = typing.get_args(hint) or (hint,)
    for member in members:
        if member is type(None) and word == "none":
            return None
        if typing.get_origin(member) is Literal and word in typing.get_args(member):
            return word
    if str in members:
        return word
    if int in members and _WHOLE.fullmatch(word):
        return int(word)
    if float in members:
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise UsageError(f"{method}: {info.name} must be {_article(info.kind)}, got {word!r}")


def _range(word: str, info: OptionInfo, method: str) -> Range:
    ends = _RANGE.fullmatch(word)
    if ends is not None:
        low, high = int(ends[1]), int(ends[2] or ends[1])
        if low <= high:
            return low, high
    raise UsageError(
        f"{method}: {info.name} is a number or a range such as 1-2, low end first, got {word!r}"
    )


def _in_range(value: object, word: str, info: OptionInfo, method: str) -> None:
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            continue
        if info.low is not None and number < info.low:
            raise UsageError(f"{method}: {info.name} must be at least {show(info.low)}, got {word}")
        if info.high is not None and number > info.high:
            raise UsageError(f"{method}: {info.name} must be at most {show(info.high)}, got {word}")


def _article(kind: str) -> str:
    articles = {"integer": "a whole number", "number": "a number"}
    return " or ".join(articles.get(word, word) for word in kind.split(" | "))
