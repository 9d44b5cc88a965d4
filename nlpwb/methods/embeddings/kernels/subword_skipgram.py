"""Skip-gram over subwords with negative sampling, two neighbouring windows at a time.

The mean of the rows of a word and of its n-grams predicts each word around it (Bojanowski et al. 2017, section 3), against noise
words of its own for each: shared by a window they cost a third of the analogies here, because the one hidden layer meets the
same few words k times over. Two neighbouring windows share theirs instead, target by target, and their reach: then most of
their targets are the same words too, and every output row is read once for two hidden layers and written once for two gradients.
The hidden layers stand still while a couple is worked on, so all its outputs are one list, six rows at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nlpwb.methods.embeddings.encoding import LONGEST_SENTENCE
from nlpwb.methods.embeddings.kernels.shared import (
    GROUP,
    LOSS_EVERY,
    STEP,
    advance,
    bits,
    fetch_row,
    kernel,
    rate_at,
    sigmoid,
)


@njit(inline="always")
def mean_of_rows(
    W: NDArray[np.float32],
    rows: NDArray[np.int32],
    start: int,
    end: int,
    hidden: NDArray[np.float32],
) -> None:
    """``hidden`` = the mean of the rows ``rows[start:end]`` of W, four at a time: waits for memory that overlap."""
    d = hidden.shape[0]
    for t in range(d):
        hidden[t] = np.float32(0)
    for r in range(start, end - 3, 4):
        r0, r1, r2, r3 = rows[r], rows[r + 1], rows[r + 2], rows[r + 3]
        for t in range(d):
            hidden[t] += (W[r0, t] + W[r1, t]) + (W[r2, t] + W[r3, t])
    for r in range(end - (end - start) % 4, end):
        row = rows[r]
        for t in range(d):
            hidden[t] += W[row, t]
    share = np.float32(1) / np.float32(max(end - start, 1))
    for t in range(d):
        hidden[t] *= share


@njit(inline="always")
def add_to_rows(
    W: NDArray[np.float32],
    rows: NDArray[np.int32],
    start: int,
    end: int,
    gradient: NDArray[np.float32],
) -> None:
    """Every row of ``rows[start:end]`` takes the whole gradient of their mean, as fastText's program does."""
    for r in range(start, end):
        row = rows[r]
        for t in range(gradient.shape[0]):
            W[row, t] += gradient[t]


@njit(inline="always")
def target_at(low: int, centre: int, k: int) -> int:
    """The place of the k-th word of a window that begins at ``low`` and leaves its centre out."""
    return low + k + (1 if low + k >= centre else 0)


