"""JSON Lines, fastText and plain text as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.columns import choose_columns
from nlpwb.data.corpus import Columns, Document, ReadOptions
from nlpwb.data.folders import exact_text, whole_text
from nlpwb.data.lines import (
    fasttext_records,
    json_label,
    json_mark,
    json_records,
    json_set,
    json_text,
    plain_records,
)
from nlpwb.data.plan import Documents, Plan, joined, refuse_columns, undecodable
from nlpwb.data.sniffing import Format
from nlpwb.data.sources import Source
from nlpwb.data.targets import marked_set
from nlpwb.data.textstream import open_text
from nlpwb.data.two_texts import joined_pair, line_flaw
from nlpwb.errors import InputError


def plan_json(
    source: Source, options: ReadOptions, form: Format, *, head: str, complete: bool
) -> Plan:
    """How to read a file with a JSON object on each line; the fields of the first ones are its columns."""
    lines = head.split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    ignored = BadRows(source.name, skip=True)  # what is wrong is said when the row is read
    sample = [record for _, record in json_records(lines, bad=ignored)]
    names = list(dict.fromkeys(name for record in sample for name in record))
    first = head.lstrip()[:1]
    if not names or first == "[":
        way_out = (
            "jq -c '.[]' makes JSONL of an array"
            if first == "["
            else "JSONL holds one {...} a line"
        )
        raise InputError(f"{source.name} does not begin with a JSON object on one line; {way_out}")
    rows = [[_shown(record.get(name)) for name in names] for record in sample]
    columns, guesses = choose_columns(names, rows, options, name=source.name)

    def documents(bad: BadRows) -> Iterator[Document]:
        with open_text(
            source, encoding=options.encoding, newline="\n", undecodable=undecodable(options)
        ) as (text, _):
            for number, record in json_records(text, bad=bad):
                try:
                    document = _json_document(
                        record, columns, number, several=options.task == "multilabel"
                    )
                except InputError as error:
                    bad(number, str(error))
                else:
                    yield document

    return Plan(
        format="jsonl",
        notes=(*([form.remark] if form.remark else []), *guesses),
        columns=columns,
        labelled=columns.label is not None,
        grouped=columns.group is not None,
        documents=documents,
        empty=f"{source.name} holds no documents",
    )


def _json_document(
    record: Mapping[str, object], columns: Columns, number: int, *, several: bool
) -> Document:
    texts = [json_text(record, name) for name in columns.text]
    text = joined_pair(columns.text, texts) if columns.pair else joined(texts)
    label = None
    if columns.marks:
        several = True
        label = marked_set((name, json_mark(record, name)) for name in columns.marks)
    elif columns.label is not None:
        label = (json_set if several else json_label)(record, columns.label)
    group = json_label(record, columns.group) if columns.group is not None else None
    for kind, value in (("label", None if several else label), ("group", group)):
        if value is not None and not value.strip():
            raise InputError(f"its {kind} is empty")
    wrong = flaw(text) or flaw(label or "") or flaw(group or "")
    if wrong:
        raise InputError(wrong)
    return Document(text, label, group, number)


def plan_fasttext(source: Source, options: ReadOptions, form: Format) -> Plan:
    """How to read a file of lines such as ``__label__good A fine book .``."""
    refuse_columns(source.name, "fastText", options)
    labelled = options.labelled is not False

    def documents(bad: BadRows) -> Iterator[Document]:
        with open_text(
            source, encoding=options.encoding, newline="\n", undecodable=undecodable(options)
        ) as (lines, _):
            several = options.task == "multilabel"
            for number, label, text in fasttext_records(lines, bad=bad, several=several):
                wrong = flaw(text) or flaw(label)
                if wrong:
                    bad(number, wrong)
                else:
                    yield Document(text, label if labelled else None, None, number)

    return Plan(
        format="fasttext",
        notes=(form.remark,) if form.remark else (),
        columns=None,
        labelled=labelled,
        grouped=False,
        documents=documents,
        empty=f"{source.name} holds no documents",
    )


def plan_plain(source: Source, options: ReadOptions, form: Format) -> Plan:
    """How to read a file with a document on each line."""
    refuse_columns(source.name, "plain text", options)

    def documents(bad: BadRows) -> Iterator[Document]:
        with open_text(
            source, encoding=options.encoding, newline="\n", undecodable=undecodable(options)
        ) as (lines, _):
            for number, text in plain_records(lines):
                wrong = flaw(text) or (line_flaw(text) if options.pairs else None)
                if wrong:
                    bad(number, wrong)
                else:
                    yield Document(text, None, None, number)

    return _unlabelled(source, options, (form.remark,) if form.remark else (), documents)


def plan_whole(source: Source, options: ReadOptions, *, running: bool = False) -> Plan:
    """How to read a file that is one document; of a ``running`` text the line breaks that end it are kept."""
    refuse_columns(source.name, "a file read whole", options)

    def documents(bad: BadRows) -> Iterator[Document]:
        try:
            text = (exact_text if running else whole_text)(source, options)
        except InputError as error:
            bad.refuse(error)
        else:
            yield Document(text, None, None, 1)

    return _unlabelled(source, options, ("the whole file is one document",), documents)


def _unlabelled(
    source: Source, options: ReadOptions, notes: tuple[str, ...], documents: Documents
) -> Plan:
    if options.labelled:
        raise InputError(
            f"{source.name} is plain text and has no labels; give CSV, TSV, JSONL, fastText or a folder for each label"
        )
    return Plan(
        format="text",
        notes=notes,
        columns=None,
        labelled=False,
        grouped=False,
        documents=documents,
        empty=f"{source.name} holds blank lines and no documents",
    )


def _shown(value: object) -> str:
    """A value of a sample as the guess of columns wants it: nested and missing ones count as empty."""
    return "" if value is None or isinstance(value, (list, dict)) else str(value)
