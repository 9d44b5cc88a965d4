"""Networks on an accelerator: documents per second and accuracy beside the processor, and whether a killed training goes on.

    python -m benchmarks.gpu_networks [--data FILE --test FILE] [--devices cuda,cpu] [--epochs 2] [SPEC…]

Every row is ``nlpwb train SPEC`` and ``nlpwb evaluate`` on the device named; the last row of a device kills a training after some
seconds, starts the same command again, and compares the weights with those of one that nobody stopped. The data are AG News
(14.5k), in the folder that NLPWB_SHARED_DATA names (or ../shared/data), or CSV files with the columns ``text`` and ``label``.
Where there is no CUDA device it says so, and prints no figures unless ``--devices`` names another.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.rows import Row, print_rows

NLPWB = [sys.executable, "-m", "nlpwb"]
DATA = Path(os.environ.get("NLPWB_SHARED_DATA", "../shared/data")) / "ag_news"
SPECS = (
    "nbow:ngrams=2",
    "cnn",
    "rnn",
    "lstm:hidden=256",
    "gru:hidden=256",
    "transformer",
    "transformer:dim=384,layers=6,heads=6",
)


class Bench:
    """One training and one test file, and how many epochs are trained."""

    def __init__(self, data: Path | None, test: Path | None, epochs: int, folder: Path) -> None:
        self.columns = [] if data is not None else ["--text", "2,3", "--label", "1"]
        self.data = data or DATA / "train_15k.csv.gz"
        self.test = test or DATA / "test.csv.gz"
        self.epochs = epochs
        self.folder = folder

    def rows(self, devices: Sequence[str], specs: Sequence[str], *, after: float) -> Iterator[Row]:
        """The rows of every device."""
        for device in devices:
            for spec in specs:
                yield self.row(spec, device)
            yield self.killed("lstm:hidden=256", device, after=after)

    def line(self, spec: str, device: str, model: Path) -> list[str]:
        spec = f"{spec}{',' if ':' in spec else ':'}epochs={self.epochs},patience=0"
        line = [*NLPWB, "train", spec, str(self.data), "-o", str(model), "--device", device]
        return [*line, "--no-cache", "-q", "--format", "json"]

    def row(self, spec: str, device: str) -> Row:
        model = self.folder / f"{device}-{spec}".replace(":", "-").replace(",", "-")
        done = subprocess.run(self.line(spec, device, model), capture_output=True, text=True)
        if done.returncode:
            return Row(f"{spec} on {device}", "–", "–", done.stderr.strip()[-200:], "", False)
        made = json.loads(done.stdout)
        made = made[0] if isinstance(made, list) else made
        line = [*NLPWB, "evaluate", str(model), str(self.test), *self.columns, "--device", device]
        started = time.perf_counter()
        done = subprocess.run([*line, "-q", "--format", "json"], capture_output=True, text=True)
        seconds = time.perf_counter() - started
        if done.returncode:
            return Row(f"{spec} on {device}", "–", "–", done.stderr.strip()[-200:], "", False)
        judged = json.loads(done.stdout)
        rate = made["documents"] * made["epochs"] / made["fit_seconds"]
        return Row(
            f"{spec} on {device}",
            f"{rate:,.0f} documents/s in {made['precision']}",
            f"evaluate, whole process {seconds:.1f} s",
            f"accuracy {judged['score']:.4f}",
            "",
            True,
        )

    def killed(self, spec: str, device: str, *, after: float) -> Row:
        """Whether a killed training, started again, ends with the weights of one that went through."""
        hashes = []
        for name in ("whole", "killed"):
            model = self.folder / f"{device}-{name}"
            line = self.line(spec, device, model)
            if name == "killed":
                process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
                time.sleep(after)
                process.send_signal(signal.SIGKILL)
                process.wait()
            subprocess.run(line, check=True, capture_output=True)
            weights = (model / "model.safetensors").read_bytes()
            hashes.append(hashlib.sha256(weights).hexdigest()[:12])
        whole, again = hashes
        return Row(
            f"{spec} on {device}, killed after {after:.0f} s",
            again,
            whole,
            "",
            "the same bits",
            whole == again,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("specs", nargs="*", help="all networks by default")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--devices", default="cuda,cpu")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--after", type=float, default=12.0, help="seconds until the kill")
    options = parser.parse_args()
    import torch

    devices = options.devices.split(",")
    if "cuda" in devices and not torch.cuda.is_available():
        print("no CUDA device is here: nothing was measured")
        return 0
    if (options.data is None) != (options.test is None):
        parser.error("--data and --test belong together")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.data, options.test, options.epochs, Path(folder))
        if not bench.data.exists():
            print(f"{bench.data} is absent: nothing was measured")
            return 0
        return print_rows(bench.rows(devices, options.specs or SPECS, after=options.after))


if __name__ == "__main__":
    sys.exit(main())
