"""The first pairs of our own sample, and translators that learn them to the end in seconds."""

from __future__ import annotations

from pathlib import Path

from nlpwb.data.pair_columns import PairOptions
from nlpwb.data.pairs import Pairs, part_of, read_pairs
from nlpwb.specs import Part, parse_spec
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.translation.fitting import fit_translator
from nlpwb.workflows.translation.model import Translator

TINY = "dim=48,dropout=0,label_smoothing=0,batch_documents=20,tokenizer=byte-bpe:500,learning_rate=0.01,epochs=70"
SPECS = {
    "seq2seq": f"seq2seq:hidden=64,{TINY}",
    "seq2seq-attention": f"seq2seq-attention:hidden=64,{TINY}",
    "seq2seq-transformer": f"seq2seq-transformer:layers=1,attention_dropout=0,{TINY}",
}


def first_pairs(count: int = 40) -> Pairs:
    """English and German."""
    return part_of(read_pairs("sample:pairs", PairOptions()), range(count))


def part(spec: str) -> Part:
    """The method that a spec names."""
    return parse_spec(spec).representation


def fit(
    spec: str,
    pairs: Pairs,
    *,
    seed: int = 0,
    notes: list[str] | None = None,
    checkpoints: Path | None = None,
) -> Translator:
    """Trained in float32 on one thread."""
    return fit_translator(
        part(spec),
        pairs,
        seed=seed,
        threads=1,
        conditions=Conditions(
            device="cpu",
            precision="float32",
            checkpoints=checkpoints,
            note=(lambda _: None) if notes is None else notes.append,
        ),
    )
