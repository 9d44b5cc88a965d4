"""A model judged on documents as they are read: what is kept of them, and when a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError
from nlpwb.specs import parse_spec
from nlpwb.workflows import evaluating
from nlpwb.workflows.evaluating import Evaluation, evaluate
from nlpwb.workflows.training import train

TEXTS = [f"{'solid' if n % 3 else 'wobbly'} chair number {n} {'x' * (n % 7)}" for n in range(60)]
LABELS = ["good" if n % 3 else "bad" for n in range(60)]


def write(path: Path, labels: list[str]) -> str:
    rows = (
        f"{text},{label},author {n % 5}\n"
        for n, (text, label) in enumerate(zip(TEXTS, labels, strict=True))
    )
    path.write_text("text,label,author\n" + "".join(rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "a.model"
    source = write(tmp_path / "train.csv", LABELS)
    spec = parse_spec("bow+nb")
    train(spec, source, ReadOptions(), folder, seed=0, threads=1, note=lambda _: None)
    return folder


def judged(model: Path, source: str, **options: str) -> Evaluation:
    return evaluate(
        model, source, ReadOptions(**options), metric=None, seed=0, threads=1, note=lambda _: None
    )


@pytest.mark.parametrize("options", [{}, {"group": "author"}])
def test_how_many_documents_are_read_at_once_changes_no_figure(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    wrong = [("good" if n % 4 else "bad") for n in range(60)]
    source = write(tmp_path / "test.csv", wrong)
    whole = judged(model, source, **options)
    monkeypatch.setattr(evaluating, "DOCUMENTS", 7)
    assert judged(model, source, **options) == whole
    assert whole.documents == 60
    assert 0 < whole.score < 1
    assert whole.oov_rate is not None


def test_no_more_documents_are_held_than_are_read_at_once(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what was scored before only numbers stay."""
    source = write(tmp_path / "test.csv", LABELS)
    monkeypatch.setattr(evaluating, "DOCUMENTS", 7)
    sizes = []
    real = evaluating._truth

    def watched(classifier, documents, name, folder):
        sizes.append(len(documents))
        return real(classifier, documents, name, folder)

    monkeypatch.setattr(evaluating, "_truth", watched)
    judged(model, source)
    assert sizes == [7] * 8 + [4]


def test_an_unknown_label_behind_the_first_documents_is_told_with_its_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating, "DOCUMENTS", 7)
    source = write(tmp_path / "test.csv", [*LABELS[:40], "odd", *LABELS[41:]])
    with pytest.raises(
        InputError, match=r"test\.csv, line 42: the model .* does not know the label 'odd'"
    ):
        judged(model, source)
