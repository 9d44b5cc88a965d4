"""``words train`` below the command line: the same bytes again, resumed after a kill, one encoding for all trainings."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.specs import parse_spec
from nlpwb.vectors.folder import GRAPH, read_folder
from nlpwb.workflows.words.corpus import encoded_corpus
from nlpwb.workflows.words.training import TrainedWords, TrainingProgress, train_words
from tests.methods.embedding import corpus

SPEC = "skipgram:dim=12,epochs=6,sample=0.0"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("\n".join(corpus(200)[0]) + "\n", encoding="utf-8")
    return path


def train(text: Path, target: Path, cache: Path, spec: str = SPEC, **more: object) -> TrainedWords:
    options: dict[str, object] = {"seed": 3, "threads": 1, **more}
    return train_words(
        parse_spec(spec),
        str(text),
        ReadOptions(labelled=False),
        target,
        cache=Cache(cache),
        **options,
    )  # type: ignore[arg-type]


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "vectors.npy").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "spec", [SPEC, "cbow:dim=12,epochs=3", "fasttext:dim=12,epochs=3,buckets=300", SPEC + ",hs=yes"]
)
def test_one_thread_gives_the_same_bytes_in_another_process(
    spec: str, text: Path, tmp_path: Path
) -> None:
    train(text, tmp_path / "here", tmp_path / "cache", spec)
    line = [sys.executable, "-m", "nlpwb", "words", "train", spec, str(text), "--deterministic"]
    line += ["-o", str(tmp_path / "there"), "--seed", "3", "--cache-dir", str(tmp_path / "other")]
    subprocess.run(line, check=True, capture_output=True)
    assert digest(tmp_path / "here") == digest(tmp_path / "there")
    train(text, tmp_path / "seed", tmp_path / "cache", spec, seed=4)
    assert digest(tmp_path / "seed") != digest(tmp_path / "here")


def test_an_interrupted_training_goes_on_and_ends_in_the_same_bytes(
    text: Path, tmp_path: Path
) -> None:
    whole = train(text, tmp_path / "whole", tmp_path / "a")
    assert whole.resumed == 0

    def interrupt(progress: TrainingProgress) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "x", tmp_path / "b", progress=interrupt, worth_keeping=0.0)
    assert not (tmp_path / "x").exists()
    notes: list[str] = []
    resumed = train(text, tmp_path / "x", tmp_path / "b", note=notes.append)
    assert resumed.resumed == 3
    assert "going on after epoch 3 of 6, where an earlier run stopped" in notes
    assert digest(tmp_path / "x") == digest(tmp_path / "whole")
    # nothing is left to be resumed
    assert list((tmp_path / "b" / "word-vectors-epoch").iterdir()) == []


def test_killed_at_once_it_resumes(text: Path, tmp_path: Path) -> None:
    """``kill -9`` asks nobody: what the cache holds by then must be enough, and sound."""
    program = f"""
import os, signal
from pathlib import Path
from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.specs import parse_spec
from nlpwb.workflows.words.training import train_words
def die(progress):
    if progress.epoch == 4:
        os.kill(os.getpid(), signal.SIGKILL)
train_words(parse_spec({SPEC!r}), {str(text)!r}, ReadOptions(labelled=False), Path({str(tmp_path / "x")!r}),
            seed=3, threads=1, cache=Cache(Path({str(tmp_path / "b")!r})), progress=die, worth_keeping=0.0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "x").exists()
    assert train(text, tmp_path / "x", tmp_path / "b").resumed == 4
    train(text, tmp_path / "whole", tmp_path / "a")
    assert digest(tmp_path / "x") == digest(tmp_path / "whole")


def test_what_one_training_kept_is_of_no_use_to_another(text: Path, tmp_path: Path) -> None:
    def interrupt(progress: TrainingProgress) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "x", tmp_path / "b", progress=interrupt, worth_keeping=0.0)
    assert train(text, tmp_path / "x", tmp_path / "b", seed=5).resumed == 0
    assert train(text, tmp_path / "x", tmp_path / "b", SPEC + ",window=3").resumed == 0
    text.write_text(text.read_text() + "one more harbor\n")
    assert train(text, tmp_path / "x", tmp_path / "b").resumed == 0


def test_a_corpus_is_encoded_once(text: Path, tmp_path: Path) -> None:
    """Other options of the training share the encoding; another ``min_count`` needs one of its own."""
    cache = tmp_path / "cache"
    for spec in (SPEC, "cbow:epochs=1,dim=5", "skipgram:epochs=1,min_count=9"):
        train(text, tmp_path / "v", cache, spec)
    assert len(list((cache / "encoded-corpus").iterdir())) == 2


def test_an_encoded_corpus_is_what_the_text_says(tmp_path: Path) -> None:
    text = tmp_path / "in.txt"
    text.write_text("The cat, the CAT!\n\n a b\nthe dog\n")
    config = parse_spec("skipgram").representation.config
    with encoded_corpus(
        str(text), ReadOptions(), config, min_count=1, cache=Cache(tmp_path / "c")
    ) as (encoded, facts):
        assert isinstance(encoded.ids, np.memmap)
        assert list(encoded.words) == ["the", "cat", "dog"]
        assert encoded.counts.tolist() == [3, 2, 1]
        assert encoded.ids.tolist() == [0, 1, 0, 1, -1, 0, 2, -1]
        assert (facts["documents"], facts["tokens"], facts["types"]) == (3, 6, 3)


def test_the_folder_says_how_it_was_made(text: Path, tmp_path: Path) -> None:
    trained = train(text, tmp_path / "v", tmp_path / "cache")
    manifest = json.loads((tmp_path / "v" / "manifest.json").read_text())
    facts = manifest["facts"]
    assert facts["method"] == SPEC
    assert facts["seed"] == 3
    assert facts["corpus"] == str(text)
    assert len(facts["fingerprint"]) == 64
    assert facts["options"]["negative"] == 5  # defaults too: a later version may have others
    assert trained.words == manifest["words"] == len(read_folder(tmp_path / "v", verify=True))
    assert trained.bytes == sum(p.stat().st_size for p in (tmp_path / "v").iterdir())


def test_what_cannot_be_trained_is_said_before_anything_is_read(text: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(UsageError, match="doc2vec trains no word vectors; take skipgram, cbow"):
        train(text, tmp_path / "v", cache, "doc2vec")
    with pytest.raises(UsageError, match=r"word vectors have no use for \+svm; leave it out"):
        train(text, tmp_path / "v", cache, "skipgram+svm")
    with pytest.raises(MethodError, match="lower min_count"):
        train(text, tmp_path / "v", cache, "skipgram:min_count=100000")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="something else than word vectors stands there"):
        train(text, tmp_path / "taken", cache)
    with pytest.raises(InputError, match="does not exist; make it first"):
        train(text, tmp_path / "no" / "v", cache)
    assert not (tmp_path / "v").exists()
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["letter.txt"]


def test_an_index_that_leaves_with_its_vectors_is_told(text: Path, tmp_path: Path) -> None:
    """Questions with --approximate would fail from now on, and nobody would know why."""
    notes: list[str] = []
    train(text, tmp_path / "x", tmp_path / "cache", note=notes.append)
    (tmp_path / "x" / GRAPH).write_bytes(b"an index")
    assert not any("index" in line for line in notes)
    train(text, tmp_path / "x", tmp_path / "cache", note=notes.append)
    assert f"`nlpwb words index {tmp_path / 'x'}` makes it anew" in notes[-1]
