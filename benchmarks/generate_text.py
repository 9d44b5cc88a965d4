"""Texts out of GPT-2's small shape, 124 million random weights: tokens a second against transformers, in one run.

    python -m benchmarks.generate_text [--runs 3] [--tokens 48] [--threads 2]

Both take the likeliest token each time, after prompts of 16 tokens, with keys and values kept; they take turns. transformers runs
in float32 and in bfloat16, and ours is compared with the better of both. The cost of a token at a length is that of the tokens
after a prompt of that length.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch

from benchmarks.rows import Row, print_rows
from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.generating import Plan, Written, generate
from nlpwb.methods.decoding.packing import packed
from nlpwb.specs import parse_spec
from nlpwb.training.device import Setting, autocast, threads_of

VOCABULARY, CONTEXT, PROMPT = 50_257, 1024, 16
Precision = Literal["float32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bf16")
DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


def prompts(batch: int, length: int) -> list[list[int]]:
    """Random tokens."""
    generator = torch.Generator().manual_seed(length)
    return torch.randint(VOCABULARY, (batch, length), generator=generator).tolist()


def network() -> Any:
    """GPT-2's small shape, as it begins."""
    from nlpwb.methods.transformer.gpt import GptNetwork

    torch.manual_seed(0)
    config: Any = parse_spec("gpt:preset=small").representation.config
    return GptNetwork.build(config, vocabulary=VOCABULARY).eval()


def moments(
    model: Any, batch: int, *, prompt: int, tokens: int, precision: Precision, threads: int
) -> list[float]:
    """When each step of a batch was written, in seconds."""
    setting = Setting(torch.device("cpu"), precision, threads)
    plan = Plan(sampling=Sampling(greedy=True), limit=tokens, ends=frozenset(), batch=batch)
    found = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(threads_of(setting))
        stack.enter_context(autocast(setting))
        stack.enter_context(packed(model, DTYPES[precision]))
        found.append(time.perf_counter())
        for event in generate(model, prompts(batch, prompt), plan):
            if isinstance(event, Written) and event.row.prompt == batch - 1:
                found.append(time.perf_counter())
    return found


def ours(model: Any, batch: int, tokens: int, precision: Precision, threads: int) -> float:
    """Tokens a second, the reading of the prompts included."""
    found = moments(
        model, batch, prompt=PROMPT, tokens=tokens, precision=precision, threads=threads
    )
    return batch * tokens / (found[-1] - found[0])


def peer(model: Any, batch: int, tokens: int) -> float:
    """Tokens a second of ``transformers.generate``."""
    ids = torch.tensor(prompts(batch, PROMPT))
    started = time.perf_counter()
    with torch.inference_mode():
        written = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            pad_token_id=0,
        )
    assert written.shape == (batch, PROMPT + tokens)
    return batch * tokens / (time.perf_counter() - started)


def peers() -> dict[str, Any]:
    """GPT-2 of transformers, random weights, by precision."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import GPT2Config, GPT2LMHeadModel, logging

    logging.set_verbosity_error()
    torch.manual_seed(0)
    plain = GPT2LMHeadModel(GPT2Config()).eval()
    half = GPT2LMHeadModel(GPT2Config()).eval().to(torch.bfloat16)
    return {"float32": plain, "bf16": half}


def against_transformers(model: Any, runs: int, tokens: int, threads: int) -> Iterator[Row]:
    """Batches of 1 and 16."""
    others = peers()
    for batch in (1, 16):
        takes: dict[str, Callable[[], float]] = {}
        for precision in PRECISIONS:
            takes[f"ours {precision}"] = functools.partial(
                ours, model, batch, tokens, precision, threads
            )
            takes[f"peer {precision}"] = functools.partial(peer, others[precision], batch, tokens)
        speeds: dict[str, list[float]] = {name: [] for name in takes}
        for run in range(runs + 1):
            for name, take in takes.items():
                speed = take()
                if run:  # the first warms up
                    speeds[name].append(speed)
        middle = {name: statistics.median(found) for name, found in speeds.items()}
        best = max(PRECISIONS, key=lambda p: middle[f"peer {p}"])
        for precision in PRECISIONS:
            ratio = statistics.median(
                a / b
                for a, b in zip(speeds[f"ours {precision}"], speeds[f"peer {best}"], strict=True)
            )
            wanted = precision == "bf16"
            yield Row(
                f"generate, GPT-2 small, batch {batch}, {precision}",
                f"{middle[f'ours {precision}']:.1f} tokens/s",
                f"transformers {middle[f'peer {best}']:.1f} ({best})",
                f"{ratio:.2f} times its tokens",
                "at least 2" if wanted else "",
                not wanted or ratio >= 2,
            )


def by_length(model: Any, runs: int, threads: int) -> Iterator[Row]:
    """The cost of a token after 128 tokens and at the end of the context, one row at a time."""
    tokens = 16
    for precision in PRECISIONS:
        cost: dict[int, float] = {}
        for length in (128, CONTEXT):
            prompt = length - tokens
            gaps: list[float] = []
            for _ in range(runs + 1):
                found = moments(
                    model, 1, prompt=prompt, tokens=tokens, precision=precision, threads=threads
                )
                gaps += [b - a for a, b in itertools.pairwise(found[2:])]
            cost[length] = 1000 * statistics.median(gaps)
        yield Row(
            f"generate, a token at length {CONTEXT:,}, {precision}",
            f"{cost[CONTEXT]:.1f} ms",
            f"at length 128 {cost[128]:.1f} ms",
            f"{cost[CONTEXT] / cost[128]:.2f} times its time",
            "",
            True,
        )


def rows(runs: int, *, tokens: int = 48, threads: int = 2) -> Iterator[Row]:
    """All rows of the table."""
    torch.set_num_threads(threads)
    model = network()
    yield from against_transformers(model, runs, tokens, threads)
    yield from by_length(model, runs, threads)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    sys.exit(print_rows(rows(asked.runs, tokens=asked.tokens, threads=asked.threads)))
