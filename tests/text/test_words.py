"""Words are scikit-learn's, by every road that leads to them."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import (
    CountVectorizer,
    strip_accents_ascii,
    strip_accents_unicode,
)

from nlpwb.text.spans import character_spans, whitespace_spans, word_spans, wordpunct_spans
from nlpwb.text.words import (
    WORD_PATTERN,
    characters,
    strip_accents,
    whitespace,
    wordpunct,
    words,
)

reference = CountVectorizer().build_analyzer()
reference_cased = CountVectorizer(lowercase=False).build_analyzer()

SAMPLES = {
    "english": "The cat isn't on the 2 mats; it's in a snow_man's hat -- O'Brien said \"no\"!",
    "german": "Größe und Straße: 'Müßiggang' ist aller Laster Anfang – „o weh!“ sagte Jürgen.",
    "greek": "Ο ΣΊΣΥΦΟΣ. ΣΊΣΥΦΟΣ’ Σ. ΑΣ",
    "turkish": "İSTANBUL'da ılık bir gün, IĞDIR",
    "chinese": "这部电影很好看,我看了两遍。It was 好!",
    "hindi": "यह फ़िल्म अच्छी है, सच में!",
    "thai": "ภาพยนตร์เรื่องนี้ดีมาก ๆ",
    "emoji": "so good 😀😀 10/10 👍🏽 👨‍👩‍👧 ❤️ would watch again™",
    "controls": "one\x1ctwo\x1dthree\x1efour\x1ffive\x00six\x7fseven\x85eight\u2028nine",
    "surrogate": "left\ud800right é",
    "many marks": "é" + "a".join("«»—…“”‘’•†‡‰€£¥§¶") + "b",
    "nothing": "",
    "only marks": " .,;- \n\t",
}
texts = st.text() | st.text(alphabet=st.characters(max_codepoint=0x17F)) | st.from_regex(r"\w+ \w+")


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_words_are_those_of_count_vectorizer(text: str) -> None:
    assert words(text) == reference(text)
    assert words(text, lowercase=False) == reference_cased(text)
    assert words(text, single_characters=True) == re.findall(r"\w+", text.lower())


@given(texts)
def test_words_of_any_text_are_those_of_count_vectorizer(text: str) -> None:
    assert words(text) == reference(text)
    assert words(text, lowercase=False) == reference_cased(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_words_of_any_ascii_text_follow_the_pattern(text: str) -> None:
    """ASCII takes the fast path: a table, not the pattern."""
    assert words(text) == re.findall(WORD_PATTERN, text.lower())
    assert words(text, single_characters=True) == re.findall(r"\w+", text.lower())


def test_every_character_joins_or_separates_as_in_the_pattern() -> None:
    """One wrong entry of the table, or one character that counts as alphanumeric here and not there, shows."""
    pattern = re.compile(r"\w+")
    wrong = [
        code
        for code in range(0x110000)
        if words(text := f"a{chr(code)}b", lowercase=False, single_characters=True)
        != pattern.findall(text)
    ]
    assert wrong == []


def test_imdb_reviews_give_the_same_words(shared_data: Path) -> None:
    with gzip.open(shared_data / "imdb" / "train.csv.gz", "rt", encoding="utf-8", newline="") as f:
        rows = csv.DictReader(f)
        for _, row in zip(range(1000), rows, strict=False):
            assert words(row["text"]) == reference(row["text"])


def test_whitespace_and_characters() -> None:
    assert whitespace("The cat,  sat\n") == ["The", "cat,", "sat"]
    assert whitespace("The Cat", lowercase=True) == ["the", "cat"]
    assert characters("Aé 😀") == ["A", "é", " ", "😀"]
    assert characters("AB", lowercase=True) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It isn't o.k.", ["it", "isn", "'", "t", "o", ".", "k", "."]),
        ("is n't", ["is", "n", "'", "t"]),
        ('"Good..." he said!!', ['"', "good", '..."', "he", "said", "!!"]),
        ("x<br />y", ["x", "<", "br", "/>", "y"]),
        ("so good 😀😀 10/10 :-)", ["so", "good", "😀😀", "10", "/", "10", ":-)"]),
        ("👨‍👩‍👧 ❤️", ["👨‍👩‍👧", "❤️"]),
        ("很好,好!", ["很好", ",", "好", "!"]),
        ("", []),
    ],
)
def test_words_and_the_marks_between_them(text: str, tokens: list[str]) -> None:
    """What NLTK calls by the same name, in lower case: a run of marks is one token, and so is an emoji of several signs."""
    assert wordpunct(text) == tokens


@given(texts)
def test_words_and_marks_lose_nothing_but_white_space(text: str) -> None:
    """Every other character stands in one token, in order; words are the words of any length."""
    tokens = wordpunct(text)
    assert "".join(tokens) == re.sub(r"\s+", "", text.lower())
    assert [t for t in tokens if re.match(r"\w", t)] == words(text, single_characters=True)


@given(texts, st.booleans())
def test_spans_hold_the_words_and_marks(text: str, lowercase: bool) -> None:
    spans = wordpunct_spans(text, lowercase=lowercase)
    assert [token for token, _, _ in spans] == wordpunct(text, lowercase=lowercase)
    if not lowercase:
        assert [text[start:end] for _, start, end in spans] == wordpunct(text, lowercase=False)


@given(texts)
def test_strip_accents_is_scikit_learns(text: str) -> None:
    assert strip_accents(text, "ascii") == strip_accents_ascii(text)
    assert strip_accents(text, "unicode") == strip_accents_unicode(text)


@given(texts, st.booleans(), st.booleans())
def test_spans_hold_the_words_and_their_places(text: str, lowercase: bool, single: bool) -> None:
    spans = word_spans(text, lowercase=lowercase, single_characters=single)
    tokens = [token for token, _, _ in spans]
    assert tokens == words(text, lowercase=lowercase, single_characters=single)
    for token, start, end in spans:
        assert token in (text[start:end].lower(), text[start:end]) or "Σ" in text or "İ" in text


def test_places_hold_where_lowering_makes_the_text_longer() -> None:
    """ "İ".lower() is two characters, so places in the lowered text are not those of the text."""
    text = "İİ Cat"
    assert word_spans(text)[-1] == ("cat", 3, 6)
    assert whitespace_spans(text, lowercase=True)[-1] == ("cat", 3, 6)
    assert character_spans(text, lowercase=True)[-1] == ("t", 5, 6)


@given(texts)
def test_whitespace_spans_cut_the_text(text: str) -> None:
    assert [text[start:end] for _, start, end in whitespace_spans(text)] == text.split()
