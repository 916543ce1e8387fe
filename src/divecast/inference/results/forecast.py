"""Forecasts, as a result."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True)
class Forecast(Plottable):
    """Forecasts of one or more windows, in original units.

    Attributes:
        keys: windows and the times of their steps.
        channels: names.
        mean: (window, horizon, channel) mean of the likelihood at the mean code.
        levels: probabilities of the quantiles, rising.
        quantiles: (level, window, horizon, channel).
        samples: (sample, window, horizon, channel), drawn through the code; no rows when none were asked for.
    """

    keys: Keys
    channels: tuple[str, ...]
    mean: Floats
    levels: tuple[float, ...]
    quantiles: Floats
    samples: Floats

    @classmethod
    def joined(cls, parts: Iterable["Forecast"], n_windows: int) -> "Forecast":
        """Return forecasts of one model from the same data as one, taking part after part.

        Args:
            parts: one or more.
            n_windows: of all parts together.
        """
        rest = iter(parts)
        first = next(rest)
        whole, keys, at = first._room_for(n_windows), [], 0
        for part in chain((first,), rest):
            keys.append(part.keys)
            here = slice(at, at + len(part.mean))
            whole.mean[here], whole.quantiles[:, here], whole.samples[:, here] = part.mean, part.quantiles, part.samples
            at = here.stop
        return replace(whole, keys=Keys.joined(keys))

    def _room_for(self, n_windows: int) -> "Forecast":
        mean, quantiles, samples = (
            np.empty((*array.shape[:-3], n_windows, *array.shape[-2:]), array.dtype)
            for array in (self.mean, self.quantiles, self.samples)
        )
        return replace(self, mean=mean, quantiles=quantiles, samples=samples)

    def frame(self, layout: Literal["long", "wide"] = "long", *, backend: Backend | None = None) -> Any:
        """Return a table of the caller's kind.

        ``long`` has a row per window, channel and step: ``unique_id, origin, step, ds, mean`` and a column per
        quantile (``q0.05``); ``wide`` a row per window and step with the means, a column per channel. ``ds`` is the
        time of the step, ``origin`` that of the window's last observation: wall time of the data's zone
        without a zone, or seconds.
        """
        if layout not in ("long", "wide"):
            raise ConfigError(f'layout must be "long" or "wide", got {layout!r}')
        return to_frame(self._long() if layout == "long" else self._wide(), backend or self.keys.backend)

    def _long(self) -> Columns:
        windows, horizon, channels = self.mean.shape

        def by_channel(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(-1, -2).reshape(-1)

        def per_window(column: NDArray[Any]) -> NDArray[Any]:
            return np.repeat(column, horizon * channels)

        steps = np.broadcast_to(np.arange(1, horizon + 1), (windows, channels, horizon)).reshape(-1)
        stamps = np.broadcast_to(self.keys.stamps[:, None, 1:], (windows, channels, horizon)).reshape(-1)
        names = np.tile(np.repeat(np.array(self.channels, dtype=object), horizon), windows)
        keys = {name: per_window(column) for name, column in self.keys.columns("origin", 0).items()}
        quantiles = {f"q{level:g}": by_channel(q) for level, q in zip(self.levels, self.quantiles, strict=True)}
        return {"unique_id": names, **keys, "step": steps, "ds": stamps, "mean": by_channel(self.mean), **quantiles}

    def _wide(self) -> Columns:
        windows, horizon, _ = self.mean.shape
        keys = {name: np.repeat(column, horizon) for name, column in self.keys.columns("origin", 0).items()}
        steps = np.tile(np.arange(1, horizon + 1), windows)
        means = dict(zip(self.channels, self.mean.reshape(windows * horizon, -1).T, strict=True))
        return merged({**keys, "step": steps, "ds": self.keys.stamps[:, 1:].reshape(-1)}, means)
