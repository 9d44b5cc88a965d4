"""The grammar of specs: what is typed, what it means, how it is spelled again, and every sentence of refusal."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from nlpwb.catalogue import CATALOGUE, find, load
from nlpwb.errors import UsageError
from nlpwb.options import OptionInfo, option_table
from nlpwb.specs import Spec, for_task, parse_spec, parse_specs


def names(role: str) -> list[str]:
    return [name for name, entry in CATALOGUE.items() if entry.role == role]


def escaped(value: str) -> str:
    """As a person would type it: a backslash before a comma, a plus or a backslash."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("+", "\\+")


def option_words(info: OptionInfo) -> st.SearchStrategy[str]:
    """Words that an option of the catalogue takes."""
    if info.choices:
        return st.sampled_from(info.choices)
    low = info.low if info.low is not None else 0
    high = info.high if info.high is not None else 10**6
    whole = st.integers(int(max(low, 0)), int(min(high, 10**6))).map(str)
    if info.kind == "range":
        ends = st.tuples(st.integers(1, 12), st.integers(0, 12))
        return ends.map(lambda pair: f"{pair[0]}-{pair[0] + pair[1]}")
    if info.kind == "yes | no":
        return st.sampled_from(["yes", "no", "true", "Off", "1"])
    if "text" in info.kind:
        return st.sampled_from(["none", "english"]) | st.text(max_size=9).map(
            lambda name: f"path:{name}".strip()
        )
    words = [whole] if "integer" in info.kind else []
    if "number" in info.kind:
        words.append(st.floats(max(low, 1e-6), min(high, 1)).map(str))
    if "none" in info.kind:
        words.append(st.just("none"))
    if "auto" in info.kind:
        words.append(st.just("auto"))
    return st.one_of(words)


@st.composite
def parts(draw: st.DrawFn, role: str) -> str:
    name = draw(st.sampled_from(names(role)))
    table = option_table(load(find(name).config))
    chosen = (
        draw(st.lists(st.sampled_from(sorted(table)), unique=True, max_size=3)) if table else []
    )
    words = [f"{option}={escaped(draw(option_words(table[option])))}" for option in chosen]
    return name + (":" + ",".join(words) if words else "")


@st.composite
def spec_texts(draw: st.DrawFn) -> str:
    text = draw(parts("method"))
    if not text.startswith("majority"):
        text += "+" + draw(parts("reducer")) if draw(st.booleans()) else ""
        text += "+" + draw(parts("head")) if draw(st.booleans()) else ""
    return text


def parsed(text: str) -> Spec:
    """The spec, where the parts may stand together."""
    try:
        return parse_spec(text)
    except UsageError:
        assume(False)
        raise


def values(spec: Spec) -> list[tuple[str, dict[str, Any]]]:
    """All values with their types: 1 and 1.0 are two values."""
    return [
        (part.name, {name: repr(value) for name, value in vars(part.config).items()})
        for part in spec.parts
    ]


@settings(max_examples=300, deadline=None)
@given(spec_texts())
@example("tfidf:max_df=1")
@example("bow:min_df=1.0")
@example(r"tfidf:stop_words=path:a\,b\+c\\d")
@example("tfidf:stop_words=path:\\\\")
@example("tfidf+logreg:C=1e-9")
@example("tfidf+svm:C=300")
def test_a_spec_says_what_it_means(text: str) -> None:
    """Spelled again and read again, every option has the same value of the same type."""
    spec = parsed(text)
    again = parse_spec(str(spec))
    assert values(again) == values(spec)
    assert again == spec
    assert hash(again) == hash(spec)
    assert str(again) == str(spec)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            [*CATALOGUE, *"+:,=\\ -.²", "ngrams", "C", "1", "2", "auto", "min_df", "yes"]
        ),
        max_size=9,
    ).map("".join)
)
def test_any_text_is_a_spec_or_gets_a_sentence(text: str) -> None:
    """Whatever is typed: a spec or a refusal, never a traceback."""
    with contextlib.suppress(UsageError):
        assert isinstance(parse_spec(text), Spec)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("tfidf", "tfidf"),
        ("tfidf+logreg", "tfidf"),
        ("tfidf:min_df=1", "tfidf"),
        ("tfidf:min_df=1.0", "tfidf:min_df=1.0"),
        ("tfidf:max_df=1", "tfidf:max_df=1"),
        ("tfidf:min_df=2,ngrams=1-2", "tfidf:ngrams=1-2,min_df=2"),
        (" tfidf : ngrams = 2 , norm=none + svm:C=3.0 ", "tfidf:ngrams=2,norm=none+svm:C=3"),
        ("tfidf+lsa:dim=5", "tfidf+lsa:dim=5"),
        ("bow+lsa+logreg:C=auto", "bow+lsa+logreg:C=auto"),
        ("majority", "majority"),
        ("hashing:alternate_sign=no+nb", "hashing:alternate_sign=no+nb"),
        ("bow:lowercase=FALSE", "bow:lowercase=no"),
        (
            r"bow:stop_words=path:C:\words=1\,2\+3.txt",
            r"bow:stop_words=path:C:\\words=1\,2\+3.txt",
        ),
    ],
)
def test_specs_have_one_spelling(text: str, spelled: str) -> None:
    """Options in the order of their declaration, defaults unsaid, and the usual head unsaid."""
    assert str(parse_spec(text)) == spelled


