"""fastText's own supervised program, a process of its own: labelled lines in, a saved model and its accuracy out.

python -m benchmarks.peer_bags TRAIN TEST --threads 2

Lines are ``__label__X`` and tokens between blanks. Bigrams, 50 dimensions, 15 epochs, a step size of 0.5.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path


def main() -> None:
    import fasttext

    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("test", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    model = fasttext.train_supervised(
        options.train, wordNgrams=2, dim=50, epoch=15, lr=0.5, thread=options.threads, verbose=0
    )
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(str(Path(folder) / "model.bin"))
    _, accuracy, _ = model.test(str(options.test))
    print(f"accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
