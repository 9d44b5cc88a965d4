"""Training that gives the same tokenizer for the same texts.

The trainers of the ``tokenizers`` library walk through hash maps whose order differs from run to run. Three things depend on
it, and each has its remedy here:

* The ids of marked characters ("##a", "a</w>") of WordPiece and BPE, and with them which of two equally frequent merges is
  made first. A first pass collects these characters; the second gets them in sorted order, so their ids are settled.
* The scores that Unigram gives to characters that no piece was worth keeping for: the lowest score plus a small step for
  each, in the order of the map. They all get the lowest one.
* The last bits of Unigram's scores, sums in the order of the map. They are rounded, and pieces sorted by score and string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SCORE_DECIMALS = 9
# The step between the scores of such characters in the library's UnigramTrainer.
_STEP = 1e-4


def train_in_two_passes(
    tokenizer: Tokenizer,
    texts: Iterable[Sequence[str]],
    *,
    trainer_of: Callable[[int, list[str]], Any],
    vocab_size: int,
    special_tokens: Sequence[str],
) -> Tokenizer:
    """Train BPE or WordPiece with its marked characters in sorted order.

    Args:
        tokenizer: untrained.
        texts: batches of texts, iterated twice.
        trainer_of: makes a trainer from a vocabulary size and the tokens that come first.
        vocab_size: of the result, unless the characters alone are more than that.
        special_tokens: get the first ids.
    """
    # A vocabulary of size zero makes no merges; the characters enter it all the same.
    tokenizer.train_from_iterator(iter(texts), trainer_of(0, []))
    alphabet = sorted(tokenizer.get_vocab(with_added_tokens=False))
    first = [*special_tokens, *(char for char in alphabet if char not in special_tokens)]
    tokenizer.train_from_iterator(iter(texts), trainer_of(vocab_size, first))
    return _rebuilt(tokenizer, special_tokens, lambda _: None)


def settle_unigram(tokenizer: Tokenizer, special_tokens: Sequence[str], unknown: str) -> Tokenizer:
    """A trained Unigram tokenizer with an order and scores that do not depend on the run."""

    def settle(model: dict[str, Any]) -> None:
        scored = [(piece, score) for piece, score in model["vocab"] if piece not in special_tokens]
        lowest = min((score for _, score in scored), default=0.0)
        singles = sum(len(piece) == 1 for piece, _ in scored)
        left_over = lowest + _STEP * (singles + 0.5)
        settled = [
            (
                piece,
                round(lowest if len(piece) == 1 and score < left_over else score, SCORE_DECIMALS),
            )
            for piece, score in scored
        ]
        settled.sort(key=lambda entry: (-entry[1], entry[0]))
        model["vocab"] = [*((token, 0.0) for token in special_tokens), *settled]
        model["unk_id"] = list(special_tokens).index(unknown)

    return _rebuilt(tokenizer, special_tokens, settle)


def _rebuilt(
    tokenizer: Tokenizer,
    special_tokens: Sequence[str],
    change: Callable[[dict[str, Any]], None],
) -> Tokenizer:
    """The tokenizer with a changed model, and of the added tokens only the special ones: they have the first ids."""
    from tokenizers import Tokenizer

    content = json.loads(tokenizer.to_str())
    change(content["model"])
    special = set(special_tokens)
    content["added_tokens"] = [
        {**entry, "special": True}
        for entry in content["added_tokens"]
        if entry["content"] in special
    ]
    assert [entry["id"] for entry in content["added_tokens"]] == list(range(len(special)))
    return Tokenizer.from_str(json.dumps(content))
