"""Small networks as they come out of their builders, opened to be looked at; nothing is trained."""

from __future__ import annotations

from pathlib import Path

import torch

from nlpwb.methods.networks.tokens import TextEncoder
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.looking.classifying import LookedClassifier
from nlpwb.workflows.looking.translating import LookedTranslator
from nlpwb.workflows.networks.classifier import NetworkClassifier
from nlpwb.workflows.networks.tasks import Shape

TEXTS = [
    "money bank grows",
    "the tv will turn on the light, turn it off",
    "an unbelievable river bank",
    "nothing grows on the other bank of the river",
]
LABELS = ("bad", "good")


def classifier(text: str, *, seed: int = 0, sharp: float = 8.0) -> Classifier:
    """An untrained network of two labels and of TEXTS' tokens; ``sharp`` widens its matrices, so that weights differ."""
    from nlpwb.catalogue import load

    spec = parse_spec(text)
    part = spec.representation
    encoder = TextEncoder.fit(part.config, TEXTS)
    torch.manual_seed(seed)
    model = load(part.entry.code).build(
        part.config, vocabulary=encoder.vocabulary, outputs=2, table=None
    )
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "packed" in name or "embedding" in name:
                weights *= sharp
    model.eval()
    shape = Shape(task="classify", outputs=2, dim=part.config.dim)
    network = NetworkClassifier(part, encoder, model, shape, device="cpu")
    return Classifier(spec, LABELS, seed, network=network)


def looked(text: str, *, seed: int = 0) -> LookedClassifier:
    """The same, opened."""
    made = classifier(text, seed=seed)
    assert made.network is not None
    return LookedClassifier(Path("model"), made, made.network)


PAIRS = (
    ["the bank grows", "the river", "a light on the bank", "the river grows"],
    ["die Bank wächst", "der Fluss", "ein Licht an der Bank", "der Fluss wächst"],
)


def translator(text: str, *, seed: int = 0) -> LookedTranslator:
    """An untrained translator whose tokens are words of PAIRS, opened."""
    from nlpwb.catalogue import load
    from nlpwb.methods.networks.sequence_tokens import SequenceTokens
    from nlpwb.workflows.translation.model import Translator

    part = parse_spec(text).representation
    sides = [
        SequenceTokens.fit("words", texts, vocab_size=100, min_count=1, fallback=False)
        for texts in PAIRS
    ]
    torch.manual_seed(seed)
    network = load(part.entry.code).build(
        part.config, source_vocabulary=sides[0].vocabulary, target_vocabulary=sides[1].vocabulary
    )
    network.eval()
    return LookedTranslator(Path("model"), Translator(part, *sides, network, device="cpu"))
