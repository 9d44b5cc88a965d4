"""The peer of `nlpwb vectorize`: the same file, scikit-learn's vectorizer, the same kind of output file.

python -m benchmarks.peer_vectorize tfidf|bow SHORTEST LONGEST CORPUS.csv.gz OUT.npz
"""

from __future__ import annotations

import csv
import gzip
import sys

import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer


def main() -> None:
    method, shortest, longest, source, target = sys.argv[1:]
    csv.field_size_limit(10**9)
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    kind = TfidfVectorizer if method == "tfidf" else CountVectorizer
    matrix = kind(ngram_range=(int(shortest), int(longest))).fit_transform(texts)
    sp.save_npz(target, matrix, compressed=False)


if __name__ == "__main__":
    main()
