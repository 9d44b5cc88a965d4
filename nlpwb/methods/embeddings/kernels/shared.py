"""What the kernels share: compilation, random numbers, the sigmoid, and one step of learning against a hidden layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

GROUP = 6
"""Output rows that are worked on at once: a word and the usual five noise words, six sums in six vector registers."""
AHEAD = 2
"""Windows between asking for a row and using it."""
STEP = 10_000
"""Words between two looks at the learning rate."""
LOSS_EVERY = 16
"""One window in so many is asked for its loss: a logarithm a pair would cost a tenth of the time."""


compiled_anew: list[str] = []
"""The kernels that this process compiled, and did not find on disk."""
kept_nowhere: list[str] = []
"""Those of them that the next process will compile again, for want of a place to keep them."""


def kernel(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for this signature when its module is imported, without the GIL, and keep the code on disk.

    A fork server then compiles once for all its children, and no measured second is spent on it. Where no place for the code can
    be written to, it is compiled anew by every process.
    """
    flags: dict[str, Any] = {"nogil": True, "fastmath": True, "error_model": "numpy"}

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            made = njit(signature, cache=True, **flags)(function)
        except RuntimeError:  # numba's word for having nowhere to keep it
            made = njit(signature, **flags)(function)
            kept_nowhere.append(function.__name__)
        if not made.stats.cache_hits:
            compiled_anew.append(function.__name__)
        return made

    return compiled


@njit(inline="always")
def advance(state: np.uint64) -> np.uint64:
    """A linear congruential generator with Knuth's constants (MMIX); its high bits are used."""
    return state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)


@njit(inline="always")
def bits(state: np.uint64) -> np.int64:
    """The 31 random bits of a state."""
    return np.int64(state >> np.uint64(33))


@njit(inline="always")
def sigmoid(x: np.float32) -> np.float32:
    """``1 / (1 + exp(-x))`` as 1/2 + tanh(x/2)/2 by the seventh convergent of Lambert's continued fraction.

    Within 1e-4 of the truth everywhere, and made of products and one division, which the compiler turns into vector
    instructions; a call of ``exp`` for each number would take longer than the dot product before it.
    """
    half = min(max(np.float32(0.5) * x, np.float32(-4.97)), np.float32(4.97))
    z = half * half
    above = np.float32(135135) + z * (np.float32(17325) + z * (np.float32(378) + z))
    below = np.float32(135135) + z * (
        np.float32(62370) + z * (np.float32(3150) + z * np.float32(28))
    )
    return np.float32(0.5) + np.float32(0.5) * half * above / below


@njit(inline="always")
def rate_at(start: float, end: float, done: NDArray[np.int64], total: int) -> np.float32:
    """``formulas.learning_rate`` for the words that all threads have read."""
    return np.float32(max(end, start - (start - end) * done.sum() / total))


@intrinsic
def _touch(typing_context: Any, address: Any) -> Any:  # noqa: ARG001  numba calls it so
    """Ask for the cache line of an address without waiting for it: LLVM's ``llvm.prefetch``, to be written, of all levels."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = ir.PointerType(ir.IntType(8))
        whole = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, whole, whole, whole])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.inttoptr(arguments[0], pointer)
        builder.call(function, [place, whole(1), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(types.uintp), generate


@njit(inline="always")
def fetch_row(table: NDArray[np.float32], row: int) -> None:
    """Ask for a row of a table some steps before it is needed: this took a fifth off the time of CBOW."""
    size = 4 * table.shape[1]
    address = table.ctypes.data + row * size
    for offset in range(0, size + 63, 64):
        _touch(np.uintp(address + min(offset, size - 1)))


@njit(nogil=True, fastmath=True, error_model="numpy")
def learn_group(
    hidden: NDArray[np.float32],
    into_hidden: NDArray[np.float32],
    C: NDArray[np.float32],
    outputs: NDArray[np.int32],
    wanted: NDArray[np.float32],
    size: int,
    rate: np.float32,
    rows: NDArray[np.float32],
    with_loss: bool,
) -> float:
    """Logistic regression of ``hidden`` on up to six output rows; their gradients go into C and ``into_hidden``.

    ``rows`` float32 (6, d) is scratch space: the rows are copied first, since loads that wait for nothing overlap. Returns the
    summed loss, 0 unless ``with_loss``.
    """
    d = hidden.shape[0]
    zero = np.float32(0)
    for j in range(size):
        output = outputs[j]
        for t in range(d):
            rows[j, t] = C[output, t]
    for j in range(size, GROUP):
        for t in range(d):
            rows[j, t] = zero
    s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
    for t in range(d):
        h = hidden[t]
        s0 += h * rows[0, t]
        s1 += h * rows[1, t]
        s2 += h * rows[2, t]
        s3 += h * rows[3, t]
        s4 += h * rows[4, t]
        s5 += h * rows[5, t]
    loss = 0.0
    if with_loss:
        scores = (s0, s1, s2, s3, s4, s5)
        for j in range(size):
            chance = sigmoid(scores[j])
            loss -= np.log(max(chance if wanted[j] > 0.5 else 1 - chance, np.float32(1e-6)))
    s0 = rate * (wanted[0] - sigmoid(s0))
    s1 = rate * (wanted[1] - sigmoid(s1)) if size > 1 else zero
    s2 = rate * (wanted[2] - sigmoid(s2)) if size > 2 else zero
    s3 = rate * (wanted[3] - sigmoid(s3)) if size > 3 else zero
    s4 = rate * (wanted[4] - sigmoid(s4)) if size > 4 else zero
    s5 = rate * (wanted[5] - sigmoid(s5)) if size > 5 else zero
    for t in range(d):
        into_hidden[t] += (
            s0 * rows[0, t]
            + s1 * rows[1, t]
            + s2 * rows[2, t]
            + s3 * rows[3, t]
            + s4 * rows[4, t]
            + s5 * rows[5, t]
        )
    steps = (s0, s1, s2, s3, s4, s5)
    for j in range(size):
        output = outputs[j]
        step = steps[j]
        for t in range(d):
            C[output, t] += step * hidden[t]
    return loss
