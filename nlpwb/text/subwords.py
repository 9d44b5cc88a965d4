"""Subword tokenizers: trained, saved and loaded through the ``tokenizers`` library.

* ``bpe``: byte-pair encoding within words, a word's last piece marked by ``</w>`` (Sennrich, Haddow and Birch 2016);
* ``byte-bpe``: the same over bytes, so that nothing is unknown and decoding gives the text back (Radford et al. 2019);
* ``wordpiece``: pieces that continue a word marked by ``##``, with BERT's normaliser (Devlin et al. 2019);
* ``unigram``: a language model over pieces, pruned by likelihood, on NFKC text (Kudo 2018);
* ``word``: the most frequent of the default words.

The same texts give the same file, byte for byte; the library alone does not promise that (``canonical.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import InputError, MethodError, UsageError, nearest
from nlpwb.text.canonical import settle_unigram, train_in_two_passes
from nlpwb.text.whole import write_whole

if TYPE_CHECKING:
    from tokenizers import Tokenizer

KINDS = ("bpe", "byte-bpe", "wordpiece", "unigram", "word")
UNKNOWN = "[UNK]"
SPECIAL_TOKENS = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")
"""What BERT uses, padding first."""
BYTE_SPECIAL_TOKENS = ("<|endoftext|>",)
"""What GPT-2 uses: to ``byte-bpe`` nothing is unknown."""
MIN_FREQUENCY = 2

_END_OF_WORD = "</w>"
# Letters and numbers of any script: what \w is in Python. In the library's patterns, \w has combining marks, too.
_WORD_CHARACTER = r"[\p{L}\p{N}_]"
_BATCH = 512


def train(
    kind: str,
    texts: Iterable[str],
    *,
    vocab_size: int,
    min_frequency: int | None = None,
    lowercase: bool = False,
    single_characters: bool = False,
    special_tokens: Sequence[str] | None = None,
) -> Tokenizer:
    """Learn a tokenizer of ``vocab_size`` entries, special tokens included, from texts.

    Args:
        kind: one of KINDS.
        texts: ``bpe`` and ``wordpiece`` read them twice, and hold them in memory if they are an iterator.
        vocab_size: an upper bound; few texts may not hold so many pieces.
        min_frequency: rarer pairs are not merged (``word``: rarer words are unknown); 2 if None. ``unigram`` has none.
        lowercase: lower-case first; ``wordpiece`` then strips accents, too, as BERT's uncased models do.
        single_characters: ``word`` keeps words of one character.
        special_tokens: get the first ids, in this order; ``[UNK]`` must be among them, except for ``byte-bpe``.

    Raises:
        UsageError: an unknown kind, an argument that the kind does not have, a vocabulary too small for the characters.
        MethodError: texts without anything to learn from.
    """
    _check(kind, vocab_size, min_frequency, single_characters)
    specials = _specials(kind, special_tokens)
    frequency = MIN_FREQUENCY if min_frequency is None else min_frequency
    tokenizer = _untrained(kind, lowercase=lowercase, single_characters=single_characters)
    source = _Batches(texts, again=kind in ("bpe", "wordpiece"))

    def trainer_of(size: int, first: list[str]) -> Any:
        return _trainer(kind, size, frequency, first)

    if kind in ("bpe", "wordpiece"):
        tokenizer = train_in_two_passes(
            tokenizer,
            source,
            trainer_of=trainer_of,
            vocab_size=vocab_size,
            special_tokens=specials,
        )
    elif kind == "unigram":
        _train_unigram(tokenizer, source, trainer_of(vocab_size, specials), vocab_size)
        tokenizer = settle_unigram(tokenizer, specials, UNKNOWN)
    else:
        tokenizer.train_from_iterator(iter(source), trainer_of(vocab_size, specials))
    learned = tokenizer.get_vocab_size()
    if not source.has_text:
        raise MethodError(
            f"there is no text to learn a {kind} tokenizer from; check the corpus and its text column"
        )
    if learned == len(specials):
        raise MethodError(
            f"no word of these texts occurs {frequency} times, so a {kind} tokenizer would be empty; "
            "lower min_frequency"
        )
    if learned > vocab_size:
        raise _too_small(
            vocab_size, f"the {learned:,} characters and special tokens of these texts"
        )
    return tokenizer


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Write ``tokenizer.json`` whole or not at all; ``tokenizers.Tokenizer.from_file`` reads it."""
    write_whole(path, tokenizer.to_str(pretty=True) + "\n")


