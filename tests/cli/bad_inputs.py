"""What people hand in by mistake, and what they are told: one table, which the tests walk through.

Each case makes its files in an empty folder, runs one command line there, and names the exit code and the whole sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

GOOD = "text,label\n" + "".join(f"good text {n},yes\nbad text {n},no\n" for n in range(12))


@dataclass(frozen=True)
class Bad:
    """A mistake: what it is, the files it needs, the command line, and how it ends."""

    what: str
    words: str
    code: int
    sentence: str
    make: Callable[[Path], object] = lambda folder: None

    def __str__(self) -> str:
        return self.what


def _file(name: str, content: str | bytes) -> Callable[[Path], object]:
    data = content.encode("utf-8") if isinstance(content, str) else content

    def make(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return make


def _good(folder: Path) -> None:
    (folder / "good.csv").write_text(GOOD, encoding="utf-8")


def _folder(folder: Path) -> None:
    (folder / "texts" / "yes").mkdir(parents=True)
    (folder / "texts" / "no").mkdir()


def _pictures(folder: Path) -> None:
    _folder(folder)
    (folder / "texts" / "yes" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))


def _two(folder: Path) -> None:
    _good(folder)
    (folder / "test.csv").write_text(
        "text,label\ngood text,yes\nodd text,maybe\n", encoding="utf-8"
    )


COMPARE = "compare in.csv -m bow -m majority"

# What no command can read.
READING = [
    Bad("a missing file", COMPARE, 1, "in.csv: no such file or folder; check the path"),
    Bad(
        "a missing file with a name like that of another",
        "compare god.csv -m bow",
        1,
        "god.csv: no such file or folder; did you mean good.csv?",
        _good,
    ),
    Bad(
        "an empty file",
        COMPARE,
        1,
        "in.csv is empty; a corpus needs at least one document",
        _file("in.csv", ""),
    ),
    Bad(
        "a header only",
        COMPARE,
        1,
        "in.csv holds a header (text, label) and no rows; a corpus needs at least one document",
        _file("in.csv", "text,label\n"),
    ),
    Bad(
        "an unknown text column",
        COMPARE + " --text body",
        1,
        "in.csv has no column 'body' (--text); there are: text, label",
        _file("in.csv", GOOD),
    ),
    Bad(
        "an unclosed quote",
        COMPARE,
        1,
        "in.csv, line 3: a quoted field opens here and is never closed; mend it, "
        "or --skip-bad-rows leaves such rows out",
        _file("in.csv", 'text,label\na text,yes\n"never closed,no\nmore,yes\n'),
    ),
    Bad(
        "rows of unequal length",
        COMPARE,
        1,
        "in.csv, line 3: 3 fields where the header has 2; mend it, "
        "or --skip-bad-rows leaves such rows out",
        _file("in.csv", "text,label\na text,yes\none, two,no\n"),
    ),
    Bad(
        "invalid UTF-8",
        COMPARE,
        1,
        "in.csv, byte 25 (line 3): 0xe9 is not UTF-8; it looks like windows-1252: "
        "--encoding windows-1252",
        _file("in.csv", b"text,label\na text,yes\ncaf\xe9,no\n"),
    ),
    Bad(
        "UTF-16",
        COMPARE,
        1,
        "in.csv is UTF-16, not UTF-8; add --encoding utf-16",
        _file("in.csv", GOOD.encode("utf-16")),
    ),
    Bad(
        "NUL bytes",
        COMPARE,
        1,
        "in.csv, line 3: it holds a NUL byte; mend it, or --skip-bad-rows leaves such rows out",
        _file("in.csv", b"text,label\na text,yes\nno\0thing,no\n"),
    ),
    Bad(
        "a binary file",
        COMPARE,
        1,
        "in.csv is a PNG image, not text; export it as CSV, TSV or JSONL",
        _file("in.csv", b"\x89PNG\r\n\x1a\n" + bytes(500)),
    ),
    Bad(
        "a folder without anything",
        "compare texts -m bow",
        1,
        "texts holds no text files; name a file, or a folder with texts in it",
        _folder,
    ),
    Bad(
        "a folder without text",
        "compare texts -m bow",
        1,
        "texts/yes/a.png is a PNG image, not text; export it as CSV, TSV or JSONL",
        _pictures,
    ),
    Bad(
        "a misspelt built-in corpus",
        "compare sample:revews -m bow",
        1,
        "there is no built-in data set sample:revews; did you mean sample:reviews?",
    ),
]

# What can be read, and not be compared on.
CORPORA = [
    Bad(
        "one label only",
        COMPARE,
        1,
        "in.csv has one label only, 'yes'; a comparison needs two or more",
        _file("in.csv", "text,label\na text,yes\nmore text,yes\n"),
    ),
    Bad(
        "a label with one row",
        COMPARE,
        1,
        "in.csv: label 'odd' has one row (line 26), which cannot both train and test; "
        "add rows of this label, or leave it out",
        _file("in.csv", GOOD + "odd text,odd\n"),
    ),
    Bad(
        "no labels",
        COMPARE + " --task classify",
        1,
        "in.csv has no labels to compare methods by; name their column with --label COL, "
        "or leave --task classify out",
        _file("in.csv", "text\na text\nmore text\n"),
    ),
    Bad(
        "an unknown label column",
        COMPARE + " --label stars",
        1,
        "in.csv has no column 'stars' (--label); there are: text, label",
        _file("in.csv", GOOD),
    ),
    Bad(
        "an unknown group column",
        COMPARE + " --group-col author",
        1,
        "in.csv has no column 'author' (--group-col); there are: text, label",
        _file("in.csv", GOOD),
    ),
    Bad(
        "an empty name",
        "compare '' -m bow",
        2,
        "CORPUS is empty; name a file, a folder, a built-in corpus, or - for stdin",
    ),
    Bad(
        "a test file with a label of its own",
        "compare good.csv --test test.csv -m bow",
        1,
        "test.csv: 1 test document has a label that no training document has (maybe; 50.0 %); "
        "no method can be right there; `nlpwb data check` shows the rows",
        _two,
    ),
]

REQUESTS = [
    Bad(
        "a device where no network computes",
        "compare good.csv -m bow --device cpu",
        2,
        "--device cpu concerns networks, and no method is one; leave it out",
        _good,
    ),
    Bad(
        "a precision where there are no labels",
        "compare good.csv -m bow --task intrinsic --precision bf16",
        2,
        "--task intrinsic leaves labels out of account, and --precision concerns networks, which learn from labels; leave it out",
        _good,
    ),
    Bad(
        "a misspelt method",
        "compare good.csv -m tfdif",
        2,
        "there is no method 'tfdif': did you mean tfidf? (`nlpwb methods` lists them)",
        _good,
    ),
    Bad(
        "a search that is neither trials nor a time",
        "compare good.csv -m bow --search long",
        2,
        "--search 'long': give a number of trials, such as 20, or a time, such as 90s, 10min or 2h",
        _good,
    ),
    Bad(
        "a misspelt head",
        "train bow+smv good.csv -o model",
        2,
        "there is no method 'smv': did you mean svm? (`nlpwb methods` lists them)",
        _good,
    ),
    Bad(
        "a misspelt option of a method",
        "compare good.csv -m tfidf:mindf=2",
        2,
        "tfidf has no option 'mindf': did you mean min_df? (`nlpwb methods tfidf` lists them)",
        _good,
    ),
    Bad(
        "a misspelt option of a command",
        "compare good.csv --metrc mcc",
        2,
        "there is no option --metrc; did you mean --metric?",
        _good,
    ),
    Bad(
        "a misspelt metric",
        "compare good.csv -m bow --metric acuracy",
        2,
        "--metric 'acuracy' is not known; did you mean accuracy?",
        _good,
    ),
    Bad(
        "a misspelt format",
        "compare good.csv -m bow --format jsno",
        2,
        "--format 'jsno' is not known; did you mean json?",
        _good,
    ),
    Bad(
        "an option of a method out of range",
        "compare good.csv -m tfidf:ngrams=0",
        2,
        "tfidf: ngrams must be at least 1, got 0",
        _good,
    ),
    Bad(
        "an option of a command out of range",
        "compare good.csv -m bow --test-size 1.5",
        2,
        "--test-size must be between 0 and 1, got 1.5",
        _good,
    ),
    Bad(
        "one fold",
        "compare good.csv -m bow --folds 1",
        2,
        "--folds must be at least 2, got 1",
        _good,
    ),
    Bad(
        "a value that is none of an option's",
        "train tfidf:norm=l3 good.csv -o model",
        2,
        "tfidf: norm=l3 is not one of its values; there are: l1, l2, none",
        _good,
    ),
    Bad(
        "an empty vocabulary after min_df",
        "train bow:min_df=99 good.csv -o model",
        1,
        "no term of the documents (24) is left after min_df=99; lower min_df or raise max_df",
        _good,
    ),
    Bad(
        "an empty vocabulary after min_df, in a comparison",
        "compare good.csv --folds 2 -m bow:min_df=99",
        4,
        "bow:min_df=99: no term of the documents (12) is left after min_df=99; "
        "lower min_df or raise max_df",
        _good,
    ),
    Bad(
        "--out into a missing folder",
        "compare good.csv -m bow --out no/found.json",
        1,
        "--out no/found.json: the folder no does not exist; make it first",
        _good,
    ),
    Bad(
        "a plot into a missing folder",
        "compare good.csv -m bow --plot no/found.png",
        1,
        "--plot no/found.png: the folder no does not exist; make it first",
        _good,
    ),
    Bad(
        "a plot of another kind",
        "compare good.csv -m bow --plot found.pdf",
        2,
        "--plot found.pdf: the ending says the format, .png or .svg",
        _good,
    ),
    Bad(
        "a model into a missing folder",
        "train bow good.csv -o no/model",
        1,
        "-o no/model: the folder no does not exist; make it first",
        _good,
    ),
    Bad(
        "a model over a file",
        "train bow good.csv -o good.csv",
        1,
        "-o good.csv is a file, and a model is a folder; choose another name",
        _good,
    ),
    Bad(
        "a matrix into a missing folder",
        "vectorize bow good.csv -o no/x.npz",
        1,
        "-o no/x.npz: the folder no does not exist; make it first",
        _good,
    ),
    Bad(
        "a matrix of a method that has none",
        "vectorize skipgram good.csv -o x.npz",
        2,
        "skipgram: vectorize writes sparse matrices; take onehot, bow, tfidf or hashing without +lsa "
        "(`nlpwb train` and `nlpwb embed` serve the others)",
        _good,
    ),
    Bad(
        "a file of specs that is not there",
        "compare good.csv -m @specs.txt",
        2,
        "specs file specs.txt: no such file or directory; -m @FILE reads one spec a line",
        _good,
    ),
    Bad(
        "a model that is not there",
        "predict model good.csv",
        1,
        "there is no model model; `nlpwb train SPEC CORPUS -o model` makes one",
        _good,
    ),
    Bad(
        "a budget that is no number",
        "compare good.csv -m bow --budget 10,many",
        2,
        "--budget: 'many' is no number of rows; write 10,100,1000",
        _good,
    ),
]
