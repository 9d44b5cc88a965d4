"""What a network computes on its way, as named steps, without a line in the network itself.

Modules are watched by torch's forward hooks. What is computed between modules, in a method of one (queries that read keys), is
watched by standing in front of that method while the recorder is open. Nothing is computed a second time unless whoever asks
does so, and nothing stays on the network afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

from torch import Tensor, nn

Named = Iterable[tuple[str, Tensor]]


class Step(NamedTuple):
    """A tensor that was computed, under the name by which it is asked for."""

    name: str
    value: Tensor


class Recorder:
    """Keeps steps in the order in which they are computed, while it is open (``with``).

    >>> from torch import ones
    >>> network = nn.Linear(2, 1)
    >>> with Recorder() as recorder:
    ...     recorder.output(network, "sum")
    ...     _ = network(ones(3, 2))
    >>> [(step.name, tuple(step.value.shape)) for step in recorder.steps]
    [('sum', (3, 1))]
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def keep(self, name: str, value: Tensor) -> None:
        """Keep a tensor as the next step; later changes in place do not reach it."""
        self.steps.append(Step(name, value.detach().clone()))

    def output(self, module: nn.Module, name: str, *, shared: bool = False) -> None:
        """Keep what a module gives, each time it is called; ``shared``: it is one thing for all rows of a batch."""

        def hook(_: nn.Module, __: Any, output: Any) -> None:
            found = _first(output)
            self.keep(name, found.unsqueeze(0) if shared else found)

        self._undo.append(module.register_forward_hook(hook).remove)

    def input(self, module: nn.Module, name: str) -> None:
        """Keep the first thing that a module is given, each time before it computes."""

        def hook(_: nn.Module, given: tuple[Any, ...]) -> None:
            self.keep(name, given[0])

        self._undo.append(module.register_forward_pre_hook(hook).remove)

    def before(self, module: nn.Module, explain: Callable[..., Named]) -> None:
        """Keep what ``explain`` makes of a module's arguments, each time before it computes."""

        def hook(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            self._keep_all(explain(*given, **named))

        self._undo.append(module.register_forward_pre_hook(hook, with_kwargs=True).remove)

    def method(self, module: nn.Module, method: str, explain: Callable[..., Named]) -> None:
        """Keep what ``explain`` makes of the arguments of one of a module's methods, each time before it computes."""
        original = getattr(module, method)

        def stand_in(*given: Any, **named: Any) -> Any:
            self._keep_all(explain(*given, **named))
            return original(*given, **named)

        # an attribute of the instance hides the method of its class until it is deleted
        object.__setattr__(module, method, stand_in)
        self._undo.append(lambda: object.__delattr__(module, method))

    def _keep_all(self, named: Named) -> None:
        for name, value in named:
            self.keep(name, value)


def _first(output: Any) -> Tensor:
    """A module may give more than one thing; the first is what the next one reads."""
    found: Tensor = output[0] if isinstance(output, tuple) else output
    return found
