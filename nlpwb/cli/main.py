"""The command line: which commands there are, and how a run ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nlpwb.cli import cache, compare, data, methods, models, tokenizer, vectorize
from nlpwb.errors import NlpwbError

INTERRUPTED = 130


class _Interrupted(Exception):
    """Ctrl-C, kept from Typer, which would report it as exit code 1."""


class _Commands(TyperGroup):
    """The commands in the order of their registration; an interruption leaves with 130."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.commands)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _Interrupted from None


app = typer.Typer(
    name="nlpwb",
    cls=_Commands,
    help="A workbench for text: which representation works on your corpus, how sure is that, what does it cost?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"nlpwb {version('nlpwb')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    del version
    if debug:
        os.environ["NLPWB_DEBUG"] = "1"


app.command("compare")(compare.compare)
app.command("methods")(methods.methods)
app.add_typer(data.app, name="data")
app.add_typer(tokenizer.app, name="tokenizer")
app.command("vectorize")(vectorize.vectorize)
app.command("train")(models.train)
app.command("evaluate")(models.evaluate)
app.command("predict")(models.predict)
app.command("embed")(models.embed)
app.add_typer(cache.app, name="cache")


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code of DESIGN 4 and never a traceback, unless asked with ``--debug``."""
    try:
        app(list(arguments))
    except SystemExit as end:
        return _flush(end.code if isinstance(end.code, int) else 0)
    except _Interrupted:
        print("nlpwb: interrupted; what was finished is kept", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return _quiet_stdout()
    except NlpwbError as error:
        if _debugging(arguments):
            import traceback

            traceback.print_exc()
        _flush(0)
        print(f"nlpwb: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:
        if _debugging(arguments):
            raise
        print(
            f"nlpwb: a bug of ours, {type(error).__name__}: {error}; "
            "please report it with the output of the same command after `nlpwb --debug`",
            file=sys.stderr,
        )
        return 1
    return _flush(0)


def _debugging(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or "NLPWB_DEBUG" in os.environ


def _flush(code: int) -> int:
    """What is still buffered meets a closed pipe here, and not in the interpreter's last breath."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet_stdout()
    return code


def _quiet_stdout() -> int:
    """The reader has seen enough (``| head``): no message, no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
