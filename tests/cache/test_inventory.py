"""What the cache holds, what is wrong with it, and what leaving would free."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.cache.inventory import Entry, entries, find, leftovers, parse_size, plan, remove, verify
from nlpwb.cache.store import Cache
from nlpwb.errors import CacheError, UsageError

from .helpers import key, put, tree

DAY = 86_400.0


def used(root: Path, name: str, days_ago: float) -> None:
    """Pretend that an artifact was last used so long ago."""
    when = time.time() - days_ago * DAY
    os.utime(Cache(root).folder(key(name)) / "manifest.json", (when, when))


def entry(name: str, size: int, used: float, kind: str = "cell") -> Entry:
    """An entry of no folder."""
    return Entry(kind, name, Path(kind, name), size, used, "", "", 0.0, {})


def leaving(found: list[Entry], **limits: object) -> set[str]:
    """The names of those that would leave."""
    asked = {"max_size": None, "older_than": None, "kind": None} | limits
    return {one.digest for one in plan(found, **asked)}


@pytest.fixture
def stocked(tmp_path: Path) -> Path:
    """A cache of ``a`` (used two days ago), ``b`` (yesterday) and ``c`` (today)."""
    cache = Cache(tmp_path)
    for days, name in enumerate(["c", "b", "a"]):
        put(cache, name, content=name * 100)
        used(tmp_path, name, days)
    return tmp_path


def test_entries_are_listed_the_last_used_first(stocked):
    assert [one.summary for one in entries(stocked)] == ["c" * 20, "b" * 20, "a" * 20]
    assert Cache(stocked).get(key("a")) is not None
    assert [one.summary[0] for one in entries(stocked)] == ["a", "c", "b"]


def test_an_entry_says_what_it_is(stocked):
    first = entries(stocked)[0]
    assert first.kind == "thing"
    assert first.digest == key("c").digest
    assert first.path == stocked / "thing" / first.digest
    assert first.bytes == sum(file.stat().st_size for file in first.path.iterdir())
    assert first.created.endswith("Z")
    assert first.manifest["key"] == {"name": "c"}
    assert abs(first.used - time.time()) < 60


def test_a_cache_that_does_not_exist_is_empty(tmp_path):
    root = tmp_path / "nowhere"
    assert entries(root) == verify(root) == leftovers(root) == []
    assert not root.exists()


@pytest.mark.parametrize("manifest", ["", "[]", '{"facts": 3, "seconds": "long"}', "{"])
def test_a_damaged_manifest_is_listed_and_told_by_verify(stocked, manifest):
    (Cache(stocked).folder(key("b")) / "manifest.json").write_text(manifest)
    assert len(entries(stocked)) == 3
    faults = {one.digest: fault for one, fault in verify(stocked) if fault}
    assert faults == {key("b").digest: "its manifest cannot be read"}


def test_verify_finds_the_damaged_entry_and_changes_nothing(stocked):
    (Cache(stocked).folder(key("b")) / "content.txt").write_text("other")
    before = tree(stocked)
    checked = verify(stocked)
    assert len(checked) == 3
    assert {one.digest: fault for one, fault in checked if fault} == {
        key("b").digest: "content.txt is not what was written"
    }
    assert tree(stocked) == before


def test_verify_is_no_use(stocked):
    """Else a check of everything would make everything look freshly used, and `prune --older-than` free nothing."""
    before = [one.used for one in entries(stocked)]
    verify(stocked)
    assert [one.used for one in entries(stocked)] == before


def test_find_takes_the_first_digits(stocked):
    digest = key("b").digest
    assert find(stocked, digest[:12]).digest == digest
    assert find(stocked, digest[:12].upper()).digest == digest
    assert find(stocked, digest).digest == digest


def test_find_says_what_it_lacks(stocked):
    with pytest.raises(CacheError, match="has no entry 'xyz'; `nlpwb cache list` shows"):
        find(stocked, "xyz")
    with pytest.raises(CacheError, match=r"3 entries of the cache .* begin with ''; give more"):
        find(stocked, "")


def test_without_limits_all_leave_or_all_of_a_kind():
    found = [entry("c", 1, 3.0), entry("p", 1, 2.0, kind="plan"), entry("b", 1, 1.0)]
    assert leaving(found) == {"b", "c", "p"}
    assert leaving(found, kind="cell") == {"b", "c"}
    assert leaving(found, kind="other") == set()


def test_a_cap_takes_the_least_recently_used():
    found = [entry("new", 40, 30.0), entry("mid", 40, 20.0), entry("old", 40, 10.0)]
    assert leaving(found, max_size=120) == set()
    assert leaving(found, max_size=119) == {"old"}
    assert leaving(found, max_size=79) == {"old", "mid"}
    assert leaving(found, max_size=0) == {"old", "mid", "new"}


def test_an_age_takes_what_was_not_used_for_longer():
    now = time.time()
    found = [entry("new", 1, now), entry("old", 1, now - 3 * DAY)]
    assert leaving(found, older_than=2 * DAY) == {"old"}
    assert leaving(found, older_than=4 * DAY) == set()


def test_what_age_has_taken_counts_no_more_for_the_cap():
    now = time.time()
    found = [entry("new", 40, now), entry("mid", 40, now - DAY), entry("old", 40, now - 9 * DAY)]
    assert leaving(found, older_than=5 * DAY, max_size=80) == {"old"}
    assert leaving(found, older_than=5 * DAY, max_size=79) == {"old", "mid"}


def test_the_cap_is_on_all_kinds_and_only_the_named_one_leaves():
    found = [entry("p", 90, 3.0, kind="plan"), entry("c", 10, 2.0), entry("b", 10, 1.0)]
    assert leaving(found, max_size=100, kind="cell") == {"b"}
    assert leaving(found, max_size=50, kind="cell") == {"b", "c"}


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5)), max_size=8),
    st.integers(0, 300),
)
def test_after_a_cap_the_rest_fits_and_nothing_left_needlessly(sizes, cap):
    found = [entry(str(i), size, float(used)) for i, (size, used) in enumerate(sizes)]
    found.sort(key=lambda one: (-one.used, one.digest))
    gone = plan(found, max_size=cap, older_than=None, kind=None)
    kept = [one for one in found if one not in gone]
    assert sum(one.bytes for one in kept) <= cap
    if gone:
        assert kept == found[: len(kept)], "one that was used later left before one used earlier"
        assert sum(one.bytes for one in kept) + gone[-1].bytes > cap


def test_remove_takes_these_and_no_other(stocked):
    one, two, three = entries(stocked)
    remove(stocked, [one.path, two.path])
    assert [left.digest for left in entries(stocked)] == [three.digest]
    assert leftovers(stocked, older_than=0) == []
    remove(stocked, [one.path])  # another process was faster: nothing to do


def test_remove_refuses_what_is_not_of_the_cache(stocked, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    with pytest.raises(AssertionError):
        remove(stocked, [other])
    assert other.is_dir()


def test_damaged_entries_are_leftovers_until_removed(stocked):
    cache = Cache(stocked)
    (cache.folder(key("b")) / "content.txt").unlink()
    cache.get(key("b"))
    (left,) = leftovers(stocked)
    assert left.reason == "damaged"
    assert left.path.parent == stocked / "damaged"
    assert left.bytes > 0
    assert len(entries(stocked)) == 2
    remove(stocked, [left.path])
    assert leftovers(stocked) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000", 1000),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("1.5GiB", 3 * 2**29),
        ("2kB", 2000),
        ("2KiB", 2048),
        ("1TB", 10**12),
        ("7B", 7),
        (" 3gb ", 3 * 10**9),
    ],
)
def test_sizes_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1,5GB", "1e9", "2 GB each", "5XB", "²GB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="is not a size; write for example 500MB or 2GB"):
        parse_size(text)
