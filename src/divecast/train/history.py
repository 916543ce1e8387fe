"""What happened in a fit, epoch by epoch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the training windows.

    Attributes:
        epoch: counted from 0.
        train: mean of each loss term in training, nats a window, unweighted.
        valid: the same on the validation windows, with known labels handed over and at the mean code instead of a draw:
            good to compare passes by, but ``marginal_kl`` is then no estimate of the KL.
        monitored: the validation value early stopping looks at; smaller is better.
        seconds: wall time of the pass with its validation.
    """

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    monitored: float
    seconds: float


@dataclass(frozen=True, slots=True)
class History:
    """All passes of a fit, in order."""

    records: tuple[EpochRecord, ...] = ()

    def with_record(self, record: EpochRecord) -> "History":
        """Return this history with one more pass."""
        return History((*self.records, record))

    @property
    def best_epoch(self) -> int | None:
        """The pass whose weights were kept, or None before the first; the earlier of two equals."""
        return min(self.records, key=lambda r: r.monitored).epoch if self.records else None

    def has_stalled(self, patience: int) -> bool:
        """Tell whether the last ``patience`` passes brought nothing better."""
        best = self.best_epoch
        return best is not None and self.records[-1].epoch - best >= patience