def test_escapes_are_taken_out_of_values() -> None:
    """A colon and an equals sign need none; a backslash before anything else is itself."""
    config = parse_spec(r"bow:stop_words=path:C:\dir\\a\,b\+c=d.txt+svm").representation.config
    assert config.stop_words == r"path:C:\dir\a,b+c=d.txt"


def test_the_default_head_is_there() -> None:
    spec = parse_spec("tfidf")
    assert spec.head is not None
    assert spec.head.name == "logreg"
    assert [part.name for part in parse_spec("bow+lsa+knn").parts] == ["bow", "lsa", "knn"]
    majority = parse_spec("majority")
    assert majority.head is None
    assert [part.name for part in majority.parts] == ["majority"]


REFUSED = [
    ("", "spec '': a method's name is missing; write for example tfidf+svm"),
    ("tfidf+", "spec 'tfidf+': a method's name is missing; write for example tfidf+svm"),
    (":C=1", "spec ':C=1': a method's name is missing; write for example tfidf+svm"),
    (
        "tfdif",
        "there is no method 'tfdif': did you mean tfidf? (`nlpwb methods` lists them)",
    ),
    (
        "tfidf+smv",
        "there is no method 'smv': did you mean svm? (`nlpwb methods` lists them)",
    ),
    (
        "tfidf:ngram=1-2",
        "tfidf has no option 'ngram': did you mean ngrams? (`nlpwb methods tfidf` lists them)",
    ),
    (
        "bow:sublinear_tf=yes",
        "bow has no option 'sublinear_tf': there are: analyzer, lowercase, max_df, max_features, "
        "min_df, ngrams, single, stop_words, strip_accents (`nlpwb methods bow` lists them)",
    ),
    (
        "tfidf:min_df",
        "spec 'tfidf:min_df': 'min_df' is not an option; write option=value, separated by commas",
    ),
    (
        "tfidf:min_df=",
        "spec 'tfidf:min_df=': 'min_df=' is not an option; write option=value, separated by commas",
    ),
    (
        "tfidf:min_df=2,",
        "spec 'tfidf:min_df=2,': '' is not an option; write option=value, separated by commas",
    ),
    ("tfidf:min_df=2,min_df=3", "spec 'tfidf:min_df=2,min_df=3': min_df is given twice; keep one"),
    (
        "svm",
        "spec 'svm': svm is a head and works on a representation; write for example tfidf+svm",
    ),
    (
        "lsa+svm",
        "spec 'lsa+svm': lsa is a reducer and works on a representation; "
        "write for example tfidf+lsa",
    ),
    (
        "tfidf+svm+lsa",
        "spec 'tfidf+svm+lsa': lsa cannot stand there; the order is representation+lsa+head, "
        "and the last two may be missing",
    ),
    (
        "tfidf+bow",
        "spec 'tfidf+bow': bow cannot stand there; the order is representation+lsa+head, "
        "and the last two may be missing",
    ),
    (
        "majority+svm",
        "spec 'majority+svm': majority predicts by itself and takes no +head; leave it out",
    ),
    (
        "skipgram+nb",
        "spec 'skipgram+nb': nb needs counts or weights that are never negative, and skipgram "
        "gives dense values; take +logreg or +svm",
    ),
    (
        "tfidf+lsa+nb",
        "spec 'tfidf+lsa+nb': nb needs counts or weights that are never negative, and lsa "
        "gives dense values; take +logreg or +svm",
    ),
    (
        "hashing+nb",
        "spec 'hashing+nb': nb needs counts or weights that are never negative, and hashing "
        "gives signed values; take +logreg or +svm",
    ),
    ("tfidf:ngrams=0-2", "tfidf: ngrams must be at least 1, got 0-2"),
    (
        "tfidf:min_df=1.5",
        "tfidf: min_df is a whole number of documents or a share up to 1.0, got 1.5",
    ),
    (
        "tfidf:min_df=0.6,max_df=0.5",
        "tfidf: min_df (0.6) is above max_df (0.5) and leaves no term; lower min_df",
    ),
    (
        "bow:analyzer=char,stop_words=english",
        "bow: stop_words are words, and analyzer=char makes none; leave stop_words out",
    ),
    (
        "bow:analyzer=char,single=yes",
        "bow: single=yes concerns analyzer=word, and the analyzer is char; leave single out",
    ),
    ("bow:stop_words=german", "bow: stop_words is none, english or path:FILE, got 'german'"),
]


