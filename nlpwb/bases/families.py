"""Which families of checkpoints this program makes networks of by itself, and what reads the others."""

from __future__ import annotations

import importlib.util

READ = ("bert", "roberta", "electra", "distilbert", "gpt2")
"""Their tables are in ``methods/finetuning/families.py``, which takes torch."""
EXTRA = "pip install 'nlpwb[hf]'"
"""What installs the library that knows other families."""


def reads_others() -> bool:
    """Whether that library is there; it is not imported."""
    return importlib.util.find_spec("transformers") is not None
