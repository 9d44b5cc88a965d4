"""What training must not pay for."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import sys
from tests.training.test_loop import run, tiny
run(tiny(), epochs=1)
run(tiny(sparse=True), epochs=1)
print(sorted(name for name in sys.modules if name in ("torch._dynamo", "torch._inductor", "sympy")))
"""


def test_training_does_not_load_torch_s_compiler() -> None:
    """Making one of torch's optimisers does, which takes as long as importing torch: twice the wait before the first step."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_recipe_and_records_load_no_torch() -> None:
    """Commands and reports import them."""
    program = (
        "import sys, nlpwb.training.recipe, nlpwb.training.records; print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
