"""Texts out of a model: pieces and whole texts agree, in order, however they are computed."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlpwb.errors import UsageError
from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.networks.sequence_tokens import END, SequenceTokens
from nlpwb.workflows.language.generated import Generated, Piece, Tally
from nlpwb.workflows.language.generating import generate_texts
from nlpwb.workflows.language.request import Request
from tests.methods.decoding.toys import Toy

PROMPTS = ["ab", "", "cabbage", "Zürich", "b"]


class Letters(Toy):
    """Writes letters; each ends a text with the same small probability."""

    def logits(self, history: tuple[int, ...]) -> np.ndarray:
        logits = super().logits(history)
        logits[4:260] = -30.0  # single bytes
        return logits


class Spelling(Toy):
    """Writes a word, whatever the prompt is, then the end."""

    def __init__(self, tokens: SequenceTokens, prompt: str, word: str) -> None:
        super().__init__(tokens.vocabulary)
        self.ids = [*tokens.encode(word).tolist(), END]
        self.before = 1 + len(tokens.encode(prompt))

    def logits(self, history: tuple[int, ...]) -> np.ndarray:
        logits = np.full(self.vocabulary, -9.0, dtype=np.float32)
        logits[self.ids[len(history) - self.before]] = 9.0
        return logits


@pytest.fixture(scope="module")
def tokens() -> SequenceTokens:
    return SequenceTokens.fit("char", ["abcdeg h\n"], vocab_size=20, min_count=1)


def model_of(reader: Toy, tokens: SequenceTokens) -> Any:
    return SimpleNamespace(
        network=reader,
        reader=reader,
        tokens=tokens,
        counted=True,
        device="cpu",
        precision="float32",
    )


def written(model: Any, prompts: list[str], request: Request) -> list[Generated]:
    """All texts; their pieces, which come right before each, are the text."""
    found: list[Generated] = []
    pieces = ""
    for event in generate_texts(model, prompts, request):
        if isinstance(event, Piece):
            assert (event.prompt, event.number) == (prompts[event.number], event.number)
            pieces += event.text
        else:
            assert event.text == pieces
            found.append(dataclasses.replace(event, seconds=0.0))
            pieces = ""
    return found


def test_texts_come_in_order_and_do_not_depend_on_the_batch(tokens: SequenceTokens) -> None:
    """Pieces of several texts would be mixed, or a text change with its company."""
    model = model_of(Letters(tokens.vocabulary, spread=2.5), tokens)
    request = Request(max_tokens=6, samples=2, seed=3)
    found = written(model, PROMPTS, request)
    assert [(one.number, one.sample) for one in found] == [(n, s) for n in range(5) for s in (0, 1)]
    assert {one.finished for one in found} == {"end", "length"}
    assert all(len(one.tokens) == len(one.log_probabilities) for one in found)
    for other in (
        dataclasses.replace(request, batch=1),
        dataclasses.replace(request, batch=3),
        dataclasses.replace(request, keep=False),
    ):
        assert written(model, PROMPTS, other) == found


def test_an_empty_prompt_begins_a_text(tokens: SequenceTokens) -> None:
    """The network would be asked with nothing to read."""
    (one,) = written(model_of(Spelling(tokens, "", "bad"), tokens), [""], Request())
    assert (one.text, one.finished, one.tokens) == ("bad", "end", ("b", "a", "d", "</s>"))
    assert (one.prompt, one.cut) == ("", 0)


@pytest.mark.parametrize("beams", [0, 2])
def test_a_stop_string_ends_the_text_before_it(tokens: SequenceTokens, beams: int) -> None:
    """It would be printed, or be missed where it is parted over tokens."""
    model = model_of(Spelling(tokens, "a", "bad cabbage"), tokens)
    request = Request(stops=("cab", "xyz"), sampling=Sampling(greedy=beams == 0), beams=beams)
    (one,) = written(model, ["a"], request)
    assert (one.text, one.finished, one.stop) == ("bad ", "stop", "cab")
    assert "".join(one.tokens) == "bad cab"


def test_a_character_of_several_bytes_comes_whole(tokens: SequenceTokens) -> None:
    """Half of it would be printed as a question mark."""
    model = model_of(Spelling(tokens, "a", "é日"), tokens)
    events = list(generate_texts(model, ["a"], Request()))
    assert [event.text for event in events] == ["é", "日", "é日"]
    (one,) = written(model, ["a"], Request(max_tokens=3))
    assert one.text == "é\N{REPLACEMENT CHARACTER}"


def test_beams_give_the_likeliest_texts(tokens: SequenceTokens) -> None:
    """The samples of a search would not be its best, or not the best first."""
    model = model_of(Letters(tokens.vocabulary, context=9, spread=3.0), tokens)
    request = Request(max_tokens=6, beams=4, samples=3, length_penalty=0.5)
    found = written(model, PROMPTS, request)
    assert len(found) == 15
    for number in range(5):
        scores = [one.score for one in found if one.number == number]
        assert scores == sorted(scores, reverse=True)
    assert written(model, PROMPTS, dataclasses.replace(request, batch=4)) == found
    assert [one.cut for one in found[6:9]] == [4, 4, 4]  # 1 + 7 tokens, and 6 to be written


def test_what_the_user_should_know_is_said(tokens: SequenceTokens) -> None:
    """A prompt that was cut, a context that was full, and a stop string that no text met."""
    model = model_of(Toy(tokens.vocabulary, context=6), tokens)
    request = Request(stops=("###",), max_tokens=20)
    warnings: list[str] = []
    notes: list[str] = []
    tally = Tally(request, 6, warn=warnings.append, note=notes.append)
    for event in generate_texts(model, ["abcdeabcde"], request):
        if isinstance(event, Generated):
            tally.count(event)
    tally.close()
    assert warnings == [
        "text 1 is longer than the 6 tokens that the model reads: its first 5 tokens were cut",
        "no text met --stop '###'; each went on to its end or to --max-tokens 20",
    ]
    assert notes[0] == (
        "the context of 6 tokens was full in 1 of 1 texts: they went on from its last 3"
    )
    assert notes[1].startswith("20 tokens in ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sampling": Sampling(temperature=0)}, "--temperature must be a number above 0, got 0"),
        ({"sampling": Sampling(temperature=-1)}, "--greedy takes the likeliest token"),
        ({"sampling": Sampling(temperature=float("nan"))}, "got nan"),
        ({"sampling": Sampling(temperature=float("inf"))}, "got inf"),
        ({"sampling": Sampling(top_p=0)}, "--top-p must be above 0 and at most 1, got 0"),
        ({"sampling": Sampling(top_p=1.5)}, "got 1.5"),
        ({"sampling": Sampling(min_p=1)}, "--min-p must be at least 0 and below 1, got 1"),
        ({"sampling": Sampling(repetition_penalty=0)}, "--repetition-penalty"),
        ({"sampling": Sampling(greedy=True), "samples": 2}, "--greedy gives the same text"),
        ({"beams": 2, "samples": 3}, "--samples 3 asks for more texts than --beams 2 keeps"),
        ({"beams": 2, "length_penalty": -1.0}, "--length-penalty"),
        ({"stops": ("a", "")}, "--stop is empty"),
    ],
)
def test_requests_without_meaning_are_refused(options: dict[str, Any], sentence: str) -> None:
    """Each names the option, what it was, and the way out."""
    with pytest.raises(UsageError, match=sentence.replace("(", r"\(")):
        Request(**options)
