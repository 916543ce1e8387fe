"""The losses of a fit, by epoch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """The losses of one epoch.

    Attributes:
        epoch: number, counted from 0.
        train: mean of each loss term in training, nats per window, unweighted.
        valid: the same on the validation windows, at the mean code with known labels clamped. Use it to compare
            epochs; its ``marginal_kl`` is no estimate of the KL, since b is not drawn.
        monitored: validation value of early stopping; smaller is better.
        seconds: wall time of the epoch with its validation.

    Example:
        >>> model.history.records[0].epoch
        0
    """

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    monitored: float
    seconds: float


@dataclass(frozen=True, slots=True)
class History:
    """All epochs of a fit, in order.

    Attributes:
        records: one per epoch.

    Example:
        >>> len(model.history.records)
        1
    """

    records: tuple[EpochRecord, ...] = ()

    def with_record(self, record: EpochRecord) -> "History":
        """Return this history with one more epoch.

        Example:
            >>> len(model.history.with_record(model.history.records[0]).records)
            2
        """
        return History((*self.records, record))

    @property
    def best_epoch(self) -> int | None:
        """Epoch whose weights are kept, the earlier of two equal ones; None before the first."""
        return min(self.records, key=lambda r: r.monitored).epoch if self.records else None

    def has_stalled(self, patience: int) -> bool:
        """Return whether the last ``patience`` epochs brought no improvement.

        Example:
            >>> model.history.has_stalled(patience=3)
            False
        """
        best = self.best_epoch
        return best is not None and self.records[-1].epoch - best >= patience
