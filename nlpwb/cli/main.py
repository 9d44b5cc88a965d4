"""The command line: which commands there are, and how a run ends."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nlpwb.cli import (
    attend,
    bases,
    cache,
    compare,
    contexts,
    data,
    embed,
    evaluate,
    finetune,
    generate,
    methods,
    position,
    predict,
    search,
    similarity,
    tokenizer,
    trace,
    train,
    translate,
    vectorize,
)
from nlpwb.cli.completion import in_bash
from nlpwb.cli.words.app import app as words
from nlpwb.errors import NlpwbError, nearest

INTERRUPTED = 130
COMPLETING = "_NLPWB_COMPLETE"  # set by the script that --install-completion leaves in a shell
# Typer exports one kind of usage error; this is what all of them are.
_TyperUsage: type[Exception] = typer.BadParameter.__bases__[0]
# Its words for a number that an option cannot take.
_OUT_OF_RANGE = re.compile(
    r"(?P<got>\S+) is not in the range (?:(?P<low>[^x<]+)<=x<=(?P<high>.+)|x>=(?P<least>.+))\."
)
_NO_NUMBER = re.compile(r"(?P<got>.*) is not a valid (?P<kind>int|float)(?:eger)?(?: range)?\.")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Interrupted(Exception):
    """Ctrl-C."""


class _ReaderGone(Exception):
    """The program that reads our output has ended (``| head``)."""


@contextmanager
def _kept_from_typer() -> Iterator[None]:
    """Typer makes exit code 1 of an interruption and of a closed pipe; under these names they reach :func:`run`."""
    try:
        yield
    except KeyboardInterrupt:
        raise _Interrupted from None
    except BrokenPipeError:
        raise _ReaderGone from None


class _Commands(TyperGroup):
    """The commands in the order of their registration."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        del ctx
        return list(self.commands)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # --help and --version print here
        with _kept_from_typer():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        with _kept_from_typer():
            return super().invoke(ctx)


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
app.command("bases")(bases.bases)
app.add_typer(data.app, name="data")
app.add_typer(tokenizer.app, name="tokenizer")
app.add_typer(words, name="words")
app.command("vectorize")(vectorize.vectorize)
app.command("train")(train.train)
app.command("finetune")(finetune.finetune)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("embed")(embed.embed)
app.command("search")(search.search)
app.command("similarity")(similarity.similarity)
app.command("generate")(generate.generate)
app.command("translate")(translate.translate)
app.command("attend")(attend.attend)
app.command("trace")(trace.trace)
app.command("contexts")(contexts.contexts)
app.command("position")(position.position)
app.add_typer(cache.app, name="cache")


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code of DESIGN 4 and never a traceback, unless asked with ``--debug``."""
    _open_closed_streams()
    try:
        if os.environ.get(COMPLETING) == "complete_bash":
            in_bash(os.environ, lambda: app([], prog_name="nlpwb"))
            return 0
        code = app(list(arguments), prog_name="nlpwb", standalone_mode=False)
        return _flush(code if isinstance(code, int) else 0)
    except SystemExit as end:  # a shell that asks for completions is answered so
        return _flush(end.code if isinstance(end.code, int) else 0)
    except _TyperUsage as error:
        return _say_usage(error)
    except typer.Abort:
        return _say("stopped before anything was changed", 1)
    except (_Interrupted, KeyboardInterrupt):
        return _say("interrupted; what was finished is kept", INTERRUPTED)
    except _ReaderGone:
        return _leave_stdout(0)
    except NlpwbError as error:
        if _debugging(arguments):
            import traceback

            traceback.print_exc()
        return _say(str(error), error.exit_code)
    except Exception as error:
        if _debugging(arguments):
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return _say_no_room(error)
        if isinstance(error, MemoryError):
            return _say("there is not enough memory for this; give it fewer documents at a time", 1)
        return _say(
            f"a bug of ours, {type(error).__name__}: {error}; "
            "please report it with the output of the same command after `nlpwb --debug`",
            1,
        )


def _say(sentence: str, code: int) -> int:
    """One line on stderr, after the data that is still on its way to stdout."""
    _flush(0)
    print(f"nlpwb: {sentence}", file=sys.stderr)
    return code


def _say_usage(error: Any) -> int:
    """What Typer says of a wrong command line, as one sentence with the way out."""
    said = error.format_message().strip().rstrip(".")
    if "\n" in said:  # a group without a command shows its help
        print(said, file=sys.stderr)
        return 2
    context = error.ctx
    command = context.command_path if context is not None else "nlpwb COMMAND"
    option = getattr(error, "option_name", None)
    if hasattr(error, "possibilities"):
        known = {name for parameter in context.command.params for name in parameter.opts}
        hint = nearest(str(option), known)
        said = f"there is no option {option}" + (f"; {hint}" if hint.endswith("?") else "")
    elif (wrong := _value_sentence(error)) is not None:
        return _say(wrong, 2)
    said = said[:1].lower() + said[1:].replace(". Did", "; did")
    return _say(said if said.endswith("?") else f"{said} (`{command} --help` shows how)", 2)


def _value_sentence(error: Any) -> str | None:
    """``--folds must be at least 2, got 1``, where Typer found a number out of its range, or none."""
    names = getattr(getattr(error, "param", None), "opts", None)
    if not names:
        return None
    name = max(names, key=len)
    value = _OUT_OF_RANGE.fullmatch(error.message)
    if value is not None:
        low, high = value["low"], value["high"]
        range = f"between {low} and {high}" if low and high else f"at least {value['least']}"
        return f"{name} must be {range}, got {value['got']}"
    value = _NO_NUMBER.fullmatch(error.message)
    if value is not None:
        kind = {"int": "whole number", "float": "number"}[value["kind"]]
        return f"{name} must be a {kind}, got {value['got']}"
    return None


def _debugging(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or "NLPWB_DEBUG" in os.environ


def _open_closed_streams() -> None:
    """A stream that the shell closed (``>&-``) is as one that goes nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _flush(code: int) -> int:
    """What is still buffered meets a closed pipe or a full disk here, and not in the interpreter's last breath."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_stdout(code)
    except OSError as error:
        return _say_no_room(error)
    return code


def _say_no_room(error: OSError) -> int:
    reason = (error.strerror or str(error)).lower()
    print(
        f"nlpwb: the output cannot be written: {reason}; make room, or write elsewhere",
        file=sys.stderr,
    )
    return _leave_stdout(1)


def _leave_stdout(code: int) -> int:
    """Send the rest of stdout nowhere, so that the interpreter's own flush at the end has nothing to complain of."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
