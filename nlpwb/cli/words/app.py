"""``nlpwb words``: word vectors, from a corpus to answers."""

from __future__ import annotations

import typer

from nlpwb.cli.words import cluster, drift, evaluate, plot, train

app = typer.Typer(
    help="Train word vectors, ask them, judge them, exchange them.", no_args_is_help=True
)

app.command("train")(train.train)
app.command("drift")(drift.drift)
app.command("cluster")(cluster.cluster)
app.command("evaluate")(evaluate.evaluate)
app.command("plot")(plot.plot)
