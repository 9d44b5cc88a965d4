"""Scripts are recognised, and those without spaces give advice."""

from __future__ import annotations

import unicodedata

import pytest

from nlpwb.text.scripts import EMOJI, RANGES, script_of, script_shares, without_spaces

NAMED = {
    "LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "HEBREW": "Hebrew",
    "ARABIC": "Arabic", "DEVANAGARI": "Devanagari", "THAI": "Thai", "LAO": "Lao",
    "KHMER": "Khmer", "MYANMAR": "Myanmar", "HANGUL": "Hangul", "HIRAGANA": "Hiragana",
    "KATAKANA": "Katakana", "CJK": "Han", "TAMIL": "Tamil", "BENGALI": "Bengali",
    "GEORGIAN": "Georgian", "ARMENIAN": "Armenian", "ETHIOPIC": "Ethiopic", "TIBETAN": "Tibetan",
}  # fmt: skip


def test_ranges_are_sorted_and_do_not_overlap() -> None:
    """The search in them would find the wrong one, or none."""
    edges = [edge for first, last, _ in RANGES for edge in (first, last)]
    assert edges == sorted(edges)
    assert all(first <= last for first, last in EMOJI)


def test_letters_belong_to_the_script_that_their_unicode_name_begins_with() -> None:
    """Independent of the ranges: the name of each letter of the basic plane, as Unicode gives it."""
    wrong = []
    for code in range(0x10000):
        char = chr(code)
        script = NAMED.get(unicodedata.name(char, "").split(" ")[0])
        if (
            script
            and unicodedata.category(char) in ("Lu", "Ll", "Lo")
            and script_of(char) != script
        ):
            wrong.append((hex(code), unicodedata.name(char), script_of(char)))
    assert wrong == []


@pytest.mark.parametrize(
    ("char", "script"),
    [
        ("a", "Latin"), ("ß", "Latin"), ("Ж", "Cyrillic"), ("好", "Han"), ("𠀀", "Han"),
        ("の", "Hiragana"), ("ー", "Katakana"), ("한", "Hangul"), ("ส", "Thai"), ("ิ", "Thai"),
        ("ລ", "Lao"), ("ក", "Khmer"), ("မ", "Myanmar"), ("ع", "Arabic"), ("अ", "Devanagari"),
        ("ि", "Devanagari"), ("😀", "emoji"), ("☀", "emoji"), ("🇩", "emoji"), ("ꓐ", "other"),
        ("1", None), ("٣", None), (".", None), ("。", None), (" ", None), ("€", None),
        ("\u0301", None), ("\ufe0f", None),
    ],
)  # fmt: skip
def test_script_of_a_character(char: str, script: str | None) -> None:
    assert script_of(char) == script


def test_shares_add_up_and_leave_out_what_has_no_script() -> None:
    assert script_shares(["ab 12", "cж!"]) == {"Latin": 0.75, "Cyrillic": 0.25}
    assert script_shares(["123", "..."]) == {}
    assert script_shares([]) == {}


def test_chinese_gets_advice_that_names_the_option() -> None:
    """Nine Han letters to one Latin letter: 90 %."""
    advice = without_spaces(["这部电影,很好看 A", "啊啊"])
    assert advice is not None
    assert advice.scripts == ("Han",)
    assert advice.share == 0.9
    assert advice.sentence == (
        "90 % of the letters are Han, written without spaces: words cannot be found there; "
        "use analyzer=char,ngrams=1-3"
    )


def test_japanese_names_its_scripts_by_their_share() -> None:
    advice = without_spaces(["これは映画のレビュー"])
    assert advice is not None
    assert advice.scripts == ("Hiragana", "Katakana", "Han")
    assert advice.finding.startswith("100 % of the letters are Hiragana, Katakana and Han,")


def test_almost_all_is_not_called_all() -> None:
    advice = without_spaces(["好" * 999 + "a"])
    assert advice is not None
    assert advice.finding.startswith("99 %")
    assert advice.scripts == ("Han",)


@pytest.mark.parametrize(
    "text", ["the cat 好", "한국어 문장 입니다", "यह फ़िल्म", "😀😀😀 a", "1234", "", "好a"]
)
def test_scripts_with_spaces_get_none(text: str) -> None:
    assert without_spaces([text]) is None


def test_only_the_sample_is_read() -> None:
    texts = iter(["hello there", "好好好好好好好好好好好好好好好好"])
    assert without_spaces(texts, sample=1) is None
    assert len(list(texts)) == 1
