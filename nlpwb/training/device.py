"""Where and how precisely numbers are computed. The only file that knows one device from another."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import torch
from torch import Tensor

from nlpwb.errors import UsageError, nearest

Precision = Literal["float32", "bf16"]
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bf16")


@dataclass(frozen=True)
class Setting:
    """A device, the precision of matrix products, the threads of the processor; ``notes`` are sentences for the user."""

    device: torch.device
    precision: Precision = "float32"
    threads: int = 1
    notes: tuple[str, ...] = ()


class Movable(Protocol):
    """What can be taken to a device, as a tensor can."""

    def to(self, device: torch.device, *, non_blocking: bool) -> Self:
        """The same on that device."""
        ...


_KERNELS_KEPT = "32"


def choose_setting(device: str = "auto", precision: str = "auto", threads: int = 0) -> Setting:
    """The setting that is asked for, or the best that there is: CUDA before MPS before the processor; bf16 where it pays.

    ``threads`` 0 stands for all cores that this process may use; more than these are capped, with a note.

    Raises:
        UsageError: no such device or precision, or not here.
    """
    # oneDNN keeps a kernel for every shape it meets, 1,024 of them: batches of text have that many shapes, and an LSTM's kernels
    # are megabytes each. It reads this once, when the first kernel is made.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", _KERNELS_KEPT)
    chosen = _device(device)
    cores = available_cores()
    notes = []
    if threads > cores:
        notes.append(
            f"{threads} threads asked for, and there are {cores} cores: {cores} threads are used"
        )
    count = min(threads, cores) if threads > 0 else cores
    return Setting(chosen, _precision(precision, chosen), count, tuple(notes))


def available_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(word: str) -> torch.device:
    name = word.partition(":")[0]
    if name not in DEVICES:
        raise UsageError(f"--device {word}: there is no such device; {nearest(word, DEVICES)}")
    there: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
    if word == "auto":
        return torch.device(next(kind for kind, is_there in there.items() if is_there()))
    if not there[name]():
        raise UsageError(f"--device {word}: there is no such device here; leave --device out")
    try:
        device = torch.device(word)
    except RuntimeError:
        raise UsageError(
            f"--device {word}: a number follows the colon, as in {name}:0; leave it out"
        ) from None
    if name == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"--device {word}: the last device here is cuda:{torch.cuda.device_count() - 1}; choose one that is there"
        )
    return device


def _precision(word: str, device: torch.device) -> Precision:
    if word not in PRECISIONS:
        raise UsageError(
            f"--precision {word}: there is no such precision; {nearest(word, PRECISIONS)}"
        )
    if word == "auto":
        return "bf16" if has_bf16_units(device) else "float32"
    if word == "bf16":
        if device.type == "mps":
            raise UsageError(
                "--precision bf16 is for CUDA devices and processors; leave --precision out"
            )
        return "bf16"
    return "float32"


def has_bf16_units(device: torch.device) -> bool:
    """Whether the device multiplies matrices of bf16 faster than those of float32: AMX, AVX512-BF16, CUDA from 8.0 on."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # These names are torch's own private ones, and differ between its versions: one that is missing says no.
        asked = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return any(getattr(torch.cpu, name, lambda: False)() for name in asked)
    return False


def has_fused_update(device: torch.device) -> bool:
    """Whether torch updates all weights of an optimiser's group there in one pass over memory."""
    return device.type in ("cuda", "cpu")


def reads_freely(tensor: Tensor) -> bool:
    """Whether reading a number of a tensor costs nothing: where operations are done when their call returns."""
    return tensor.device.type == "cpu"


def autocast(setting: Setting) -> contextlib.AbstractContextManager[Any]:
    """Matrix products in the setting's precision within the context; sums, losses and weights stay float32."""
    if setting.precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(setting.device.type, dtype=torch.bfloat16)


@functools.cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, where the C library is glibc; returns whether it does.

    glibc gives large blocks back at once, and the system maps them anew, page by page, in every step: this took a third of the
    time in which a bidirectional LSTM of 256 trains. The price is that the process does not shrink again.
    """
    most, least = (
        2**31 - 1,
        1 << 30,
    )  # bytes: nothing is given back, and only larger blocks are mapped
    trim_threshold, mmap_threshold = -1, -3  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library
        return False
    return bool(mallopt(mmap_threshold, least)) and bool(mallopt(trim_threshold, most))


@contextlib.contextmanager
def threads_of(setting: Setting) -> Iterator[None]:
    """torch computes with the setting's threads within the context."""
    if setting.device.type == "cpu":
        keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(setting.threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def move(batch: Any, setting: Setting) -> Any:
    """The batch on the setting's device, by its own ``to(device, non_blocking=True)``; as it is where that is the processor."""
    if setting.device.type == "cpu":
        return batch
    return batch.to(setting.device, non_blocking=True)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on a device; where it can be, it is on its way while the processor goes on."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def generator_states(setting: Setting) -> dict[str, Tensor]:
    """The states of torch's random numbers, uint8, by device."""
    states = {"cpu": torch.get_rng_state()}
    if setting.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(setting.device)
    elif setting.device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_generators(setting: Setting, states: Mapping[str, Tensor]) -> None:
    """Let random numbers go on from these states; a device that the states do not know keeps its own."""
    torch.set_rng_state(states["cpu"])
    if setting.device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], setting.device)
    elif setting.device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def memory_used(setting: Setting) -> int:
    """Bytes that the device holds now; of the processor, those of this process."""
    if setting.device.type == "cuda":
        return int(torch.cuda.memory_allocated(setting.device))
    if setting.device.type == "mps":
        return int(torch.mps.current_allocated_memory())
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def free_memory(setting: Setting) -> None:
    """Give back what torch holds in reserve, after memory ran out."""
    if setting.device.type == "cuda":
        torch.cuda.empty_cache()
    elif setting.device.type == "mps":
        torch.mps.empty_cache()
