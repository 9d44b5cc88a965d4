"""``generate`` as it is typed: texts alone, rows for programs, streams, and what is refused."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from nlpwb.methods.networks.sequence_tokens import END, SequenceTokens
from tests.cli.conftest import Typed
from tests.methods.decoding.toys import Toy


class Counter(Toy):
    """After a digit comes the next one, certainly; after 5 the end; after anything else 1."""

    def __init__(self, tokens: SequenceTokens, context: int | None) -> None:
        super().__init__(tokens.vocabulary, context=context)
        digits = [int(tokens.encode(digit)[0]) for digit in "12345"]
        self.following = dict(zip(digits, [*digits[1:], END], strict=True))
        self.first = digits[0]

    def logits(self, history: tuple[int, ...]) -> np.ndarray:
        logits = np.full(self.vocabulary, -40.0, dtype=np.float32)
        logits[self.following.get(history[-1], self.first)] = 0.0
        return logits


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that counts to 5, wherever one is asked for; it sees 8 characters."""
    tokens = SequenceTokens.fit("char", ["12345 abc\n"], vocab_size=20, min_count=1)
    reader = Counter(tokens, 8)
    model = SimpleNamespace(
        network=reader,
        reader=reader,
        tokens=tokens,
        counted=True,
        device="cpu",
        precision="float32",
    )
    stub = ModuleType("nlpwb.workflows.language.model")
    stub.load_language_model = lambda *_, **__: model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, stub.__name__, stub)


@pytest.mark.usefixtures("counting")
def test_a_text_comes_alone(typed: Typed) -> None:
    """Names of columns or notes would stand in what is piped on."""
    assert typed("generate", "m", "a 2").out == "a 2345\n"
    assert typed("generate", "m", "a 2", "--no-prompt").out == "345\n"
    assert typed("generate", "m").out == "12345\n"
    assert typed("generate", "m", "--max-tokens", "2").out == "12\n"


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("stream", [[], ["--stream"]])
def test_several_texts_are_parted_by_dashes(typed: Typed, stream: list[str]) -> None:
    """One could not tell where the next begins; a stream looks like what is printed at once."""
    ended = typed("generate", "m", "4", "b", "", *stream, "--greedy")
    assert (ended.code, ended.out) == (0, "45\n---\nb12345\n---\n12345\n")


@pytest.mark.usefixtures("counting")
def test_prompts_come_from_a_pipe_or_a_file(typed: Typed, tmp_path) -> None:
    """An empty line is an empty prompt; a file with a mark at its beginning and line ends of Windows is read, too."""
    (tmp_path / "prompts.txt").write_bytes(b"\xef\xbb\xbf3\r\n\r\n4")
    expected = "345\n---\n12345\n---\n45\n"
    assert typed("generate", "m", "--file", "prompts.txt").out == expected
    assert typed("generate", "m", "-", stdin="3\n\n4\n").out == expected
    assert typed("generate", "m", "-", stdin="").out == ""


@pytest.mark.usefixtures("counting")
def test_rows_for_programs_say_everything(typed: Typed) -> None:
    """Tokens, log-probabilities, and why a text ended."""
    ended = typed("generate", "m", "4", "c", "--stop", "3", "--format", "jsonl")
    first, second = map(json.loads, ended.out.splitlines())
    assert first.pop("seconds") >= 0
    assert first == {
        "number": 1, "sample": 1, "prompt": "4", "text": "5", "count": 2, "finished": "end", "stop": None,
        "log_probability": 0.0, "score": None, "cut": 0, "slid": 0, "tokens": ["5", "</s>"],
        "log_probabilities": [0.0, 0.0],
    }  # fmt: skip
    assert (second["text"], second["tokens"]) == ("12", ["1", "2", "3"])
    assert (second["finished"], second["stop"]) == ("stop", "3")
    table = typed("generate", "m", "4", "--format", "tsv", "--samples", "2").out.splitlines()
    assert [line.split("\t")[:4] for line in table[1:]] == [
        ["1", "1", "4", "5"],
        ["1", "2", "4", "5"],
    ]


@pytest.mark.usefixtures("counting")
def test_texts_go_into_a_file_whole(typed: Typed, tmp_path) -> None:
    """The ending decides what is written."""
    assert typed("generate", "m", "4", "3", "--out", "texts.txt").out == ""
    assert (tmp_path / "texts.txt").read_text() == "45\n---\n345\n"
    typed("generate", "m", "4", "-o", "texts.jsonl")
    assert json.loads((tmp_path / "texts.jsonl").read_text())["text"] == "5"


