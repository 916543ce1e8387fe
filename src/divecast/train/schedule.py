"""Whose turn it is: the interleaving schedule.

The paper alternates the objectives and freezes the other part, and does not publish its schedule; this one is our
choice. The *marginal* player owns q(b|x) and the RBF prior, the *conditional* player everything else.
"""

from dataclasses import dataclass
from typing import Literal

from divecast.config import TrainingConfig

Turn = Literal["marginal", "conditional", "joint"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Turns of a fit; print it to see them.

    Attributes:
        interleave: by ``step``, by ``epoch`` or ``joint``.
        has_marginal: without it there is nothing marginal to learn and every turn is the conditional player's.
    """

    interleave: Literal["step", "epoch", "joint"]
    has_marginal: bool

    @classmethod
    def of(cls, config: TrainingConfig, has_marginal: bool) -> "Schedule":
        """Return the schedule the settings ask for."""
        return cls(config.interleave, has_marginal)

    def turns(self, epoch: int) -> tuple[Turn, ...]:
        """Return the turns taken, in order, on every batch of an epoch (counted from 0)."""
        if not self.has_marginal:
            return ("conditional",)
        if self.interleave == "joint":
            return ("joint",)
        if self.interleave == "step":
            return ("marginal", "conditional")
        return ("marginal",) if epoch % 2 == 0 else ("conditional",)

    def __str__(self) -> str:
        """Return one line a pattern: which epochs, which turns."""
        if self.turns(0) == self.turns(1):
            return f"every batch: {' -> '.join(self.turns(0))}"
        return f"even epochs: {' -> '.join(self.turns(0))}; odd epochs: {' -> '.join(self.turns(1))}"
