"""CBOW with negative sampling, two windows at a time.

The mean of the rows of a window predicts its centre (Mikolov et al. 2013a, section 3.1). Two neighbouring windows share their
noise words: it is for the rows of these that the loop waits, and each is read once and written once for both windows.
Everything else is done window by window.
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

SHARED = 2
"""Neighbouring windows that share their noise words. With 4 a tenth less time, and analogies .313 in place of .343 on 13 million
words of Wikipedia (gensim, whose every window has its own: .332)."""


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
    drawn = np.empty((LONGEST_SENTENCE // SHARED + 1, negative), np.int32)
    contexts = np.empty(2 * window, np.int32)
    most = (
        (negative + GROUP) // GROUP * GROUP
    )  # the centre and its noise, rounded up to whole groups
    # line 0 is the centre's; what is past the noise stays zero
    outputs = np.zeros((most, d), np.float32)
    hidden = np.zeros((SHARED, d), np.float32)
    into_hidden = np.zeros(d, np.float32)
    steps = np.zeros((SHARED, most), np.float32)
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
            if centre % SHARED == 0:
                for j in range(negative):
                    state = advance(state)
                    noise = (bits(state) * vocabulary) >> 31
                    state = advance(state)
                    if bits(state) >= threshold[noise]:
                        noise = np.int64(alias[noise])
                    drawn[centre // SHARED, j] = noise
        for j in range(negative):
            fetch_row(C, drawn[0, j])
        for place in range(min(n, SHARED)):
            fetch_row(C, kept[place])
        for place in range(min(n, SHARED + window)):
            fetch_row(W, kept[place])
        for first in range(0, n, SHARED):
            own = first // SHARED
            size = min(SHARED, n - first)
            following = first + SHARED
            if following < n:
                for j in range(negative):
                    fetch_row(C, drawn[own + 1, j])
                for place in range(following, min(n, following + SHARED)):
                    fetch_row(C, kept[place])
                for place in range(following + window, min(n, following + SHARED + window)):
                    fetch_row(W, kept[place])
            for j in range(negative):
                row = drawn[own, j]
                for t in range(d):
                    outputs[1 + j, t] = C[row, t]
            for w in range(size):
                centre = first + w
                word = kept[centre]
                reach = reaches[centre]
                k = 0
                for place in range(max(0, centre - reach), min(n, centre + reach + 1)):
                    if place != centre:
                        contexts[k] = kept[place]
                        k += 1
                for t in range(d):
                    hidden[w, t] = zero
                    into_hidden[t] = zero
                    outputs[0, t] = C[word, t]
                i = 0
                while i + 2 <= k:
                    row, other = contexts[i], contexts[i + 1]
                    for t in range(d):
                        hidden[w, t] += W[row, t] + W[other, t]
                    i += 2
                if i < k:
                    row = contexts[i]
                    for t in range(d):
                        hidden[w, t] += W[row, t]
                share = one / np.float32(k)
                for t in range(d):
                    hidden[w, t] *= share
                for g in range(0, most, GROUP):
                    s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
                    for t in range(d):
                        h = hidden[w, t]
                        s0 += h * outputs[g, t]
                        s1 += h * outputs[g + 1, t]
                        s2 += h * outputs[g + 2, t]
                        s3 += h * outputs[g + 3, t]
                        s4 += h * outputs[g + 4, t]
                        s5 += h * outputs[g + 5, t]
                    steps[w, g] = s0
                    steps[w, g + 1] = s1
                    steps[w, g + 2] = s2
                    steps[w, g + 3] = s3
                    steps[w, g + 4] = s4
                    steps[w, g + 5] = s5
                windows += 1
                if windows % LOSS_EVERY == 0:
                    pairs += 1
                    for j in range(negative + 1):
                        if j == 0 or drawn[own, j - 1] != word:
                            chance = sigmoid(steps[w, j])
                            right = chance if j == 0 else 1 - chance
                            summed -= np.log(max(right, np.float32(1e-6)))
                for j in range(most):
                    steps[w, j] = -rate * sigmoid(steps[w, j])
                steps[w, 0] += rate
                for j in range(negative):
                    if drawn[own, j] == word:
                        steps[w, 1 + j] = zero
                for g in range(0, most, GROUP):
                    s0, s1, s2 = steps[w, g], steps[w, g + 1], steps[w, g + 2]
                    s3, s4, s5 = steps[w, g + 3], steps[w, g + 4], steps[w, g + 5]
                    for t in range(d):
                        into_hidden[t] += (
                            s0 * outputs[g, t]
                            + s1 * outputs[g + 1, t]
                            + s2 * outputs[g + 2, t]
                            + s3 * outputs[g + 3, t]
                            + s4 * outputs[g + 4, t]
                            + s5 * outputs[g + 5, t]
                        )
                step = steps[w, 0]
                for t in range(d):
                    C[word, t] += step * hidden[w, t]
                for i in range(k):
                    row = contexts[i]
                    for t in range(d):
                        W[row, t] += into_hidden[t]
            for w in range(size, SHARED):
                for j in range(negative):
                    steps[w, 1 + j] = zero
            for j in range(negative):
                row = drawn[own, j]
                s0, s1 = steps[0, 1 + j], steps[1, 1 + j]
                for t in range(d):
                    C[row, t] += s0 * hidden[0, t] + s1 * hidden[1, t]
        if read > STEP:
            done[thread] += read
            read = 0
            rate = rate_at(start_rate, end_rate, done, total)
    done[thread] += read
    loss[thread, 0] += summed
    loss[thread, 1] += pairs
