"""What forecasts are made of: parts that add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.config import check_choice
from divecast.data import Backend
from divecast.errors import ConfigError
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys

Layout = Literal["long", "wide"]
PartKind = Literal["level", "effect", "carry-over", "network", "own", "bounds"]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ForecastParts(Plottable):
    """The parts of forecasts, in original units; they add up to the forecast mean.

    A part of kind ``level`` is what a constant window at its own mean would carry on, or the whole forecast of a series
    that could not be learned from. An ``effect`` is what a factor or
    a covariate adds at the target row, beyond what the window carries on of its effect in the past: on the day after a
    holiday, that of the holiday is positive where a holiday lowers the values. A ``carry-over`` is what the deviations
    of a span of the window from its mean carry on. ``network`` is the correction by the network, which reads the code.
    Of short independent series, these are their shares in the forecast, and ``own`` is that of models of each series
    alone, as a deviation from its level in training; ``level`` includes that level.

    Attributes:
        keys: the windows, with the times of their last row and of the forecast steps.
        channels: names of the channels.
        names: names of the parts.
        kinds: kind of each part, as above; ``bounds`` for what keeps the forecast within bounds.
        values: (part, window, horizon, channel).

    Example:
        >>> parts = model.forecast(panel).parts()
        >>> parts.names
        ('level', 'hour', 'weekday', 'carry-over: last day', 'carry-over: rest of the week', 'code and network')
        >>> bool(np.allclose(parts.mean, model.forecast(panel).mean, rtol=1e-5))
        True
    """

    keys: Keys
    channels: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[PartKind, ...]
    values: Floats

    @classmethod
    def joined(cls, batches: Sequence["ForecastParts"]) -> "ForecastParts":
        """Concatenate the parts of forecasts of the same model and data along the windows.

        Example:
            >>> one = model.forecast(panel).parts()
            >>> type(one).joined([one, one]).values.shape[1]
            2
        """
        first, values = batches[0], np.concatenate([batch.values for batch in batches], axis=1)
        return cls(Keys.joined([batch.keys for batch in batches]), first.channels, first.names, first.kinds, values)

    @property
    def mean(self) -> Floats:
        """(window, horizon, channel) sum of the parts: the forecast mean."""
        total: Floats = self.values.sum(axis=0, dtype=np.float64).astype(np.float32)
        return total

    @property
    def share(self) -> NDArray[np.float64]:
        """(part,) share of each part in the variance of the forecast mean over windows and steps; the sum is 1.

        It is the covariance of the part with the mean over the variance of the mean (Shorrocks 1982), averaged over the
        channels. A share may be below 0 or above 1, as parts may oppose each other; NaN if no forecast varies.
        """
        values = self.values.reshape(len(self.names), -1, len(self.channels)).astype(np.float64)
        values -= values.mean(axis=1, keepdims=True)
        mean = values.sum(axis=0)
        variance = np.square(mean).mean(axis=0)
        varying = variance > 0
        if not varying.any():
            return np.full(len(self.names), np.nan)
        covariance = (values * mean).mean(axis=1)[:, varying]
        shares: NDArray[np.float64] = (covariance / variance[varying]).mean(axis=1)
        return shares

    def of(self, name: str) -> Floats:
        """Return a part, (window, horizon, channel).

        Args:
            name: one of ``names``.

        Raises:
            ConfigError: there is no such part.

        Example:
            >>> model.forecast(panel).parts().of("hour").shape
            (1, 24, 4)
        """
        if name not in self.names:
            raise ConfigError(
                expected=f"a part out of {', '.join(map(repr, self.names))}", found=repr(name), argument="name"
            )
        part: Floats = self.values[self.names.index(name)]
        return part

    def frame(self, layout: Layout = "long", *, backend: Backend | None = None) -> Any:
        """Return the parts as a table.

        Args:
            layout: ``long`` has one row per window, channel, step and part with the columns ``unique_id, origin, step,
                ds, part, kind, value``; ``wide`` has one row per window, channel and step, one column per part, and
                ``mean``, their sum.
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: there is no such layout, or a part has the name of another column of the wide table.

        Example:
            >>> list(model.forecast(panel).parts().frame(backend="pandas").columns)
            ['unique_id', 'origin', 'step', 'ds', 'part', 'kind', 'value']
        """
        check_choice(get_args(Layout), layout=layout)
        return self.keys.frame(self._long() if layout == "long" else self._wide(), backend)

    def __str__(self) -> str:
        """Return what the forecasts are made of, in words."""
        n_windows, horizon, _ = self.values.shape[1:]
        shares = zip(self.names, self.share, strict=True)
        named = ", ".join(f"{name} {round(100 * share)}%" for name, share in shares if np.isfinite(share))
        told = f"Shares of the parts in the variance of these forecasts: {named}." if named else "They do not vary."
        return visible(
            f"Parts of the forecasts of {plural(n_windows, 'window')}, {plural(horizon, 'step')}, all channels.\n{told}"
        )

    def _long(self) -> Columns:
        n_parts = len(self.names)
        rows = {name: np.repeat(column, n_parts) for name, column in self._rows().items()}
        n = len(rows["step"]) // n_parts
        return {
            **rows,
            "part": np.tile(np.array(self.names, dtype=object), n),
            "kind": np.tile(np.array(self.kinds, dtype=object), n),
            "value": self.values.transpose(1, 3, 2, 0).reshape(-1),
        }

    def _wide(self) -> Columns:
        def flat(values: Floats) -> Floats:
            return values.swapaxes(1, 2).reshape(-1)

        parts = {name: flat(part) for name, part in zip(self.names, self.values, strict=True)}
        return merged(self._rows(), parts, {"mean": flat(self.mean)})

    def _rows(self) -> Columns:
        """Return the columns of one row per window, channel and step."""
        n_windows, horizon, n_channels = self.values.shape[1:]
        shape = (n_windows, n_channels, horizon)
        keys = self.keys.columns("origin", 0)
        return {
            **self.keys.series(self.channels, np.tile(np.repeat(np.arange(n_channels), horizon), n_windows)),
            **{name: np.repeat(column, horizon * n_channels) for name, column in keys.items()},
            "step": np.broadcast_to(np.arange(1, horizon + 1), shape).reshape(-1),
            "ds": np.broadcast_to(self.keys.times[:, None, 1:], shape).reshape(-1),
        }
