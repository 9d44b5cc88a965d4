"""Translations come in order, as they come, whatever stands beside them; unknown words are copied."""

from __future__ import annotations

import pytest

from nlpwb.methods.networks.sequence_tokens import UNKNOWN
from nlpwb.workflows.translation.model import Translator
from nlpwb.workflows.translation.search import Search
from nlpwb.workflows.translation.translating import WINDOWS, translate_all, translate_stream
from tests.workflows.translation.learned import SPECS, TINY, first_pairs, fit


@pytest.fixture(scope="module")
def learned() -> Translator:
    """With attention, on 40 pairs."""
    return fit(SPECS["seq2seq-attention"], first_pairs())


def test_order_and_blank_lines_stay(learned: Translator) -> None:
    """Texts are sorted by length on the way: each must come back to its place, and a blank text stays blank."""
    pairs = first_pairs(12)
    texts = [*pairs.sources, "", " \t", *reversed(pairs.sources)]
    found = [one.text for one in translate_all(learned, texts)]
    assert found == [*pairs.targets, "", "", *reversed(pairs.targets)]


def test_a_translation_does_not_depend_on_its_batch(learned: Translator) -> None:
    """Alone, in pairs or all together: the same texts."""
    texts = ["The house is cold.", "My cat has a small garden and a chair.", "Old?"]
    together = [one.text for one in translate_all(learned, texts)]
    assert [translate_all(learned, [text])[0].text for text in texts] == together
    assert [one.text for one in translate_all(learned, texts, Search(batch=2))] == together


def test_first_translations_come_before_the_last_texts_are_read(learned: Translator) -> None:
    """A pipe that is slow must be answered while it runs."""
    read = []

    def texts() -> object:
        for number in range(3 * WINDOWS[0]):
            read.append(number)
            yield "The house is very old."

    stream = translate_stream(learned, texts(), str)  # type: ignore[arg-type]
    document, translation = next(stream)
    assert (document, translation.text) == ("The house is very old.", "Das Haus ist sehr alt.")
    assert len(read) == WINDOWS[0]


def test_the_most_tokens_end_a_translation(learned: Translator) -> None:
    """--max-tokens is kept, and what was cut there is marked."""
    (one,) = translate_all(learned, ["The house is very old."], Search(max_tokens=2))
    assert len(one.tokens) == 2
    assert not one.ended


def test_a_longer_text_than_the_model_reads_is_cut_and_marked(learned: Translator) -> None:
    """Behind max_tokens nothing is read, and the user is told of it."""
    (one,) = translate_all(learned, ["house " * 400], Search(max_tokens=3))
    assert one.cut


def test_unknown_words_are_copied_from_the_source() -> None:
    """With words as tokens, a name that nobody has seen must stand in the translation where attention looks for it."""
    pairs = first_pairs()
    options = TINY.replace("tokenizer=byte-bpe:500", "tokenizer=words,min_count=2")
    made = fit(f"seq2seq-attention:hidden=64,{options}", pairs)
    found = translate_all(made, pairs.sources)
    copied = [(one, source) for one, source in zip(found, pairs.sources, strict=True) if one.copied]
    assert copied
    for one, source in copied:
        ids, surfaces = (
            made.source_tokens.encode(source).tolist(),
            made.source_tokens.surfaces(source),
        )
        words = [word.strip() for word in surfaces]
        # one that the model does not know, if there is any: a known one it would have written itself
        strange = {word for number, word in zip(ids, words, strict=True) if number == UNKNOWN}
        for word in one.copied:
            assert word in (strange or words)
            assert word in one.text
        assert "<unk>" not in one.text


def test_nothing_is_copied_without_attention() -> None:
    """Who cannot look at the source must find a word of its own: the unknown token is never written."""
    pairs = first_pairs()
    options = TINY.replace("tokenizer=byte-bpe:500", "tokenizer=words,min_count=2")
    made = fit(f"seq2seq:hidden=64,{options}", pairs)
    assert not any(
        one.copied or "<unk>" in one.tokens for one in translate_all(made, pairs.sources)
    )
