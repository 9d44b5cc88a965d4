"""Training networks: documents per second of ours against a plain PyTorch loop and Hugging Face's Trainer, in one run.

    python -m benchmarks.train_networks --data reviews.csv.gz [--test FILE] [--documents 128] [--runs 3] [--threads 2]
                                        [--precision auto] [transformer] [trainer] [lstm] [accuracy]

The data is a CSV file with the columns ``text`` and ``label``; without ``--data`` IMDB's, in the folder that NLPWB_SHARED_DATA
names (or ../shared/data). Both sides train networks of one size on documents of the same lengths, with the same threads: ours
by nlpwb.training as it stands, in the precision that it chooses; theirs in random batches of 32 padded to the longest,
float32. They take turns, and the ratio is the median over the turns. ``accuracy`` trains the LSTM by both to the end (minutes).
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.peer_networks import (
    Documents,
    PlainLstm,
    PlainTransformer,
    Sizes,
    has_transformers,
    plain_loop,
    plain_predictions,
    trainer_seconds,
)
from benchmarks.rows import Row, print_rows
from nlpwb.evaluation.intervals import wilson
from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.methods.networks.tokens import TextEncoder
from nlpwb.methods.recurrent.config import LstmConfig
from nlpwb.methods.recurrent.network import RecurrentNetwork
from nlpwb.methods.transformer.config import TransformerConfig
from nlpwb.methods.transformer.network import TransformerNetwork
from nlpwb.training.batches import TextBatches
from nlpwb.training.device import choose_setting
from nlpwb.training.loop import train
from nlpwb.training.losses import cross_entropy, supervised
from nlpwb.training.prediction import predict
from nlpwb.training.recipe import Recipe
from nlpwb.training.records import Begun, Ended

DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "imdb"
LEAST = {"transformer": 2.5, "trainer": 2.0, "lstm": 2.5}


@dataclasses.dataclass(frozen=True)
class Bench:
    """The documents, and how they are trained on."""

    documents: Documents
    test: Documents | None
    count: int
    runs: int
    threads: int
    precision: str

    def versus(
        self,
        what: str,
        ours: Callable[[Documents], float],
        theirs: Callable[[Documents], float],
        *,
        peer: str,
        least: float,
        share: int = 4,
        times: int = 1,
    ) -> Row:
        """Both in turn, after one short turn that is not counted; theirs on a part of the documents, being slower.

        ``times`` the bench's documents are taken for what is fast: of few documents few are of like length.
        """
        for side in (ours, theirs):
            side(self.documents.sample(32, seed=99))
        rates: list[tuple[float, float]] = []
        for run in range(self.runs):
            many = self.documents.sample(times * self.count, seed=run)
            few = many.sample(max(32, len(many.ids) // share), seed=run)
            rates.append((len(many.ids) / ours(many), len(few.ids) / theirs(few)))
        ratio = statistics.median(a / b for a, b in rates)
        return Row(
            what,
            f"{statistics.median(a for a, _ in rates):.1f} documents/s",
            f"{peer} {statistics.median(b for _, b in rates):.1f}",
            f"{ratio:.2f} times faster",
            f"at least {least}",
            ratio >= least,
        )

    def train(self, model: torch.nn.Module, config: NetworkConfig, documents: Documents) -> float:
        """By our loop; the seconds from its first record to its last."""
        recipe = Recipe(
            epochs=config.epochs, learning_rate=config.learning_rate, warmup=config.warmup
        )
        records = train(
            model,
            batches(documents, config),
            supervised(cross_entropy()),
            recipe,
            seed=0,
            setting=choose_setting("cpu", self.precision, self.threads),
        )
        started = time.perf_counter()
        for record in records:
            if isinstance(record, Begun):
                started = time.perf_counter()
            elif isinstance(record, Ended):
                return time.perf_counter() - started
        raise AssertionError("a training ends")

    def transformers(self, peer: str) -> Iterator[Row]:
        """The encoder against torch's own in the plain loop, or against the Trainer on a BERT."""
        for dropped in (0.1, 0.0):
            sizes = Sizes(attention_dropout=dropped)
            bert = {"norm": "post", "positions": "learned", "pooling": "cls"}
            config = TransformerConfig(
                dim=sizes.dim,
                layers=sizes.layers,
                heads=sizes.heads,
                dropout=sizes.dropout,
                attention_dropout=dropped,
                epochs=1,
                learning_rate=1e-4,
                **(bert if peer == "trainer" else {"positions": "learned"}),  # type: ignore[arg-type]
            )

            def ours(documents: Documents, config: TransformerConfig = config) -> float:
                model = TransformerNetwork.build(
                    config, vocabulary=documents.vocabulary, outputs=documents.outputs, table=None
                )
                return self.train(model, config, documents)

            def plain(documents: Documents, sizes: Sizes = sizes) -> float:
                model = PlainTransformer(
                    sizes, vocabulary=documents.vocabulary, outputs=documents.outputs
                )
                return plain_loop(model, documents, learning_rate=1e-4, threads=self.threads)

            def trainer(documents: Documents, sizes: Sizes = sizes) -> float:
                with tempfile.TemporaryDirectory() as folder:
                    return trainer_seconds(documents, sizes, threads=self.threads, folder=folder)

            theirs = trainer if peer == "trainer" else plain
            name = "Trainer" if peer == "trainer" else "nn.TransformerEncoder"
            yield self.versus(
                f"train transformer, 6 × 384, attention dropout {dropped}",
                ours,
                theirs,
                peer=name,
                least=LEAST[peer],
            )

    def lstm(self) -> Iterator[Row]:
        """The LSTM in both directions, 256 wide, against torch's own in the plain loop."""
        yield self.versus(
            "train lstm, bidirectional, 256",
            lambda documents: self._our_lstm(documents, epochs=1)[0],
            lambda documents: self._plain_lstm(documents, epochs=1)[0],
            peer="nn.LSTM",
            least=LEAST["lstm"],
            times=8,
        )

    def accuracy(self) -> Iterator[Row]:
        """Whether the faster LSTM is as good: both to the end on all documents, judged on the test file."""
        if self.test is None:
            yield Row("accuracy of lstm", "–", "–", "skipped: no --test FILE", "", True)
            return
        config = LstmConfig(hidden=256, epochs=3)
        seconds, model = self._our_lstm(self.documents, epochs=config.epochs)
        setting = choose_setting("cpu", self.precision, self.threads)
        scores = predict(model, batches(self.test, config, labels=False), setting)
        mine = np.asarray(scores).argmax(1) == self.test.labels
        slow_seconds, slow = self._plain_lstm(self.documents, epochs=config.epochs)
        other = plain_predictions(slow, self.test) == self.test.labels
        span = wilson(int(other.sum()), len(other))
        yield Row(
            f"accuracy of lstm, {config.epochs} epochs",
            f"{mine.mean():.4f} in {seconds:.0f} s",
            f"nn.LSTM {other.mean():.4f} ({span.low:.3f} to {span.high:.3f}) in {slow_seconds:.0f} s",
            f"{slow_seconds / seconds:.2f} times faster",
            "within the interval, or above",
            bool(mine.mean() >= span.low),
        )

    def _our_lstm(self, documents: Documents, *, epochs: int) -> tuple[float, torch.nn.Module]:
        config = LstmConfig(hidden=256, epochs=epochs)
        torch.manual_seed(0)
        model = RecurrentNetwork.build(
            config, vocabulary=documents.vocabulary, outputs=documents.outputs, table=None
        )
        return self.train(model, config, documents), model

    def _plain_lstm(self, documents: Documents, *, epochs: int) -> tuple[float, torch.nn.Module]:
        config = LstmConfig(hidden=256)
        torch.manual_seed(0)
        model = PlainLstm(
            dim=config.dim,
            hidden=config.hidden,
            dropout=config.dropout,
            vocabulary=documents.vocabulary,
            outputs=documents.outputs,
        )
        seconds = plain_loop(
            model,
            documents,
            learning_rate=config.learning_rate,
            threads=self.threads,
            epochs=epochs,
        )
        return seconds, model


