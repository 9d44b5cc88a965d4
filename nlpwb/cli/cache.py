"""``nlpwb cache``: what is kept, what it costs, whether it is sound, and what leaving would free."""

from __future__ import annotations

import json
import re
import time
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.errors import CacheError, UsageError
from nlpwb.report.sink import Column

app = typer.Typer(help="What is kept, and what it costs.", no_args_is_help=True)

_KEY = Column("key", "key", keep=True, show=lambda value: str(value)[:12])
_KINDS = (
    "plan",
    "cell",
    "representation",
    "verdict",
    "intrinsic-plan",
    "intrinsic",
    "intrinsic-verdict",
)
_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _check_kind(value: str | None) -> str | None:
    return value if value is None else options.among("--kind", _KINDS)(value)


Kind = Annotated[
    str | None,
    typer.Option(
        help=f"Only entries of this kind: {', '.join(_KINDS)}.",
        callback=_check_kind,
        autocompletion=lambda: list(_KINDS),
        metavar="KIND",
    ),
]


def _size(value: float) -> str:
    from nlpwb.report.comparison import size

    return size(value)


def _ago(seconds: float) -> str:
    for unit, scale in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * scale:
            return f"{seconds / scale:.0f} {unit} ago"
    return "just now"


@app.command("list")
def list_entries(
    kind: Kind = None,
    format: options.Format = "auto",
    out: options.Out = None,
    cache_dir: options.CacheDir = None,
    quiet: options.Quiet = False,
) -> None:
    """List the entries, the last used first."""
    from nlpwb.cache.inventory import entries, leftovers
    from nlpwb.cache.store import cache_root

    sink = options.make_sink(format, out, quiet)
    root = cache_root(cache_dir)
    found = [entry for entry in entries(root) if kind is None or entry.kind == kind]
    now = time.time()
    rows = [
        {
            "key": entry.digest,
            "kind": entry.kind,
            "bytes": entry.bytes,
            "seconds": entry.seconds,
            "used": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.used)),
            "age": now - entry.used,
            "what": entry.summary,
        }
        for entry in found
    ]
    total = sum(entry.bytes for entry in found)
    after = [f"{len(found):,} entries, {_size(total)} in {root}"]
    lost = leftovers(root)
    if lost:
        after.append(
            f"! {len(lost)} leftovers of killed runs and damaged entries, "
            f"{_size(sum(one.bytes for one in lost))}; `nlpwb cache prune` removes them"
        )
    sink.table(
        rows,
        [
            _KEY,
            Column("kind", "kind"),
            Column("bytes", "size", right=True, show=_size),
            Column("seconds", "made in", right=True, show=lambda value: f"{value:.1f} s"),
            Column("age", "used", show=_ago),
            Column("used", "used at", table=False),
            Column("what", "what", wrap=True),
        ],
        after=after,
    )


@app.command()
def info(
    key: Annotated[str, typer.Argument(help="The first digits of an entry's key.", metavar="KEY")],
    cache_dir: options.CacheDir = None,
) -> None:
    """Print the manifest of one entry as JSON: what it is, what went into it, its files."""
    from nlpwb.cache.inventory import find
    from nlpwb.cache.store import cache_root

    entry = find(cache_root(cache_dir), key)
    print(json.dumps({"path": str(entry.path), **entry.manifest}, indent=2, ensure_ascii=False))


@app.command()
def verify(
    format: options.Format = "auto",
    out: options.Out = None,
    cache_dir: options.CacheDir = None,
    quiet: options.Quiet = False,
) -> None:
    """Check every file of every entry against its SHA-256; exit code 1 when one is damaged."""
    from nlpwb.cache.inventory import verify as check
    from nlpwb.cache.store import cache_root

    sink = options.make_sink(format, out, quiet)
    root = cache_root(cache_dir)
    checked = check(root)
    rows = [
        {"key": entry.digest, "kind": entry.kind, "state": fault or "sound", "what": entry.summary}
        for entry, fault in checked
    ]
    damaged = sum(bool(fault) for _, fault in checked)
    sink.table(
        rows,
        [_KEY, Column("kind", "kind"), Column("state", "state"), Column("what", "what", wrap=True)],
        after=[f"{len(checked) - damaged:,} of {len(checked):,} entries are sound"],
    )
    if damaged:
        raise CacheError(
            f"{damaged} of {len(checked)} entries of the cache {root} are damaged; "
            "the next run that needs them computes them anew"
        )


@app.command()
def prune(
    max_size: Annotated[
        str | None,
        typer.Option(help="Keep at most this much, the last used: 500MB, 2GB.", metavar="SIZE"),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(help="Remove what was not used for this long: 12h, 30d.", metavar="AGE"),
    ] = None,
    kind: Kind = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    format: options.Format = "auto",
    out: options.Out = None,
    cache_dir: options.CacheDir = None,
    quiet: options.Quiet = False,
) -> None:
    """Show what would be removed, ask, and remove it: by age, down to a size, or all of it."""
    import sys

    from nlpwb.cache.inventory import entries, leftovers, plan, remove
    from nlpwb.cache.store import cache_root

    sink = options.make_sink(format, out, quiet)
    root = cache_root(cache_dir)
    leaving = plan(
        entries(root),
        max_size=_bytes(max_size) if max_size is not None else None,
        older_than=_age(older_than) if older_than is not None else None,
        kind=kind,
    )
    lost = leftovers(root) if kind is None else []
    rows = [
        {"key": entry.digest, "kind": entry.kind, "bytes": entry.bytes, "what": entry.summary}
        for entry in leaving
    ]
    rows += [
        {"key": one.path.name, "kind": one.reason, "bytes": one.bytes, "what": "leftover"}
        for one in lost
    ]
    total = sum(entry.bytes for entry in leaving) + sum(one.bytes for one in lost)
    sink.table(
        rows,
        [
            _KEY,
            Column("kind", "kind"),
            Column("bytes", "size", right=True, show=_size),
            Column("what", "what", wrap=True),
        ],
        after=[f"{len(rows):,} to remove, which frees {_size(total)}"],
    )
    if not rows:
        return
    if not yes:
        if not sys.stdin.isatty():
            sink.warn("nothing was removed; --yes removes it without asking")
            return
        typer.confirm("Remove them?", abort=True, err=True)
    remove(root, [*(entry.path for entry in leaving), *(one.path for one in lost)])
    sink.note(f"removed; {_size(total)} freed")


def _bytes(text: str) -> int:
    from nlpwb.cache.inventory import parse_size

    try:
        return parse_size(text)
    except UsageError as error:
        raise UsageError(f"--max-size: {error}") from None


def _age(text: str) -> float:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw])", text.strip())
    if match is None:
        raise UsageError(f"--older-than {text!r} is not an age; write for example 12h or 30d")
    return float(match[1]) * _AGES[match[2]]
