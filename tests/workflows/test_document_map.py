"""Documents on a map: labels and their colours, what is left out, and where a label's name stands."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from nlpwb.data.corpus import Document
from nlpwb.errors import InputError
from nlpwb.vectors.picture import Picture
from nlpwb.workflows import document_map
from nlpwb.workflows.document_map import clear_centres, map_documents
from nlpwb.workflows.prediction import Embedded


def embedded(labels: list[str | None], *, thin: bool = False) -> Embedded:
    """A document for each label; those of one label point into one direction."""
    names = sorted({label or "" for label in labels})
    draw = np.random.default_rng(0)
    rows = np.array(
        [np.eye(12)[names.index(label or "")] + 0.05 * draw.random(12) for label in labels]
    )
    documents = [
        Document(f"text  {n}\nof {label}", label, None, n + 2) for n, label in enumerate(labels)
    ]
    return Embedded("bow+nb", "some.csv", documents, sparse.csr_matrix(rows) if thin else rows)


def drawn(given: Embedded, *, projection: str = "pca") -> tuple[Picture, list[str]]:
    said: list[str] = []
    return map_documents(given, projection=projection, seed=0, warn=said.append), said


@pytest.mark.parametrize("thin", [False, True])
def test_labels_are_the_groups_in_the_order_of_their_names(thin: bool) -> None:
    """So the colours of a training and of a test part agree."""
    picture, said = drawn(embedded(["no", "yes", "yes", "maybe"] * 20, thin=thin))
    assert list(picture.groups) == ["maybe", "no", "yes"]
    assert [mark.group for mark in picture.marks[:4]] == [1, 2, 2, 0]
    assert picture.marks[0].text == "text 0 of no"
    assert picture.marks[0].row == 2
    assert picture.facts[:2] == ["80 documents", "vectors of bow+nb"]
    assert said == []
    assert not picture.labels
    places = {
        name: np.mean([(m.x, m.y) for m in picture.marks if m.group == group], axis=0)
        for group, name in enumerate(picture.groups)
    }
    for group, x, y in picture.centres:
        assert (x, y) == pytest.approx(tuple(places[picture.groups[group]]), abs=0.1)
    assert len(picture.centres) == 3


def test_beyond_eight_labels_the_rarest_share_a_colour() -> None:
    labels = [f"label {n}" for n in range(11) for _ in range(20 - n)]
    picture, _ = drawn(embedded(labels))
    assert len(picture.groups) == 8
    assert picture.groups[7] == "4 other labels"
    assert picture.groups[:7] == [f"label {n}" for n in range(7)]
    assert picture.marks[-1].group == 7


def test_without_labels_there_are_no_groups() -> None:
    picture, _ = drawn(embedded([None] * 5))
    assert (list(picture.groups), list(picture.centres)) == ([], [])
    assert {mark.group for mark in picture.marks} == {None}


def test_documents_without_known_words_are_left_out_and_counted() -> None:
    given = embedded(["a", "b"] * 3)
    given.matrix[1] = 0
    picture, said = drawn(given)
    assert [mark.row for mark in picture.marks] == [2, 4, 5, 6, 7]
    assert said == ["left out, because the model knows none of their words: 1 document"]


def test_of_too_many_documents_a_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(document_map.MOST, "pca", 10)
    first, said = drawn(embedded(["a", "b"] * 20))
    assert first.facts[0] == "10 of 40 documents, drawn at random (seed 0)"
    assert len(first.marks) == 10
    assert said == []
    assert drawn(embedded(["a", "b"] * 20))[0] == first


def test_too_few_documents_get_a_sentence() -> None:
    with pytest.raises(InputError) as caught:
        drawn(embedded(["a", "b"]))
    assert str(caught.value) == (
        "some.csv: 2 documents with vectors are too few for a map, 3 are needed; give more"
    )


def test_a_group_in_a_crowd_of_others_is_not_named() -> None:
    """Two groups apart have names; a third, strewn over both, has its middle among others."""
    draw = np.random.default_rng(0)
    apart = np.concatenate([draw.normal(size=(40, 2)), draw.normal(size=(40, 2)) + 20])
    strewn = apart[::4] + 0.1
    groups = [0] * 40 + [1] * 40 + [2] * 20
    found = clear_centres(np.concatenate([apart, strewn]), groups)
    assert [group for group, *_ in found][:2] == [0, 1]
    assert found[0][1:] == pytest.approx((0, 0), abs=0.5)
    mixed = clear_centres(draw.normal(size=(90, 2)), [0, 1, 2] * 30)
    assert mixed == []
