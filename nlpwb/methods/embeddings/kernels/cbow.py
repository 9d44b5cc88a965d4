"""CBOW with negative sampling, a window at a time.

The mean of the rows of a window predicts its centre (Mikolov et al. 2013a, section 3.1), against noise words of its own: shared
by two neighbouring windows they took a twelfth off the analogies (.337 to .312 on 13 million words of Wikipedia). The output
rows are copied, so that loads that wait for nothing overlap, and are asked for two windows before their use.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.embeddings.encoding import LONGEST_SENTENCE
from nlpwb.methods.embeddings.kernels.shared import (
    AHEAD,
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
    "void(int32[::1], float32[:, ::1], float32[:, ::1], int64[::1], int64[::1], int32[::1],"
    " int64, int64, float64, float64, int64[::1], int64, int64, uint64, float64[:, ::1])"
)
def cbow_negative(
    ids: NDArray[np.int32],
    W: NDArray[np.float32],
    C: NDArray[np.float32],
    keep: NDArray[np.int64],
    threshold: NDArray[np.int64],
    alias: NDArray[np.int32],
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
    """CBOW with negative sampling (Mikolov et al. 2013b, equation 4) on a block of ids; arguments as in ``skipgram``."""
    d = W.shape[1]
    vocabulary = keep.shape[0]
    zero, one = np.float32(0), np.float32(1)
    state = np.uint64(seed)
    kept = np.empty(LONGEST_SENTENCE, np.int32)
    reaches = np.empty(LONGEST_SENTENCE, np.int32)
    drawn = np.empty((LONGEST_SENTENCE, negative), np.int32)
    contexts = np.empty(2 * window, np.int32)
    most = (
        (negative + GROUP) // GROUP * GROUP
    )  # the centre and its noise, rounded up to whole groups
    # line 0 is the centre's; what is past the noise stays zero
    outputs = np.zeros((most, d), np.float32)
    hidden = np.zeros(d, np.float32)
    into_hidden = np.zeros(d, np.float32)
    steps = np.zeros(most, np.float32)
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
        if n < 2:
            continue
        # all that is random is drawn before the windows are worked on, so that rows can be asked for ahead of their use
        for centre in range(n):
            state = advance(state)
            reaches[centre] = window - bits(state) % window
            for j in range(negative):
                state = advance(state)
                noise = (bits(state) * vocabulary) >> 31
                state = advance(state)
                if bits(state) >= threshold[noise]:
                    noise = np.int64(alias[noise])
                drawn[centre, j] = noise
        for place in range(min(n, window + AHEAD)):
            fetch_row(W, kept[place])
        for centre in range(min(n, AHEAD)):
            fetch_row(C, kept[centre])
            for j in range(negative):
                fetch_row(C, drawn[centre, j])
        for centre in range(n):
            later = centre + AHEAD
            if later < n:
                fetch_row(C, kept[later])
                for j in range(negative):
                    fetch_row(C, drawn[later, j])
            if later + window < n:
                fetch_row(W, kept[later + window])
            word = kept[centre]
            reach = reaches[centre]
            k = 0
            for place in range(max(0, centre - reach), min(n, centre + reach + 1)):
                if place != centre:
                    contexts[k] = kept[place]
                    k += 1
            for t in range(d):
                outputs[0, t] = C[word, t]
            for j in range(negative):
                row = drawn[centre, j]
                for t in range(d):
                    outputs[1 + j, t] = C[row, t]
            for t in range(d):
                hidden[t] = zero
                into_hidden[t] = zero
            i = 0
            while i + 2 <= k:
                row, other = contexts[i], contexts[i + 1]
                for t in range(d):
                    hidden[t] += W[row, t] + W[other, t]
                i += 2
            if i < k:
                row = contexts[i]
                for t in range(d):
                    hidden[t] += W[row, t]
            share = one / np.float32(k)
            for t in range(d):
                hidden[t] *= share
            for g in range(0, most, GROUP):
                s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
                for t in range(d):
                    h = hidden[t]
                    s0 += h * outputs[g, t]
                    s1 += h * outputs[g + 1, t]
                    s2 += h * outputs[g + 2, t]
                    s3 += h * outputs[g + 3, t]
                    s4 += h * outputs[g + 4, t]
                    s5 += h * outputs[g + 5, t]
                steps[g] = s0
                steps[g + 1] = s1
                steps[g + 2] = s2
                steps[g + 3] = s3
                steps[g + 4] = s4
                steps[g + 5] = s5
            windows += 1
            if windows % LOSS_EVERY == 0:
                pairs += 1
                for j in range(negative + 1):
                    if j == 0 or drawn[centre, j - 1] != word:
                        chance = sigmoid(steps[j])
                        right = chance if j == 0 else 1 - chance
                        summed -= np.log(max(right, np.float32(1e-6)))
            for j in range(most):
                steps[j] = -rate * sigmoid(steps[j])
            steps[0] += rate
            for j in range(negative):
                if drawn[centre, j] == word:
                    steps[1 + j] = zero
            for g in range(0, most, GROUP):
                s0, s1, s2 = steps[g], steps[g + 1], steps[g + 2]
                s3, s4, s5 = steps[g + 3], steps[g + 4], steps[g + 5]
                for t in range(d):
                    into_hidden[t] += (
                        s0 * outputs[g, t]
                        + s1 * outputs[g + 1, t]
                        + s2 * outputs[g + 2, t]
                        + s3 * outputs[g + 3, t]
                        + s4 * outputs[g + 4, t]
                        + s5 * outputs[g + 5, t]
                    )
            for j in range(negative + 1):
                row = word if j == 0 else drawn[centre, j - 1]
                step = steps[j]
                for t in range(d):
                    C[row, t] += step * hidden[t]
            for i in range(k):
                row = contexts[i]
                for t in range(d):
                    W[row, t] += into_hidden[t]
        if read > STEP:
            done[thread] += read
            read = 0
            rate = rate_at(start_rate, end_rate, done, total)
    done[thread] += read
    loss[thread, 0] += summed
    loss[thread, 1] += pairs
