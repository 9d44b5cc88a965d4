"""Texts out of a language model: prompts in, what follows them out, as it comes."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlpwb.methods.decoding.stopping import Stopper
from nlpwb.workflows.language.generated import Generated, Piece
from nlpwb.workflows.language.request import Request

if TYPE_CHECKING:
    from nlpwb.methods.decoding.beams import Hypothesis
    from nlpwb.methods.decoding.generating import Event, Row
    from nlpwb.methods.networks.sequence_tokens import SequenceTokens
    from nlpwb.workflows.language.model import LanguageModel


def generate_texts(
    model: LanguageModel, prompts: Iterable[str], request: Request, *, threads: int = 1
) -> Iterator[Piece | Generated]:
    """Write what follows each prompt; an empty prompt asks for a text from its beginning.

    Prompts are read when they are needed. The same request gives the same texts, whatever the batch.
    """
    import torch

    from nlpwb.methods.decoding.packing import packed
    from nlpwb.training.device import autocast, choose_setting, threads_of

    setting = choose_setting(model.device, model.precision, threads)
    if not model.counted:
        model.network.to(setting.device).eval()
    write = _searched if request.beams else _sampled
    with contextlib.ExitStack() as stack:
        stack.enter_context(threads_of(setting))
        if not model.counted:
            stack.enter_context(autocast(setting))
            dtype = torch.bfloat16 if setting.precision == "bf16" else torch.float32
            stack.enter_context(packed(model.network, dtype))
        yield from write(model, prompts, request, device=setting.device)


def prompt_ids(tokens: SequenceTokens, text: str) -> list[int]:
    """What a model reads before it writes on: the end of another text, as in training, and the prompt."""
    return [tokens.end, *tokens.encode(text).tolist()]


def _closing(tokens: SequenceTokens, vocabulary: int) -> tuple[frozenset[int], tuple[int, ...]]:
    """Tokens that end a text (one that begins another does), and those that write nothing."""
    ends = frozenset({tokens.begin, tokens.end})
    blank = {tokens.padding, tokens.unknown, *range(tokens.vocabulary, vocabulary)}
    return ends, tuple(sorted(n for n in blank - ends if 0 <= n < vocabulary))


@dataclass(eq=False)
class _Writer:
    """One text while it is written: from tokens to what is certain of its string."""

    prompt: str
    number: int
    sample: int
    tokens: SequenceTokens
    stops: Sequence[str]
    ids: list[int] = field(default_factory=list)
    nats: list[float] = field(default_factory=list)
    text: str = ""
    told: int = 0
    cut: int = 0
    slid: int = 0
    done: Generated | None = None
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self._stopper = Stopper(self.stops)
        self._streamer = self.tokens.streamer()
        for number in self.tokens.encode(self.prompt).tolist():
            self._streamer.push(number)  # a space at the seam belongs to the text

    def push(self, token: int) -> bool:
        """Take a token; whether it completes a stop string."""
        self.ids.append(token)
        self.text += self._stopper.push(self._streamer.push(token))
        return self._stopper.stopped is not None

    def finish(self, reason: str, score: float | None = None) -> None:
        """Nothing more comes."""
        if self._stopper.stopped is None:
            self.text += self._stopper.push(self._streamer.finish())
            self.text += self._stopper.finish()
        names = self.tokens.tokens
        self.done = Generated(
            self.prompt,
            self.number,
            self.sample,
            self.text,
            tuple(names[number] for number in self.ids),
            tuple(self.nats),
            reason if self._stopper.stopped is None else "stop",
            self._stopper.stopped,
            self.cut,
            self.slid,
            time.perf_counter() - self.began,
            score,
        )

    def news(self) -> Iterator[Piece | Generated]:
        """What was not told before."""
        if len(self.text) > self.told:
            yield Piece(self.prompt, self.number, self.sample, self.text[self.told :])
            self.told = len(self.text)
        if self.done is not None:
            yield self.done


def _sampled(
    model: LanguageModel, prompts: Iterable[str], request: Request, *, device: object
) -> Iterator[Piece | Generated]:
    """Texts token by token. Those that are not first in order wait for their turn to be told."""
    import torch

    from nlpwb.methods.decoding.generating import Plan, generate

    tokens = model.tokens
    reader = model.reader
    ends, never = _closing(tokens, reader.vocabulary)
    waiting: dict[tuple[int, int], _Writer] = {}

    def ids() -> Iterator[list[int]]:
        for number, prompt in enumerate(prompts):
            for sample in range(request.samples):
                writer = _Writer(prompt, number, sample, tokens, request.stops)
                waiting[number, sample] = writer
            yield prompt_ids(tokens, prompt)

    def stops(row: Row, token: int) -> bool:
        return waiting[row.prompt, row.sample].push(token)

    plan = Plan(
        sampling=request.sampling,
        limit=request.max_tokens,
        ends=ends,
        never=never,
        samples=request.samples,
        seed=request.seed,
        batch=request.batch,
        keep=request.keep,
    )
    assert isinstance(device, torch.device)
    for event in generate(reader, ids(), plan, device=device, stops=stops):
        _take(waiting[event.row.prompt, event.row.sample], event)
        while waiting:
            first = next(iter(waiting))
            yield from waiting[first].news()
            if waiting[first].done is None:
                break
            del waiting[first]


def _take(writer: _Writer, event: Event) -> None:
    from nlpwb.methods.decoding.generating import Cut, Slid, Written

    if isinstance(event, Written):
        if len(writer.ids) == len(writer.nats):  # an end, of which the watcher is not told
            writer.ids.append(event.token)
        writer.nats.append(event.log_probability)
    elif isinstance(event, Cut):
        writer.cut = event.tokens
    elif isinstance(event, Slid):
        writer.slid += 1
    else:
        writer.finish(event.reason)


def _searched(
    model: LanguageModel, prompts: Iterable[str], request: Request, *, device: object
) -> Iterator[Piece | Generated]:
    """The best texts of a beam search, batch by batch. A prompt leaves room for what is written, up to half the context."""
    import torch

    from nlpwb.methods.decoding.beams import beam_search

    tokens = model.tokens
    reader = model.reader
    ends, never = _closing(tokens, reader.vocabulary)
    context = reader.context
    numbered = enumerate(prompts)
    while chunk := list(itertools.islice(numbered, max(1, request.batch // request.beams))):
        writers = [
            [_Writer(text, number, n, tokens, request.stops) for n in range(request.samples)]
            for number, text in chunk
        ]
        rows = [prompt_ids(tokens, text) for _, text in chunk]
        limits = [request.max_tokens] * len(rows)
        if context is not None:
            room = max(context // 2, context - request.max_tokens + 1, 1)
            for place, row in enumerate(rows):
                for writer in writers[place]:
                    writer.cut = max(0, len(row) - room)
                rows[place] = row[-room:]
                limits[place] = min(request.max_tokens, context - len(rows[place]) + 1)
        lengths = torch.tensor([len(row) for row in rows])
        ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
        assert isinstance(device, torch.device)
        found = beam_search(
            reader,
            ids.to(device),
            lengths,
            reader.start(len(rows)),
            ends=ends,
            never=never,
            beams=request.beams,
            length_penalty=request.length_penalty,
            limit=limits,
            best=request.samples,
        )
        for own, hypotheses in zip(writers, found, strict=True):
            for writer, hypothesis in zip(own, hypotheses, strict=False):
                _write(writer, hypothesis)
                yield from writer.news()


def _write(writer: _Writer, hypothesis: Hypothesis) -> None:
    for token in hypothesis.ids:
        if writer.push(token):
            break
    writer.nats = list(hypothesis.log_probabilities[: len(writer.ids)])
    writer.finish("end" if hypothesis.ended else "length", hypothesis.score)
