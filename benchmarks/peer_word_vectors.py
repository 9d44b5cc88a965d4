"""Other trainers of word vectors, each a process of its own: text in, saved vectors out.

python -m benchmarks.peer_word_vectors gensim|fasttext skipgram|cbow|subword CORPUS OUT --epochs 5 --threads 2 …

The corpus is a text file, a sentence a line, tokens between blanks; gensim reads it by ``corpus_file``, its fast way.
"""

from __future__ import annotations

import argparse


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program", choices=["gensim", "fasttext"])
    parser.add_argument("model", choices=["skipgram", "cbow", "subword"])
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sample", type=float, default=1e-4)
    parser.add_argument("--buckets", type=int, default=2_000_000)
    options = parser.parse_args()
    {"gensim": with_gensim, "fasttext": with_fasttext}[options.program](options)


def with_gensim(options: argparse.Namespace) -> None:
    from gensim.models import FastText, Word2Vec

    shared = {
        "corpus_file": options.corpus,
        "vector_size": 100,
        "window": 5,
        "negative": 5,
        "min_count": 5,
        "sample": options.sample,
        "epochs": options.epochs,
        "workers": options.threads,
        "seed": 1,
    }
    if options.model == "subword":
        model = FastText(sg=1, bucket=options.buckets, min_n=3, max_n=6, alpha=0.025, **shared)
    elif options.model == "skipgram":
        model = Word2Vec(sg=1, alpha=0.025, **shared)
    else:
        model = Word2Vec(sg=0, alpha=0.05, **shared)
    model.wv.save_word2vec_format(options.out, binary=True)


def with_fasttext(options: argparse.Namespace) -> None:
    import fasttext

    subword = options.model == "subword"
    model = fasttext.train_unsupervised(
        options.corpus,
        model="cbow" if options.model == "cbow" else "skipgram",
        dim=100,
        ws=5,
        neg=5,
        minCount=5,
        t=options.sample,
        epoch=options.epochs,
        thread=options.threads,
        lr=0.05 if options.model == "cbow" else 0.025,
        minn=3 if subword else 0,
        maxn=6 if subword else 0,
        bucket=options.buckets if subword else 1,
        verbose=0,
    )
    model.save_model(options.out)


if __name__ == "__main__":
    main()
