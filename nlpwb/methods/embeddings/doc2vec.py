"""Paragraph vectors (Le & Mikolov 2014) through gensim: a document's vector is trained like a word's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from nlpwb.methods.embeddings.analysis import analyze
from nlpwb.methods.embeddings.config import Doc2VecConfig
from nlpwb.methods.embeddings.gensim_engine import build_vocabulary, gensim_options, quiet_gensim
from nlpwb.methods.protocol import State, Unknown
from nlpwb.vectors.table import Floats

_OUTPUT_LAYERS = ("syn1", "syn1neg")


class Doc2VecModel:
    """A gensim model that is kept as arrays: word vectors, counts and the output layer."""

    def __init__(self, config: Doc2VecConfig, model: Any, documents: int, seed: int) -> None:
        self.config = config
        self.documents = documents
        self.seed = seed
        self._model = model

    @property
    def dimensions(self) -> int:
        """Numbers in a document's vector."""
        return self.config.dim

    @classmethod
    def fit(
        cls, config: Doc2VecConfig, texts: Sequence[str], *, seed: int, threads: int
    ) -> tuple[Self, Floats]:
        """Train; returns the model and the training documents' vectors, float32 (n, dim).

        These are inferred like those of new documents, so that a head learns on what it will see.
        """
        from gensim.models.doc2vec import TaggedDocument

        tagged = [
            TaggedDocument(analyze(text, config), [number]) for number, text in enumerate(texts)
        ]
        gensim_model = _new_model(config, seed=seed, threads=threads)
        with quiet_gensim():
            build_vocabulary(gensim_model, tagged, config)
            gensim_model.train(tagged, total_examples=len(tagged), epochs=config.epochs)
        model = cls(config, gensim_model, len(texts), seed)
        return model, model.transform(texts)

    def transform(self, texts: Sequence[str], *, threads: int = 1) -> Floats:
        """Inferred vectors, float32 (n, dim); the same texts give the same vectors, zeros where no word is known."""
        del threads
        vectors = np.zeros((len(texts), self.config.dim), dtype=np.float32)
        with quiet_gensim():
            for row, text in enumerate(texts):
                tokens = analyze(text, self.config)
                known = [token for token in tokens if token in self._model.wv.key_to_index]
                if known:
                    vectors[row] = _infer(
                        self._model, known, epochs=self.config.infer_epochs, seed=self.seed
                    )
        return vectors

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """The words that the model does not know."""
        known = self._model.wv.key_to_index
        total = unknown = 0
        for text in texts:
            tokens = analyze(text, self.config)
            total += len(tokens)
            unknown += sum(token not in known for token in tokens)
        return Unknown(unknown, total)

    def state(self) -> State:
        """The arrays from which gensim's model is built again; the training documents' own vectors are not among them."""
        table = self._model.wv
        arrays: dict[str, Any] = {
            "vectors": np.asarray(table.vectors, dtype=np.float32),
            "counts": np.array(
                [table.get_vecattr(word, "count") for word in table.index_to_key], dtype=np.int64
            ),
        }
        for layer in _OUTPUT_LAYERS:
            if hasattr(self._model, layer):
                arrays[layer] = np.asarray(getattr(self._model, layer), dtype=np.float32)
        return State(
            arrays=arrays,
            lists={"words": list(table.index_to_key)},
            facts={"documents": self.documents, "seed": self.seed},
        )

    @classmethod
    def from_state(cls, config: Doc2VecConfig, state: State) -> Self:
        """The fitted model again."""
        documents, seed = state.facts["documents"], state.facts["seed"]
        assert isinstance(documents, int)
        assert isinstance(seed, int)
        model = _new_model(config, seed=seed, threads=1)
        kept = state.lists["words"]
        counts = dict(zip(kept, state.arrays["counts"].tolist(), strict=True))
        with quiet_gensim():
            model.build_vocab_from_freq(counts, corpus_count=documents)
        # gensim sorts the words by falling count, and words of one count in an order of its own that differs between
        # its versions. All that it derived (thinning, noise, Huffman codes) hangs on the counts alone, and the kept words
        # fall by count, too: give the places their words back.
        model.wv.index_to_key = list(kept)
        model.wv.key_to_index = {word: place for place, word in enumerate(kept)}
        model.wv.vectors = state.arrays["vectors"].copy()
        for layer in _OUTPUT_LAYERS:
            if layer in state.arrays:
                setattr(model, layer, state.arrays[layer].copy())
        return cls(config, model, documents, seed)


def _infer(model: Any, tokens: list[str], *, epochs: int, seed: int) -> Floats:
    """Train the vector of one document while all else stands still, float32 (dim,).

    gensim's own ``infer_vector`` begins at a vector drawn from Python's salted hash of the text, so another process gives
    another result. Here every document begins at the same point and meets the same noise: a vector depends on the document and
    on the seed alone.
    """
    from gensim.models import doc2vec

    model.random = np.random.RandomState(seed + 1)
    start = np.random.default_rng(seed).random(model.vector_size, dtype=np.float32) - 0.5
    vectors = (start / model.vector_size).reshape(1, -1)
    scratch = [np.zeros(model.layer1_size, dtype=np.float32) for _ in range(1 if model.sg else 2)]
    train = doc2vec.train_document_dbow if model.sg else doc2vec.train_document_dm
    for rate in np.linspace(model.alpha, model.min_alpha, epochs):
        train(
            model,
            tokens,
            [0],
            rate,
            *scratch,
            learn_words=False,
            learn_hidden=False,
            doctag_vectors=vectors,
            doctags_lockf=np.ones(1, dtype=np.float32),
        )
    return np.asarray(vectors[0], dtype=np.float32)


def _new_model(config: Doc2VecConfig, *, seed: int, threads: int) -> Any:
    from gensim.models.doc2vec import Doc2Vec

    return Doc2Vec(
        dm=int(config.architecture == "dm"), **gensim_options(config, seed=seed, threads=threads)
    )