@pytest.mark.parametrize(
    ("text", "sentence"), REFUSED, ids=[text or "empty" for text, _ in REFUSED]
)
def test_refused_specs_get_their_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(text)
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 2


def test_specs_of_a_file(tmp_path: Path) -> None:
    """One a line; comments, blank lines and a byte order mark are no specs, and a # inside a value begins no comment."""
    path = tmp_path / "specs.txt"
    path.write_bytes(
        b"\xef\xbb\xbftfidf:ngrams=1-2+svm   # the favourite\r\n"
        b"\n"
        b"   # a line of its own\n"
        b"#bow\n"
        b"bow\t# after a tab\n"
        b"bow:stop_words=path:list#2.txt\n"
        b"majority"
    )
    assert [str(spec) for spec in parse_specs(["onehot", f"@{path}", "hashing"])] == [
        "onehot",
        "tfidf:ngrams=1-2+svm",
        "bow",
        "bow:stop_words=path:list#2.txt",
        "majority",
        "hashing",
    ]


def test_a_spec_that_is_given_twice_is_kept_once(tmp_path: Path) -> None:
    """In whatever spelling, at its first place; but a count of 1 is not a share of 1.0."""
    path = tmp_path / "specs.txt"
    path.write_text("bow\ntfidf+logreg\n", encoding="utf-8")
    given_twice = ["tfidf", "tfidf:min_df=1", f"@{path}", "bow:ngrams=1-1", "tfidf:max_df=1"]
    assert [str(spec) for spec in parse_specs(given_twice)] == ["tfidf", "bow", "tfidf:max_df=1"]
    assert parse_specs([]) == []
    assert parse_spec("tfidf:max_df=1") != parse_spec("tfidf")


def test_files_of_specs_that_cannot_be_read(tmp_path: Path) -> None:
    missing, empty, latin = tmp_path / "no.txt", tmp_path / "empty.txt", tmp_path / "latin.txt"
    empty.write_text("\n# nothing\n", encoding="utf-8")
    latin.write_bytes(b"bow # \xe4")
    sentences = {
        missing: f"specs file {missing}: no such file or directory; -m @FILE reads one spec a line",
        tmp_path: f"specs file {tmp_path}: is a directory; -m @FILE reads one spec a line",
        empty: f"specs file {empty} holds no spec; write one a line, such as tfidf+svm",
        latin: f"specs file {latin} is not UTF-8 text; write one spec a line",
    }
    for path, sentence in sentences.items():
        with pytest.raises(UsageError) as caught:
            parse_specs([f"@{path}"])
        assert str(caught.value) == sentence


def test_a_key_holds_every_option_and_the_version() -> None:
    """What is spelled differently and means the same has one key; what differs in one option has another."""
    identity = parse_spec("tfidf:ngrams=1-2+svm").identity()
    assert identity == parse_spec(" tfidf:ngrams=1-2,min_df=1+svm:C=1").identity()
    assert identity[0]["name"] == "tfidf"
    assert identity[0]["version"] == CATALOGUE["tfidf"].version
    assert identity[0]["options"]["ngrams"] == [1, 2]
    assert set(identity[0]["options"]) == set(option_table(load(CATALOGUE["tfidf"].config)))
    assert identity != parse_spec("tfidf:ngrams=1-2+svm:C=2").identity()
    one, all_of_them = parse_spec("tfidf:max_df=1").identity(), parse_spec("tfidf").identity()
    assert json.dumps(one) != json.dumps(all_of_them)


