"""Trackers: callbacks that also learn the settings of a fit and its model, for tools that record experiments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from divecast.train.callbacks import Callback


@runtime_checkable
class Tracker(Callback, Protocol):
    """Records a fit. ``on_fit`` comes first; ``on_fitted`` or ``on_failed`` comes last."""

    def on_fit(self, settings: Mapping[str, Any]) -> None:
        """Called before the data are read, with all settings by name."""

    def on_fitted(self, model: Any) -> None:
        """Called with the fitted ``DeepDIVE``."""

    def on_failed(self) -> None:
        """Called after an error or Ctrl-C."""


_AUTOMATIC: dict[str, Callable[[], Tracker]] = {}


def track_all(name: str, make: Callable[[], Tracker] | None) -> None:
    """Let each later fit have a tracker of its own, or no longer.

    Args:
        name: of the tool; a tool has one at most.
        make: returns the tracker of a fit; None for none.
    """
    _AUTOMATIC.pop(name, None)
    if make is not None:
        _AUTOMATIC[name] = make


@dataclass(frozen=True, slots=True)
class Tracked:
    """The callbacks of a fit.

    Attributes:
        callbacks: those given and those of automatic trackers.
        trackers: those among them that learn settings and model.
    """

    callbacks: tuple[Callback, ...]
    trackers: tuple[Tracker, ...]

    def fitted(self, model: Any) -> None:
        """Tell the trackers of the fitted model."""
        for tracker in self.trackers:
            tracker.on_fitted(model)


@contextmanager
def tracked(settings: Mapping[str, Any], callbacks: Sequence[Callback], first: bool) -> Iterator[Tracked]:
    """Tell trackers of a fit that begins, and if an error ends it.

    Args:
        settings: of the fit.
        callbacks: given to it.
        first: whether this process is the one of a fit that calls callbacks.
    """
    automatic = [make() for make in _AUTOMATIC.values()] if first else []
    trackers = (*(each for each in callbacks if isinstance(each, Tracker)), *automatic) if first else ()
    begun: list[Tracker] = []
    try:
        for tracker in trackers:
            begun.append(tracker)
            tracker.on_fit(settings)
        yield Tracked((*callbacks, *automatic), trackers)
    except BaseException:
        for tracker in begun:
            tracker.on_failed()
        raise
