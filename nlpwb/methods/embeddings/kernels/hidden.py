"""What else goes through a mean of input rows: CBOW over subwords, and hierarchical softmax.

The input rows of word w are ``rows[row_offsets[w]:row_offsets[w + 1]]``: its own, and those of its n-grams (Bojanowski et al.
2017). The mean of the rows of all context words predicts the centre (CBOW), or that of the centre's rows predicts each context
word. Noise words are for CBOW alone: skip-gram with them has kernels of its own.
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
    learn_group,
    rate_at,
)


@kernel(
    "void(int32[::1], float32[:, ::1], float32[:, ::1], int64[::1], int64[::1], int32[::1],"
    " int64[::1], int32[::1], int64[::1], int32[::1], int8[::1], boolean,"
    " int64, int64, float64, float64, int64[::1], int64, int64, uint64, float64[:, ::1])"
)
def hidden_layer(
    ids: NDArray[np.int32],
    W: NDArray[np.float32],
    C: NDArray[np.float32],
    keep: NDArray[np.int64],
    threshold: NDArray[np.int64],
    alias: NDArray[np.int32],
    row_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
    path_offsets: NDArray[np.int64],
    points: NDArray[np.int32],
    codes: NDArray[np.int8],
    cbow: bool,
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
    """One block of ids; arguments as in ``skipgram.skipgram_negative``, and the rows and Huffman paths of every word.

    ``negative`` 0 stands for hierarchical softmax over the paths (Mikolov et al. 2013b, section 2.1); without ``cbow`` it is 0.
    """
    d = W.shape[1]
    vocabulary = keep.shape[0]
    zero, one = np.float32(0), np.float32(1)
    state = np.uint64(seed)
    kept = np.empty(LONGEST_SENTENCE, np.int32)
    # two windows at a time: the next is drawn, and its rows are asked for, before this one is worked on
    sizes = np.zeros(2, np.int64)
    contexts = np.empty((2, 2 * window), np.int32)
    drawn = np.empty((2, negative), np.int32)
    outputs = np.zeros(GROUP, np.int32)
    wanted = np.zeros(GROUP, np.float32)
    hidden = np.zeros(d, np.float32)
    into_hidden = np.zeros(d, np.float32)
    scratch = np.zeros((GROUP, d), np.float32)
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
                k = 0
                for place in range(max(0, later - reach), min(n, later + reach + 1)):
                    if place != later:
                        contexts[side, k] = kept[place]
                        k += 1
                sizes[side] = k
                if negative > 0:
                    fetch_row(C, word)
                for j in range(negative):
                    state = advance(state)
                    noise = (bits(state) * vocabulary) >> 31
                    state = advance(state)
                    if bits(state) >= threshold[noise]:
                        noise = np.int64(alias[noise])
                    drawn[side, j] = noise
                    fetch_row(C, noise)
                for i in range(k if cbow else 1):
                    source = contexts[side, i] if cbow else word
                    for r in range(row_offsets[source], row_offsets[source + 1]):
                        fetch_row(W, rows[r])
            if centre < 0:
                continue
            side = centre % 2
            word = kept[centre]
            k = sizes[side]
            for t in range(d):
                hidden[t] = zero
                into_hidden[t] = zero
            inputs = 0
            for i in range(k if cbow else 1):
                source = contexts[side, i] if cbow else word
                for r in range(row_offsets[source], row_offsets[source + 1]):
                    row = rows[r]
                    inputs += 1
                    for t in range(d):
                        hidden[t] += W[row, t]
            share = one / np.float32(inputs)
            for t in range(d):
                hidden[t] *= share
            windows += 1
            with_loss = windows % LOSS_EVERY == 0
            targets = 1 if cbow else k
            pairs += targets if with_loss else 0
            for i in range(targets):
                target = word if cbow else contexts[side, i]
                # a word and its noise words, or the inner nodes on its path, six at a time
                first = path_offsets[target] if negative == 0 else np.int64(0)
                last = path_offsets[target + 1] if negative == 0 else np.int64(negative + 1)
                size = 0
                for p in range(first, last):
                    if negative == 0:
                        outputs[size] = points[p]
                        wanted[size] = np.float32(1 - codes[p])
                        size += 1
                    elif p == 0:
                        outputs[size] = target
                        wanted[size] = one
                        size += 1
                    elif drawn[side, p - 1] != target:
                        outputs[size] = drawn[side, p - 1]
                        wanted[size] = zero
                        size += 1
                    if size == GROUP or (p == last - 1 and size > 0):
                        summed += learn_group(
                            hidden, into_hidden, C, outputs, wanted, size, rate, scratch, with_loss
                        )
                        size = 0
            for i in range(k if cbow else 1):
                source = contexts[side, i] if cbow else word
                for r in range(row_offsets[source], row_offsets[source + 1]):
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
