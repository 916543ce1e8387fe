"""Losses of a fit by epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from divecast._optional import Plottable
from divecast.data import Backend
from divecast.data.tables.frames import default_backend, to_frame


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """The losses of one epoch.

    Attributes:
        epoch: index of the epoch, from 0.
        train: mean of each loss term in training, nats per window, unweighted.
        valid: the same on the validation windows, at the mean code with known labels clamped. Use it to compare
            epochs; its ``marginal_kl`` is no estimate of the KL, since b is not drawn.
        monitored: validation loss for early stopping; smaller is better.
        seconds: wall time of the epoch with its validation.

    Example:
        >>> record = model.history.records[0]
        >>> record.epoch, "forecast" in record.train
        (0, True)
    """

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    monitored: float
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class History(Plottable):
    """Losses of all epochs of a fit.

    Attributes:
        records: one per epoch, in order.

    Example:
        >>> len(model.history.records), model.history.best_epoch
        (1, 0)
    """

    records: tuple[EpochRecord, ...] = ()

    def with_record(self, record: EpochRecord) -> "History":
        """Return this history with one more epoch.

        Example:
            >>> history = model.history
            >>> len(history.with_record(history.records[0]).records)
            2
        """
        return History((*self.records, record))

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the loss terms."""
        return tuple(dict.fromkeys(name for record in self.records for name in (*record.train, *record.valid)))

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per epoch.

        Columns: ``epoch, monitored, seconds``, and each loss term in training (``train_...``) and validation.

        Args:
            backend: kind of table; by default pandas, polars or pyarrow, the first that is installed.

        Example:
            >>> list(model.history.frame(backend="pyarrow").column_names[:3])
            ['epoch', 'monitored', 'seconds']
        """
        columns = {
            name: np.array([getattr(r, name) for r in self.records]) for name in ("epoch", "monitored", "seconds")
        }
        for term in self.terms:
            for part in ("train", "valid"):
                columns[f"{part}_{term}"] = np.array([getattr(r, part).get(term, np.nan) for r in self.records])
        return to_frame(columns, backend or default_backend())

    @property
    def best_epoch(self) -> int | None:
        """Epoch with the smallest monitored loss, whose weights are kept (the first of equal ones); None if empty."""
        return min(self.records, key=lambda r: r.monitored).epoch if self.records else None

    def has_stalled(self, patience: int) -> bool:
        """Return whether the monitored loss has not improved in the last ``patience`` epochs.

        Example:
            >>> model.history.has_stalled(patience=3)
            False
        """
        best = self.best_epoch
        return best is not None and self.records[-1].epoch - best >= patience
