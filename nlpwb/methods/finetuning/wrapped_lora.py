"""Which matrices of a wrapped network are queries, values and the rest: told by the names that its layers have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch import nn

from nlpwb.errors import UsageError
from nlpwb.methods.finetuning.config import TARGETS
from nlpwb.methods.finetuning.lora import Addition, WidenedLinear
from nlpwb.methods.finetuning.wrapped import WrappedBody

_NAMES = {
    "query": r"query|query_proj|q_proj|q_lin|q",
    "key": r"key|key_proj|k_proj|k_lin|k",
    "value": r"value|value_proj|v_proj|v_lin|v",
    "output": r"attention\.output\.dense|attention\.dense|out_proj|o_proj|out_lin|attn\.Wo|o",
    "inner": r"intermediate\.dense|ffn|wi|wi_0|wi_1|gate_proj|up_proj|fc1|lin1|mlp\.Wi|dense_h_to_4h",
    "back": r"(?<!attention\.)output\.dense|ffn_output|wo|down_proj|fc2|lin2|mlp\.Wo|dense_4h_to_h",
}
_PACKED, _THIRDS = re.compile(r"(?:.*\.)?Wqkv"), ("query", "key", "value")
"""One matrix of queries, keys and values, in this order. Others that are one are laid out head by head, and left alone."""


def widen_wrapped(
    body: WrappedBody, targets: Iterable[str], *, rank: int, alpha: float, name: str
) -> None:
    """Put additions beside the matrices that are called what ``targets`` means; ``config.TARGETS`` names them.

    Args:
        body: whose layers are replaced.
        targets: of ``query``, ``key``, ``value``, ``output``, ``inner`` and ``back``; where all are named, those that are there.
        rank: of one addition.
        alpha: see ``lora.py``.
        name: of the base, for the error.

    Raises:
        UsageError: a target matches nothing.
    """
    wanted = list(targets)
    layers = list(_linear(body))
    missing = [
        target
        for target in wanted
        if not any(_is(target, path) or _is_third(target, path, layer) for path, layer in layers)
    ]
    if set(wanted) == set(TARGETS) and len(missing) < len(wanted):
        missing = []
    if missing:
        said = sorted({re.sub(r"(?<=\.)\d+(?=\.)", "N", path) for path, _ in layers})
        raise UsageError(
            f"finetune: targets={'|'.join(wanted)}: no matrix of {name} ({body.family}) is known as "
            f"{' or '.join(missing)}; its matrices are {_some(said)}; write other targets, or another strategy"
        )
    for path, layer in layers:
        additions: dict[str, Addition] = {}
        for target in wanted:
            rows, start = layer.out_features, 0
            if _is_third(target, path, layer):
                rows //= 3
                start = rows * _THIRDS.index(target)
            elif not _is(target, path):
                continue
            additions[target] = Addition(
                layer.in_features, rows, rank=rank, alpha=alpha, start=start
            )
        if additions:
            holder, _, attribute = path.rpartition(".")
            widened = WidenedLinear(layer, additions)
            setattr(body.inner.get_submodule(holder), attribute, widened)


def _linear(body: WrappedBody) -> Iterator[tuple[str, nn.Linear]]:
    for path, part in body.inner.named_modules():
        if isinstance(part, nn.Linear):
            yield path, part


def _is(target: str, path: str) -> bool:
    return re.fullmatch(rf"(?:.*\.)?(?:{_NAMES[target]})", path) is not None


def _is_third(target: str, path: str, layer: nn.Linear) -> bool:
    return (
        target in _THIRDS
        and _PACKED.fullmatch(path) is not None
        and layer.out_features == 3 * layer.in_features
    )


def _some(names: list[str], most: int = 8) -> str:
    shown = ", ".join(names[:most]) or "none"
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
