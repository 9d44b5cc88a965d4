"""A small corpus with something to learn for embeddings: two topics whose words never meet."""

from __future__ import annotations

import random
from typing import Any

from nlpwb.methods.embeddings.doc2vec import Doc2VecModel
from nlpwb.methods.embeddings.model import PooledWordVectors
from nlpwb.specs import parse_spec

TOPICS = {
    "sea": ["harbor", "sailor", "anchor", "tide", "whale", "storm", "über-see", "möwe"],
    "kitchen": ["oven", "butter", "flour", "spoon", "recipe", "garlic", "gemüse", "küche"],
}


def corpus(documents: int = 60, *, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of 6 to 12 words and their topics."""
    generator = random.Random(seed)
    labels = [list(TOPICS)[number % 2] for number in range(documents)]
    texts = [
        " ".join(generator.choices([*TOPICS[label], "the", "and"], k=generator.randint(6, 12)))
        for label in labels
    ]
    return texts, labels


def config(spec: str) -> Any:
    return parse_spec(spec).representation.config


def fit_pooled(spec: str, texts: list[str], *, seed: int = 0) -> tuple[PooledWordVectors, Any]:
    return PooledWordVectors.fit(config(spec), texts, seed=seed, threads=1)


def fit_doc2vec(spec: str, texts: list[str], *, seed: int = 0) -> tuple[Doc2VecModel, Any]:
    return Doc2VecModel.fit(config(spec), texts, seed=seed, threads=1)
