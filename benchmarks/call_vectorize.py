"""The call alone, without start-up, reading and writing: seconds of one fit, printed.

python -m benchmarks.call_vectorize ours|theirs tfidf|bow SHORTEST LONGEST CORPUS
"""

from __future__ import annotations

import sys
import time

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus


def main() -> None:
    who, method, shortest, longest, source = sys.argv[1:]
    span = (int(shortest), int(longest))
    texts = read_corpus(source, ReadOptions(text="text", labelled=False)).texts
    if who == "ours":
        from nlpwb.methods.vectorizers.config import BowConfig, TfidfConfig
        from nlpwb.methods.vectorizers.model import VectorizerModel

        config = TfidfConfig(ngrams=span) if method == "tfidf" else BowConfig(ngrams=span)
        started = time.perf_counter()
        VectorizerModel.fit(config, texts, threads=2)
    else:
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        kind = TfidfVectorizer if method == "tfidf" else CountVectorizer
        started = time.perf_counter()
        kind(ngram_range=span).fit_transform(texts)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
