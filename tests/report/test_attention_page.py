"""The page of attention: one file that needs nothing else, and does in a real browser what it says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nlpwb.report.attention_page import page, write_page
from nlpwb.report.themes import DARK, LIGHT, contrast

from .browser import Browser, browser_path
from .looking import WORDS, attended
from .test_map_page import read

needs_browser = pytest.mark.skipif(
    browser_path() is None, reason="there is no Chromium here to open the page in"
)


def test_the_page_is_whole_and_names_no_other_place() -> None:
    text = page([attended()])
    found = read(text)
    assert (found.open, found.places, len(found.scripts)) == ([], [], 2)
    assert re.findall(r"https?:(?!//www\.w3\.org/2000/svg)|@import|url\(", text) == []
    assert "default-src 'none'" in text
    for theme in (LIGHT, DARK):
        assert f"--paper: {theme.paper};" in text
        assert contrast(theme.groups[0], theme.paper) >= 4.5


def test_its_data_are_the_weights() -> None:
    one = attended()
    data = json.loads(read(page([one])).scripts[0])
    (kind,) = data["texts"][0]["kinds"]
    for layer, exact in zip(kind["layers"], one.maps, strict=True):
        numbers = np.frombuffer(base64.b64decode(layer["weights"]), dtype="<u2") / 65535
        np.testing.assert_allclose(numbers.reshape(exact.weights.shape), exact.weights, atol=1e-5)
        assert layer["keys"] == list(WORDS)


def test_no_word_can_end_the_script_or_the_page() -> None:
    text = page([attended(("</script><b>", "@DATA@", "a & b"))])
    assert text.count("</script>") == 2
    data = json.loads(read(text).scripts[0])
    assert data["texts"][0]["text"] == "</script><b> @DATA@ a & b"
    assert "&lt;/script&gt;&lt;b&gt; @DATA@" in text


def test_a_page_of_too_many_weights_has_the_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpwb.report.attention_page.MOST_WEIGHTS", 10)
    text = page([attended()])
    (kind,) = json.loads(read(text).scripts[0])["texts"][0]["kinds"]
    assert [layer["heads"] for layer in kind["layers"]] == [1, 1]
    assert "it has the means of heads" in text


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    place = tmp_path_factory.mktemp("page") / "map.html"
    long = tuple(f"word{n}" for n in range(90))
    write_page([attended(), attended(long, heads=3)], str(place), option="-o")
    with Browser() as one:
        one.place = place  # type: ignore[attr-defined]
        yield one


@pytest.fixture
def opened(browser: Browser) -> Browser:
    browser.open(browser.place)  # type: ignore[attr-defined]
    return browser


def state(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser.ask("document.body.dataset.state"))
    return found


def text_of(browser: Browser, selector: str) -> str:
    found: str = browser.ask(f"document.querySelector({json.dumps(selector)}).textContent")
    return found


@needs_browser
@pytest.mark.slow
def test_it_begins_with_the_mean_of_the_last_layer(opened: Browser) -> None:
    assert state(opened) == {"text": 0, "kind": 0, "layer": 1, "head": -1, "word": None}
    assert text_of(opened, "#view") == "self-attention, layer 2, mean of 2 heads"
    assert int(opened.ask("document.body.dataset.edges")) == 6
    assert opened.errors == []


@needs_browser
@pytest.mark.slow
def test_arrows_pick_word_head_and_layer(opened: Browser) -> None:
    opened.press("ArrowDown", times=2)
    assert text_of(opened, "#sum") == "bank = 0.25·money + 0.70·bank + 0.05·grows"
    assert opened.ask("document.querySelectorAll('#lines line').length") == 3
    opened.press("ArrowRight")
    opened.press("PageUp")
    assert state(opened) == {"text": 0, "kind": 0, "layer": 0, "head": 0, "word": 1}
    assert text_of(opened, "#view") == "self-attention, layer 1, head 1"
    opened.press("PageUp")  # there is no layer 0
    opened.press("ArrowLeft", times=2)  # past the mean to the last head
    assert state(opened)["layer"] == 0
    assert state(opened)["head"] == 1
    opened.press("Escape")
    assert state(opened)["word"] is None
    assert opened.errors == []


@needs_browser
@pytest.mark.slow
def test_the_mouse_picks_word_and_head(opened: Browser) -> None:
    opened.click("#q1")
    assert text_of(opened, "#sum").startswith("bank = 0.25·money")
    assert opened.ask("document.getElementById('q1').getAttribute('aria-selected')") == "true"
    opened.click("#grid button:nth-child(3)")
    assert state(opened)["head"] == 1
    opened.click("#q1")
    assert state(opened)["word"] is None


@needs_browser
@pytest.mark.slow
def test_another_text_is_picked_and_its_strongest_edges_alone_are_drawn(opened: Browser) -> None:
    opened.ask(
        "(() => { const s = document.getElementById('texts'); s.value = '1';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    opened.settle()
    assert text_of(opened, "#title").startswith("word0 word1")
    assert int(opened.ask("document.body.dataset.edges")) == 160
    opened.press("End")
    assert state(opened)["word"] == 89
    assert opened.errors == []


@needs_browser
@pytest.mark.slow
def test_everything_has_a_name_and_a_keyboard_reaches_it(opened: Browser) -> None:
    """Who does not see lines has the sum, the list and the names of all that can be changed."""
    unnamed = opened.ask(
        "[...document.querySelectorAll('select, button, [role=listbox]')].filter(e => "
        "!(e.labels && e.labels.length && e.labels[0].textContent.trim()) && !e.textContent.trim() && "
        "!e.getAttribute('aria-labelledby')).length"
    )
    assert unnamed == 0
    assert opened.ask("document.getElementById('queries').tabIndex") == 0
    assert opened.ask("document.getElementById('sum').getAttribute('aria-live')") == "polite"
    opened.press("ArrowDown")
    assert (
        opened.ask("document.getElementById('queries').getAttribute('aria-activedescendant')")
        == "q0"
    )


@needs_browser
@pytest.mark.slow
def test_a_dark_reader_sees_a_dark_page(browser: Browser) -> None:
    with Browser(dark=True, width=420) as dark:
        dark.open(browser.place)  # type: ignore[attr-defined]
        paper = dark.ask("getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb({}, {}, {})".format(*bytes.fromhex(DARK.paper[1:]))
        assert dark.ask("document.documentElement.scrollWidth <= innerWidth")
