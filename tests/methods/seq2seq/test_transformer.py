"""The transformer against torch.nn.Transformer at copied weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from nlpwb.errors import UsageError
from nlpwb.methods.seq2seq.config import Seq2seqAttentionConfig, Seq2seqTransformerConfig
from nlpwb.methods.seq2seq.transformer import TransformerTranslator
from nlpwb.methods.transformer.positions import sinusoidal
from nlpwb.options import parse_options
from tests.methods.seq2seq.nets import pairs, transformer


def copied(ours: TransformerTranslator) -> nn.Transformer:
    """Torch's network with our weights."""
    config = ours.config
    theirs = nn.Transformer(
        config.dim,
        config.heads,
        config.layers,
        config.layers,
        config.inner,
        0.0,
        activation=config.activation,
        batch_first=True,
        norm_first=config.norm == "pre",
    )
    pieces: dict[str, nn.Module] = {}
    for number, block in enumerate(ours.encoder):
        start = f"encoder.layers.{number}."
        pieces |= {
            start + "self_attn.in_proj_": block.attention.packed,
            start + "self_attn.out_proj.": block.attention.output,
            start + "norm1.": block.attention_norm,
            start + "norm2.": block.feed_forward_norm,
            start + "linear1.": block.feed_forward.inner,
            start + "linear2.": block.feed_forward.output,
        }
    for number, block in enumerate(ours.decoder):
        start = f"decoder.layers.{number}."
        pieces |= {
            start + "self_attn.in_proj_": block.attention.packed,
            start + "self_attn.out_proj.": block.attention.output,
            start + "multihead_attn.in_proj_": block.cross.packed,
            start + "multihead_attn.out_proj.": block.cross.output,
            start + "norm1.": block.attention_norm,
            start + "norm2.": block.cross_norm,
            start + "norm3.": block.feed_forward_norm,
            start + "linear1.": block.feed_forward.inner,
            start + "linear2.": block.feed_forward.output,
        }
    if ours.encoder_norm is not None and ours.decoder_norm is not None:
        pieces |= {"encoder.norm.": ours.encoder_norm, "decoder.norm.": ours.decoder_norm}
    else:  # torch always adds them; the paper's network has none behind its last norm
        theirs.encoder.norm = theirs.decoder.norm = None
    theirs.load_state_dict(
        {
            start + name: value
            for start, piece in pieces.items()
            for name, value in piece.state_dict().items()
        }
    )
    return theirs


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_parity_with_torch(norm: str, activation: str, training: bool) -> None:
    """Equal weights must give torch's output, with padding on both sides."""
    ours = transformer(norm=norm, activation=activation, dropout=0.0, attention_dropout=0.0)
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.3)
    theirs = copied(ours)
    ours.train(training)
    theirs.train(training)
    source, sources, target, targets = pairs([6, 3, 1], [5, 2, 4])
    scale = math.sqrt(ours.config.dim)
    read = ours.tables.source(source) * scale + sinusoidal(torch.arange(6), ours.config.dim)
    written = ours.tables.target(target) * scale + sinusoidal(torch.arange(5), ours.config.dim)
    blank = source == 0
    with torch.no_grad():
        expected = theirs(
            read,
            written,
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(5),
            src_key_padding_mask=blank,
            memory_key_padding_mask=blank,
            tgt_is_causal=True,
        )
        found = ours(source, sources, target, targets)
    for row, length in enumerate(targets.tolist()):
        torch.testing.assert_close(
            found[row, :length], expected[row, :length], atol=1e-5, rtol=1e-5
        )


def test_one_table_serves_both_sides_and_the_output() -> None:
    """``shared`` and ``tied`` must leave a single matrix over the vocabulary."""
    config = Seq2seqTransformerConfig(dim=8, heads=2, layers=1)
    net = TransformerTranslator.build(config, source_vocabulary=40, target_vocabulary=40)
    assert [
        name for name, weight in net.named_parameters() if 40 in weight.shape and weight.ndim == 2
    ] == ["tables.read.weight"]


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        (Seq2seqTransformerConfig, {"dim": "10", "heads": "4"}, "write dim=8"),
        (
            Seq2seqTransformerConfig,
            {"dim": "6", "heads": "2", "positions": "rotary"},
            "write dim=8",
        ),
        (Seq2seqAttentionConfig, {"hidden": "7"}, "write hidden=8, or bidirectional=no"),
        (Seq2seqAttentionConfig, {"tokenizer": "word"}, "cannot write with tokenizer=word"),
    ],
)
def test_shapes_that_cannot_be_are_refused(kind: type, options: dict[str, str], said: str) -> None:
    """A width that heads or directions cannot share is the user's to mend, and the sentence says how."""
    with pytest.raises(UsageError, match=said):
        parse_options(kind, "a-method", options)
