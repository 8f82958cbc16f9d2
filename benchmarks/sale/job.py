"""What the process with the shoppers is asked to do, and what it tells of it."""

from dataclasses import dataclass, field
from typing import Final, Literal

By = Literal["flash", "cart"]
Pay = Literal["page", "webhook"]
LINES: Final = 3
"""Of a cart."""
SIGN_IN: Final = "sign in"
WHOLE: Final = "buy to PAID"
PASSWORD: Final = "bench-Passw0rd-of-all"


def email_of(number: int) -> str:
    return f"shopper{number}@example.com"


@dataclass(frozen=True, slots=True)
class Job:
    """Shoppers buy for ``seconds``, and finish what they began.

    ``goods``: global ids of sale items or variants; ``hot``: the first of them is in every order. ``sign_in``: all
    of the shoppers do that, once, and nothing else.
    """

    port: int
    shoppers: int
    seconds: float
    by: By
    pay: Pay
    goods: list[str]
    hot: bool
    secret: str
    sign_in: bool = False


@dataclass(slots=True)
class StepTally:
    """``us``: of each answer that went on; ``again``: answers of TryAgain; ``errors``: all other answers."""

    us: list[int] = field(default_factory=list)
    again: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def failed(self, text: str) -> None:
        self.errors[text] = self.errors.get(text, 0) + 1


@dataclass(slots=True)
class SaleTally:
    """``seconds`` until the last shopper had finished."""

    seconds: float = 0.0
    steps: dict[str, StepTally] = field(default_factory=dict)

    def step(self, name: str) -> StepTally:
        return self.steps.setdefault(name, StepTally())
