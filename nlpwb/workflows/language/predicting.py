"""What may come next, with probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpwb.workflows.language.model import LanguageModel


@dataclass(frozen=True)
class NextTokens:
    """The likeliest next tokens of a text, the likeliest first; ``cut``: tokens of the text that were too many to be read."""

    text: str
    tokens: tuple[str, ...]
    probabilities: tuple[float, ...]
    cut: int


def next_tokens(
    model: LanguageModel, texts: Iterable[str], *, top_k: int, threads: int = 1
) -> Iterator[NextTokens]:
    """What follows each text, one after the other.

    A text that is longer than the model can see is cut from the left. An empty one asks how texts begin.
    """
    import torch

    from nlpwb.training.device import choose_setting, threads_of
    from nlpwb.workflows.language.generating import prompt_ids

    reader, tokens = model.reader, model.tokens
    setting = choose_setting(model.device, model.precision, threads)
    if not model.counted:
        model.network.to(setting.device).eval()
    for text in texts:
        ids = prompt_ids(tokens, text)
        context = reader.context
        cut = 0 if context is None else max(0, len(ids) - context)
        row = torch.tensor([ids[cut:]], device=setting.device)
        with torch.inference_mode(), threads_of(setting):
            memory = reader.start(1)
            logits, _ = reader.read(row, torch.tensor([row.shape[1]]), memory)
            found = logits[0].double().softmax(dim=0).topk(min(top_k, reader.vocabulary))
        yield NextTokens(
            text,
            tuple(tokens.tokens[number] for number in found.indices.tolist()),
            tuple(found.values.tolist()),
            cut,
        )
