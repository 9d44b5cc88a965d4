"""Skip-gram with negative sampling, a window at a time.

Every word of a window predicts its centre, against noise words that are drawn once and serve the whole window (Ji et al. 2016,
arXiv:1604.04661); shared by two windows they took a thirteenth off the analogies (.346 to .322 on 13 million words). A window is
then three small matrix products, of context rows (k, d) and output rows (1 + negative, d): scores, and the gradients of either
side, from copies of the rows; each row of the tables is read once and written once.

Threads call this side by side on the same tables without locks; an update may be lost where two meet in one row, which costs
nothing measurable (Recht et al. 2011, Hogwild). One thread gives the same tables for the same seed.
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
def skipgram_negative(
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
    """Skip-gram with negative sampling (Mikolov et al. 2013b, equation 4) on a block of ids, -1 behind each sentence.

    ``W`` float32 (V, d) are the word vectors, ``C`` float32 (V, d) the output rows. ``keep``, ``threshold`` and ``alias`` are
    the tables of ``formulas`` in 31-bit integers. ``done`` int64 (threads,) counts the words read by each thread, ``total`` is
    what it comes to at the end of the last epoch. ``loss`` float64 (threads, 2) gathers summed loss and number of true pairs.
    """
    d = W.shape[1]
    vocabulary = keep.shape[0]
    zero = np.float32(0)
    state = np.uint64(seed)
    kept = np.empty(LONGEST_SENTENCE, np.int32)
    reaches = np.empty(LONGEST_SENTENCE, np.int32)
    drawn = np.empty((LONGEST_SENTENCE, negative), np.int32)
    contexts = np.empty(2 * window, np.int32)
    most = (negative + GROUP) // GROUP * GROUP  # 1 + negative, rounded up to whole groups
    outputs = np.zeros(most, np.int32)
    inputs_copy = np.zeros((2 * window, d), np.float32)
    outputs_copy = np.zeros((most, d), np.float32)
    S = np.zeros(2 * window * most, np.float32)  # scores, then steps: k lines of ``most``
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
        # all that is random is drawn before the windows are worked on, so that rows can be asked for ahead of their use
        for centre in range(n if n > 1 else 0):
            state = advance(state)
            reaches[centre] = window - bits(state) % window
            for i in range(negative):
                state = advance(state)
                noise = (bits(state) * vocabulary) >> 31
                state = advance(state)
                if bits(state) >= threshold[noise]:
                    noise = np.int64(alias[noise])
                drawn[centre, i] = noise
        for place in range(min(n, window + AHEAD)):
            fetch_row(W, kept[place])
        for centre in range(min(n, AHEAD)):
            fetch_row(C, kept[centre])
        if n > 1:
            for i in range(negative):
                fetch_row(C, drawn[0, i])
        for centre in range(n if n > 1 else 0):
            later = centre + AHEAD
            if later < n:
                fetch_row(C, kept[later])
                for i in range(negative):
                    fetch_row(C, drawn[later, i])
            if later + window < n:
                fetch_row(W, kept[later + window])
            word = kept[centre]
            reach = reaches[centre]
            k = 0
            for place in range(max(0, centre - reach), min(n, centre + reach + 1)):
                if place != centre:
                    contexts[k] = kept[place]
                    k += 1
            outputs[0] = word
            m = 1
            for i in range(negative):
                if drawn[centre, i] != word:
                    outputs[m] = drawn[centre, i]
                    m += 1
            for j in range(m):
                row = outputs[j]
                for t in range(d):
                    outputs_copy[j, t] = C[row, t]
            for j in range(m, most):
                for t in range(d):
                    outputs_copy[j, t] = zero
            for i in range(k):
                row = contexts[i]
                for t in range(d):
                    inputs_copy[i, t] = W[row, t]
            for i in range(k):
                for g in range(0, most, GROUP):
                    s0, s1, s2, s3, s4, s5 = zero, zero, zero, zero, zero, zero
                    for t in range(d):
                        w = inputs_copy[i, t]
                        s0 += w * outputs_copy[g, t]
                        s1 += w * outputs_copy[g + 1, t]
                        s2 += w * outputs_copy[g + 2, t]
                        s3 += w * outputs_copy[g + 3, t]
                        s4 += w * outputs_copy[g + 4, t]
                        s5 += w * outputs_copy[g + 5, t]
                    at_s = i * most + g
                    S[at_s] = s0
                    S[at_s + 1] = s1
                    S[at_s + 2] = s2
                    S[at_s + 3] = s3
                    S[at_s + 4] = s4
                    S[at_s + 5] = s5
            windows += 1
            if windows % LOSS_EVERY == 0:
                for i in range(k):
                    for j in range(m):
                        chance = sigmoid(S[i * most + j])
                        right = chance if j == 0 else 1 - chance
                        summed -= np.log(max(right, np.float32(1e-6)))
                pairs += k
            # from scores to steps, rate * (wanted - sigmoid): one flat loop, which becomes vector instructions
            for x in range(k * most):
                S[x] = -rate * sigmoid(S[x])
            for i in range(k):
                S[i * most] += rate
                for j in range(m, most):
                    S[i * most + j] = zero
            for i in range(k):
                row = contexts[i]
                for g in range(0, most, GROUP):
                    at_s = i * most + g
                    s0, s1, s2 = S[at_s], S[at_s + 1], S[at_s + 2]
                    s3, s4, s5 = S[at_s + 3], S[at_s + 4], S[at_s + 5]
                    for t in range(d):
                        W[row, t] += (
                            s0 * outputs_copy[g, t]
                            + s1 * outputs_copy[g + 1, t]
                            + s2 * outputs_copy[g + 2, t]
                            + s3 * outputs_copy[g + 3, t]
                            + s4 * outputs_copy[g + 4, t]
                            + s5 * outputs_copy[g + 5, t]
                        )
            for j in range(m):
                row = outputs[j]
                i = 0
                while i + 4 <= k:
                    at_s = i * most + j
                    s0, s1 = S[at_s], S[at_s + most]
                    s2, s3 = S[at_s + 2 * most], S[at_s + 3 * most]
                    for t in range(d):
                        C[row, t] += (
                            s0 * inputs_copy[i, t]
                            + s1 * inputs_copy[i + 1, t]
                            + s2 * inputs_copy[i + 2, t]
                            + s3 * inputs_copy[i + 3, t]
                        )
                    i += 4
                while i + 2 <= k:
                    s0, s1 = S[i * most + j], S[(i + 1) * most + j]
                    for t in range(d):
                        C[row, t] += s0 * inputs_copy[i, t] + s1 * inputs_copy[i + 1, t]
                    i += 2
                if i < k:
                    s0 = S[i * most + j]
                    for t in range(d):
                        C[row, t] += s0 * inputs_copy[i, t]
        if read > STEP:
            done[thread] += read
            read = 0
            rate = rate_at(start_rate, end_rate, done, total)
    done[thread] += read
    loss[thread, 0] += summed
    loss[thread, 1] += pairs