def load(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json``, ours or anybody's.

    Raises InputError when the file is missing, damaged, or something else.
    """
    from tokenizers import Tokenizer

    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"there is no tokenizer at {path}; check the path") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise _no_tokenizer(path, "it is not UTF-8 text") from error
    try:
        return Tokenizer.from_str(content)
    except Exception as error:  # The library raises nothing narrower.
        raise _no_tokenizer(path, str(error)) from error


def encodable(text: str) -> str:
    """A text that UTF-8 can hold: half of a surrogate pair becomes a question mark, and all places stay the same."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


class _Batches:
    """Texts in batches (each crosses into the library at once), as often as asked; knows whether it saw any text."""

    def __init__(self, texts: Iterable[str], *, again: bool) -> None:
        self.texts = list(texts) if again and isinstance(texts, Iterator) else texts
        self.has_text = False

    def __iter__(self) -> Iterator[list[str]]:
        batch: list[str] = []
        for text in self.texts:
            self.has_text = self.has_text or bool(text.strip())
            batch.append(encodable(text))
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def _untrained(kind: str, *, lowercase: bool, single_characters: bool) -> Tokenizer:
    """A tokenizer whose parts are all there, and whose model is empty."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    lower: list[Any] = [normalizers.Lowercase()] if lowercase else []
    if kind == "byte-bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        steps = lower
    elif kind == "bpe":
        tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, end_of_word_suffix=_END_OF_WORD))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.decoder = decoders.BPEDecoder(suffix=_END_OF_WORD)
        steps = [normalizers.NFC(), *lower]
    elif kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        steps = [normalizers.BertNormalizer(lowercase=lowercase)]
    elif kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        # Pieces stay within words, and marks of punctuation alone, so that long sentences do not become one word.
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()]
        )
        tokenizer.decoder = decoders.Metaspace()
        spaces = normalizers.Replace(Regex(r"\s+"), " ")
        steps = [normalizers.NFKC(), *lower, spaces, normalizers.Strip()]
    else:
        tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        pattern = _WORD_CHARACTER + ("+" if single_characters else "{2,}")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
        steps = lower
    if steps:
        tokenizer.normalizer = steps[0] if len(steps) == 1 else normalizers.Sequence(steps)
    return tokenizer


def _trainer(kind: str, vocab_size: int, min_frequency: int, first: list[str]) -> Any:
    from tokenizers import pre_tokenizers, trainers

    if kind == "unigram":
        return trainers.UnigramTrainer(
            vocab_size=vocab_size, special_tokens=first, unk_token=UNKNOWN, show_progress=False
        )
    common: dict[str, Any] = {
        "vocab_size": vocab_size,
        "min_frequency": min_frequency,
        "special_tokens": first,
        "show_progress": False,
    }
    if kind == "wordpiece":
        return trainers.WordPieceTrainer(**common)
    if kind == "word":
        return trainers.WordLevelTrainer(**common)
    if kind == "bpe":
        return trainers.BpeTrainer(**common, end_of_word_suffix=_END_OF_WORD)
    return trainers.BpeTrainer(**common, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def _train_unigram(tokenizer: Tokenizer, source: _Batches, trainer: Any, vocab_size: int) -> None:
    try:
        tokenizer.train_from_iterator(iter(source), trainer)
    except Exception as error:
        # The library raises a bare Exception; anything but this one is not for us to explain.
        if "not large enough" not in str(error):
            raise
        raise _too_small(vocab_size, "every character of these texts") from error


def _check(kind: str, vocab_size: int, min_frequency: int | None, single_characters: bool) -> None:
    if kind not in KINDS:
        raise UsageError(f"there is no tokenizer kind {kind!r}; {nearest(kind, KINDS)}")
    if vocab_size < 1:
        raise UsageError(f"vocab_size must be at least 1, got {vocab_size}")
    if min_frequency is not None and min_frequency < 1:
        raise UsageError(f"min_frequency must be at least 1, got {min_frequency}")
    if kind == "unigram" and min_frequency is not None:
        raise UsageError(
            "unigram has no min_frequency: likelihood decides what stays; leave it out"
        )
    if single_characters and kind != "word":
        raise UsageError(f"{kind} has no single_characters: only word has; leave it out")


def _specials(kind: str, special_tokens: Sequence[str] | None) -> list[str]:
    if special_tokens is None:
        special_tokens = BYTE_SPECIAL_TOKENS if kind == "byte-bpe" else SPECIAL_TOKENS
    specials = list(dict.fromkeys(special_tokens))
    if kind != "byte-bpe" and UNKNOWN not in specials:
        raise UsageError(f"the special tokens of a {kind} tokenizer must hold {UNKNOWN}; add it")
    return specials


def _too_small(vocab_size: int, content: str) -> UsageError:
    return UsageError(f"vocab_size={vocab_size} cannot hold {content}; give a larger one")


def _no_tokenizer(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} is no tokenizer that can be read, or is damaged ({reason}); "
        "it must be a tokenizer.json as `nlpwb tokenizer train` or the tokenizers library writes it"
    )
