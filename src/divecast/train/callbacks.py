"""Callbacks that observe a fit, and the progress bar."""

import sys
import textwrap
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from divecast._text import duration
from divecast.train.history import EpochRecord, History

if TYPE_CHECKING:
    from rich.console import Console

_NAMES = {"conditional_kl": "KL of a", "marginal_kl": "KL of b", "cross_entropy": "label cross-entropy"}


class Callback(Protocol):
    """Observes a fit; it must not change the network or draw random numbers."""

    def on_start(self, step: int, n_steps: int) -> None:
        """Called before step ``step`` of at most ``n_steps``; ``step`` is above 0 when a fit is resumed."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Called after each step, with the number of steps done and the epoch's mean of each loss term so far."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Called after each epoch, with its losses."""

    def on_end(self) -> None:
        """Called at the end of the fit, also after an error or Ctrl-C."""


class ProgressBar:
    """Progress of a fit: step, epoch, time left and loss terms (nats per window), and one line per epoch.

    A terminal shows a bar, which is removed at the end; other outputs get lines only, at most one in two seconds.

    Args:
        console: Where to print; by default stderr, so that stdout holds results only.
    """

    _REDRAW_SECONDS = 0.2
    _LINE_SECONDS = 2.0

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = console or Console(stderr=True)
        # Lines printed by others appear above the bar; a stdout that is redirected stays as it is.
        self._live = Live(console=self._console, transient=True, redirect_stdout=sys.stdout.isatty())
        self._first_step = self._step = self._n_steps = 0
        self._steps_per_epoch: int | None = None
        self._history = History()
        self._began = self._drawn = self._printed = 0.0

    def on_start(self, step: int, n_steps: int) -> None:
        """Show the bar."""
        self._first_step = self._step = step
        self._n_steps = n_steps
        self._steps_per_epoch, self._history = None, History()
        self._began = time.monotonic()
        if self._console.is_terminal:
            self._live.start()
            self._draw({})

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Move the bar."""
        self._step = step
        if self._console.is_terminal and time.monotonic() - self._drawn >= self._REDRAW_SECONDS:
            self._draw(terms)

    def on_epoch(self, record: EpochRecord) -> None:
        """Print the losses of the epoch."""
        self._steps_per_epoch = max(1, self._step // (record.epoch + 1))
        self._history = self._history.with_record(record)
        if self._console.is_terminal or time.monotonic() - self._printed >= self._LINE_SECONDS:
            self._printed = time.monotonic()
            best = ", best so far" if self._history.best_epoch == record.epoch else ""
            epoch = f"Epoch {self._epochs(record.epoch + 1)}"
            title = f"{epoch}, validation loss {_rounded(record.monitored)}{best}:"
            if not record.valid:
                title = f"{epoch} on all rows, training loss:"
            terms = _in_lines(title, record.valid or record.train, self._console.width)
            self._console.print(terms, highlight=False, markup=False)
        if self._console.is_terminal:
            self._draw(record.train)

    def on_end(self) -> None:
        """Remove the bar and print how far the fit came."""
        self._live.stop()
        best = self._history.best_epoch
        loss = ""
        if best is not None and any(record.valid for record in self._history.records):
            lowest = min(record.monitored for record in self._history.records)
            loss = f"; lowest validation loss {_rounded(lowest)} in epoch {best + 1}"
        line = f"Training ended at {self._position()}, after {duration(time.monotonic() - self._began)}{loss}."
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _draw(self, terms: Mapping[str, float]) -> None:
        from rich.console import Group
        from rich.progress_bar import ProgressBar as Bar
        from rich.table import Table
        from rich.text import Text

        self._drawn = time.monotonic()
        done = self._step - self._first_step
        left = f", {duration((self._drawn - self._began) / done * (self._n_steps - self._step))} left" if done else ""
        bar: Any = Table.grid(padding=(0, 1))
        bar.add_row(Bar(total=self._n_steps, completed=self._step, width=16), Text(f"{self._position()}{left}"))
        losses = _in_lines("Training loss:", terms, self._console.width) if terms else ""
        self._live.update(Group(bar, Text(losses)), refresh=True)

    def _position(self) -> str:
        """Return the step and, once the length of an epoch is known, the epoch."""
        steps = f"step {self._step:,} of {self._n_steps:,}"
        if self._steps_per_epoch is None:
            return steps
        return f"{steps}, epoch {self._epochs(-(-self._step // self._steps_per_epoch))}"

    def _epochs(self, number: int) -> str:
        return f"{number} of {self._n_steps // (self._steps_per_epoch or 1)}"


def _in_lines(title: str, terms: Mapping[str, float], width: int) -> str:
    """Return title and terms, broken only between terms where they need more than ``width`` columns."""
    texts = [f"{_NAMES.get(name, name)} {_rounded(value)}" for name, value in terms.items()]
    parts = [title, *(f"{text}," for text in texts[:-1]), *texts[-1:]]
    kept = " ".join(part.replace(" ", "\xa0") for part in parts)  # textwrap breaks at plain spaces only
    return textwrap.fill(kept, width, subsequent_indent="  ", break_on_hyphens=False).replace("\xa0", " ")


def _rounded(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
