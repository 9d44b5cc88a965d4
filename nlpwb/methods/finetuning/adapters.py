"""Low-rank additions apart from the network that they belong to, as peft keeps them: a few hundred kilobytes to ship.

Theirs are named by the module that they stand on. Where ours are thirds of one matrix and theirs is one (GPT-2's ``c_attn``), the
additions of its parts become one of the sum of their ranks, zero where a part has none.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from nlpwb.methods.finetuning.families import GPT2, Family, Row
from nlpwb.methods.finetuning.lora import Addition, WidenedLinear
from nlpwb.methods.finetuning.tensors import rows_of_body

_PREFIX = "base_model.model."


def adapters_of(
    body: nn.Module, family: Family, *, layers: int
) -> dict[str, tuple[Tensor, Tensor]]:
    """A (r, inputs) and B (outputs, r) of every addition, on the processor, by the module of theirs that it widens."""
    widened = {
        name: module for name, module in body.named_modules() if isinstance(module, WidenedLinear)
    }
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for row in rows_of_body(family, layers):
        layer = widened.get(row.ours.removesuffix(".weight"))
        if layer is not None and row.ours.endswith(".weight"):
            found |= _of_layer(layer, row)
    return found


def _of_layer(layer: WidenedLinear, row: Row) -> dict[str, tuple[Tensor, Tensor]]:
    parts = [cast(Addition, part) for part in layer.additions.values()]
    modules = [name.removesuffix(".weight") for name in row.theirs]
    if len(modules) > 1:
        width = layer.inner.out_features // len(modules)
        return {modules[part.start // width]: (_kept(part.down), _kept(part.up)) for part in parts}
    if len(parts) == 1 and parts[0].outputs == layer.inner.out_features:
        return {modules[0]: (_kept(parts[0].down), _kept(parts[0].up))}
    ranks = [part.down.shape[0] for part in parts]
    up = torch.zeros(layer.inner.out_features, sum(ranks))
    at = 0
    for part, rank in zip(parts, ranks, strict=True):
        up[part.start : part.start + part.outputs, at : at + rank] = _kept(part.up)
        at += rank
    return {modules[0]: (torch.cat([_kept(part.down) for part in parts]), up)}


def _kept(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float32).clone()


def written_adapters(
    found: dict[str, tuple[Tensor, Tensor]],
    head: dict[str, Tensor],
    family: Family,
    *,
    task: str,
    base: str,
    rank: int,
    alpha: float,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """peft's ``adapter_config.json``, and the tensors of ``adapter_model.safetensors``.

    Args:
        found: of :func:`adapters_of`.
        head: the last layers, which learn anew, under the field's names.
        family: of the base.
        task: peft's word for what the network ends in, ``SEQ_CLS`` or ``TOKEN_CLS``.
        base: its name, for whoever loads the adapters.
        rank: r of one addition.
        alpha: see ``lora.py``; it is alpha / r that scales, and holds for joined ones, too.
    """
    tensors: dict[str, Tensor] = {}
    for module, (down, up) in found.items():
        tensors[f"{_PREFIX}{family.prefix}{module}.lora_A.weight"] = down
        tensors[f"{_PREFIX}{family.prefix}{module}.lora_B.weight"] = up
    saved = {name.rpartition(".")[0] for name in head}
    tensors |= {f"{_PREFIX}{name}": tensor for name, tensor in head.items()}
    ranks = {module: down.shape[0] for module, (down, _) in found.items()}
    joined = {f"{family.prefix}{module}": own for module, own in ranks.items() if own != rank}
    config = {
        "peft_type": "LORA",
        "task_type": task,
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": family is GPT2,
        "inference_mode": True,
        "target_modules": sorted(found),
        "modules_to_save": sorted({name.removeprefix(family.prefix) for name in saved}),
        "rank_pattern": joined,
        "alpha_pattern": {module: alpha * own / rank for module, own in joined.items()},
    }
    return config, tensors
