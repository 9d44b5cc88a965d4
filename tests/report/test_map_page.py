"""The page of a map: one file, its data true, nothing from elsewhere, and no word can break it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nlpwb.report.map_page import page
from nlpwb.report.themes import DARK, LIGHT
from tests.report.pictures import document_map, word_map

VOID = {"meta", "input", "link", "br"}


class Read(HTMLParser):
    """Elements that are open, attributes that name other places, and the text of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.places: list[str] = []
        self.scripts: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.places += [
            value or "" for name, value in attrs if name in ("src", "href", "action", "data")
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        else:
            self.text += data


def read(text: str) -> Read:
    found = Read()
    found.feed(text)
    found.close()
    return found


def test_the_page_is_whole_and_names_no_other_place() -> None:
    for picture in (word_map(50), document_map()):
        text = page(picture)
        found = read(text)
        assert found.open == []
        assert found.places == []
        assert len(found.scripts) == 2
        assert re.findall(r"https?:|//\w+\.\w|@import|url\(", text) == []
        assert "default-src 'none'" in text


def test_its_data_are_the_coordinates() -> None:
    picture = word_map(50)
    data = json.loads(read(page(picture)).scripts[0])
    assert data["groups"] == ["cluster 1", "cluster 2", "cluster 3"]
    for mark, shown in zip(picture.marks, data["marks"], strict=True):
        assert (shown["text"], shown["group"], shown["count"]) == (
            mark.text,
            mark.group,
            mark.count,
        )
        assert (shown["x"], shown["y"]) == pytest.approx((mark.x, mark.y), abs=1e-6)
        assert [tuple(pair) for pair in shown["near"]] == list(mark.near)


def test_what_it_says_is_in_its_text() -> None:
    said = " ".join(read(page(document_map())).text.split())
    assert "reviews.csv" in said
    assert "60 documents · vectors of tfidf+svm" in said
    assert "The plane shows 24 % of how the vectors differ." in said


def test_no_word_can_end_the_script_or_the_page() -> None:
    """Each document of this map holds </script>; so may a title, and a title may be called like a place in the template."""
    import dataclasses

    picture = dataclasses.replace(document_map(), title="</script><b>@DATA@")
    text = page(picture)
    assert text.count("</script>") == 2
    assert json.loads(read(text).scripts[0])["marks"][0]["text"].endswith("</script><b>&")
    assert "&lt;/script&gt;&lt;b&gt;@DATA@" in text


def test_it_has_both_themes() -> None:
    text = page(word_map(3))
    assert f":root {{ --paper: {LIGHT.paper};" in text
    assert "prefers-color-scheme: dark" in text
    for colour in (*LIGHT.groups, *DARK.groups, DARK.paper):
        assert colour in text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not there to read the script")
def test_the_script_is_sound(tmp_path: Path) -> None:
    """Syntax alone; what it does was tried in a browser."""
    (tmp_path / "a.js").write_text(read(page(word_map(3))).scripts[1], encoding="utf-8")
    done = subprocess.run(["node", "--check", str(tmp_path / "a.js")], check=False)
    assert done.returncode == 0
