"""The sides of ``finetune_base.py``, each in a process of its own: rows from standard input, one line of JSON as the answer.

python -m benchmarks.finetune_sides SIDE THREADS < rows.json
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BATCH = 32
Rows = list[tuple[str, int]]


def ours_train(rows: Rows, threads: int) -> float:
    """Sentences per second of the loop's own clock."""
    import numpy as np

    from nlpwb.specs import parse_spec
    from nlpwb.workflows.networks.conditions import Conditions
    from nlpwb.workflows.pretrained.finetuning import finetune

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        finetune(
            parse_spec("finetune:base=minilm,epochs=1").representation,
            [text for text, _ in rows],
            np.array([label for _, label in rows]),
            task="classify",
            labels=("0", "1"),
            outputs=2,
            seed=0,
            threads=threads,
            conditions=Conditions(device="cpu", log=log),
        )
        ended = json.loads(log.read_text().strip().splitlines()[-1])
    return len(rows) / float(ended["seconds"])


def trainer(rows: Rows, threads: int) -> float:
    """The same by Hugging Face's Trainer, its defaults, on its own clock."""
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(threads)
    folder = _folder()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    data = [
        {**tokenizer(text, truncation=True, max_length=256), "labels": label}
        for text, label in rows
    ]
    with tempfile.TemporaryDirectory() as scratch:
        made = transformers.Trainer(
            transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2),
            transformers.TrainingArguments(
                output_dir=scratch,
                per_device_train_batch_size=BATCH,
                num_train_epochs=1,
                learning_rate=1e-4,
                use_cpu=True,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
            ),
            data_collator=transformers.DataCollatorWithPadding(tokenizer),
            train_dataset=data,
        )
        made.remove_callback(transformers.PrinterCallback)
        return len(rows) / float(made.train().metrics["train_runtime"])


def ours_encode(rows: Rows, threads: int) -> float:
    """Sentences per second, tokenizing included, the opening of the base not."""
    from nlpwb.specs import parse_spec
    from nlpwb.workflows.pretrained.representation import PretrainedTexts

    opened = PretrainedTexts.open(parse_spec("pretrained:base=minilm").representation.config)
    texts = [text for text, _ in rows]
    opened.transform(texts[:BATCH], threads=threads)
    started = time.perf_counter()
    opened.transform(texts, threads=threads)
    return len(rows) / (time.perf_counter() - started)


def sentence_transformers(rows: Rows, threads: int) -> float:
    """The same by ``SentenceTransformer.encode`` as it comes."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(str(_folder()), device="cpu")
    texts = [text for text, _ in rows]
    model.encode(texts[:BATCH])
    started = time.perf_counter()
    model.encode(texts)
    return len(rows) / (time.perf_counter() - started)


def transformers_predict(threads: int, model: str, asked: str) -> None:
    """The label of each line, by transformers alone."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(model).eval()
    texts = Path(asked).read_text(encoding="utf-8").splitlines()
    with torch.inference_mode():
        logits = network(**tokenizer(texts, return_tensors="pt", padding=True)).logits
    for row in logits.softmax(dim=1):
        best = int(row.argmax())
        print(network.config.id2label[best], f"{float(row[best]):.4f}")


def _folder() -> Path:
    from nlpwb.bases.finding import find_base

    return find_base("minilm").folder


SIDES: dict[str, Any] = {
    "ours-train": ours_train,
    "trainer": trainer,
    "ours-encode": ours_encode,
    "sentence-transformers": sentence_transformers,
}


def main() -> None:
    """Answer for one side."""
    name, threads = sys.argv[1], int(sys.argv[2])
    if name == "transformers-predict":
        transformers_predict(threads, *sys.argv[3:])
        return
    rate = SIDES[name]([tuple(row) for row in json.load(sys.stdin)], threads)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"rate": rate, "mib": most / (1 << (20 if sys.platform == "darwin" else 10))}))


if __name__ == "__main__":
    main()
