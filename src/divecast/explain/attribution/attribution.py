"""What forecasts rest on, as a result."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import to_frame
from divecast.errors import ConfigError
from divecast.explain.attribution.agreement import Agreement
from divecast.inference.results import Columns, Floats, Keys

Rows = Literal["step", "window", "channel", "attention"]

_OVERLAP = 0.25  # how far the sum of single changes may lie from what all do at once before it is told


@dataclass(frozen=True, eq=False, slots=True)
class Attribution:
    """What taking parts of the code away does to forecasts, and what is left without any code.

    A change is the squared difference of the forecast mean, in scaled units (1 is a channel's variance in the training
    part), between the code as it is and the code with a part at its prior mean. Shares are of the changes of single
    parts: they say what the code's effect rests on, not how good a forecast is, and not what caused the values.

    Attributes:
        keys: windows and the times of their steps.
        channels: names.
        factors: names.
        parts: of the code: ``b_hour, b_weekday, ..., a``.
        change: (window, part, horizon) mean over the channels.
        shift: (window, part, horizon) the same without the square: whether the part raises or lowers the forecast.
        together: (window, horizon) change when all parts are at their prior mean at once.
        fused: (window, horizon) the same in the fusion alone, while the linear path still reads the classes.
        by_channel: (part, horizon, channel) change, mean over the windows.
        variance: (horizon, channel) of the forecast mean over the windows, scaled units; NaN for a single window.
        variance_alone: (horizon, channel) covariance of the forecast mean with that of the window without any code.
        agreement: what the attention of the fusion says, and whether it may be believed.
    """

    keys: Keys
    channels: tuple[str, ...]
    factors: tuple[str, ...]
    parts: tuple[str, ...]
    change: Floats
    shift: Floats
    together: Floats
    fused: Floats
    by_channel: Floats
    variance: NDArray[np.float64]
    variance_alone: NDArray[np.float64]
    agreement: Agreement

    @property
    def share(self) -> NDArray[np.float64]:
        """(part, horizon) share of each part in the summed changes of all windows; NaN where nothing changes."""
        return _shares(self.change.sum(axis=0, dtype=np.float64), 0)

    @property
    def overall(self) -> NDArray[np.float64]:
        """(part,) share over all windows and steps."""
        return _shares(self.change.sum(axis=(0, 2), dtype=np.float64), 0)

    @property
    def window_share(self) -> NDArray[np.float64]:
        """(horizon,) share of the forecast's variance over these windows that is there without any code.

        The forecast is that of the window without code plus what the code adds; each has its covariance with the sum
        as its share (Shorrocks 1982), so the code's is 1 less this one. Not bound to 0 and 1: what the code adds may
        run against the window. NaN for a single window, and where forecasts do not vary.
        """
        found: NDArray[np.float64] = _over(self.variance_alone.sum(axis=1), self.variance.sum(axis=1))
        return found

    @property
    def window_share_overall(self) -> float:
        """The same over all steps."""
        return float(_over(self.variance_alone.sum(), self.variance.sum()))

    @property
    def additivity(self) -> float:
        """Summed changes of single parts over the change of all at once; 1 where parts add up, NaN where none acts.

        Below 1 parts stand in for one another, so that each taken out alone is missed less than it should be; above 1
        they work against one another or overlap.
        """
        return float(_over(self.change.sum(dtype=np.float64), self.together.sum(dtype=np.float64)))

    @property
    def fused_share(self) -> float:
        """Change by way of the fusion alone over that of the whole code; NaN where the code changes nothing.

        The rest is the linear path's, which reads the classes itself and knows no attention.
        """
        return float(_over(self.fused.sum(dtype=np.float64), self.together.sum(dtype=np.float64)))

    def frame(self, rows: Rows = "step") -> Any:
        """Return a table of the caller's kind.

        Args:
            rows: ``step``: a row per part and step (``part, step, share, change, window_share``); ``window``: per
                window, part and step (``origin, part, step, ds, share, change, shift``); ``channel``: per part, step
                and channel (``unique_id, part, step, share, change``); ``attention``: per window and factor
                (``origin, factor, attention, ablation, agrees``), where ``agrees`` says whether attention may be read
                as importance at all.

        Raises:
            ConfigError: another kind of rows.
        """
        kinds = {"step": self._by_step, "window": self._by_window, "channel": self._by_channel}
        if rows == "attention":
            return to_frame(self._attention(), self.keys.backend)
        if rows not in kinds:
            raise ConfigError(f'rows must be "step", "window", "channel" or "attention", got {rows!r}')
        return to_frame(kinds[rows](), self.keys.backend)

    def __str__(self) -> str:
        """Say in words what the forecasts rest on; see ``frame`` for steps and windows."""
        n_windows = len(self.change)
        lines = [f"{plural(n_windows, 'window')}, {plural(self.change.shape[2], 'step')}, all channels."]
        if n_windows > 1 and np.isfinite(self.window_share_overall):
            alone = self.window_share_overall
            lines.append(
                f"Of the variance of the forecasts over these windows {alone:.0%} is there without the code, from the "
                f"window alone; {1 - alone:.0%} comes with the code."
            )
        if not np.isfinite(self.overall).all():
            return "\n".join([*lines, "No part of the code changes these forecasts."])
        shares = ", ".join(f"{part} {share:.0%}" for part, share in zip(self.parts, self.overall, strict=True))
        size = float(np.sqrt(self.together.mean(dtype=np.float64)))
        lines.append(f"Without the code they would be {size:.2g} training standard deviations away (root mean square).")
        lines.append(f"Shares in what the code does, by ablation: {shares}.")
        if self.factors:
            lines.append(
                f"Through the fusion, where attention chooses, goes {self.fused_share:.0%} of it; the rest is the "
                "linear path's, which reads the classes itself."
            )
        if abs(self.additivity - 1.0) > _OVERLAP:
            lines.append(self._overlap())
        return "\n".join([*lines, str(self.agreement)])

    def _overlap(self) -> str:
        why = "stand in for one another" if self.additivity < 1.0 else "overlap or work against one another"
        return (
            f"The parts {why}: one by one they change the forecasts {self.additivity:.2f} times as much as all at "
            "once, so the shares are no clean split."
        )

    def _by_step(self) -> Columns:
        n_parts, horizon = self.change.shape[1:]
        return {
            "part": np.repeat(np.array(self.parts, dtype=object), horizon),
            "step": np.tile(np.arange(1, horizon + 1), n_parts),
            "share": self.share.reshape(-1),
            "change": self.change.mean(axis=0, dtype=np.float64).reshape(-1),
            "window_share": np.tile(self.window_share, n_parts),
        }

    def _by_window(self) -> Columns:
        n_windows, n_parts, horizon = shape = self.change.shape
        keys = {n: np.repeat(column, n_parts * horizon) for n, column in self.keys.columns("origin", 0).items()}
        return {
            **keys,
            "part": np.tile(np.repeat(np.array(self.parts, dtype=object), horizon), n_windows),
            "step": np.broadcast_to(np.arange(1, horizon + 1), shape).reshape(-1),
            "ds": np.broadcast_to(self.keys.stamps[:, None, 1:], shape).reshape(-1),
            "share": _shares(self.change.astype(np.float64), 1).reshape(-1),
            "change": self.change.reshape(-1),
            "shift": self.shift.reshape(-1),
        }

    def _by_channel(self) -> Columns:
        n_parts, horizon, n_channels = shape = self.by_channel.shape
        return {
            "unique_id": np.tile(np.array(self.channels, dtype=object), n_parts * horizon),
            "part": np.repeat(np.array(self.parts, dtype=object), horizon * n_channels),
            "step": np.broadcast_to(np.arange(1, horizon + 1)[:, None], shape).reshape(-1),
            "share": _shares(self.by_channel.astype(np.float64), 0).reshape(-1),
            "change": self.by_channel.reshape(-1),
        }

    def _attention(self) -> Columns:
        n_windows, n_factors = self.agreement.ablation.shape
        weights = self.agreement.attention if self.agreement.attention.shape[1] else self.agreement.ablation * np.nan
        return {
            **{n: np.repeat(column, n_factors) for n, column in self.keys.columns("origin", 0).items()},
            "factor": np.tile(np.array(self.factors, dtype=object), n_windows),
            "attention": weights.reshape(-1),
            "ablation": self.agreement.ablation.reshape(-1),
            "agrees": np.full(n_windows * n_factors, self.agreement.agrees),
        }


def _shares(changes: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = _over(changes, changes.sum(axis=axis, keepdims=True))
    return shares


def _over(part: Any, whole: Any) -> Any:
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    return np.divide(part, whole, out=np.full(shape, np.nan), where=np.asarray(whole) > 0)
