"""Pairs of words with scores and analogy questions: every form in which they come, and the line of every mistake."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.data.wordsets import (
    analogy_set,
    builtin_analogies,
    builtin_similarity,
    is_syntactic,
    read_analogies,
    read_similarity,
    similarity_set,
)
from nlpwb.errors import InputError

DUE = "a line has two words and the score that people gave them"
COLUMNS = "a line has two words and a score, with tabs, commas or spaces between them"
FORM = "the form is that of word2vec, such as Athens Greece Oslo Norway"
SAME = "ranks need scores that differ; check that it is the first column of numbers after the words"
NO_NUMBER = "is no finite number; mend the line or leave it out"
CAT_AND_CUP = ((("cat", "dog"), ("cup", "sky")), (7.5, 1.0))


def written(folder: Path, content: str | bytes, name: str = "own.tsv") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "cat\tdog\t7.5\ncup\tsky\t1\n",
        "cat dog 7.5\ncup   sky 1\n",
        "cat,dog,7.5\ncup,sky,1\n",
        "cat;dog;7.5\ncup;sky;1\n",
        '"cat","dog","7.5"\n"cup","sky","1"\n',
        "Word 1\tWord 2\tHuman (mean)\ncat\tdog\t7.5\ncup\tsky\t1\n",
        "word1,word2,score\ncat,dog,7.5\ncup,sky,1\n",
        "# about\n# Word 1\tWord 2\tmean\n\ncat\tdog\t7.5\n\ncup\tsky\t1\n",
        "\ufeffcat\tdog\t7.5\r\ncup\tsky\t1\r\n",
        "cat dog 7.5\ncup sky 1",
        "word1\tword2\tPOS\tSimLex999\tconc\ncat\tdog\tN\t7.5\t3\ncup\tsky\tN\t1\t4\n",
        "w\tv\tmean\t1\t2\ncat\tdog\t7.5\t8\t7\ncup\tsky\t1\t0\t2\n",
        "cat\tdog\t7.5\t9\t6\ncup\tsky\t1\t1\t1\n",
    ],
    ids=[
        "tabs", "spaces", "commas", "semicolons", "quotes", "header", "comma header", "comments", "BOM and CRLF",
        "no last line end", "SimLex's own columns", "WordSim's combined table", "more numbers, no header",
    ],
)  # fmt: skip
def test_every_form_gives_the_same_pairs(content, tmp_path):
    found = read_similarity(written(tmp_path, content))
    assert (found.pairs, found.scores, found.name) == (*CAT_AND_CUP, "own")


def test_packed_files_are_read_too(tmp_path):
    packed = gzip.compress(b"cat\tdog\t7.5\ncup\tsky\t1\n")
    found = read_similarity(written(tmp_path, packed, "animals.tsv.gz"))
    assert (found.pairs, found.scores, found.name) == (*CAT_AND_CUP, "animals")


def test_words_of_two_parts_stay_whole_between_tabs(tmp_path):
    found = read_similarity(written(tmp_path, "New York\tbig city\t8\na\tb\t1\n"))
    assert found.pairs[0] == ("New York", "big city")


words = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(words, words, st.integers(-100, 100)), min_size=1))
def test_what_is_written_is_read(tmp_path_factory, rows):
    """Any letters, any scores that are not all the same: no line is taken for a header or a comment."""
    rows = [*rows, ("x", "y", 101)]
    path = tmp_path_factory.mktemp("sets") / "own.tsv"
    path.write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in rows), encoding="utf-8")
    found = read_similarity(path)
    assert list(zip(found.pairs, found.scores, strict=True)) == [((a, b), s) for a, b, s in rows]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", f"own.tsv holds no pair of words; {DUE}"),
        ("# nothing\n\n", f"own.tsv holds no pair of words; {DUE}"),
        ("cat\ndog\n", f"own.tsv, line 2: 1 of 3 columns; {COLUMNS}"),
        ("cat dog\n", f"own.tsv, line 1: 2 of 3 columns; {COLUMNS}"),
        ("a b 1\nc d 2\ne f\n", f"own.tsv, line 3: 2 of 3 columns; {COLUMNS}"),
        ("a b 1\n\nc d nan\n", f"own.tsv, line 3: the score 'nan' {NO_NUMBER}"),
        ("a b 1\nc d 2\ne f -inf\n", f"own.tsv, line 3: the score '-inf' {NO_NUMBER}"),
        ("a b 1\nc d 2\ne f high\n", f"own.tsv, line 3: the score 'high' {NO_NUMBER}"),
        ("a b 1\nc d high\n", f"own.tsv, line 2: the score 'high' {NO_NUMBER}"),
        ("one two three\nfour five six\n", f"own.tsv, line 2: no number stands after the two words; {DUE}"),
        ("a,b,1\n,d,2\n", "own.tsv, line 2: a word is missing; a line has two and a score"),
        ("a b 5\nc d 5\n", f"own.tsv: the score is 5 on every line, and {SAME}"),
    ],
    ids=[
        "empty", "comments alone", "one column", "two columns", "a short line", "NaN", "infinite", "a word for a score",
        "a word in the second line", "no number", "no word", "one score",
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(content, sentence, tmp_path, monkeypatch):
    written(tmp_path, content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_similarity(Path("own.tsv"))
    assert str(caught.value) == sentence


def test_files_that_are_no_text_are_refused(tmp_path):
    """The sentences are those of the corpus reader: a missing file, a folder, another encoding, a picture."""
    for read in (read_similarity, read_analogies):
        with pytest.raises(InputError, match="no such file or folder"):
            read(tmp_path / "none.tsv")
        with pytest.raises(InputError, match="is a folder"):
            read(tmp_path)
        with pytest.raises(
            InputError, match=r"byte 13 \(line 2\): 0xe9 is not UTF-8; save the file"
        ):
            read(written(tmp_path, b"a b c d\na caf\xe9 b c\n", "latin"))
        with pytest.raises(InputError, match="is UTF-16, not UTF-8; save it as UTF-8"):
            read(written(tmp_path, "a b c d\n".encode("utf-16"), "wide"))
        with pytest.raises(InputError, match="is a PNG image"):
            read(written(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"))


def test_questions_stand_under_their_sections(tmp_path):
    """The comment of word2vec's own file, an empty section, and a section that is taken up again."""
    content = "// terms\n: capital\nAthens Greece Oslo Norway\n: none\n:gram1\na b c d\n: capital\nRome Italy Oslo Norway\n"
    found = read_analogies(written(tmp_path, content, "own.txt"))
    assert found.sections == (
        ("capital", (("Athens", "Greece", "Oslo", "Norway"), ("Rome", "Italy", "Oslo", "Norway"))),
        ("gram1", (("a", "b", "c", "d"),)),
    )
    assert found.questions[2] == ("a", "b", "c", "d")
    assert [is_syntactic(name) for name, _ in found.sections] == [False, True]


