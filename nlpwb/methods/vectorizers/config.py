"""Options of the counting methods; names and meanings are scikit-learn's."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.options import Range, option

ANALYZERS = ("word", "char", "char_wb", "whitespace")


@dataclass(frozen=True, kw_only=True)
class TermsConfig:
    """What is taken for a term: shared by every counting method."""

    ngrams: Range = option(
        (1, 1), help="shortest and longest n-gram", low=1, high=32, search=("1", "1-2", "1-3")
    )
    analyzer: str = option(
        "word",
        help="n-grams of words, of characters, of characters inside words, or of what blanks separate",
        choices=ANALYZERS,
    )
    lowercase: bool = option(True, help="fold upper case into lower case")
    strip_accents: str | None = option(
        None, help="drop accents by NFKD", choices=("none", "unicode", "ascii")
    )
    single: bool = option(False, help="keep words of one character (analyzer=word)")
    stop_words: str | None = option(
        None, help="none, english (scikit-learn's list), or path:FILE with a word a line"
    )

    @property
    def files(self) -> dict[str, str]:
        """The files that options name, by option: what they hold decides the result, too."""
        if self.stop_words is None or not self.stop_words.startswith("path:"):
            return {}
        return {"stop_words": self.stop_words.removeprefix("path:")}

    def validate(self, method: str) -> None:
        """Refuse combinations that would have no effect, or none that was meant."""
        if self.single and self.analyzer != "word":
            raise UsageError(
                f"{method}: single=yes concerns analyzer=word, and the analyzer is "
                f"{self.analyzer}; leave single out"
            )
        if self.stop_words is None:
            return
        if self.analyzer in ("char", "char_wb"):
            raise UsageError(
                f"{method}: stop_words are words, and analyzer={self.analyzer} makes none; "
                "leave stop_words out"
            )
        if self.stop_words != "english" and not self.stop_words.startswith("path:"):
            raise UsageError(
                f"{method}: stop_words is none, english or path:FILE, got {self.stop_words!r}"
            )


@dataclass(frozen=True, kw_only=True)
class CountingConfig(TermsConfig):
    """Which terms become columns: shared by the methods that keep a vocabulary."""

    min_df: int | float = option(
        1,
        help="least documents a term is in: a count, or a share such as 0.01",
        low=0,
        search=("1", "2", "3", "5"),
    )
    max_df: int | float = option(
        1.0, help="most documents a term is in: a count, or a share such as 0.5", low=0
    )
    max_features: int | None = option(
        None, help="keep the terms that occur most often, this many", low=1
    )

    def validate(self, method: str) -> None:
        """Shares lie between 0 and 1; counts are whole."""
        super().validate(method)
        for name in ("min_df", "max_df"):
            value = getattr(self, name)
            if isinstance(value, float) and value > 1:
                raise UsageError(
                    f"{method}: {name} is a whole number of documents or a share up to 1.0, "
                    f"got {value}"
                )
        low, high = self.min_df, self.max_df
        if type(low) is type(high) and low > high:
            raise UsageError(
                f"{method}: min_df ({low}) is above max_df ({high}) and leaves no term; lower min_df"
            )


@dataclass(frozen=True, kw_only=True)
class OneHotConfig(CountingConfig):
    """Which terms occur, each 0 or 1 (``CountVectorizer(binary=True)``)."""


@dataclass(frozen=True, kw_only=True)
class BowConfig(CountingConfig):
    """How often each term occurs (``CountVectorizer``)."""


@dataclass(frozen=True, kw_only=True)
class TfidfConfig(CountingConfig):
    """Counts times inverse document frequency (``TfidfVectorizer``)."""

    binary: bool = option(False, help="count a term once a document")
    sublinear_tf: bool = option(
        False, help="1 + ln(count) in place of the count", search=("no", "yes")
    )
    use_idf: bool = option(True, help="weight by inverse document frequency")
    smooth_idf: bool = option(True, help="idf as if one more document held every term once")
    norm: str | None = option(
        "l2", help="length to which each row is scaled", choices=("l2", "l1", "none")
    )


@dataclass(frozen=True, kw_only=True)
class HashingConfig(TermsConfig):
    """Terms hashed into columns (``HashingVectorizer``): no vocabulary, nothing to fit."""

    n_features: int = option(2**20, help="number of columns", low=1, high=2**31 - 1)
    alternate_sign: bool = option(
        True, help="half of the terms count negatively, so clashes cancel"
    )
    binary: bool = option(False, help="count a term once a document")
    norm: str | None = option(
        "l2", help="length to which each row is scaled", choices=("l2", "l1", "none")
    )

    @property
    def output(self) -> str:
        """Without signs these are counts like any others."""
        return "signed" if self.alternate_sign else "counts"


@dataclass(frozen=True, kw_only=True)
class LsaConfig:
    """Truncated singular value decomposition (``TruncatedSVD``)."""

    dim: int = option(100, help="dimensions kept", low=1, search=("50", "100", "200", "300"))
    iterations: int = option(5, help="power iterations of the randomised solver", low=0)
    normalize: bool = option(True, help="scale each document's vector to length 1")
