"""Networks write the same text however it is computed: with keys and states kept or not, batched or alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from nlpwb.catalogue import load
from nlpwb.methods.decoding.beams import beam_search
from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.generating import Plan, Row, Slid, Written, generate
from nlpwb.methods.decoding.packing import packed
from nlpwb.specs import parse_spec

VOCABULARY, END = 40, 3
PROMPTS = [[7], [8, 9, 10, 11, 12, 13], [14, 14], [15, 16, 17], [18] * 9]
SPECS = [
    "gpt:dim=32,layers=2,heads=4,context=12,positions=learned,norm=layer,biases=yes",
    "gpt:dim=32,layers=2,heads=4,kv_heads=2,context=64,positions=rotary,norm=rms,activation=swiglu",
    "gpt:dim=32,layers=2,heads=2,context=64,positions=alibi",
    "lstm-lm:dim=24,hidden=32,layers=2",
    "gru-lm:dim=24,hidden=32",
]


def network_of(spec: str) -> Any:
    """Random weights, large enough for probabilities that differ."""
    torch.manual_seed(3)
    part = parse_spec(spec).representation
    network: Any = load(part.entry.code).build(part.config, vocabulary=VOCABULARY)
    with torch.no_grad():
        for weights in network.parameters():
            if weights.dim() > 1:
                weights.mul_(6.0 if spec.startswith("gpt") else 2.0)
    return network.eval()


def texts(network: Any, prompts: list[list[int]], plan: Plan) -> dict[Row, list[int]]:
    found: dict[Row, list[int]] = {}
    for event in generate(network, prompts, plan):
        if isinstance(event, Written):
            found.setdefault(event.row, []).append(event.token)
    return found


@pytest.mark.parametrize("spec", SPECS)
def test_a_network_writes_the_same_text_however_it_is_computed(spec: str) -> None:
    """Places, padding or rows of a memory would be mistaken."""
    network = network_of(spec)
    sampling = Sampling(temperature=0.9, top_k=20, repetition_penalty=1.1)
    plan = Plan(sampling=sampling, limit=20, ends=frozenset({END}), samples=2, seed=1)
    expected = texts(network, PROMPTS, plan)
    assert len({tuple(tokens) for tokens in expected.values()}) == 10
    for other in (
        dataclasses.replace(plan, batch=1),
        dataclasses.replace(plan, batch=4),
        dataclasses.replace(plan, keep=False),
    ):
        assert texts(network, PROMPTS, other) == expected
    with packed(network, torch.float32):
        assert texts(network, PROMPTS, plan) == expected


def test_a_network_of_limited_sight_slides() -> None:
    """It would be asked for a place that it does not have."""
    network = network_of(SPECS[0])
    plan = Plan(limit=30, ends=frozenset())
    events = list(generate(network, PROMPTS, plan))
    assert sum(isinstance(event, Slid) for event in events) >= 10


@pytest.mark.parametrize("spec", SPECS)
def test_beams_score_what_the_network_says(spec: str) -> None:
    """Hypotheses would go on with the keys or states of others."""
    network = network_of(spec)
    lengths = torch.tensor([len(prompt) for prompt in PROMPTS[:4]])
    ids = torch.zeros(4, 6, dtype=torch.int64)
    for row, prompt in enumerate(PROMPTS[:4]):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    found = beam_search(
        network,
        ids,
        lengths,
        network.start(4),
        ends={END},
        beams=4,
        length_penalty=0.6,
        limit=6,
        best=3,
    )
    for prompt, hypotheses in zip(PROMPTS, found, strict=False):
        assert len(hypotheses) == 3
        for one in hypotheses:
            written = [*one.ids, END] if one.ended else list(one.ids)
            row = torch.tensor([[*prompt, *written]])
            with torch.no_grad():
                hidden, _ = network.hidden(row[:, :-1])
                logits = network.logits(hidden[0, len(prompt) - 1 :]).log_softmax(-1)
            told = logits.gather(1, torch.tensor(written).unsqueeze(1)).sum().item()
            assert one.log_probability == pytest.approx(told, abs=1e-3)