def batches(documents: Documents, config: NetworkConfig, *, labels: bool = True) -> TextBatches:
    """The batches of our loop, with the limits of a config."""
    return TextBatches(
        np.concatenate(documents.ids).astype(np.int32),
        np.cumsum([len(one) for one in documents.ids]),
        documents.labels if labels else None,
        tokens=config.batch_tokens,
        documents=config.batch_documents,
    )


def read(data: Path, test: Path | None) -> tuple[Documents, Documents | None]:
    """Both files as ids of the vocabulary of the first."""
    texts, words = _columns(data)
    names = sorted(set(words))
    encoder, encoded = TextEncoder.fit_encode(TransformerConfig(), texts)

    def documents(ids: np.ndarray, ends: np.ndarray, words: list[str]) -> Documents:
        labels = np.array([names.index(word) for word in words])
        rows = [part.astype(np.int64) for part in np.split(ids, ends[:-1])]
        return Documents(rows, labels, encoder.vocabulary, len(names))

    train_part = documents(encoded.ids, encoded.ends, words)
    if test is None:
        return train_part, None
    texts, words = _columns(test)
    encoded = encoder.encode(texts)
    return train_part, documents(encoded.ids, encoded.ends, words)


def _columns(path: Path) -> tuple[list[str], list[str]]:
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


WHAT = ("transformer", "trainer", "lstm")


def rows(
    *,
    what: Sequence[str] = WHAT,
    data: Path = DATA / "train.csv.gz",
    test: Path | None = None,
    documents: int = 128,
    runs: int = 3,
    threads: int = 2,
    precision: str = "auto",
) -> Iterator[Row]:
    """The rows of the speed table, each as soon as it is measured; or one that says that the data is absent."""
    if not data.exists():
        yield Row("train networks", "–", "–", f"skipped: {data} is absent", "", True)
        return
    bench = Bench(*read(data, test), documents, runs, threads, precision)
    if "transformer" in what:
        yield from bench.transformers("transformer")
    if "trainer" in what:
        if has_transformers():
            yield from bench.transformers("trainer")
        else:
            yield Row("Hugging Face Trainer", "–", "–", "skipped: no transformers here", "", True)
    if "lstm" in what:
        yield from bench.lstm()
    if "accuracy" in what:
        yield from bench.accuracy()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", default=list(WHAT))
    parser.add_argument("--data", type=Path, default=DATA / "train.csv.gz")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--documents", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="auto")
    return print_rows(rows(**vars(parser.parse_args())))


if __name__ == "__main__":
    sys.exit(main())