def test_questions_need_no_section(tmp_path):
    assert read_analogies(written(tmp_path, "a b c d\n")).sections == (
        ("all", (("a", "b", "c", "d"),)),
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "own.txt holds no question; a line has four words, such as Athens Greece Oslo Norway"),
        (": one\n: two\n", "own.txt holds no question; a line has four words, such as Athens Greece Oslo Norway"),
        (": one\na b c\n", f"own.txt, line 2: a question has four words, this line 3; {FORM}"),
        ("a b c d\n\na b c d e\n", f"own.txt, line 3: a question has four words, this line 5; {FORM}"),
        ("a b c d\n:\n", "own.txt, line 2: a section without a name; write : capital-world or the like"),
    ],
    ids=["empty", "sections alone", "three words", "five words", "no name"],
)  # fmt: skip
def test_a_mistake_in_questions_is_named_with_its_line(content, sentence, tmp_path, monkeypatch):
    written(tmp_path, content, "own.txt")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_analogies(Path("own.txt"))
    assert str(caught.value) == sentence


def test_the_built_in_sets_are_whole():
    """Their published sizes; the first pairs and scores as printed there."""
    wordsim, simlex = builtin_similarity()
    assert (wordsim.name, len(wordsim.pairs), wordsim.pairs[0]) == (
        "WordSim-353",
        353,
        ("love", "sex"),
    )
    assert (simlex.name, len(simlex.pairs), simlex.scores[0]) == ("SimLex-999", 999, 1.58)
    questions = builtin_analogies()
    assert len(questions.questions) == 19544
    assert len(questions.sections) == 14
    assert sum(is_syntactic(name) for name, _ in questions.sections) == 9


def test_built_in_sets_load_nothing_heavy():
    """They are found through gensim's place on disk; importing it takes a second or more."""
    program = (
        "import sys; from nlpwb.data.wordsets import builtin_analogies, builtin_similarity; "
        "builtin_similarity(); builtin_analogies(); "
        "print(sorted({'gensim', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_built_in_names_and_files_are_taken_alike(tmp_path):
    assert similarity_set("gensim:simlex999").name == "SimLex-999"
    assert analogy_set("gensim:questions-words").name == "questions-words"
    assert similarity_set(str(written(tmp_path, "a b 1\nc d 2\n"))).name == "own"
    with pytest.raises(InputError, match="there are: gensim:wordsim353, gensim:simlex999"):
        similarity_set("gensim:questions-words")
    with pytest.raises(InputError, match="did you mean gensim:simlex999"):
        similarity_set("gensim:simlex99")


def test_real_sets_agree_with_the_built_in_ones(shared_data):
    """The copies that stand beside the data sets were fetched elsewhere and have other columns and headers."""
    wordsim, simlex = builtin_similarity()
    folder = shared_data / "word_similarity"
    assert read_similarity(folder / "wordsim353.tsv").pairs == wordsim.pairs
    assert sorted(read_similarity(folder / "simlex999.tsv").pairs) == sorted(simlex.pairs)
    sizes = {path.stem: len(read_similarity(path).pairs) for path in folder.glob("*.tsv")}
    assert (sizes["rg65"], sizes["mturk771"], sizes["wordsim353_rel"]) == (65, 771, 252)
    packed = read_analogies(shared_data / "analogies" / "questions-words.txt.gz")
    assert packed.sections == builtin_analogies().sections
