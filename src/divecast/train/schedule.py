"""The interleaving schedule: which player takes a step on a batch.

Wong et al. (2025) alternate the objectives and freeze the other part, but do not publish their schedule; this one is
our choice. The *marginal* player owns q(b|x) and the RBF prior, the *conditional* player all other parameters.
"""

from dataclasses import dataclass
from typing import Literal

from divecast.config import TrainingConfig

Turn = Literal["marginal", "conditional", "joint"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The turns of a fit. ``str`` describes them.

    Attributes:
        interleave: by ``step``, by ``epoch`` or ``joint``.
        has_marginal: whether the marginal player has parameters; if not, every turn is the conditional player's.
    """

    interleave: Literal["step", "epoch", "joint"]
    has_marginal: bool

    @classmethod
    def of(cls, config: TrainingConfig, has_marginal: bool) -> "Schedule":
        """Return the schedule of these settings."""
        return cls(config.interleave, has_marginal)

    def turns(self, epoch: int) -> tuple[Turn, ...]:
        """Return the turns on every batch of an epoch, in order; epochs are counted from 0."""
        if not self.has_marginal:
            return ("conditional",)
        if self.interleave == "joint":
            return ("joint",)
        if self.interleave == "step":
            return ("marginal", "conditional")
        return ("marginal",) if epoch % 2 == 0 else ("conditional",)

    def __str__(self) -> str:
        """Return the turns as one line of text."""
        if self.turns(0) == self.turns(1):
            return f"every batch: {' -> '.join(self.turns(0))}"
        return f"even epochs: {' -> '.join(self.turns(0))}; odd epochs: {' -> '.join(self.turns(1))}"
