"""What may watch a fit."""

import time
from typing import Protocol

from divecast.train.history import EpochRecord


class Callback(Protocol):
    """Watches a fit; it must not change the network or draw random numbers."""

    def on_start(self, step: int, n_steps: int) -> None:
        """Begin at batch ``step`` of at most ``n_steps`` (above 0 when resumed)."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Follow a batch: batches done, and the running mean of each loss term in this epoch."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Follow a pass."""

    def on_end(self) -> None:
        """End, also after an error."""


class ProgressBar:
    """A rich progress bar with the loss terms (nats a window) and the time left at the pace so far."""

    _EVERY = 0.2  # seconds between redraws

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self._bar = Progress(*columns)
        self._task = self._bar.add_task("")
        self._drawn = 0.0

    def on_start(self, step: int, n_steps: int) -> None:
        """Show the bar."""
        self._bar.start()
        self._bar.update(self._task, total=n_steps, completed=step)

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Move the bar."""
        if time.monotonic() - self._drawn >= self._EVERY:
            self._drawn = time.monotonic()
            text = "  ".join(f"{name} {value:.1f}" for name, value in terms.items())
            self._bar.update(self._task, completed=step, description=text)

    def on_epoch(self, record: EpochRecord) -> None:
        """Print a line a pass."""
        text = "  ".join(f"{name} {value:.1f}" for name, value in record.valid.items())
        self._bar.console.print(f"epoch {record.epoch + 1}  {record.seconds:.0f} s  validation: {text}")

    def on_end(self) -> None:
        """Take the bar away."""
        self._bar.stop()
