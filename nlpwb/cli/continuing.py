"""``nlpwb finetune BASE TEXT --task lm``: the base's own training goes on, on text without labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from nlpwb.cli.of_model import refuse

if TYPE_CHECKING:
    from nlpwb.specs import Spec

TASK = "lm"


def spec_of(context: typer.Context, base: str, words: Mapping[str, str]) -> Spec:
    """The method that goes on with a base: ``gpt`` where it says what comes next, ``mlm`` where it says what is hidden.

    ``words`` are the options that were typed.

    Raises:
        UsageError: an option without meaning, typed beside it or among ``words``; or a base's name without one.
        InputError, ModelError: a base that is not at hand, or is none.
    """
    from nlpwb.bases.files import CONFIG, read_json
    from nlpwb.bases.finding import find_base
    from nlpwb.catalogue import find, load
    from nlpwb.options import parse_options
    from nlpwb.specs import Part, Spec

    refuse(
        context,
        ["strategy", "unlabelled", "adapter", "search", "label", "pairs"],
        f"{{option}} concerns a last layer over labels, and --task {TASK} has neither; leave it out",
    )
    family = read_json(find_base(base).folder, CONFIG).get("model_type")
    name = "gpt" if family == "gpt2" else "mlm"
    config = parse_options(load(find(name).config), name, {"base": base, **words})
    return Spec(Part(name, config), None, None)
