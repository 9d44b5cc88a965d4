"""``nlpwb words``: word vectors, from a corpus to answers."""

from __future__ import annotations

import typer

from nlpwb.cli.words import drift

app = typer.Typer(
    help="Train word vectors, ask them, judge them, exchange them.", no_args_is_help=True
)

app.command("drift")(drift.drift)
