"""What can be asked of a word in its contexts, and what cannot."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.contexts.asking import Question, ask
from nlpwb.workflows.words.leaning import Axis
from tests.workflows.contexts.made import BANKS
from tests.workflows.pretrained.bases import write_base


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    folder = write_base(tmp_path_factory.mktemp("base"), [*BANKS, "this is ."])
    return Question(base=folder, word="bank", texts=BANKS, reading=ReadOptions(labelled=False))


def changed(question: Question, **fields: Any) -> Question:
    return dataclasses.replace(question, **fields)


def test_texts_give_contexts_and_nothing_that_was_not_asked(question: Question) -> None:
    answer = ask(question)
    assert answer.contexts.layers == ((1, 2),)
    assert answer.contexts.vectors.shape == (1, 3, 32)
    assert (answer.sample, answer.leanings, answer.senses) == (None, None, None)
    assert len(ask(changed(question, layer="all")).contexts.layers) == 3


def test_a_corpus_has_senses_unless_all_layers_are_asked_for(
    question: Question, tmp_path: Path
) -> None:
    path = tmp_path / "c.txt"
    path.write_text("\n".join([*BANKS, "bank bank", "pay the bank"]) + "\n")
    asked = changed(question, texts=(), corpus=str(path))
    answer = ask(asked)
    assert answer.senses is not None
    assert [count for count, _ in answer.senses.tried] == [2, 3]
    layers = ask(changed(asked, layer="all"))
    assert layers.senses is None
    assert layers.sample is not None
    with pytest.raises(InputError, match="there are 3 sentences with the word"):
        ask(changed(asked, most=3))


def test_texts_have_senses_where_these_are_asked_for(question: Question) -> None:
    texts = (*BANKS, "the bank")
    answer = ask(changed(question, texts=texts, senses=2))
    assert answer.senses is not None
    assert len(answer.senses.senses) == 2
    auto = ask(changed(question, texts=texts, senses="auto"))
    assert auto.senses is not None
    assert auto.senses.tried


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"texts": ()}, "there is no text; give texts behind the word, - for standard input, or --corpus FILE"),
        ({"corpus": "c.txt"}, "--corpus and texts on the command line exclude each other; give one"),
        ({"senses": 2, "axes": (Axis("a", ("b",)),)}, "--axis and --senses are two questions; ask one after the other"),
        ({"layer": "all", "senses": 2},
         "--layer all compares layers, and --senses takes one; name a layer, or leave --senses out"),
        ({"layer": "all", "axes": (Axis("a", ("b",)),)},
         "--layer all compares layers, and --axis takes one; name a layer, or leave --axis out"),
        ({"texts": ("a bank",)},
         "there is one context, and nothing to compare it with; give another text, or --axis NAME=WORDS"),
    ],
)  # fmt: skip
def test_a_question_that_contradicts_itself_is_refused(
    question: Question, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises((UsageError, InputError)) as error:
        ask(changed(question, **fields))
    assert str(error.value) == sentence


def test_a_missing_word_is_found_before_the_base_is_opened(question: Question) -> None:
    """A base takes seconds to open; the sentence comes at once, even where there is no base."""
    with pytest.raises(InputError, match=r"text 2 .* does not hold the word river"):
        ask(changed(question, base="no-such-base", word="river", texts=BANKS[1::-1]))
