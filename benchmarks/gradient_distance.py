"""How far back trained recurrent classifiers remember: the gradient of the last state by distance, as a figure.

    python -m benchmarks.gradient_distance FIGURE.png FOLDER… [--data FILE.csv.gz] [--documents 64] [--longest 200]

Each folder is a model of ``nlpwb train rnn|lstm|gru …``. The documents are the first of the file's column ``text`` with at least
``--longest`` tokens, so that every distance counts the same ones; IMDB's test file by default, in the folder that
NLPWB_SHARED_DATA names (or ../shared/data).
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.methods.recurrent.gradients import gradient_by_distance
from nlpwb.methods.recurrent.network import RecurrentNetwork
from nlpwb.report.gradients import plot_gradients
from nlpwb.workflows.model_folder import load_model
from nlpwb.workflows.networks.classifier import NetworkClassifier

DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "imdb" / "test.csv.gz"


def texts(path: Path) -> Iterator[str]:
    return (document.text for document in open_corpus(str(path), ReadOptions(labelled=False)))


def batches(
    classifier: NetworkClassifier, path: Path, *, documents: int, longest: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """One document at a time, its last ``longest`` tokens at least."""
    encoded = (classifier.encoder.encode([text]).ids for text in texts(path))
    long = (ids for ids in encoded if len(ids) >= longest)
    for ids in itertools.islice(long, documents):
        yield torch.from_numpy(np.asarray(ids, np.int64))[None], torch.tensor([len(ids)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("figure")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--documents", type=int, default=64)
    parser.add_argument("--longest", type=int, default=200)
    options = parser.parse_args()
    curves = {}
    for folder in options.folders:
        classifier = load_model(folder).network
        if classifier is None or not isinstance(classifier.model, RecurrentNetwork):
            parser.error(f"{folder} is no recurrent network")
        read = batches(
            classifier, options.data, documents=options.documents, longest=options.longest
        )
        found = gradient_by_distance(classifier.model, read, longest=options.longest)
        name = classifier.part.name
        curves[f"{name} ({folder.stem})" if name in curves else name] = found.logarithms.tolist()
        shares = found.logarithms - found.logarithms[0]
        told = ", ".join(
            f"{np.exp(shares[k]):.1e} at {k}"
            for k in (1, 5, 10, 25, 50, 100, 200)
            if k < len(shares)
        )
        print(f"{name}: {told} ({int(found.documents[-1])} documents)")
    title = "What the last state owes to the tokens before it"
    plot_gradients(curves, options.figure, title=title)


if __name__ == "__main__":
    main()
