"""Every method by name: where its config and its code are, which family it belongs to, what it is in one line.

Strings only: nothing is imported until a method is used, so that listing them costs nothing.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Literal

from nlpwb.errors import UsageError, nearest

DEFAULT_HEAD = "logreg"


@dataclass(frozen=True)
class Entry:
    """A method, a reducer or a head.

    ``config`` and ``code`` are ``module:attribute``. ``version`` rises when the same config begins to compute something else;
    it is part of every cache key. ``output`` says what a representation gives: ``counts`` (never negative, sparse), ``signed``
    or ``dense``; ``refuses`` lists the outputs that a head cannot take. ``kept`` says that a fitted representation is worth an
    entry of its own in the cache. ``probabilistic`` says that the scores are probabilities. ``network``: ``code`` is a torch
    module that labels, which ``nlpwb/workflows/networks`` trains. ``based``: it begins with weights that somebody else
    trained, which ``nlpwb/workflows/pretrained`` opens. ``writes``: it writes texts in place of labels; ``lm`` goes on with one,
    ``translate`` says one in other words, ``mlm`` fills gaps. ``head``: the one that a representation gets where none is named,
    in place of :data:`DEFAULT_HEAD`.
    """

    name: str
    role: Literal["method", "reducer", "head"]
    family: str
    summary: str
    source: str
    config: str
    code: str
    version: int = 1
    output: str = ""
    refuses: frozenset[str] = frozenset()
    needs_head: bool = True
    head: str = ""
    deterministic: bool = True
    kept: bool = False
    probabilistic: bool = False
    network: bool = False
    based: bool = False
    writes: Literal["", "lm", "mlm", "translate"] = ""
    loads: tuple[str, ...] = ()

    @property
    def trains(self) -> bool:
        """Whether weights move by gradient: a device, a precision and a log of it have a meaning."""
        return self.network or (self.writes != "" and self.family != "ngrams")


def _vectorizer(name: str, summary: str, source: str, output: str = "counts") -> Entry:
    config = {"onehot": "OneHotConfig", "bow": "BowConfig", "tfidf": "TfidfConfig"}
    return Entry(
        name=name,
        role="method",
        family="vectorizers",
        summary=summary,
        source=source,
        config=f"nlpwb.methods.vectorizers.config:{config.get(name, 'HashingConfig')}",
        code="nlpwb.methods.vectorizers.model:"
        + ("HashingModel" if name == "hashing" else "VectorizerModel"),
        output=output,
        loads=("nlpwb.methods.vectorizers.model",),
    )


def _embedding(
    name: str,
    config: str,
    summary: str,
    source: str,
    *,
    version: int = 1,
    deterministic: bool = False,
    loads: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        name=name,
        role="method",
        family="embeddings",
        summary=summary,
        source=source,
        config=f"nlpwb.methods.embeddings.config:{config}",
        code="nlpwb.methods.embeddings."
        + ("doc2vec:Doc2VecModel" if name == "doc2vec" else "model:PooledWordVectors"),
        version=version,
        output="dense",
        deterministic=deterministic,
        kept=True,
        loads=("nlpwb.methods.embeddings.model", *loads),
    )


def _head(name: str, config: str, summary: str, source: str, **more: Any) -> Entry:
    return Entry(
        name=name,
        role="head",
        family="heads",
        summary=summary,
        source=source,
        config=f"nlpwb.methods.heads.config:{config}",
        code=f"nlpwb.methods.heads.{more.pop('module', 'linear')}:{config.removesuffix('Config')}",
        loads=("sklearn.linear_model", "sklearn.svm"),
        **more,
    )


def _network(name: str, family: str, config: str, code: str, summary: str, source: str) -> Entry:
    return Entry(
        name=name,
        role="method",
        family=family,
        summary=summary,
        source=source,
        config=f"nlpwb.methods.{family}.config:{config}",
        code=f"nlpwb.methods.{family}.network:{code}",
        needs_head=False,
        deterministic=False,
        probabilistic=True,
        network=True,
        loads=(f"nlpwb.methods.{family}.network",),
    )


def _writer(
    name: str,
    writes: Literal["lm", "mlm", "translate"],
    family: str,
    config: str,
    code: str,
    summary: str,
    source: str,
) -> Entry:
    module, _, kind = code.partition(":")
    return Entry(
        name=name,
        role="method",
        family=family,
        summary=summary,
        source=source,
        config=f"nlpwb.methods.{family}.{config}",
        code=f"nlpwb.methods.{family}.{module}:{kind}",
        needs_head=False,
        deterministic=family == "ngrams",
        writes=writes,
        loads=(f"nlpwb.methods.{family}.{module}",),
    )


_ENTRIES = [
    Entry(
        name="majority",
        role="method",
        family="baselines",
        summary="always the most frequent label: what any method must beat",
        source="the zero rule of Holte (1993), Machine Learning 11",
        config="nlpwb.methods.baselines.config:MajorityConfig",
        code="nlpwb.methods.baselines.majority:Majority",
        needs_head=False,
        probabilistic=True,
    ),
    _vectorizer("onehot", "which words occur, each 0 or 1", "Harris (1954), Word 10"),
    _vectorizer("bow", "how often each word or n-gram occurs", "Harris (1954), Word 10"),
    _vectorizer(
        "tfidf",
        "counts weighted by how rare a term is",
        "Salton & Buckley (1988), IPM 24; Spärck Jones (1972), J. Doc. 28",
    ),
    _vectorizer(
        "hashing",
        "counts in a fixed number of hashed columns, no vocabulary",
        "Weinberger et al. (2009), ICML",
        output="signed",
    ),
    _embedding(
        "skipgram",
        "SkipgramConfig",
        "word vectors that predict the words around a word, pooled",
        "Mikolov et al. (2013), arXiv:1301.3781 and arXiv:1310.4546",
        version=3,  # 3: large tables begin in parts
        loads=("nlpwb.methods.embeddings.kernels.skipgram",),
    ),
    _embedding(
        "cbow",
        "CbowConfig",
        "word vectors predicted from the words around them, pooled",
        "Mikolov et al. (2013), arXiv:1301.3781",
        version=3,  # 3: a kernel of its own
        loads=("nlpwb.methods.embeddings.kernels.cbow",),
    ),
    _embedding(
        "fasttext",
        "FasttextConfig",
        "skip-gram or CBOW over character n-grams, pooled; a vector for every unseen word",
        "Bojanowski et al. (2017), TACL 5",
        version=4,  # 4: two windows at a time, with one reach and noise words shared
        loads=(
            "nlpwb.methods.embeddings.kernels.hidden",
            "nlpwb.methods.embeddings.kernels.subword_skipgram",
            "nlpwb.methods.embeddings.kernels.subwords",
        ),
    ),
    _embedding(
        "glove",
        "GloveConfig",
        "word vectors whose products are logarithms of co-occurrence counts, pooled",
        "Pennington, Socher & Manning (2014), EMNLP",
        loads=("nlpwb.methods.embeddings.glove",),
    ),
    _embedding(
        "ppmi",
        "PpmiConfig",
        "word vectors by counting: positive mutual information and its strongest dimensions, pooled",
        "Church & Hanks (1990), CL 16; Levy, Goldberg & Dagan (2015), TACL 3",
        loads=("nlpwb.methods.embeddings.ppmi",),
    ),
    _embedding(
        "vectors",
        "VectorsConfig",
        "word vectors that somebody else trained, pooled; path=FILE names them",
        "Arora, Liang & Ma (2017), ICLR, for the pooling",
        deterministic=True,
        loads=("nlpwb.vectors.formats.opening",),
    ),
    _embedding(
        "doc2vec",
        "Doc2VecConfig",
        "a vector for each document, trained with the words",
        "Le & Mikolov (2014), arXiv:1405.4053",
        version=2,  # 2: inference starts at a point of the seed's, not of Python's hash
        loads=("gensim.models",),
    ),
    Entry(
        name="pretrained",
        role="method",
        family="finetuning",
        summary="vectors of texts from a network that somebody else trained, as it is; base= names it",
        source="Devlin et al. (2019), NAACL; Reimers & Gurevych (2019), EMNLP; Wang et al. (2020), NeurIPS",
        config="nlpwb.methods.finetuning.config:PretrainedConfig",
        code="nlpwb.workflows.pretrained.representation:PretrainedTexts",
        output="dense",
        head="logreg:C=auto",  # dense vectors want a stronger penalty, and how strong differs
        based=True,
        loads=("nlpwb.workflows.pretrained.representation",),
    ),
    Entry(
        name="finetune",
        role="method",
        family="finetuning",
        summary="a network that somebody else trained goes on learning, on these labels; base= names it",
        source="Devlin et al. (2019), NAACL; Howard & Ruder (2018), ACL; Hu et al. (2022), ICLR; Ben Zaken et al. (2022), ACL",
        config="nlpwb.methods.finetuning.config:FinetuneConfig",
        code="nlpwb.methods.finetuning.network:FinetunedNetwork",
        needs_head=False,
        deterministic=False,
        probabilistic=True,
        network=True,
        based=True,
        loads=("nlpwb.methods.finetuning.network",),
    ),
    _network(
        "rnn",
        "recurrent",
        "RnnConfig",
        "RecurrentNetwork",
        "a state that reads word by word; the plain kind, which forgets",
        "Elman (1990), Cognitive Science 14",
    ),
    _network(
        "lstm",
        "recurrent",
        "LstmConfig",
        "RecurrentNetwork",
        "a state that reads word by word, and a memory behind gates",
        "Hochreiter & Schmidhuber (1997), Neural Computation 9; Gers et al. (2000), Neural Computation 12",
    ),
    _network(
        "gru",
        "recurrent",
        "GruConfig",
        "RecurrentNetwork",
        "a state that reads word by word, with two gates in place of the LSTM's three",
        "Cho et al. (2014), EMNLP",
    ),
    _network(
        "transformer",
        "transformer",
        "TransformerConfig",
        "TransformerNetwork",
        "every word looks at every other: an encoder trained from scratch",
        "Vaswani et al. (2017), NeurIPS",
    ),
    _network(
        "nbow",
        "bags",
        "NbowConfig",
        "BagNetwork",
        "trained vectors of words and hashed n-grams, averaged, and a linear layer",
        "Joulin, Grave, Bojanowski & Mikolov (2017), EACL",
    ),
    _network(
        "cnn",
        "convolution",
        "CnnConfig",
        "ConvolutionNetwork",
        "filters over a few words each, and the strongest answer of each",
        "Kim (2014), EMNLP",
    ),
    _writer(
        "ngram-lm",
        "lm",
        "ngrams",
        "config:NgramLmConfig",
        "model:NgramModel",
        "what comes next, by counting what came before: interpolated modified Kneser-Ney",
        "Kneser & Ney (1995), ICASSP; Chen & Goodman (1998), Harvard TR-10-98",
    ),
    _writer(
        "rnn-lm",
        "lm",
        "recurrent",
        "language_config:RnnLmConfig",
        "language:RecurrentLanguageNetwork",
        "what comes next, from a state that reads token by token; the plain kind",
        "Mikolov et al. (2010), Interspeech",
    ),
    _writer(
        "lstm-lm",
        "lm",
        "recurrent",
        "language_config:LstmLmConfig",
        "language:RecurrentLanguageNetwork",
        "what comes next, from a state with a memory behind gates",
        "Merity, Keskar & Socher (2018), ICLR",
    ),
    _writer(
        "gru-lm",
        "lm",
        "recurrent",
        "language_config:GruLmConfig",
        "language:RecurrentLanguageNetwork",
        "what comes next, from a state with two gates",
        "Cho et al. (2014), EMNLP; Merity, Keskar & Socher (2018), ICLR",
    ),
    _writer(
        "gpt",
        "lm",
        "transformer",
        "gpt_config:GptConfig",
        "gpt:GptNetwork",
        "what comes next, from attention to all that came before; GPT-2's shape is one configuration",
        "Radford et al. (2018, 2019), OpenAI",
    ),
    _writer(
        "mlm",
        "mlm",
        "finetuning",
        "masked_config:MlmConfig",
        "masked:MaskedNetwork",
        "what was hidden in a text: an encoder trained on text alone, a base for all that begins with one",
        "Devlin et al. (2019), NAACL; Liu et al. (2019), arXiv:1907.11692; Gururangan et al. (2020), ACL",
    ),
    _writer(
        "seq2seq",
        "translate",
        "seq2seq",
        "config:Seq2seqConfig",
        "network:RecurrentTranslator",
        "one state reads a text, another writes it in other words: all passes through one vector",
        "Sutskever, Vinyals & Le (2014), NeurIPS; Cho et al. (2014), EMNLP",
    ),
    _writer(
        "seq2seq-attention",
        "translate",
        "seq2seq",
        "config:Seq2seqAttentionConfig",
        "network:RecurrentTranslator",
        "the same, and each word written looks for what it needs among all words read",
        "Bahdanau, Cho & Bengio (2015), ICLR; Luong, Pham & Manning (2015), EMNLP",
    ),
    _writer(
        "seq2seq-transformer",
        "translate",
        "seq2seq",
        "config:Seq2seqTransformerConfig",
        "transformer:TransformerTranslator",
        "an encoder and a decoder of attention alone",
        "Vaswani et al. (2017), NeurIPS",
    ),
    Entry(
        name="lsa",
        role="reducer",
        family="vectorizers",
        summary="truncated singular value decomposition of the matrix before it",
        source="Deerwester et al. (1990), JASIS 41; Halko et al. (2011), SIAM Review 53",
        config="nlpwb.methods.vectorizers.config:LsaConfig",
        code="nlpwb.methods.vectorizers.lsa:Lsa",
        output="dense",
        deterministic=False,
        loads=("sklearn.utils.extmath",),
    ),
    _head(
        "logreg",
        "LogregConfig",
        "logistic regression; C=auto tunes C",
        "Cox (1958), JRSS B 20",
        probabilistic=True,
    ),
    _head(
        "svm",
        "SvmConfig",
        "linear support vector machine",
        "Cortes & Vapnik (1995), Machine Learning 20; Fan et al. (2008), JMLR 9",
    ),
    _head(
        "ridge",
        "RidgeConfig",
        "least squares on the labels, with an L2 penalty",
        "Hoerl & Kennard (1970), Technometrics 12",
    ),
    _head(
        "nb",
        "NbConfig",
        "naive Bayes: multinomial, or complement for unequal labels",
        "Rennie et al. (2003), ICML; Manning et al. (2008), chapter 13",
        refuses=frozenset({"dense", "signed"}),
        module="bayes",
        probabilistic=True,
    ),
    _head(
        "knn",
        "KnnConfig",
        "the labels of the nearest training documents",
        "Cover & Hart (1967), IEEE Trans. Inf. Theory 13",
        module="neighbors",
        probabilistic=True,
    ),
]
CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}


def find(name: str) -> Entry:
    """The entry of a name.

    Raises:
        UsageError: no method, reducer or head has this name; the nearest is offered.
    """
    if name not in CATALOGUE:
        raise UsageError(
            f"there is no method {name!r}: {nearest(name, CATALOGUE)} (`nlpwb methods` lists them)"
        )
    return CATALOGUE[name]


def load(path: str) -> Any:
    """The object that ``module:attribute`` names."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