@pytest.mark.usefixtures("counting")
def test_beams_find_the_same_certain_text(typed: Typed) -> None:
    """The search would print something else than a text."""
    assert typed("generate", "m", "a 2", "--beams", "3").out == "a 2345\n"


@pytest.mark.usefixtures("counting")
def test_a_long_prompt_is_cut_and_a_stop_string_is_missed_and_both_are_said(typed: Typed) -> None:
    """9 characters and the beginning are 2 more than the 8 that the model sees."""
    ended = typed("generate", "m", "aaaaaaaa3", "--stop", r"x\n")
    assert ended.out == "aaaaaaaa345\n"
    assert ended.err.splitlines() == [
        "nlpwb: text 1 is longer than the 8 tokens that the model reads: its first 2 tokens were cut",
        r"nlpwb: no text met --stop 'x\n'; each went on to its end or to --max-tokens 256",
    ]


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--temperature 0", "--temperature must be a number above 0, got 0; --greedy takes"),
        ("--top-p 1.2", "--top-p must be above 0 and at most 1, got 1.2"),
        ("--top-k -1", "--top-k must be at least 0, got -1"),
        ("--greedy --top-k 3", "--top-k concerns draws; leave it or --greedy out"),
        ("--beams 2 --stream", "--stream has no meaning with --beams"),
        ("--length-penalty 1", "--length-penalty belongs to --beams"),
        ("--stream --format jsonl", "--stream prints texts on standard output"),
        ("a --file b", "prompts come from the command line or from --file"),
        ("--file no-such-file", "--file no-such-file: no such file or directory"),
        ("--max-tokens 0", "--max-tokens must be between 1 and 10000000, got 0"),
    ],
)
def test_what_has_no_meaning_is_refused_in_a_sentence(
    typed: Typed, line: str, sentence: str
) -> None:
    """The sentence names the option and the way out; nothing is printed as a text."""
    ended = typed("generate", "m", *line.split())
    assert ended.code == (1 if "no such file" in sentence else 2)
    assert ended.err.startswith(f"nlpwb: {sentence}")
    assert (ended.out, ended.err.count("\n")) == ("", 1)


@pytest.mark.usefixtures("counting")
def test_a_line_that_is_not_utf8_is_named(typed: Typed) -> None:
    """The prompts before it are answered; a bug of ours would be reported otherwise."""
    ended = typed("generate", "m", "-", "--batch", "1", stdin=b"4\n\xff\n")
    assert (ended.code, ended.out) == (1, "45\n")
    assert ended.err == (
        "nlpwb: standard input: line 2 is not UTF-8; convert it (`iconv -t utf-8`)\n"
    )


@pytest.mark.usefixtures("counting")
def test_an_interrupted_stream_ends_its_line(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell's prompt would stand behind half a text; what came is there."""
    read = Counter.read

    def interrupted(self: Counter, ids, lengths, memory):
        if memory.lengths[0] > 2:
            raise KeyboardInterrupt
        return read(self, ids, lengths, memory)

    monkeypatch.setattr(Counter, "read", interrupted)
    ended = typed("generate", "m", "--stream")
    assert (ended.code, ended.out) == (130, "123\n")
    assert ended.err == "nlpwb: interrupted; what was written so far stands\n"


@pytest.mark.usefixtures("counting")
def test_an_interruption_says_what_is_there(
    typed: Typed, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing here is a training that goes on; texts for a file go out together, at the end."""
    read = Counter.read

    def interrupted(self: Counter, ids, lengths, memory):
        if memory.lengths[0] > 4:
            raise KeyboardInterrupt
        return read(self, ids, lengths, memory)

    monkeypatch.setattr(Counter, "read", interrupted)
    words = ("generate", "m", "4", "a", "--batch", "1")
    for more in ((), ("--format", "jsonl")):
        ended = typed(*words, *more)
        assert (ended.code, "45" in ended.out or '"text": "5"' in ended.out) == (130, True)
        assert ended.err == "nlpwb: interrupted; what was written so far stands\n"
    for more in (("-o", "texts.txt"), ("--format", "json")):
        ended = typed(*words, *more)
        assert (ended.code, ended.out) == (130, "")
        assert ended.err == "nlpwb: interrupted; nothing was written\n"
    assert not (tmp_path / "texts.txt").exists()
