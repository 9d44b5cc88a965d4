"""The approximate index: what it finds, and what is said where it cannot be used."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import InputError, ModelError
from nlpwb.vectors.folder import FACTS, GRAPH, read_folder, write_folder
from nlpwb.vectors.index import Index, build_index, nearest_by_index, open_index
from nlpwb.vectors.neighbors import nearest
from nlpwb.vectors.table import WordVectors
from tests.vectors.small import random_table


def built(folder: Path, vectors: WordVectors) -> Index:
    write_folder(folder, vectors, {})
    table = read_folder(folder)
    return build_index(folder, table, connectivity=16, expansion_add=128, expansion_search=128)


def test_without_usearch_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "w", random_table(5, 3), {})
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(InputError, match=r"needs usearch: pip install 'nlpwb\[index\]'$"):
        build_index(
            tmp_path / "w",
            random_table(5, 3),
            connectivity=16,
            expansion_add=64,
            expansion_search=64,
        )


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    write_folder(tmp_path / "w", random_table(5, 3), {})
    with pytest.raises(InputError, match="has no index; make one with: nlpwb words index"):
        open_index(tmp_path / "w")


class TestWithUsearch:
    """Where the extra is installed."""

    @pytest.fixture(autouse=True)
    def _usearch(self) -> None:
        pytest.importorskip("usearch.index", reason="usearch, the extra `index`, is not installed")

    def test_it_finds_nearly_all_and_says_how_much(self, tmp_path: Path) -> None:
        """Recall as it is written is that of a sample; here over all words. What is found has its exact cosine."""
        vectors = random_table(2000, 16)
        made = built(tmp_path / "w", vectors)
        index = open_index(tmp_path / "w")
        own = [{row} for row in range(2000)]
        exact, cosines = nearest(vectors, vectors.vectors, k=10, exclude=own)
        found, near = nearest_by_index(vectors, index, vectors.vectors, k=10, exclude=own)
        shared = [len(set(a) & set(b)) for a, b in zip(exact, found, strict=True)]
        recall = sum(shared) / exact.size
        assert recall > 0.9
        assert index.facts == made.facts
        assert index.facts.recall == pytest.approx(recall, abs=0.05)
        whole = np.array(shared) == 10
        assert near[whole] == pytest.approx(cosines[whole], abs=1e-6)
        assert not (found == np.arange(2000)[:, None]).any()

    def test_one_query_is_answered_as_in_a_batch(self, tmp_path: Path) -> None:
        vectors = random_table(300, 8)
        index = built(tmp_path / "w", vectors)
        rows, cosines = nearest_by_index(vectors, index, vectors.vectors[:5], k=4)
        one, near = nearest_by_index(vectors, index, vectors.vectors[3:4], k=4)
        assert one[0].tolist() == rows[3].tolist()
        assert near[0] == pytest.approx(cosines[3])
        assert one[0, 0] == 3

    def test_zeros_and_missing_answers(self, tmp_path: Path) -> None:
        """Three words, one of zeros: it is no answer, and asks for none."""
        table = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0]], dtype=np.float32)
        vectors = WordVectors(["a", "zero", "b"], table)
        index = built(tmp_path / "w", vectors)
        rows, cosines = nearest_by_index(vectors, index, table, k=3, exclude=[{0}, {1}, {2}])
        assert rows.tolist() == [[2, -1, -1], [-1, -1, -1], [0, -1, -1]]
        assert np.isnan(cosines).tolist() == (rows < 0).tolist()
        assert cosines[0, 0] == pytest.approx(0.5**0.5)

    def test_an_index_of_other_vectors_is_refused(self, tmp_path: Path) -> None:
        built(tmp_path / "a", random_table(20, 3, seed=1))
        write_folder(tmp_path / "b", random_table(20, 3, seed=2), {})
        for name in (GRAPH, FACTS):
            (tmp_path / "b" / name).write_bytes((tmp_path / "a" / name).read_bytes())
        with pytest.raises(ModelError, match="belongs to other vectors; make it again with"):
            open_index(tmp_path / "b")

    @pytest.mark.parametrize("name", [GRAPH, FACTS])
    @pytest.mark.parametrize("content", [b"", b"{}", b"nonsense " * 50])
    def test_a_damaged_index_is_refused(self, tmp_path: Path, name: str, content: bytes) -> None:
        folder = tmp_path / "w"
        built(folder, random_table(20, 3))
        (folder / name).write_bytes(content)
        with pytest.raises(ModelError, match="make it again with: nlpwb words index"):
            open_index(folder)

    def test_an_index_that_is_cut_off_is_refused(self, tmp_path: Path) -> None:
        """usearch would map it and read beyond its end."""
        folder = tmp_path / "w"
        built(folder, random_table(200, 3))
        whole = (folder / GRAPH).read_bytes()
        (folder / GRAPH).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ModelError, match="is not what was written"):
            open_index(folder)

    def test_new_vectors_in_the_same_place_have_no_index(self, tmp_path: Path) -> None:
        """A folder is replaced whole."""
        built(tmp_path / "w", random_table(20, 3))
        write_folder(tmp_path / "w", random_table(20, 3, seed=5), {})
        assert not (tmp_path / "w" / GRAPH).exists()

    def test_a_table_of_zeros_has_nothing_to_index(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="all zeros, and there is nothing to index"):
            built(tmp_path / "w", WordVectors(["a", "b"], np.zeros((2, 3), np.float32)))
        assert not (tmp_path / "w" / GRAPH).exists()

    def test_the_facts_are_plain_json(self, tmp_path: Path) -> None:
        built(tmp_path / "w", random_table(20, 3))
        facts = json.loads((tmp_path / "w" / FACTS).read_text())
        assert (facts["words"], facts["sampled"], facts["connectivity"]) == (20, 20, 16)
        assert 0.9 < facts["recall"] <= 1