def test_a_file_that_an_option_names_is_hashed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison asks for keys again and again, and vectors may be gigabytes."""
    hashed: list[str] = []
    digest = hashlib.file_digest

    def counted(file: Any, name: str) -> Any:
        hashed.append(file.name)
        return digest(file, name)

    monkeypatch.setattr("nlpwb.specs.hashlib.file_digest", counted)
    path = tmp_path / "v.txt"
    path.write_text("green 1 0\n", encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    spec = parse_spec(f"vectors:path={path}")
    first = spec.identity()
    assert spec.identity() == first
    assert len(hashed) == 1
    path.write_text("green 0 1\n", encoding="utf-8")
    os.utime(path, (1_000_000_001, 1_000_000_001))
    assert spec.identity() != first
    assert len(hashed) == 2


def test_texts_in_folders_of_a_folder_count(tmp_path: Path) -> None:
    """A corpus may be a folder for each label: a text that changes there is another corpus, what is hidden is none of it."""
    lm, corpus = tmp_path / "lm", tmp_path / "corpus"
    (corpus / "new").mkdir(parents=True)
    lm.mkdir()
    (lm / "manifest.json").write_text("{}", encoding="utf-8")
    (corpus / "new" / "1.txt").write_text("good", encoding="utf-8")
    spec = parse_spec(f"finetune:base={lm},strategy=gradual,unlabelled={corpus}")
    first = spec.identity()
    (corpus / "new" / ".2.txt").write_text("bad", encoding="utf-8")
    assert spec.identity() == first
    (corpus / "new" / "1.txt").write_text("fine", encoding="utf-8")
    changed = spec.identity()
    assert changed != first
    (corpus / "new" / "1.txt").rename(corpus / "1.txt")
    assert spec.identity() != changed


def test_a_file_that_was_written_just_now_is_looked_at_again(tmp_path: Path) -> None:
    """Within a tick of the file system's clock a second change leaves size and time as they are."""
    path = tmp_path / "v.txt"
    path.write_text("green 1 0\n", encoding="utf-8")
    spec, now = parse_spec(f"vectors:path={path}"), path.stat().st_mtime_ns
    first = spec.identity()
    path.write_text("green 0 1\n", encoding="utf-8")
    os.utime(path, ns=(now, now))
    assert spec.identity() != first


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("tfidf", True),
        ("tfidf+svm:C=2", True),
        ("majority", True),
        ("tfidf+logreg:C=auto", False),  # the rows on which C is chosen are drawn by the seed
        ("bow+ridge:alpha=auto", False),
        ("tfidf+lsa", False),
        ("skipgram", False),
        ("doc2vec+knn", False),
    ],
)
def test_whether_a_seed_changes_anything(text: str, fixed: bool) -> None:
    """Where it does not, further seeds are not computed."""
    assert parse_spec(text).deterministic == fixed


def test_every_name_can_be_found() -> None:
    for name, entry in CATALOGUE.items():
        assert find(name) is entry
    with pytest.raises(UsageError, match="did you mean skipgram"):
        find("skip-gram")


def test_a_base_has_a_head_of_its_own_and_says_which() -> None:
    """Dense vectors want another penalty: it is chosen where no head is named, and what ran can be read from the spec."""
    assert str(parse_spec("pretrained")) == "pretrained+logreg:C=auto"
    assert str(parse_spec("pretrained+lsa:dim=5")) == "pretrained+lsa:dim=5+logreg:C=auto"
    named = parse_spec("pretrained+logreg")
    assert named.head is not None
    assert named.head.config.C == 1.0
    for text in ("pretrained", "pretrained+logreg", "pretrained+svm"):
        spec = parse_spec(text)
        assert parse_spec(str(spec)) == spec
    assert str(for_task(parse_spec("pretrained"), "regression")) == "pretrained+ridge"
    assert [str(s) for s in parse_specs(["pretrained", "pretrained+logreg"])] == [
        "pretrained+logreg:C=auto",
        "pretrained+logreg",
    ]
