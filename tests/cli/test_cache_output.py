"""``nlpwb cache``: entries listed, shown, verified and pruned, in every format; nothing leaves unasked."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nlpwb.cache.store import Artifact, Cache, Key

from .conftest import Typed

NOON = 1_700_000_000  # 2023-11-14T22:13:20Z


def put(root: Path, kind: str, content: str, used: float) -> Artifact:
    """An entry of one file, last used then."""

    def make(folder: Path) -> Mapping[str, Any]:
        (folder / "content.txt").write_text(content, encoding="utf-8")
        return {"summary": f"{content[:1]}, {len(content)} letters"}

    artifact = Cache(root).get_or_make(Key(kind, {"content": content}), make)
    os.utime(artifact.path / "manifest.json", (used, used))
    return artifact


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Typed) -> list[Artifact]:
    """A cell of 100 letters, used later, and a plan of 2,000."""
    root = tmp_path / "kept"
    monkeypatch.setenv("NLPWB_CACHE", str(root))
    return [put(root, "cell", "a" * 100, NOON + 60), put(root, "plan", "b" * 2000, NOON)]


def size(artifact: Artifact) -> int:
    """All files of an entry, its manifest among them."""
    return sum(path.stat().st_size for path in artifact.path.iterdir())


def test_list_is_the_last_used_first(typed: Typed, kept: list[Artifact]) -> None:
    cell, plan = kept
    ended = typed("cache", "list", "--format", "json")
    rows = json.loads(ended.out)
    for row in rows:
        assert 0 <= row.pop("seconds") < 60
        assert time.time() - row.pop("age") == pytest.approx(NOON, abs=600)
    assert (ended.code, ended.err) == (0, "")
    assert rows == [
        {
            "key": cell.path.name,
            "kind": "cell",
            "bytes": size(cell),
            "used": "2023-11-14T22:14:20Z",
            "what": "a, 100 letters",
        },
        {
            "key": plan.path.name,
            "kind": "plan",
            "bytes": size(plan),
            "used": "2023-11-14T22:13:20Z",
            "what": "b, 2000 letters",
        },
    ]


def test_list_in_the_other_formats(typed: Typed, kept: list[Artifact], tmp_path: Path) -> None:
    """Tables cut the key to what `cache info` needs."""
    cell, plan = kept
    header, first, _ = typed("cache", "list").out.splitlines()
    assert header == "key\tkind\tbytes\tseconds\tage\tused\twhat"
    assert first.split("\t")[0] == cell.path.name
    assert typed("cache", "list", "--format", "csv").out.startswith(
        "key,kind,bytes,seconds,age,used,"
    )
    lines = typed("cache", "list", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [cell.path.name, plan.path.name]
    table = re.sub(r"[\d,]+ days ago", "DAYS", typed("cache", "list", "--format", "table").out)
    assert re.sub(r" {2,}", "  ", table).splitlines() == [
        "  key  kind  size  made in  used  what",
        f"  {cell.path.name[:12]}  cell  {size(cell) / 1000:.1f} kB  0.0 s  DAYS  a, 100 letters",
        f"  {plan.path.name[:12]}  plan  {size(plan) / 1000:.1f} kB  0.0 s  DAYS  b, 2000 letters",
        "",
        f"2 entries, {(size(cell) + size(plan)) / 1000:.1f} kB in {tmp_path / 'kept'}",
    ]
    assert typed("cache", "list", "--format", "md").out.startswith(
        "| key | kind | size | made in |"
    )


def test_list_of_one_kind(typed: Typed, kept: list[Artifact]) -> None:
    assert len(typed("cache", "list", "--kind", "plan").out.splitlines()) == 2
    wrong = typed("cache", "list", "--kind", "plans")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "nlpwb: --kind 'plans' is not known; did you mean plan?\n"


def test_info_is_the_manifest_and_where_it_lies(typed: Typed, kept: list[Artifact]) -> None:
    cell, _ = kept
    ended = typed("cache", "info", cell.path.name[:8])
    document = json.loads(ended.out)
    assert (ended.code, document["path"], document["kind"]) == (0, str(cell.path), "cell")
    assert document["files"]["content.txt"]["bytes"] == 100
    missing = typed("cache", "info", "zzz")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.endswith("has no entry 'zzz'; `nlpwb cache list` shows those it has\n")


def test_verify_tells_sound_entries_from_damaged_ones(typed: Typed, kept: list[Artifact]) -> None:
    """One flipped byte: the entry is named, and the exit code is 1."""
    cell, plan = kept
    sound = typed("cache", "verify")
    assert (sound.code, sound.err) == (0, "")
    assert sound.out == (
        "key\tkind\tstate\twhat\n"
        f"{cell.path.name}\tcell\tsound\ta, 100 letters\n"
        f"{plan.path.name}\tplan\tsound\tb, 2000 letters\n"
    )
    (plan.path / "content.txt").write_text("c" + "b" * 1999, encoding="utf-8")
    for format in ("json", "jsonl", "csv", "tsv", "md", "table"):
        damaged = typed("cache", "verify", "--format", format)
        assert damaged.code == 1
        assert re.fullmatch(
            r"nlpwb: 1 of 2 entries of the cache \S+ are damaged; "
            r"the next run that needs them computes them anew\n",
            damaged.err,
        )
        assert "content.txt" in damaged.out
    assert typed("cache", "verify", "--format", "table").out.endswith("1 of 2 entries are sound\n")


def test_prune_shows_first_and_removes_when_told(typed: Typed, kept: list[Artifact]) -> None:
    cell, plan = kept
    rows = [
        {"key": cell.path.name, "kind": "cell", "bytes": size(cell), "what": "a, 100 letters"},
        {"key": plan.path.name, "kind": "plan", "bytes": size(plan), "what": "b, 2000 letters"},
    ]
    total = size(cell) + size(plan)
    asked = typed("cache", "prune", "--format", "json")
    assert (asked.code, json.loads(asked.out)) == (0, rows)
    assert asked.err == "nlpwb: nothing was removed; --yes removes it without asking\n"
    table = typed("cache", "prune", "--format", "table").out
    assert table.endswith(f"\n2 to remove, which frees {total / 1000:.1f} kB\n")
    assert cell.path.exists()
    assert plan.path.exists()

    done = typed("cache", "prune", "--max-size", "2kB", "--yes", "--format", "jsonl")
    assert [json.loads(line) for line in done.out.splitlines()] == rows[1:]
    assert (cell.path.exists(), plan.path.exists()) == (True, False)

    assert typed("cache", "prune", "-y").code == 0
    assert typed("cache", "list").out == "key\tkind\tbytes\tseconds\tage\tused\twhat\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--max-size", "big"], "--max-size: 'big' is not a size; write for example 500MB or 2GB"),
        (["--older-than", "old"], "--older-than 'old' is not an age; write for example 12h or 30d"),
    ],
)
def test_sizes_and_ages_that_are_none(
    typed: Typed, kept: list[Artifact], words: list[str], sentence: str
) -> None:
    ended = typed("cache", "prune", *words, "--yes")
    assert (ended.code, ended.out, ended.err) == (2, "", f"nlpwb: {sentence}\n")
    assert all(artifact.path.exists() for artifact in kept)


def test_age_and_kind_choose_what_leaves(typed: Typed, kept: list[Artifact]) -> None:
    """Both were used in 2023; a cell made now stays."""
    fresh = put(kept[0].path.parents[1], "cell", "fresh", time.time())
    done = typed("cache", "prune", "--older-than", "30d", "--kind", "cell", "--yes")
    assert done.code == 0
    assert [artifact.path.exists() for artifact in (*kept, fresh)] == [False, True, True]
