"""What makes a checkpoint an encoder of sentences: ``modules.json`` and its pooling, as sentence-transformers has them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nlpwb.bases.files import optional_json, read_json
from nlpwb.errors import ModelError

MODULES, LENGTHS, POOLING = "modules.json", "sentence_bert_config.json", "1_Pooling"
_TOKENIZER = "tokenizer_config.json"
_NO_LIMIT = 10**9
_TYPES = "sentence_transformers.models."
_MODES = {
    "cls": "pooling_mode_cls_token",
    "mean": "pooling_mode_mean_tokens",
    "max": "pooling_mode_max_tokens",
    "last": "pooling_mode_lasttoken",
}
_OTHER_MODES = ("pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens")


@dataclass(frozen=True)
class SentenceSettings:
    """How a sentence becomes a vector.

    Args:
        pooling: of the vectors of its tokens.
        normalised: whether its length is made 1.
        longest: tokens, marks included; None: as many as the body can.
    """

    pooling: Literal["cls", "mean", "max", "last"]
    normalised: bool
    longest: int | None


def read_sentence_settings(folder: Path) -> SentenceSettings | None:
    """The settings of a checkpoint; None where it is no encoder of sentences.

    Raises:
        ModelError: a way from tokens to a vector that this program does not know.
    """
    if not (folder / MODULES).is_file():
        return None
    pooling, normalised = None, False
    for module in _modules(folder):
        kind = str(module.get("type", "")).rsplit(".", 1)[-1]
        if kind == "Pooling":
            pooling = _pooling(folder / str(module.get("path", POOLING)))
        elif kind == "Normalize":
            normalised = True
        elif kind != "Transformer":
            raise ModelError(
                f"{folder} has a layer {kind} behind its transformer, which this program does not know; it knows Pooling and "
                "Normalize"
            )
    if pooling is None:
        return None
    return SentenceSettings(pooling, normalised, _longest(folder))


def _longest(folder: Path) -> int | None:
    """Tokens of a sentence; recent folders leave it to the tokenizer's settings, where a huge number means no limit."""
    for name, key in ((LENGTHS, "max_seq_length"), (_TOKENIZER, "model_max_length")):
        said = optional_json(folder, name).get(key)
        if said is None:
            continue
        if not isinstance(said, int | float) or said < 1 or said != int(said):
            raise ModelError(
                f"{folder / name} says {key}={said}, which is no number of tokens; correct it"
            )
        return int(said) if said < _NO_LIMIT else None
    return None


def _modules(folder: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads((folder / MODULES).read_text(encoding="utf-8"))
        return [dict(module) for module in found]
    except (OSError, ValueError, TypeError):
        raise ModelError(f"{folder / MODULES} cannot be read; fetch it again") from None


def _pooling(folder: Path) -> Literal["cls", "mean", "max", "last"]:
    config = read_json(folder, "config.json")
    modes = [name for name, key in _MODES.items() if config.get(key)]
    others = [key for key in _OTHER_MODES if config.get(key)]
    newer = config.get("pooling_mode")  # a single word, in recent folders
    if not modes and not others and isinstance(newer, str):
        modes = [{"lasttoken": "last"}.get(newer, newer)]
    if len(modes) != 1 or others or modes[0] not in _MODES:
        said = ", ".join([*modes, *others]) or "nothing"
        raise ModelError(
            f"{folder} pools by {said}, and this program pools by one of {', '.join(_MODES)}"
        )
    return modes[0]  # type: ignore[return-value]


def write_sentence_settings(folder: Path, settings: SentenceSettings, *, dim: int) -> None:
    """Write the settings beside a checkpoint, so that sentence-transformers loads the folder.

    Raises:
        OSError: the operating system refuses.
    """
    modules = [("", "Transformer"), (POOLING, "Pooling")]
    if settings.normalised:
        modules.append(("2_Normalize", "Normalize"))
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": f"{_TYPES}{kind}"}
        for number, (path, kind) in enumerate(modules)
    ]
    _write(folder / MODULES, listed)
    _write(folder / LENGTHS, {"max_seq_length": settings.longest, "do_lower_case": False})
    (folder / POOLING).mkdir(exist_ok=True)
    modes = {key: name == settings.pooling for name, key in _MODES.items()}
    _write(folder / POOLING / "config.json", {"word_embedding_dimension": dim, **modes})
    if settings.normalised:
        (folder / "2_Normalize").mkdir(exist_ok=True)
        _write(folder / "2_Normalize" / "config.json", {})  # an empty folder gets lost on the way


def write_padding(folder: Path, token: str) -> None:
    """Name the token that fills up a batch, where a tokenizer has none of its own; whatever it is, nobody sees it.

    Raises:
        OSError: the operating system refuses.
    """
    _write(folder / _TOKENIZER, {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": token})


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
