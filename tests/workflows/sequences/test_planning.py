"""What trains and what tests: in order for texts, by lot and without leaks for pairs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from nlpwb.data.fingerprint import text_hash
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.language.blocks import BLOCK_BYTES
from nlpwb.workflows.sequences.planning import plan_pairs, plan_texts
from nlpwb.workflows.sequences.protocol import UNIT_BYTES

from .stubs import pairs, running

LINE = "a line of forty-nine letters, and one of a break.\n"


def lines(count: int) -> str:
    """Lines of fifty bytes, none like another."""
    return "".join(f"{i:08d} {LINE[9:]}" for i in range(count))


def test_the_end_of_a_text_is_the_test_part():
    """1,000 lines of 50 bytes: the last tenth is 5,000 bytes, five blocks."""
    facts = plan_texts(running(lines(1000)), None, test_size=None)
    assert (facts["split"], facts["place"], facts["test_size"]) == ("end", 900, 0.1)
    assert (facts["train_bytes"], facts["test_bytes"]) == (45_000, 5_000)
    assert facts["units"] == 5
    assert facts["warnings"] == [
        "the test text has 5 blocks of about 1,000 bytes, and intervals over fewer than 30 are rough; give a longer text, "
        "or a larger --test-size"
    ]


def test_the_protocol_tells_the_size_of_the_blocks():
    assert UNIT_BYTES == BLOCK_BYTES


def test_a_test_file_leaves_the_whole_text_for_training():
    facts = plan_texts(
        running(lines(100)), running("x" * 40_000 + "\n", "test.txt"), test_size=None
    )
    assert (facts["split"], facts["place"], facts["test"]) == ("file", None, "test.txt")
    assert facts["train_rows"] == 100


def test_texts_of_two_kinds_are_refused():
    """A running text against documents: their ends would count for one and not for the other."""
    documents = dataclasses.replace(running(lines(10), "table.csv"), running=False)
    with pytest.raises(
        InputError, match=r"text.txt is one running text and table.csv is documents"
    ):
        plan_texts(running(lines(10)), documents, test_size=None)


def test_a_test_text_that_stands_in_training_is_told():
    """Half of the test lines are known, and long enough to be no commonplace."""
    long = [f"{i} " + "x" * 200 + "\n" for i in range(200)]
    facts = plan_texts(
        running("".join(long)), running("".join(long[:50]) + "y" * 10_150 + "\n"), test_size=None
    )
    assert any("50 % of the test text are lines that stand in" in w for w in facts["warnings"])


@pytest.mark.parametrize("share", [0.0, 1.0, -1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(UsageError, match="--test-size must be between 0 and 1"):
        plan_texts(running(lines(10)), None, test_size=share)


def test_pairs_are_divided_by_lot_and_share_no_text(tmp_path):
    """Every source stands twice with other targets, and some targets twice: none is on both sides."""
    found = pairs(400)
    sources = [found.sources[i // 2] for i in range(400)]
    targets = [found.targets[min(i, 390)].upper() for i in range(400)]
    found = dataclasses.replace(found, sources=sources, targets=targets)
    facts = plan_pairs(tmp_path, found, None, test_size=0.25, seed=0)
    rows = {name: np.load(tmp_path / f"{name}.npy").tolist() for name in ("train", "test")}
    assert sorted([*rows["train"], *rows["test"]]) == list(range(400))
    assert len(rows["test"]) == facts["test_rows"] == pytest.approx(100, abs=2)
    for side in (sources, targets):
        train, test = ({text_hash(side[row]) for row in rows[name]} for name in rows)
        assert not train & test
    again = plan_pairs(tmp_path, found, None, test_size=0.25, seed=0)
    other = plan_pairs(tmp_path, found, None, test_size=0.25, seed=1)
    assert again["digests"] == facts["digests"] != other["digests"]


def test_no_more_than_two_thousand_pairs_are_held_out(tmp_path):
    facts = plan_pairs(tmp_path, pairs(21_000), None, test_size=None, seed=0)
    assert facts["test_rows"] == 2_000


def test_test_sources_that_are_known_are_told(tmp_path):
    facts = plan_pairs(tmp_path, pairs(150), pairs(100, "test.tsv"), test_size=None, seed=0)
    assert facts["warnings"] == [
        "100 of the 100 test sources also stand in the training pairs: they are remembered, not translated"
    ]
    assert not list(tmp_path.iterdir())


def test_pairs_that_hang_together_cannot_be_divided(tmp_path):
    found = dataclasses.replace(pairs(5), targets=["ja"] * 5)
    with pytest.raises(InputError, match="all targets are the same"):
        plan_pairs(tmp_path, found, None, test_size=None, seed=0)
    found = dataclasses.replace(pairs(3), sources=["a", "a", "b"], targets=["x", "y", "y"])
    with pytest.raises(InputError, match=r"cannot be divided|too few"):
        plan_pairs(tmp_path, found, None, test_size=None, seed=0)