@kernel(
    "void(int32[::1], float32[:, ::1], float32[:, ::1], int64[::1], int64[::1], int32[::1], int64[::1], int32[::1],"
    " int64, int64, float64, float64, int64[::1], int64, int64, uint64, float64[:, ::1])"
)
def subword_skipgram(
    ids: NDArray[np.int32],
    W: NDArray[np.float32],
    C: NDArray[np.float32],
    keep: NDArray[np.int64],
    threshold: NDArray[np.int64],
    alias: NDArray[np.int32],
    row_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
    window: int,
    negative: int,
    start_rate: float,
    end_rate: float,
    done: NDArray[np.int64],
    thread: int,
    total: int,
    seed: int,
    loss: NDArray[np.float64],
) -> None:
    """Subword skip-gram (Bojanowski et al. 2017, equation 1) on a block of ids.

    The input rows of word w are ``rows[row_offsets[w]:row_offsets[w + 1]]``; the other arguments as in ``skipgram``.
    """
    d = W.shape[1]
    vocabulary = keep.shape[0]
    zero = np.float32(0)
    state = np.uint64(seed)
    kept = np.empty(LONGEST_SENTENCE, np.int32)
    most = (2 * window * (1 + negative) + 2 + GROUP - 1) // GROUP * GROUP
    # two couples at a time: the next is drawn, and its rows are asked for, before this one is worked on
    outputs = np.zeros((2, most), np.int32)
    reaches = np.zeros(2, np.int64)
    steps = np.zeros((2, most), np.float32)  # of the couple's first window and of its second
    hidden, other_hidden = np.zeros(d, np.float32), np.zeros(d, np.float32)
    gradient, other_gradient = np.zeros(d, np.float32), np.zeros(d, np.float32)
    rate = rate_at(start_rate, end_rate, done, total)
    read = couples_done = pairs = 0
    summed = 0.0
    at, stop = 0, ids.shape[0]
    while at < stop:
        n = 0
        while at < stop and n < LONGEST_SENTENCE:
            word = ids[at]
            at += 1
            if word < 0:
                break
            read += 1
            state = advance(state)
            if bits(state) < keep[word]:
                kept[n] = word
                n += 1
        couples = (n + 1) // 2 if n > 1 else -1
        for couple in range(-1, couples):
            later = couple + 1
            if later < couples:
                side = later % 2
                first, second = 2 * later, 2 * later + 1
                state = advance(state)
                reach = window - bits(state) % window
                reaches[side] = reach
                low, high = max(0, first - reach), min(n, second + reach + 1)
                x = 0
                for place in range(low, high):
                    outputs[side, x] = kept[place]
                    fetch_row(C, kept[place])
                    x += 1
                targets = max(min(n, second + reach) - low, high - max(0, second - reach)) - 1
                for _ in range(negative * targets):
                    state = advance(state)
                    noise = (bits(state) * vocabulary) >> 31
                    state = advance(state)
                    if bits(state) >= threshold[noise]:
                        noise = np.int64(alias[noise])
                    outputs[side, x] = noise
                    fetch_row(C, noise)
                    x += 1
                for place in range(first, min(second + 1, n)):
                    word = kept[place]
                    for r in range(row_offsets[word], row_offsets[word + 1]):
                        fetch_row(W, rows[r])
            if couple < 0:
                continue
            side = couple % 2
            first, second = 2 * couple, 2 * couple + 1
            reach = reaches[side]
            # the first window is low to second + reach, the other other_low to high; each without its own word
            low, other_low, high = (
                max(0, first - reach),
                max(0, second - reach),
                min(n, second + reach + 1),
            )
            size = min(n, second + reach) - low - 1
            other_size = high - other_low - 1 if second < n else 0
            noise_from = high - low
            used = noise_from + negative * max(size, other_size)
            start, end = row_offsets[kept[first]], row_offsets[kept[first] + 1]
            other_start, other_end = np.int64(0), np.int64(0)
            if second < n:
                other_start, other_end = row_offsets[kept[second]], row_offsets[kept[second] + 1]
            mean_of_rows(W, rows, start, end, hidden)
            mean_of_rows(W, rows, other_start, other_end, other_hidden)
            for t in range(d):
                gradient[t] = zero
                other_gradient[t] = zero
            whole = (used + GROUP - 1) // GROUP * GROUP
            for x in range(used, whole):
                outputs[side, x] = 0  # any row: its steps are zero
            for g in range(0, whole, GROUP):
                r0, r1, r2 = outputs[side, g], outputs[side, g + 1], outputs[side, g + 2]
                r3, r4, r5 = outputs[side, g + 3], outputs[side, g + 4], outputs[side, g + 5]
                s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
                o0, o1, o2, o3, o4, o5 = zero, zero, zero, zero, zero, zero
                for t in range(d):
                    h, o = hidden[t], other_hidden[t]
                    c0, c1, c2, c3, c4, c5 = (
                        C[r0, t],
                        C[r1, t],
                        C[r2, t],
                        C[r3, t],
                        C[r4, t],
                        C[r5, t],
                    )
                    s0 += h * c0
                    s1 += h * c1
                    s2 += h * c2
                    s3 += h * c3
                    s4 += h * c4
                    s5 += h * c5
                    o0 += o * c0
                    o1 += o * c1
                    o2 += o * c2
                    o3 += o * c3
                    o4 += o * c4
                    o5 += o * c5
                steps[0, g], steps[0, g + 1], steps[0, g + 2] = s0, s1, s2
                steps[0, g + 3], steps[0, g + 4], steps[0, g + 5] = s3, s4, s5
                steps[1, g], steps[1, g + 1], steps[1, g + 2] = o0, o1, o2
                steps[1, g + 3], steps[1, g + 4], steps[1, g + 5] = o3, o4, o5
            couples_done += 1
            if couples_done % LOSS_EVERY == 0:
                pairs += size
                for x in range(size + 1):
                    if low + x != first:
                        summed -= np.log(max(sigmoid(steps[0, x]), np.float32(1e-6)))
                for x in range(negative * size):
                    target = kept[target_at(low, first, x // negative)]
                    if outputs[side, noise_from + x] != target:
                        summed -= np.log(
                            max(1 - sigmoid(steps[0, noise_from + x]), np.float32(1e-6))
                        )
            for x in range(whole):
                steps[0, x] = -rate * sigmoid(steps[0, x])
                steps[1, x] = -rate * sigmoid(steps[1, x])
            for x in range(used, whole):
                steps[0, x] = steps[1, x] = zero
            for x in range(noise_from):
                place = low + x
                steps[0, x] = zero if place == first or x > size else steps[0, x] + rate
                steps[1, x] = (
                    zero
                    if place == second or place < other_low or other_size == 0
                    else steps[1, x] + rate
                )
            for x in range(used - noise_from):
                k = x // negative
                noise = outputs[side, noise_from + x]
                if k >= size or noise == kept[target_at(low, first, k)]:
                    steps[0, noise_from + x] = zero
                if k >= other_size or noise == kept[target_at(other_low, second, k)]:
                    steps[1, noise_from + x] = zero
            for g in range(0, whole, GROUP):
                r0, r1, r2 = outputs[side, g], outputs[side, g + 1], outputs[side, g + 2]
                r3, r4, r5 = outputs[side, g + 3], outputs[side, g + 4], outputs[side, g + 5]
                s0, s1, s2 = steps[0, g], steps[0, g + 1], steps[0, g + 2]
                s3, s4, s5 = steps[0, g + 3], steps[0, g + 4], steps[0, g + 5]
                o0, o1, o2 = steps[1, g], steps[1, g + 1], steps[1, g + 2]
                o3, o4, o5 = steps[1, g + 3], steps[1, g + 4], steps[1, g + 5]
                for t in range(d):
                    c0, c1, c2, c3, c4, c5 = (
                        C[r0, t],
                        C[r1, t],
                        C[r2, t],
                        C[r3, t],
                        C[r4, t],
                        C[r5, t],
                    )
                    gradient[t] += s0 * c0 + s1 * c1 + s2 * c2 + s3 * c3 + s4 * c4 + s5 * c5
                    other_gradient[t] += o0 * c0 + o1 * c1 + o2 * c2 + o3 * c3 + o4 * c4 + o5 * c5
            for x in range(used):
                row = outputs[side, x]
                step, other_step = steps[0, x], steps[1, x]
                for t in range(d):
                    C[row, t] += step * hidden[t] + other_step * other_hidden[t]
            add_to_rows(W, rows, start, end, gradient)
            add_to_rows(W, rows, other_start, other_end, other_gradient)
        if read > STEP:
            done[thread] += read
            read = 0
            rate = rate_at(start_rate, end_rate, done, total)
    done[thread] += read
    loss[thread, 0] += summed
    loss[thread, 1] += pairs
