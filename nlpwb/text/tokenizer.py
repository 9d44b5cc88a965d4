"""From a spec, as typed, to a tokenizer.

    word                    scikit-learn's default words, lower-cased
    word:single=yes         words of one character, too (Chinese, German "o")
    wordpunct               words of any length and the marks between them, lower-cased
    whitespace, char        what stands between white space; every character
    bpe:8000                trained on the texts given: 8,000 pieces; also wordpiece, unigram, byte-bpe and word:8000
    path:tokenizer.json     a saved one

Options follow a colon, with commas between them: ``bpe:8000,lowercase=yes,min_frequency=5``. ``bpe:8000`` is short for
``bpe:vocab_size=8000``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from nlpwb.errors import UsageError, nearest
from nlpwb.options import changed_options, option_table, parse_options
from nlpwb.text.config import (
    CONFIGS,
    Config,
    PiecesConfig,
    PlainConfig,
    UnigramConfig,
    WordConfig,
    WordpunctConfig,
)
from nlpwb.text.encoded import Encoded
from nlpwb.text.rules import Rule, RuleTokenizer
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import load, train

NAMES = (*CONFIGS, "path")


class Tokenizer(Protocol):
    """Texts to tokens. ``name`` is the method's, ``spec`` says all that was chosen."""

    @property
    def name(self) -> str:
        """The method's name: word, bpe …"""

    @property
    def spec(self) -> str:
        """The spec in its normal form; equal specs give equal tokens."""

    def tokens(self, text: str) -> list[str]:
        """The tokens of one text, in order."""

    def token_lists(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """The tokens of each text; for many texts, faster than one call for each."""

    def encode(self, texts: Iterable[str]) -> Iterator[Encoded]:
        """Tokens, ids and places for each text."""


@dataclasses.dataclass(frozen=True)
class TokenizerSpec:
    """A spec parsed: a kind with its options, or a path."""

    kind: str
    config: Config | None = None
    path: Path | None = None

    @property
    def is_trained(self) -> bool:
        """Whether texts to learn from are needed."""
        if isinstance(self.config, WordConfig):
            return self.config.vocab_size is not None
        return isinstance(self.config, PiecesConfig | UnigramConfig)

    def __str__(self) -> str:
        if self.path is not None:
            return f"path:{self.path}"
        changed = changed_options(self.config)
        # The size stands in the name of a trained tokenizer, be it the default or not.
        changed.pop("vocab_size", None)
        size = [str(self.vocab_size)] if self.is_trained else []
        options = ",".join([*size, *(f"{name}={word}" for name, word in changed.items())])
        return f"{self.kind}:{options}" if options else self.kind

    @property
    def vocab_size(self) -> int | None:
        """The size that a trained tokenizer is to have."""
        return getattr(self.config, "vocab_size", None)


def parse_tokenizer_spec(spec: str) -> TokenizerSpec:
    """Read a spec; raises UsageError for a name, an option or a value that has no meaning."""
    kind, colon, rest = spec.strip().partition(":")
    if kind not in NAMES:
        raise UsageError(f"there is no tokenizer {kind!r}; {nearest(kind, NAMES)}")
    if kind == "path":
        if not rest:
            raise UsageError("path: names no file; write path:tokenizer.json")
        return TokenizerSpec(kind, path=Path(rest))
    config_class: type = CONFIGS[kind]
    table = option_table(config_class)
    words: dict[str, str] = {}
    for item in rest.split(",") if colon else ():
        name, equals, value = item.partition("=")
        if not equals and item.strip().isdigit() and "vocab_size" in table:
            name, value = "vocab_size", item
        name, value = name.strip(), value.strip()
        if not name or not value:
            raise UsageError(
                f"tokenizer {spec!r}: {item!r} is not an option; write option=value, separated by commas"
            )
        if name not in table:
            raise UsageError(f"tokenizer {kind} has no option {name!r}; {nearest(name, table)}")
        if name in words:
            raise UsageError(f"tokenizer {spec!r}: {name} is given twice; keep one")
        words[name] = value
    return TokenizerSpec(kind, parse_options(config_class, kind, words))


def make_tokenizer(
    spec: str,
    *,
    training: Iterable[str] | None = None,
    special_tokens: Sequence[str] | None = None,
) -> Tokenizer:
    """The tokenizer that a spec names.

    ``training`` holds the texts that a trained kind learns from, ``special_tokens`` get its first ids (None: those that
    are usual for the kind); the other kinds do not look at either.

    Raises:
        UsageError: a spec without meaning, or a trained kind without texts.
        InputError: a path that holds no tokenizer.
        MethodError: texts that nothing can be learned from.
    """
    parsed = parse_tokenizer_spec(spec)
    config = parsed.config
    if parsed.path is not None:
        return SubwordTokenizer(load(parsed.path), name=parsed.path.stem, spec=str(parsed))
    if isinstance(config, WordConfig) and config.vocab_size is None:
        return RuleTokenizer(
            "word", str(parsed), lowercase=config.lowercase, single_characters=config.single
        )
    if isinstance(config, WordpunctConfig):
        return RuleTokenizer("wordpunct", str(parsed), lowercase=config.lowercase)
    if isinstance(config, PlainConfig):
        rule: Rule = "char" if parsed.kind == "char" else "whitespace"
        return RuleTokenizer(rule, str(parsed), lowercase=config.lowercase)
    if training is None:
        raise UsageError(
            f"tokenizer {parsed} must be trained first; run: nlpwb tokenizer train CORPUS "
            f"--kind {parsed.kind} --vocab-size {parsed.vocab_size} -o tokenizer.json"
        )
    assert config is not None, "what is no path has a config"
    assert config.vocab_size is not None, "what is trained has a size"
    inner = train(
        parsed.kind,
        training,
        vocab_size=config.vocab_size,
        min_frequency=None if isinstance(config, UnigramConfig) else config.min_frequency,
        lowercase=config.lowercase,
        single_characters=isinstance(config, WordConfig) and config.single,
        special_tokens=special_tokens,
    )
    return SubwordTokenizer(inner, name=parsed.kind, spec=str(parsed))
