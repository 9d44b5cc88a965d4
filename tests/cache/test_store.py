"""Artifacts: named by what went into them, made once, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.cache.inventory import leftovers
from nlpwb.cache.store import Cache, Key, cache_root

from .helpers import content, key, put, refuse, tree, writer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(st.text(), JSON, max_size=4)


def test_a_key_is_the_same_in_every_release_and_on_every_machine():
    """Another digest would throw away every cache there is: only a new FORMAT may change it."""
    parts = {"seed": 0, "labels": ["Übel", "güt"], "share": 0.5, "none": None}
    canonical = (
        '{"format":1,"kind":"cell","parts":'
        '{"labels":["Übel","güt"],"none":null,"seed":0,"share":0.5}}'
    )
    assert Key("cell", parts).digest == hashlib.sha256(canonical.encode()).hexdigest()
    assert Key("cell", parts).digest == (
        "d109ecc49c667bff87db32f4366fbd27703c6f37cadff2b3135c85bae0bd92a3"
    )


@given(PARTS)
def test_the_order_in_which_parts_are_named_plays_no_role(parts):
    backwards = dict(reversed(parts.items()))
    assert Key("thing", parts).digest == Key("thing", backwards).digest


@given(PARTS, PARTS)
def test_other_parts_are_another_key(one, other):
    """Equal digests of unequal parts would hand out one artifact for another; 1, 1.0 and True are unequal here."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (Key("thing", one).digest == Key("thing", other).digest) == same


def test_the_kind_is_part_of_the_key():
    assert Key("plan", {}).digest != Key("cell", {}).digest


def test_a_name_that_is_no_unicode_can_be_part_of_a_key(tmp_path):
    """A file name of undecodable bytes reaches Python as half a surrogate pair, which UTF-8 cannot hold."""
    strange = Key("plan", {"name": os.fsdecode(b"\xff.csv")})
    made = Cache(tmp_path).get_or_make(strange, writer())
    assert Cache(tmp_path).get(strange) == made
    assert made.manifest["key"]["name"] == "\udcff.csv"


def test_an_artifact_is_made_once(tmp_path):
    cache = Cache(tmp_path)
    made = put(cache, "a", "first")
    found = cache.get_or_make(key("a"), refuse)
    assert content(found) == "first"
    assert found == made, "a later reader sees another manifest than the maker"


def test_what_was_never_made_is_not_there(tmp_path):
    assert Cache(tmp_path).get(key("a")) is None
    assert tree(tmp_path) == [], "asking must not write"


def test_the_manifest_says_what_it_is_and_how_it_was_made(tmp_path):
    made = put(Cache(tmp_path), "a", "abc")
    manifest = json.loads((made.path / "manifest.json").read_text())
    assert manifest["kind"] == "thing"
    assert manifest["key"] == {"name": "a"}
    assert manifest["digest"] == key("a").digest == made.path.name
    assert manifest["facts"] == made.facts == {"summary": "abc"}
    sha = hashlib.sha256(b"abc").hexdigest()
    assert manifest["files"] == {"content.txt": {"bytes": 3, "sha256": sha}}
    assert made.bytes == 3
    assert manifest["seconds"] >= 0
    assert manifest["created"].endswith("Z")


def test_facts_come_back_as_json_has_them_for_the_maker_too(tmp_path):
    """Were the maker given its own tuples and number keys, a first run would differ from every later one."""
    cache = Cache(tmp_path)
    made = cache.get_or_make(key("a"), lambda folder: {"pair": (1, 2), "by": {10: "x", 9: "y"}})
    assert made.facts == {"pair": [1, 2], "by": {"10": "x", "9": "y"}}
    assert cache.get(key("a")) == made, "the order of keys must not look like damage"


def test_files_in_folders_are_kept_and_checked(tmp_path):
    def make(folder: Path):
        (folder / "deep").mkdir()
        (folder / "deep" / "one.txt").write_text("1")
        return {}

    made = Cache(tmp_path).get_or_make(key("a"), make)
    assert list(made.manifest["files"]) == ["deep/one.txt"]
    (made.path / "deep" / "one.txt").write_text("2")
    assert Cache(tmp_path).get(key("a")) is None


@pytest.mark.parametrize("failure", [ValueError, MemoryError, KeyboardInterrupt, SystemExit])
def test_a_maker_that_fails_leaves_nothing_and_holds_nothing_up(tmp_path, failure):
    cache = Cache(tmp_path)

    def make(folder: Path):
        (folder / "half.txt").write_text("half")
        raise failure("in the middle")

    with pytest.raises(failure, match="in the middle"):
        cache.get_or_make(key("a"), make)
    assert tree(tmp_path) == ["thing"]
    assert leftovers(tmp_path, older_than=0) == []
    assert content(put(cache, "a", "second try")) == "second try"


def test_a_maker_may_ask_the_cache_for_something_else(tmp_path):
    """A cell asks for its representation while it is made."""
    cache = Cache(tmp_path)

    def outer(folder: Path):
        return {"inner": content(put(cache, "inner", "within"))}

    assert cache.get_or_make(key("outer"), outer).facts == {"inner": "within"}
    assert cache.get(key("inner")) is not None


def test_reading_changes_nothing_but_the_time_of_last_use(tmp_path):
    cache = Cache(tmp_path)
    made = put(cache, "a")
    os.utime(made.path / "manifest.json", (1_000_000, 1_000_000))
    before = {path: path.read_bytes() for path in made.path.iterdir()}
    assert cache.get(key("a")) == made
    assert {path: path.read_bytes() for path in made.path.iterdir()} == before
    assert (made.path / "manifest.json").stat().st_mtime > 1_000_000


def test_a_cache_can_be_shared_as_far_as_the_umask_says(tmp_path):
    """Folders of the temporary kind are closed to all others, and colleagues would take them for damaged."""
    before = os.umask(0o027)
    try:
        made = put(Cache(tmp_path), "a")
    finally:
        os.umask(before)
    assert made.path.stat().st_mode & 0o777 == 0o750


def test_the_folder_is_the_argument_else_the_variable_else_the_platforms(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NLPWB_CACHE", "/from/variable")
    assert cache_root("/from/argument") == Path("/from/argument")
    assert cache_root("~/own") == tmp_path / "own"
    assert cache_root() == Path("/from/variable")
    monkeypatch.setenv("NLPWB_CACHE", "~/own")
    assert cache_root() == tmp_path / "own"
    monkeypatch.setenv("NLPWB_CACHE", "")
    assert cache_root().name == "nlpwb"
    assert cache_root().is_relative_to(tmp_path)
