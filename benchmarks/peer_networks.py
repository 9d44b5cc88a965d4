"""What people write without a toolkit, and what they take from one: peers of our networks and of our loop.

The plain loop is that of the tutorials: random batches of 32 documents, padded to the longest, float32, AdamW, clipped gradients.
The networks are made of torch's own modules, with the sizes of ours. Nothing of nlpwb is used here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

BATCH = 32


@dataclass(frozen=True)
class Documents:
    """Rows of ids, and a label for each."""

    ids: Sequence[NDArray[np.int64]]
    labels: NDArray[np.int64]
    vocabulary: int
    outputs: int

    def sample(self, count: int, *, seed: int) -> Documents:
        """So many documents, at random."""
        rows = np.random.default_rng(seed).permutation(len(self.ids))[:count]
        return Documents(
            [self.ids[row] for row in rows.tolist()],
            self.labels[rows],
            self.vocabulary,
            self.outputs,
        )


@dataclass(frozen=True)
class Sizes:
    """Sizes of a transformer."""

    dim: int = 384
    layers: int = 6
    heads: int = 6
    longest: int = 512
    dropout: float = 0.1
    attention_dropout: float = 0.1


class PlainTransformer(nn.Module):
    """torch.nn.TransformerEncoder between an embedding and a linear layer on the mean."""

    def __init__(self, sizes: Sizes, *, vocabulary: int, outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, sizes.dim, padding_idx=0)
        self.places = nn.Embedding(sizes.longest, sizes.dim)
        layer = nn.TransformerEncoderLayer(
            sizes.dim,
            sizes.heads,
            4 * sizes.dim,
            sizes.dropout,
            "gelu",
            batch_first=True,
            norm_first=True,
        )
        layer.self_attn.dropout = sizes.attention_dropout
        norm = nn.LayerNorm(sizes.dim)
        self.encoder = nn.TransformerEncoder(layer, sizes.layers, norm, enable_nested_tensor=False)
        self.output = nn.Linear(sizes.dim, outputs)

    def forward(self, ids: Tensor) -> Tensor:
        padding = ids == 0
        x = self.embedding(ids) + self.places(torch.arange(ids.shape[1]))
        x = self.encoder(x, src_key_padding_mask=padding)
        total = x.masked_fill(padding.unsqueeze(-1), 0.0).sum(1)
        return self.output(total / (~padding).sum(1, keepdim=True))


class PlainLstm(nn.Module):
    """torch.nn.LSTM in both directions between an embedding and a linear layer on the maximum."""

    def __init__(
        self, *, dim: int, hidden: int, dropout: float, vocabulary: int, outputs: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim, padding_idx=0)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, outputs)

    def forward(self, ids: Tensor) -> Tensor:
        states, _ = self.lstm(self.dropout(self.embedding(ids)))
        highest = states.masked_fill((ids == 0).unsqueeze(-1), -torch.inf).amax(1)
        return self.output(self.dropout(highest))


def plain_loop(
    model: nn.Module,
    documents: Documents,
    *,
    learning_rate: float,
    threads: int,
    epochs: int = 1,
    seed: int = 0,
) -> float:
    """Train on all documents; the seconds that it took."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    model.train()
    started = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(documents.ids)).split(BATCH):
            ids = padded(documents, rows.tolist())
            loss = nn.functional.cross_entropy(model(ids), torch.from_numpy(documents.labels)[rows])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    return time.perf_counter() - started


def plain_predictions(model: nn.Module, documents: Documents) -> NDArray[np.int64]:
    """The label of each document."""
    model.eval()
    with torch.no_grad():
        answers = [model(padded(documents, rows)).argmax(1) for rows in _in_order(documents)]
    return torch.cat(answers).numpy()


def padded(documents: Documents, rows: Sequence[int]) -> Tensor:
    """Ids of these rows, padded to the longest."""
    return pad_sequence([torch.from_numpy(documents.ids[row]) for row in rows], batch_first=True)


def _in_order(documents: Documents) -> Iterator[range]:
    for start in range(0, len(documents.ids), BATCH):
        yield range(start, min(start + BATCH, len(documents.ids)))


def has_transformers() -> bool:
    """Whether Hugging Face's library is importable here; it is no dependency of ours."""
    try:
        import accelerate  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        return False
    return True


def trainer_seconds(documents: Documents, sizes: Sizes, *, threads: int, folder: str) -> float:
    """Hugging Face's Trainer on a BERT of these sizes, one epoch in batches of 32; seconds of its own clock."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(threads)
    config = transformers.BertConfig(
        vocab_size=documents.vocabulary,
        hidden_size=sizes.dim,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=4 * sizes.dim,
        max_position_embeddings=sizes.longest + 1,
        hidden_dropout_prob=sizes.dropout,
        attention_probs_dropout_prob=sizes.attention_dropout,
        num_labels=documents.outputs,
    )
    arguments = transformers.TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        learning_rate=1e-4,
        use_cpu=True,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    rows = [
        {"input_ids": ids, "labels": label}
        for ids, label in zip(documents.ids, documents.labels.tolist(), strict=True)
    ]

    def collate(batch: list[dict[str, Any]]) -> dict[str, Tensor]:
        ids = pad_sequence([torch.from_numpy(row["input_ids"]) for row in batch], batch_first=True)
        labels = torch.tensor([row["labels"] for row in batch])
        return {"input_ids": ids, "attention_mask": (ids != 0).long(), "labels": labels}

    trainer = transformers.Trainer(
        transformers.BertForSequenceClassification(config),
        arguments,
        data_collator=collate,
        train_dataset=rows,
    )
    trainer.remove_callback(transformers.PrinterCallback)  # it would print between our rows
    return float(trainer.train().metrics["train_runtime"])
