"""Skip-gram over subwords with negative sampling, a window at a time.

The mean of the rows of a word and of its n-grams predicts each word around it (Bojanowski et al. 2017, section 3), against noise
words of its own for each: shared by a window they cost a third of the analogies here, because the one hidden layer meets the
same few words k times over. Two neighbouring windows share theirs, target by target: it is for rows that the loop waits, and
those of the second window are at hand. The hidden layer stands still while a window is worked on, so all its outputs are one
list, six rows at a time.
"""

from __future__ import annotations

import numpy as np
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
    zero, one = np.float32(0), np.float32(1)
    state = np.uint64(seed)
    kept = np.empty(LONGEST_SENTENCE, np.int32)
    each = 1 + negative
    most = (2 * window * each + GROUP - 1) // GROUP * GROUP
    # two windows at a time: the next is drawn, and its rows are asked for, before this one is worked on
    sizes = np.zeros(2, np.int64)
    outputs = np.zeros((2, most), np.int32)
    steps = np.zeros(most, np.float32)
    hidden = np.zeros(d, np.float32)
    into_hidden = np.zeros(d, np.float32)
    rate = rate_at(start_rate, end_rate, done, total)
    read = windows = pairs = 0
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
        for centre in range(-1, n if n > 1 else -1):
            later = centre + 1
            if later < n:
                side = later % 2
                word = kept[later]
                state = advance(state)
                reach = window - bits(state) % window
                size = 0
                for place in range(max(0, later - reach), min(n, later + reach + 1)):
                    if place != later:
                        outputs[side, size] = kept[place]
                        size += each
                sizes[side] = size
                # every other window takes the noise of the one before it, target by target: its rows are still at hand
                known = sizes[1 - side] if later % 2 == 1 else np.int64(0)
                for first in range(0, size, each):
                    fetch_row(C, outputs[side, first])
                    if first < known:
                        for j in range(1, each):
                            outputs[side, first + j] = outputs[1 - side, first + j]
                        continue
                    for j in range(1, each):
                        state = advance(state)
                        noise = (bits(state) * vocabulary) >> 31
                        state = advance(state)
                        if bits(state) >= threshold[noise]:
                            noise = np.int64(alias[noise])
                        outputs[side, first + j] = noise
                        fetch_row(C, noise)
                for r in range(row_offsets[word], row_offsets[word + 1]):
                    fetch_row(W, rows[r])
            if centre < 0:
                continue
            side = centre % 2
            size = sizes[side]
            start, end = row_offsets[kept[centre]], row_offsets[kept[centre] + 1]
            for t in range(d):
                hidden[t] = zero
                into_hidden[t] = zero
            for r in range(start, end):
                row = rows[r]
                for t in range(d):
                    hidden[t] += W[row, t]
            share = one / np.float32(end - start)
            for t in range(d):
                hidden[t] *= share
            whole = (size + GROUP - 1) // GROUP * GROUP
            for x in range(size, whole):
                outputs[side, x] = 0  # any row: its step is zero
            for g in range(0, whole, GROUP):
                r0, r1, r2 = outputs[side, g], outputs[side, g + 1], outputs[side, g + 2]
                r3, r4, r5 = outputs[side, g + 3], outputs[side, g + 4], outputs[side, g + 5]
                s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
                for t in range(d):
                    h = hidden[t]
                    s0 += h * C[r0, t]
                    s1 += h * C[r1, t]
                    s2 += h * C[r2, t]
                    s3 += h * C[r3, t]
                    s4 += h * C[r4, t]
                    s5 += h * C[r5, t]
                steps[g] = s0
                steps[g + 1] = s1
                steps[g + 2] = s2
                steps[g + 3] = s3
                steps[g + 4] = s4
                steps[g + 5] = s5
            windows += 1
            if windows % LOSS_EVERY == 0:
                pairs += size // each
                for x in range(size):
                    target = outputs[side, x // each * each]
                    if x % each == 0 or outputs[side, x] != target:
                        chance = sigmoid(steps[x])
                        right = chance if x % each == 0 else 1 - chance
                        summed -= np.log(max(right, np.float32(1e-6)))
            for x in range(whole):
                steps[x] = -rate * sigmoid(steps[x])
            for x in range(size, whole):
                steps[x] = zero
            for first in range(0, size, each):
                steps[first] += rate
                for j in range(1, each):
                    if outputs[side, first + j] == outputs[side, first]:
                        steps[first + j] = zero
            for g in range(0, whole, GROUP):
                r0, r1, r2 = outputs[side, g], outputs[side, g + 1], outputs[side, g + 2]
                r3, r4, r5 = outputs[side, g + 3], outputs[side, g + 4], outputs[side, g + 5]
                s0, s1, s2 = steps[g], steps[g + 1], steps[g + 2]
                s3, s4, s5 = steps[g + 3], steps[g + 4], steps[g + 5]
                for t in range(d):
                    into_hidden[t] += (
                        s0 * C[r0, t]
                        + s1 * C[r1, t]
                        + s2 * C[r2, t]
                        + s3 * C[r3, t]
                        + s4 * C[r4, t]
                        + s5 * C[r5, t]
                    )
            for x in range(size):
                row = outputs[side, x]
                step = steps[x]
                for t in range(d):
                    C[row, t] += step * hidden[t]
            for r in range(start, end):
                row = rows[r]
                for t in range(d):
                    W[row, t] += into_hidden[t]
        if read > STEP:
            done[thread] += read
            read = 0
            rate = rate_at(start_rate, end_rate, done, total)
    done[thread] += read
    loss[thread, 0] += summed
    loss[thread, 1] += pairs
