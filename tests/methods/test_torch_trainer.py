"""The batched trainer: a step against autograd, its windows against a loop, and the quality of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.errors import UsageError
from nlpwb.methods.embeddings import torch_trainer
from nlpwb.methods.embeddings.encoding import encode
from nlpwb.methods.embeddings.torch_trainer import (
    Windows,
    batch_size,
    cbow_step,
    skipgram_step,
    thinned,
    train_on_device,
    windows_of,
)
from nlpwb.methods.embeddings.trainer import train
from nlpwb.text.words import words
from nlpwb.vectors.table import WordVectors
from tests.methods.embedding import TOPICS, config, corpus

CORPUS = encode([words(text) for text in corpus(200)[0]], min_count=2)


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tables(size: int = 7, dim: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = random(5)
    return torch.randn(size, dim, generator=generator), torch.randn(size, dim, generator=generator)


WINDOWS = Windows(
    torch.tensor([0, 3, 0, 2]), torch.tensor([[1, 2, -1], [4, -1, 3], [5, 1, 1], [-1, -1, -1]])
)
NOISE = torch.tensor([[5, 6], [3, 2], [1, 1], [0, 4]])  # 3 is the second window's centre: left out


def objective(W: Any, C: Any, method: str) -> Any:
    """Minus the logarithm of the chance of what is true, window by window, as the paper writes it."""
    total = torch.zeros(())
    for centre, contexts, noise in zip(
        WINDOWS.centres.tolist(), WINDOWS.contexts.tolist(), NOISE.tolist(), strict=True
    ):
        held = [W[word] for word in contexts if word >= 0]
        if method == "cbow" and held:
            # word2vec moves each word of the window by the whole gradient of the mean
            mean = torch.stack(held).mean(dim=0).detach()
            held = [mean + sum(row - row.detach() for row in held)]
        for hidden in held:
            total = total - torch.nn.functional.logsigmoid(hidden @ C[centre])
            for word in noise:
                if word != centre:
                    total = total - torch.nn.functional.logsigmoid(-hidden @ C[word])
    return total


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_a_step_is_the_gradient(method: str) -> None:
    """Words that occur several times in a batch, short windows, one without a word, noise that is the centre."""
    W, C = tables()
    by_hand = [table.clone().requires_grad_() for table in (W, C)]
    wanted = objective(*by_hand, method)
    wanted.backward()
    step = skipgram_step if method == "skipgram" else cbow_step
    loss, pairs = step(W, C, WINDOWS, NOISE, 0.1).tolist()
    assert pairs == (7 if method == "skipgram" else 3)
    assert loss == pytest.approx(wanted.item(), rel=1e-4)
    for moved, start in zip((W, C), by_hand, strict=True):
        torch.testing.assert_close(moved, (start - 0.1 * start.grad).detach())


@pytest.mark.parametrize("step", [skipgram_step, cbow_step])
def test_the_loss_of_true_pairs(step: Any) -> None:
    """With C of zeros every chance is a half: log 2 for a pair and for each of its 5 noise words; the centre is none."""
    W, _ = tables()
    noise = torch.tensor([[5, 6, 1, 2, 3], [0, 1, 2, 4, 5], [1, 1, 1, 6, 6], [0, 1, 3, 4, 5]])
    loss, pairs = step(W, torch.zeros(7, 4), WINDOWS, noise, 0.1).tolist()
    assert loss / pairs == pytest.approx(6 * np.log(2))
    alike = WINDOWS.centres[:, None].expand(4, 5)
    loss, pairs = step(W, torch.zeros(7, 4), WINDOWS, alike, 0.1).tolist()
    assert loss / pairs == pytest.approx(np.log(2))


def test_a_word_of_many_windows_takes_a_bounded_step() -> None:
    """A hundred equal windows move a row as far as MOST_STEPS of them."""
    moved = []
    for copies in (int(torch_trainer.MOST_STEPS), 100):
        W, C = tables()
        start = C.clone()
        windows = Windows(torch.zeros(copies, dtype=torch.int64), torch.ones(copies, 1).long())
        skipgram_step(W, C, windows, torch.zeros(copies, 0).long(), 0.001)
        moved.append(C[0] - start[0])
    torch.testing.assert_close(moved[0], moved[1])


def test_windows_are_those_of_the_loop() -> None:
    """Each word once, a reach of 1 to window, never past the end of a sentence; word 4 has no neighbours."""
    ids = torch.tensor([0, 1, 2, 3, -1, 4, -1, 5, 6, -1])
    reaches = set()
    for seed in range(30):
        found: dict[int, list[int]] = {}
        shares = []
        for share, windows in windows_of(ids, 2, 3, random(seed)):
            shares.append(share)
            assert len(windows.centres) <= 3
            for centre, contexts in zip(
                windows.centres.tolist(), windows.contexts.tolist(), strict=True
            ):
                assert centre not in found
                found[centre] = [word for word in contexts if word >= 0]
        assert shares == pytest.approx([0, 3 / 7, 6 / 7])
        assert set(found) == {0, 1, 2, 3, 4, 5, 6}
        assert found[4] == []
        assert found[5] == [6]
        assert found[6] == [5]
        assert found[0] in ([1], [1, 2])
        assert found[1] in ([0, 2], [0, 2, 3])
        assert found[3] in ([2], [1, 2])
        reaches.add(len(found[1]))
    assert reaches == {2, 3}


def test_thinning_keeps_the_ends_of_sentences() -> None:
    ids = torch.tensor([0, 1, -1, 0, -1])
    assert thinned(ids, torch.tensor([0.0, 1.0]), random()).tolist() == [1, -1, -1]
    many = torch.zeros(10_000, dtype=torch.int64)
    assert len(thinned(many, torch.tensor([0.25]), random())) == pytest.approx(2500, abs=250)


def separation(vectors: WordVectors) -> float:
    """How much nearer words stand to their own topic than to the other, mean cosine."""
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    place = {word: units[number] for number, word in enumerate(vectors.words)}
    sea, kitchen = (
        np.array([place[word] for word in TOPICS[topic] if word in place]) for topic in TOPICS
    )
    return float(
        ((sea @ sea.T).mean() + (kitchen @ kitchen.T).mean()) / 2 - (sea @ kitchen.T).mean()
    )


@pytest.mark.parametrize("spec", ["skipgram", "cbow"])
def test_topics_come_apart_as_far_as_with_the_kernels(spec: str) -> None:
    options = config(f"{spec}:dim=10,epochs=40,learning_rate=0.05,sample=0")
    kernels = separation(train(CORPUS, options, seed=0, threads=1))
    batched = separation(train_on_device(CORPUS, options, seed=0, device="cpu"))
    assert kernels > 0.5
    assert batched > 0.8 * kernels


@pytest.mark.parametrize("spec", ["skipgram", "cbow"])
def test_the_loss_is_that_of_the_kernels(spec: str) -> None:
    """The same quantity, which starts at 6 log 2 and falls; the kernels look at one window of sixteen, and take more steps."""
    options = config(f"{spec}:dim=10,epochs=40,learning_rate=0.05,sample=0")
    losses = []
    for trainer in (
        lambda told: train(CORPUS, options, seed=0, threads=1, progress=told),
        lambda told: train_on_device(CORPUS, options, seed=0, device="cpu", progress=told),
    ):
        of_epoch: dict[int, float] = {}
        trainer(lambda epoch, _, loss, of_epoch=of_epoch: of_epoch.update({epoch: loss}))
        losses.append(of_epoch)
    kernels, batched = losses
    assert batched[0] == pytest.approx(6 * np.log(2), rel=0.2)  # a noise word in 17 is the centre
    assert batched[39] < 0.95 * batched[0]
    assert kernels[0] <= batched[0] * 1.05
    assert batched[39] == pytest.approx(kernels[39], abs=1.4)


@pytest.mark.parametrize("spec", ["skipgram", "cbow"])
def test_one_seed_gives_one_set_of_vectors(spec: str) -> None:
    options = config(f"{spec}:dim=6,epochs=2")
    first, same, other = (
        train_on_device(CORPUS, options, seed=seed, device="cpu") for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.vectors, same.vectors)
    assert not np.array_equal(first.vectors, other.vectors)
    assert first.vectors.dtype == np.float32
    assert list(first.words) == list(CORPUS.words)


def test_progress_is_told_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks an epoch: the share rises to 1, the loss is a mean over pairs."""
    monkeypatch.setattr(torch_trainer, "_BLOCK", 500)
    told: list[tuple[int, float, float]] = []
    train_on_device(
        CORPUS,
        config("skipgram:dim=4,epochs=2"),
        seed=0,
        device="cpu",
        progress=lambda *one: told.append(one),
    )
    shares = [share for _, share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert {epoch for epoch, _, _ in told} == {0, 1}
    assert all(0 < loss < 5 for _, _, loss in told)


def test_batches_follow_the_corpus() -> None:
    """A thousandth of it, so that even a small corpus moves often; never more than the device likes."""
    assert batch_size(1_000, "cpu") == 256
    assert batch_size(1_000_000, "cpu") == 1_000
    assert batch_size(10**9, "cpu") == 2_048
    assert batch_size(10**9, "cuda:1") == 8_192


@pytest.mark.parametrize("spec", ["fasttext", "skipgram:hs=yes,negative=0", "cbow:hs=yes"])
def test_what_has_no_batched_form_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match=r"^--device cpu trains skipgram and cbow .*; leave"):
        train_on_device(CORPUS, config(spec), seed=0, device="cpu")


def test_another_engine_is_refused() -> None:
    """Not silently trained by ours."""
    with pytest.raises(UsageError) as caught:
        train_on_device(CORPUS, config("skipgram:engine=gensim"), seed=0, device="cpu")
    assert str(caught.value) == (
        "--device cpu and engine=gensim contradict each other: gensim trains on the processor alone; "
        "leave one of them out"
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is here")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"^--device cuda: there is no such device here; leave"):
        train_on_device(CORPUS, config("skipgram"), seed=0, device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
@pytest.mark.parametrize("spec", ["skipgram", "cbow"])
def test_topics_come_apart_on_cuda(spec: str) -> None:
    options = config(f"{spec}:dim=10,epochs=40,learning_rate=0.05,sample=0")
    assert separation(train_on_device(CORPUS, options, seed=0, device="cuda")) > 0.5
