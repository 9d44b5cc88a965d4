"""``nlpwb words``: word vectors, from a corpus to answers."""

from __future__ import annotations

import typer

from nlpwb.cli.words import (
    analogy,
    axes,
    cluster,
    convert,
    drift,
    evaluate,
    index,
    neighbors,
    plot,
    similarity,
    train,
)

app = typer.Typer(
    help="Train word vectors, ask them, judge them, exchange them.", no_args_is_help=True
)

app.command("train")(train.train)
app.command("neighbors")(neighbors.neighbors)
app.command("index")(index.index)
app.command("similarity")(similarity.similarity)
app.command("analogy")(analogy.analogy)
app.command("odd")(similarity.odd)
app.command("axes")(axes.axes)
app.command("vector")(axes.vector)
app.command("drift")(drift.drift)
app.command("cluster")(cluster.cluster)
app.command("evaluate")(evaluate.evaluate)
app.command("plot")(plot.plot)
app.command("convert")(convert.convert)
