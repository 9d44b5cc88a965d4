"""Names of data that is already here: our own samples, and what ships inside gensim's tests.

gensim's files are found without importing gensim. Their terms are those of their makers, not gensim's; ``nlpwb data list``
shows them.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, nearest

_PREFIXES = ("sample:", "gensim:")


@dataclass(frozen=True)
class Builtin:
    """A data set with a name of its own.

    ``kind`` is labelled, unlabelled, pairs, tags, similarity or analogies; the first three are corpora of texts, and ``tags`` are
    labelled words. ``size`` counts documents, pairs, sentences or questions. ``terms`` is the licence, as far as its makers
    state one.
    """

    name: str
    kind: str
    contents: str
    size: int
    terms: str
    file: str
    encoding: str = "utf-8"
    format: str | None = None
    text: str | None = None
    label: str | None = None

    def path(self) -> Path:
        """Where the file lies; raises InputError where it was not installed."""
        folder = _sample_folder() if self.name.startswith("sample:") else _gensim_folder()
        path = folder / self.file
        if not path.is_file():
            raise InputError(
                f"{self.name} is not installed ({path} is missing); install nlpwb anew"
            )
        return path

    def options(self, wanted: ReadOptions) -> ReadOptions:
        """The user's reading options with what is known of this file filled in."""
        if self.kind == "tags":
            raise InputError(
                f"{self.name} holds labels of words, which `nlpwb finetune BASE {self.name} --task tokens` learns"
            )
        if self.kind not in ("labelled", "unlabelled", "pairs"):
            raise InputError(
                f"{self.name} is a set of {self.kind} for word vectors, not a corpus; `nlpwb data list` shows the corpora"
            )
        return dataclasses.replace(
            wanted,
            encoding=self.encoding,
            input_format=self.format or wanted.input_format,
            text=wanted.text or (None if wanted.pairs else self.text),
            label=wanted.label or (self.label if wanted.labelled is not False else None),
        )


_ABC_NEWS = "not stated (Lee, Pincombe and Welsh 2005, for research; cite)"
_WIKIPEDIA = "CC BY-SA 3.0 (Wikipedia)"

BUILTINS = (
    Builtin(
        "sample:reviews", "labelled", "product reviews with mixed and ironic ones, 2 labels", 520,
        "Apache-2.0, written for nlpwb", "reviews.csv",
    ),
    Builtin(
        "sample:pairs", "pairs", "sentences, English and German", 420,
        "Apache-2.0, written for nlpwb", "pairs.tsv", text="source",
    ),
    Builtin(
        "sample:prose", "unlabelled", "plain English prose, a paragraph a line", 225,
        "Apache-2.0, written for nlpwb", "prose.txt", format="text",
    ),
    Builtin(
        "sample:senses", "labelled", "sentences of 30 ambiguous words, 2 senses of each", 240,
        "Apache-2.0, written for nlpwb", "senses.tsv", text="sentence", label="sense",
    ),
    Builtin(
        "sample:entities", "tags", "sentences with persons, places and organisations, IOB2", 240,
        "Apache-2.0, written for nlpwb", "entities.conll",
    ),
    Builtin(
        "sample:entities-test", "tags", "more of these sentences, with other names", 100,
        "Apache-2.0, written for nlpwb", "entities-test.conll",
    ),
    Builtin(
        "gensim:pang_lee_polarity", "labelled", "sentences of film reviews, 2 labels (neg, pos)", 200,
        "CC BY 4.0 (Pang and Lee 2005; as NLTK states)", "pang_lee_polarity.cor", encoding="cp1252", format="fasttext",
    ),
    Builtin(
        "gensim:lee_background", "unlabelled", "short news texts, Australian Broadcasting Corporation", 300,
        _ABC_NEWS, "lee_background.cor", format="text",
    ),
    Builtin(
        "gensim:lee", "unlabelled", "50 more of these news texts, those whose similarity people judged", 50,
        _ABC_NEWS, "lee.cor", encoding="cp1252", format="text",
    ),
    Builtin(
        "gensim:head500", "unlabelled", "English Wikipedia articles as stemmed words", 250,
        _WIKIPEDIA, "head500.noblanks.cor", format="text",
    ),
    Builtin(
        "gensim:crime_and_punishment", "unlabelled", "the first paragraphs of Dostoyevsky's novel, Russian", 5,
        "public domain", "crime-and-punishment.txt", format="text",
    ),
    Builtin(
        "gensim:testcorpus", "unlabelled", "nine titles of papers, the toy corpus of latent semantic analysis", 9,
        "not stated (Deerwester et al. 1990)", "testcorpus.txt", format="text",
    ),
    Builtin(
        "gensim:wordsim353", "similarity", "WordSim-353, pairs of words with human scores", 353,
        "CC BY 4.0 (Finkelstein et al. 2002)", "wordsim353.tsv",
    ),
    Builtin(
        "gensim:simlex999", "similarity", "SimLex-999, pairs of words with human scores of similarity", 999,
        "not stated (Hill, Reichart and Korhonen 2015, for research; cite)", "simlex999.txt",
    ),
    Builtin(
        "gensim:questions-words", "analogies", "Google's analogy questions in 14 sections", 19544,
        "Apache-2.0 (Mikolov et al. 2013)", "questions-words.txt",
    ),
)  # fmt: skip


def names() -> list[str]:
    """The names of all built-in data sets."""
    return [builtin.name for builtin in BUILTINS]


def is_builtin(source: str) -> bool:
    """Whether a source is meant as a built-in name; a file of that very name goes first."""
    return source.startswith(_PREFIXES) and not Path(source).exists()


def find_builtin(name: str) -> Builtin:
    """The data set of this name; raises InputError with the nearest name where there is none."""
    for builtin in BUILTINS:
        if builtin.name == name:
            return builtin
    way_out = nearest(name, names())
    raise InputError(f"there is no built-in data set {name}; {way_out}")


def _sample_folder() -> Path:
    """In an installed wheel the samples lie inside the package, in a checkout beside it."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "sample_data"
    return installed if installed.is_dir() else package.parent / "sample_data"


def _gensim_folder() -> Path:
    found = importlib.util.find_spec("gensim")  # finds the folder, runs nothing of it
    if found is None or found.origin is None:
        raise InputError(
            "the gensim: data sets come with gensim, which is not installed; pip install gensim"
        )
    return Path(found.origin).parent / "test" / "test_data"
