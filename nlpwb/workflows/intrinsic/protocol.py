"""How a comparison without labels was made, in words and numbers."""

from __future__ import annotations

import importlib.metadata
import platform

from nlpwb.data.builtin import find_builtin
from nlpwb.records import ALPHA
from nlpwb.records_intrinsic import IntrinsicProtocol, IntrinsicVerdict
from nlpwb.workflows.intrinsic.cells import NEIGHBORS, RESTRICT
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan
from nlpwb.workflows.intrinsic.request import IntrinsicRequest

RECALL_AT = 10
LEAST_QUESTIONS = 100
"""Below so many questions whose words are known there is no figure: its interval would span most of the scale."""


def protocol_of(
    request: IntrinsicRequest, plan: IntrinsicPlan, verdict: IntrinsicVerdict | None
) -> IntrinsicProtocol:
    """The protocol of a comparison."""
    units = "documents" if plan.groups is None else "groups"
    seed = request.design.seed
    return IntrinsicProtocol(
        task="intrinsic",
        corpus=plan.corpus,
        rows=plan.rows,
        train_rows=plan.train_rows,
        held_out_rows=plan.held_out_rows,
        half_rows=plan.half_rows,
        test_size=plan.test_size,
        queries=plan.queries,
        queries_cap=plan.queries_cap,
        unit=plan.unit,
        least_units=plan.least_units,
        groups=plan.groups,
        order="mrr",
        recall_at=RECALL_AT,
        chance_mrr=sum(1 / rank for rank in range(1, plan.queries + 1)) / plan.queries,
        chance_recall=min(1.0, RECALL_AT / plan.queries),
        reference_words=plan.reference_words,
        probe_words=plan.probe_words,
        least_count=plan.least_count,
        neighbors=NEIGHBORS,
        similarity_pairs={
            "wordsim353": find_builtin("gensim:wordsim353").size,
            "simlex999": find_builtin("gensim:simlex999").size,
        },
        analogy_questions=find_builtin("gensim:questions-words").size,
        least_questions=LEAST_QUESTIONS,
        restrict_vocab=RESTRICT,
        seed=seed,
        second_seed=seed + 1,
        interval=f"bootstrap over {units}, pairs of words, words; for analogies also Wilson over questions",
        significance=f"paired permutation over {units}, Holm",
        alpha=ALPHA,
        separable=verdict.separable if verdict is not None else None,
        jobs=request.jobs,
        threads=request.threads,
        versions={
            "nlpwb": importlib.metadata.version("nlpwb"),
            "python": platform.python_version(),
        },
    )
