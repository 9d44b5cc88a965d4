"""What makes vectors of texts: a base as it is, a trained model, or a representation that is fitted on these very texts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.bases.files import CONFIG
from nlpwb.bases.finding import find_base
from nlpwb.catalogue import CATALOGUE, load
from nlpwb.errors import ModelError, UsageError
from nlpwb.methods.finetuning.config import PretrainedConfig
from nlpwb.specs import Part, Spec, parse_spec
from nlpwb.workflows.folders import MANIFEST, is_checkpoint, is_name_of_base

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.methods.protocol import Matrix
    from nlpwb.workflows.pretrained.representation import PretrainedTexts

DEFAULT_BASE = "minilm"


@dataclass(frozen=True)
class Encoder:
    """What makes vectors of texts.

    Args:
        name: as it was typed.
        vectors: texts to their matrix, (n, d), dense or sparse.
        spared: seconds that vectors found in the cache once took, since this was last asked.
    """

    name: str
    vectors: Callable[[Sequence[str]], Matrix]
    spared: Callable[[], float]


def is_base(name: str) -> bool:
    """Whether a word can only be the name of a base: one of a package, of the hub, or a checkpoint's folder."""
    return is_name_of_base(name) or is_checkpoint(Path(name))


def base_of(text: str) -> Part | None:
    """The ``pretrained`` part that a word means: a base's name, or a spec of it; None where it is a spec of another method.

    Raises:
        UsageError: a name without meaning, or a spec that is none.
        ModelError: a folder that is no base.
    """
    if is_base(text):
        return Part("pretrained", PretrainedConfig(base=text))
    folder = Path(text)
    if _method_of(text) not in CATALOGUE and (_method_of(text) == text or folder.exists()):
        if (folder / MANIFEST).is_file() and not (folder / CONFIG).is_file():
            raise ModelError(f"{text} is a model and no base; give it as --model {text}")
        find_base(text)
        return Part("pretrained", PretrainedConfig(base=text))
    spec = representation_of(text)
    return spec.representation if spec.representation.name == "pretrained" else None


def _method_of(text: str) -> str:
    return re.split("[:+]", text.strip(), maxsplit=1)[0]


def representation_of(text: str) -> Spec:
    """A spec that makes vectors of texts, whose head is nobody's concern.

    Raises:
        UsageError: it is none, or names a head.
    """
    spec = parse_spec(text)
    entry = spec.representation.entry
    if not entry.needs_head or entry.writes:
        raise UsageError(
            f"{text}: {entry.name} makes vectors only once it is trained; `nlpwb train` it, and give the folder as --model"
        )
    if not spec.usual_head and spec.head is not None:
        raise UsageError(
            f"{text}: vectors are made without a head, and +{spec.head} would do nothing; leave it out"
        )
    return spec


def open_encoder(
    text: str,
    *,
    cache: Cache | None,
    device: str,
    threads: int,
    precision: str | None = None,
) -> tuple[Encoder, PretrainedTexts] | None:
    """The encoder of a base's name or of a ``pretrained`` spec, and what it is; None for a spec of another method.

    ``precision`` takes the place of what the spec says.

    Raises:
        UsageError, InputError, ModelError: no such base, or not at hand, or damaged.
    """
    part = base_of(text)
    if part is None:
        return None
    from nlpwb.workflows.pretrained.representation import PretrainedTexts

    config: PretrainedConfig = part.config
    if precision is not None:
        config = dataclasses.replace(config, precision=precision)
    opened = PretrainedTexts.open(config, cache=cache, device=device)

    def vectors(texts: Sequence[str]) -> Matrix:
        return opened.transform(texts, threads=threads)

    return Encoder(text, vectors, opened.spared_seconds), opened


def fitted_encoder(text: str, *, seed: int, threads: int) -> Encoder:
    """A representation that is fitted on the texts whose vectors are asked for, which are all that there are.

    Raises:
        UsageError: a spec that makes no vectors.
        MethodError: it cannot be fitted on these texts.
    """
    spec = representation_of(text)

    def vectors(texts: Sequence[str]) -> Matrix:
        part = spec.representation
        _, matrix = load(part.entry.code).fit(part.config, texts, seed=seed, threads=threads)
        if spec.reducer is not None:
            reducer = load(spec.reducer.entry.code)
            _, matrix = reducer.fit(spec.reducer.config, matrix, seed=seed)
        found: Matrix = matrix
        return found

    return Encoder(text, vectors, lambda: 0.0)


def model_encoder(model: Path, *, device: str, threads: int, precision: str = "float32") -> Encoder:
    """What the head, or the last layer, of a trained model sees of texts.

    Raises:
        ModelError: no sound model, or one that makes no vectors.
    """
    from nlpwb.workflows.model_folder import load_model

    classifier = load_model(model, device=device, precision=precision)
    if not classifier.has_vectors:
        raise ModelError(f"the model {model} ({classifier.spec}) makes no vectors of texts")
    if classifier.pairs:
        raise ModelError(
            f"the model {model} ({classifier.spec}) reads pairs of texts, and has no vector of one; `nlpwb predict` asks it"
        )

    def vectors(texts: Sequence[str]) -> Matrix:
        return classifier.vectors(texts, threads=threads)

    return Encoder(str(model), vectors, lambda: 0.0)
