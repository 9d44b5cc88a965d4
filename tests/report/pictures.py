"""Maps to draw: words in a crowd, documents with labels."""

from __future__ import annotations

import random

from nlpwb.vectors.picture import Mark, Picture


def word_map(n: int, *, seed: int = 0, heap: bool = False, groups: int = 3) -> Picture:
    """``n`` words of one to twelve letters, in a cloud, or all on one heap."""
    draw = random.Random(seed)
    marks = [
        Mark(
            text="".join(draw.choices("abcdefghijklmnop", k=draw.randint(1, 12))),
            x=0.0 if heap else draw.gauss(0, 3),
            y=0.0 if heap else draw.gauss(0, 2),
            group=draw.randrange(groups) if groups else None,
            count=round(10_000 / (place + 1)) + 1,
            near=(("other", 0.9), (f"w{place}", 0.5)),
        )
        for place in range(n)
    ]
    return Picture(
        title="some/vectors",
        facts=[f"{n} words", "t-SNE, perplexity 30", "seed 0"],
        notes=["The axes mean nothing."],
        marks=marks,
        groups=[f"cluster {group + 1}" for group in range(groups)],
        named_groups=False,
    )


def document_map(*, labels: tuple[str, ...] = ("yes", "no"), n: int = 60) -> Picture:
    """Documents of labels that stand apart, with their names on the map."""
    draw = random.Random(1)
    marks = [
        Mark(
            text=f"the beginning of document {place} </script><b>&",
            x=10.0 * (place % len(labels)) + draw.gauss(0, 1),
            y=draw.gauss(0, 1),
            group=place % len(labels),
            row=place + 2,
        )
        for place in range(n)
    ]
    return Picture(
        title="reviews.csv",
        facts=[f"{n} documents", "vectors of tfidf+svm"],
        notes=["The plane shows 24 % of how the vectors differ."],
        marks=marks,
        groups=list(labels),
        axes=("first component, 20 % of the variance", "second component, 4 %"),
        labels=False,
        centres=[(group, 10.0 * group, 0.0) for group in range(len(labels))],
    )
