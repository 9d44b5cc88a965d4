"""Models of every kind as folders on disk (DESIGN 7): ``manifest.json``, ``model.safetensors``, ``vocabulary.json``.

The manifest says what the model is and how it was made, and holds the SHA-256 of every other file. A folder is written beside
its place and renamed into it; an old model there is replaced at once or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.bases.files import CONFIG
from nlpwb.bases.finding import HUB, PACKAGES
from nlpwb.errors import InputError, ModelError, NlpwbError
from nlpwb.files import sha256
from nlpwb.options import all_options
from nlpwb.specs import Part, Spec, parse_spec
from nlpwb.workflows.storage import load_states, save_states

if TYPE_CHECKING:
    from nlpwb.methods.protocol import State

FORMAT = 3
"""What is read; 3: pairs of texts, and labels of words. A model is written in the lowest format that holds it, which older
releases read, too."""
MANIFEST = "manifest.json"
CLASSIFIER, LANGUAGE_MODEL, TRANSLATOR = "classifier", "language-model", "translator"
TAGGER = "tagger"
MASKED_MODEL = "masked-model"
COMMANDS = {
    CLASSIFIER: ("predict", "evaluate", "embed", "attend", "trace"),
    LANGUAGE_MODEL: ("generate", "predict", "evaluate", "attend", "trace"),
    TRANSLATOR: ("translate", "evaluate", "attend", "trace"),
    TAGGER: ("predict", "evaluate"),
    MASKED_MODEL: ("predict", "evaluate", "finetune", "contexts", "attend", "trace"),
}
"""What a model of each kind is for."""
AS_KIND = {
    CLASSIFIER: "a classifier",
    LANGUAGE_MODEL: "a language model",
    TRANSLATOR: "a translator",
    TAGGER: "a tagger of words",
    MASKED_MODEL: "an encoder that fills masks",
}
"""Kinds as a sentence names them."""


def write_files(
    folder: Path,
    spec: Spec | Part,
    states: Sequence[tuple[Part, State]],
    facts: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Write a model's files into an existing folder.

    Args:
        spec: what it was trained by.
        states: each of its parts with what it has learned.
        facts: what the manifest says besides: ``kind``, ``seed``, ``made`` and whatever the kind needs.
        beside: files that are copied into it, by name.
    """
    for name, path in (beside or {}).items():
        shutil.copyfile(path, folder / name)
    kept = save_states(folder, [state for _, state in states])
    parts = [
        {
            "name": part.name,
            "version": part.entry.version,
            "options": all_options(part.config),
            "facts": part_facts,
        }
        for (part, _), part_facts in zip(states, kept, strict=True)
    ]
    manifest = {
        "format": 1,
        "spec": str(spec),
        "parts": parts,
        **facts,
        "files": {
            path.relative_to(folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != MANIFEST
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    # a label may hold what is no character (half a surrogate pair): JSON's escape for it
    (folder / MANIFEST).write_text(text, encoding="utf-8", errors="backslashreplace")


def dated(made: Mapping[str, Any]) -> dict[str, Any]:
    """How a model was made, and when."""
    return {**made, "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def save_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Put a folder at ``target``, whole, with the files that ``write`` makes in it; what stood there stays until then.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    check_target(target)
    target = target.resolve()  # of a link its end, of ``.`` a name
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{time.time_ns()}")
    old = temporary.with_name(f"{temporary.name}.old")
    try:
        temporary.mkdir()
        write(temporary)
        for path in [*temporary.rglob("*"), temporary]:
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        if target.exists():
            target.rename(old)
        try:
            temporary.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"the model {target}: {(error.strerror or str(error)).lower()}; choose another place with -o"
        ) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_target(target: Path) -> None:
    """Refuse a place where a model cannot go, before any work is done for it.

    Raises:
        InputError: a file, or a folder that holds something that is no model, stands there; or the parent is missing.
    """
    if not target.resolve().parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if target.exists() and not target.is_dir():
        raise InputError(f"-o {target} is a file, and a model is a folder; choose another name")
    if target.is_dir():
        strange = _strange_files(target)
        if strange:
            raise InputError(
                f"-o {target}: the folder holds {strange[0]}, which is no part of a model; "
                "choose another place"
            )


def replaced_note(target: Path, spec: Spec | Part) -> str | None:
    """What a user should know before a model of another method gives way to the one that ``spec`` makes there.

    None where no model stands, or one of the same spec.
    """
    try:
        manifest = read_manifest(target)
    except ModelError:
        return None
    held = str(manifest.get("spec", ""))
    if not held or held == str(spec):
        return None
    kind = AS_KIND.get(str(manifest["kind"]), "a model")
    return f"{target} holds {kind}, {held}; it is replaced when {spec} is trained"


def _strange_files(folder: Path) -> list[str]:
    """What lies in a folder and is no part of the model in it; folders that are none of its own are not looked into."""
    own = _own_files(folder)
    first = {name.partition("/")[0] for name in own}
    strange = sorted({path.name for path in folder.iterdir()} - first)
    if strange:
        return strange
    inside = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted({path.relative_to(folder).as_posix() for path in inside} - own)


def _own_files(folder: Path) -> set[str]:
    """The files that a model's manifest answers for, its own among them; none where it is not a manifest of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        _ = manifest["format"], manifest["kind"], manifest["made"]
        return {MANIFEST, *manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder is a checkpoint of the field's libraries, and no model of ours (which may be both)."""
    return (folder / CONFIG).is_file() and not (folder / MANIFEST).exists()


def check_either(folder: Path) -> None:
    """Refuse a folder that is neither a model nor a base, where both will do.

    Raises:
        ModelError: it is there, and holds the mark of neither.
    """
    if folder.is_dir() and not any((folder / name).exists() for name in (MANIFEST, CONFIG)):
        raise ModelError(
            f"the folder {folder} is neither a model nor a base: it has no {MANIFEST} and no {CONFIG}; check the path"
        )


def is_name_of_base(name: str) -> bool:
    """Whether a word can only be a base of an installed package or of the hub."""
    return name.startswith(HUB) or any(name == package.alias for package in PACKAGES)


def as_base(name: str) -> ModelError:
    """What is said where a base stands in the place of a model: what teaches it, and what can be asked of it as it is."""
    return ModelError(
        f"{name} is a base, which knows no labels, and with which this program writes no texts; "
        f"`nlpwb finetune {name} CORPUS -o MODEL` teaches it labels, and embed, similarity, search, contexts, attend and trace "
        "take it as it is"
    )


def read_manifest(folder: Path, *kinds: str) -> dict[str, Any]:
    """What a model says of itself.

    Args:
        kinds: what the caller can use; none: any.

    Raises:
        ModelError: no model, one of a later format, or one of another kind; the sentence names the commands that fit.
    """
    if not folder.exists():
        if is_name_of_base(str(folder)):
            raise as_base(str(folder))
        raise ModelError(
            f"there is no model {folder}; `nlpwb train SPEC CORPUS -o {folder}` makes one"
        )
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, format = manifest["kind"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{folder} is no model: it has no readable {MANIFEST}; `nlpwb train` makes models"
        ) from None
    if not isinstance(format, int) or format > FORMAT:
        raise ModelError(
            f"the model {folder} has format {format}, and this version reads up to {FORMAT}; "
            "update nlpwb"
        )
    if kinds and kind not in kinds:
        raise _other_kind(folder, str(kind), kinds)
    return manifest


def _other_kind(folder: Path, kind: str, kinds: Sequence[str]) -> ModelError:
    said = AS_KIND.get(kind, f"a {kind}")
    wanted = " or ".join(AS_KIND[one] for one in kinds)
    way = (
        f"it is for {_listed([f'`nlpwb {name}`' for name in COMMANDS[kind]])}"
        if kind in COMMANDS
        else "update nlpwb"
    )
    return ModelError(f"the model {folder} is {said}, and this command needs {wanted}; {way}")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def read_states(folder: Path, manifest: Mapping[str, Any]) -> tuple[Spec, list[State]]:
    """What a model was trained by, and what each of its parts has learned; every file is checked against the manifest.

    Raises:
        ModelError: a file is missing or damaged, or the method is one that this version does not have.
    """
    try:
        text = str(manifest["spec"])
        facts = [part["facts"] for part in manifest["parts"]]
        expected = {
            name: (file["bytes"], file["sha256"]) for name, file in manifest["files"].items()
        }
    except (KeyError, TypeError, AttributeError):
        raise damaged(folder, MANIFEST) from None
    for name, written in expected.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"the model {folder} has lost its file {name}; train it again")
        if (path.stat().st_size, sha256(path)) != written:
            raise damaged(folder, name)
    try:
        spec = parse_spec(text)
    except NlpwbError as error:
        raise ModelError(
            f"the model {folder} was made by a method that this version does not have ({error})"
        ) from None
    if len(facts) != len(spec.parts):
        raise damaged(folder, MANIFEST)
    return spec, load_states(folder, facts)


def damaged(folder: Path, name: str) -> ModelError:
    """The error of a file that is not what was written."""
    return ModelError(
        f"the model {folder} is damaged: {name} is not what was written; train it again"
    )
