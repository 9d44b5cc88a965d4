"""Options: words to values, values to words, and a sentence for every word that is neither."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import UsageError, nearest
from nlpwb.options import Range, changed_options, option, option_table, parse_options, show


def refuse_seven(word: str) -> None:
    if word == "7":
        raise UsageError("seven is taken")


@dataclass(frozen=True, kw_only=True)
class Config:
    """One option of every kind."""

    span: Range = option((1, 1), help="a span", low=1, high=9)
    whole: int = option(3, help="a count", low=1)
    share: float = option(0.5, help="a share", low=0, high=1)
    either: int | float = option(1.0, help="a count or a share", low=0)
    flag: bool = option(False, help="a flag")
    maybe: int | None = option(None, help="perhaps a count", low=1)
    strength: float | Literal["auto"] = option(1.0, help="chosen or given", low=0.001)
    kind: str = option("round", help="a kind", choices=("round", "square"))
    norm: str | None = option("l2", help="a norm", choices=("l1", "l2", "none"))
    words: str | None = option(None, help="words")
    name: str = option("x", help="a name")
    checked: int = option(1, help="checked", check=refuse_seven)

    def validate(self, method: str) -> None:
        if self.whole == 13:
            raise UsageError(f"{method}: thirteen brings no luck")


def parse(**words: str) -> Config:
    config: Config = parse_options(Config, "demo", words)
    return config


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("span", "2", (2, 2)),
        ("span", "1-3", (1, 3)),
        ("span", "02-03", (2, 3)),
        ("whole", "12", 12),
        ("whole", "+2", 2),
        ("share", "1", 1.0),
        ("share", "1e-3", 0.001),
        ("share", ".25", 0.25),
        ("either", "2", 2),
        ("either", "2.0", 2.0),
        ("flag", "yes", True),
        ("flag", "ON", True),
        ("flag", "1", True),
        ("flag", "False", False),
        ("flag", "0", False),
        ("maybe", "none", None),
        ("maybe", "4", 4),
        ("strength", "auto", "auto"),
        ("strength", "3", 3.0),
        ("kind", "square", "square"),
        ("norm", "none", None),
        ("norm", "l1", "l1"),
        ("words", "none", None),
        ("words", "english", "english"),
        ("name", "none", "none"),
        ("checked", "6", 6),
    ],
)
def test_words_become_values_of_their_type(name: str, word: str, value: object) -> None:
    got = getattr(parse(**{name: word}), name)
    assert got == value
    assert type(got) is type(value)


REFUSED = [
    ("span", "3-1", "demo: span is a number or a range such as 1-2, low end first, got '3-1'"),
    ("span", "1-", "demo: span is a number or a range such as 1-2, low end first, got '1-'"),
    ("span", "-2", "demo: span is a number or a range such as 1-2, low end first, got '-2'"),
    ("span", "1-2-3", "demo: span is a number or a range such as 1-2, low end first, got '1-2-3'"),
    ("span", "²", "demo: span is a number or a range such as 1-2, low end first, got '²'"),
    ("span", "", "demo: span is a number or a range such as 1-2, low end first, got ''"),
    ("span", "0-2", "demo: span must be at least 1, got 0-2"),
    ("span", "2-10", "demo: span must be at most 9, got 2-10"),
    ("whole", "0", "demo: whole must be at least 1, got 0"),
    ("whole", "1.5", "demo: whole must be a whole number, got '1.5'"),
    ("whole", "--5", "demo: whole must be a whole number, got '--5'"),
    ("whole", "³", "demo: whole must be a whole number, got '³'"),
    ("whole", "none", "demo: whole must be a whole number, got 'none'"),
    ("whole", "13", "demo: thirteen brings no luck"),
    ("share", "2", "demo: share must be at most 1, got 2"),
    ("share", "-0.1", "demo: share must be at least 0, got -0.1"),
    ("share", "nan", "demo: share must be a number, got 'nan'"),
    ("share", "inf", "demo: share must be a number, got 'inf'"),
    ("share", "half", "demo: share must be a number, got 'half'"),
    ("either", "-1", "demo: either must be at least 0, got -1"),
    ("either", "x", "demo: either must be a whole number or a number, got 'x'"),
    ("flag", "maybe", "demo: flag is yes or no, got 'maybe'"),
    ("maybe", "some", "demo: maybe must be a whole number or none, got 'some'"),
    ("strength", "0", "demo: strength must be at least 0.001, got 0"),
    ("strength", "automatic", "demo: strength must be a number or auto, got 'automatic'"),
    ("kind", "squared", "demo: kind=squared is not one of its values; did you mean square?"),
    ("kind", "none", "demo: kind=none is not one of its values; there are: round, square"),
    ("norm", "l3", "demo: norm=l3 is not one of its values; there are: l1, l2, none"),
    ("checked", "7", "seven is taken"),
    (
        "shape",
        "1",
        "demo has no option 'shape': did you mean share? (`nlpwb methods demo` lists them)",
    ),
]


@pytest.mark.parametrize(("name", "word", "sentence"), REFUSED)
def test_refused_words_get_their_sentence(name: str, word: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(**{name: word})
    assert str(caught.value) == sentence


def test_an_option_where_there_are_none() -> None:
    @dataclass(frozen=True)
    class Empty:
        """Nothing to say."""

    with pytest.raises(UsageError) as caught:
        parse_options(Empty, "majority", {"C": "1"})
    assert str(caught.value) == "majority takes no options, got 'C'; leave it out"


@given(st.sampled_from(sorted(option_table(Config))), st.text(max_size=8) | st.text("0123456789"))
def test_any_word_is_a_value_or_gets_a_sentence(name: str, word: str) -> None:
    """Never a ValueError: digits of other scripts, thousands of digits, signs, blanks."""
    with contextlib.suppress(UsageError):
        assert isinstance(parse(**{name: word}), Config)


def test_a_number_of_five_thousand_digits() -> None:
    for name in ("whole", "span", "maybe"):
        with pytest.raises(UsageError):
            parse(**{name: "9" * 5000})


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        ((1, 1), "1"),
        ((1, 3), "1-3"),
        (7, "7"),
        (0.5, "0.5"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (30.0, "30"),
        (1e-9, "1e-09"),
        (1e22, "10000000000000000000000"),
        ("l2", "l2"),
    ],
)
def test_values_as_they_are_typed(value: object, word: str) -> None:
    assert show(value) == word


options = st.fixed_dictionaries(
    {},
    optional={
        "span": st.tuples(st.integers(1, 9), st.integers(1, 9)).map(
            lambda ends: (min(ends), max(ends))
        ),
        "whole": st.integers(1, 10**17).filter(lambda whole: whole != 13),
        "share": st.floats(0, 1),
        "either": st.integers(0, 50) | st.floats(0, 1),
        "flag": st.booleans(),
        "maybe": st.none() | st.integers(1, 99),
        "strength": st.just("auto") | st.floats(0.001, 1e300),
        "kind": st.sampled_from(["round", "square"]),
        "norm": st.sampled_from(["l1", "l2", None]),
        "words": st.none() | st.text().filter(lambda word: word != "none"),
        "name": st.text(),
    },
)


@given(options)
def test_what_differs_from_the_defaults_says_it_all(values: dict[str, Any]) -> None:
    """Config to words and back: equal, and of equal types, since 1 document is not 1.0 of them."""
    config = Config(**values)
    again = parse(**changed_options(config))
    assert again == config
    assert type(again.either) is type(config.either)


def test_only_what_differs_is_said() -> None:
    """And of ``either`` the type counts: its default is the share 1.0."""
    assert changed_options(Config()) == {}
    assert changed_options(Config(whole=3, span=(1, 1), either=1.0)) == {}
    assert changed_options(Config(either=1)) == {"either": "1"}
    assert changed_options(Config(norm=None, flag=True)) == {"flag": "yes", "norm": "none"}


def test_the_table_tells_kinds_and_ranges() -> None:
    table = option_table(Config)
    assert [info.name for info in table.values()] == list(table)
    assert {name: info.range for name, info in table.items()} == {
        "span": "1 to 9",
        "whole": ">= 1",
        "share": "0 to 1",
        "either": ">= 0",
        "flag": "yes | no",
        "maybe": ">= 1",
        "strength": ">= 0.001",
        "kind": "round | square",
        "norm": "l1 | l2 | none",
        "words": "text | none",
        "name": "text",
        "checked": "integer",
    }
    assert table["strength"].kind == "number | auto"
    assert table["maybe"].kind == "integer | none"
    assert table["share"].help == "a share"
    assert table["share"].default == 0.5


def test_the_nearest_name() -> None:
    assert nearest("ngram", ["ngrams", "norm"]) == "did you mean ngrams?"
    assert nearest("zzz", ["b", "a"]) == "there are: a, b"
    assert nearest("zzz", []) == "there are none"
