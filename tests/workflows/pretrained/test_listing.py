"""The bases at hand, told from their files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlpwb.bases import finding
from nlpwb.bases.families import READ
from nlpwb.bases.sentences import SentenceSettings
from nlpwb.methods.finetuning.families import FAMILIES
from nlpwb.workflows.pretrained import listing
from nlpwb.workflows.pretrained.listing import list_bases

from .bases import write_base
from .hub import COMMIT, block_sockets, keep_in_hub, use_hub_cache

TEXTS = ["a good book", "a bad film"]
# bert of 2 blocks, 32 wide, 48 inside: 10 words, 40 places and 2 segments with their norm; each block 4 matrices of
# attention, 2 of the feed-forward part, 2 norms
WEIGHTS = (10 + 40 + 2) * 32 + 64 + 2 * (4 * (32 * 32 + 32) + 2 * 32 * 48 + 48 + 32 + 2 * 64)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and no package that carries a base."""
    cache = tmp_path / "hub"
    cache.mkdir()
    use_hub_cache(monkeypatch, cache)
    monkeypatch.setattr(finding, "_installed", lambda package: None)
    return cache


def test_the_families_are_those_of_the_tables() -> None:
    """The list must not import torch, and so has a copy of their names."""
    assert set(READ) == set(FAMILIES)


def test_what_is_in_the_hubs_cache_is_told_without_a_socket(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SentenceSettings("mean", True, 16)
    folder = Path(write_base(tmp_path / "one", TEXTS, sentences=settings))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# One\n", encoding="utf-8")
    keep_in_hub(hub, "someone/one", folder)
    attempts = block_sockets(monkeypatch)
    (base,) = list_bases().listed
    assert (base.base, base.revision, base.place) == ("hub:someone/one", COMMIT, "hub")
    assert (base.family, base.licence, base.trouble) == ("bert", "mit", None)
    assert (base.dimensions, base.longest, base.sentences) == (32, 16, "mean")
    assert base.parameters == WEIGHTS
    assert base.bytes == (folder / "model.safetensors").stat().st_size
    assert attempts == []


def test_a_decoders_places_and_robertas_own_count(hub: Path, tmp_path: Path) -> None:
    """RoBERTa's table of places begins behind the one of padding."""
    keep_in_hub(hub, "b/gpt", Path(write_base(tmp_path / "gpt", TEXTS, family="gpt2")))
    roberta = Path(write_base(tmp_path / "roberta", TEXTS))
    config = json.loads((roberta / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "roberta", "pad_token_id": 1}
    (roberta / "config.json").write_text(json.dumps(config), encoding="utf-8")
    keep_in_hub(hub, "c/roberta", roberta)
    assert [(base.family, base.longest) for base in list_bases().listed] == [
        ("gpt2", 40),
        ("roberta", 38),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", '{"model_type": "t5"}', "this program reads bert, roberta"),
        ("config.json", "{}", "names no architecture"),
        ("config.json", "{", "cannot be read"),
        ("model.safetensors", "cut", "its weights cannot be read"),
        ("modules.json", "[", "cannot be read"),
    ],
)
def test_a_base_that_cannot_be_opened_says_why(
    hub: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str,
    said: str,
) -> None:
    """One broken download must not hide the others."""
    monkeypatch.setattr(listing, "reads_others", lambda: False)
    folder = Path(write_base(tmp_path / "one", TEXTS))
    keep_in_hub(hub, "a/sound", folder)
    (folder / name).write_text(content, encoding="utf-8")
    keep_in_hub(hub, "b/broken", folder)
    sound, broken = list_bases().listed
    assert sound.trouble is None
    assert said in str(broken.trouble)


def test_what_the_extra_reads_is_no_trouble(hub: Path, tmp_path: Path) -> None:
    """XLM-R counts its places as RoBERTa does; its padding is row 1 where nobody says so."""
    folder = Path(write_base(tmp_path / "one", TEXTS))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["pad_token_id"]
    config["model_type"] = "xlm-roberta"
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    keep_in_hub(hub, "a/other", folder)
    (base,) = list_bases().listed
    assert (base.family, base.trouble, base.longest) == ("xlm-roberta", None, 38)


def test_what_a_package_would_bring_is_told(hub: Path) -> None:
    found = list_bases()
    assert found.listed == []
    assert [package.alias for package in found.missing] == ["minilm"]


def test_no_cache_of_the_hub_is_no_error(hub: Path) -> None:
    hub.rmdir()
    assert list_bases().listed == []
