"""What may watch a fit."""

import sys
import textwrap
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from divecast.train.history import EpochRecord

if TYPE_CHECKING:
    from rich.console import Console

_SHORT = {
    "forecast": "forecast",
    "reconstruction": "recon.",
    "conditional_kl": "KL a",
    "marginal_kl": "KL b",
    "cross_entropy": "CE",
}


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
    """A bar with the time left at the pace so far, the loss terms (nats a window) below it, and a line an epoch.

    Args:
        console: where to draw; stderr when left out, so that results on stdout stay clean.
    """

    _EVERY = 0.2  # seconds between new loss terms

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self._console = console or Console(stderr=True)
        columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console)
        self._task = self._bar.add_task("")
        # Lines that others print stand above the bar, but a stdout that goes elsewhere is not drawn into it.
        self._live = Live(self._bar, console=self._console, redirect_stdout=sys.stdout.isatty())
        self._drawn = 0.0

    def on_start(self, step: int, n_steps: int) -> None:
        """Show the bar."""
        self._bar.update(self._task, total=n_steps, completed=step)
        self._live.start()
        self._console.print("Validation after each epoch, nats a window:")

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Move the bar."""
        from rich.console import Group

        self._bar.update(self._task, completed=step)
        if time.monotonic() - self._drawn >= self._EVERY:
            self._drawn = time.monotonic()
            self._live.update(Group(self._bar, _in_lines("training:", terms, self._console.width)))

    def on_epoch(self, record: EpochRecord) -> None:
        """Print the losses of a pass."""
        lines = _in_lines(f"epoch {record.epoch + 1} ({record.seconds:.0f} s):", record.valid, self._console.width)
        self._console.print(lines, highlight=False)

    def on_end(self) -> None:
        """Take the bar away."""
        self._live.stop()


def _in_lines(title: str, terms: Mapping[str, float], width: int) -> str:
    """Title and terms, broken only between terms where they need more than ``width`` columns."""
    parts = [title, *(f"{_SHORT.get(name, name)} {_rounded(value)}" for name, value in terms.items())]
    kept = "  ".join(part.replace(" ", "\xa0") for part in parts)  # textwrap breaks at plain spaces only
    return textwrap.fill(kept, width, subsequent_indent="  ", break_on_hyphens=False).replace("\xa0", " ")


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
